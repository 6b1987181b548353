"""Checker of a text that a caller receives chunk by chunk.

`Scanner` finds passages on the way. When the text has ended, all of it is checked once: the report is that of the whole
text, and events that it contradicts are revised or withdrawn.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import AsyncIterable, AsyncIterator, Iterable, Iterator
from dataclasses import replace

from provenance.check.checker import Checker, count_matched_characters, enforce
from provenance.check.failure import FailurePolicy, OnError, require_on_error
from provenance.errors import UsageError
from provenance.live.events import Ended, Event, Noticed, Released
from provenance.live.passage_events import PassageEvents
from provenance.live.scanner import Scanner
from provenance.reports import Action, Report
from provenance.text import with_halves_joined

logger = logging.getLogger(__name__)

_NOT_CHECKED = "a text that is being written could not be checked"
HELD_CHARACTERS = 1024
"""Upper bound on held-back text."""


class StreamChecker:
    """Checks one text as it is written, chunk by chunk. Safe to share between threads.

    Args:
        checker: made once, shared by all streams.
        prompt: what the user supplied, as for `Checker.check`.
        hold: hold the end of the text back while it may still become a passage, so that a passage is `opened` before
            all of it is released: mostly 15 tokens, at most 64, with what was not looked up yet, and at most 1,024
            characters. By default all text is released at once.
        on_error: what happens when a check fails. `report`: the text is passed on; the report has what was found
            before, and says that the text was not checked, and why. `raise`: the caller gets the error.

    Raises:
        UsageError: prompt is not a string, or `on_error` is neither `report` nor `raise`.
    """

    def __init__(
        self, checker: Checker, *, prompt: str | None = None, hold: bool = False, on_error: OnError = "report"
    ) -> None:
        require_on_error(on_error)
        self._checker = checker
        self._prompt = checker.prepare_prompt(prompt)
        self._hold = hold
        self._failures = FailurePolicy(on_error)
        self._lock = threading.RLock()
        self._parts: list[str] = []
        self._length = 0
        self._half = ""  # a high surrogate: half of a character whose other half is still to come
        self._held = ""
        self._scanner: Scanner | None = None  # made at the first text, since that opens the database
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
        """Add a chunk and return the events: text to show, and what is new about passages.

        Text comes first, since it does not wait for the check; text that was held back comes last.

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
            text, self._half = _split_half_character(self._half + text)
            if not text:
                return []
            self._parts.append(text)
            self._length += len(text)
            noticed = self._scan_text(text)
            return self._in_order(self._release_text(text), noticed)

    def end(self) -> list[Event]:
        """End the stream: release what was held back, close what is open. The last event is `Ended`.

        Of a stream that has ended already the list is empty.

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
            events = self._scanner.events if self._scanner else PassageEvents()
            try:
                report = self._checker.examine(self.text, self._prompt)
            except Exception as error:
                reason = self._failures.report_or_raise(error, logger, _NOT_CHECKED)
                known = events.findings()  # what was found before stays reported
                report = replace(
                    self._checker.unchecked(self.text, reason),
                    findings=known, matched_characters=count_matched_characters(known),
                )  # fmt: skip
            noticed = events.finalize(report.findings)
            released = [Released(text=rest)] if rest else []
            self._report, self._held, self._half = report, "", ""
            self._checker.record(report)
            return [*self._in_order(released, noticed), Ended(report=enforce(report))]

    def close(self) -> Report:
        """End the stream, if it has not ended, and return the report on the whole text."""
        self.end()
        return self._report or self._checker.unchecked(self.text, "the stream did not end")

    async def feed_async(self, text: str) -> list[Event]:
        """Do as `feed` does; where there is something to look up, do it in a thread and not in the event loop."""
        scanner = self._scanner
        # read without the lock, which a check in another thread may hold for long: a wrong answer only costs a thread
        if self._error is None and (scanner is None or scanner.is_due_after(len(text))):
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

    def _scan_text(self, text: str) -> list[Noticed]:
        """Return what is new about passages; after a check that failed, nothing until the end."""
        if self._error is not None:
            return []
        try:
            if self._scanner is None:
                self._scanner = Scanner(self._checker, self._prompt, hold=self._hold)
            noticed = self._scanner.feed(text)
        except Exception as error:
            self._error = self._failures.report_or_raise(error, logger, _NOT_CHECKED)
            return []
        if any(each.finding.action is Action.RAISE for each in noticed):
            # what the scanner found in the end of the text may be exempt in the whole of it
            report = self._checker.examine(self.text, self._prompt)
            if any(finding.action is Action.RAISE for finding in report.findings):
                self._report = report  # the stream has ended
                self._checker.record(report)
                enforce(report)
        return noticed

    def _release_text(self, text: str) -> list[Released]:
        """Return the text that may be shown now."""
        if not self._hold:
            return [Released(text=text)]
        self._held += text
        free = self._length if self._scanner is None or self._error is not None else self._scanner.releasable()
        # both are characters of the whole text; what was released before ends at `_length - len(_held)`
        count = max(free, self._length - HELD_CHARACTERS) - (self._length - len(self._held))
        released, self._held = self._held[: max(count, 0)], self._held[max(count, 0) :]
        return [Released(text=released)] if released else []

    def _in_order(self, released: list[Released], noticed: list[Noticed]) -> list[Event]:
        return [*noticed, *released] if self._hold else [*released, *noticed]


def _split_half_character(text: str) -> tuple[str, str]:
    r"""Return a text with the halves of its characters joined, and by itself the half at its end.

    >>> _split_half_character("ab\ud83d" "\ude00c\ud83d") == ("ab\U0001f600c", "\ud83d")
    True
    """
    half = text[-1:] if "\ud800" <= text[-1:] <= "\udbff" else ""
    return with_halves_joined(text.removesuffix(half)), half
