"""What does a text repeat while it is still being written? See `StreamChecker`."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterable, AsyncIterator, Iterable, Iterator
from typing import Literal

from provenance.checker.checker import Checker
from provenance.checker.events import Change, Ended, Event, Noticed, Released
from provenance.errors import UsageError
from provenance.models import Report

OnError = Literal["report", "raise"]


class StreamChecker:
    """Checks one text as it is written, chunk by chunk. Safe to share between threads.

    Args:
        checker: made once, shared by all streams.
        prompt: what the user had supplied, as for `Checker.check`.
        hold: keep back the end of the text while it may still become a passage, so that a passage is `opened` before
            all of it is released. By default all text is released at once.
        on_error: what happens when a check fails. `report`: the text goes on, the report says that it was not checked,
            and why. `raise`: the error goes to the caller.

    Raises:
        UsageError: prompt is not a string.
    """

    def __init__(
        self, checker: Checker, *, prompt: str | None = None, hold: bool = False, on_error: OnError = "report"
    ) -> None:
        self._checker = checker
        self._prompt = prompt
        self._hold = hold
        self._on_error = on_error
        self._lock = threading.Lock()
        self._text = ""
        self._report: Report | None = None

    @property
    def text(self) -> str:
        """All that was fed; the halves of a character that came in two chunks are one character."""
        return self._text

    @property
    def report(self) -> Report | None:
        """The report on the whole text, once the stream has ended."""
        return self._report

    def feed(self, text: str) -> list[Event]:
        """Take the next chunk and return what it brought about, `Released` first.

        Raises:
            UsageError: text is not a string, or the stream has ended.
            PolicyViolationError: the policy's action for a finding is `raise`; the error carries the report so far.
        """
        with self._lock:
            if self._report is not None:
                raise UsageError("this stream has ended; make a new StreamChecker for another text")
            self._text += text
            return [Released(text=text)] if text else []

    def end(self) -> list[Event]:
        """End the stream: release what was held back, close what is open. The last event is `Ended`.

        Raises:
            PolicyViolationError: as `feed`.
        """
        with self._lock:
            if self._report is not None:
                return []
            self._report = self._checker.check(self._text, prompt=self._prompt)
            events: list[Event] = []
            for number, finding in enumerate(self._report.findings, 1):
                events.append(Noticed(change=Change.OPENED, number=number, finding=finding))
                events.append(Noticed(change=Change.CLOSED, number=number, finding=finding))
            return [*events, Ended(report=self._report)]

    def close(self) -> Report:
        """End the stream, if nobody did yet, and return the report on the whole text."""
        self.end()
        return self.report or self._checker.unchecked(self._text, "the stream had not ended")

    async def feed_async(self, text: str) -> list[Event]:
        """Do as `feed` does; what takes long runs in a thread, so that the event loop goes on."""
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
