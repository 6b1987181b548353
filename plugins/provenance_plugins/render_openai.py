"""The findings as annotations of a chat completion: a JSON list of `url_citation` objects, as OpenAI's API has them.

A proxy puts the list into `message.annotations`. Clients show the title, and nothing at all where the address is empty;
so a work without an address has a `urn:` made of its key. Offsets are half-open code-point offsets into the content, as
Python counts; for clients that count UTF-16 units there are `utf16_start` and `utf16_end`. These two, `license` and
`notice` are ours: clients keep keys that they do not know.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from itertools import pairwise
from typing import Any

from provenance.hookspecs import hookimpl
from provenance.models import Finding, Renderer, Report, Work
from provenance.notices import clean, encodable, heading, licence_label, people, web_address

_TITLE = 200


@hookimpl
def provenance_register_renderers(register: Callable[[str, Renderer], None]) -> None:
    """Offer the format `openai-annotations`."""
    register("openai-annotations", render)


def render(report: Report) -> str:
    """Return the list as JSON."""
    return encodable(json.dumps(citations(report), ensure_ascii=False, indent=2))


def citations(report: Report) -> list[dict[str, Any]]:
    """Return an annotation for each finding; the list is to be sent in one piece also where the content is streamed."""
    utf16 = _utf16_offsets(report)
    return [
        {
            "type": "url_citation",
            "url_citation": {
                "start_index": finding.start, "end_index": finding.end, "url": _address(finding.passage.origin),
                "title": _title(finding.passage.origin, report.language), "license": _licence(finding, report.language),
                "notice": finding.notice, "utf16_start": utf16[finding.start], "utf16_end": utf16[finding.end],
            },
        }
        for finding in report.findings
    ]  # fmt: skip


def _address(work: Work) -> str:
    """Return the work's address, or a name in the form of one: it must not be empty."""
    return web_address(work.source) or f"urn:licence-provenance:work:{work.key:016x}"


def _title(work: Work, language: str) -> str:
    """Return title, authors and licence in one line, which is all that most clients show."""
    named = clean(work.title or "", _TITLE) or heading(work, language)
    return " — ".join(filter(None, (named, people(work.authors, language), licence_label(work, language))))


def _licence(finding: Finding, language: str) -> str:
    return licence_label(finding.passage.origin, language)


def _utf16_offsets(report: Report) -> dict[int, int]:
    points = sorted({0, *(point for finding in report.findings for point in (finding.start, finding.end))})
    offsets = {0: 0}
    for start, end in pairwise(points):
        piece = report.text[start:end]
        offsets[end] = offsets[start] + len(piece) + sum(character > "\uffff" for character in piece)
    return offsets
