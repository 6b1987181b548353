"""What must a text not go on with, so that no passage in it grows beyond what the policy allows?

For works whose policy says `limit`. As soon as a passage at the end of the text is a finding with that action, as
`Checker` judges it, it is at its bound, and what the work has next is barred; so is what would make it go on after a
word or two in between. A text is judged only when enough of it runs along a work. Who writes the text, and how the
writer is kept from it, is not known here.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from provenance.check.checker import Checker
from provenance.check.prompt import Prompt
from provenance.errors import UsageError
from provenance.fingerprints import GUARANTEE
from provenance.live.continuation import AHEAD, Detour
from provenance.live.live_matches import Content, Trail, Trails
from provenance.live.scanner import least_tokens
from provenance.policy import PolicySettings, Rule
from provenance.reports import Action, Finding, Report
from provenance.text import load_tokenizer

_JUDGED = 1024
"""So many of the last tokens are judged."""
_LONGEST_WORD = 1024
_WORD = 8
"""Of more tokens is no word that a person would miss the end of."""
_COMPARED = 8


@dataclass(slots=True, eq=False)
class Bound:
    """A passage that must not go on.

    Attributes:
        finding: as it was judged. end: the token of the text at which it ends. word: those of its tokens that were part
        of the last word, and may still change. detours: one for each place of a work at which it may go on; none where
        only fingerprints of the works are kept.
    """

    finding: Finding
    end: int
    word: list[int]
    detours: list[Detour] = field(default_factory=list)

    def take(self, tokens: list[int]) -> bool:
        """Take what was written next; say whether the passage is still there."""
        size = len(self.word)
        if tokens and tokens[:size] != self.word:
            return False
        if tokens:
            self.word = []
        for detour in self.detours:
            detour.take(tokens[size:])
        return True

    def resuming(self, last: list[int]) -> list[list[int]]:
        """Return the tokens that would make it go on after those of the last word."""
        size = len(self.word)
        if last[:size] != self.word:
            return []
        return [tokens for detour in self.detours for tokens in detour.resuming(last[size:])]


class Limiter:
    """Keeps texts within bounds. Safe to share between threads.

    Args:
        checker: its database, policy and plugins judge. limit_tokens: from how many tokens on a passage is at its
            bound, in place of every `min_tokens` of the policy.

    Raises:
        UsageError: `limit_tokens` is less than 16, the shortest run that is sure to be found.
    """

    def __init__(self, checker: Checker, limit_tokens: int | None = None) -> None:
        if limit_tokens is not None and limit_tokens < GUARANTEE:
            raise UsageError(f"limit_tokens is {limit_tokens}; it must be {GUARANTEE} or more")
        settings = checker.settings
        if limit_tokens is not None:
            settings = _with_min_tokens(settings, limit_tokens)
        self.least = max(GUARANTEE, least_tokens(settings))
        self._judge = Checker(checker.database, settings, plugins=checker.plugins)

    def follow(self, prompt: str | None = None) -> Bounds:
        """Return the bounds of one text that is about to be written; `prompt` is what the user had supplied."""
        return Bounds(self, Trails(self._judge.database.snapshot(), self.least), self._judge.prompt(prompt))

    def judged(self, text: str, prompt: Prompt | None) -> Report:
        """Return the report on a text that is not whole yet."""
        return self._judge.examine(text, prompt)


class Bounds:
    """Follows one text.

    Attributes:
        reached: the passages that must not go on, the latest last. in_word: whether the last word may still go on; that
        it does is never barred, so that no word is left half.
    """

    def __init__(self, limiter: Limiter, trails: Trails, prompt: Prompt | None) -> None:
        self._limiter = limiter
        self._trails = trails
        self._prompt = prompt
        self._tokenizer = load_tokenizer()
        self._parts: deque[tuple[str, int]] = deque()  # text between words, and its number of tokens
        self._length = 0  # of the parts, in tokens
        self._rest = ""  # the last word, and what follows it
        self._last: list[int] = []  # its tokens
        self.in_word = False
        self.reached: list[Bound] = []

    @property
    def room(self) -> int:
        """How many tokens may be written before the next must be fed; nothing is barred before."""
        if any(bound.detours for bound in self.reached):
            return 0
        asks = [trail.due - self._length_of(trail) for trail in self._trails.ends]
        return max(0, min([self._trails.room, *asks]) - len(self._last))

    def feed(self, text: str) -> tuple[Bound, ...]:
        """Take what was written next; return the passages that have come to their bound by it."""
        self._rest += text
        tokens = self._tokenizer.encode_with_offsets(self._rest)
        heads = tokens.heads.nonzero()[0]
        last = int(heads[-1]) if len(heads) and len(self._rest) < _LONGEST_WORD else len(tokens)
        cut = int(tokens.starts[last]) if last < len(tokens) else len(self._rest)
        looked = self._settle(tokens.ids[:last].tolist(), self._rest[:cut])
        self._rest, self._last = self._rest[cut:], tokens.ids[last:].tolist()
        letters = str(self._tokenizer.normalizer.normalize(self._rest))
        self.in_word = bool(letters.strip()) and not letters.endswith(" ") and len(self._last) <= _WORD
        return tuple(self._ask()) if self._is_due(looked=looked) else ()

    def barred(self, bound: Bound) -> frozenset[str]:
        """Return what the next word must not begin with, in letters as `text` normalises them: tokens of works."""
        pieces = map(self._tokenizer.vocabulary.spelled, bound.resuming(self._last))
        return frozenset(filter(None, pieces))

    def _settle(self, tokens: list[int], text: str) -> bool:
        """Take words that are complete."""
        if text:
            self._parts.append((text, len(tokens)))
            self._length += len(tokens)
        while self._parts and self._length - self._parts[0][1] >= _JUDGED:
            self._length -= self._parts.popleft()[1]
        looked = self._trails.take(tokens) if tokens else False
        near = self._trails.count - AHEAD
        self.reached = [bound for bound in self.reached if bound.take(tokens) and bound.end > near]
        return looked

    def _length_of(self, trail: Trail) -> int:
        return self._trails.count - trail.start

    def _is_due(self, *, looked: bool) -> bool:
        """Is a run long enough to be judged, or have we just found enough of one work nearby?"""
        due = False
        for trail in self._trails.ends:
            length = self._length_of(trail) + (len(self._last) if trail.agrees(self._last) else 0)
            if length >= trail.due:
                trail.due = length + max(1, length // 16)
                due = True
        return due or (looked and self._trails.is_near)

    def _ask(self) -> Iterator[Bound]:
        """Judge the end of the text; yield the passages that are at their bound, and were not known to be."""
        report = self._limiter.judged("".join(text for text, _ in self._parts) + self._rest, self._prompt)
        total = self._trails.count + len(self._last)
        for finding in report.findings:
            end = total - report.tokens + finding.passage.token_end
            if finding.action is Action.LIMIT and total - end < AHEAD // 2:
                key = finding.passage.origin.key
                if all((each.end, each.finding.passage.origin.key) != (end, key) for each in self.reached):
                    self.reached.append(self._bound(finding, end))
                    yield self.reached[-1]

    def _bound(self, finding: Finding, end: int) -> Bound:
        """Return the bound at the end of a finding, with a detour for each place that we know it from."""
        trails = self._trails
        bound = Bound(finding, end, self._last[: max(0, end - trails.count)])
        reached = len(trails.recent) - max(0, trails.count - end)
        since = trails.recent[reached:]
        equal = finding.passage.stretches[-1:] or ((0, _COMPARED),)
        written = (trails.recent[:reached] + bound.word)[-min(_COMPARED, equal[0][1] - equal[0][0]) :]
        contents = dict.fromkeys([*(trail.content for trail in trails.ends), *trails.near])
        for content in filter(trails.is_kept, contents):
            for place in {source.token_end for source in finding.sources}:
                detour = self._detour(content, place, written)
                if detour is not None:
                    detour.take(since)
                    bound.detours.append(detour)
        return bound

    def _detour(self, content: Content, place: int, written: list[int]) -> Detour | None:
        """Return the way on from a place in a work, if what was written last stands before it."""
        segment, ordinal = self._trails.segment(content), content[1]
        begin, end = segment.starts[ordinal : ordinal + 2].tolist()
        at = begin + place
        if at > end or segment.tokens[max(begin, at - len(written)) : at].tolist() != written:
            return None
        return Detour(segment.tokens[at : min(at + AHEAD, end)])


def _with_min_tokens(settings: PolicySettings, tokens: int) -> PolicySettings:
    """Return the settings with one `min_tokens` for everything but whole short works."""

    def lowered(rule: Rule) -> Rule:
        return rule if rule.min_tokens is None else replace(rule, min_tokens=tokens)

    return replace(
        settings, min_tokens=tokens,
        statuses={key: lowered(rule) for key, rule in settings.statuses.items()},
        families={key: lowered(rule) for key, rule in settings.families.items()},
        collections={key: lowered(rule) for key, rule in settings.collections.items()},
    )  # fmt: skip
