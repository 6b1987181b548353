"""The check of one text while it is written: its tokens are decoded and split into channels, each checked as a stream.

A failure of ours does not stop the text, unless the caller asks for that; the reports say so. `streamer` knows where
the tokens come from and who listens.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace

from provenance.check import Checker, FailurePolicy, OnError, reason_of
from provenance.errors import PolicyViolationError
from provenance.generation.channels import ANSWER, Piece, Splitter
from provenance.generation.decoder import Decoder, Vocabulary
from provenance.live import Ended, Event, StreamChecker
from provenance.reports import Report

logger = logging.getLogger(__name__)

OnEvent = Callable[[str, Event], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Checking:
    """How the channels of a text are checked: the options of their `StreamChecker`s."""

    checker: Checker
    prompt: str
    hold: bool
    on_error: OnError

    def make_stream(self) -> StreamChecker:
        """Return the checker of one channel."""
        return StreamChecker(self.checker, prompt=self.prompt or None, hold=self.hold, on_error=self.on_error)


class ChannelChecker:
    """Checks the channels of one text.

    Args:
        vocabulary: of the tokenizer.
        splitter: for this text.
        signs: what the splitter gets for a special token; it does not get the others.
        checking: how each channel is checked.
        on_event: called with a channel's name and each event of it.

    Attributes:
        reports: the report of each channel, once the text has ended; there is always one on the answer.
    """

    def __init__(
        self,
        vocabulary: Vocabulary,
        splitter: Splitter,
        signs: Mapping[str, str],
        checking: Checking,
        on_event: OnEvent,
    ) -> None:
        self._signs = {number: signs[token] for number, token in vocabulary.special.items() if token in signs}
        self._decoder = Decoder(vocabulary)
        self._splitter = splitter
        self._checking = checking
        self._on_event = on_event
        self._streams = {ANSWER: checking.make_stream()}
        self._failure: str | None = None
        self._has_raised = False
        self.reports: dict[str, Report] = {}

    def feed(self, ids: Iterable[int]) -> None:
        """Take the next tokens.

        Raises:
            PolicyViolationError: the policy's action for a finding is `raise`.
        """
        if self._failure is not None:
            return
        try:
            self._check_pieces(lambda: self._splitter.feed(self._decode(ids)))
        except BaseException:
            self._has_raised = True
            raise

    def fail(self, error: Exception) -> None:
        """Check no further, because of an error of ours; or raise it, as `on_error` says."""
        self._failure = reason_of(error)
        policy = FailurePolicy(self._checking.on_error)
        policy.report_or_raise(error, logger, "generated text is not checked from here on")

    def end(self) -> None:
        """End all channels, the answer last. Each gets its report and its `Ended`, also if another fails.

        Raises:
            PolicyViolationError: as `feed`; not again if `feed` raised.
        """
        errors = []
        try:
            if self._failure is None:
                self._check_pieces(lambda: self._splitter.feed(self._decoder.flush()) + self._splitter.end())
        except Exception as error:
            errors.append(error)
        # The channels are listed only now, since the last text may have opened one.
        for channel in [*(name for name in self._streams if name != ANSWER), ANSWER]:
            try:
                self._end_channel(channel)
            except Exception as error:
                errors.append(error)
        if errors and not self._has_raised:
            raise errors[0]

    def _decode(self, ids: Iterable[int]) -> str:
        """Return what the splitter gets for some tokens."""
        text = ""
        plain: list[int] = []
        for token in ids:
            sign = self._signs.get(token)
            if sign is None:
                plain.append(token)
            else:
                # A special token ends the character before it, even an incomplete one.
                text += self._decoder.feed(*plain) + self._decoder.flush() + sign
                plain = []
        return text + (self._decoder.feed(*plain) if plain else "")

    def _check_pieces(self, split: Callable[[], list[Piece]]) -> None:
        """Feed each piece of text to its channel; an error of `split` is a failure of the whole text."""
        try:
            pieces = split()
        except Exception as error:
            self.fail(error)
            return
        for channel, text in pieces:
            if channel not in self._streams:
                self._streams[channel] = self._checking.make_stream()
            for event in self._streams[channel].feed(text):
                self._on_event(channel, event)

    def _end_channel(self, channel: str) -> None:
        """End one channel. The listener gets its last events also if the check fails, then the error is raised."""
        stream, events = self._streams[channel], list[Event]()
        problem: Exception | None = None
        try:
            events += stream.end()
        except Exception as error:
            problem = error
        if isinstance(problem, PolicyViolationError) and isinstance(problem.report, Report):
            report = problem.report
        elif problem is not None:
            report = self._checking.checker.unchecked(stream.text, reason_of(problem))
        else:
            report = stream.close() if self._failure is None else replace(stream.close(), error=self._failure)
        self.reports[channel] = report
        # The stream's own `Ended` has a report that does not know of our failure.
        for event in (*(event for event in events if not isinstance(event, Ended)), Ended(report=report)):
            self._on_event(channel, event)
        if problem is not None:
            raise problem
