"""Whose are the matches? Turns stretches of tokens into passages with works, offsets and the right origin.

A passage is credited to its origin: of the works that hold exactly this stretch, the earliest that is in the public
domain, else the earliest dated one, else the first by key. Where a stretch lies inside a longer one of another work,
its works are named there too; unless its origin is in the public domain and the longer one's is not: then a quotation
of the free work stands inside the restricted one, belongs to the free one, and does not count for the other.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from provenance.align import Match, Place
from provenance.catalogue import Catalogue, Location
from provenance.ingest import Snapshot
from provenance.licences import is_public_domain_like
from provenance.models import Kind, Passage, Quote, Reason, Source, Work
from provenance.shingles import GUARANTEE, N
from provenance.text import Tokenizer, Tokens

MAX_SOURCES = 50
"""How many sources a passage names; the origin is always among them."""
_QUOTE_AROUND = 32
_NO_YEAR = 1 << 32


@dataclass(frozen=True, slots=True)
class Checked:
    """A text with what is known of it before works are looked up.

    Attributes:
        content: the string. tokens: its t tokens. prompt: bool (t,), which of them the user had supplied.
    """

    content: str
    tokens: Tokens
    prompt: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Holder:
    """A work that a stretch matches, and the tokens of the work that it matches. `place` is None for a phrase."""

    work: Work
    start: int
    end: int
    place: Place | None


class Resolver:
    """Looks up the works of matches in one snapshot of a database.

    Attributes:
        found_all: did every place and phrase have a work? Not where one gave way, or moved, after the snapshot.
    """

    def __init__(self, catalogue: Catalogue, snapshot: Snapshot, tokenizer: Tokenizer) -> None:
        self.found_all = True
        self._catalogue, self._snapshot, self._tokenizer = catalogue, snapshot, tokenizer

    def passages(self, checked: Checked, found: tuple[Match, ...]) -> tuple[Passage, ...]:
        """Return a passage for each match that a live work has, in order of the text."""
        locations = {Location(place.segment, place.ordinal) for match in found for place in match.places}
        by_location = self._catalogue.resolve(locations) if locations else {}
        keys = {key for match in found for key in match.phrases}
        by_key = self._catalogue.works(keys) if keys else {}
        self.found_all = all(by_location.values()) and len(by_key) == len(keys)
        passages = []
        for match in found:
            holders = [
                Holder(work, place.start, place.end, place)
                for place in match.places
                for work in by_location.get(Location(place.segment, place.ordinal), ())
            ]
            holders += [Holder(by_key[key], 0, match.end - match.start, None) for key in match.phrases if key in by_key]
            if holders:
                passages.append(self._passage(checked, match, sorted(holders, key=_precedence)))
        return tuple(passages)

    def _passage(self, checked: Checked, match: Match, holders: list[Holder]) -> Passage:
        tokens, origin, bits = checked.tokens, holders[0].work, self._tokenizer.vocabulary.bits
        start, end = int(tokens.starts[match.start]), int(tokens.ends[match.end - 1])
        ids = tokens.ids[match.start : match.end]
        matched, counted = ids[equal_tokens(match)], ids[equal_tokens(match, least=N)]
        said = information(matched, bits)
        return Passage(
            start=start, end=end, token_start=match.start, token_end=match.end, stretches=match.stretches,
            kind=_kind(match, origin), similarity=match.similarity, bits=said,
            share_of_work=len(matched) / max(origin.tokens, 1), counted_tokens=len(counted),
            counted_bits=information(counted, bits) if match.stretches else said,
            quote=quote(checked.content, start, end),
            sources=tuple(self._source(holder) for holder in holders[:MAX_SOURCES]),
        )  # fmt: skip

    def _source(self, holder: Holder) -> Source:
        place, end = holder.place, holder.end
        if place is None:
            span = self._phrase_span(holder.work)
        else:
            span = self._snapshot.segments[place.segment].span(place.ordinal, holder.start, end, self._tokenizer)
        start, stop = span or (None, None)
        return Source(work=holder.work, token_start=holder.start, token_end=end, start=start, end=stop)

    def _phrase_span(self, work: Work) -> tuple[int, int] | None:
        text = self._snapshot.phrase_texts.get(work.key)
        if text is None:
            return None
        tokens = self._tokenizer.encode_with_offsets(text)
        return int(tokens.starts[0]), int(tokens.ends[-1])


def _kind(match: Match, origin: Work) -> Kind:
    if match.stretches:
        return Kind.NEAR_VERBATIM
    return Kind.WHOLE_WORK if match.end - match.start == origin.tokens else Kind.VERBATIM


def _precedence(holder: Holder) -> tuple[bool, int, int]:
    work = holder.work
    return (not _is_free(work), _NO_YEAR if work.year is None else work.year, work.key)


def _is_free(work: Work) -> bool:
    return is_public_domain_like(work.status, work.licence)


def equal_tokens(match: Match | Passage, *, least: int = 1) -> NDArray[np.bool_]:
    """Return which tokens of a match or passage are the work's too, bool: all of them, but in a near copy.

    Args:
        least: of a near copy, pass over stretches of fewer tokens.
    """
    start, end = _tokens(match)
    equal = np.full(end - start, not match.stretches)
    for first, last in match.stretches:
        equal[first - start : last - start] = last - first >= least
    return equal


def _tokens(match: Match | Passage) -> tuple[int, int]:
    return (match.start, match.end) if isinstance(match, Match) else (match.token_start, match.token_end)


def information(ids: NDArray[np.uint16], bits: NDArray[np.float32]) -> float:
    """Return how much a run of tokens says, in bits.

    Each token counts with minus log2 of its probability, but one that follows the same token as before says nothing
    new: in "ha ha ha ha" only the first two count.

    Args:
        ids: uint16 (t,). bits: float32, the information of each token of the vocabulary.
    """
    pairs = (np.concatenate(([0], ids[:-1])).astype(np.uint32) << np.uint32(16)) | ids
    _, first = np.unique(pairs, return_index=True)
    return float(bits[ids[first]].sum())


def quote(text: str, start: int, end: int) -> Quote:
    """Return a stretch of a text with a little of what stands around it."""
    return Quote(
        prefix=text[max(0, start - _QUOTE_AROUND) : start],
        exact=text[start:end],
        suffix=text[end : end + _QUOTE_AROUND],
    )


def resolved(passages: Iterable[Passage], checked: Checked, bits: NDArray[np.float32]) -> tuple[Passage, ...]:
    """Return the passages that stand for themselves, each with what counts of it and its origin marked.

    Args:
        passages: in order of the text, the longer first where two begin together. bits: information of each token id.
    """
    outer: list[Passage] = []
    inner: list[Passage] = []
    reached = [0]  # by the first so many of the outer ones
    for passage in passages:
        around = _around(outer, reached, passage)
        if around is None:
            outer.append(passage)
            reached.append(max(reached[-1], passage.token_end))
        elif _is_free(passage.origin) and not _is_free(outer[around].origin):
            inner.append(passage)
        else:
            outer[around] = _with_sources(outer[around], passage.sources)
    everything = sorted(outer + inner, key=lambda p: (p.start, -p.end))
    free = _covered([passage for passage in everything if _is_free(passage.origin)], len(checked.tokens))
    return tuple(_marked(_counted(passage, free, checked, bits)) for passage in everything)


def _around(outer: list[Passage], reached: list[int], passage: Passage) -> int | None:
    """Return which passage before this one holds it, and is at least as like its work: the last, if there is one.

    A verbatim passage within a near copy of another work says more than the copy, and stands for itself.
    """
    first = bisect_left(reached, passage.token_end) - 1
    for index in reversed(range(max(first, 0), len(outer))):
        if outer[index].token_end >= passage.token_end and outer[index].similarity >= passage.similarity:
            return index
    return None


def _covered(passages: list[Passage], length: int) -> NDArray[np.bool_]:
    """Return which of a text's tokens stand in one of the passages, bool (t,): in near copies, in runs of the work."""
    covered = np.zeros(length, np.bool_)
    for passage in passages:
        covered[passage.token_start : passage.token_end] |= equal_tokens(passage, least=GUARANTEE)
    return covered


def _with_sources(passage: Passage, sources: tuple[Source, ...]) -> Passage:
    named = {source.work.key for source in passage.sources}
    more = tuple(source for source in sources if source.work.key not in named)
    return replace(passage, sources=(passage.sources + more)[:MAX_SOURCES]) if more else passage


def _counted(passage: Passage, free: NDArray[np.bool_], checked: Checked, bits: NDArray[np.float32]) -> Passage:
    """Take away what the user supplied and, unless the passage itself is free, what belongs to a free work."""
    span = slice(passage.token_start, passage.token_end)
    supplied = checked.prompt[span]
    quoted = free[span] & (not _is_free(passage.origin))
    taken = (supplied | quoted) & equal_tokens(passage, least=N)
    if not taken.any():
        return passage
    left = equal_tokens(passage, least=N) & ~taken
    return replace(
        passage,
        counted_tokens=int(left.sum()),
        counted_bits=information(checked.tokens.ids[span][left], bits),
        discount=Reason.IN_PROMPT if supplied.sum() >= quoted.sum() else Reason.PUBLIC_DOMAIN,
    )


def _marked(passage: Passage) -> Passage:
    first, *others = passage.sources
    return replace(passage, sources=(replace(first, origin=True), *others))
