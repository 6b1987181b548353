"""One work for each way of complying, and the document that shows what is said about each.

`families.md` is made to be read by a lawyer: what our notices say, for each licence family and keep level.
"""

from __future__ import annotations

from provenance.notices import REPORTED, full, licence_texts, tone
from provenance.reports import Finding
from provenance.works import Keep, LicenceStatus
from tests.notices.builders import ALICE, APOLLO, ATTRS, MIRROR, NOVEL, SERVER, a_work

FAMILIES = {
    "public-domain": ALICE,
    "public-domain, by dedication": a_work(title="Tables", authors=("Data Office",), licence="CC0-1.0"),
    "unconditional": a_work(title="tiny.c", authors=("A. Coder",), licence="0BSD"),
    "attribution": a_work(title="Crown Report", authors=("HM Office",), licence="OGL-UK-3.0"),
    "creative-commons": a_work(
        title="Essay", authors=("E. Writer",), licence="CC-BY-4.0", source="https://e.example/1", year=2020
    ),
    "creative-commons, before 4.0, without a title": a_work(
        "page-7", authors=("E. Writer",), licence="CC-BY-2.5", source="https://e.example/7"
    ),
    "permissive": ATTRS,
    "permissive, without a copyright line": a_work(title="sort.c", authors=("S. Orter",), licence="BSD-3-Clause"),
    "permissive, both of two": a_work(
        title="pair.py", authors=("P. Air",), licence="ISC AND BSD-2-Clause", copyright="Copyright 2019 P. Air"
    ),
    "apache": a_work(
        title="server/http.py", authors=("Example Foundation",), year=2020, licence="Apache-2.0",
        copyright="Copyright 2020 Example Foundation", notice="Example Server\n\nIncludes work by Others, Inc.",
    ),
    "apache, without a NOTICE text": a_work(title="client.py", licence="Apache-2.0", copyright="(c) 2021 C. Lient"),
    "share-alike": APOLLO,
    "weak-copyleft": a_work(title="list.js", authors=("Browser People",), licence="MPL-2.0"),
    "copyleft": a_work(title="kernel/fork.c", authors=("L. T.",), licence="GPL-2.0-only"),
    "copyleft, with an exception": a_work(title="Vector.java", licence="GPL-2.0-only WITH Classpath-exception-2.0"),
    "network-copyleft": SERVER,
    "restricted, non-commercial": a_work(title="Song", authors=("S. Inger",), licence="CC-BY-NC-4.0"),
    "restricted, no derivatives": a_work(
        title="Poem", authors=("P. Oet",), licence="CC-BY-NC-ND-4.0", source="https://p.example/"
    ),
    "restricted, by uses": a_work(title="Model Card", authors=("M. Odel",), licence="LicenseRef-Llama-3.1"),
    "other": a_work(title="House style", licence="LicenseRef-house-rules"),
    "choice": a_work(title="lib.rs", authors=("R. Ust", "C. Rab", "F. Err"), licence="MIT OR Apache-2.0"),
    "choice, one of them copyleft": a_work(title="both.py", licence="MIT OR GPL-3.0-only"),
    "choice, all of them copyleft": a_work(title="either.c", licence="GPL-2.0-only OR AGPL-3.0-only"),
    "all-rights-reserved": NOVEL,
    "unknown": MIRROR,
    "unknown, as stated": a_work(title="Page", status=LicenceStatus.UNKNOWN, licence="see the website"),
    "conflicting": a_work(title="Ballad", status=LicenceStatus.CONFLICTING, licence="CC-BY-4.0"),
}  # fmt: skip

_INTRODUCTION = """# What is said about each licence family

Made by `PROVENANCE_GOLDEN=write pytest tests/notices`; do not edit. Each work below was put into three databases, one
for each keep level, and a text with some of its words was checked against each. A notice differs between the levels in
the extent alone: where only fingerprints are kept, a passage reaches from the first to the last common fingerprint.

*Seriousness*: `credit` where a credit line and what stands with it will do, `care` where it will not or nobody knows,
`stop` where permission is missing. This document explains what the program says; it is not legal advice.
"""


def document(found: dict[str, dict[Keep, Finding]], language: str) -> str:
    """Lay out the notices for each family and keep level."""
    parts = [_INTRODUCTION, _overview(found, language)]
    parts += [_family(name, findings, language) for name, findings in found.items()]
    return "\n".join(parts)


def _overview(found: dict[str, dict[Keep, Finding]], language: str) -> str:
    rows = ["| family | seriousness | short notice | " + " | ".join(f"extent, {keep} kept" for keep in Keep) + " |"]
    rows.append("|---|---|---|" + "---|" * len(Keep))
    for name, findings in found.items():
        extents = [_fact(findings[keep], "overlap", language) for keep in Keep]
        first = findings[Keep.TEXT]
        rows.append(f"| {name} | {tone(first)} | {first.notice} | {' | '.join(extents)} |")
    return "\n".join(rows) + "\n"


def _fact(finding: Finding, name: str, language: str) -> str:
    return next((fact.value for fact in full(finding, language=language).facts if fact.name == name), "")


def _family(name: str, findings: dict[Keep, Finding], language: str) -> str:
    finding = findings[Keep.TEXT]
    notice = full(finding, language=language)
    lines = [f"## {name}\n", f"{finding.notice}\n", f"**{notice.heading}**\n", "| | |", "|---|---|"]
    lines += [f"| {fact.label} | {fact.with_link.replace(chr(10), '<br>')} |" for fact in notice.facts]
    lines += ["", *(f"- {sentence}" for sentence in notice.advice), ""]
    for text in licence_texts([finding.passage.origin], language):
        shown = text.text if len(text.text) <= REPORTED else None
        lines.append(
            f"Text of {text.licence}{', shown with the notice' if shown else ': in the notices file alone'}.\n"
        )
        lines += [f"```text\n{shown}\n```\n"] if shown else []
    return "\n".join(lines)
