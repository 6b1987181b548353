"""Recogniser of the licence that a text says it has, from all its statements together.

It combines what `_phrases` and `_shingles` find. Works and licence files are read alike; what a licence file means for
the works beside it is the plugins' business.
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
from provenance_plugins.detectors._phrases import Statement, find_statements, scale_confidence
from provenance_plugins.detectors._shingles import NEAR, ContainedText, find_licence_texts

MAX_LICENCES = 3
"""A text that names more licences than this speaks about licences."""
_DECIDES = 0.5
"""From this confidence on, words decide without a look at texts that are only similar."""
_TOGETHER = 0.6
"""The confidence where several licences are named, and nothing says how they go together."""
_OTHER_WORDS = 0.3
"""From this share of a licence file on, words that are in no licence text are read too."""
_WEAK = 0.4
_LICENCE = re.compile(r"[Ll]icen[cs]e|LICEN[CS]E")


@dataclass(frozen=True, slots=True)
class Recognised:
    """A licence that a text says it has.

    Attributes:
        reading: the licence, and how sure it is.
        quote: the words that say so, or which licence text is there and how much of it.
        start: the offset of the words.
    """

    reading: Reading
    quote: str
    start: int


def recognise_work(text: str, *, start: int = 0, end: int | None = None) -> Recognised | None:
    """Return what a work says about its own licence between two offsets."""
    part = text[start:end]
    found: list[Recognised] = []
    for statement in find_statements(part):
        if statement.reading.confidence < _WEAK and _LICENCE.search(part):
            continue  # "all rights reserved" above a licence
        at = start + statement.start
        texts = _find_texts(text[at : at + statement.reach]) if statement.reach else ()
        found += [_recognise_text(each, at) for each in texts] or [_recognise_statement(statement, part, start)]
    return combine_recognised(found)


def recognise_licence_file(text: str) -> Recognised | None:
    """Return what a licence file says: the texts in it, else what it says in words, else its first lines."""
    tokens = load_tokenizer().encode(text)
    texts = find_licence_texts(tokens)
    if texts:
        found = [_recognise_text(each, 0) for each in texts]
        if sum(each.tokens for each in texts) / len(tokens) < 1 - _OTHER_WORDS:
            # The other words are restrictions, or other people's notices.
            found = [replace(each, reading=scale_confidence(each.reading, 0.8)) for each in found]
            worded = (_recognise_statement(each, text) for each in find_statements(text) if not each.reach)
            found += [each for each in worded if each.reading.licence]
        return combine_recognised(found)
    in_words = recognise_work(text)
    if in_words and in_words.reading.confidence >= _DECIDES:
        return in_words
    near = find_licence_texts(tokens, least=NEAR)
    if near:
        changed = _recognise_text(near[0], 0)
        question = f"what the changed words say: {near[0].share:.0%} of the text of {near[0].licence} is there"
        return replace(changed, reading=replace(changed.reading, confidence=_DECIDES, question=question))
    reading = licences.read(text[:1000])
    return in_words if reading.status is LicenceStatus.UNKNOWN else Recognised(reading, format_quote(text[:200]), 0)


@lru_cache(maxsize=256)  # the files of a package have the same header
def _find_texts(part: str) -> tuple[ContainedText, ...]:
    return find_licence_texts(load_tokenizer().encode(part))


def _recognise_text(found: ContainedText, start: int) -> Recognised:
    """Return what a licence text in another text says, less sure where a part of it is missing."""
    reading = licences.read(found.licence)
    if spdx.exception(found.licence) is not None:  # which `licences.read` knows only behind a WITH
        reading = Reading(status=LicenceStatus.LICENSED, licence=found.licence)
    reading = scale_confidence(reading, min(1.0, found.share + 0.05))
    return Recognised(reading, f"{found.share:.0%} of the text of {found.licence}", start)


def _recognise_statement(statement: Statement, text: str, offset: int = 0) -> Recognised:
    quote = format_quote(text[statement.start : statement.end])
    return Recognised(statement.reading, quote, offset + statement.start)


def format_quote(text: str) -> str:
    """Return words as evidence shows them: on one line, in quotation marks, and at most 200 characters."""
    plain = " ".join(text.split())
    return f"“{plain if len(plain) <= 200 else f'{plain[:199]}…'}”"


def combine_recognised(found: Iterable[Recognised]) -> Recognised | None:
    """Return what several statements about one work say together; None where they say nothing, or too many things.

    A vague name adds nothing to an exact one ("GPL" beside "GPL-2.0-or-later"). Where two or three licences are left,
    the claim is that all of them hold, with a question.
    """
    surest_first = sorted(found, key=lambda each: -each.reading.confidence)
    exact = [each for each in surest_first if each.reading.licence]
    if not exact:
        return surest_first[0] if surest_first else None
    kept: list[Recognised] = []
    for each in exact:
        if not any(_includes_licence(other.reading.licence, each.reading.licence) for other in kept):
            kept = [k for k in kept if not _includes_licence(each.reading.licence, k.reading.licence)]
            kept.append(each)
    if len(kept) > MAX_LICENCES:
        return None
    first = min(kept, key=lambda each: each.start)
    exceptions = [each for each in kept if spdx.exception(each.reading.licence or "")]
    plain = [each for each in kept if each not in exceptions]
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
    quotes = ", ".join(each.quote for each in kept)
    return Recognised(replace(reading, confidence=confidence), quotes[:400], first.start)


def _includes_licence(exact: str | None, vague: str | None) -> bool:
    """Say whether one expression says all that the other says, at least as exactly.

    >>> _includes_licence("GPL-2.0-or-later", "GPL-2.0"), _includes_licence("MIT OR Apache-2.0", "MIT")
    (True, True)
    >>> _includes_licence("MIT", "Apache-2.0")
    False
    """
    if exact is None or vague is None:
        return False
    family = vague.removeprefix("LicenseRef-")
    if exact.startswith("LGPL-3.0") and vague.startswith("GPL-3.0"):
        return True  # the LGPL is published as additions to the text of the GPL, so both texts are there
    if exact == vague or (family != vague and exact.startswith(f"{family}-")):
        return True
    parts = re.split(r" (?:AND|OR) |[()]+", exact)
    return vague in parts or any(part in {f"{vague}-only", f"{vague}-or-later"} for part in parts)
