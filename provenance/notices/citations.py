"""Citations of works, in the form that clients of OpenAI's API read.

`url_citation` is the one kind of annotation that clients know. They show the title, and nothing at all where the
address is empty, so a work without an address has a `urn:` made of its key, unless the caller has a page to point to.
Offsets are half-open code-point offsets into the content, as Python counts. Clients that count UTF-16 units have
`utf16_start` and `utf16_end`; those that lose count have `quote`. These three, `license` and `notice` are ours: clients
keep keys that they do not know. Nothing here is escaped; clients do that where they show it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from typing import Any

from provenance.notices.cleaning import clean, web_address
from provenance.notices.labels import claimant_label, claimants_label, heading, licences_label, people
from provenance.notices.language import messages
from provenance.reports import Passage, Quote, Report
from provenance.works import Work

Address = Callable[[Work], str]

_TITLE = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Citation:
    """One finding, as a client reads it.

    Attributes:
        start: code-point offset of the passage.
        end: its end, half-open.
        url: where to read more about the work, never empty.
        title: title, authors and licence in one line, never empty.
        licence: the licence in a few words.
        notice: the short notice.
        utf16_start: `start` in UTF-16 units.
        utf16_end: `end` in UTF-16 units.
        quote: the passage with the words around it.
    """

    start: int
    end: int
    url: str
    title: str
    licence: str
    notice: str
    utf16_start: int
    utf16_end: int
    quote: Quote

    def in_chat(self, *, quoted: bool = True) -> dict[str, Any]:
        """Return the annotation as a chat completion has it."""
        return {"type": "url_citation", "url_citation": self._list_fields(quoted)}

    def in_response(self, *, quoted: bool = True) -> dict[str, Any]:
        """Return the annotation as the Responses API has it: flat."""
        return {"type": "url_citation", **self._list_fields(quoted)}

    def _list_fields(self, quoted: bool) -> dict[str, Any]:
        """Return the fields beside the type; `quoted` adds the passage itself, as it was written."""
        quote = {"quote": self.quote.to_dict()} if quoted else {}
        return {
            "start_index": self.start, "end_index": self.end, "url": self.url, "title": self.title,
            "license": self.licence, "notice": self.notice, "utf16_start": self.utf16_start,
            "utf16_end": self.utf16_end, **quote,
        }  # fmt: skip


def work_name(work: Work) -> str:
    """Return the work's address, or a name in the form of one: it must not be empty."""
    return web_address(work.source) or f"urn:licence-provenance:work:{work.key:016x}"


def citations(report: Report, address: Address = work_name) -> tuple[Citation, ...]:
    """Return a citation for each finding of a report.

    Args:
        report: the report.
        address: returns where a reader learns more about a work.
    """
    points = sorted({0, *(point for finding in report.findings for point in (finding.start, finding.end))})
    utf16 = {0: 0}
    for start, end in pairwise(points):
        piece = report.text[start:end]
        # A character beyond the basic plane takes two UTF-16 units.
        utf16[end] = utf16[start] + len(piece) + sum(character > "\uffff" for character in piece)
    return tuple(
        Citation(
            start=finding.start, end=finding.end, url=address(finding.passage.origin),
            title=citation_title(finding.passage, report.language),
            licence=licences_label(finding.passage, report.language), notice=finding.notice,
            utf16_start=utf16[finding.start], utf16_end=utf16[finding.end], quote=finding.passage.quote,
        )
        for finding in report.findings
    )  # fmt: skip


def citation_title(passage: Passage, language: str) -> str:
    """Return title, authors and licence in one line, which is all that most clients show."""
    if passage.is_disputed:
        named, names = claimants_label(passage, partial(claimant_label, language=language), language), ""
        licence = messages(language).say("status.conflicting")
    else:
        work, licence = passage.origin, licences_label(passage, language)
        named, names = clean(work.title or "", _TITLE) or heading(work, language), people(work.authors, language)
    return " — ".join(filter(None, (named, names, licence)))
