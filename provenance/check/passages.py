"""Passages of a report, made of attributed matches: with whole works, character offsets and information."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from provenance import licences
from provenance.check.attribution import AttributedMatch
from provenance.check.credits import BESIDE, has_credit
from provenance.check.holders import MatchedWork
from provenance.check.information import count_bits
from provenance.check.origins import CountedTokens, find_origin_rule, mark_equal
from provenance.check.word_count import count_words
from provenance.database import Snapshot
from provenance.reports import Kind, Passage, Quote, Source
from provenance.text import Tokenizer, Tokens
from provenance.works import Work

_QUOTE_AROUND = 32
"""Characters of the text that a quote shows before and after the passage."""


@dataclass(frozen=True, slots=True)
class PassageBuilder:
    """Makes the passages of one text.

    Attributes:
        text: the checked text.
        tokens: its tokens.
        snapshot: what was searched.
        works: by key, all works that the passages name.
        tokenizer: finds the offsets in the works.
        token_bits: float32 (v,), the information of each token of the vocabulary.
        by_creator: whether the policy asks who made the works that decide about a passage.
    """

    text: str
    tokens: Tokens
    snapshot: Snapshot
    works: dict[int, Work]
    tokenizer: Tokenizer
    token_bits: NDArray[np.float32]
    by_creator: bool = False

    def build(self, attributed: AttributedMatch, counted: CountedTokens | None = None) -> Passage:
        """Return the passage of a match; without `counted` nothing is exempt."""
        match, tokens = attributed.match, self.tokens
        start, end = int(tokens.starts[match.start]), int(tokens.ends[match.end - 1])
        ids, equal = tokens.ids[match.start : match.end], mark_equal(match)
        counted = counted or CountedTokens(equal)
        origin, matched = self.works[attributed.origin.key], int(equal.sum())
        is_exact = not match.stretches
        bits = count_bits(ids[equal], self.token_bits)
        # where nothing is exempt both figures are the same, and need not be counted twice
        is_all_counted = is_exact and counted.discount is None
        counted_bits = bits if is_all_counted else count_bits(ids[counted.tokens], self.token_bits)
        earners = (attributed.origin.key,) if attributed.silences_others else counted.earned_by
        claimants = attributed.select_claimants(by_creator=self.by_creator)
        is_named = is_exact and self._names_works(attributed, start, end)
        heads = tokens.starts[match.start : match.end][counted.tokens & tokens.heads[match.start : match.end]]
        words = count_words(self.text, heads.tolist())
        kind = Kind.WHOLE_WORK if match.end - match.start == origin.tokens else Kind.VERBATIM
        return Passage(
            start=start, end=end, token_start=match.start, token_end=match.end, stretches=match.stretches,
            kind=kind if is_exact else Kind.NEAR_VERBATIM, similarity=match.similarity, bits=bits,
            share_of_work=matched / max(origin.tokens, 1), works=attributed.works, families=attributed.families,
            counted_tokens=int(counted.tokens.sum()), counted_bits=counted_bits, counted_words=words,
            discount=counted.discount, discounted_by=counted.rules, quote=quote_passage(self.text, start, end),
            credited=is_named and self._is_credit_enough(attributed),
            quoted=is_named and self._count_words_beside(start, end) >= words,
            sources=tuple(self._make_source(each, origin=not nth) for nth, each in enumerate(attributed.sources)),
            origin_by=find_origin_rule(attributed), is_disputed=attributed.weighing.is_disputed,
            claimants=tuple(self.works[each.member.key] for each in claimants),
            silenced_by=tuple(self.works[key] for key in earners),
        )  # fmt: skip

    def build_scattered(self, attributed: AttributedMatch) -> Passage:
        """Return the passage of a scattered copy, whose equal stretches are its pieces."""
        passage = self.build(attributed)
        pieces = tuple(
            (int(self.tokens.starts[start]), int(self.tokens.ends[end - 1])) for start, end in passage.stretches
        )
        return replace(
            passage, kind=Kind.SCATTERED, pieces=pieces, share_of_text=passage.tokens / len(self.tokens),
            credited=self._is_credit_enough(attributed)
            and all(self._names_works(attributed, start, end) for start, end in pieces),
        )  # fmt: skip

    def _names_works(self, attributed: AttributedMatch, start: int, end: int) -> bool:
        """Return whether the text names all whom it must name.

        An untrusted work with a clever title must not pass for the work that it copies.
        """
        is_complete = attributed.weighing.is_earned or attributed.works == attributed.whole
        return is_complete and all(
            has_credit(self.tokens, start, end, work, self.tokenizer, self.token_bits)
            for work in self._works_to_name(attributed)
        )

    def _is_credit_enough(self, attributed: AttributedMatch) -> bool:
        return all(licences.terms(work).is_credit_enough for work in self._works_to_name(attributed))

    def _count_words_beside(self, start: int, end: int) -> int:
        """Return how many words there are before and after a passage, where a credit counts."""
        starts = self.tokens.starts[self.tokens.heads]
        before = starts[slice(*np.searchsorted(starts, (start - BESIDE, start)))]
        after = starts[slice(*np.searchsorted(starts, (end, end + BESIDE)))]
        return count_words(self.text, (*before.tolist(), *after.tolist()))

    def _works_to_name(self, attributed: AttributedMatch) -> Collection[Work]:
        """Return the works that a credit must name: the origin, or one of each creator if none is trusted."""
        whole = attributed.sources[: attributed.whole]
        first: dict[str, Work] = {}
        for each in whole[:1] if attributed.weighing.is_earned else whole:
            first.setdefault(each.member.creator, self.works[each.member.key])
        return first.values()

    def _make_source(self, matched: MatchedWork, *, origin: bool) -> Source:
        """Return a source, with the offsets in the work as ingested where its text is kept."""
        work, place, span = self.works[matched.member.key], matched.place, None
        if place is not None:
            segment = self.snapshot.segments[place.segment]
            span = segment.span(place.ordinal, matched.start, matched.end, self.tokenizer)
        elif (text := self.snapshot.phrase_texts.get(work.key)) is not None:
            tokens = self.tokenizer.encode_with_offsets(text)
            span = int(tokens.starts[0]), int(tokens.ends[-1])
        start, end = span or (None, None)
        return Source(work=work, token_start=matched.start, token_end=matched.end, start=start, end=end, origin=origin)


def collect_work_keys(matches: Iterable[AttributedMatch]) -> set[int]:
    """Return the keys of all works that the matches name."""
    return {source.member.key for match in matches for source in match.sources}


def quote_passage(text: str, start: int, end: int) -> Quote:
    """Return a part of a text with a few characters before and after it."""
    return Quote(
        prefix=text[max(0, start - _QUOTE_AROUND) : start],
        exact=text[start:end],
        suffix=text[end : end + _QUOTE_AROUND],
    )
