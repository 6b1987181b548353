"""What is said of a stretch that stands in works? Makes passages, with whole works and offsets, of standings."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from provenance import licences
from provenance.check.attribution import Holder, Standing
from provenance.check.credits import names
from provenance.check.information import information
from provenance.check.origins import Counted, equal_tokens, origin_by
from provenance.database import Snapshot
from provenance.fingerprints import N
from provenance.match import Match
from provenance.reports import Kind, Passage, Quote, Source
from provenance.text import Tokenizer, Tokens
from provenance.works import Work

_QUOTE_AROUND = 32


@dataclass(frozen=True, slots=True)
class Checked:
    """A text with what is known of it before works are looked up.

    Attributes:
        content: the string. tokens: its t tokens. prompt, boilerplate: bool (t,), which of them the user had supplied,
        and which are nobody's expression.
    """

    content: str
    tokens: Tokens
    prompt: NDArray[np.bool_]
    boilerplate: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Composer:
    """Makes passages of what was found in a text.

    Attributes:
        works: by key, all that the passages are to name. bits: float32, the information of each token.
    """

    checked: Checked
    snapshot: Snapshot
    works: dict[int, Work]
    tokenizer: Tokenizer
    bits: NDArray[np.float32]

    def passage(self, standing: Standing, counted: Counted | None = None) -> Passage:
        """Return the passage for a standing; without `counted` all of it counts that ever does."""
        match, tokens = standing.match, self.checked.tokens
        start, end = int(tokens.starts[match.start]), int(tokens.ends[match.end - 1])
        ids, equal = tokens.ids[match.start : match.end], equal_tokens(match)
        counted = counted or Counted(equal_tokens(match, least=N))
        said = information(ids[equal], self.bits)
        all_counts = not match.stretches and counted.discount is None
        origin, matched = self.works[standing.origin.key], int(equal.sum())
        return Passage(
            start=start, end=end, token_start=match.start, token_end=match.end, stretches=match.stretches,
            kind=_kind(match, origin), similarity=match.similarity, bits=said,
            share_of_work=matched / max(origin.tokens, 1), works=standing.works, creators=standing.creators,
            counted_tokens=int(counted.tokens.sum()),
            counted_bits=said if all_counts else information(ids[counted.tokens], self.bits),
            discount=counted.discount, credited=self._is_credited(origin, match, start, end),
            quote=quote(self.checked.content, start, end), sources=self._sources(standing),
            origin_by=origin_by(standing),
        )  # fmt: skip

    def _is_credited(self, origin: Work, match: Match, start: int, end: int) -> bool:
        """Does the text name the origin beside the passage, and is that what its licence asks for?"""
        if match.stretches or not licences.terms(origin).is_credit_enough:
            return False
        return names(self.checked.tokens, start, end, origin, self.tokenizer, self.bits)

    def _sources(self, standing: Standing) -> tuple[Source, ...]:
        return tuple(self._source(holder, origin=not number) for number, holder in enumerate(standing.holders))

    def _source(self, holder: Holder, *, origin: bool) -> Source:
        work, place, end = self.works[holder.member.key], holder.place, holder.end
        if place is None:
            span = self._phrase_span(work)
        else:
            span = self.snapshot.segments[place.segment].span(place.ordinal, holder.start, end, self.tokenizer)
        start, stop = span or (None, None)
        return Source(work=work, token_start=holder.start, token_end=end, start=start, end=stop, origin=origin)

    def _phrase_span(self, work: Work) -> tuple[int, int] | None:
        text = self.snapshot.phrase_texts.get(work.key)
        if text is None:
            return None
        tokens = self.tokenizer.encode_with_offsets(text)
        return int(tokens.starts[0]), int(tokens.ends[-1])


def named(standings: Iterable[Standing]) -> set[int]:
    """Return the keys of all works that the standings name."""
    return {holder.member.key for standing in standings for holder in standing.holders}


def _kind(match: Match, origin: Work) -> Kind:
    if match.stretches:
        return Kind.NEAR_VERBATIM
    return Kind.WHOLE_WORK if match.end - match.start == origin.tokens else Kind.VERBATIM


def quote(text: str, start: int, end: int) -> Quote:
    """Return a stretch of a text with a little of what stands around it."""
    return Quote(
        prefix=text[max(0, start - _QUOTE_AROUND) : start],
        exact=text[start:end],
        suffix=text[end : end + _QUOTE_AROUND],
    )
