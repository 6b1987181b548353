"""Prefilter for the end of a growing text: whether a check there could find anything (filter and verify).

A check costs a millisecond, so the newest tokens are looked up first: their anchors in all segments, and the exact
matches that these lead to. A *candidate* is a match that is long enough by itself, one of two shorter ones of a work
near each other, as in a copy with changed words, or a short work. Nothing is judged here.
"""

from __future__ import annotations

import numpy as np

from provenance.database import Snapshot
from provenance.live.live_matches import ContentId
from provenance.match import mark_long_enough, pick_anchors, search_segments
from provenance.text import Tokens
from provenance.thresholds import LEAST_RUN

REMEMBERED = 64
"""Tokens before the new ones that are looked up again with them, so that a match is seen in its length."""
NEAR = 128
"""The most tokens between two short matches of a work that may be parts of one copy."""

_Span = tuple[int, int]
"""Half-open token offsets into the text."""
_COLUMNS = ("ids", "starts", "ends", "heads")


class Prefilter:
    """Follows a text and remembers the candidates near its end.

    Args:
        snapshot: what is searched; may be replaced by a later one.

    Attributes:
        tokens: how many tokens have come.
        last_end: the token at which the last candidate ends; 0 before there is one.
        last_character: the character at which it ends.
        tail_start: the token at which the longest candidate begins that reaches the end of the text; else `tokens`.
        longest: the length of the longest new candidate among the newest tokens.
        has_ended: whether a candidate that is long enough, or a short work, ended among the tokens fed last.
    """

    def __init__(self, snapshot: Snapshot) -> None:
        self.snapshot = snapshot
        self.tokens = 0
        self.last_end = self.last_character = 0
        self.tail_start = 0
        self.longest = 0
        self.has_ended = False
        self._recent = Tokens(
            np.empty(0, np.uint16), np.empty(0, np.int32), np.empty(0, np.int32), np.empty(0, np.bool_)
        )
        self._latest: dict[ContentId, dict[int, _Span]] = {}  # by work and diagonal, the last match there

    def character_at(self, token: int) -> int:
        """Return the character at which one of the newest tokens begins."""
        return int(self._recent.starts[token - self.tokens])

    def feed(self, new: Tokens, reported: int = 0, *, only_anchors: bool = False) -> None:
        """Add tokens to the text, and update the attributes.

        Args:
            new: the tokens, with their offsets in the whole text.
            reported: the token up to which passages are reported. Candidates that begin before it, less the guaranteed
                length, are not new.
            only_anchors: look anchors up, and follow no match. While a passage grows it is enough to know whether it
                still does.
        """
        before, self.tokens = self.tokens, self.tokens + len(new)
        size = REMEMBERED + len(new)
        recent = self._recent
        self._recent = Tokens(
            *(np.concatenate((getattr(recent, name), getattr(new, name)))[-size:] for name in _COLUMNS)
        )
        first = self.tokens - len(self._recent)
        if only_anchors and (end := self._find_last_anchor()):
            end_character = int(self._recent.ends[end - 1])
            # text of a candidate known before may reach further than the last anchor: never go back
            self.last_end, self.last_character = max((self.last_end, self.last_character), (first + end, end_character))
            self.tail_start, self.longest, self.has_ended = self.tokens, 0, False
            return
        candidates = self._find_candidates(first)
        short_works = [first + match.end for match in self.snapshot.phrases.find(self._recent)]
        if (last := max([0, *(end for _, end, _ in candidates), *short_works])) > self.last_end:
            self.last_end, self.last_character = last, int(self._recent.ends[last - first - 1])
        self.tail_start = min([self.tokens, *(start for start, end, _ in candidates if end == self.tokens)])
        fresh = [each for each in candidates if each[0] > reported - LEAST_RUN]
        self.longest = max((end - start for start, end, _ in fresh), default=0)
        ends = [end for _, end, is_enough in fresh if is_enough and end < self.tokens] + short_works
        self.has_ended = any(end >= before for end in ends)

    def _find_last_anchor(self) -> int:
        """Return where the last anchor among the newest tokens ends that any work has; 0 where none has."""
        last = 0
        for segment, anchors in pick_anchors(self._recent.ids, self.snapshot.segments.values()):
            found = segment.find(anchors.fingerprints)
            for query in (*found.queries[-1:].tolist(), *found.crowded):
                last = max(last, int(anchors.positions[query]) + segment.sampling.n)
        return last

    def _find_candidates(self, first: int) -> list[tuple[int, int, bool]]:
        """Return the candidates among the newest tokens, each as long as it was seen so far, and if that is enough.

        Args:
            first: the number of the first of these tokens in the text.
        """
        near = self.tokens - NEAR  # matches that end before it cannot be parts of a copy that still grows
        kept = {
            content: {diagonal: span for diagonal, span in spans.items() if span[1] > near}
            for content, spans in self._latest.items()
        }
        self._latest = {content: spans for content, spans in kept.items() if spans}
        candidates, segments = [], self.snapshot.segments.values()
        for segment, found in search_segments(self._recent.ids, segments, self.snapshot.state.deleted):
            enough = mark_long_enough(found, segment).tolist()
            for (start, end, ordinal, work_start, _), is_enough in zip(found.rows(), enough, strict=True):
                span = first + start, first + end
                diagonal = work_start - span[0]
                latest = self._latest.setdefault((segment.name, ordinal), {})
                earlier = latest.get(diagonal, span)
                if earlier[1] >= span[0]:  # the same match, which began before the tokens looked up now
                    span = min(span[0], earlier[0]), span[1]
                has_other = earlier[1] < span[0] or len(latest) > (diagonal in latest)
                latest[diagonal] = span
                is_match = is_enough or span[1] - span[0] >= LEAST_RUN  # it may have begun before
                if is_match or has_other:
                    candidates.append((*span, is_match))
        return candidates
