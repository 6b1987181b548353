"""Adds the format `csv`: one row per finding, for people who work in a spreadsheet."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable

from provenance import Finding, Report, hookimpl
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
    writer.writerows([_cell(value) for value in _row(finding)] for finding in report.findings)
    return table.getvalue()


def _row(finding: Finding) -> tuple[object, ...]:
    work = finding.passage.origin
    authors = "; ".join(work.authors)
    told = (work.title, authors, work.source, finding.notice)
    return finding.start, finding.end, finding.action, finding.status, finding.licence, *told


def _cell(value: object) -> str:
    """Return a cell that a spreadsheet shows and does not calculate: a work's title may be a formula."""
    text = "" if value is None else str(value)
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r", "\n")) else text
