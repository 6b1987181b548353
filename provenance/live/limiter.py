"""Limiter of texts: the tokens that must not come next, so that no passage grows beyond what the policy allows.

For works whose policy says `limit`. As soon as a passage at the end of the text is a finding with that action, as
`Checker` judges it, its limit is reached: what the work has next is blocked, and so is what would continue the passage
after a word or two in between. The end is checked only when enough of it runs along a work. Who writes the text, and
how a token is blocked, is not known here.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field, replace
from typing import TypeVar

from provenance.check.checker import Checker
from provenance.check.prompt import Prompt
from provenance.errors import UsageError
from provenance.live.continuation import AHEAD, Continuation
from provenance.live.live_matches import LiveMatch, LiveMatches
from provenance.live.scanner import least_tokens
from provenance.policy import PolicySettings, Rule
from provenance.reports import Action, Finding, Kind, Report
from provenance.text import load_tokenizer
from provenance.thresholds import LEAST_RUN

_Key = TypeVar("_Key")

_CHECKED_TOKENS = 1024
"""Tokens at the end of the text that are checked."""
_LONGEST_WORD = 1024
"""Characters without a boundary of words after which the text is cut anyway, since it costs quadratic time."""
_MOST_WORD_TOKENS = 8
"""Tokens of a word that may be completed; a reader does not miss the end of a longer one."""
_COMPARED = 8
"""Tokens before a place in a work that must be equal to those written last."""


@dataclass(slots=True, eq=False)
class LimitReached:
    """A passage that must not continue.

    Attributes:
        finding: as it was judged.
        end: the token of the text at which it ends.
        last_word: its tokens in the last word, which may still change.
        continuations: one for each place of a work at which it may continue; none where only fingerprints of the works
            are kept.
    """

    finding: Finding
    end: int
    last_word: list[int]
    continuations: list[Continuation] = field(default_factory=list)

    def add(self, tokens: list[int]) -> bool:
        """Add complete words to the text; return whether the passage is still there."""
        size = len(self.last_word)
        if tokens and tokens[:size] != self.last_word:  # the word became another one, with other tokens
            return False
        if tokens:
            self.last_word = []
        for continuation in self.continuations:
            continuation.add(tokens[size:])
        return True

    def find_resumptions(self, last_word: list[int]) -> list[list[int]]:
        """Return the tokens that would continue the passage after those of the last word."""
        size = len(self.last_word)
        if last_word[:size] != self.last_word:
            return []
        return [tokens for each in self.continuations for tokens in each.find_resumptions(last_word[size:])]


class Limiter:
    """Keeps texts within limits. Safe to share between threads.

    Args:
        checker: its database, policy and plugins judge.
        limit_tokens: the length at which a passage reaches its limit, in place of every `min_tokens` of the policy.

    Attributes:
        least: the fewest tokens of a passage that can reach its limit.

    Raises:
        UsageError: `limit_tokens` is less than 16, the shortest match that is sure to be found.
    """

    def __init__(self, checker: Checker, limit_tokens: int | None = None) -> None:
        if limit_tokens is not None and limit_tokens < LEAST_RUN:
            raise UsageError(f"limit_tokens is {limit_tokens}; it must be {LEAST_RUN} or more")
        settings = checker.settings
        if limit_tokens is not None:
            settings = _replace_min_tokens(settings, limit_tokens)
        self.least = max(LEAST_RUN, least_tokens(settings))
        self._checker = Checker(checker.database, settings, plugins=checker.plugins)

    def follow(self, prompt: str | None = None) -> LimitedText:
        """Return one text that is about to be written; `prompt` is what the user supplied."""
        matches = LiveMatches(self._checker.database.snapshot(), self.least)
        return LimitedText(self, matches, self._checker.prepare_prompt(prompt))

    def examine(self, text: str, prompt: Prompt | None) -> Report:
        """Return the report on the end of a text that is not whole yet."""
        return self._checker.examine(text, prompt)


class LimitedText:
    """One text that is being written within limits.

    Args:
        limiter: judges the end of the text.
        matches: the works that the end runs along.
        prompt: what the user supplied.

    Attributes:
        reached: the passages that must not continue, the latest last.
        in_word: whether the last word may still continue. That it does is never blocked, so that no word is cut off.
    """

    def __init__(self, limiter: Limiter, matches: LiveMatches, prompt: Prompt | None) -> None:
        self._limiter = limiter
        self._matches = matches
        self._prompt = prompt
        self._tokenizer = load_tokenizer()
        self._parts: deque[tuple[str, int]] = deque()  # text between words, and its number of tokens
        self._length = 0  # of the parts, in tokens
        self._rest = ""  # the last word, and what follows it
        self._last_word: list[int] = []  # its tokens
        self.in_word = False
        self.reached: list[LimitReached] = []

    @property
    def tokens_until_next_check(self) -> int:
        """How many tokens may be written before the next must be fed; none is blocked before."""
        if any(limit.continuations for limit in self.reached):
            return 0
        due = [match.next_check - self._length_of(match) for match in self._matches.matches]
        return max(0, min([self._matches.tokens_until_search, *due]) - len(self._last_word))

    def feed(self, text: str) -> tuple[LimitReached, ...]:
        """Add text; return the passages that reached their limit by it."""
        self._rest += text
        tokens = self._tokenizer.encode_with_offsets(self._rest)
        heads = tokens.heads.nonzero()[0]
        # the tokens of the last word may change with the next character; those before it stay as they are
        last = int(heads[-1]) if len(heads) and len(self._rest) < _LONGEST_WORD else len(tokens)
        cut = int(tokens.starts[last]) if last < len(tokens) else len(self._rest)
        words, text, self._rest = tokens.ids[:last].tolist(), self._rest[:cut], self._rest[cut:]
        self._last_word = tokens.ids[last:].tolist()
        if text:
            self._parts.append((text, len(words)))
            self._length += len(words)
        while self._parts and self._length - self._parts[0][1] >= _CHECKED_TOKENS:
            self._length -= self._parts.popleft()[1]
        was_searched = self._matches.add(words) if words else False
        near = self._matches.count - AHEAD
        self.reached = [limit for limit in self.reached if limit.add(words) and limit.end > near]
        letters = str(self._tokenizer.normalizer.normalize(self._rest))
        self.in_word = bool(letters.strip()) and not letters.endswith(" ") and len(self._last_word) <= _MOST_WORD_TOKENS
        is_due = was_searched and self._matches.is_near_copy_possible
        for match in self._matches.matches:
            length = self._length_of(match) + (len(self._last_word) if match.continues_with(self._last_word) else 0)
            if length >= match.next_check:
                match.next_check = length + max(1, length // 16)  # longer matches are judged in proportion
                is_due = True
        return self._check_end() if is_due else ()

    def blocked_continuations(self, limit: LimitReached) -> frozenset[str]:
        """Return what the next word must not begin with, in letters as `text` normalises them: tokens of works."""
        pieces = map(self._tokenizer.vocabulary.spelled, limit.find_resumptions(self._last_word))
        return frozenset(filter(None, pieces))

    def _length_of(self, match: LiveMatch) -> int:
        return self._matches.count - match.start

    def _check_end(self) -> tuple[LimitReached, ...]:
        """Judge the end of the text; return the passages that reached their limit, and were not known to."""
        report = self._limiter.examine("".join(text for text, _ in self._parts) + self._rest, self._prompt)
        total = self._matches.count + len(self._last_word)
        known = {(each.end, each.finding.passage.origin.key) for each in self.reached}
        new = []
        for finding in (each for each in report.findings if each.kind is not Kind.SCATTERED):
            end = total - report.tokens + finding.passage.token_end
            key = finding.passage.origin.key
            if finding.action is Action.LIMIT and total - end < AHEAD // 2 and (end, key) not in known:
                known.add((end, key))
                new.append(self._make_limit(finding, end))
        self.reached += new
        return tuple(new)

    def _make_limit(self, finding: Finding, end: int) -> LimitReached:
        """Return the limit at the end of a finding, with a continuation for each place in a work that it matches."""
        matches = self._matches
        limit = LimitReached(finding, end, self._last_word[: max(0, end - matches.count)])
        reached = len(matches.recent) - max(0, matches.count - end)
        since = matches.recent[reached:]
        # compare no more tokens than the last equal part has: before it, text and work of a near copy differ
        equal = finding.passage.stretches[-1:] or ((0, _COMPARED),)
        written = (matches.recent[:reached] + limit.last_word)[-min(_COMPARED, equal[0][1] - equal[0][0]) :]
        contents = dict.fromkeys([*(match.content for match in matches.matches), *matches.nearby])
        for content in filter(matches.has_tokens, contents):
            segment, ordinal = matches.segment(content), content[1]
            begin, end_of_work = segment.starts[ordinal : ordinal + 2].tolist()
            for place in {begin + source.token_end for source in finding.sources}:
                # the place may be in another work: it is in this one only if the tokens written last come before it
                before = segment.tokens[max(begin, place - len(written)) : place] if place <= end_of_work else None
                if before is not None and before.tolist() == written:
                    continuation = Continuation(segment.tokens[place : min(place + AHEAD, end_of_work)])
                    continuation.add(since)
                    limit.continuations.append(continuation)
        return limit


def _replace_min_tokens(settings: PolicySettings, tokens: int) -> PolicySettings:
    """Return the settings with one `min_tokens` for everything but whole short works."""

    def replace_in(rules: dict[_Key, Rule]) -> dict[_Key, Rule]:
        # a rule without a `min_tokens` of its own goes by the general one
        return {
            key: rule if rule.min_tokens is None else replace(rule, min_tokens=tokens) for key, rule in rules.items()
        }

    return replace(
        settings, min_tokens=tokens, statuses=replace_in(settings.statuses), families=replace_in(settings.families),
        collections=replace_in(settings.collections),
    )  # fmt: skip
