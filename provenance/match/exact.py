"""Exact matches between a text and the works of one segment, found by seed and extend.

A shingle of n tokens that text and work have in common is a *seed*. It lies on a diagonal: its position in the work
minus its position in the text. Seeds are verified, merged along their diagonals, and extended token by token until a
token differs; the results are maximal exact matches. Everything is vectorised over all seeds; no Python loop visits
single seeds.

Example, with shingles of two tokens instead of n = 5:

    position   0 1 2 3 4 5 6
    text       7 1 2 3 4 9
    work       5 5 1 2 3 4 6

The shingles "1 2" (text 1, work 2) and "3 4" (text 3, work 4) are seeds on diagonal 1. No token lies between them, so
the second is merged into the first. From there 0 tokens are equal to the left (7 is not 5) and 4 to the right (9 is
not 6): the match has start 1, end 5 and work_start 2.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from provenance.index import Column, Segment

_FIRST_STEP = 16
_LONGEST_STEP = 1 << 12
"""Shorter than a block of tokens that share a checksum, so that both ends of a step tell which blocks are read."""
_MOST_CELLS = 1 << 20
"""Pairs of tokens compared at a time, which bounds the memory."""


@dataclass(frozen=True, slots=True)
class ExactMatches:
    """Maximal stretches of equal tokens between a text and the works of one segment, as five int64 columns (r,).

    Attributes:
        starts: token offsets into the text at which the matches begin.
        ends: token offsets into the text at which they end, exclusive.
        ordinals: the works, by their number in the segment.
        work_starts: token offsets into the works at which the matches begin.
        total_works: where only some of the works were read, an upper bound on those that contain the match; else 0.
    """

    starts: NDArray[np.int64]
    ends: NDArray[np.int64]
    ordinals: NDArray[np.int64]
    work_starts: NDArray[np.int64]
    total_works: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.starts)

    def __getitem__(self, chosen: NDArray[np.int64] | NDArray[np.bool_]) -> ExactMatches:
        return ExactMatches(*(column[chosen] for column in self.columns()))

    @property
    def lengths(self) -> NDArray[np.int64]:
        """The number of tokens of each match, int64 (r,)."""
        return self.ends - self.starts

    def columns(self) -> tuple[NDArray[np.int64], ...]:
        """Return the five columns in the order of the attributes."""
        return self.starts, self.ends, self.ordinals, self.work_starts, self.total_works

    def rows(self) -> Iterator[tuple[int, int, int, int, int]]:
        """Yield start, end, ordinal, work start and total works of each match."""
        return zip(*(column.tolist() for column in self.columns()), strict=True)

    @classmethod
    def concatenate(cls, parts: Iterable[ExactMatches]) -> ExactMatches:
        """Return the matches of all parts, part after part."""
        none = (np.empty(0, np.int64),) * 5
        return cls(*map(np.concatenate, zip(none, *(part.columns() for part in parts), strict=True)))


def extend_seeds(
    tokens: NDArray[np.uint16], segment: Segment, places: NDArray[np.int64], positions: NDArray[np.int64], least: int
) -> ExactMatches:
    """Return the maximal matches around shingles that may be equal.

    Args:
        tokens: uint16 (t,), of the text.
        segment: the works.
        places: int64 (s,), ascending: where each shingle begins in the text.
        positions: int64 (s,): where it begins in the segment.
        least: the fewest tokens of a match.
    """
    places, positions = merge_adjacent_seeds(tokens, segment, places, positions)
    if not len(places):
        return ExactMatches.concatenate([])
    ordinals = segment.ordinals(positions)
    # the works of a segment follow each other in one column of tokens, and a match must not cross from one to the next
    work_begin, work_end = segment.starts[ordinals], segment.starts[ordinals + 1]
    room_before = np.minimum(places, positions - work_begin)
    room_after = np.minimum(len(tokens) - places, work_end - positions)
    before = count_equal(tokens, segment.tokens, places, positions, room_before, -1)
    after = count_equal(tokens, segment.tokens, places, positions, room_after, 1)
    found = ExactMatches(
        places - before, places + after, ordinals, positions - before - work_begin, np.zeros(len(places), np.int64)
    )
    return found[found.lengths >= least]


def merge_adjacent_seeds(
    tokens: NDArray[np.uint16], segment: Segment, places: NDArray[np.int64], positions: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return one seed for each stretch of a diagonal; a seed that equal tokens connect to an earlier one is dropped.

    Fingerprints may collide, so seeds whose tokens differ are dropped too.
    """
    n, w = segment.sampling.n, segment.sampling.w
    corpus = segment.tokens.verify_at(positions, positions + max(n, w))
    shingle = np.arange(n)
    is_equal = (tokens.take(places[:, None] + shingle) == corpus.take(positions[:, None] + shingle)).all(axis=1)
    places, positions = places[is_equal], positions[is_equal]
    if not len(places):
        return places, positions
    diagonals = positions - places
    order = diagonals.argsort(kind="stable")  # within a diagonal the places ascend, as they did before
    places, positions, diagonals = places[order], positions[order], diagonals[order]
    step = places[1:] - places[:-1]
    # inside a shared stretch anchors are at most w apart, so a larger step cannot be bridged by comparing few tokens
    followers = ((diagonals[1:] == diagonals[:-1]) & (step <= w)).nonzero()[0] + 1
    if len(followers):
        # the earlier shingle covers the offsets up to n - 1; those from n to step - 1 are still to be compared. Where
        # the shingles touch or overlap there are none, and the clipped offset names a token known to be equal
        between = np.minimum(np.arange(n, w), step[followers - 1, None] - 1)
        ours = tokens.take(places[followers - 1, None] + between)
        theirs = corpus.take(positions[followers - 1, None] + between)
        # two works that follow each other in text and segment share a diagonal, but no match
        begins = segment.starts[segment.ordinals(positions[followers])]
        followers = followers[(ours == theirs).all(axis=1) & (positions[followers - 1] >= begins)]
    is_first = np.ones(len(places), np.bool_)
    is_first[followers] = False
    return places[is_first], positions[is_first]


def count_equal(
    tokens: NDArray[np.uint16],
    column: Column,
    places: NDArray[np.int64],
    positions: NDArray[np.int64],
    limits: NDArray[np.int64],
    direction: int,
) -> NDArray[np.int64]:
    """Return how many tokens are equal from each pair of positions on, int64 (s,).

    Args:
        tokens: uint16 (t,), of the text.
        column: the tokens of the segment.
        places: int64 (s,), positions in the text.
        positions: int64 (s,), positions in the column.
        limits: int64 (s,), the most to count.
        direction: 1 counts from the pair on, -1 counts what precedes it.
    """
    counts = np.zeros(len(places), np.int64)
    active = limits.nonzero()[0]
    width = _FIRST_STEP
    while len(active):
        reach = counts[active, None] + np.arange(width)
        equal = reach < limits[active, None]
        offset = reach if direction > 0 else -1 - reach
        corpus = column.verify_at(positions[active] + offset[:, 0], positions[active] + offset[:, -1])
        equal &= tokens.take(places[active, None] + offset, mode="clip") == corpus.take(
            positions[active, None] + offset, mode="clip"
        )
        grown = equal.argmin(axis=1)
        whole = equal[:, 0] & (grown == 0)  # argmin is 0 also where every token of the step is equal
        counts[active] += grown + width * whole
        active = active[whole]
        # most pairs differ within the first step; the few that are left go on in longer ones, within the memory bound
        width = max(_FIRST_STEP, min(2 * width, _LONGEST_STEP, _MOST_CELLS // max(1, len(active))))
    return counts


def drop_duplicates(found: ExactMatches) -> ExactMatches:
    """Return the matches without repetitions, in order of the text."""
    if len(found) < 2:
        return found
    columns = (found.work_starts, found.ordinals, found.ends, found.starts)
    order = np.lexsort(columns)
    return found[order[mark_changes(*(column[order] for column in columns))]]


def mark_changes(*columns: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Return which rows differ from the row before, bool (r,): the first row does.

    >>> mark_changes(np.array([5, 5, 6, 6]), np.array([1, 1, 1, 2])).tolist()
    [True, False, True, True]
    """
    changed = np.zeros(len(columns[0]), np.bool_)
    for column in columns:
        changed[1:] |= column[1:] != column[:-1]
    changed[:1] = True
    return changed


def rank_works(ordinals: NDArray[np.int64], *groups: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return how many other works come before the work of each row in its group, int64 (r,).

    The rows are sorted by group, and within a group by work.

    >>> rank_works(np.array([3, 3, 8, 9, 2]), np.array([0, 0, 0, 0, 1])).tolist()
    [0, 0, 1, 2, 0]
    """
    count = np.cumsum(mark_changes(*groups, ordinals))
    new = mark_changes(*groups)
    before = count[new].repeat(np.diff(np.flatnonzero(np.append(new, True))))
    ranks: NDArray[np.int64] = count - before
    return ranks
