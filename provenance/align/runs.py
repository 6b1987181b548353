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

from provenance.index import Column, Postings, Segment
from provenance.models import Keep
from provenance.shingles import GUARANTEE, Anchors, N, W

_STEP = 16
_LONGEST_STEP = 1 << 12
"""Shorter than a block of tokens that share a checksum, so that both ends tell which blocks are read."""
_BATCH = 1 << 16
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


def shared_runs(
    tokens: NDArray[np.uint16],
    anchors: Anchors,
    segment: Segment,
    *,
    dead: frozenset[int] = frozenset(),
    least: int = GUARANTEE,
) -> Runs:
    """Return every maximal run of at least the guaranteed length that the tokens share with a work of the segment.

    Of a run that stands in more works than a look-up gives, those works are enough. Where the segment keeps no tokens,
    these are hulls of at least two anchors, of any length, and those of N + 2 W - 1 tokens or more are found.

    Args:
        tokens: uint16 (t,), of the checked text. anchors: all its anchors. dead: works that are to be passed over.
        least: with fewer than the guaranteed length, from N on, shorter runs too, as far as they have an anchor.
    """
    gone = np.array(sorted(dead), np.int64)
    crowded: dict[int, int] = {}
    parts = []
    for found in _looked_up(anchors, segment, gone):
        crowded |= found.crowded
        if segment.footer.keep is Keep.FINGERPRINTS:
            parts.append(_hulls(anchors, segment, found))
        else:
            parts += [_runs(tokens, anchors, segment, part, least) for part in _batches(found)]
    runs = _concatenated(parts)
    if dead:
        runs = runs[~np.isin(runs.ordinals, gone)]
    runs = runs[_distinct(runs)]
    return _with_crowds(runs, anchors, segment, crowded, gone) if crowded else runs


def _looked_up(anchors: Anchors, segment: Segment, dead: NDArray[np.int64]) -> Iterator[Postings]:
    step = len(anchors) if segment.footer.keep is Keep.FINGERPRINTS else _BATCH  # a hull is not to be cut
    for first in range(0, len(anchors), step or 1):
        found = segment.find(anchors.fingerprints[first : first + step], dead)
        crowded = {query + first: count for query, count in found.crowded.items()}
        yield Postings(found.queries + first, found.positions, crowded) if first else found


def _batches(found: Postings) -> Iterator[Postings]:
    """Bound the memory that a long text, or one full of boilerplate, can take."""
    if len(found.queries) <= _BATCH:
        yield found
        return
    for begin in range(0, len(found.queries), _BATCH):
        part = slice(begin, begin + _BATCH)
        yield Postings(found.queries[part], found.positions[part], {})


def _runs(tokens: NDArray[np.uint16], anchors: Anchors, segment: Segment, found: Postings, least: int) -> Runs:
    places, positions = _joined(tokens, segment, anchors.positions[found.queries], found.positions)
    if not len(places):
        return _concatenated([])
    ordinals = segment.ordinals(positions)
    work_begin, work_end = segment.starts[ordinals], segment.starts[ordinals + 1]
    left = _extension(tokens, segment.tokens, places, positions, np.minimum(places, positions - work_begin), -1)
    right = _extension(
        tokens, segment.tokens, places, positions, np.minimum(len(tokens) - places, work_end - positions), 1
    )
    return _long_enough(places - left, places + right, ordinals, positions - left - work_begin, least)


def _long_enough(
    starts: NDArray[np.int64],
    ends: NDArray[np.int64],
    ordinals: NDArray[np.int64],
    work_starts: NDArray[np.int64],
    least: int,
) -> Runs:
    runs = Runs(starts, ends, ordinals, work_starts, np.zeros(len(starts), np.int64))
    return runs[ends - starts >= least]


def _hulls(anchors: Anchors, segment: Segment, found: Postings) -> Runs:
    """Return, where no tokens are kept to compare with, the hulls of anchors that follow each other on a diagonal.

    Of a run of N + 2 W - 1 tokens at least two anchors are in the index, at most W apart. One alone is no evidence; two
    at the same distance in text and work are.
    """
    places = anchors.positions[found.queries]
    ordinals, diagonals = segment.ordinals(found.positions), found.positions - places
    order = np.lexsort((places, diagonals, ordinals))
    places, ordinals, diagonals = places[order], ordinals[order], diagonals[order]
    begins = np.ones(len(places), np.bool_)
    same = (ordinals[1:] == ordinals[:-1]) & (diagonals[1:] == diagonals[:-1])
    begins[1:] = ~same | (np.diff(places) > W)
    first = np.flatnonzero(begins)
    last = np.append(first[1:], len(places)) - 1
    first, last = first[last > first], last[last > first]
    work_starts = places[first] + diagonals[first] - segment.starts[ordinals[first]]
    return _long_enough(places[first], places[last] + N, ordinals[first], work_starts, 0)


def _with_crowds(
    runs: Runs, anchors: Anchors, segment: Segment, crowded: dict[int, int], dead: NDArray[np.int64]
) -> Runs:
    """Say of each run all of whose anchors stand in more works than were looked at in how many the rarest one does."""
    counts = np.zeros(len(anchors) + 1, np.int64)
    counts[list(crowded)] = list(crowded.values())
    first = np.searchsorted(anchors.positions, runs.starts)
    last = np.searchsorted(anchors.positions, runs.ends - N, side="right")
    rarest = {span: span[0] + int(counts[span[0] : span[1]].argmin()) for span in set(_pairs(first, last))}
    works = {
        anchor: segment.works_with(int(anchors.fingerprints[anchor]), dead) if counts[anchor] else 0
        for anchor in set(rarest.values())
    }
    crowds = np.array([works[rarest[span]] for span in _pairs(first, last)], np.int64)
    return Runs(runs.starts, runs.ends, runs.ordinals, runs.work_starts, crowds)


def _pairs(first: NDArray[np.int64], last: NDArray[np.int64]) -> Iterator[tuple[int, int]]:
    return zip(first.tolist(), last.tolist(), strict=True)


def _joined(
    tokens: NDArray[np.uint16], segment: Segment, places: NDArray[np.int64], positions: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return one seed for each stretch of a diagonal: those that equal tokens connect to an earlier seed are dropped.

    Inside a shared run anchors are at most W apart, so shingles that touch or overlap leave at most W - N tokens
    between them to be compared. Two works that follow each other in text and segment share a diagonal, but no run.
    """
    corpus = segment.tokens.verified(positions, positions + W)
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
        corpus = column.verified(near, far)
        equal &= tokens.take(places[active, None] + offset, mode="clip") == corpus.take(
            positions[active, None] + offset, mode="clip"
        )
        grown = equal.argmin(axis=1)
        whole = equal[:, 0] & (grown == 0)  # no token differs
        extension[active] += grown + width * whole
        active = active[whole]
        width = max(_STEP, min(2 * width, _LONGEST_STEP, _CELLS // max(1, len(active))))
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
    empty = [np.empty(0, np.int64)]
    return Runs(*(np.concatenate(empty + [getattr(part, column) for part in parts]) for column in _COLUMNS))
