"""Which runs go through anchors that stand in very many places?

A shingle of boilerplate has thousands of postings; one of a repeated phrase meets each of its repetitions in a work at
each of those in the text. To follow all of them would take for ever, and say the same again and again. Here it is
enough that every stretch of G tokens that text and works have in common lies in a run that is reported, with some of
its works.

So an anchor is looked at only while a stretch of G tokens around it lies in too few runs. All its postings are compared
as far as G tokens reach, and sorted by how many tokens before and behind the shingle are equal; of those that are alike
in this, so that they hold the same stretches, one for each of `MOST` works goes on. The runs that come of it cover, in
most texts, the other anchors too. They are looked at in rounds: two at first, then twice as many, spread over the text.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from provenance.fingerprints import GUARANTEE, Anchors, N
from provenance.index import MOST, Segment
from provenance.match.exact import Runs, changes, concatenated, extended, work_ranks

_BESIDE = GUARANTEE - N
"""How far around a shingle a stretch of the guaranteed length can reach."""
_AROUND = np.arange(-_BESIDE, GUARANTEE)
_ENOUGH = 16
"""In how many runs a stretch is to lie, if that many works have it."""
_WHOLE = math.lcm(*range(1, _ENOUGH + 1))
_SOME = 1024
"""How many hits of an anchor are looked at before all are."""
_LARGEST_ROUND = 1024
_PAIRS = 1 << 18


@dataclass(frozen=True, slots=True)
class Crowd:
    """Anchors of a text that stand in many places.

    Attributes:
        places: int64 (a,), ascending: where each begins in the text. lies: int64 (a, 2): between which postings of the
            segment its own lie, half-open. hits: for those that have few, by their number, the positions themselves.
    """

    places: NDArray[np.int64]
    lies: NDArray[np.int64]
    hits: Mapping[int, NDArray[np.int64]]

    @classmethod
    def of(
        cls,
        anchors: Anchors,
        crowded: Mapping[int, tuple[int, int]],
        hits: Mapping[int, NDArray[np.int64]],
    ) -> Self:
        """Gather those with many postings and those that the text repeats."""
        queries = sorted(crowded.keys() | hits.keys())
        lies = np.array([crowded.get(query, (0, 0)) for query in queries], np.int64).reshape(-1, 2)
        few = {number: hits[query] for number, query in enumerate(queries) if query in hits}
        return cls(anchors.positions[queries], lies, few)

    def positions(self, number: int, segment: Segment) -> NDArray[np.int64]:
        """Return where one of them stands in the segment."""
        few = self.hits.get(number)
        return segment.positions(*self.lies[number].tolist()) if few is None else few


def crowded_runs(
    tokens: NDArray[np.uint16], segment: Segment, runs: Runs, crowd: Crowd, dead: NDArray[np.int64]
) -> Runs:
    """Return the runs that are known and those of the crowd.

    Args:
        dead: works that are to be passed over, int64, ascending.
    """
    parts, waiting, size = [runs], np.arange(len(crowd.places)), 2
    covered = np.zeros(max(0, len(tokens) - GUARANTEE + 1), np.int64)
    while len(waiting):
        chosen = np.unique(np.linspace(0, len(waiting) - 1, size).astype(np.int64))
        chosen = chosen[: 1 + int(_sizes(crowd, waiting[chosen]).cumsum().searchsorted(_PAIRS))]
        new = _followed(tokens, segment, crowd, waiting[chosen], dead)
        parts.append(new)
        covered += _weights(new, len(covered))
        waiting = np.delete(waiting, chosen)
        waiting = waiting[_open(covered, crowd.places[waiting])]
        size = min(2 * size, _LARGEST_ROUND)
    return concatenated(parts)


def _weights(runs: Runs, length: int) -> NDArray[np.int64]:
    """Return for each stretch of G tokens how much of what is wanted the runs through it are, int64 (length,).

    A run weighs the more, the fewer works have what is around its anchor: the only one is all there can be.
    """
    steps = np.zeros(length + 1, np.int64)
    weights = _WHOLE // runs.crowds.clip(1, _ENOUGH)
    np.add.at(steps, runs.starts, weights)
    np.subtract.at(steps, runs.ends - GUARANTEE + 1, weights)
    return np.cumsum(steps[:-1])


def _open(covered: NDArray[np.int64], places: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Return around which shingles a stretch of G tokens lies in too few runs, bool."""
    bare = np.concatenate(([0], np.cumsum(covered < _WHOLE)))
    first, last = (places - _BESIDE).clip(0), np.minimum(places + 1, len(covered))
    wanting: NDArray[np.bool_] = bare.take(last) > bare.take(np.minimum(first, last))
    return wanting


def _sizes(crowd: Crowd, numbers: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return how many postings some anchors have, or a few more, int64."""
    begins, ends = crowd.lies.take(numbers, axis=0).T
    sizes: NDArray[np.int64] = ends - begins + MOST
    return sizes


def _followed(
    tokens: NDArray[np.uint16], segment: Segment, crowd: Crowd, numbers: NDArray[np.int64], dead: NDArray[np.int64]
) -> Runs:
    """Return the runs through some anchors."""
    every = [crowd.positions(number, segment) for number in numbers.tolist()]
    hits = [
        some if _enough(tokens, segment, place, some := positions[:_SOME], dead) else positions
        for place, positions in zip(crowd.places[numbers].tolist(), every, strict=True)
    ]
    number = np.arange(len(numbers)).repeat([len(positions) for positions in hits])
    positions = np.concatenate(hits)
    places, ordinals = crowd.places[numbers].take(number), segment.ordinals(positions)
    alike = _equal_beside(tokens, segment, places, positions, ordinals)
    good = ((alike >= 0) & ~np.isin(ordinals, dead)).nonzero()[0]
    number, places, positions, ordinals = (each.take(good) for each in (number, places, positions, ordinals))
    works = np.bincount(number[changes(number, ordinals)], minlength=len(numbers))
    for left_out in (count for count, some in enumerate(hits) if len(some) < len(every[count])):
        works[left_out] = _live_works(segment.ordinals(every[left_out]), dead)
    order = np.lexsort((positions, alike.take(good), number))
    kept = np.sort(order[_first_works(number[order], alike.take(good)[order], ordinals[order])])
    runs = extended(tokens, segment, places.take(kept), positions.take(kept), GUARANTEE)
    through = np.searchsorted(crowd.places[numbers], runs.starts)
    return Runs(runs.starts, runs.ends, runs.ordinals, runs.work_starts, works.take(through))


def _enough(
    tokens: NDArray[np.uint16], segment: Segment, place: int, positions: NDArray[np.int64], dead: NDArray[np.int64]
) -> bool:
    """Return whether each stretch of G tokens around a shingle is in `MOST` of the works of the first `_SOME` hits."""
    if len(positions) < _SOME:
        return False
    ordinals = segment.ordinals(positions)
    alike = _equal_beside(tokens, segment, np.full(len(positions), place), positions, ordinals)
    before, behind = alike >> 4, alike & 15
    reaches = range(max(0, _BESIDE - place), min(_BESIDE, len(tokens) - place - N) + 1)
    return all(
        _live_works(ordinals[(alike >= 0) & (before >= _BESIDE - reach) & (behind >= reach)], dead) >= MOST
        for reach in reaches
    )


def _live_works(ordinals: NDArray[np.int64], dead: NDArray[np.int64]) -> int:
    """Return how many of some works, ascending, are not dead."""
    different = ordinals[changes(ordinals)]
    return int((~np.isin(different, dead)).sum())


def _equal_beside(
    tokens: NDArray[np.uint16],
    segment: Segment,
    places: NDArray[np.int64],
    positions: NDArray[np.int64],
    ordinals: NDArray[np.int64],
) -> NDArray[np.int64]:
    """Return for each pair how many tokens before the shingle, times 16, and behind it are equal, up to 8 of each.

    -1 where the shingle is not equal itself, or no stretch of G tokens around it is.
    """
    corpus = segment.tokens.verify_at(positions - _BESIDE, positions + GUARANTEE)
    at, there = places[:, None] + _AROUND, positions[:, None] + _AROUND
    equal = tokens.take(at, mode="clip") == corpus.take(there, mode="clip")
    equal &= (at >= 0) & (at < len(tokens))
    equal &= (there >= segment.starts[ordinals][:, None]) & (there < segment.starts[ordinals + 1][:, None])
    before, behind = _leading(equal[:, :_BESIDE][:, ::-1]), _leading(equal[:, _BESIDE + N :])
    good = equal[:, _BESIDE : _BESIDE + N].all(axis=1) & (before + behind >= _BESIDE)
    return np.where(good, 16 * before + behind, -1)


def _leading(equal: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Return how many are true before the first that is not, in each row, int64."""
    leading: NDArray[np.int64] = np.where(equal.all(axis=1), equal.shape[1], equal.argmin(axis=1)).astype(np.int64)
    return leading


def _first_works(
    numbers: NDArray[np.int64], alike: NDArray[np.int64], ordinals: NDArray[np.int64]
) -> NDArray[np.bool_]:
    """Return which of some pairs, by anchor and likeness, are the first of one of the first `MOST` works of those."""
    first: NDArray[np.bool_] = changes(numbers, alike, ordinals) & (work_ranks(ordinals, numbers, alike) < MOST)
    return first
