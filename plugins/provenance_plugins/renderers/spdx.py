"""The report as an SPDX 3.0.1 document in JSON-LD: for tools that gather bills of materials.

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
from provenance.notices import clean, coverage_line, credit_line, encodable, heading, licence_label, web_address
from provenance.reports import Finding, Renderer, Report, Source
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
_NAME = 200
_LINES = 4000


@hookimpl
def provenance_register_renderers(register: Callable[[str, Renderer], None]) -> None:
    """Offer the format `spdx`."""
    register("spdx", render)


def render(report: Report) -> str:
    """Return the document, created now."""
    return encodable(json.dumps(document(report, _now()), ensure_ascii=False, indent=2))


def _now() -> datetime:
    return datetime.now(UTC)


def document(report: Report, created: datetime) -> dict[str, Any]:
    """Return the document as of a moment."""
    graph = _Graph(_namespace(report))
    file = _file(graph, report)
    for position, (finding, spans) in enumerate(zip(report.findings, _spans(report), strict=True), 1):
        _snippet(graph, finding, position, {"software_snippetFromFile": file, **spans})
    agent, tool, free = graph.id("agent"), graph.id("tool"), _expression(graph, "CC0-1.0")
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
                "SpdxDocument", "document", name="Works that a text matches", comment=_searched(report),
                rootElement=[file], element=[agent, tool, *graph.elements], dataLicense=free,
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


def _namespace(report: Report) -> str:
    found = [[each.start, each.end, [source.to_dict() for source in each.sources]] for each in report.findings]
    whole = json.dumps([report.text, report.coverage.to_dict(), report.error, found])
    return f"https://spdx.org/spdxdocs/licence-provenance-{hashlib.sha256(whole.encode()).hexdigest()[:32]}"


def _searched(report: Report) -> str:
    if report.error is not None:
        return f"NOT CHECKED: {clean(report.error, _LINES)}"
    return coverage_line(report.coverage)


def _file(graph: _Graph, report: Report) -> str:
    digest = hashlib.sha256(encodable(report.text).encode()).hexdigest()
    return graph.add(
        "software_File", "text", name="checked text", contentType="text/plain", software_fileKind="file",
        verifiedUsing=[{"type": "Hash", "algorithm": "sha256", "hashValue": digest}],
    )  # fmt: skip


def _spans(report: Report) -> Iterator[dict[str, Any]]:
    """Yield byte and line range of each finding, counted from 1 and with the last one included, as SPDX counts."""
    text, size = encodable(report.text), len(report.text)
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
            "software_byteRange": _range(bytes_[start] + 1, bytes_[end]),
            "software_lineRange": _range(lines[start], lines[end] - (text[end - 1] == "\n")),
        }


def _range(first: int, last: int) -> dict[str, Any]:
    return {"type": "PositiveIntegerRange", "beginIntegerRange": first, "endIntegerRange": last}


def _snippet(graph: _Graph, finding: Finding, number: int, place: dict[str, Any]) -> None:
    snippet = graph.add(
        "software_Snippet", f"snippet-{number}", name=f"passage {number}", **place,
        software_attributionText=[finding.notice],
    )  # fmt: skip
    graph.relate("hasConcludedLicense", snippet, NO_ASSERTION)
    for source in finding.sources:
        graph.relate("other", snippet, _work(graph, source.work), _how(finding, source))


def _how(finding: Finding, source: Source) -> str:
    passage = finding.passage
    place = f"tokens {source.token_start} to {source.token_end}"
    return f"matches text in: {passage.kind}, similarity {passage.similarity:.2f}, {place} of the work"


def _work(graph: _Graph, work: Work) -> str:
    name = f"work-{work.key:016x}"
    if graph.id(name) in graph.elements:
        return graph.id(name)
    authors = [_author(graph, author) for author in work.authors if clean(author, _NAME)]
    added = graph.add(
        "software_Package", name, name=clean(work.title or work.id, _NAME), summary=heading(work), originatedBy=authors,
        software_homePage=web_address(work.source), software_sourceInfo=clean(work.source or "", _NAME),
        software_copyrightText=clean(work.copyright or "", _LINES, lines=True),
        software_attributionText=list(_attribution(work)),
    )  # fmt: skip
    graph.relate("hasDeclaredLicense", added, _licence(graph, work), licence_label(work))
    return added


def _author(graph: _Graph, author: str) -> str:
    name = clean(author, _NAME)
    return graph.add("Agent", f"author-{_digest(name)}", name=name)


def _attribution(work: Work) -> Iterator[str]:
    if work.status is LicenceStatus.LICENSED:
        yield credit_line(work)
    if notice := clean(work.notice or "", _LINES, lines=True):
        yield notice


def _licence(graph: _Graph, work: Work) -> str:
    if own := _OWN_TEXTS.get(work.status):
        return _expression(graph, own[0], {own[0]: own[1]})
    parsed = parse(work.licence) if work.licence and work.status is LicenceStatus.LICENSED else None
    if parsed is None:
        return NO_ASSERTION
    ids = (*parsed.licences, *parsed.exceptions)
    texts = {name: f"Known as {name}; its text is with the work." for name in ids if "Ref-" in name}
    return _expression(graph, parsed.text, texts)


def _expression(graph: _Graph, expression: str, own: dict[str, str] | None = None) -> str:
    custom = [
        {"type": "DictionaryEntry", "key": name, "value": _text(graph, name, text)}
        for name, text in (own or {}).items()
    ]
    return graph.add(
        "simplelicensing_LicenseExpression", f"licence-{_digest(expression)}",
        simplelicensing_licenseExpression=expression, simplelicensing_licenseListVersion=spdx.version(),
        simplelicensing_customIdToUri=custom,
    )  # fmt: skip


def _text(graph: _Graph, name: str, text: str) -> str:
    own = f"text-{_digest(name)}"
    return graph.add("simplelicensing_SimpleLicensingText", own, name=name, simplelicensing_licenseText=text)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]
