"""Renderer of the report as an SPDX 3.0.1 document in JSON-LD: for tools that gather bills of materials.

The checked text is a file, each finding a snippet of it with its byte and line range, each work a package with its
declared licence. A snippet's own licence is left open (NOASSERTION): which one holds for it is for a person to
conclude. https://spdx.github.io/spdx-spec/v3.0.1/
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

from provenance.hookspecs import hookimpl
from provenance.licences import spdx
from provenance.licences.expressions import parse
from provenance.notices import (
    clean,
    coverage_line,
    credit_line,
    encodable,
    heading,
    licence_label,
    licences_label,
    web_address,
)
from provenance.reports import Renderer, Report
from provenance.works import LicenceStatus, Work

CONTEXT = "https://spdx.org/rdf/3.0.1/spdx-context.jsonld"
NO_ASSERTION = "expandedlicensing_NoAssertionLicense"
_OWN_TEXTS = {
    LicenceStatus.PUBLIC_DOMAIN: ("LicenseRef-public-domain", "The work is taken to be in the public domain."),
    LicenceStatus.ALL_RIGHTS_RESERVED: (
        "LicenseRef-all-rights-reserved",
        "All rights are reserved; no licence is known.",
    ),
}
_MAX_NAME = 200
_MAX_TEXT = 4000


@hookimpl
def provenance_register_renderers(register: Callable[[str, Renderer], None]) -> None:
    """Offer the format `spdx`."""
    register("spdx", render)


def render(report: Report) -> str:
    """Return the document, created now."""
    return encodable(json.dumps(build_document(report, _current_time()), ensure_ascii=False, indent=2))


def _current_time() -> datetime:
    return datetime.now(UTC)


def build_document(report: Report, created: datetime) -> dict[str, Any]:
    """Return the document as of a moment."""
    # Equal reports get equal ids, so that a document may be made again and compared.
    found = [[each.start, each.end, [source.to_dict() for source in each.sources]] for each in report.findings]
    whole = json.dumps([report.text, report.coverage.to_dict(), report.error, found])
    digest = hashlib.sha256(whole.encode()).hexdigest()[:32]
    graph = _Graph(f"https://spdx.org/spdxdocs/licence-provenance-{digest}")
    file = _add_findings(graph, report)
    agent, tool, data_licence = graph.id("agent"), graph.id("tool"), _add_expression(graph, "CC0-1.0")
    if report.error is None:
        searched = coverage_line(report.coverage)
    else:
        searched = f"NOT CHECKED: {clean(report.error, _MAX_TEXT)}"
    return {
        "@context": CONTEXT,
        "@graph": [
            {
                "type": "CreationInfo", "@id": "_:creation", "specVersion": "3.0.1", "createdBy": [agent],
                "createdUsing": [tool], "created": created.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            },
            graph.element("SoftwareAgent", "agent", name="Licence Provenance"),
            graph.element("Tool", "tool", name=f"licence-provenance {report.version}"),
            graph.element(
                "SpdxDocument", "document", name="Works that a text matches", comment=searched,
                rootElement=[file], element=[agent, tool, *graph.elements], dataLicense=data_licence,
                profileConformance=["core", "software", "simpleLicensing"],
            ),
            *graph.elements.values(),
        ],
    }  # fmt: skip


@dataclass(frozen=True)
class _Graph:
    """The elements so far, each once, by id."""

    namespace: str
    elements: dict[str, dict[str, Any]] = field(default_factory=dict)

    def id(self, name: str) -> str:
        return f"{self.namespace}#{name}"

    def element(self, type: str, name: str, /, **fields: Any) -> dict[str, Any]:
        """Return an element without the fields that are empty."""
        given = {key: value for key, value in fields.items() if value}
        return {"type": type, "spdxId": self.id(name), "creationInfo": "_:creation", **given}

    def add(self, type: str, name: str, /, **fields: Any) -> str:
        """Add an element, unless it is there, and return its id."""
        return self.elements.setdefault(self.id(name), self.element(type, name, **fields))["spdxId"]  # type: ignore[no-any-return]  # JSON

    def relate(self, kind: str, source: str, target: str, comment: str = "") -> None:
        ends = {"from": source, "to": [target]}
        self.add("Relationship", f"relationship-{len(self.elements)}", relationshipType=kind, comment=comment, **ends)


def _add_findings(graph: _Graph, report: Report) -> str:
    """Add the checked text and a snippet for each finding with its works, and return the id of the text."""
    text = encodable(report.text)
    digest = hashlib.sha256(text.encode()).hexdigest()
    file = graph.add(
        "software_File", "text", name="checked text", contentType="text/plain", software_fileKind="file",
        verifiedUsing=[{"type": "Hash", "algorithm": "sha256", "hashValue": digest}],
    )  # fmt: skip
    for number, (finding, ranges) in enumerate(zip(report.findings, _find_ranges(report, text), strict=True), 1):
        passage = finding.passage
        snippet = graph.add(
            "software_Snippet", f"snippet-{number}", name=f"passage {number}", software_snippetFromFile=file, **ranges,
            software_attributionText=[finding.notice],
        )  # fmt: skip
        disagreement = f"The works disagree: {licences_label(passage)}" if passage.is_disputed else ""
        graph.relate("hasConcludedLicense", snippet, NO_ASSERTION, disagreement)
        for source in finding.sources:
            place = f"tokens {source.token_start} to {source.token_end}"
            how = f"matches text in: {passage.kind}, similarity {passage.similarity:.2f}, {place} of the work"
            graph.relate("other", snippet, _add_work(graph, source.work), how)
    return file


def _find_ranges(report: Report, text: str) -> Iterator[dict[str, Any]]:
    """Yield byte and line range of each finding, counted from 1 and with the last one included, as SPDX counts."""
    size = len(report.text)
    # Bytes and lines are counted once from each end of a finding to the next, however the findings overlap.
    points = sorted({0, *(min(point, size) for each in report.findings for point in (each.start, each.end))})
    bytes_, lines = {0: 0}, {0: 1}
    for start, end in pairwise(points):
        bytes_[end] = bytes_[start] + len(text[start:end].encode())
        lines[end] = lines[start] + text.count("\n", start, end)
    for finding in report.findings:
        start, end = min(finding.start, size), min(finding.end, size)
        if start >= end:
            yield {}
            continue
        yield {
            "software_byteRange": _format_range(bytes_[start] + 1, bytes_[end]),
            # A line break at the end belongs to the line that it ends.
            "software_lineRange": _format_range(lines[start], lines[end] - (text[end - 1] == "\n")),
        }


def _format_range(first: int, last: int) -> dict[str, Any]:
    return {"type": "PositiveIntegerRange", "beginIntegerRange": first, "endIntegerRange": last}


def _add_work(graph: _Graph, work: Work) -> str:
    """Add a work with its authors and its declared licence, unless it is there, and return its id."""
    name = f"work-{work.key:016x}"
    if graph.id(name) in graph.elements:
        return graph.id(name)
    names = (clean(author, _MAX_NAME) for author in work.authors)
    authors = [graph.add("Agent", f"author-{_shorten_digest(each)}", name=each) for each in names if each]
    credit = credit_line(work) if work.status is LicenceStatus.LICENSED else ""
    added = graph.add(
        "software_Package", name, name=clean(work.title or work.id, _MAX_NAME), summary=heading(work),
        originatedBy=authors, software_homePage=web_address(work.source),
        software_sourceInfo=clean(work.source or "", _MAX_NAME),
        software_copyrightText=clean(work.copyright or "", _MAX_TEXT, lines=True),
        software_attributionText=[*filter(None, (credit, clean(work.notice or "", _MAX_TEXT, lines=True)))],
    )  # fmt: skip
    licence = NO_ASSERTION
    if own := _OWN_TEXTS.get(work.status):
        licence = _add_expression(graph, own[0], {own[0]: own[1]})
    elif work.licence and work.status is LicenceStatus.LICENSED and (parsed := parse(work.licence)):
        # SPDX asks for a text of each licence that is not on its list.
        ids = (*parsed.licences, *parsed.exceptions)
        texts = {name: f"Known as {name}; its text is with the work." for name in ids if "Ref-" in name}
        licence = _add_expression(graph, parsed.text, texts)
    graph.relate("hasDeclaredLicense", added, licence, licence_label(work))
    return added


def _add_expression(graph: _Graph, expression: str, own_texts: dict[str, str] | None = None) -> str:
    """Add a licence expression with the texts of licences that SPDX does not list, and return its id."""
    custom = []
    for name, text in (own_texts or {}).items():
        kind, key = "simplelicensing_SimpleLicensingText", f"text-{_shorten_digest(name)}"
        added = graph.add(kind, key, name=name, simplelicensing_licenseText=text)
        custom.append({"type": "DictionaryEntry", "key": name, "value": added})
    return graph.add(
        "simplelicensing_LicenseExpression", f"licence-{_shorten_digest(expression)}",
        simplelicensing_licenseExpression=expression, simplelicensing_licenseListVersion=spdx.version(),
        simplelicensing_customIdToUri=custom,
    )  # fmt: skip


def _shorten_digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]
