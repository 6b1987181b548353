"""How far do a text and a work agree around a shingle? Maximal runs of equal tokens.

Each shingle that text and work may have in common is a seed on a diagonal (the difference between the place in the work
and the place in the text). Seeds are verified, joined along their diagonals and extended token by token until the run
is maximal. Everything is vectorised over all seeds; there is no Python loop over hits.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from provenance.fingerprints import N, W
from provenance.index import Column, Segment

_STEP = 16
_LONGEST_STEP = 1 << 12
"""Shorter than a block of tokens that share a checksum, so that both ends tell which blocks are read."""
_CELLS = 1 << 20


_COLUMNS = ("starts", "ends", "ordinals", "work_starts", "crowds")


@dataclass(frozen=True, slots=True)
class Runs:
    """Maximal runs of equal tokens between a text and the works of one segment; all int64 (r,).

    Attributes:
        starts, ends: half-open token offsets into the text. ordinals: the work in the segment.
        work_starts: the token offset into the work at which the run begins. crowds: in how many works of the segment
        the run may stand where that are more than there are runs; else 0.
    """

    starts: NDArray[np.int64]
    ends: NDArray[np.int64]
    ordinals: NDArray[np.int64]
    work_starts: NDArray[np.int64]
    crowds: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.starts)

    def __getitem__(self, chosen: NDArray[np.int64] | NDArray[np.bool_]) -> Runs:
        return Runs(*(getattr(self, column)[chosen] for column in _COLUMNS))

    def rows(self) -> Iterator[tuple[int, int, int, int, int]]:
        """Yield start, end, ordinal, work start and crowd of each run."""
        return zip(*(getattr(self, column).tolist() for column in _COLUMNS), strict=True)


def extended(
    tokens: NDArray[np.uint16], segment: Segment, places: NDArray[np.int64], positions: NDArray[np.int64], least: int
) -> Runs:
    """Return the maximal runs of at least so many tokens around shingles that may be equal.

    Args:
        places, positions: int64 (s,): where each shingle begins in the text, ascending, and in the segment.
    """
    places, positions = _joined(tokens, segment, places, positions)
    if not len(places):
        return concatenated([])
    ordinals = segment.ordinals(positions)
    work_begin, work_end = segment.starts[ordinals], segment.starts[ordinals + 1]
    left = _extension(tokens, segment.tokens, places, positions, np.minimum(places, positions - work_begin), -1)
    right = _extension(
        tokens, segment.tokens, places, positions, np.minimum(len(tokens) - places, work_end - positions), 1
    )
    runs = Runs(places - left, places + right, ordinals, positions - left - work_begin, np.zeros(len(places), np.int64))
    return runs[runs.ends - runs.starts >= least]


def _joined(
    tokens: NDArray[np.uint16], segment: Segment, places: NDArray[np.int64], positions: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return one seed for each stretch of a diagonal: those that equal tokens connect to an earlier seed are dropped.

    Inside a shared run anchors are at most W apart, so shingles that touch or overlap leave at most W - N tokens
    between them to be compared. Two works that follow each other in text and segment share a diagonal, but no run.
    """
    corpus = segment.tokens.verify_at(positions, positions + W)
    shingle = np.arange(N)
    sound = (tokens.take(places[:, None] + shingle) == corpus.take(positions[:, None] + shingle)).all(axis=1)
    places, positions = places[sound], positions[sound]
    if not len(places):
        return places, positions
    diagonals = positions - places
    order = diagonals.argsort(kind="stable")  # within a diagonal the places ascend, as they did before
    places, positions, diagonals = places[order], positions[order], diagonals[order]
    step = places[1:] - places[:-1]
    followers = ((diagonals[1:] == diagonals[:-1]) & (step <= W)).nonzero()[0] + 1
    if len(followers):
        between = np.minimum(np.arange(N, W), step[followers - 1, None] - 1)
        filled = tokens.take(places[followers - 1, None] + between) == corpus.take(
            positions[followers - 1, None] + between
        )
        begins = segment.starts[segment.ordinals(positions[followers])]
        followers = followers[filled.all(axis=1) & (positions[followers - 1] >= begins)]
    first = np.ones(len(places), np.bool_)
    first[followers] = False
    return places[first], positions[first]


def _extension(
    tokens: NDArray[np.uint16],
    column: Column,
    places: NDArray[np.int64],
    positions: NDArray[np.int64],
    limits: NDArray[np.int64],
    direction: int,
) -> NDArray[np.int64]:
    """Return how many equal tokens follow (or, with direction -1, precede) each pair of places, int64.

    Compares 16 tokens of every pair; only the pairs for which all were equal go on, with twice as many tokens each
    time, as long as memory stays bounded.
    """
    extension = np.zeros(len(places), np.int64)
    active = limits.nonzero()[0]
    width = _STEP
    while len(active):
        reach = extension[active, None] + np.arange(width)
        equal = reach < limits[active, None]
        offset = reach if direction > 0 else -1 - reach
        near, far = positions[active] + offset[:, 0], positions[active] + offset[:, -1]
        corpus = column.verify_at(near, far)
        equal &= tokens.take(places[active, None] + offset, mode="clip") == corpus.take(
            positions[active, None] + offset, mode="clip"
        )
        grown = equal.argmin(axis=1)
        whole = equal[:, 0] & (grown == 0)  # no token differs
        extension[active] += grown + width * whole
        active = active[whole]
        width = max(_STEP, min(2 * width, _LONGEST_STEP, _CELLS // max(1, len(active))))
    return extension


def distinct(runs: Runs) -> Runs:
    """Return the runs without repetitions, in order of the text."""
    columns = (runs.work_starts, runs.ordinals, runs.ends, runs.starts)
    if len(runs) < 2:
        return runs
    order = np.lexsort(columns)
    return runs[order[changes(*(column[order] for column in columns))]]


def changes(*columns: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Return which rows differ from the one before, bool: the first does."""
    changed = np.zeros(len(columns[0]), np.bool_)
    for column in columns:
        changed[1:] |= column[1:] != column[:-1]
    changed[:1] = True
    return changed


def work_ranks(ordinals: NDArray[np.int64], *groups: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return how many other works stand before each row's in its group, int64.

    Rows are in order of the columns that make a group, and within one of the works.
    """
    count = np.cumsum(changes(*groups, ordinals))
    new = changes(*groups)
    before = count[new].repeat(np.diff(np.flatnonzero(np.append(new, True))))
    ranks: NDArray[np.int64] = count - before
    return ranks


def concatenated(parts: list[Runs]) -> Runs:
    """Return all runs, part after part."""
    if len(parts) == 1:
        return parts[0]
    empty = [np.empty(0, np.int64)]
    return Runs(*(np.concatenate(empty + [getattr(part, column) for part in parts]) for column in _COLUMNS))
