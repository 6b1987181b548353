"""Small works for the catalogue's tests."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from typing import Any

from provenance.catalogue import Batch, Location, NewWork, SegmentRecord
from provenance.works import Basis, Claim, Keep, LicenceStatus, work_key

NOON = datetime(2026, 11, 20, 12, 0, 0, 250_000, tzinfo=UTC)


def a_claim(licence: str | None = "MIT", *, days: int = 0, **fields: Any) -> Claim:
    """Return a claim made so many days after NOON; without a licence it says "unknown"."""
    status = LicenceStatus.LICENSED if licence else LicenceStatus.UNKNOWN
    values = {"status": status, "licence": licence, "basis": Basis.DECLARED, "when": NOON + timedelta(days=days)}
    return Claim(**{**values, **fields})


def a_work(name: str, **fields: Any) -> NewWork:
    """Return a work of 100 tokens at the first place of the segment `one`; at another place it is another text."""
    collection = fields.get("collection", "books")
    stored = fields.get("stored", Location("one", 0))
    content = f"{name} {stored}".encode("utf-8", "surrogatepass")
    values: dict[str, Any] = {
        "key": work_key(collection, name),
        "id": name,
        "collection": collection,
        "title": None,
        "authors": (),
        "year": None,
        "source": None,
        "copyright": None,
        "notice": None,
        "language": None,
        "content_hash": hashlib.blake2b(content, digest_size=16).digest(),
        "tokens": 100,
        "characters": 500,
        "keep": Keep.TOKENS,
        "place": None,
        "claims": (a_claim(),),
        "signals": (),
        "stored": stored,
    }
    return NewWork(**{**values, **fields})


def a_segment(name: str = "one", *, works: int = 3) -> SegmentRecord:
    """Return a segment."""
    return SegmentRecord(name=name, works=works, tokens=100 * works, size=4096, tokenizer="t" * 64, digest="d" * 32)


def a_batch(*works: NewWork, segments: tuple[str, ...] = ("one",)) -> Batch:
    """Return the works with new segments."""
    return Batch(works=works, segments=tuple(a_segment(name) for name in segments))
