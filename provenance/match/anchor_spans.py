"""Matches with works whose tokens are not kept: anchors at the same distance in text and work.

One common anchor alone proves little. Two that follow each other at the same distance in text and work do, and any
stretch of n + 2 w - 1 = 25 tokens has at least two anchors in the index, at most w apart. A match reaches from the
first to the last anchor of such a series, so up to w - 1 tokens at either end are missing.

Example, with n = 8 and w = 9. The text has anchors at the tokens 3, 10, 15 and 40, and the index has them in one work
at the tokens 103, 110, 116 and 140:

    text        3    10    15    40
    work      103   110   116   140
    diagonal  100   100   101   100

On diagonal 100 the anchors at 3 and 10 are at most w apart and form a match; the one at 40 is too far away and alone,
and so is the one on diagonal 101. The match has start 3, end 10 + 8 = 18 and work_start 103.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from provenance.fingerprints import Anchors
from provenance.index import MOST, Postings, Segment
from provenance.match.exact import ExactMatches, drop_duplicates, mark_changes, rank_works

_MOST_HITS = 1 << 18
"""Postings of frequent anchors that are all read; where there are more, only the first of each anchor are."""
_FIRST_HITS = 1024


def match_without_tokens(
    anchors: Anchors, segment: Segment, found: Postings, deleted: NDArray[np.int64]
) -> ExactMatches:
    """Return the spans of at least two anchors, of any length.

    At most `MOST` works are returned per span. Above 262,144 postings of frequent anchors only the first 1,024 of each
    anchor are read, so a span can be missed.

    Args:
        anchors: of the text.
        segment: the works.
        found: the postings of the anchors.
        deleted: int64, ascending: the works to pass over.
    """
    places, positions = locate_hits(anchors, segment, found)
    ordinals, diagonals = segment.ordinals(positions), positions - places
    order = np.lexsort((places, diagonals, ordinals))
    places, ordinals, diagonals = places[order], ordinals[order], diagonals[order]
    # the differences of diagonals alone would also join works that follow each other in the segment
    begins = mark_changes(ordinals, diagonals)
    begins[1:] |= np.diff(places) > segment.sampling.w
    first = np.flatnonzero(begins)
    last = np.append(first[1:], len(places)) - 1
    first, last = first[last > first], last[last > first]
    work_starts = places[first] + diagonals[first] - segment.starts[ordinals[first]]
    ends = places[last] + segment.sampling.n
    spans = ExactMatches(places[first], ends, ordinals[first], work_starts, np.zeros(len(first), np.int64))
    spans = drop_duplicates(spans[~np.isin(spans.ordinals, deleted)] if len(deleted) else spans)
    if len(spans) <= MOST:
        return spans
    spans = spans[np.lexsort((spans.ordinals, spans.ends, spans.starts))]
    ranks = rank_works(spans.ordinals, spans.starts, spans.ends)
    stretch = np.cumsum(mark_changes(spans.starts, spans.ends)) - 1
    works = np.bincount(stretch, mark_changes(stretch, spans.ordinals))[stretch].astype(np.int64)
    total_works = np.where(works > MOST, works, 0)
    return ExactMatches(spans.starts, spans.ends, spans.ordinals, spans.work_starts, total_works)[ranks < MOST]


def locate_hits(anchors: Anchors, segment: Segment, found: Postings) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the position of each hit in the text and in the segment, both int64 (h,)."""
    total = sum(end - begin for begin, end in found.crowded.values())
    most = total if total <= _MOST_HITS else _FIRST_HITS
    frequent = {
        query: segment.positions(begin, min(end, begin + most)) for query, (begin, end) in found.crowded.items()
    }
    queries = [found.queries, *(np.full(len(positions), query) for query, positions in frequent.items())]
    return anchors.positions[np.concatenate(queries)], np.concatenate([found.positions, *frequent.values()])
