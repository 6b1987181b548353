"""Near copies: chains of exact matches with some words changed between them.

A copy with words replaced, inserted, dropped or swapped leaves short exact matches on neighbouring diagonals.
Those of one work that are near each other in text and work are chained in order. What lies between two of them, and
what follows the ends of a chain, is aligned token by token (longest common subsequence, by the rapidfuzz library).

As in a local alignment (T. F. Smith, M. S. Waterman, 1981) an equal token earns one point, and any other token, in the
text or the work, costs half a point. A gap is bridged, and an end moved, only where what lies beyond earns more.

Example, with one letter for a token; the copy has one token replaced, and another inserted later:

    work   a b c d e f g h i j k l m n o p   q r s t u v w x
    text   a b c d e f g h X j k l m n o p Y q r s t u v w x

The exact matches are a-h (8 tokens), j-p (7) and q-x (8). The chain begins with a-h and 8 points. The gap to j-p has
one token on either side and costs (1 + 1) / 2 = 1, less than either part earns, so the chain continues with 8 + 7 - 1 =
14 points. The gap before q-x has one token in the text and none in the work, and costs half a point: 14 + 8 - 0.5 =
21.5. The near copy has 23 equal tokens of 25 (the longer side), a similarity of 0.92.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from rapidfuzz.distance import LCSseq

from provenance.index import Segment
from provenance.match.exact import ExactMatches
from provenance.thresholds import LEAST_NEAR_COPY
from provenance.works import Keep

REACH = 64
"""The most tokens, in text or work, between two matches of a chain."""
LEAST_SIMILARITY = 0.6
_OVERLAP = 4
"""The most tokens that two matches of a chain share, as where "of the" became "the of the"."""
_OPEN_CHAINS = 8
"""How many chains a match can choose from."""
_CHANGES = ((1, 1), (1, 0), (0, 1), (2, 2), (2, 1), (1, 2))
"""Tokens of text and work that may be between a match and what goes on after it."""
_AHEAD = np.arange(4)
"""Equal tokens that are to follow, or a single match stays as it is."""
_MOST_MATCHES = 4096
"""Matches that are chained, besides one for every four tokens of the text; those of the largest groups come first."""


class _Block(NamedTuple):
    """Equal tokens: where they begin in the text and in the work, and how many there are."""

    start: int
    work_start: int
    size: int


@dataclass(frozen=True, slots=True)
class NearCopy:
    """A near copy of a part of a work, with equal tokens at both ends.

    Attributes:
        start: token offset into the text.
        end: token offset into the text, exclusive.
        ordinal: the work, by its number in the segment.
        work_start: token offset into the work.
        work_end: token offset into the work, exclusive.
        stretches: the parts of the text that are equal, as half-open token offsets.
    """

    start: int
    end: int
    ordinal: int
    work_start: int
    work_end: int
    stretches: tuple[tuple[int, int], ...]

    @property
    def similarity(self) -> float:
        """Return the number of equal tokens divided by the tokens of the longer side."""
        equal = sum(end - start for start, end in self.stretches)
        return equal / max(self.end - self.start, self.work_end - self.work_start)


def mark_growable(tokens: NDArray[np.uint16], segment: Segment, found: ExactMatches) -> NDArray[np.bool_]:
    """Return which matches may be parts of near copies, bool (r,).

    They have another one of the same work near them, in text and work; or are long enough by themselves, and go on
    beyond a changed token or two.
    """
    groups = _group_by_distance(found)
    growable = np.bincount(groups)[groups] > 1
    alone = np.flatnonzero(~growable & (found.lengths >= LEAST_NEAR_COPY))
    if segment.footer.keep is Keep.FINGERPRINTS or not len(alone):
        return growable
    begins = segment.starts[found.ordinals[alone]]
    ends, first = segment.starts[found.ordinals[alone] + 1], found.work_starts[alone] + begins
    last = first + found.lengths[alone]
    for gap, work_gap in _CHANGES:
        after, there = found.ends[alone, None] + gap + _AHEAD, last[:, None] + work_gap + _AHEAD
        before, here = found.starts[alone, None] - 1 - gap - _AHEAD, first[:, None] - 1 - work_gap - _AHEAD
        for at, other, inside in (
            (after, there, (after[:, -1] < len(tokens)) & (there[:, -1] < ends)),
            (before, here, (before[:, -1] >= 0) & (here[:, -1] >= begins)),
        ):
            corpus = segment.tokens.verify_at(*np.sort(other[:, [0, -1]].clip(0, segment.footer.tokens - 1).T, axis=0))
            same = tokens.take(at, mode="clip") == corpus.take(other, mode="clip")
            growable[alone] |= inside & same.all(axis=1)
    return growable


def find_near_copies(
    tokens: NDArray[np.uint16], clean: NDArray[np.bool_], segment: Segment, found: ExactMatches
) -> list[NearCopy]:
    """Return the near copies that exact matches are part of: two or more of them, or one that goes on at an end.

    Args:
        tokens: uint16 (t,), of the checked text.
        clean: bool (t + 1,), whether a boundary between tokens divides no character.
        segment: the works.
        found: exact matches of any length, at clean boundaries.
    """
    if not len(found):
        return []
    groups = _group_by_distance(found)
    sizes = np.bincount(groups, found.lengths)
    # the largest groups first, each in order of the text; hostile texts can have very many small ones
    order = np.lexsort((found.work_starts, found.starts, groups, -sizes[groups]))[: _MOST_MATCHES + len(tokens) // 4]
    copies = []
    for chosen in np.split(order, np.flatnonzero(np.diff(groups[order])) + 1):
        group = found[chosen]
        ordinal = int(group.ordinals[0])
        pair = None
        if segment.footer.keep is not Keep.FINGERPRINTS:
            begin, end = segment.starts[ordinal : ordinal + 2].tolist()
            pair = _TextAndWork(tokens, segment.tokens[begin:end], clean)
        copies += [copy for chain in _chain_matches(group, pair) if (copy := chain.to_near_copy(pair, ordinal))]
    return copies


def _group_by_distance(found: ExactMatches) -> NDArray[np.int64]:
    """Number the matches so that only those with the same number can be parts of one chain, int64 (r,)."""
    by_work = _split_at_gaps(found.ordinals, found.work_starts, found.work_starts + found.lengths)
    return _split_at_gaps(by_work, found.starts, found.ends)


def _split_at_gaps(groups: NDArray[np.int64], starts: NDArray[np.int64], ends: NDArray[np.int64]) -> NDArray[np.int64]:
    """Divide groups of spans wherever more than `REACH` tokens between them are free."""
    lift = groups * (int(ends.max(initial=0)) + REACH + 1)  # groups end up so far apart that none reaches the next
    order = np.argsort(starts + lift, kind="stable")
    begins, reached = (starts + lift)[order], np.maximum.accumulate((ends + lift)[order])
    apart = np.ones(len(order), np.int64)
    apart[1:] = begins[1:] - reached[:-1] > REACH
    divided = np.empty(len(order), np.int64)
    divided[order] = np.cumsum(apart)
    return divided


class _TextAndWork:
    """A text and a work, aligned a piece at a time."""

    def __init__(self, text: NDArray[np.uint16], work: NDArray[np.uint16], clean: NDArray[np.bool_]) -> None:
        self.text, self.work, self.clean = text, work, clean

    def align_between(self, start: int, end: int, work_start: int, work_end: int) -> list[_Block]:
        """Return the equal blocks of a stretch of the text and one of the work."""
        blocks = _align_tokens(self.text[start:end].tolist(), self.work[work_start:work_end].tolist())
        return [_Block(start + at, work_start + there, size) for at, there, size in blocks]

    def extend_after(self, end: int, work_end: int) -> list[_Block]:
        """Return the equal blocks that continue a copy from here, while they earn more than they cost."""
        found: list[_Block] = []
        while True:
            more = _align_prefix(
                self.text[end : end + REACH].tolist(), self.work[work_end : work_end + REACH].tolist(),
                self.clean[end : end + REACH + 1].tolist(),
            )  # fmt: skip
            found += [_Block(end + at, work_end + there, size) for at, there, size in more]
            # if they end in the first half of the window, the tokens in the rest of it cost more than they earned
            if not more or more[-1].start + more[-1].size < REACH // 2:
                return found
            end, work_end = found[-1].start + found[-1].size, found[-1].work_start + found[-1].size

    def extend_before(self, start: int, work_start: int) -> list[_Block]:
        """Return the equal blocks that precede a copy: `extend_after` over the reversed text and work."""
        backwards = _TextAndWork(self.text[:start][::-1], self.work[:work_start][::-1], self.clean[: start + 1][::-1])
        found = backwards.extend_after(0, 0)
        return [_Block(start - at - size, work_start - there - size, size) for at, there, size in reversed(found)]


def _align_tokens(text: list[int], work: list[int]) -> list[_Block]:
    """Return the blocks of a longest common subsequence."""
    if not text or not work:
        return []
    blocks = LCSseq.editops(text, work).as_matching_blocks()
    return [_Block(block.a, block.b, block.size) for block in blocks if block.size]  # the last one is an empty sentinel


def _align_prefix(text: list[int], work: list[int], clean: list[bool]) -> list[_Block]:
    """Return the equal blocks at the beginning of both, up to where they have the most points.

    The last block ends at a boundary that divides no character.
    """
    blocks = _align_tokens(text, work)
    best, kept, score, reached = 0.0, 0, 0.0, 0
    for count, (at, there, size) in enumerate(blocks, 1):
        score += size - (at + there - reached) / 2  # text and work together have `at + there - reached` other tokens
        reached = at + there + 2 * size
        if score > best:
            best, kept = score, count
    blocks = blocks[:kept]
    while blocks:
        at, there, size = blocks.pop()
        while size and not clean[at + size]:
            size -= 1
        if size:
            return [*blocks, _Block(at, there, size)]
    return blocks


@dataclass(slots=True)
class _Chain:
    """A chain that grows from left to right.

    Attributes:
        blocks: its equal tokens, in exact matches and in the gaps between them.
        score: its points.
    """

    blocks: list[_Block]
    score: float

    @property
    def end(self) -> int:
        return self.blocks[-1].start + self.blocks[-1].size

    @property
    def work_end(self) -> int:
        return self.blocks[-1].work_start + self.blocks[-1].size

    def distance(self, match: _Block) -> int | None:
        """Return how many tokens lie between the end and a match, over both sides; None where it cannot follow."""
        overlap = max(self.end - match.start, self.work_end - match.work_start, 0)
        gap, work_gap = match.start + overlap - self.end, match.work_start + overlap - self.work_end
        return gap + work_gap if overlap <= _OVERLAP and max(gap, work_gap) <= REACH else None

    def join(self, match: _Block, pair: _TextAndWork | None) -> bool:
        """Add a match that can follow, if the gap before it costs less than either side of it earns."""
        overlap = max(self.end - match.start, self.work_end - match.work_start, 0)  # belongs to the chain already
        start, work_start, size = match.start + overlap, match.work_start + overlap, match.size - overlap
        between = pair.align_between(self.end, start, self.work_end, work_start) if pair else []
        equal = sum(block.size for block in between)
        # a token that is equal within the gap does not cost half a point on either side, and earns one itself
        cost = (start - self.end + work_start - self.work_end) / 2 - 2 * equal
        if cost >= min(self.score, size):
            return False
        self.blocks += [*between, _Block(start, work_start, size)]
        self.score += size - cost
        return True

    def to_near_copy(self, pair: _TextAndWork | None, ordinal: int) -> NearCopy | None:
        """Return the near copy, extended at both ends, if there are enough equal tokens; None for an exact match."""
        if sum(block.size for block in self.blocks) < LEAST_NEAR_COPY:
            return None
        ends: list[_Block] = []
        if pair:
            before = pair.extend_before(self.blocks[0].start, self.blocks[0].work_start)
            ends = before + pair.extend_after(self.end, self.work_end)
        if len(self.blocks) == 1 and max((block.size for block in ends), default=0) < len(_AHEAD):
            return None
        blocks = sorted([*self.blocks, *ends])
        first, last = blocks[0], blocks[-1]
        stretches = tuple((at, at + size) for at, _, size in blocks)
        copy = NearCopy(
            first.start, last.start + last.size, ordinal, first.work_start, last.work_start + last.size, stretches
        )
        return copy if copy.similarity >= LEAST_SIMILARITY else None


def _chain_matches(group: ExactMatches, pair: _TextAndWork | None) -> Iterator[_Chain]:
    """Yield the chains of a group: each match joins the nearest chain that it can follow."""
    chains: list[_Chain] = []
    for row in zip(group.starts.tolist(), group.work_starts.tolist(), group.lengths.tolist(), strict=True):
        match = _Block(*row)
        near = [(distance, i) for i, chain in enumerate(chains) if (distance := chain.distance(match)) is not None]
        if near and chains[min(near)[1]].join(match, pair):
            continue
        chains.append(_Chain([match], match.size))
        if len(chains) > _OPEN_CHAINS:  # the one that ended first in the text is the least likely to go on
            yield chains.pop(min(range(len(chains)), key=lambda i: chains[i].end))
    yield from chains
