"""Which runs of tokens does a checked text share with the works of a segment?

Every anchor of the text is looked up at once. Anchors that stand in few places are followed to all of them; those that
stand in many, in the works or in the text, are `crowds`; where no tokens are kept, anchors are all there is: `hulls`.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from provenance.fingerprints import GUARANTEE, Anchors
from provenance.index import MOST, Postings, Segment
from provenance.match.anchor_spans import hulls
from provenance.match.exact import Runs, concatenated, distinct, extended
from provenance.match.frequent import Crowd, crowded_runs
from provenance.works import Keep

_BATCH = 1 << 16
_LONG = 1024
"""Anchors of a text that may repeat one so often that it matters."""


def shared_runs(
    tokens: NDArray[np.uint16],
    anchors: Anchors,
    segment: Segment,
    *,
    dead: frozenset[int] = frozenset(),
    least: int = GUARANTEE,
) -> Runs:
    """Return every maximal run of at least the guaranteed length that the tokens share with a work of the segment.

    Of runs that stand in very many places some are enough, see `crowds`; where no tokens are kept, see `hulls`.

    Args:
        tokens: uint16 (t,), of the checked text. anchors: all its anchors. dead: works that are to be passed over.
        least: with fewer than the guaranteed length, from N on, shorter runs too, as far as they have an anchor that
            does not stand in very many places.
    """
    found = _looked_up(anchors, segment)
    gone = np.array(sorted(dead), np.int64)
    if segment.footer.keep is Keep.FINGERPRINTS:
        return hulls(anchors, segment, found, gone)
    found, crowd = _without_repeated(anchors, found)
    runs = concatenated(
        [extended(tokens, segment, anchors.positions[part.queries], part.positions, least) for part in _batches(found)]
    )
    if dead:
        runs = runs[~np.isin(runs.ordinals, gone)]
    if crowd or found.crowded:
        runs = crowded_runs(tokens, segment, runs, Crowd.of(anchors, found.crowded, crowd), gone)
    return distinct(runs)


def _looked_up(anchors: Anchors, segment: Segment) -> Postings:
    if len(anchors) <= _BATCH:
        return segment.find(anchors.fingerprints)
    parts = []
    crowded: dict[int, tuple[int, int]] = {}
    for first in range(0, len(anchors), _BATCH):
        found = segment.find(anchors.fingerprints[first : first + _BATCH])
        parts.append((found.queries + first, found.positions))
        crowded |= {query + first: lies for query, lies in found.crowded.items()}
    queries, positions = (np.concatenate(column) for column in zip(*parts, strict=True))
    return Postings(queries, positions, crowded)


def _batches(found: Postings) -> Iterator[Postings]:
    """Bound the memory that a long text can take."""
    if len(found.queries) <= _BATCH:
        yield found
        return
    for begin in range(0, len(found.queries), _BATCH):
        part = slice(begin, begin + _BATCH)
        yield Postings(found.queries[part], found.positions[part], {})


def _without_repeated(anchors: Anchors, found: Postings) -> tuple[Postings, dict[int, NDArray[np.int64]]]:
    """Take the hits of anchors that a long text repeats very often out of all hits; return both."""
    if len(anchors) <= _LONG:
        return found, {}
    _, same, counts = np.unique(anchors.fingerprints, return_inverse=True, return_counts=True)
    repeated = (counts > MOST)[same][found.queries]
    queries, positions = found.queries[repeated], found.positions[repeated]
    first = np.flatnonzero(np.diff(queries, prepend=-1))
    crowd = dict(zip(queries[first].tolist(), np.split(positions, first[1:]), strict=True)) if len(first) else {}
    return Postings(found.queries[~repeated], found.positions[~repeated], found.crowded), crowd
