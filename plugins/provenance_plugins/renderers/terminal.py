"""The text with its matched passages in colour and the full notices below: for a person at a terminal.

Colours are always written; leaving them out where nobody wants them (a pipe, NO_COLOR) is the caller's business.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import partial
from itertools import starmap

import click

from provenance.hookspecs import hookimpl
from provenance.notices import (
    Fact,
    Note,
    Stretch,
    Tone,
    coverage_line,
    encodable,
    footnote_marks,
    full,
    limit_lines,
    messages,
    notes,
    outcome,
    printable,
    silence_line,
    stretches,
    texts_below_report,
    tone,
)
from provenance.reports import Renderer, Report
from provenance_plugins.renderers._console import Paint, Run, columns, wrap

WIDTH = 100
_INDENT = "    "
_GAP = 3
_LONGEST_UNMARKED = 2000
_SHOWN_OF_UNMARKED = 400
_UNFINISHED = re.compile(r"^(.{80,})\n(?=\S)", re.MULTILINE)
"""A line of a licence that was broken for a width; it is wrapped anew."""
_COLOURS = {Tone.CREDIT: "cyan", Tone.CARE: "yellow", Tone.STOP: "red"}

_dim: Paint = partial(click.style, dim=True)
_bold: Paint = partial(click.style, bold=True)


@hookimpl
def provenance_register_renderers(register: Callable[[str, Renderer], None]) -> None:
    """Offer the format `terminal`."""
    register("terminal", render)


def render(report: Report) -> str:
    """Return the annotated text, the notices, and what was searched."""
    blocks = [_foot(report)]
    if report.findings:
        footnotes = notes(report)
        told = (_note(note, report.language) for note in footnotes)
        texts = starmap(_text, texts_below_report(footnotes, report.language))
        blocks = [_body(report, footnotes), *told, *texts, *blocks]
    return encodable("\n\n".join(blocks) + "\n")


def _body(report: Report, footnotes: tuple[Note, ...]) -> str:
    marks = footnote_marks(footnotes)
    runs: list[Run] = []
    for stretch in stretches(report):
        paint = _highlight(report, stretch)
        text = printable(stretch.text)
        runs.append((text, paint) if paint else (_shorten(text, report.language), None))
        runs.extend((f"[{number}]", _bold) for number in marks(stretch))
    return "\n".join(wrap(runs, WIDTH)).strip("\n")


def _highlight(report: Report, stretch: Stretch) -> Paint | None:
    if not stretch.findings:
        return None
    tones = {tone(report.findings[position]) for position in stretch.findings}
    worst = next(each for each in reversed(Tone) if each in tones)
    return partial(click.style, fg=_COLOURS[worst], underline=True)


def _shorten(text: str, language: str) -> str:
    """Leave out the middle of a long stretch in which nothing was found."""
    if len(text) <= _LONGEST_UNMARKED:
        return text
    characters = messages(language).count("character", len(text) - 2 * _SHOWN_OF_UNMARKED)
    left_out = messages(language).say("report.left-out", characters=characters)
    return f"{text[:_SHOWN_OF_UNMARKED]} […]\n\n{left_out}\n\n[…] {text[-_SHOWN_OF_UNMARKED:]}"


def _note(note: Note, language: str) -> str:
    number = partial(click.style, fg=_COLOURS[tone(*note.findings)], bold=True)
    notice = full(*note.findings, language=language)
    rows = [*_hang(f"[{note.number}]", number, note.findings[0].notice, len(_INDENT))]
    facts = [fact for fact in notice.facts if _adds(fact)]
    width = max((columns(fact.label) for fact in facts), default=0) + _GAP
    for fact in facts:
        rows += [_INDENT + row for row in _hang(fact.label, _dim, fact.with_link, width)]
    for sentence in notice.advice:
        rows += [_INDENT + row for row in _hang("→", _dim, sentence, 2)]
    return "\n".join(rows)


def _adds(fact: Fact) -> bool:
    """Does the fact say more than the short notice above it?"""
    if fact.name == "licence":
        return fact.link is not None
    return fact.name != "note" and not (fact.name == "source" and fact.addresses)


def _hang(label: str, paint: Paint, text: str, indent: int) -> Iterator[str]:
    """Yield a label and a wrapped text that hangs to the right of it."""
    first, *rest = wrap([(text, None)], WIDTH - len(_INDENT) - indent)
    yield paint(label) + " " * max(1, indent - columns(label)) + first
    yield from (" " * indent + row for row in rest)


def _text(title: str, text: str) -> str:
    rows = wrap([(_UNFINISHED.sub(r"\1 ", text), _dim)], WIDTH - len(_INDENT))
    return "\n".join([_bold(title), "", *(f"{_INDENT}{row}".rstrip() for row in rows)])


def _foot(report: Report) -> str:
    if report.error is not None:
        failed = messages(report.language).say("report.not-checked", error=printable(report.error))
        return click.style(failed, fg="red", bold=True)
    nothing = f"{found}. " if (found := outcome(report)) else ""
    silent = filter(None, [silence_line(report)])
    last = nothing + _dim(coverage_line(report.coverage, report.language))
    # Not wrapped: one line each, so that they can be searched for.
    return "\n".join([*limit_lines(report), *map(_dim, silent), last])
