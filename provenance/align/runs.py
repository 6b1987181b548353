"""Which runs of tokens does a checked text share with the works of a segment?

Every anchor of the text is looked up at once; each hit is a seed on a diagonal (the difference between the place in the
work and the place in the text). Seeds are verified, joined along their diagonals and extended token by token until the
run is maximal. Everything is vectorised over all seeds; there is no Python loop over hits.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from provenance.index import Postings, Segment
from provenance.shingles import GUARANTEE, Anchors, N, W

_STEP = 32
_BATCH = 1 << 16


@dataclass(frozen=True, slots=True)
class Runs:
    """Maximal runs of equal tokens between a text and the works of one segment; all int64 (r,).

    Attributes:
        starts, ends: half-open token offsets into the text. ordinals: the work in the segment.
        work_starts: the token offset into the work at which the run begins.
    """

    starts: NDArray[np.int64]
    ends: NDArray[np.int64]
    ordinals: NDArray[np.int64]
    work_starts: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.starts)

    def __getitem__(self, chosen: NDArray[np.int64] | NDArray[np.bool_]) -> Runs:
        return Runs(self.starts[chosen], self.ends[chosen], self.ordinals[chosen], self.work_starts[chosen])

    def rows(self) -> Iterator[tuple[int, int, int, int]]:
        """Yield start, end, ordinal and work start of each run."""
        columns = (self.starts, self.ends, self.ordinals, self.work_starts)
        return zip(*(column.tolist() for column in columns), strict=True)


def shared_runs(
    tokens: NDArray[np.uint16],
    anchors: Anchors,
    segment: Segment,
    *,
    dead: frozenset[int] = frozenset(),
    least: int = GUARANTEE,
) -> Runs:
    """Return every maximal run of at least the guaranteed length that the tokens share with a work of the segment.

    Args:
        tokens: uint16 (t,), of the checked text. anchors: all its anchors. dead: works that are to be passed over.
        least: with fewer than the guaranteed length, from N on, shorter runs too, as far as they have an anchor.
    """
    parts = [_runs(tokens, anchors, segment, part, least) for part in _batches(anchors, segment)]
    runs = _concatenated(parts)
    if dead:
        runs = runs[~np.isin(runs.ordinals, np.fromiter(dead, np.int64, len(dead)))]
    return runs[_distinct(runs)]


def _batches(anchors: Anchors, segment: Segment) -> Iterator[Postings]:
    """Look the anchors up; bound the memory that a long text, or one full of boilerplate, can take."""
    for first in range(0, len(anchors), _BATCH):
        found = segment.find(anchors.fingerprints[first : first + _BATCH])
        for begin in range(0, len(found.queries), _BATCH):
            part = slice(begin, begin + _BATCH)
            yield Postings(found.queries[part] + first, found.positions[part])


def _runs(tokens: NDArray[np.uint16], anchors: Anchors, segment: Segment, found: Postings, least: int) -> Runs:
    places, positions = _joined(tokens, segment, anchors.positions[found.queries], found.positions)
    ordinals = segment.ordinals(positions)
    work_begin, work_end = segment.starts[ordinals].astype(np.int64), segment.starts[ordinals + 1].astype(np.int64)
    left = _extension(tokens, segment.tokens, places, positions, np.minimum(places, positions - work_begin), -1)
    right = _extension(
        tokens, segment.tokens, places, positions, np.minimum(len(tokens) - places, work_end - positions), 1
    )
    runs = Runs(places - left, places + right, ordinals, positions - left - work_begin)
    return runs[runs.ends - runs.starts >= least]


def _joined(
    tokens: NDArray[np.uint16], segment: Segment, places: NDArray[np.int64], positions: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return one seed for each stretch of a diagonal: those that equal tokens connect to an earlier seed are dropped.

    Inside a shared run anchors are at most W apart, so shingles that touch or overlap leave at most W - N tokens
    between them to be compared. Two works that follow each other in text and segment share a diagonal, but no run.
    """
    corpus = segment.tokens
    shingle = np.arange(N)
    sound = (tokens[places[:, None] + shingle] == corpus[positions[:, None] + shingle]).all(axis=1)
    places, positions = places[sound], positions[sound]
    order = np.lexsort((places, positions - places))
    places, positions = places[order], positions[order]
    follows = np.zeros(len(places), np.bool_)
    same = (np.diff(positions - places) == 0) & (np.diff(places) <= W)
    between = places[:-1, None] + np.arange(N, W)
    gap = positions[:-1, None] + np.arange(N, W)
    filled = tokens[np.minimum(between, len(tokens) - 1)] == corpus[np.minimum(gap, len(corpus) - 1)]
    bridged = (filled | (between >= places[1:, None])).all(axis=1)
    follows[1:] = same & bridged
    followers = np.flatnonzero(follows)
    begins = segment.starts[segment.ordinals(positions[followers])]
    follows[followers[positions[followers - 1] < begins]] = False
    return places[~follows], positions[~follows]


def _extension(
    tokens: NDArray[np.uint16],
    corpus: NDArray[np.uint16],
    places: NDArray[np.int64],
    positions: NDArray[np.int64],
    limits: NDArray[np.int64],
    direction: int,
) -> NDArray[np.int64]:
    """Return how many equal tokens follow (or, with direction -1, precede) each pair of places, int64.

    Compares 32 tokens of every pair at a time; only the pairs for which all were equal go on.
    """
    extension = np.zeros(len(places), np.int64)
    active = np.flatnonzero(limits > 0)
    step = np.arange(_STEP)
    while len(active):
        reach = extension[active, None] + step
        inside = reach < limits[active, None]
        offset = np.where(inside, reach if direction > 0 else -1 - reach, 0)
        equal = tokens[places[active, None] + offset] == corpus[positions[active, None] + offset]
        equal &= inside
        grown = np.where(equal.all(axis=1), _STEP, equal.argmin(axis=1))
        extension[active] += grown
        active = active[grown == _STEP]
    return extension


def _distinct(runs: Runs) -> NDArray[np.int64]:
    """Return the indices of the runs without repetitions, in order of the text."""
    order = np.lexsort((runs.work_starts, runs.ordinals, runs.ends, runs.starts))
    columns = np.stack([runs.starts, runs.ends, runs.ordinals, runs.work_starts])[:, order]
    new = np.ones(len(order), np.bool_)
    new[1:] = (np.diff(columns, axis=1) != 0).any(axis=0)
    return order[new]


def _concatenated(parts: list[Runs]) -> Runs:
    columns = ("starts", "ends", "ordinals", "work_starts")
    empty = [np.empty(0, np.int64)]
    return Runs(*(np.concatenate(empty + [getattr(part, column) for part in parts]) for column in columns))
