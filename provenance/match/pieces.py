"""Pieces: equal runs of one work that are spread over a text, each perhaps too short to be a match by itself.

A text may be put together from sentences of one work with other words between them. Each run of at least the guaranteed
length of the index is found; what they come to is judged in `check`. Works of which a text has only a few tokens are
left out here, before anything is looked up about them.

Example: a text has the tokens 0 to 12 and 20 to 33 of one work, and 40 to 49 of another. The first has two pieces of 25
tokens in all and is kept; the second has 9 tokens in one piece and is not.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from provenance.index import Segment
from provenance.match.exact import ExactMatches
from provenance.thresholds import LEAST_SCATTERED


@dataclass(frozen=True, slots=True)
class WorkPieces:
    """The runs of one work in a text, none of which is within another one.

    Attributes:
        segment: the name of the segment.
        ordinal: the work, by its number in the segment.
        work_tokens: the length of the work.
        runs: start and end of each in the text, and its start in the work, in order of the text.
    """

    segment: str
    ordinal: int
    work_tokens: int
    runs: tuple[tuple[int, int, int], ...]


def group_pieces(segment: Segment, found: ExactMatches) -> Iterator[WorkPieces]:
    """Yield the works that have two pieces or more, which come to `LEAST_SCATTERED` tokens of the text.

    Args:
        segment: has the works.
        found: sorted by work and then by start; within a work the ends ascend too.
    """
    new_work = np.diff(found.ordinals, prepend=-1) != 0
    overlap = np.where(new_work, 0, np.maximum(0, np.roll(found.ends, 1) - found.starts))
    firsts = np.flatnonzero(new_work)
    counts = np.diff(np.append(firsts, len(found)))
    sums = np.add.reduceat(found.lengths - overlap, firsts) if len(firsts) else counts
    for number in np.flatnonzero((counts > 1) & (sums >= LEAST_SCATTERED)).tolist():
        group = slice(firsts[number], firsts[number] + counts[number])
        ordinal = int(found.ordinals[group.start])
        columns = (found.starts[group], found.ends[group], found.work_starts[group])
        runs = tuple(zip(*(column.tolist() for column in columns), strict=True))
        begin, end = segment.starts[ordinal : ordinal + 2].tolist()
        yield WorkPieces(segment.name, ordinal, end - begin, runs)
