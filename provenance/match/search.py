"""Which stretches of a checked text match which places in which works?

Gathers the runs of all segments, the chains of runs that make a near copy, and the phrases into matches, one for each
stretch of the text with all its places.
It says where; whose works these are, and whether it matters, is decided elsewhere.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from provenance.fingerprints import GUARANTEE, N, winnow
from provenance.index import Segment
from provenance.match.exact import Runs
from provenance.match.lookup import shared_runs
from provenance.match.near import Chain, chains, neighbouring
from provenance.match.short_works import PhraseBook
from provenance.text import Tokens
from provenance.works import Keep

_HEAP = 16
"""How many runs of one work may lie over each other before they are taken for one repetition."""


_Stretch = tuple[int, int]
"""Half-open token offsets into a text."""
_Copy = tuple[int, int, float, tuple[_Stretch, ...]]
"""A stretch with its similarity and the stretches that are equal."""


@dataclass(frozen=True, slots=True)
class Place:
    """Tokens of one work in a segment: the `ordinal`-th work, from its token `start` up to `end`."""

    segment: str
    ordinal: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Match:
    """A stretch of a checked text, maximal in each of the places that it matches.

    Attributes:
        start, end: half-open token offsets into the text. places: where it stands in segments. phrases: keys of the
        works that it is the whole of. similarity: 1.0 where all tokens are equal. stretches: where not all are, those
        that are, as half-open token offsets.
    """

    start: int
    end: int
    places: tuple[Place, ...] = ()
    phrases: tuple[int, ...] = ()
    similarity: float = 1.0
    stretches: tuple[_Stretch, ...] = ()
    unnamed: int = 0


def matches(
    tokens: Tokens, segments: Iterable[Segment], dead: Mapping[str, frozenset[int]], phrases: PhraseBook
) -> tuple[Match, ...]:
    """Return all matches of at least the guaranteed length, and all phrases, in order of the text.

    Args:
        dead: for each segment that has some, the ordinals to pass over.
    """
    anchors, clean = winnow(tokens.ids), tokens.is_clean()
    first, last = _clean_bounds(clean)
    places: dict[_Stretch, list[Place]] = {}
    near: dict[_Copy, list[Place]] = {}
    crowds: dict[_Stretch, dict[str, int]] = {}
    for segment in segments:
        gone = dead.get(segment.name, frozenset())
        runs = _trimmed(shared_runs(tokens.ids, anchors, segment, dead=gone, least=N), first, last)
        if not len(runs):
            continue
        near_others = runs[neighbouring(runs)]
        copies = chains(tokens.ids, clean, segment, _undominated(near_others)) if len(near_others) else []
        least = N if segment.footer.keep is Keep.FINGERPRINTS else GUARANTEE
        exact, copies = _outermost(_undominated(runs[runs.ends - runs.starts >= least]), copies)
        for start, end, ordinal, at, crowd in exact.rows():
            places.setdefault((start, end), []).append(Place(segment.name, ordinal, at, at + end - start))
            crowds.setdefault((start, end), {})[segment.name] = crowd
        for chain in copies:
            place = Place(segment.name, chain.ordinal, chain.work_start, chain.work_end)
            near.setdefault((chain.start, chain.end, chain.similarity, chain.stretches), []).append(place)
    whole: dict[_Stretch, tuple[int, ...]] = {(m.start, m.end): m.keys for m in phrases.find(tokens)}
    found = [
        Match(*each, tuple(places.get(each, ())), whole.get(each, ()), unnamed=_unnamed(places, crowds, each))
        for each in places.keys() | whole.keys()
    ]
    found += [Match(start, end, tuple(at), (), alike, equal) for (start, end, alike, equal), at in near.items()]
    return tuple(sorted(found, key=lambda match: (match.start, -match.end, -match.similarity)))


def _unnamed(
    places: Mapping[_Stretch, list[Place]], crowds: Mapping[_Stretch, Mapping[str, int]], stretch: _Stretch
) -> int:
    """Return in how many contents a stretch stands, at most, beside those that are named."""
    named = Counter(place.segment for place in places.get(stretch, ()))
    return sum(max(0, crowd - named[segment]) for segment, crowd in crowds.get(stretch, {}).items())


def _outermost(runs: Runs, copies: list[Chain]) -> tuple[Runs, list[Chain]]:
    """Leave out what lies within something else of the same work: runs within near copies, and the other way round."""
    kept: list[Chain] = []
    reached: dict[int, int] = {}
    for chain in sorted(copies, key=lambda each: (each.start, -each.end)):
        around = (runs.ordinals == chain.ordinal) & (runs.starts <= chain.start) & (runs.ends >= chain.end)
        if chain.end > reached.get(chain.ordinal, 0) and not around.any():
            kept.append(chain)
            reached[chain.ordinal] = chain.end
    outside = np.ones(len(runs), np.bool_)
    for chain in kept:
        outside &= (runs.ordinals != chain.ordinal) | (runs.starts < chain.start) | (runs.ends > chain.end)
    return runs[outside], kept


def _clean_bounds(clean: NDArray[np.bool_]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """For each boundary: the nearest one, at or after it and at or before it, that divides no character."""
    boundaries = np.arange(len(clean))
    before = np.maximum.accumulate(np.where(clean, boundaries, 0))
    after = np.minimum.accumulate(np.where(clean, boundaries, len(clean) - 1)[::-1])[::-1]
    return after, before


def _trimmed(runs: Runs, first: NDArray[np.int64], last: NDArray[np.int64]) -> Runs:
    """Return the runs without the tokens at their ends that are only part of a character."""
    starts, ends = first[runs.starts], last[runs.ends]
    trimmed = Runs(starts, ends, runs.ordinals, runs.work_starts + starts - runs.starts, runs.crowds)
    return trimmed[ends - starts >= N]


def _undominated(runs: Runs) -> Runs:
    """Return the runs whose stretch of the text lies in no longer one of the same work, each stretch once.

    A refrain stands in its song several times; the first place is enough. A text that repeats a few tokens for long
    matches a work that does so too at every shift; of such a heap of runs those that cover the same stretch are enough.
    """
    order = np.lexsort((runs.work_starts, -runs.ends, runs.starts, runs.ordinals))
    runs = runs[order]
    rank = np.cumsum(np.diff(runs.ordinals, prepend=runs.ordinals[:1]) != 0)
    lift = rank * (int(runs.ends.max(initial=0)) + 1)  # so that the running maximum starts anew with each work
    reached = np.maximum.accumulate(runs.ends + lift)
    kept = np.ones(len(runs), np.bool_)
    kept[1:] = (runs.ends + lift)[1:] > np.maximum(reached[:-1], lift[1:])
    runs = runs[kept]
    return runs[_unheaped(runs)]


def _unheaped(runs: Runs) -> NDArray[np.bool_]:
    """Return which runs are left, bool (r,), when those of a work that lie over `_HEAP` deep are cut down to a cover.

    Args:
        runs: by work, then by start; within a work the ends ascend too.
    """
    bounds = np.flatnonzero(np.diff(runs.ordinals, prepend=-1, append=-1))
    kept = np.ones(len(runs), np.bool_)
    for work in np.flatnonzero(np.diff(bounds) > _HEAP).tolist():
        begin, end = bounds[work : work + 2].tolist()
        starts, ends = runs.starts[begin:end], runs.ends[begin:end]
        depth = np.arange(end - begin) - np.searchsorted(ends, starts, side="right")
        if depth.max() > _HEAP:
            kept[begin:end] = False
            kept[begin + _cover(starts, ends)] = True
    return kept


def _cover(starts: NDArray[np.int64], ends: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the indices of runs that cover what all of them cover: each time the last that leaves no gap."""
    chosen = [0]
    following = np.maximum(np.searchsorted(starts, ends, side="right") - 1, np.arange(1, len(starts) + 1)).tolist()
    while (index := following[chosen[-1]]) < len(starts):
        chosen.append(index)
    return np.array(chosen)
