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

_STEP = 16
_BATCH = 1 << 16
_CELLS = 1 << 20


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
    if not len(places):
        return _concatenated([])
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
    corpus: NDArray[np.uint16],
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
        equal &= tokens.take(places[active, None] + offset, mode="clip") == corpus.take(
            positions[active, None] + offset, mode="clip"
        )
        grown = equal.argmin(axis=1)
        whole = equal[:, 0] & (grown == 0)  # no token differs
        extension[active] += grown + width * whole
        active = active[whole]
        width = max(_STEP, min(2 * width, _CELLS // max(1, len(active))))
    return extension


def _distinct(runs: Runs) -> NDArray[np.int64]:
    """Return the indices of the runs without repetitions, in order of the text."""
    columns = (runs.work_starts, runs.ordinals, runs.ends, runs.starts)
    if len(runs) < 2:
        return np.arange(len(runs))
    order = np.lexsort(columns)
    new = np.zeros(len(order), np.bool_)
    new[0] = True
    for column in columns:
        ordered = column[order]
        new[1:] |= ordered[1:] != ordered[:-1]
    return order[new]


def _concatenated(parts: list[Runs]) -> Runs:
    if len(parts) == 1:
        return parts[0]
    columns = ("starts", "ends", "ordinals", "work_starts")
    empty = [np.empty(0, np.int64)]
    return Runs(*(np.concatenate(empty + [getattr(part, column) for part in parts]) for column in columns))
