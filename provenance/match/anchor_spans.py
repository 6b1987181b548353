"""Which runs does a text share with works of which no tokens are kept? Anchors that follow each other on a diagonal.

Of a run of N + 2 W - 1 tokens at least two anchors are in the index, at most W apart. One alone is no evidence; two at
the same distance in text and work are. The run reaches from the first to the last of them.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from provenance.fingerprints import Anchors, N, W
from provenance.index import MOST, Postings, Segment
from provenance.match.exact import Runs, changes, distinct, work_ranks

_MOST_HITS = 1 << 18
_SOME = 1024


def hulls(anchors: Anchors, segment: Segment, found: Postings, dead: NDArray[np.int64]) -> Runs:
    """Return the hulls of at least two anchors, of any length.

    Of a hull that stands in more than `MOST` works those are enough. Anchors with very many postings, which only where
    these are more than 262,144 together are not all looked at, may then be missed.

    Args:
        dead: works that are to be passed over, int64, ascending.
    """
    places, positions = _hits(anchors, segment, found)
    ordinals, diagonals = segment.ordinals(positions), positions - places
    order = np.lexsort((places, diagonals, ordinals))
    places, ordinals, diagonals = places[order], ordinals[order], diagonals[order]
    begins = np.ones(len(places), np.bool_)
    same = (ordinals[1:] == ordinals[:-1]) & (diagonals[1:] == diagonals[:-1])
    begins[1:] = ~same | (np.diff(places) > W)
    first = np.flatnonzero(begins)
    last = np.append(first[1:], len(places)) - 1
    first, last = first[last > first], last[last > first]
    work_starts = places[first] + diagonals[first] - segment.starts[ordinals[first]]
    runs = Runs(places[first], places[last] + N, ordinals[first], work_starts, np.zeros(len(first), np.int64))
    return _few(distinct(runs[~np.isin(runs.ordinals, dead)] if len(dead) else runs))


def _hits(anchors: Anchors, segment: Segment, found: Postings) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return where each hit stands in the text and in the segment."""
    total = sum(end - begin for begin, end in found.crowded.values())
    most = total if total <= _MOST_HITS else _SOME
    crowd = {query: segment.positions(begin, min(end, begin + most)) for query, (begin, end) in found.crowded.items()}
    queries = [found.queries, *(np.full(len(positions), query) for query, positions in crowd.items())]
    return anchors.positions[np.concatenate(queries)], np.concatenate([found.positions, *crowd.values()])


def _few(runs: Runs) -> Runs:
    """Return, of the runs of one stretch, those of the first works, and how many there are where not all are."""
    if len(runs) <= MOST:
        return runs
    order = np.lexsort((runs.ordinals, runs.ends, runs.starts))
    runs = runs[order]
    ranks = work_ranks(runs.ordinals, runs.starts, runs.ends)
    stretch = np.cumsum(changes(runs.starts, runs.ends)) - 1
    works = np.bincount(stretch, changes(stretch, runs.ordinals))[stretch].astype(np.int64)
    crowds = np.where(works > MOST, works, 0)
    return Runs(runs.starts, runs.ends, runs.ordinals, runs.work_starts, crowds)[ranks < MOST]
