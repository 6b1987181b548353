"""Lines that the renderers of plain text, Markdown and terminals write below a report and below a licence's credits.

Each renderer adds its own markup to them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from provenance.notices import Section, coverage_line, limit_lines, messages, outcome, silence_line, silences
from provenance.reports import Report


def report_footer(report: Report, *, style: Callable[[str], str] = str) -> Iterator[str]:
    """Yield where the model was limited, what was left silent, and what was searched, of a report without an error.

    A report that lists all passages has a line for each silence too.

    Args:
        report: the report.
        style: adds a style to what was left silent and what was searched; the other words are never styled.
    """
    yield from limit_lines(report)
    if silence := silence_line(report):
        yield style(silence)
    for each in silences(report) if report.passages is not None else ():
        words = messages(report.language)
        yield style(words.join(filter(None, (words.label(words.quote(each["text"]), each["reason"]), each["why"]))))
    nothing = f"{found}. " if (found := outcome(report)) else ""
    yield nothing + style(coverage_line(report.coverage, report.language))


def section_footer(section: Section, language: str) -> Iterator[str]:
    """Yield the conditions of a section's licence, which texts below to read, and which texts are missing."""
    words = messages(language)
    if section.duties:
        yield words.say("bundle.conditions", duties=words.join(section.duties))
    yield from (words.say("bundle.see-text", licence=licence) for licence in section.texts)
    yield from section.missing
