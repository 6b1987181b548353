"""Small hand-made reports that the tests of notices and renderers share."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from provenance.licences import terms
from provenance.notices import short
from provenance.reports import (
    Action,
    Coverage,
    Exemption,
    Finding,
    Kind,
    Passage,
    PluginInfo,
    Quote,
    Reason,
    Report,
    Source,
)
from provenance.works import Keep, LicenceStatus, Work, work_key

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


def a_work(id: str = "w", **changes: Any) -> Work:
    """A work about which little is known, with the given changes."""
    values: dict[str, Any] = {
        "key": work_key("default", id), "id": id, "collection": "default", "title": None, "authors": (), "year": None,
        "source": None, "status": LicenceStatus.LICENSED, "licence": None, "copyright": None, "notice": None,
        "language": "en", "tokens": 2000, "characters": 9000, "keep": Keep.TEXT, "ingested_at": NOON,
    }  # fmt: skip
    return Work(**{**values, **changes})


def a_passage(*works: Work, start: int = 0, end: int = 40, **changes: Any) -> Passage:
    """A passage that matches the given works, the first its origin."""
    sources = tuple(
        Source(work=work, start=500, end=500 + end - start, token_start=100, token_end=132, origin=not position)
        for position, work in enumerate(works)
    )
    values: dict[str, Any] = {
        "start": start, "end": end, "token_start": start // 5, "token_end": start // 5 + 32, "kind": Kind.VERBATIM,
        "similarity": 1.0, "bits": 312.25, "share_of_work": 0.016, "counted_tokens": 32, "counted_bits": 312.25,
        "sources": sources, "quote": Quote(prefix="before ", exact="the matched words", suffix=" after"),
    }  # fmt: skip
    return Passage(**{**values, **changes})


def a_finding(passage: Passage, action: Action = Action.ANNOTATE) -> Finding:
    """A finding for a passage, worded as the checker words it."""
    work = passage.origin
    return Finding(
        passage=passage, action=action, duties=terms(work).duties, notice=short(passage)
    )  # fmt: skip


def a_report(text: str, *findings: Finding, **changes: Any) -> Report:
    """A report on a text with these findings."""
    values: dict[str, Any] = {
        "text": text, "tokens": len(text.split()), "matched_characters": 0, "findings": findings, "exempt": (),
        "coverage": Coverage(works=25, tokens=1_234_567, revision=3, indexed_at=NOON, canaries="ok"),
        "policy": {"min_tokens": 32}, "plugins": (PluginInfo(name="policy-default", version="0.1.0"),),
        "version": "0.1.0",
    }  # fmt: skip
    return Report(**{**values, **changes})


APOLLO = a_work(
    "apollo", title="Apollo 11", authors=("Wikipedia contributors",), year=2024, licence="CC-BY-SA-3.0",
    source="https://en.wikipedia.org/wiki/Apollo_11", collection="wikipedia",
)  # fmt: skip
MIRROR = a_work(
    "mirror", title="Moon landings (mirror)", status=LicenceStatus.UNKNOWN, source="https://mirror.example/moon"
)  # fmt: skip
ATTRS = a_work(
    "attrs", title="attrs 26.1.0: attr/_make.py", authors=("Hynek Schlawack",), year=2015, licence="MIT",
    copyright="Copyright (c) 2015 Hynek Schlawack and the attrs contributors", language="python",
)  # fmt: skip
SERVER = a_work(
    "server", title="notes-server: app/sync.py", authors=("Ada Example", "Bo Example"), year=2021,
    licence="AGPL-3.0-only", source="https://code.example/notes-server",
)  # fmt: skip
NOVEL = a_work(
    "novel", title="The Long Harbour", authors=("C. D. Writer",), year=2019,
    status=LicenceStatus.ALL_RIGHTS_RESERVED, source="https://publisher.example/long-harbour",
)  # fmt: skip
ALICE = a_work(
    "alice", title="Alice's Adventures in Wonderland", authors=("Lewis Carroll",), year=1865,
    status=LicenceStatus.PUBLIC_DOMAIN, source="https://www.gutenberg.org/ebooks/11",
)  # fmt: skip
KEEPER = a_work(
    "keeper", title="The Lantern Keeper", authors=("Vera Hall",), year=2015, copyright="© 2015 Vera Hall",
    status=LicenceStatus.ALL_RIGHTS_RESERVED, source="https://publisher.example/lantern-keeper",
)  # fmt: skip
COPY = a_work(
    "copy", title="Copy", authors=("Somebody",), year=1900, licence="MIT", source="https://pastes.example/7",
    copyright="Copyright (c) 1900 Somebody", notice="Somebody wrote this.",
)  # fmt: skip
BIBLE = a_work(
    "bible", title="The King James Bible", status=LicenceStatus.PUBLIC_DOMAIN, collection="gutenberg", trusted=True
)  # fmt: skip


def a_dispute(*works: Work, **changes: Any) -> Passage:
    """A passage about whose licence the given works disagree, the first of them the strictest."""
    counts = {"works": len(works), "families": len(works)}
    return a_passage(*works, **{**counts, "is_disputed": True, "claimants": works, **changes})


_PIECES = {
    "prompt": "Tell me about the Moon, and show me some code.",
    "moon": "Apollo 11 was the first spaceflight to land humans on the Moon. Commander Neil Armstrong and lunar module "
    "pilot Buzz Aldrin landed the Apollo Lunar Module Eagle on July 20, 1969",
    "module": "pilot Buzz Aldrin landed the Apollo Lunar Module Eagle on July 20",
    "alice": "Alice was beginning to get very tired of sitting by her sister on the bank, and of having nothing to do",
    "code": "def fields(cls):\n    if not isinstance(cls, type):\n        raise TypeError(\"Passed object must be a "
    'class.")\n    return getattr(cls, "__attrs_attrs__")',
    "sync": "for change in journal.since(cursor):\n    apply(change, *, strict=True)",
    "moon2": "Armstrong became the first person to step onto the lunar surface",
    "novel": "The harbour had been long before there was a town to name it, and would be long after",
}  # fmt: skip

SAMPLE_TEXT = """{prompt}

{moon}, and the whole world watched. {moon2}.

She was bored: {alice}; so it goes.

Here is a function:

{code}

{sync}

Finally <b>a sentence</b> of my own, & one from a novel: {novel}. 月に降り立った。
""".format(**_PIECES)


def _at(piece: str) -> dict[str, int]:
    start = SAMPLE_TEXT.index(_PIECES[piece])
    return {"start": start, "end": start + len(_PIECES[piece])}


def a_sample() -> Report:
    """A report with a finding of each sort: several of one work, nested, code, copyleft, no licence, and silence."""
    quote = Quote(prefix="… ended the Space Race. ", exact=_PIECES["moon"], suffix=" at 20:17 UTC, and …")
    findings = (
        a_finding(a_passage(APOLLO, MIRROR, **_at("moon"), quote=quote)),
        a_finding(a_passage(SERVER, **_at("module"), kind=Kind.NEAR_VERBATIM, similarity=0.91), Action.WARN),
        a_finding(a_passage(APOLLO, **_at("moon2"))),
        a_finding(a_passage(ATTRS, **_at("code"))),
        a_finding(a_passage(SERVER, **_at("sync"), kind=Kind.WHOLE_WORK, share_of_work=1.0), Action.WARN),
        a_finding(a_passage(NOVEL, **_at("novel"), share_of_work=0.0002), Action.WARN),
    )
    exempt = (
        Exemption(**_at("prompt"), reason=Reason.IN_PROMPT, sources=a_passage(MIRROR).sources),
        Exemption(**_at("alice"), reason=Reason.PUBLIC_DOMAIN, sources=a_passage(ALICE).sources),
    )
    return a_report(SAMPLE_TEXT, *findings, exempt=exempt, matched_characters=640)
