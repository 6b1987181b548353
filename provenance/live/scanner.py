"""Scanner of a growing text: when to check its end, and what is new there.

The text is taken in pieces that no word spans. A `Prefilter` looks the newest tokens up. Only where it has a candidate
is the end of the text checked, as `Checker` checks a whole one: when the candidate has become long enough to matter,
from time to time while it grows, and once more when nothing about it can change. So what a token costs does not depend
on how many came before it.

A finding made here is as good as the text around it. The whole text may change it, so `StreamChecker` checks that when
the text has ended.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from provenance.check.checker import Checker
from provenance.check.credits import BESIDE
from provenance.check.prompt import Prompt
from provenance.live.events import Noticed
from provenance.live.passage_events import PassageEvents
from provenance.live.prefilter import REMEMBERED, Prefilter
from provenance.match import REACH
from provenance.policy import PolicySettings
from provenance.reports import Finding, Kind, Report
from provenance.text import Tokens, load_tokenizer
from provenance.thresholds import LEAST_RUN

STEP = 80
"""Characters buffered per look-up."""
SETTLED = REACH + LEAST_RUN
"""Tokens after a passage (with `BESIDE` characters, for a credit) from which on nothing makes it longer."""
HELD = 64
"""The most tokens at the end that may become a passage without an event so far."""
_SPACING = 96
"""Tokens between two checks while a passage grows, or an eighth of the tokens that are checked, if that is more."""
_SLOW_CHECK_WORKS = 64
"""A passage of more works takes longer to check, and is checked a quarter as often."""
_KEPT_TOKENS = 2 * SETTLED
"""Tokens before the newest that are checked with them."""
_KEPT_CHARACTERS = 512
_KEPT_WITHOUT_TOKENS = 1 << 14
"""The most characters that are kept where there are few tokens, as in white space, unless a passage is open there."""


@dataclass(frozen=True, slots=True)
class _Piece:
    """Text between two places that no word spans.

    Attributes:
        text: the characters.
        start: the character of the whole text at which it begins.
        tokens: how many tokens it has.
    """

    text: str
    start: int
    tokens: int


class Scanner:
    """Follows one text.

    Args:
        checker: checks the end of the text.
        prompt: what the user supplied.
        hold: look up twice as often, and follow what begins within a passage too, since text is shown only afterwards.

    Attributes:
        events: the passages of the text so far.
    """

    def __init__(self, checker: Checker, prompt: Prompt | None, *, hold: bool = False) -> None:
        self.events = PassageEvents()
        self._checker = checker
        self._prompt = prompt
        self._tokenizer = load_tokenizer()
        self._prefilter = Prefilter(checker.database.snapshot())
        self._hold = hold
        self._least = min(least_tokens(checker.settings), REMEMBERED)
        self._buffer: list[str] = []
        self._step = STEP // 2 if hold else STEP
        self._buffered, self._wanted = 0, self._step  # characters that are in the buffer, and that are to be
        self._pieces: deque[_Piece] = deque()
        self._end = 0  # of the pieces, in characters
        self._size = 0  # of the pieces, in tokens
        self._last_scan = self._last_settled = 0  # after how many tokens we checked last, and last found all settled
        self._spacing = _SPACING
        self._was_ready = False

    @property
    def has_candidate(self) -> bool:
        """Whether something was found that may still change."""
        return self._prefilter.last_end > self._last_settled

    def is_due_after(self, characters: int) -> bool:
        """Return whether something is looked up when this many more characters have come."""
        return self._buffered + characters >= self._wanted

    def feed(self, text: str) -> list[Noticed]:
        """Add text and return what is new."""
        is_due = self.is_due_after(len(text))
        self._buffer.append(text)
        self._buffered += len(text)
        if not is_due:
            return []
        buffered = "".join(self._buffer)
        cut = self._tokenizer.normalizer.settled(buffered)  # the last place that no word spans, whatever follows
        rest = buffered[cut:]
        self._buffer, self._buffered = [rest], len(rest)
        # while there is no such place the buffer grows by a quarter each time: one endless word costs linear time
        self._wanted = max(self._step, len(rest) + max(self._step, len(rest) // 4) if not cut else 0)
        return self._scan_piece(buffered[:cut]) if cut else []

    def releasable(self) -> int:
        """Return the character up to which the text may be shown: each passage before it has an event.

        That is where a candidate begins that reaches the end, unless it is an open passage already. Without one it is
        where the last tokens begin, which are too few for a match to be found.
        """
        prefilter = self._prefilter
        if self.events.has_open_at(self._end):
            return self._end
        token = max(min(prefilter.tail_start, prefilter.tokens - LEAST_RUN + 1), prefilter.tokens - HELD)
        if token < 0 or not prefilter.tokens:
            return 0
        return prefilter.character_at(token) if token < prefilter.tokens else self._end

    def _scan_piece(self, text: str) -> list[Noticed]:
        """Look a piece of text up, and check the end of the text if it is time."""
        prefilter = self._prefilter
        tokens = self._tokenizer.encode_with_offsets(text)
        before, shift = prefilter.last_end, np.int32(self._end)
        is_growing = before > prefilter.tokens - LEAST_RUN and self.events.has_open
        prefilter.feed(
            Tokens(tokens.ids, tokens.starts + shift, tokens.ends + shift, tokens.heads),
            self.events.last_token,
            only_anchors=is_growing and not self._hold,
        )
        self._pieces.append(_Piece(text, self._end, len(tokens)))
        self._size += len(tokens)
        self._end += len(text)
        if before <= self._last_settled < prefilter.last_end:
            self._last_scan = prefilter.tokens  # a new candidate: its spacing begins here
        if not self.has_candidate:
            self._drop_pieces(self._end)
            return []
        # it is time when a candidate becomes long enough, has ended, has grown for a while, or is settled
        is_ready = prefilter.longest >= self._least
        became_ready, self._was_ready = is_ready and not self._was_ready, is_ready
        is_late = prefilter.tokens - self._last_scan >= self._spacing
        is_settled = self._is_settled(prefilter.last_end, prefilter.last_character)
        return self._check_end() if became_ready or prefilter.has_ended or is_late or is_settled else []

    def _is_settled(self, token: int, character: int) -> bool:
        """Return whether a passage that ends at a token and a character cannot change any more."""
        return self._prefilter.tokens - token >= SETTLED and self._end - character >= BESIDE

    def _check_end(self) -> list[Noticed]:
        """Check the end of the text."""
        prefilter, start, size = self._prefilter, self._pieces[0].start, self._size
        prefilter.snapshot = self._checker.database.snapshot()
        report = self._checker.examine("".join(piece.text for piece in self._pieces), self._prompt)
        findings = list(_shift_findings(report, start, prefilter.tokens - size))
        events = self.events.update(findings, start, lambda each: self._is_settled(each.passage.token_end, each.end))
        self._last_scan = prefilter.tokens
        is_slow = any(finding.passage.works > _SLOW_CHECK_WORKS for finding in findings)
        self._spacing = max(_SPACING, size // 8) * (4 if is_slow else 1)
        if self._is_settled(prefilter.last_end, prefilter.last_character):
            unsettled = [each for each in findings if not self._is_settled(each.passage.token_end, each.end)]
            if unsettled:  # a near copy may reach further than the candidate that led to it
                prefilter.last_end = max(finding.passage.token_end for finding in unsettled)
                prefilter.last_character = max(finding.end for finding in unsettled)
            else:
                self._last_settled, self._spacing = prefilter.tokens, _SPACING
        self._drop_pieces(self.events.first_open(self._end))
        return events

    def _drop_pieces(self, character: int) -> None:
        """Drop the pieces that are too far before a character, and before the end, to be checked again."""
        pieces = self._pieces
        while len(pieces) > 1 and character - pieces[1].start >= _KEPT_CHARACTERS:
            is_enough = self._size - pieces[0].tokens >= _KEPT_TOKENS
            if not (is_enough or character - pieces[1].start >= _KEPT_WITHOUT_TOKENS):
                return
            self._size -= pieces.popleft().tokens


def least_tokens(settings: PolicySettings) -> int:
    """Return the fewest tokens of a passage that may matter to the policy, under any of its rules."""
    rules = (*settings.statuses.values(), *settings.families.values(), *settings.collections.values())
    return min([settings.min_tokens, *(rule.min_tokens for rule in rules if rule.min_tokens is not None)])


def _shift_findings(report: Report, start: int, token_start: int) -> Iterator[Finding]:
    """Yield the findings in a part of a text, with their offsets in the whole."""
    for finding in report.findings:
        passage = finding.passage
        if passage.kind is Kind.SCATTERED:  # how much of the text it is shows when the text has ended
            continue
        stretches = tuple((first + token_start, last + token_start) for first, last in passage.stretches)
        yield replace(
            finding,
            passage=replace(
                passage, start=passage.start + start, end=passage.end + start, stretches=stretches,
                token_start=passage.token_start + token_start, token_end=passage.token_end + token_start,
            ),
        )  # fmt: skip
