"""Which runs belong to one copy of which some words were changed?

A copy in which words were replaced, inserted, dropped or swapped leaves short runs on neighbouring diagonals. Runs of
one work that lie near each other in text and work are strung together in order; what lies between them, and what
follows their ends, is aligned token by token (the longest common subsequence, by the rapidfuzz library).

As in a local alignment (T. F. Smith, M. S. Waterman, 1981) an equal token earns one point and any other token, in text
or work, costs half a point: a gap is bridged, and an end moved on, only where what lies beyond is worth more.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from rapidfuzz.distance import LCSseq

from provenance.fingerprints import GUARANTEE, N
from provenance.index import Segment
from provenance.match.exact import Runs
from provenance.works import Keep

REACH = 64
"""How many tokens, in text and in work, may lie between two runs of a chain."""
LEAST_SIMILARITY = 0.6
_OVERLAP = N // 2
"""How many tokens two runs may share, as where "of the" became "the of the"."""
_OPEN = 8
"""How many chains a run may choose from."""
_MOST = 4096
"""How many runs are chained, beside one for every four tokens of the text; those of the largest groups come first."""

_Block = tuple[int, int, int]
"""Equal tokens: where in the text, where in the work, how many."""


@dataclass(frozen=True, slots=True)
class Chain:
    """A near copy of a stretch of a work, with equal tokens at both ends.

    Attributes:
        start, end: half-open token offsets into the text. ordinal: the work in the segment.
        work_start, work_end: half-open token offsets into the work. stretches: the parts of the text that are equal,
        as half-open token offsets.
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


def neighbouring(runs: Runs) -> NDArray[np.bool_]:
    """Return which runs have another one of the same work near them, both in the text and in the work, bool (r,)."""
    groups = _groups(runs)
    return np.bincount(groups)[groups] > 1


def chains(tokens: NDArray[np.uint16], clean: NDArray[np.bool_], segment: Segment, runs: Runs) -> list[Chain]:
    """Return the near copies that these runs are part of, each of at least two of them.

    Args:
        tokens: uint16 (t,), of the checked text. clean: bool (t + 1,), whether a boundary divides no character.
        runs: exact and at clean boundaries, of any length.
    """
    found = []
    for group in _grouped(runs, _MOST + len(tokens) // 4):
        ordinal = int(group.ordinals[0])
        pair = _pair(tokens, segment, ordinal, clean)
        found += [chain for strand in _strands(group, pair) if (chain := _chain(strand, pair, ordinal))]
    return found


def _groups(runs: Runs) -> NDArray[np.int64]:
    """Number the runs so that only those with the same number can be parts of one chain, int64 (r,)."""
    lengths = runs.ends - runs.starts
    by_work = _split(runs.ordinals, runs.work_starts, runs.work_starts + lengths)
    return _split(by_work, runs.starts, runs.ends)


def _split(groups: NDArray[np.int64], starts: NDArray[np.int64], ends: NDArray[np.int64]) -> NDArray[np.int64]:
    """Divide groups of spans wherever more than `REACH` tokens are free between them."""
    lift = groups * (int(ends.max(initial=0)) + REACH + 1)  # so that no group reaches another
    order = np.argsort(starts + lift, kind="stable")
    begins, reached = (starts + lift)[order], np.maximum.accumulate((ends + lift)[order])
    apart = np.ones(len(order), np.int64)
    apart[1:] = begins[1:] - reached[:-1] > REACH
    divided = np.empty(len(order), np.int64)
    divided[order] = np.cumsum(apart)
    return divided


def _grouped(runs: Runs, most: int) -> Iterator[Runs]:
    """Yield the groups of at least two runs, the largest first, each in order of the text."""
    groups = _groups(runs)
    sizes = np.bincount(groups, runs.ends - runs.starts)
    order = np.lexsort((runs.work_starts, runs.starts, groups, -sizes[groups]))[:most]
    for chosen in np.split(order, np.flatnonzero(np.diff(groups[order])) + 1):
        if len(chosen) > 1:
            yield runs[chosen]


class _Pair:
    """A text and a work, to be aligned a piece at a time."""

    def __init__(self, text: NDArray[np.uint16], work: NDArray[np.uint16], clean: NDArray[np.bool_]) -> None:
        self.text, self.work, self.clean = text, work, clean

    def between(self, start: int, end: int, work_start: int, work_end: int) -> list[_Block]:
        """Align a stretch of the text with one of the work."""
        blocks = _equal(self.text[start:end].tolist(), self.work[work_start:work_end].tolist())
        return [(start + at, work_start + there, size) for at, there, size in blocks]

    def after(self, end: int, work_end: int) -> list[_Block]:
        """Return how a copy goes on after a place in text and work, as far as that pays."""
        found: list[_Block] = []
        while True:
            more = _prefix(
                self.text[end : end + REACH].tolist(), self.work[work_end : work_end + REACH].tolist(),
                self.clean[end : end + REACH + 1].tolist(),
            )  # fmt: skip
            found += [(end + at, work_end + there, size) for at, there, size in more]
            if not more or sum(more[-1][::2]) < REACH // 2:
                return found
            end, work_end = end + more[-1][0] + more[-1][2], work_end + more[-1][1] + more[-1][2]

    def before(self, start: int, work_start: int) -> list[_Block]:
        """Return how a copy goes on before a place, as far as that pays: the same, backwards."""
        backwards = _Pair(self.text[:start][::-1], self.work[:work_start][::-1], self.clean[: start + 1][::-1])
        found = backwards.after(0, 0)
        return [(start - at - size, work_start - there - size, size) for at, there, size in reversed(found)]


class _Unseen(_Pair):
    """A text and a work of which no tokens are kept: nothing but the runs is known to be equal."""

    def between(self, start: int, end: int, work_start: int, work_end: int) -> list[_Block]:  # noqa: ARG002
        """Return nothing."""
        return []

    def after(self, end: int, work_end: int) -> list[_Block]:  # noqa: ARG002
        """Return nothing."""
        return []

    def before(self, start: int, work_start: int) -> list[_Block]:  # noqa: ARG002
        """Return nothing."""
        return []


def _pair(tokens: NDArray[np.uint16], segment: Segment, ordinal: int, clean: NDArray[np.bool_]) -> _Pair:
    if segment.footer.keep is Keep.FINGERPRINTS:
        return _Unseen(tokens, tokens, clean)
    begin, end = segment.starts[ordinal : ordinal + 2].tolist()
    return _Pair(tokens, segment.tokens[begin:end], clean)


def _equal(text: list[int], work: list[int]) -> list[_Block]:
    if not text or not work:
        return []
    blocks = LCSseq.editops(text, work).as_matching_blocks()
    return [(block.a, block.b, block.size) for block in blocks if block.size]


def _prefix(text: list[int], work: list[int], clean: list[bool]) -> list[_Block]:
    """Return the equal blocks at the beginning of both, up to where they are worth the most."""
    blocks = _equal(text, work)
    best, kept, score, reached = 0.0, 0, 0.0, 0
    for count, (at, there, size) in enumerate(blocks, 1):
        score += size - (at + there - reached) / 2
        reached = at + there + 2 * size
        if score > best:
            best, kept = score, count
    return _cut_clean(blocks[:kept], clean)


def _cut_clean(blocks: list[_Block], clean: list[bool]) -> list[_Block]:
    """Take equal tokens off the end until no character is divided there."""
    while blocks:
        at, there, size = blocks.pop()
        while size and not clean[at + size]:
            size -= 1
        if size:
            return [*blocks, (at, there, size)]
    return blocks


@dataclass(slots=True)
class _Strand:
    """A chain that grows from left to right: its blocks, of which `runs` are runs, and its points."""

    blocks: list[_Block]
    score: float
    runs: int = 1

    @property
    def end(self) -> int:
        return self.blocks[-1][0] + self.blocks[-1][2]

    @property
    def work_end(self) -> int:
        return self.blocks[-1][1] + self.blocks[-1][2]

    def distance(self, run: _Block) -> int | None:
        """Return how far a run is from the end, over both sides; None where it cannot follow."""
        start, work_start, _ = run
        taken = max(self.end - start, self.work_end - work_start, 0)  # what text or work have in common with the end
        gap, work_gap = start + taken - self.end, work_start + taken - self.work_end
        return gap + work_gap if taken <= _OVERLAP and max(gap, work_gap) <= REACH else None

    def join(self, run: _Block, pair: _Pair) -> bool:
        """Add a run that can follow, if the gap before it costs less than lies on either side of it."""
        taken = max(self.end - run[0], self.work_end - run[1], 0)
        start, work_start, size = run[0] + taken, run[1] + taken, run[2] - taken
        between = pair.between(self.end, start, self.work_end, work_start)
        equal = sum(block[2] for block in between)
        cost = (start - self.end + work_start - self.work_end) / 2 - 2 * equal
        if cost >= min(self.score, size):
            return False
        self.blocks += [*between, (start, work_start, size)]
        self.score += size - cost
        self.runs += 1
        return True


def _strands(group: Runs, pair: _Pair) -> Iterator[_Strand]:
    """String the runs of a group together, each with the nearest strand that it can follow."""
    strands: list[_Strand] = []
    columns = (group.starts.tolist(), group.work_starts.tolist(), (group.ends - group.starts).tolist())
    for run in zip(*columns, strict=True):
        near = [(distance, i) for i, s in enumerate(strands) if (distance := s.distance(run)) is not None]
        if near and strands[min(near)[1]].join(run, pair):
            continue
        strands.append(_Strand([run], run[2]))
        if len(strands) > _OPEN:
            yield strands.pop(min(range(len(strands)), key=lambda i: strands[i].end))
    yield from strands


def _chain(strand: _Strand, pair: _Pair, ordinal: int) -> Chain | None:
    """Return the chain of a strand, moved on at both ends, if it is substantial."""
    if strand.runs < 2:
        return None
    blocks = pair.before(*strand.blocks[0][:2]) + strand.blocks + pair.after(strand.end, strand.work_end)
    (start, work_start, _), (last, work_last, size) = blocks[0], blocks[-1]
    stretches = tuple((at, at + length) for at, _, length in blocks)
    chain = Chain(start, last + size, ordinal, work_start, work_last + size, stretches)
    substantial = sum(length for _, _, length in strand.blocks) >= GUARANTEE
    return chain if substantial and chain.similarity >= LEAST_SIMILARITY else None
