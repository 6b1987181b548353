"""Renderer that adds the format `csv`: one row per finding, for people who work in a spreadsheet."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable

from provenance import Report, hookimpl
from provenance.reports import Renderer

COLUMNS = ("start", "end", "action", "status", "licence", "title", "authors", "source", "notice")


@hookimpl
def provenance_register_renderers(register: Callable[[str, Renderer], None]) -> None:
    """Register the format."""
    register("csv", render)


def render(report: Report) -> str:
    """Return the findings as CSV with a header."""
    table = io.StringIO()
    writer = csv.writer(table, lineterminator="\n")
    writer.writerow(COLUMNS)
    for finding in report.findings:
        work = finding.passage.origin
        place = (finding.start, finding.end, finding.action, finding.status, finding.licence)
        row = (*place, work.title, "; ".join(work.authors), work.source, finding.notice)
        writer.writerow(escape_cell(value) for value in row)
    return table.getvalue()


def escape_cell(value: object) -> str:
    """Return a cell that a spreadsheet shows and does not calculate: a work's title may be a formula.

    >>> escape_cell("=1+1"), escape_cell(12), escape_cell(None)
    ("'=1+1", '12', '')
    """
    text = "" if value is None else str(value)
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r", "\n")) else text
