"""Is it worth looking closely at the end of a text that is being written?

A close look is a whole check, and costs a millisecond. So the newest tokens are looked up first: their anchors in all
segments, with the runs that these lead to. It is worth it where a work has a run of the guaranteed length, two shorter
ones near each other, as in a copy of which words were changed, or where a phrase stands. Nothing is judged here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np

from provenance.database import Snapshot
from provenance.fingerprints import GUARANTEE, Anchors, N, winnow
from provenance.index import Postings
from provenance.match import shared_runs
from provenance.text import Tokens

REMEMBERED = 64
"""So many tokens before the new ones are looked up again with them, so that a run is seen in its length."""
NEAR = 128
"""Within so many tokens two short runs of a work may be parts of one copy."""

_Place = tuple[str, int]
"""A segment, and the work in it."""
_Run = tuple[int, int]
"""Half-open tokens of the text."""


class Alarm:
    """Follows a text and remembers what lately stood in works.

    Args:
        snapshot: what is searched; may be replaced by a later one.

    Attributes:
        tokens: how many have come. last: where the last of those ends that stand in something worth a look; 0 if there
        was nothing. place: the character where it ends. begun: where the longest run begins that reaches the end of the
        text; else `tokens`.
        longest: the length of the longest run among the newest tokens that is new. ended: did one of the guaranteed
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
        self._runs: dict[_Place, dict[int, _Run]] = {}  # the last one at each distance between text and work

    def start(self, token: int) -> int:
        """Return the character at which one of the newest tokens begins."""
        return int(self._recent.starts[token - self.tokens])

    def feed(self, new: Tokens, known: int = 0, *, growing: bool = False) -> None:
        """Take the next tokens.

        Args:
            known: of what begins before this token, less the guaranteed length, nothing is new.
            growing: a passage goes on, and it is enough to know whether it still does: look anchors up, follow no run.
        """
        before, self.tokens = self.tokens, self.tokens + len(new)
        self._recent = _last(_joined(self._recent, new), REMEMBERED + len(new))
        first = self.tokens - len(self._recent)
        self._forget()
        anchors = winnow(self._recent.ids)
        hits = self._hits(anchors)
        if growing and (end := _last_end(anchors, hits.values())):
            self.last, self.place = max((self.last, self.place), (first + end, int(self._recent.ends[end - 1])))
            self.begun, self.longest, self.ended = self.tokens, 0, False
            return
        worth = [run for found in self._runs_through(anchors, hits, first) if (run := self._if_worth_it(*found))]
        phrases = [first + match.end for match in self.snapshot.phrases.find(self._recent)]
        if (last := max([0, *(end for _, end in worth), *phrases])) > self.last:
            self.last, self.place = last, int(self._recent.ends[last - first - 1])
        self.begun = min([self.tokens, *(start for start, end in worth if end == self.tokens)])
        fresh = [(start, end) for start, end in worth if start > known - GUARANTEE]
        self.longest = max((end - start for start, end in fresh), default=0)
        ends = [end for start, end in fresh if end - start >= GUARANTEE and end < self.tokens] + phrases
        self.ended = any(end >= before for end in ends)

    def _hits(self, anchors: Anchors) -> dict[str, Postings]:
        """Return the postings of some anchors, for each segment that has any."""
        found = {name: segment.find(anchors.fingerprints) for name, segment in self.snapshot.segments.items()}
        return {name: hits for name, hits in found.items() if len(hits.queries) or hits.crowded}

    def _runs_through(self, anchors: Anchors, hits: Iterable[str], first: int) -> Iterator[tuple[_Place, int, _Run]]:
        """Yield where runs stand of the newest tokens, the first of which is the `first`-th of the text."""
        for name in hits:
            segment, gone = self.snapshot.segments[name], self.snapshot.state.deleted.get(name, frozenset())
            runs = shared_runs(self._recent.ids, anchors, segment, dead=gone, least=N)
            for start, end, ordinal, at, _ in runs.rows():
                yield (name, ordinal), at - start - first, (first + start, first + end)

    def _if_worth_it(self, place: _Place, distance: int, run: _Run) -> _Run | None:
        """Return a run, with what was seen of it before, if it is long, or the work has another one near it."""
        start, end = run
        before = self._runs.setdefault(place, {})
        earlier = before.get(distance, run)
        if earlier[1] >= start:
            start = min(start, earlier[0])
        is_worth_it = end - start >= GUARANTEE or earlier[1] < start or len(before) > (distance in before)
        before[distance] = (start, end)
        return (start, end) if is_worth_it else None

    def _forget(self) -> None:
        """Forget the runs that are too far away to be parts of what may still come."""
        near = self.tokens - NEAR
        for place, runs in list(self._runs.items()):
            for distance, (_, end) in list(runs.items()):
                if end <= near:
                    del runs[distance]
            if not runs:
                del self._runs[place]


def _last_end(anchors: Anchors, hits: Iterable[Postings]) -> int:
    """Return where the last of the anchors ends that has a posting; 0 if none has."""
    queries = [query for each in hits for query in (*each.queries[-1:].tolist(), *each.crowded)]
    return int(anchors.positions[max(queries)]) + N if queries else 0


def _nothing() -> Tokens:
    return Tokens(np.empty(0, np.uint16), np.empty(0, np.int32), np.empty(0, np.int32), np.empty(0, np.bool_))


def _joined(before: Tokens, new: Tokens) -> Tokens:
    columns = ((getattr(before, name), getattr(new, name)) for name in ("ids", "starts", "ends", "heads"))
    return Tokens(*(np.concatenate(column) for column in columns))


def _last(tokens: Tokens, count: int) -> Tokens:
    return Tokens(*(getattr(tokens, name)[-count:] for name in ("ids", "starts", "ends", "heads")))
