"""Is it worth looking closely at the end of a text that is being written?

A close look is a whole check, and costs a millisecond. So the newest tokens are looked up first: their anchors in all
segments, with the runs that these lead to. It is worth it where a work has a run of the guaranteed length, two shorter
ones near each other, as in a copy of which words were changed, or where a phrase stands. Nothing is judged here.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from provenance.align import shared_runs
from provenance.ingest import Snapshot
from provenance.shingles import GUARANTEE, N, winnow
from provenance.text import Tokens

REMEMBERED = 64
"""So many tokens before the new ones are looked up again with them, so that a run is seen in its length."""
NEAR = 128
"""Within so many tokens two short runs of a work may be parts of one copy."""

_Place = tuple[str, int]
"""A segment, and the work in it."""
_Run = tuple[int, int, int]
"""Half-open tokens of the text, and how much further on the run stands in the work."""


class Alarm:
    """Follows a text and remembers what lately stood in works.

    Args:
        snapshot: what is searched; may be replaced by a later one.

    Attributes:
        tokens: how many have come. last: where the last of those ends that stand in something worth a look; 0 if there
        was nothing. place: the character where it ends. begun: where the longest run begins that reaches the end of the
        text; else `tokens`.
        longest: the length of the longest run that was seen among the newest tokens. ended: did a run of the guaranteed
        length, or a phrase, end among the last that came?
    """

    def __init__(self, snapshot: Snapshot) -> None:
        self.snapshot = snapshot
        self.tokens = 0
        self.last = self.place = 0
        self.begun = 0
        self.longest = 0
        self.ended = False
        self._recent = _nothing()
        self._runs: dict[_Place, set[_Run]] = {}

    def start(self, token: int) -> int:
        """Return the character at which one of the newest tokens begins."""
        return int(self._recent.starts[token - self.tokens])

    def feed(self, new: Tokens) -> None:
        """Take the next tokens."""
        before, self.tokens = self.tokens, self.tokens + len(new)
        self._recent = _last(_joined(self._recent, new), REMEMBERED + len(new))
        first = self.tokens - len(self._recent)
        self._forget()
        worth = [run for place, run in self._looked_up(first) if self._is_worth_it(place, run)]
        phrases = [first + match.end for match in self.snapshot.phrases.find(self._recent)]
        ends = [end for start, end, _ in worth if end - start >= GUARANTEE and end < self.tokens] + phrases
        if (last := max([0, *(end for _, end, *_ in worth), *phrases])) > self.last:
            self.last, self.place = last, int(self._recent.ends[last - first - 1])
        self.begun = min([self.tokens, *(start for start, end, _ in worth if end == self.tokens)])
        self.longest = max((end - start for start, end, _ in worth), default=0)
        self.ended = any(end >= before for end in ends)

    def _looked_up(self, first: int) -> Iterator[tuple[_Place, _Run]]:
        """Yield the runs in the newest tokens, the first of which is the `first`-th of the text."""
        anchors = winnow(self._recent.ids)
        for name, segment in self.snapshot.segments.items():
            found = segment.find(anchors.fingerprints)
            if len(found.queries) or found.crowded:
                gone = self.snapshot.state.dead.get(name, frozenset())
                runs = shared_runs(self._recent.ids, anchors, segment, dead=gone, least=N)
                for start, end, ordinal, at, _ in runs.rows():
                    yield (name, ordinal), (first + start, first + end, at - first - start)

    def _is_worth_it(self, place: _Place, run: _Run) -> bool:
        """Is a run long, or have we lately seen another one of the same work? From now on we have seen this one."""
        start, end, distance = run
        others = self._runs.setdefault(place, set())
        others.add(run)
        return end - start >= GUARANTEE or any(other[2] != distance or other[1] < start for other in others)

    def _forget(self) -> None:
        """Forget the runs that are too far away to be parts of what may still come."""
        if self._runs:
            near = self.tokens - NEAR
            kept = {place: {run for run in runs if run[1] > near} for place, runs in self._runs.items()}
            self._runs = {place: runs for place, runs in kept.items() if runs}


def _nothing() -> Tokens:
    return Tokens(np.empty(0, np.uint16), np.empty(0, np.int32), np.empty(0, np.int32), np.empty(0, np.bool_))


def _joined(before: Tokens, new: Tokens) -> Tokens:
    columns = ((getattr(before, name), getattr(new, name)) for name in ("ids", "starts", "ends", "heads"))
    return Tokens(*(np.concatenate(column) for column in columns))


def _last(tokens: Tokens, count: int) -> Tokens:
    return Tokens(*(getattr(tokens, name)[-count:] for name in ("ids", "starts", "ends", "heads")))
