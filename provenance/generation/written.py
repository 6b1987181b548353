"""What becomes of one text while it is written: decoded, told apart by channels, each channel checked as a stream.

A failure of ours does not stop a text, unless that is asked for; then the reports say so. Where the tokens come from
and who listens is the business of `streamer`.
"""

from __future__ import annotations

import functools
import logging
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from provenance.check import Checker, FailurePolicy, OnError, reason_of
from provenance.errors import PolicyViolationError
from provenance.generation.channels import ANSWER, Piece, Splitter
from provenance.generation.decode import Decoder, Vocabulary
from provenance.live import Ended, Event, StreamChecker
from provenance.reports import Report

logger = logging.getLogger(__name__)

Tell = Callable[[str, Event], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Checking:
    """How the channels of a text are checked; the options are those of `StreamChecker`."""

    checker: Checker
    prompt: str
    hold: bool
    on_error: OnError

    def stream(self) -> StreamChecker:
        """Return what checks one channel."""
        return StreamChecker(self.checker, prompt=self.prompt or None, hold=self.hold, on_error=self.on_error)


class Written:
    """One text.

    Args:
        vocabulary: of the tokenizer. splitter: for this text.
        signs: what the splitter is given for a special token; it does not see the others.
        checking: how each channel is checked.
        tell: called with a channel and each event of it.

    Attributes:
        reports: once the text has ended, by channel; there is always one on the answer.
    """

    def __init__(
        self, vocabulary: Vocabulary, splitter: Splitter, signs: Mapping[str, str], checking: Checking, tell: Tell
    ) -> None:
        self._signs = {number: signs[token] for number, token in vocabulary.special.items() if token in signs}
        self._decoder = Decoder(vocabulary)
        self._splitter = splitter
        self._checking = checking
        self._tell = tell
        self._streams = {ANSWER: checking.stream()}
        self._failure: str | None = None
        self._raised = False
        self.reports: dict[str, Report] = {}

    def feed(self, ids: Iterable[int]) -> None:
        """Take the next tokens.

        Raises:
            PolicyViolationError: the policy's action for a finding is `raise`.
        """
        if self._failure is not None:
            return
        try:
            self._check(lambda: self._splitter.feed("".join(self._texts(ids))))
        except BaseException:
            self._raised = True
            raise

    def fail(self, error: Exception) -> None:
        """Check no further, because of an error of ours; or raise it, as `on_error` says."""
        self._failure = reason_of(error)
        policy = FailurePolicy(self._checking.on_error)
        policy.report_or_raise(error, logger, "generated text is not checked from here on")

    def end(self) -> None:
        """End all channels, the answer last. Each gets its report and its `Ended`, whatever happens.

        Raises:
            PolicyViolationError: as `feed`; not again where `feed` raised.
        """
        errors = [error for error in self._ending() if error is not None]
        if errors and not self._raised:
            raise errors[0]

    def _texts(self, ids: Iterable[int]) -> Iterator[str]:
        """Yield what the splitter is given for some tokens; a marker ends the character that it stands in."""
        plain: list[int] = []
        for token in ids:
            sign = self._signs.get(token)
            if sign is None:
                plain.append(token)
            else:
                yield self._decoder.feed(*plain) + self._decoder.flush() + sign
                plain = []
        if plain:
            yield self._decoder.feed(*plain)

    def _check(self, pieces: Callable[[], list[Piece]]) -> None:
        """Feed each piece to its channel; a failure to find them is the text's."""
        try:
            found = pieces()
        except Exception as error:
            self.fail(error)
            return
        for channel, text in found:
            if channel not in self._streams:
                self._streams[channel] = self._checking.stream()
            for event in self._streams[channel].feed(text):
                self._tell(channel, event)

    def _ending(self) -> Iterator[Exception | None]:
        """End one thing after another, and yield what went wrong with each; the last text may open a channel."""
        yield _error_of(self._flush)
        for channel in [*(name for name in self._streams if name != ANSWER), ANSWER]:
            yield _error_of(functools.partial(self._end, channel))

    def _flush(self) -> None:
        if self._failure is None:
            self._check(lambda: self._splitter.feed(self._decoder.flush()) + self._splitter.end())

    def _end(self, channel: str) -> None:
        stream, events = self._streams[channel], list[Event]()
        problem = _error_of(lambda: events.extend(stream.end()))
        self.reports[channel] = report = self._report(stream, problem)
        for event in (*(event for event in events if not isinstance(event, Ended)), Ended(report=report)):
            self._tell(channel, event)
        if problem is not None:
            raise problem

    def _report(self, stream: StreamChecker, problem: Exception | None) -> Report:
        if isinstance(problem, PolicyViolationError) and isinstance(problem.report, Report):
            return problem.report
        if problem is not None:
            return self._checking.checker.unchecked(stream.text, reason_of(problem))
        return stream.close() if self._failure is None else replace(stream.close(), error=self._failure)


def _error_of(step: Callable[[], object]) -> Exception | None:
    """Do something and return what went wrong."""
    try:
        step()
    except Exception as error:
        return error
    return None
