"""Which stretches of a text stand for themselves, and what of each counts?

A stretch is credited to its origin: of the works that have this wording, the earliest that is in the public domain,
else the earliest dated one; a copy that another work carries along (its path says so) comes after those that are none.
Of works of one year the one whose licence asks for the least comes first, because a text may lawfully go from a milder
licence to a stricter one and not back. What is then still open is a tie, decided by key. `origin_by` says which rule it
was.

Where a stretch lies inside a longer one of another work, its works are named there too. If it is nearly all of the
longer one, both are editions of one wording. If its origin is in the public domain and the longer one's is not, a
quotation of the free work stands inside the restricted one, belongs to the free one, and does not count for the other;
the same holds for what the operator marked as boilerplate.

Nor does it count what the user had supplied, what licences and headers are made of, and what many creators have.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from provenance.catalogue import Member
from provenance.check.attribution import Standing
from provenance.fingerprints import GUARANTEE, N
from provenance.match import Match
from provenance.reports import OriginBy, Reason

SAME_WORDING = 0.9
"""Two works have the same wording where the shorter stretch is so much of the longer one."""
_RULES = (
    OriginBy.BOILERPLATE, OriginBy.PUBLIC_DOMAIN, OriginBy.UPSTREAM, OriginBy.EARLIEST, OriginBy.EARLIEST,
    OriginBy.MILDEST, OriginBy.TIE,
)  # fmt: skip
"""What each part of `Member.precedence` is called."""


@dataclass(frozen=True, slots=True)
class Counted:
    """What of a stretch counts.

    Attributes:
        tokens: bool (t,), for each of its tokens. discount: what took the most away, if anything did.
    """

    tokens: NDArray[np.bool_]
    discount: Reason | None = None


class Discounts:
    """What does not count in a text, whoever's it is.

    Args:
        every: all stretches of the text. prompt, boilerplate: bool (t,), which of its tokens the user had supplied, and
        which are nobody's expression. commonplace: from how many creators on a stretch is nobody's.
    """

    def __init__(
        self,
        every: Iterable[Standing],
        prompt: NDArray[np.bool_],
        boilerplate: NDArray[np.bool_],
        commonplace: int,
    ) -> None:
        every = tuple(every)
        self._prompt = prompt
        self._boilerplate = boilerplate | _covered((each for each in every if each.origin.boilerplate), len(prompt))
        self._free = _covered((each for each in every if each.origin.free), len(prompt))
        self._common = _covered((each for each in every if each.creators >= commonplace), len(prompt))

    def counted(self, standing: Standing) -> Counted:
        """Return what of a stretch counts; nothing that belongs to a free work, unless the stretch itself is free."""
        span = slice(standing.match.start, standing.match.end)
        supplied, boilerplate = self._prompt[span], self._boilerplate[span]
        counted = equal_tokens(standing.match, least=N)
        reasons = {Reason.IN_PROMPT: supplied, Reason.BOILERPLATE: boilerplate}
        if not standing.origin.free:
            free, common = self._free[span], self._common[span]
            reasons |= {Reason.PUBLIC_DOMAIN: free, Reason.COMMONPLACE: common & ~free & ~boilerplate}
        taken = np.logical_or.reduce(list(reasons.values()))
        if not (counted & taken).any():
            return Counted(counted)
        return Counted(counted & _without_crumbs(~taken), max(reasons, key=lambda reason: int(reasons[reason].sum())))


def _without_crumbs(left: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return what is left without stretches that nobody would look for alone, such as what joins two things taken."""
    edges = np.flatnonzero(np.diff(left, prepend=False, append=False))
    kept = np.zeros(len(left), np.bool_)
    for start, end in edges.reshape(-1, 2).tolist():
        kept[start:end] = end - start >= GUARANTEE
    return kept


def origin_by(standing: Standing) -> OriginBy:
    """Return which rule chose the origin: that by which it differs from the next work with the same wording."""
    if len(standing.holders) == 1:
        return OriginBy.ONLY
    if standing.whole == 1:
        return OriginBy.LONGEST
    first, second = (holder.member.precedence() for holder in standing.holders[:2])
    return next(rule for rule, ours, theirs in zip(_RULES, first, second, strict=True) if ours != theirs)


def equal_tokens(match: Match, *, least: int = 1) -> NDArray[np.bool_]:
    """Return which tokens of a match are the work's too, bool: all of them, but in a near copy.

    Args:
        least: of a near copy, pass over stretches of fewer tokens.
    """
    equal = np.full(match.end - match.start, not match.stretches)
    for first, last in match.stretches:
        equal[first - match.start : last - match.start] = last - first >= least
    return equal


def _covered(standings: Iterable[Standing], length: int) -> NDArray[np.bool_]:
    """Return which of a text's tokens stand in one of these, bool (t,): in near copies, in runs of the work."""
    covered = np.zeros(length, np.bool_)
    for standing in standings:
        covered[standing.match.start : standing.match.end] |= equal_tokens(standing.match, least=GUARANTEE)
    return covered


def standing_alone(standings: Iterable[Standing]) -> tuple[Standing, ...]:
    """Return those that stand for themselves, with the works of those that do not.

    Args:
        standings: in order of the text, the longer first where two begin together.
    """
    outer: list[Standing] = []
    inner: list[Standing] = []
    reached = [0]  # by the first so many of the outer ones
    for standing in standings:
        around = _around(outer, reached, standing.match)
        if around is None:
            outer.append(standing)
            reached.append(max(reached[-1], standing.match.end))
        elif _belongs_to_itself(standing.origin, outer[around].origin):
            inner.append(standing)
        elif _is_edition(standing, outer[around]):
            outer[around] = outer[around].with_edition(standing)
        else:
            outer[around] = outer[around].with_holders(standing.holders)
    return tuple(sorted(outer + inner, key=lambda each: (each.match.start, -each.match.end)))


def _belongs_to_itself(inner: Member, outer: Member) -> bool:
    """Is the inner of two stretches a quotation of a work that is free, or boilerplate, and the outer one's is not?"""
    return (inner.free and not outer.free) or (inner.boilerplate and not outer.boilerplate)


def _is_edition(inner: Standing, outer: Standing) -> bool:
    """Is a stretch within a longer one nearly all of it, so that both have the same wording?"""
    length = outer.match.end - outer.match.start
    return int(equal_tokens(inner.match, least=N).sum()) >= SAME_WORDING * length


def _around(outer: list[Standing], reached: list[int], match: Match) -> int | None:
    """Return which stretch before this one holds it, and is at least as like its work: the last, if there is one.

    A verbatim stretch within a near copy of another work says more than the copy, and stands for itself.
    """
    first = bisect_left(reached, match.end) - 1
    for index in reversed(range(max(first, 0), len(outer))):
        before = outer[index].match
        if before.end >= match.end and before.similarity >= match.similarity:
            return index
    return None
