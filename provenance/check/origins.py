"""Origins of matches: which matches are passages of their own, to which work each is credited, and what of it counts.

A match is credited to its origin. Of the works with the same wording that is the earliest one in the public domain,
else the earliest dated one; a vendored copy (its path says so) comes after all works that are none. Of works of one
year the one whose licence asks for the least comes first, since a text may lawfully move from a milder licence to a
stricter one and not back. What is still open then is a tie, decided by key. `find_origin_rule` tells the rule.

The works of a match within a longer one of another work are named there too. If it is nearly all of the longer one,
both are editions of one wording. If its origin is in the public domain and that of the longer one is not, the free work
is quoted in the restricted one: the quotation is a passage of its own, and does not count for the longer one. The same
holds for what the operator marked as boilerplate.

Exempt are also tokens that the user supplied, wording of licences and headers, and what many creators have.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from provenance.check.attribution import AttributedMatch
from provenance.fingerprints import GUARANTEE, N
from provenance.match import Match
from provenance.reports import OriginBy, Reason

SAME_WORDING = 0.9
"""The share of the longer match from which on the shorter one has the same wording."""
_RULES = (
    OriginBy.BOILERPLATE, OriginBy.PUBLIC_DOMAIN, OriginBy.UPSTREAM, OriginBy.EARLIEST, OriginBy.EARLIEST,
    OriginBy.MILDEST, OriginBy.TIE,
)  # fmt: skip
"""The rule for each part of `Member.precedence`."""


@dataclass(frozen=True, slots=True)
class CountedTokens:
    """The part of a match that counts.

    Attributes:
        tokens: bool (t,), for each token of the match.
        discount: the exemption that took the most away, if any did.
    """

    tokens: NDArray[np.bool_]
    discount: Reason | None = None


class ExemptTokens:
    """The tokens of a text that do not count.

    Args:
        matches: all matches of the text.
        supplied: bool (t,), the tokens that the user supplied.
        boilerplate: bool (t,), the tokens of licences and headers.
        commonplace: the fewest creators of a match that is commonplace.
    """

    def __init__(
        self,
        matches: Iterable[AttributedMatch],
        supplied: NDArray[np.bool_],
        boilerplate: NDArray[np.bool_],
        commonplace: int,
    ) -> None:
        matches, length = tuple(matches), len(supplied)
        self._supplied = supplied
        self._boilerplate = boilerplate | _mark_tokens((each for each in matches if each.origin.boilerplate), length)
        self._public_domain = _mark_tokens((each for each in matches if each.origin.free), length)
        self._commonplace = _mark_tokens((each for each in matches if each.creators >= commonplace), length)

    def count(self, match: AttributedMatch) -> CountedTokens:
        """Return what of a match counts, in stretches of at least the guaranteed length."""
        span = slice(match.match.start, match.match.end)
        supplied, boilerplate = self._supplied[span], self._boilerplate[span]
        reasons = {Reason.IN_PROMPT: supplied, Reason.BOILERPLATE: boilerplate}
        if not match.origin.free:  # a free work does not take from itself: the policy decides about the whole of it
            free, common = self._public_domain[span], self._commonplace[span]
            reasons |= {Reason.PUBLIC_DOMAIN: free, Reason.COMMONPLACE: common & ~free & ~boilerplate}
        counted = mark_equal(match.match, least=N)
        exempt = np.logical_or.reduce(list(reasons.values()))
        if not (counted & exempt).any():
            return CountedTokens(counted)
        # remainders that would not be found by themselves do not count either, such as a word between two quotations
        edges = np.flatnonzero(np.diff(~exempt, prepend=False, append=False))
        for start, end in edges.reshape(-1, 2).tolist():
            if end - start < GUARANTEE:
                counted[start:end] = False
        return CountedTokens(counted & ~exempt, max(reasons, key=lambda reason: int(reasons[reason].sum())))


def find_origin_rule(match: AttributedMatch) -> OriginBy:
    """Return the rule that puts the origin before the next work with the same wording."""
    if len(match.sources) == 1:
        return OriginBy.ONLY
    if match.whole == 1:
        return OriginBy.LONGEST
    first, second = (source.precedence() for source in match.sources[:2])
    return next(rule for rule, ours, theirs in zip(_RULES, first, second, strict=True) if ours != theirs)


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
        mask[each.match.start : each.match.end] |= mark_equal(each.match, least=GUARANTEE)
    return mask


def select_independent(matches: Iterable[AttributedMatch]) -> tuple[AttributedMatch, ...]:
    """Return the matches that are passages of their own, with the works of those within them.

    Args:
        matches: in order of the text, the longer first where two begin together.
    """
    outer: list[AttributedMatch] = []
    quotations: list[AttributedMatch] = []
    reached = [0]  # reached[i] is where the furthest of the first i outer matches ends
    for match in matches:
        index = find_containing(outer, reached, match.match)
        if index is None:
            outer.append(match)
            reached.append(max(reached[-1], match.match.end))
            continue
        around = outer[index]
        is_free = match.origin.free and not around.origin.free
        if is_free or (match.origin.boilerplate and not around.origin.boilerplate):
            quotations.append(match)
            continue
        # a match that is nearly all of the longer one is another edition of it
        equal = int(mark_equal(match.match, least=N).sum())
        if equal >= SAME_WORDING * (around.match.end - around.match.start):
            outer[index] = around.with_edition(match)
        else:
            outer[index] = around.with_sources(match.sources)
    return tuple(sorted(outer + quotations, key=lambda each: (each.match.start, -each.match.end)))


def find_containing(outer: list[AttributedMatch], reached: list[int], match: Match) -> int | None:
    """Return the last of the matches before this one that contains it and is at least as similar to its work.

    An exact match within a near copy of another work says more than the copy, and is a passage of its own.

    Args:
        outer: matches that do not begin after this one.
        reached: for each number of outer matches, from 0 on, where the furthest of them ends.
        match: the one that may be contained.
    """
    first = bisect_left(reached, match.end) - 1  # none before it reaches far enough
    for index in reversed(range(max(first, 0), len(outer))):
        before = outer[index].match
        if before.end >= match.end and before.similarity >= match.similarity:
            return index
    return None
