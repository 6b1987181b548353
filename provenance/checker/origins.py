"""Which stretches of a text stand for themselves, and what of each counts?

A stretch is credited to its origin: of the works that hold exactly this stretch, the earliest that is in the public
domain, else the earliest dated one, else the first by key. Where a stretch lies inside a longer one of another work,
its works are named there too; unless its origin is in the public domain and the longer one's is not: then a quotation
of the free work stands inside the restricted one, belongs to the free one, and does not count for the other.

What the user had supplied does not count either, nor does what stands in works of many creators.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from provenance.align import Match
from provenance.checker.standings import Standing
from provenance.models import Reason
from provenance.shingles import GUARANTEE, N


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
        every: all stretches of the text. prompt: bool (t,), which of its tokens the user had supplied.
        commonplace: from how many creators on a stretch is nobody's.
    """

    def __init__(self, every: Iterable[Standing], prompt: NDArray[np.bool_], commonplace: int) -> None:
        every = tuple(every)
        self._prompt = prompt
        self._free = _covered((each for each in every if each.origin.free), len(prompt))
        self._common = _covered((each for each in every if each.creators >= commonplace), len(prompt))

    def counted(self, standing: Standing) -> Counted:
        """Return what of a stretch counts; nothing that belongs to a free work, unless the stretch itself is free."""
        span = slice(standing.match.start, standing.match.end)
        supplied, free, common = self._prompt[span], self._free[span], self._common[span]
        counted = equal_tokens(standing.match, least=N)
        reasons = {Reason.IN_PROMPT: supplied}
        if not standing.origin.free:
            reasons |= {Reason.PUBLIC_DOMAIN: free, Reason.COMMONPLACE: common & ~free}
        taken = counted & np.logical_or.reduce(list(reasons.values()))
        if not taken.any():
            return Counted(counted)
        return Counted(counted & ~taken, max(reasons, key=lambda reason: int(reasons[reason].sum())))


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
        elif standing.origin.free and not outer[around].origin.free:
            inner.append(standing)
        else:
            outer[around] = outer[around].with_holders(standing.holders)
    return tuple(sorted(outer + inner, key=lambda each: (each.match.start, -each.match.end)))


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
