"""Origins of matches: which matches are passages of their own, and what of each counts.

A match is credited to its origin, the first of the works with the same wording; `holders` says which that is, and whose
claims decide. `find_origin_rule` tells the rule.

The works of a match within a longer one of another work are named there too. If it is nearly all of the longer one,
both are editions of one wording. It is a passage of its own in two cases: its wording is free, and that of the longer
one is not, so that a quotation of a free work stays free; or more may be asked for it than for the longer one, as for a
poem in a file of code. What the operator marked as boilerplate is quoted like a free work.

Exempt are also tokens that the user supplied, wording of licences and headers, and what many families have. A free work
takes from another only if the operator vouches for it, and commonplace wording only from a passage that is as short.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from provenance.check.attribution import AttributedMatch
from provenance.check.sequences import SequenceSpan
from provenance.match import Match
from provenance.reports import OriginBy, Reason
from provenance.thresholds import LEAST_RUN

_EARNED = (Reason.PUBLIC_DOMAIN, Reason.BOILERPLATE)
"""Exemptions that the claim of a trusted work may be behind."""
_MOST_EARNERS = 3
Independent = tuple[AttributedMatch, tuple[AttributedMatch, ...]]
"""A match that is a passage of its own, and those within it that are too, if more is asked for them."""
SAME_WORDING = 0.9
"""The share of the longer match from which on the shorter one has the same wording."""


@dataclass(frozen=True, slots=True)
class CountedTokens:
    """The part of a match that counts.

    Attributes:
        tokens: bool (t,), for each token of the match.
        discount: the exemption that took the most away, if any did.
        earned_by: the keys of trusted works that took a part of it away; not more than a few.
        rules: what sequences and lists it has, in words.
    """

    tokens: NDArray[np.bool_]
    discount: Reason | None = None
    earned_by: tuple[int, ...] = ()
    rules: tuple[str, ...] = ()


class ExemptTokens:
    """The tokens of a text that do not count.

    Args:
        matches: all matches of the text.
        passages: those that are passages of their own.
        supplied: bool (t,), the tokens that the user supplied.
        boilerplate: bool (t,), the tokens of licences and headers.
        longest: the length of the longest passage that may be commonplace.
        sequences: what is of a sequence or a list.
    """

    def __init__(
        self,
        matches: Iterable[AttributedMatch],
        passages: Iterable[AttributedMatch],
        supplied: NDArray[np.bool_],
        boilerplate: NDArray[np.bool_],
        longest: int,
        sequences: Sequence[SequenceSpan] = (),
    ) -> None:
        matches, length = tuple(matches), len(supplied)
        free = (each for each in matches if each.weighing.is_free and each.weighing.is_earned)
        marked = (each for each in matches if each.weighing.is_boilerplate)
        self._supplied = supplied
        self._boilerplate = boilerplate | _mark_tokens(marked, length)
        self._public_domain = _mark_tokens(free, length)
        self._commonplace = _mark_tokens((each for each in matches if each.is_commonplace), length)
        self._sequences = sequences
        self._in_sequence = np.zeros(length, np.bool_)
        for each in sequences:
            self._in_sequence[each.start : each.end] = True
        self._longest = longest
        self._earned = [each for each in passages if each.silences_others]

    def count(self, match: AttributedMatch) -> CountedTokens:
        """Return what of a match counts, in stretches that would be found by themselves."""
        span = slice(match.match.start, match.match.end)
        supplied, boilerplate = self._supplied[span], self._boilerplate[span]
        reasons = {Reason.IN_PROMPT: supplied, Reason.BOILERPLATE: boilerplate}
        if not match.weighing.is_free:  # a free work does not take from itself: the policy decides about all of it
            free, common = self._public_domain[span], self._commonplace[span]
            if match.match.end - match.match.start > self._longest:
                # or else a long passage could be hushed piece by piece
                common = np.zeros_like(common)
            reasons |= {Reason.PUBLIC_DOMAIN: free, Reason.COMMONPLACE: common & ~free & ~boilerplate}
        counted, sequence = mark_equal(match.match), self._in_sequence[span]
        exempt = np.logical_or.reduce(list(reasons.values()))
        if not (counted & (exempt | sequence)).any():
            return CountedTokens(counted)
        # remainders that would not be found by themselves do not count either, such as a word between two quotations
        edges = np.flatnonzero(np.diff(~exempt, prepend=False, append=False))
        for start, end in edges.reshape(-1, 2).tolist():
            if end - start < LEAST_RUN:
                counted[start:end] = False
        # a sequence does not cut a passage: words on lines between numbers or imports count, however few on each
        counted &= ~(exempt | sequence)
        reasons[Reason.COMMONPLACE] = reasons.get(Reason.COMMONPLACE, np.zeros_like(exempt)) | sequence & ~exempt
        discount = max(reasons, key=lambda reason: int(reasons[reason].sum()))
        earners = self._find_earners(match) if discount in _EARNED else ()
        return CountedTokens(counted, discount, earners, self._name_rules(match) if sequence.any() else ())

    def _name_rules(self, match: AttributedMatch) -> tuple[str, ...]:
        """Return which sequences and lists a match has, in words."""
        start, end = match.match.start, match.match.end
        return tuple(dict.fromkeys(each.rule for each in self._sequences if each.start < end and each.end > start))

    def mark_all(self) -> NDArray[np.bool_]:
        """Return which tokens of the text are exempt whoever's passage they are in, bool (t,)."""
        return self._supplied | self._boilerplate | self._public_domain | self._commonplace | self._in_sequence

    def _find_earners(self, match: AttributedMatch) -> tuple[int, ...]:
        """Return the keys of trusted works that have a part of a match, and whose claims silence it."""
        start, end = match.match.start, match.match.end
        overlapping = (each.origin.key for each in self._earned if each.match.start < end and each.match.end > start)
        return tuple(islice(dict.fromkeys(key for key in overlapping if key != match.origin.key), _MOST_EARNERS))


def find_origin_rule(match: AttributedMatch) -> OriginBy:
    """Return the rule that puts the origin before the next work with the same wording."""
    if len(match.sources) == 1:
        return OriginBy.ONLY
    if match.whole == 1:
        return OriginBy.LONGEST
    first, second = (source.member for source in match.sources[:2])
    return match.weighing.find_rule(first, second)


def mark_equal(match: Match, *, least: int = 1) -> NDArray[np.bool_]:
    """Return which tokens of a match are equal to the work's, bool (t,): all of them, but in a near copy.

    Args:
        match: exact or near.
        least: in a near copy, pass over stretches of fewer tokens.
    """
    equal = np.full(match.end - match.start, not match.stretches)
    for first, last in match.stretches:
        equal[first - match.start : last - match.start] = last - first >= least
    return equal


def _mark_tokens(matches: Iterable[AttributedMatch], length: int) -> NDArray[np.bool_]:
    """Return which tokens of a text of this length are in one of the matches, bool (t,).

    Of near copies only stretches that would be found by themselves count.
    """
    mask = np.zeros(length, np.bool_)
    for each in matches:
        mask[each.match.start : each.match.end] |= mark_equal(each.match, least=LEAST_RUN)
    return mask


def select_independent(matches: Iterable[AttributedMatch]) -> tuple[Independent, ...]:
    """Return the matches that are passages of their own, with the works of those within them.

    Args:
        matches: in order of the text, the longer first where two begin together.
    """
    outer: list[AttributedMatch] = []
    quotations: list[AttributedMatch] = []
    parts: defaultdict[int, list[AttributedMatch]] = defaultdict(list)
    reached = [0]  # reached[i] is where the furthest of the first i outer matches ends
    for match in matches:
        index = find_containing(outer, reached, match.match)
        if index is None:
            outer.append(match)
            reached.append(max(reached[-1], match.match.end))
            continue
        around, weighing = outer[index], match.weighing
        is_same = around.weighing.is_free if weighing.is_free else around.weighing.is_boilerplate
        if match.silences_others and not is_same:
            quotations.append(match)
            continue
        # a match that is nearly all of the longer one is another edition of it
        equal = int(mark_equal(match.match).sum())
        is_as_like = match.match.similarity <= around.match.similarity
        if is_as_like and equal >= SAME_WORDING * (around.match.end - around.match.start):
            outer[index] = around.with_edition(match)
            continue
        outer[index] = around.with_sources(match.sources)
        # nor must a near copy, which may be too unlike to count, hush an exact one within it
        if not is_as_like or not weighing.deciding <= around.weighing.deciding:
            parts[index].append(match)
    passages = [(match, tuple(parts[index])) for index, match in enumerate(outer)]
    passages += [(match, ()) for match in quotations]
    return tuple(sorted(passages, key=lambda each: (each[0].match.start, -each[0].match.end)))


def find_containing(outer: list[AttributedMatch], reached: list[int], match: Match) -> int | None:
    """Return the last of the matches before this one that contains it.

    Args:
        outer: matches that do not begin after this one.
        reached: for each number of outer matches, from 0 on, where the furthest of them ends.
        match: the one that may be contained.
    """
    first = bisect_left(reached, match.end) - 1  # none before it reaches far enough
    for index in reversed(range(max(first, 0), len(outer))):
        if outer[index].match.end >= match.end:
            return index
    return None
