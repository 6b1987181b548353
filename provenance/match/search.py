"""Search of a checked text: every stretch of it that matches works, with all its places.

Joins the exact matches of all segments, the near copies that they are part of, and the short works. To whom the works
belong, and whether a match matters, is decided in `check`.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from provenance.index import Segment
from provenance.match.exact import ExactMatches
from provenance.match.lookup import search_segments
from provenance.match.near import NearCopy, find_near_copies, mark_growable
from provenance.match.pieces import WorkPieces, group_pieces
from provenance.match.short_works import ShortWorkMatcher
from provenance.text import Tokens
from provenance.thresholds import LEAST_RUN, SHORT_WORK
from provenance.works import Keep

_MOST_LAYERS = 16
"""How many matches of one work may overlap at a token before they are taken for one tandem repeat."""

_Span = tuple[int, int]
"""Half-open token offsets into a text."""
_Copy = tuple[int, int, float, tuple[_Span, ...]]
"""Start and end of a near copy in the text, its similarity, and the parts that are equal."""


@dataclass(frozen=True, slots=True)
class WorkSpan:
    """Tokens of one work.

    Attributes:
        segment: the name of the segment.
        ordinal: the work, by its number in the segment.
        start: token offset into the work.
        end: token offset into the work, exclusive.
    """

    segment: str
    ordinal: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Match:
    """A stretch of a checked text, maximal in each of the places that it matches.

    Attributes:
        start: token offset into the text.
        end: token offset into the text, exclusive.
        places: where it is in works.
        short_works: keys of the works that consist of it.
        similarity: 1.0 where all tokens are equal.
        stretches: in a near copy, the parts that are equal, as half-open token offsets into the text.
        unnamed: at most how many works contain it besides those of `places`, where not all were read.
    """

    start: int
    end: int
    places: tuple[WorkSpan, ...] = ()
    short_works: tuple[int, ...] = ()
    similarity: float = 1.0
    stretches: tuple[_Span, ...] = ()
    unnamed: int = 0


class Found(NamedTuple):
    """What a text has in common with works: matches in order of the text, and the pieces of each work."""

    matches: tuple[Match, ...]
    pieces: tuple[WorkPieces, ...]


def find_matches(
    tokens: Tokens, segments: Iterable[Segment], deleted: Mapping[str, frozenset[int]], short_works: ShortWorkMatcher
) -> Found:
    """Return all matches of at least `LEAST_RUN` tokens, all short works, and the works that a text has pieces of.

    Args:
        tokens: the checked text.
        segments: those to search.
        deleted: for each segment that has some, by its name: the ordinals of deleted works.
        short_works: finds the works that are too short for an anchor.
    """
    clean = tokens.is_clean()
    places: defaultdict[_Span, list[WorkSpan]] = defaultdict(list)
    copies: defaultdict[_Copy, list[WorkSpan]] = defaultdict(list)
    unnamed: Counter[_Span] = Counter()
    pieces: list[WorkPieces] = []
    for segment, found in search_segments(tokens.ids, segments, deleted):
        trimmed = trim_to_characters(found, clean, segment.sampling.n)
        long = trimmed[trimmed.lengths >= segment.sampling.guarantee]
        pieces += group_pieces(segment, drop_contained(long)) if len(long) > 1 else ()
        near = trimmed[mark_growable(tokens.ids, segment, trimmed)]
        candidates = find_near_copies(tokens.ids, clean, segment, drop_contained(near))
        exact = drop_contained(trimmed[mark_long_enough(trimmed, segment)])
        exact, kept_copies = drop_contained_in_each_other(exact, candidates)
        named, totals = Counter[_Span](), dict[_Span, int]()
        for start, end, ordinal, at, total in exact.rows():
            places[start, end].append(WorkSpan(segment.name, ordinal, at, at + end - start))
            named[start, end] += 1
            totals[start, end] = total
        for span, total in totals.items():
            unnamed[span] += max(0, total - named[span])
        for copy in kept_copies:
            place = WorkSpan(segment.name, copy.ordinal, copy.work_start, copy.work_end)
            copies[copy.start, copy.end, copy.similarity, copy.stretches].append(place)
    whole = {(each.start, each.end): each.keys for each in short_works.find(tokens)}
    matches = [
        Match(*span, places=tuple(places.get(span, ())), short_works=whole.get(span, ()), unnamed=unnamed[span])
        for span in places.keys() | whole.keys()
    ]
    for (start, end, similarity, stretches), spans in copies.items():
        matches.append(Match(start, end, places=tuple(spans), similarity=similarity, stretches=stretches))
    ordered = sorted(matches, key=lambda match: (match.start, -match.end, -match.similarity))
    return Found(tuple(ordered), tuple(pieces))


def mark_long_enough(found: ExactMatches, segment: Segment) -> NDArray[np.bool_]:
    """Return which matches are so by themselves, bool (r,): of a short work all that the sampling is sure to find."""
    lengths = segment.starts[found.ordinals + 1] - segment.starts[found.ordinals]
    least = np.where(lengths <= SHORT_WORK, min(segment.sampling.guarantee, LEAST_RUN), LEAST_RUN)
    if segment.footer.keep is Keep.FINGERPRINTS:
        least = np.minimum(least, segment.sampling.n)
    is_long_enough: NDArray[np.bool_] = found.lengths >= least
    return is_long_enough


def trim_to_characters(found: ExactMatches, clean: NDArray[np.bool_], least: int) -> ExactMatches:
    """Return the matches without tokens at their ends that are only part of a character, if enough are left.

    Args:
        found: exact matches.
        clean: bool (t + 1,), whether a boundary between tokens divides no character.
        least: the fewest tokens of a match.
    """
    boundaries = np.arange(len(clean))
    before = np.maximum.accumulate(np.where(clean, boundaries, 0))  # the last clean boundary up to each one
    after = np.minimum.accumulate(np.where(clean, boundaries, len(clean) - 1)[::-1])[::-1]  # the first from it on
    starts, ends = after[found.starts], before[found.ends]
    trimmed = ExactMatches(starts, ends, found.ordinals, found.work_starts + starts - found.starts, found.total_works)
    return trimmed[ends - starts >= least]


def drop_contained_in_each_other(exact: ExactMatches, copies: list[NearCopy]) -> tuple[ExactMatches, list[NearCopy]]:
    """Drop near copies within an exact match or another near copy of the same work, and exact matches within a copy."""
    kept: list[NearCopy] = []
    reached: dict[int, int] = {}
    for copy in sorted(copies, key=lambda each: (each.start, -each.end)):
        around = (exact.ordinals == copy.ordinal) & (exact.starts <= copy.start) & (exact.ends >= copy.end)
        if copy.end > reached.get(copy.ordinal, 0) and not around.any():
            kept.append(copy)
            reached[copy.ordinal] = copy.end
    outside = np.ones(len(exact), np.bool_)
    for copy in kept:
        outside &= (exact.ordinals != copy.ordinal) | (exact.starts < copy.start) | (exact.ends > copy.end)
    return exact[outside], kept


def drop_contained(found: ExactMatches) -> ExactMatches:
    """Return the matches that are not within a longer one of the same work, each stretch of the text once per work.

    A refrain is in its song several times; the first place is enough. Example, as (start, end) in the text, all of one
    work: of (0, 20), (0, 20), (5, 18) and (10, 30) there remain (0, 20) and (10, 30). Tandem repeats go as well.
    """
    found = found[np.lexsort((found.work_starts, -found.ends, found.starts, found.ordinals))]
    rank = np.cumsum(np.diff(found.ordinals, prepend=found.ordinals[:1]) != 0)
    lift = rank * (int(found.ends.max(initial=0)) + 1)  # so that the running maximum starts anew with each work
    reached = np.maximum.accumulate(found.ends + lift)
    kept = np.ones(len(found), np.bool_)
    kept[1:] = (found.ends + lift)[1:] > np.maximum(reached[:-1], lift[1:])
    return drop_tandem_repeats(found[kept])


def drop_tandem_repeats(found: ExactMatches) -> ExactMatches:
    """Return the matches, where more than `_MOST_LAYERS` of one work overlap only as many as cover the same tokens.

    A text that repeats a few words for long matches a work that does so too at every shift. Example: of 100 matches
    (0, 100), (1, 101) … (99, 199) there remain (0, 100) and (99, 199), each time the last one that leaves no gap.

    Args:
        found: sorted by work and then by start; within a work the ends ascend too.
    """
    bounds = np.flatnonzero(np.diff(found.ordinals, prepend=-1, append=-1))
    kept = np.ones(len(found), np.bool_)
    for work in np.flatnonzero(np.diff(bounds) > _MOST_LAYERS).tolist():
        begin, end = bounds[work : work + 2].tolist()
        starts, ends = found.starts[begin:end], found.ends[begin:end]
        # of those that begin before a match, all that end before or where it begins are over
        depth = np.arange(end - begin) - np.searchsorted(ends, starts, side="right")
        if depth.max() > _MOST_LAYERS:
            indices = np.arange(1, end - begin + 1)
            following = np.maximum(np.searchsorted(starts, ends, side="right") - 1, indices).tolist()
            cover = [0]
            while (index := following[cover[-1]]) < end - begin:
                cover.append(index)
            kept[begin:end] = False
            kept[begin + np.array(cover)] = True
    return found[kept]
