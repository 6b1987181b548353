"""Wording of a report for a client: citations beside a text, and a list of notices under it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from provenance import notices
from provenance.reports import Report

# Characters that would be a link, an image, HTML or code in Markdown: a work's title may hold any text.
_MARKUP = str.maketrans({character: f"\\{character}" for character in "\\[]<`"})


@dataclass(frozen=True, slots=True)
class Wording:
    """How a client is told what a text repeats.

    Attributes:
        address: returns where a reader learns more of a work.
        footer: the notices are written under the text too.
    """

    address: notices.Address = notices.work_name
    footer: bool = False

    def citations(self, report: Report) -> tuple[notices.Citation, ...]:
        """Return a citation for each finding."""
        return notices.citations(report, self.address)

    def chat_annotations(self, report: Report) -> list[dict[str, Any]]:
        """Return the annotations of a chat message: a `url_citation` for each finding."""
        return [citation.in_chat() for citation in self.citations(report)]

    def footnotes(self, report: Report) -> str:
        """Return each notice once, as a list that reads well as plain text and as Markdown; empty without a footer."""
        told = dict.fromkeys(finding.notice for finding in report.findings) if self.footer else {}
        lines = (f"{number}. {notice.translate(_MARKUP)}" for number, notice in enumerate(told, 1))
        return "\n\n---\n" + "\n".join(lines) if told else ""
