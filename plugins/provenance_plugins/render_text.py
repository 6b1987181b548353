"""The text with footnote numbers and the notes below it: for plain places such as an e-mail or a log."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from provenance.hookspecs import hookimpl
from provenance.models import Renderer, Report
from provenance.notices import (
    Note,
    coverage_line,
    duty_words,
    encodable,
    footnote_marks,
    notes,
    outcome,
    overlap,
    printable,
    silence_line,
    stretches,
)


@hookimpl
def provenance_register_renderers(register: Callable[[str, Renderer], None]) -> None:
    """Offer the format `text`."""
    register("text", render)


def render(report: Report) -> str:
    """Return the text with footnotes."""
    footnotes = notes(report)
    marks = footnote_marks(footnotes)
    body = "".join(_marked(printable(stretch.text), marks(stretch)) for stretch in stretches(report))
    parts = (body.strip("\n"), "\n\n".join(map(_note, footnotes)), "\n".join(_foot(report)))
    return encodable("\n\n".join(filter(None, parts)) + "\n")


def _marked(text: str, numbers: tuple[int, ...]) -> str:
    core = text.rstrip()
    return core + "".join(f"[{number}]" for number in numbers) + text[len(core) :]


def _note(note: Note) -> str:
    first = note.findings[0]
    lines = [f"[{note.number}] {first.notice}", f"    {overlap(*note.findings)}"]
    if first.duties:
        lines.append(f"    Conditions: {'; '.join(duty_words(first.duties))}")
    return "\n".join(lines)


def _foot(report: Report) -> Iterator[str]:
    if report.error is not None:
        yield f"NOT CHECKED: {printable(report.error)}"
        return
    if silent := silence_line(report):
        yield silent
    nothing = f"{found}. " if (found := outcome(report)) else ""
    yield nothing + coverage_line(report.coverage)
