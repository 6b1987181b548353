"""Which works does the end of a growing text run along?

The newest tokens are looked up every so often; a run that reaches the end is then followed token by token, by comparing
with the work. Whose works these are, and what a run means, is not known here.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from provenance.database import Snapshot
from provenance.fingerprints import GUARANTEE, N, winnow
from provenance.index import Segment
from provenance.match import shared_runs
from provenance.works import Keep

_WINDOW = 128
"""So many of the last tokens are looked up, or three times the shortest passage that matters."""

_NEAR = 4
"""Where there may be a near copy, it is looked up after so many."""

Content = tuple[str, int]
"""The name of a segment, and a work in it."""


@dataclass(slots=True)
class Trail:
    """A run of equal tokens that reaches the end of the text.

    Attributes:
        segment, ordinal: the work. start: the token of the text at which the run begins. at: where the work goes on, as
        a token of the segment. due: how long the run must have become before it is judged again.
    """

    segment: Segment
    ordinal: int
    start: int
    at: int
    due: int

    @property
    def content(self) -> Content:
        """The work."""
        return self.segment.name, self.ordinal

    def agrees(self, tokens: list[int]) -> bool:
        """Does the work go on with these tokens?"""
        end = int(self.segment.starts[self.ordinal + 1])
        following: list[int] = self.segment.tokens[self.at : min(self.at + len(tokens), end)].tolist()
        return following == tokens


class Trails:
    """The end of one text, and what runs along it.

    Args:
        least: from how many tokens on a passage matters.
    """

    def __init__(self, snapshot: Snapshot, least: int) -> None:
        self._snapshot = snapshot
        self._least = least
        self._window = max(_WINDOW, 3 * least)
        self._looked = 0
        self.recent: list[int] = []
        self.count = 0
        self.ends: list[Trail] = []
        self.near: dict[Content, list[int]] = {}
        """The lengths of the runs, of N tokens or more, that the tokens looked up last share with each work."""

    @property
    def spacing(self) -> int:
        """How many tokens may come between two look-ups, so that a run is known before it matters."""
        return max(1, min(self._least - GUARANTEE, _NEAR if self.is_near else self._least))

    @property
    def room(self) -> int:
        """How many tokens may come before the next look-up."""
        return self._looked + self.spacing - self.count

    def take(self, tokens: list[int]) -> bool:
        """Take more of the text; say whether it was looked up."""
        self.recent = (self.recent + tokens)[-self._window :]
        self.count += len(tokens)
        before = self.ends
        self.ends = [trail for trail in before if trail.agrees(tokens)]
        for trail in self.ends:
            trail.at += len(tokens)
        if len(self.ends) < len(before):
            for trail in self.ends:
                trail.due = self._least  # what it was judged with is gone
        if self.room > 0 or self.count < GUARANTEE:
            return False
        self._look_up()
        return True

    @property
    def is_near(self) -> bool:
        """May the tokens looked up last be a near copy, or a copy of what cannot be followed?"""
        return any(
            sum(lengths) >= GUARANTEE and (len(lengths) > 1 or not self.is_kept(content))
            for content, lengths in self.near.items()
        )

    def segment(self, content: Content) -> Segment:
        """Return the segment that has a work."""
        return self._snapshot.segments[content[0]]

    def is_kept(self, content: Content) -> bool:
        """Say whether the tokens of a work are kept, so that it can be followed."""
        return self.segment(content).footer.keep is not Keep.FINGERPRINTS

    def _look_up(self) -> None:
        self._looked, self.near = self.count, {}
        tokens = np.array(self.recent, np.uint16)
        known = {(trail.segment.name, trail.at) for trail in self.ends}
        for segment, ordinal, start, end, at in self._runs(tokens):
            content = segment.name, ordinal
            self.near.setdefault(content, []).append(end - start)
            place = int(segment.starts[ordinal]) + at + end - start
            if end == len(tokens) and self.is_kept(content) and (segment.name, place) not in known:
                begun = self.count - len(tokens) + start
                self.ends.append(Trail(segment, ordinal, begun, place, self._least))

    def _runs(self, tokens: NDArray[np.uint16]) -> Iterator[tuple[Segment, int, int, int, int]]:
        """Yield the segment, the work, start and end in the text and start in the work of each run."""
        anchors = winnow(tokens)
        for name, segment in self._snapshot.segments.items():
            gone = self._snapshot.state.deleted.get(name, frozenset())
            for start, end, ordinal, at, _ in shared_runs(tokens, anchors, segment, dead=gone, least=N).rows():
                yield segment, ordinal, start, end, at
