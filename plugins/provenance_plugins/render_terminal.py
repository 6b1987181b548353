"""The text with its matched passages in colour and the full notices below: for a person at a terminal.

Colours are always written; leaving them out where nobody wants them (a pipe, NO_COLOR) is the caller's business.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

import click

from provenance.hookspecs import hookimpl
from provenance.models import Renderer, Report
from provenance.notices import (
    Fact,
    Note,
    Stretch,
    Tone,
    coverage_line,
    encodable,
    footnote_marks,
    full,
    notes,
    outcome,
    printable,
    silence_line,
    stretches,
    tone,
)
from provenance_plugins.console import Paint, Run, wrap

WIDTH = 100
_INDENT = "    "
_LABEL = 13
_LONGEST_UNMARKED = 2000
_SHOWN_OF_UNMARKED = 400
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
        blocks = [_body(report, footnotes), *map(_note, footnotes), *blocks]
    return encodable("\n\n".join(blocks) + "\n")


def _body(report: Report, footnotes: tuple[Note, ...]) -> str:
    marks = footnote_marks(footnotes)
    runs: list[Run] = []
    for stretch in stretches(report):
        paint = _highlight(report, stretch)
        text = printable(stretch.text)
        runs.append((text, paint) if paint else (_shorten(text), None))
        runs.extend((f"[{number}]", _bold) for number in marks(stretch))
    return "\n".join(wrap(runs, WIDTH)).strip("\n")


def _highlight(report: Report, stretch: Stretch) -> Paint | None:
    if not stretch.findings:
        return None
    tones = {tone(report.findings[position]) for position in stretch.findings}
    worst = next(each for each in reversed(Tone) if each in tones)
    return partial(click.style, fg=_COLOURS[worst], underline=True)


def _shorten(text: str) -> str:
    """Leave out the middle of a long stretch in which nothing was found."""
    if len(text) <= _LONGEST_UNMARKED:
        return text
    left_out = len(text) - 2 * _SHOWN_OF_UNMARKED
    return (
        f"{text[:_SHOWN_OF_UNMARKED]} […]\n\n({left_out:,} characters without findings)\n\n"
        f"[…] {text[-_SHOWN_OF_UNMARKED:]}"
    )


def _note(note: Note) -> str:
    first = note.findings[0]
    number = partial(click.style, fg=_COLOURS[tone(first)], bold=True)
    notice = full(*note.findings)
    rows = [*_hang(f"[{note.number}]", number, first.notice, len(_INDENT))]
    for fact in notice.facts:
        if _adds(fact):
            beside = f", {fact.link}" if fact.link else ""
            rows += [_INDENT + row for row in _hang(fact.label, _dim, fact.value + beside, _LABEL)]
    for sentence in notice.advice:
        rows += [_INDENT + row for row in _hang("→", _dim, sentence, 2)]
    return "\n".join(rows)


def _adds(fact: Fact) -> bool:
    """Does the fact say more than the short notice above it?"""
    if fact.label == "Licence":
        return fact.link is not None
    return fact.label != "Note" and not (fact.label == "Source" and fact.link)


def _hang(label: str, paint: Paint, text: str, indent: int) -> Iterator[str]:
    """Yield a label and a wrapped text that hangs to the right of it."""
    first, *rest = wrap([(text, None)], WIDTH - len(_INDENT) - indent)
    yield paint(label) + " " * max(1, indent - len(label)) + first
    yield from (" " * indent + row for row in rest)


def _foot(report: Report) -> str:
    if report.error is not None:
        return click.style(f"NOT CHECKED: {printable(report.error)}", fg="red", bold=True)
    nothing = f"{found}. " if (found := outcome(report)) else ""
    silent = silence_line(report)
    # Not wrapped: one line each, so that they can be searched for.
    return "\n".join(([_dim(silent)] if silent else []) + [nothing + _dim(coverage_line(report.coverage))])
