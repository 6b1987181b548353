"""Look-up of a text's anchors in the index, and the exact matches that they lead to.

All anchors of the text are looked up at once. Those with few postings are extended at every posting; those with many,
in the works or in the text, go to `frequent`; where no tokens are kept, anchors are all there is, see `anchor_spans`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

import numpy as np
from numpy.typing import NDArray

from provenance.fingerprints import Anchors, Sampling, winnow
from provenance.index import Postings, Segment
from provenance.match.anchor_spans import match_without_tokens
from provenance.match.exact import ExactMatches, drop_duplicates, extend_seeds
from provenance.match.frequent import FrequentAnchors, match_frequent_anchors, split_repeated
from provenance.thresholds import LEAST_RUN
from provenance.works import Keep

_BATCH = 1 << 16
"""Anchors, or hits of them, that are handled at a time, which bounds the memory that a long text can take."""
_LONG_TEXT = 1024
"""Anchors of a text that may repeat one so often that it matters."""


def search_segments(
    tokens: NDArray[np.uint16], segments: Iterable[Segment], deleted: Mapping[str, frozenset[int]]
) -> Iterator[tuple[Segment, ExactMatches]]:
    """Yield each segment that has exact matches, and the matches of any length; deleted works are passed over.

    Args:
        tokens: uint16 (t,), of the checked text.
        segments: those to search.
        deleted: for each segment that has some, by its name: the ordinals of deleted works.
    """
    for segment, anchors in pick_anchors(tokens, segments):
        gone = deleted.get(segment.name, frozenset())
        found = find_exact_matches(tokens, anchors, segment, deleted=gone, least=segment.sampling.n)
        if len(found):
            yield segment, found


def pick_anchors(tokens: NDArray[np.uint16], segments: Iterable[Segment]) -> Iterator[tuple[Segment, Anchors]]:
    """Yield each segment with the anchors of a text, uint16 (t,), picked as its own are; once for each sampling."""
    picked: dict[Sampling, Anchors] = {}  # most databases have one
    for segment in segments:
        if segment.sampling not in picked:
            picked[segment.sampling] = winnow(tokens, segment.sampling)
        yield segment, picked[segment.sampling]


def find_exact_matches(
    tokens: NDArray[np.uint16],
    anchors: Anchors,
    segment: Segment,
    *,
    deleted: frozenset[int] = frozenset(),
    least: int = LEAST_RUN,
) -> ExactMatches:
    """Return every maximal match of at least `LEAST_RUN` tokens between a text and the works of a segment.

    Of a match with very many works only some are returned, see `frequent`; where no tokens are kept, matches are
    spans of anchors, see `anchor_spans`.

    Args:
        tokens: uint16 (t,), of the checked text.
        anchors: all its anchors, picked as those of the segment are.
        segment: the works.
        deleted: the ordinals of works to pass over.
        least: the fewest tokens of a match, from those of a shingle on. Shorter matches than `LEAST_RUN` are found only
            if one of their anchors has few postings.
    """
    found = _look_up_anchors(anchors, segment)
    gone = np.array(sorted(deleted), np.int64)
    if segment.footer.keep is Keep.FINGERPRINTS:
        return match_without_tokens(anchors, segment, found, gone)
    repeated: dict[int, NDArray[np.int64]] = {}
    if len(anchors) > _LONG_TEXT:
        found, repeated = split_repeated(anchors, found)
    queries, positions = found.queries, found.positions
    batches = [slice(begin, begin + _BATCH) for begin in range(0, len(queries), _BATCH)]
    exact = ExactMatches.concatenate(
        [extend_seeds(tokens, segment, anchors.positions[queries[b]], positions[b], least) for b in batches]
    )
    if deleted:
        exact = exact[~np.isin(exact.ordinals, gone)]
    if repeated or found.crowded:
        frequent = FrequentAnchors.gather(anchors, found.crowded, repeated)
        exact = match_frequent_anchors(tokens, segment, exact, frequent, gone)
    return drop_duplicates(exact)


def _look_up_anchors(anchors: Anchors, segment: Segment) -> Postings:
    """Return the postings of all anchors, by the anchor's number."""
    if len(anchors) <= _BATCH:
        return segment.find(anchors.fingerprints)
    parts = []
    crowded: dict[int, tuple[int, int]] = {}
    for first in range(0, len(anchors), _BATCH):
        found = segment.find(anchors.fingerprints[first : first + _BATCH])
        parts.append((found.queries + first, found.positions))
        crowded |= {query + first: bounds for query, bounds in found.crowded.items()}
    queries, positions = (np.concatenate(column) for column in zip(*parts, strict=True))
    return Postings(queries, positions, crowded)
