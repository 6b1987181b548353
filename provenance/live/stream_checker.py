"""How is a text checked while it is still being written, by a caller who has it chunk by chunk?

What is found on the way is the business of `follower`. When the text has ended all of it is checked once: the report is
that of the whole text, and what a listener was told before is set right where it must be.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import AsyncIterable, AsyncIterator, Iterable, Iterator
from dataclasses import replace

from provenance.check.checker import Checker, covered, raised_if_asked
from provenance.check.failure import FailurePolicy, OnError, require_on_error
from provenance.errors import UsageError
from provenance.live.events import Ended, Event, Noticed, Released
from provenance.live.passage_events import Ledger
from provenance.live.scanner import Follower
from provenance.reports import Action, Report
from provenance.text import with_halves_joined

logger = logging.getLogger(__name__)

_NOT_CHECKED = "a text that is being written could not be checked"
HELD_CHARACTERS = 1024
"""Never is more text held back."""


class StreamChecker:
    """Checks one text as it is written, chunk by chunk. Safe to share between threads.

    Args:
        checker: made once, shared by all streams.
        prompt: what the user had supplied, as for `Checker.check`.
        hold: keep back the end of the text while it may still become a passage, so that a passage is `opened` before
            all of it is released: mostly 15 tokens, at most 64, with what was not looked up yet, and never more than
            1,024 characters. By default all text is released at once.
        on_error: what happens when a check fails. `report`: the text goes on; the report has what was found before, and
            says that the text was not checked, and why. `raise`: the error goes to the caller.

    Raises:
        UsageError: prompt is not a string, or `on_error` neither `report` nor `raise`.
    """

    def __init__(
        self, checker: Checker, *, prompt: str | None = None, hold: bool = False, on_error: OnError = "report"
    ) -> None:
        require_on_error(on_error)
        self._checker = checker
        self._prompt = checker.prompt(prompt)
        self._hold = hold
        self._failures = FailurePolicy(on_error)
        self._lock = threading.RLock()
        self._parts: list[str] = []
        self._length = 0
        self._half = ""  # of a character that was cut in two
        self._held = ""
        self._follower: Follower | None = None
        self._error: str | None = None
        self._report: Report | None = None

    @property
    def text(self) -> str:
        """All that was fed; a character whose halves (surrogates) came in two chunks is one character."""
        with self._lock:
            return "".join((*self._parts, self._half))

    @property
    def report(self) -> Report | None:
        """The report on the whole text, once the stream has ended."""
        return self._report

    def feed(self, text: str) -> list[Event]:
        """Take the next chunk and return what it brought about: text to show, and what is new of passages.

        Text that is not held back comes first, since nothing waits for the check; else what is new comes first.

        Raises:
            UsageError: text is not a string, or the stream has ended.
            PolicyViolationError: the policy's action for a finding is `raise`; the stream has then ended, and the error
                carries the report on the text so far.
            ProvenanceError: the check failed, and `on_error` is `raise`.
        """
        if not isinstance(text, str):
            raise UsageError(f"text must be a string, not {type(text).__name__}")
        with self._lock:
            if self._report is not None:
                raise UsageError("this stream has ended; make a new StreamChecker for another text")
            return self._taken(*_whole_characters(self._half + text))

    def end(self) -> list[Event]:
        """End the stream: release what was held back, close what is open. The last event is `Ended`.

        A stream that has ended before has nothing more to tell.

        Raises:
            PolicyViolationError: the policy's action for a finding is `raise`.
            ProvenanceError: the check failed, and `on_error` is `raise`.
        """
        with self._lock:
            if self._report is not None:
                return []
            if self._half:
                self._parts.append(self._half)
            rest = self._held + self._half
            report, noticed = self._finished()
            released = [Released(text=rest)] if rest else []
            self._report, self._held, self._half = report, "", ""
            self._checker.record(report)
            return [*self._in_order(released, noticed), Ended(report=raised_if_asked(report))]

    def close(self) -> Report:
        """End the stream, if nobody did yet, and return the report on the whole text."""
        self.end()
        return self._report or self._checker.unchecked(self.text, "the stream did not end")

    async def feed_async(self, text: str) -> list[Event]:
        """Do as `feed` does; where there is something to look up this happens in a thread, so that the loop goes on."""
        follower = self._follower
        if self._error is None and (follower is None or follower.wants(len(text))):
            return await asyncio.to_thread(self.feed, text)
        return self.feed(text)

    async def end_async(self) -> list[Event]:
        """Do as `end` does, in a thread."""
        return await asyncio.to_thread(self.end)

    def over(self, chunks: Iterable[str]) -> Iterator[Event]:
        """Feed all chunks and end; yield each event, the last one `Ended`."""
        for chunk in chunks:
            yield from self.feed(chunk)
        yield from self.end()

    async def over_async(self, chunks: AsyncIterable[str]) -> AsyncIterator[Event]:
        """Do as `over` does."""
        async for chunk in chunks:
            for event in await self.feed_async(chunk):
                yield event
        for event in await self.end_async():
            yield event

    def _taken(self, text: str, half: str) -> list[Event]:
        """Take whole characters, and the half of one that is still to come."""
        self._half = half
        if not text:
            return []
        self._parts.append(text)
        self._length += len(text)
        noticed = self._followed(text)
        return self._in_order(self._released(text), noticed)

    def _followed(self, text: str) -> list[Noticed]:
        """Return what is new; a check that fails is not tried again before the end."""
        if self._error is not None:
            return []
        try:
            if self._follower is None:
                self._follower = Follower(self._checker, self._prompt, hold=self._hold)
            noticed = self._follower.feed(text)
        except Exception as error:
            self._error = self._failures.report_or_raise(error, logger, _NOT_CHECKED)
            return []
        if any(each.finding.action is Action.RAISE for each in noticed):
            self._forbid()
        return noticed

    def _forbid(self) -> None:
        """End the stream, if the policy forbids the whole of the text so far too."""
        report = self._checker.examine(self.text, self._prompt)
        if any(finding.action is Action.RAISE for finding in report.findings):
            self._report = report
            self._checker.record(report)
            raised_if_asked(report)

    def _finished(self) -> tuple[Report, list[Noticed]]:
        """Check the whole text; return the report, and what a listener has not been told."""
        ledger = self._follower.ledger if self._follower else Ledger()
        try:
            report = self._checker.examine(self.text, self._prompt)
        except Exception as error:
            reason = self._failures.report_or_raise(error, logger, _NOT_CHECKED)
            report = self._checker.unchecked(self.text, reason)
            known = ledger.findings()
            report = replace(report, findings=known, matched_characters=covered(known))
        return report, ledger.update(report.findings, 0, lambda _: True)

    def _released(self, text: str) -> list[Released]:
        """Return the text that may be shown now."""
        if not self._hold:
            return [Released(text=text)]
        self._held += text
        free = self._length if self._follower is None or self._error is not None else self._follower.free()
        count = max(free, self._length - HELD_CHARACTERS) - (self._length - len(self._held))
        released, self._held = self._held[: max(count, 0)], self._held[max(count, 0) :]
        return [Released(text=released)] if released else []

    def _in_order(self, released: list[Released], noticed: list[Noticed]) -> list[Event]:
        return [*noticed, *released] if self._hold else [*released, *noticed]


def _whole_characters(text: str) -> tuple[str, str]:
    """Join the halves of characters, and return the half at the end by itself.

    >>> _whole_characters("a\ud83d" "\ude00b\ud83d") == ("a\U0001f600b", "\ud83d")
    True
    """
    half = text[-1:] if "\ud800" <= text[-1:] <= "\udbff" else ""
    return with_halves_joined(text.removesuffix(half)), half
