"""Renderer of the text with its matched passages in colour and the full notices below: for a person at a terminal.

Colours are always written; the caller removes them where they are not wanted (a pipe, NO_COLOR).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import partial

import click

from provenance.hookspecs import hookimpl
from provenance.notices import (
    Note,
    Tone,
    encodable,
    footnote_marks,
    full,
    messages,
    notes,
    printable,
    stretches,
    texts_below_report,
    tone,
)
from provenance.reports import Renderer, Report
from provenance_plugins.renderers._console import Paint, Run, count_columns, wrap
from provenance_plugins.renderers._footers import report_footer

WIDTH = 100
_INDENT = "    "
_GAP = 3
_MAX_UNMARKED = 2000
_SHOWN_OF_UNMARKED = 400
"""How many characters are shown at either end of a longer stretch without a finding."""
_BROKEN_LINE = re.compile(r"^(.{80,})\n(?=\S)", re.MULTILINE)
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
    blocks = []
    if report.findings:
        footnotes = notes(report)
        blocks = [_colour_text(report, footnotes), *(_format_note(note, report.language) for note in footnotes)]
        for title, text in texts_below_report(footnotes, report.language):
            rows = wrap([(_BROKEN_LINE.sub(r"\1 ", text), _dim)], WIDTH - len(_INDENT))
            blocks.append("\n".join([_bold(title), "", *(f"{_INDENT}{row}".rstrip() for row in rows)]))
    if report.error is None:
        # The footer is not wrapped: one line each, so that they can be searched for.
        blocks.append("\n".join(report_footer(report, style=_dim)))
    else:
        error = messages(report.language).say("report.not-checked", error=printable(report.error))
        blocks.append(click.style(error, fg="red", bold=True))
    return encodable("\n\n".join(blocks) + "\n")


def _colour_text(report: Report, footnotes: tuple[Note, ...]) -> str:
    """Return the wrapped text with its passages in colour, without the middle of long stretches between them."""
    marks, words = footnote_marks(footnotes), messages(report.language)
    runs: list[Run] = []
    for stretch in stretches(report):
        text, paint = printable(stretch.text), None
        if stretch.findings:
            tones = {tone(report.findings[position]) for position in stretch.findings}
            worst = next(each for each in reversed(Tone) if each in tones)
            paint = partial(click.style, fg=_COLOURS[worst], underline=True)
        elif len(text) > _MAX_UNMARKED:
            characters = words.count("character", len(text) - 2 * _SHOWN_OF_UNMARKED)
            left_out = words.say("report.left-out", characters=characters)
            text = f"{text[:_SHOWN_OF_UNMARKED]} […]\n\n{left_out}\n\n[…] {text[-_SHOWN_OF_UNMARKED:]}"
        runs.append((text, paint))
        runs += [(f"[{number}]", _bold) for number in marks(stretch)]
    return "\n".join(wrap(runs, WIDTH)).strip("\n")


def _format_note(note: Note, language: str) -> str:
    """Return one footnote: the short notice, the facts that it does not say, and the advice."""
    number = partial(click.style, fg=_COLOURS[tone(*note.findings)], bold=True)
    notice = full(*note.findings, language=language)
    rows = [*_hang_text(f"[{note.number}]", number, note.findings[0].notice, len(_INDENT))]
    # The short notice has the licence and the address of the source, so these add something only in other forms.
    facts = [
        fact
        for fact in notice.facts
        if (fact.name != "licence" or fact.link is not None)
        and fact.name != "note"
        and not (fact.name == "source" and fact.addresses)
    ]
    width = max((count_columns(fact.label) for fact in facts), default=0) + _GAP
    for fact in facts:
        rows += [_INDENT + row for row in _hang_text(fact.label, _dim, fact.with_link, width)]
    for sentence in notice.advice:
        rows += [_INDENT + row for row in _hang_text("→", _dim, sentence, 2)]
    return "\n".join(rows)


def _hang_text(label: str, paint: Paint, text: str, indent: int) -> Iterator[str]:
    """Yield a label and a wrapped text that hangs to the right of it."""
    first, *rest = wrap([(text, None)], WIDTH - len(_INDENT) - indent)
    yield paint(label) + " " * max(1, indent - count_columns(label)) + first
    yield from (" " * indent + row for row in rest)
