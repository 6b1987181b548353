"""Works that the end of a growing text runs along.

The newest tokens are looked up every so often. A match that reaches the end of the text is then followed token by
token, by comparing with the work. To whom the works belong, and what a match means, is decided elsewhere.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from provenance.database import Snapshot
from provenance.index import Segment
from provenance.match import search_segments
from provenance.thresholds import LEAST_NEAR_COPY, LEAST_RUN
from provenance.works import Keep

_WINDOW = 128
"""The fewest of the last tokens that are looked up; three times the shortest passage that matters, if that is more."""
_SPACING_NEAR = 4
"""Tokens between two look-ups where there may be a near copy."""

ContentId = tuple[str, int]
"""The name of a segment, and a work in it."""


@dataclass(slots=True)
class LiveMatch:
    """A stretch of equal tokens that reaches the end of the text.

    Attributes:
        segment: has the work.
        ordinal: the work, by its number in the segment.
        start: the token of the text at which the match begins.
        next_position: where the work continues, as a token of the segment.
        next_check: the length at which the end of the text is checked again.
    """

    segment: Segment
    ordinal: int
    start: int
    next_position: int
    next_check: int

    @property
    def content(self) -> ContentId:
        """The work."""
        return self.segment.name, self.ordinal

    def continues_with(self, tokens: list[int]) -> bool:
        """Return whether these are the work's next tokens."""
        end = int(self.segment.starts[self.ordinal + 1])
        # the work may end first; what then follows in the segment is another work
        following: list[int] = self.segment.tokens[
            self.next_position : min(self.next_position + len(tokens), end)
        ].tolist()
        return following == tokens


class LiveMatches:
    """The end of one text, and the works that it runs along.

    Args:
        snapshot: what is searched.
        least: the fewest tokens of a passage that matters.

    Attributes:
        recent: the newest tokens.
        count: how many tokens there are in all.
        matches: those that reach the end of the text.
        nearby: for each work, the lengths of its matches at the last look-up.
    """

    def __init__(self, snapshot: Snapshot, least: int) -> None:
        self._snapshot = snapshot
        self._least = least
        self._window = max(_WINDOW, 3 * least)
        self._last_search = 0
        self.recent: list[int] = []
        self.count = 0
        self.matches: list[LiveMatch] = []
        self.nearby: dict[ContentId, list[int]] = {}

    @property
    def tokens_until_search(self) -> int:
        """How many tokens may come before the next look-up, so that a match is known before it matters."""
        spacing = min(self._least - LEAST_RUN, _SPACING_NEAR if self.is_near_copy_possible else self._least)
        return self._last_search + max(1, spacing) - self.count

    @property
    def is_near_copy_possible(self) -> bool:
        """Whether the tokens looked up last may be a near copy, or a copy of a work that cannot be followed."""
        return any(
            sum(lengths) >= LEAST_NEAR_COPY and (len(lengths) > 1 or not self.has_tokens(content))
            for content, lengths in self.nearby.items()
        )

    def add(self, tokens: list[int]) -> bool:
        """Add tokens to the text; return whether it was looked up."""
        self.recent = (self.recent + tokens)[-self._window :]
        self.count += len(tokens)
        before = self.matches
        self.matches = [match for match in before if match.continues_with(tokens)]
        for match in self.matches:
            match.next_position += len(tokens)
            if len(self.matches) < len(before):
                match.next_check = self._least  # the last check may have judged a match that has ended now
        if self.tokens_until_search > 0 or self.count < LEAST_RUN:
            return False
        self._last_search, self.nearby = self.count, {}
        newest = np.array(self.recent, np.uint16)
        known = {(match.segment.name, match.next_position) for match in self.matches}
        segments, deleted = self._snapshot.segments.values(), self._snapshot.state.deleted
        for segment, found in search_segments(newest, segments, deleted):
            for start, end, ordinal, work_start, _ in found.rows():
                content = segment.name, ordinal
                self.nearby.setdefault(content, []).append(end - start)
                position = int(segment.starts[ordinal]) + work_start + end - start
                is_new = (segment.name, position) not in known
                if end == len(newest) and is_new and self.has_tokens(content):
                    begin = self.count - len(newest) + start
                    self.matches.append(LiveMatch(segment, ordinal, begin, position, self._least))
        return True

    def segment(self, content: ContentId) -> Segment:
        """Return the segment that has a work."""
        return self._snapshot.segments[content[0]]

    def has_tokens(self, content: ContentId) -> bool:
        """Return whether the tokens of a work are kept, so that it can be followed."""
        return self.segment(content).footer.keep is not Keep.FINGERPRINTS
