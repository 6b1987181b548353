"""Which passages are there at the end of a text that is being written, and when is it time to look?

A text is taken in at places that no word spans. An `Alarm` looks its newest tokens up; only where that rings is the end
of the text checked, as `Checker` checks a whole one: when what was found has become long enough to matter, from time to
time while it grows, and once more when the alarm has been silent for so long that nothing can change. So what a token
costs does not depend on how many came before it. What is found so is as good as what stands around it: the whole text
may throw another light on it, and `StreamChecker` asks for that when the text has ended.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from provenance.check.checker import Checker
from provenance.check.credits import BESIDE
from provenance.check.prompt import Prompt
from provenance.fingerprints import GUARANTEE
from provenance.live.events import Noticed
from provenance.live.passage_events import Ledger
from provenance.live.prefilter import REMEMBERED, Alarm
from provenance.match import REACH
from provenance.policy import PolicySettings
from provenance.reports import Finding, Report
from provenance.text import Tokens, load_tokenizer

STEP = 80
"""So many characters are gathered before they are looked up."""
SETTLED = REACH + GUARANTEE
"""Nothing that comes so many tokens, and `BESIDE` characters, after a passage makes it longer."""
HELD = 64
"""At most so many tokens may still become a passage that nobody was told of."""
_LOOK = 96
"""While a passage grows it is looked at again after so many tokens, or an eighth of what has to be looked at."""
_CROWD = 64
"""A look at what more works have takes longer, and comes four times as seldom."""
_KEPT_TOKENS = 2 * SETTLED
_KEPT_CHARACTERS = 512
"""So much before the newest is looked at with it."""
_KEPT_WITHOUT_TOKENS = 1 << 14
"""And never more characters, as where there is nothing but white space, unless a passage begins before."""


@dataclass(frozen=True, slots=True)
class _Chunk:
    """Text between two places that no word spans: where it begins in the whole, and how many tokens it has."""

    text: str
    start: int
    tokens: int


class Follower:
    """Follows one text.

    Args:
        hold: look twice as often, and for what begins within a passage too, because nothing may be shown before.
    """

    def __init__(self, checker: Checker, prompt: Prompt | None, *, hold: bool = False) -> None:
        step = STEP // 2 if hold else STEP
        self.ledger = Ledger()
        self._checker = checker
        self._prompt = prompt
        self._tokenizer = load_tokenizer()
        self._alarm = Alarm(checker.database.snapshot())
        self._coarse = not hold
        self._least = min(least_tokens(checker.settings), REMEMBERED)
        self._gathered: list[str] = []
        self._count, self._wanted, self._step = 0, step, step  # characters that are gathered, and are to be
        self._chunks: deque[_Chunk] = deque()
        self._end = 0  # of the chunks, in characters
        self._size = 0  # of the chunks, in tokens
        self._looked = self._quiet = 0  # after how many tokens we looked last, and last found all settled
        self._spacing = _LOOK
        self._was_ready = False

    @property
    def rings(self) -> bool:
        """Has something been found that is not settled?"""
        return self._alarm.last > self._quiet

    def wants(self, characters: int) -> bool:
        """Say whether something is looked up when so many more characters have come."""
        return self._count + characters >= self._wanted

    def feed(self, text: str) -> list[Noticed]:
        """Take more of the text and return what is new."""
        is_time = self.wants(len(text))
        self._gathered.append(text)
        self._count += len(text)
        if not is_time:
            return []
        gathered = "".join(self._gathered)
        cut = self._tokenizer.normalizer.settled(gathered)
        rest = gathered[cut:]
        self._gathered, self._count = [rest], len(rest)
        self._wanted = max(self._step, len(rest) + max(self._step, len(rest) // 4) if not cut else 0)
        return self._take(gathered[:cut]) if cut else []

    def free(self) -> int:
        """Return up to which character nothing may become a passage that nobody was told of.

        That is what lies before a run that reaches the end, unless it is known as a passage, or before the last tokens,
        that are too few for a run to be found.
        """
        alarm = self._alarm
        if self.ledger.reaches(self._end):
            return self._end
        free = max(min(alarm.begun, alarm.tokens - GUARANTEE + 1), alarm.tokens - HELD)
        return alarm.start(free) if 0 <= free < alarm.tokens else self._end if free > 0 else 0

    def _take(self, text: str) -> list[Noticed]:
        """Look up a chunk of text, and look closely if it is time."""
        tokens = self._tokenizer.encode_with_offsets(text)
        before = self._alarm.last
        alarm = self._alarm
        growing = self._coarse and alarm.last > alarm.tokens - GUARANTEE and self.ledger.has_open
        alarm.feed(_moved(tokens, self._end), self.ledger.told, growing=growing)
        self._chunks.append(_Chunk(text, self._end, len(tokens)))
        self._size += len(tokens)
        self._end += len(text)
        if before <= self._quiet < self._alarm.last:
            self._looked = self._alarm.tokens  # from here on it is time to look now and then
        if self.rings and self._is_due():
            return self._look()
        if not self.rings:
            self._drop(self._end)
        return []

    def _is_due(self) -> bool:
        """Is it time to look? Something has become long enough, has ended, has grown for a while, or is settled."""
        alarm = self._alarm
        ready = alarm.longest >= self._least
        became_ready, self._was_ready = ready and not self._was_ready, ready
        is_late = alarm.tokens - self._looked >= self._spacing
        return became_ready or alarm.ended or is_late or self._is_settled(alarm.last, alarm.place)

    def _is_settled(self, token: int, character: int) -> bool:
        """Can what ends at a token and a character not change any more?"""
        return self._alarm.tokens - token >= SETTLED and self._end - character >= BESIDE

    def _look(self) -> list[Noticed]:
        """Check the end of the text."""
        chunks = self._chunks
        start, size = chunks[0].start, self._size
        self._alarm.snapshot = self._checker.database.snapshot()
        report = self._checker.examine("".join(chunk.text for chunk in chunks), self._prompt)
        found = list(_in_whole(report, start, self._alarm.tokens - size))
        events = self.ledger.update(found, start, lambda each: self._is_settled(each.passage.token_end, each.end))
        self._looked = self._alarm.tokens
        crowd = any(finding.passage.works > _CROWD for finding in found)
        self._spacing = max(_LOOK, size // 8) * (4 if crowd else 1)
        if self._is_settled(self._alarm.last, self._alarm.place):
            self._settle(found)
        self._drop(self.ledger.open_from(self._end))
        return events

    def _settle(self, found: list[Finding]) -> None:
        """Stop looking, unless a passage goes on behind what the alarm knows of it."""
        still = [each for each in found if not self._is_settled(each.passage.token_end, each.end)]
        if still:
            self._alarm.last = max(finding.passage.token_end for finding in still)
            self._alarm.place = max(finding.end for finding in still)
        else:
            self._quiet, self._spacing = self._alarm.tokens, _LOOK

    def _drop(self, place: int) -> None:
        """Let go of what is too far before a character, and before the end, to be looked at again."""
        chunks = self._chunks
        while len(chunks) > 1 and place - chunks[1].start >= _KEPT_CHARACTERS:
            enough = self._size - chunks[0].tokens >= _KEPT_TOKENS
            if not (enough or place - chunks[1].start >= _KEPT_WITHOUT_TOKENS):
                return
            self._size -= chunks.popleft().tokens


def least_tokens(settings: PolicySettings) -> int:
    """Return from how many tokens on a passage may matter to the policy, whoever's it is."""
    rules = (*settings.statuses.values(), *settings.families.values(), *settings.collections.values())
    return min([settings.min_tokens, *(rule.min_tokens for rule in rules if rule.min_tokens is not None)])


def _moved(tokens: Tokens, by: int) -> Tokens:
    shift = np.int32(by)
    return Tokens(tokens.ids, tokens.starts + shift, tokens.ends + shift, tokens.heads)


def _in_whole(report: Report, start: int, token_start: int) -> Iterator[Finding]:
    """Yield the findings in a part of a text, placed in the whole."""
    for finding in report.findings:
        passage = finding.passage
        stretches = tuple((first + token_start, last + token_start) for first, last in passage.stretches)
        yield replace(
            finding,
            passage=replace(
                passage, start=passage.start + start, end=passage.end + start, stretches=stretches,
                token_start=passage.token_start + token_start, token_end=passage.token_end + token_start,
            ),
        )  # fmt: skip
