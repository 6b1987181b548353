"""Matches through frequent anchors: those with very many postings (the occurrence filter of minimap2 drops them).

A shingle of boilerplate has thousands of postings; a phrase that text and work both repeat meets itself at every
repetition. To follow all of them would take too long and report the same match again and again. It is enough that each
stretch of G = 16 tokens that the text shares with works lies in some reported match, with some of its works.

So an anchor is only read while a stretch of G tokens around it lies in too few matches, and each window of the
winnowing in that stretch has a frequent anchor: works that have the stretch have the anchor of each window, so that one
which is not frequent has led to them. All its postings are compared with the text, as far as G tokens reach, and sorted
by how many tokens are equal before and after the shingle. Postings alike in this contain the same stretches, so one for
each of `MOST` works is extended. The matches found this way usually cover the other anchors too. Anchors are read in
rounds, two at first, then twice as many, spread over the text.

Example, with n = 8 and G = 16. An anchor at token 20 of the text has 5,000 postings: in 4,000 works only the 16 tokens
from 20 to 36 are equal (0 before, 8 after the shingle), in 1,000 works also 8 tokens before it. Of either group 64
works are extended, so 128 matches instead of 5,000 cover all stretches from 12 to 36, and each says that the anchor is
in 5,000 works (`total_works`).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from provenance.fingerprints import Anchors, Sampling
from provenance.index import MOST, Postings, Segment
from provenance.match.exact import ExactMatches, extend_seeds, mark_changes, rank_works
from provenance.thresholds import LEAST_RUN

_ENOUGH_MATCHES = 16
"""How many matches a stretch must lie in, if that many works have it."""
_FULL_WEIGHT = math.lcm(*range(1, _ENOUGH_MATCHES + 1))
"""Divisible by each number of works up to `_ENOUGH_MATCHES`, so that weights stay whole numbers."""
_FIRST_HITS = 1024
"""Postings of an anchor that are read before all of them are."""
_LARGEST_ROUND = 1024
_MOST_PAIRS = 1 << 18
"""Postings read in one round, which bounds the memory."""


@dataclass(frozen=True, slots=True)
class FrequentAnchors:
    """Anchors of a text that have many postings.

    Attributes:
        places: int64 (a,), ascending: where each begins in the text.
        ranges: int64 (a, 2): its half-open range of postings in the segment.
        hits: for an anchor with few postings that the text repeats, by its number: the positions in the segment.
    """

    places: NDArray[np.int64]
    ranges: NDArray[np.int64]
    hits: Mapping[int, NDArray[np.int64]]

    @classmethod
    def gather(
        cls, anchors: Anchors, ranges: Mapping[int, tuple[int, int]], hits: Mapping[int, NDArray[np.int64]]
    ) -> Self:
        """Join anchors with many postings (`ranges`) and those that the text repeats (`hits`), both by query."""
        queries = sorted(ranges.keys() | hits.keys())
        bounds = np.array([ranges.get(query, (0, 0)) for query in queries], np.int64).reshape(-1, 2)
        few = {number: hits[query] for number, query in enumerate(queries) if query in hits}
        return cls(anchors.positions[queries], bounds, few)

    def positions(self, number: int, segment: Segment) -> NDArray[np.int64]:
        """Return the positions of one anchor in the segment, int64 ascending."""
        few = self.hits.get(number)
        return segment.positions(*self.ranges[number].tolist()) if few is None else few


def split_repeated(anchors: Anchors, found: Postings) -> tuple[Postings, dict[int, NDArray[np.int64]]]:
    """Take the hits of anchors that the text repeats very often out of all hits; return the rest, and them by query.

    An anchor that the text repeats k times meets each of its postings k times, so it is frequent too.
    """
    _, same, counts = np.unique(anchors.fingerprints, return_inverse=True, return_counts=True)
    is_repeated = (counts > MOST)[same][found.queries]
    rest = Postings(found.queries[~is_repeated], found.positions[~is_repeated], found.crowded)
    queries, positions = found.queries[is_repeated], found.positions[is_repeated]
    first = np.flatnonzero(np.diff(queries, prepend=-1))
    if not len(first):
        return rest, {}
    return rest, dict(zip(queries[first].tolist(), np.split(positions, first[1:]), strict=True))


def match_frequent_anchors(
    tokens: NDArray[np.uint16],
    segment: Segment,
    known: ExactMatches,
    anchors: FrequentAnchors,
    deleted: NDArray[np.int64],
) -> ExactMatches:
    """Return the matches that are known and those through frequent anchors.

    Args:
        tokens: uint16 (t,), of the text.
        segment: the works.
        known: the matches through all other anchors.
        anchors: the frequent ones.
        deleted: int64, ascending: the works to pass over.
    """
    beside = LEAST_RUN - segment.sampling.n  # how far around a shingle a stretch can reach
    # the weight of the matches over each stretch
    covered = np.where(_mark_led_to(len(tokens), anchors.places, segment.sampling), _FULL_WEIGHT, 0)
    parts, size = [known], 2
    waiting = _select_bare(anchors.places, np.arange(len(anchors.places)), covered, beside)
    while len(waiting):
        chosen = np.unique(np.linspace(0, len(waiting) - 1, size).astype(np.int64))
        begins, ends = anchors.ranges.take(waiting[chosen], axis=0).T
        chosen = chosen[: 1 + int((ends - begins + MOST).cumsum().searchsorted(_MOST_PAIRS))]
        new = _match_round(tokens, segment, anchors, waiting[chosen], deleted)
        parts.append(new)
        # a match weighs the more, the fewer works have the surroundings of its anchor: the only one is all there can be
        weights = _FULL_WEIGHT // new.total_works.clip(1, _ENOUGH_MATCHES)
        steps = np.zeros(len(covered) + 1, np.int64)
        np.add.at(steps, new.starts, weights)
        np.subtract.at(steps, new.ends - LEAST_RUN + 1, weights)
        covered += np.cumsum(steps[:-1])
        waiting = _select_bare(anchors.places, np.delete(waiting, chosen), covered, beside)
        size = min(2 * size, _LARGEST_ROUND)
    return ExactMatches.concatenate(parts)


def _mark_led_to(length: int, frequent: NDArray[np.int64], sampling: Sampling) -> NDArray[np.bool_]:
    """Return which stretches of a text have a window without a frequent anchor, bool, by their first token.

    Args:
        length: of the text, in tokens.
        frequent: int64, ascending: where the frequent anchors begin.
        sampling: that picked the anchors, one at least in each window.
    """
    windows = np.arange(max(0, length - sampling.guarantee + 1))
    is_rare = np.searchsorted(frequent, windows) == np.searchsorted(frequent, windows + sampling.w)
    rare_before = np.concatenate(([0], np.cumsum(is_rare)))
    inside = LEAST_RUN - sampling.guarantee + 1  # windows in a stretch
    marked: NDArray[np.bool_] = rare_before[inside:] > rare_before[:-inside]
    return marked


def _select_bare(
    places: NDArray[np.int64], waiting: NDArray[np.int64], covered: NDArray[np.int64], beside: int
) -> NDArray[np.int64]:
    """Return which of the waiting anchors, by number, have a stretch around them that lies in too few matches."""
    bare_before = np.concatenate(([0], np.cumsum(covered < _FULL_WEIGHT)))  # [i] counts the bare stretches before i
    first, last = (places[waiting] - beside).clip(0), np.minimum(places[waiting] + 1, len(covered))
    selected: NDArray[np.int64] = waiting[bare_before.take(last) > bare_before.take(np.minimum(first, last))]
    return selected


def _match_round(
    tokens: NDArray[np.uint16],
    segment: Segment,
    anchors: FrequentAnchors,
    numbers: NDArray[np.int64],
    deleted: NDArray[np.int64],
) -> ExactMatches:
    """Return the matches through the anchors with these numbers."""
    places = anchors.places[numbers]
    postings = [anchors.positions(number, segment) for number in numbers.tolist()]
    hits = [
        first if _is_enough(tokens, segment, place, first := positions[:_FIRST_HITS], deleted) else positions
        for place, positions in zip(places.tolist(), postings, strict=True)
    ]
    number = np.arange(len(numbers)).repeat([len(positions) for positions in hits])
    positions = np.concatenate(hits)
    ordinals = segment.ordinals(positions)
    alike = _compare_surroundings(tokens, segment, places.take(number), positions, ordinals)
    good = ((alike >= 0) & ~np.isin(ordinals, deleted)).nonzero()[0]
    number, positions, ordinals, alike = (each.take(good) for each in (number, positions, ordinals, alike))
    works = np.bincount(number[mark_changes(number, ordinals)], minlength=len(numbers))
    for count, read in enumerate(hits):
        if len(read) < len(postings[count]):  # the rest is not compared, only counted: an upper bound
            works[count] = _count_live_works(segment.ordinals(postings[count]), deleted)
    order = np.lexsort((positions, alike, number))
    is_first = mark_changes(number[order], alike[order], ordinals[order])
    ranks = rank_works(ordinals[order], number[order], alike[order])
    kept = np.sort(order[is_first & (ranks < MOST)])  # back in order of the text, as `extend_seeds` expects
    found = extend_seeds(tokens, segment, places.take(number.take(kept)), positions.take(kept), LEAST_RUN)
    # of the anchors in a match the one in most works tells: those at its ends need not be picked in all that have it
    first = np.searchsorted(places, found.starts)
    last = np.searchsorted(places, found.ends - segment.sampling.n, side="right")
    bounds = np.stack((first, last), axis=1).ravel()
    total_works = np.maximum.reduceat(np.append(works, 0), bounds)[::2] if len(bounds) else bounds
    return ExactMatches(found.starts, found.ends, found.ordinals, found.work_starts, total_works)


def _is_enough(
    tokens: NDArray[np.uint16], segment: Segment, place: int, positions: NDArray[np.int64], deleted: NDArray[np.int64]
) -> bool:
    """Return whether the first postings suffice: each stretch of G tokens around the shingle is in `MOST` works."""
    if len(positions) < _FIRST_HITS:
        return False
    ordinals = segment.ordinals(positions)
    beside = LEAST_RUN - segment.sampling.n
    alike = _compare_surroundings(tokens, segment, np.full(len(positions), place), positions, ordinals)
    before, after = alike >> 4, alike & 15  # unpacks what `_compare_surroundings` packed
    # a stretch reaches `reach` tokens beyond the shingle and `beside - reach` before it, inside the text
    reaches = range(max(0, beside - place), min(beside, len(tokens) - place - segment.sampling.n) + 1)
    return all(
        _count_live_works(ordinals[(alike >= 0) & (before >= beside - reach) & (after >= reach)], deleted) >= MOST
        for reach in reaches
    )


def _count_live_works(ordinals: NDArray[np.int64], deleted: NDArray[np.int64]) -> int:
    """Return how many different works, given in ascending order, are not deleted."""
    different = ordinals[mark_changes(ordinals)]
    return int((~np.isin(different, deleted)).sum())


def _compare_surroundings(
    tokens: NDArray[np.uint16],
    segment: Segment,
    places: NDArray[np.int64],
    positions: NDArray[np.int64],
    ordinals: NDArray[np.int64],
) -> NDArray[np.int64]:
    """Return for each pair how many tokens are equal before and after its shingle, up to 15 each, int64 (s,).

    Both counts are packed into one number, 16 * before + after, so that pairs can be sorted by it. It is -1 where the
    shingle itself differs, or no stretch of G tokens around it is equal.
    """
    n = segment.sampling.n
    beside = LEAST_RUN - n
    corpus = segment.tokens.verify_at(positions - beside, positions + LEAST_RUN)
    alike = np.full(len(positions), -1)
    # at least half of what is beside the shingle is on one side of it; few postings agree in so many tokens
    half = np.arange(-(-beside // 2))
    kept = np.union1d(*(
        _select_equal(tokens, corpus, places, positions, offsets) for offsets in (n + half, -1 - half)
    ))  # fmt: skip
    places, positions, ordinals = places[kept], positions[kept], ordinals[kept]
    offsets = np.arange(-beside, LEAST_RUN)
    at, there = places[:, None] + offsets, positions[:, None] + offsets
    equal = tokens.take(at, mode="clip") == corpus.take(there, mode="clip")
    # clipping repeats the edge tokens, which may be equal by chance: what is outside the text or the work never counts
    equal &= (at >= 0) & (at < len(tokens))
    equal &= (there >= segment.starts[ordinals][:, None]) & (there < segment.starts[ordinals + 1][:, None])
    before, after = _count_leading(equal[:, :beside][:, ::-1]), _count_leading(equal[:, beside + n :])
    good = equal[:, beside : beside + n].all(axis=1) & (before + after >= beside)
    alike[kept] = np.where(good, 16 * before + after, -1)
    return alike


def _select_equal(
    tokens: NDArray[np.uint16],
    corpus: NDArray[np.uint16],
    places: NDArray[np.int64],
    positions: NDArray[np.int64],
    offsets: NDArray[np.int64],
) -> NDArray[np.int64]:
    """Return which pairs, by number, are equal at each of these offsets, int64 ascending; what is outside may be."""
    kept = np.arange(len(places))
    for offset in offsets.tolist():
        at, there = places.take(kept) + offset, positions.take(kept) + offset
        kept = kept.compress(tokens.take(at, mode="clip") == corpus.take(there, mode="clip"))
    return kept


def _count_leading(equal: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Return how many values are true before the first false one, in each row, int64."""
    leading: NDArray[np.int64] = np.where(equal.all(axis=1), equal.shape[1], equal.argmin(axis=1)).astype(np.int64)
    return leading
