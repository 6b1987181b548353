"""Which licence does a text say it has, all its statements taken together?

Puts side by side what `_phrases` and `_shingles` find. Works and licence files are read alike; what a
licence file means for the works beside it is not said here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import lru_cache

from provenance import licences
from provenance.licences import Reading, spdx
from provenance.text import load_tokenizer
from provenance.works import LicenceStatus
from provenance_plugins.detectors._phrases import Statement, statements
from provenance_plugins.detectors._shingles import NEAR, Contained, contained

MOST_LICENCES = 3
"""A text that names more licences than this speaks about licences."""
_DECIDES = 0.5
_TOGETHER = 0.6
_OTHER_WORDS = 0.3
_WEAK = 0.4
_LICENCE = re.compile(r"[Ll]icen[cs]e|LICEN[CS]E")


@dataclass(frozen=True, slots=True)
class Recognised:
    """What a text says about its licence.

    Attributes:
        reading: the licence, and how sure it is. quote: the words that say so, or which text is there and how much of
        it. start: where they stand.
    """

    reading: Reading
    quote: str
    start: int


def in_work(text: str, *, start: int = 0, end: int | None = None) -> Recognised | None:
    """Return what a work says about its own licence between two places of it."""
    part = text[start:end]
    found: list[Recognised] = []
    for said in statements(part):
        if said.reading.confidence < _WEAK and _LICENCE.search(part):
            continue  # "all rights reserved" above a licence
        at = start + said.start
        texts = _texts(text[at : at + said.reach]) if said.reach else ()
        found += [_as_text(each, at) for each in texts] or [_as_words(said, part, start)]
    return together(found)


def in_licence_file(text: str) -> Recognised | None:
    """Return what a licence file says: the texts in it, else what it says in words, else its first lines."""
    tokens = load_tokenizer().encode(text)
    texts = contained(tokens)
    if texts:
        explained = sum(each.tokens for each in texts) / len(tokens)
        found = [_as_text(each, 0) for each in texts]
        if explained < 1 - _OTHER_WORDS:  # restrictions, or other people's notices
            said = [_as_words(each, text) for each in statements(text) if not each.reach]
            found = [_weaker(each, 0.8) for each in found] + [each for each in said if each.reading.licence]
        return together(found)
    if (said_so := in_work(text)) and said_so.reading.confidence >= _DECIDES:
        return said_so
    return _nearly(contained(tokens, least=NEAR)) or _titled(text) or said_so


def _titled(text: str) -> Recognised | None:
    reading = licences.read(text[:1000])
    if reading.status is LicenceStatus.UNKNOWN:
        return None
    return Recognised(reading, quoted(text[:200]), 0)


def _nearly(found: tuple[Contained, ...]) -> Recognised | None:
    if not found:
        return None
    near = _as_text(found[0], 0)
    question = f"what the changed words say: {found[0].share:.0%} of the text of {found[0].licence} is there"
    return replace(near, reading=replace(near.reading, confidence=_DECIDES, question=question))


@lru_cache(maxsize=256)
def _texts(part: str) -> tuple[Contained, ...]:
    return contained(load_tokenizer().encode(part))


def _as_text(found: Contained, start: int) -> Recognised:
    reading = licences.read(found.licence)
    if spdx.exception(found.licence) is not None:
        reading = Reading(status=LicenceStatus.LICENSED, licence=found.licence)
    reading = replace(reading, confidence=round(reading.confidence * min(1.0, found.share + 0.05), 3))
    return Recognised(reading, f"{found.share:.0%} of the text of {found.licence}", start)


def _as_words(said: Statement, text: str, offset: int = 0) -> Recognised:
    return Recognised(said.reading, quoted(text[said.start : said.end]), offset + said.start)


def _weaker(found: Recognised, factor: float) -> Recognised:
    return replace(found, reading=replace(found.reading, confidence=round(found.reading.confidence * factor, 3)))


def quoted(text: str) -> str:
    """Return words as evidence shows them: on one line, not too long."""
    plain = " ".join(text.split())
    return f"“{plain if len(plain) <= 200 else f'{plain[:199]}…'}”"


def together(found: Iterable[Recognised]) -> Recognised | None:
    """Return what several statements about one work amount to; None where they say nothing, or too many things.

    What is said more exactly elsewhere adds nothing ("GPL" beside "GPL-2.0-or-later"). Two or three licences that are
    left all hold, as far as anybody can tell.
    """
    sure = sorted(found, key=lambda each: -each.reading.confidence)
    exact = [each for each in sure if each.reading.licence]
    if not exact:
        return sure[0] if sure else None
    kept: list[Recognised] = []
    for each in exact:
        if not any(_covers(other.reading.licence, each.reading.licence) for other in kept):
            kept = [k for k in kept if not _covers(each.reading.licence, k.reading.licence)]
            kept.append(each)
    return _joined(kept) if len(kept) <= MOST_LICENCES else None


def _covers(exact: str | None, vague: str | None) -> bool:
    """Does one expression say all that the other says, and at least as exactly?

    >>> _covers("GPL-2.0-or-later", "GPL-2.0"), _covers("MIT OR Apache-2.0", "MIT"), _covers("MIT", "Apache-2.0")
    (True, True, False)
    """
    if exact is None or vague is None:
        return False
    family = vague.removeprefix("LicenseRef-")
    if exact.startswith("LGPL-3.0") and vague.startswith("GPL-3.0"):
        return True  # whose text the LGPL needs beside its own
    if exact == vague or (family != vague and exact.startswith(f"{family}-")):
        return True
    parts = re.split(r" (?:AND|OR) |[()]+", exact)
    return vague in parts or any(part in {f"{vague}-only", f"{vague}-or-later"} for part in parts)


def _joined(kept: list[Recognised]) -> Recognised:
    first = min(kept, key=lambda each: each.start) if len(kept) > 1 else kept[0]
    exceptions = [e for e in kept if spdx.exception(e.reading.licence or "")]
    plain = [e for e in kept if e not in exceptions]
    if len(kept) == 1 or not plain:
        return first
    expression = " AND ".join(f"({each.reading.licence})" for each in plain)
    if len(plain) == len(exceptions) == 1:
        expression = f"{plain[0].reading.licence} WITH {exceptions[0].reading.licence}"
    reading = licences.read(expression)
    confidence = min(reading.confidence, *(each.reading.confidence for each in kept))
    if len(plain) > 1:
        confidence, question = min(confidence, _TOGETHER), "whether all of them hold, or one may be chosen"
        reading = replace(reading, question="; ".join(filter(None, (reading.question, question))))
    return Recognised(
        replace(reading, confidence=confidence), ", ".join(each.quote for each in kept)[:400], first.start
    )  # fmt: skip
