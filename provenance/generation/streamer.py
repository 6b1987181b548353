"""Streamers of transformers that check a text while the model writes it.

`model.generate(streamer=…)` hands each token to a streamer. Ours first passes everything to the application's own
streamer, unchanged, and then decodes and checks it. It does not need the model.
"""

from __future__ import annotations

import asyncio
import contextlib
import queue
import threading
from collections.abc import AsyncIterator, Callable, Generator, Iterator, Mapping, Sequence
from types import TracebackType
from typing import Any, Generic, Self, TypeVar

from provenance.check import Checker, OnError, require_on_error
from provenance.errors import UsageError
from provenance.generation.channel_checker import ChannelChecker, Checking, OnEvent
from provenance.generation.channels import ANSWER, Channel, Dialect
from provenance.generation.decoder import Vocabulary, get_text_tokenizer
from provenance.generation.rows import flatten_rows
from provenance.live import Event
from provenance.reports import Report

Item = TypeVar("Item")

_BATCH = 8
"""Number of tokens that are checked at once if the application's own streamer shows the text: that costs less."""


class LicenceStreamer:
    """Checks one generated text after another, token by token, for `model.generate(streamer=…)`.

    Use it in a `with` block, or call `close` in a `finally`: transformers does not end a streamer when it fails.

    Args:
        tokenizer: the model's tokenizer, or a processor that holds one.
        checker: a `provenance.Checker`; all streamers may share one.
        streamer: the application's own, such as a `TextStreamer`; it gets every call, unchanged, before we look at it.
        prompt: what the user had supplied; by default what the model was given, decoded. Transformers does not pass an
            encoder's input to a streamer: give it here.
        on_event: called with the channel and each event, in the thread that generates. An error that it raises goes to
            the caller.
        hold: keep back the end of the text while it may still become a passage, see `StreamChecker`. Tokens cannot be
            kept back from a `streamer`, so show the text of the events instead.
        on_error: what happens when a check fails: `report` or `raise`, as for `wrap`.
        channels: how reasoning and tool calls are marked; by default as the tokenizer's `response_template` says, else
            as in `CHANNELS`. With `()` all text is the answer.

    Attributes:
        generations: the reports of each text that has ended, by channel.

    Raises:
        UsageError: `hold` with a `streamer`, a `prompt` that is not a string, or an unknown `on_error`.
    """

    def __init__(
        self,
        tokenizer: Any,
        checker: Checker,
        *,
        streamer: Any = None,
        prompt: str | None = None,
        on_event: OnEvent | None = None,
        hold: bool = False,
        on_error: OnError = "report",
        channels: Sequence[Channel] | None = None,
    ) -> None:
        if streamer is not None and hold:
            raise UsageError(
                "a streamer gets its tokens at once, so nothing can be held back from it; leave out either `streamer` "
                "or `hold`, and show the text of the `Released` events"
            )
        if prompt is not None and not isinstance(prompt, str):
            raise UsageError(f"prompt must be a string, not {type(prompt).__name__}")
        require_on_error(on_error)
        self._tokenizer = get_text_tokenizer(tokenizer)
        self._vocabulary = Vocabulary(self._tokenizer)
        self._dialect = Dialect(self._tokenizer, channels, frozenset(self._vocabulary.special.values()))
        self._checker = checker
        self._streamer = streamer
        self._prompt = prompt
        self._on_event = on_event
        self._hold = hold
        self._on_error = on_error
        self._lock = threading.RLock()
        self._text: ChannelChecker | None = None
        self._pending: list[int] = []
        self._batch_size = 1 if streamer is None else _BATCH
        self._is_awaited = True  # a reader may wait for the end of a generation, even if that never begins
        self.generations: list[Mapping[str, Report]] = []

    @property
    def report(self) -> Report | None:
        """The report on the visible answer of the last text that has ended."""
        return self.reports.get(ANSWER)

    @property
    def reports(self) -> Mapping[str, Report]:
        """The reports on the last text that has ended, by channel; each counts in its own channel's text."""
        return self.generations[-1] if self.generations else {}

    def put(self, value: Any) -> None:
        """Take the next tokens, or the prompt when a generation begins; called by `generate`.

        Raises:
            UsageError: there is more than one row.
            PolicyViolationError: the policy's action for a finding is `raise`.
        """
        rows = flatten_rows(value)
        if len(rows) != 1:
            raise UsageError(
                f"a streamer follows one text, not {len(rows)}: generate without a batch and with "
                "num_return_sequences=1, or leave the streamer out and wrap the model"
            )
        if self._streamer is not None:
            self._streamer.put(value)
        with self._lock:
            if self._text is None:
                self._is_awaited, self._text = True, self._start_text(rows[0])
            else:
                self._pending += rows[0]
                if len(self._pending) >= self._batch_size:
                    self._feed_pending(self._text)

    def end(self) -> None:
        """End the text; called by `generate`.

        Raises:
            PolicyViolationError: as `put`.
        """
        try:
            if self._streamer is not None:
                self._streamer.end()
        finally:
            with self._lock:
                self._end_text()

    def close(self) -> None:
        """End a text that was broken off, so that there is a report on what was written; else do nothing."""
        if self._is_awaited:
            self.end()

    def __enter__(self) -> Self:
        self._is_awaited = True
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def _feed_pending(self, text: ChannelChecker) -> None:
        """Feed the tokens that wait; they are gone even if that raises."""
        ids, self._pending = self._pending, []
        text.feed(ids)

    def _start_text(self, ids: list[int]) -> ChannelChecker:
        """Return the checker of a text that follows these ids, which are what the model was given."""
        try:
            prompt = self._vocabulary.decode(ids) if self._prompt is None else self._prompt
            return self._make_text(prompt, str(self._tokenizer.decode(ids)))
        except Exception as error:
            text = self._make_text(self._prompt or "", "")
            text.fail(error)
            return text

    def _make_text(self, prompt: str, before: str) -> ChannelChecker:
        """Return the checker of a text.

        Args:
            prompt: what the user had supplied.
            before: the text before it with its special tokens, which may open a channel.
        """
        checking = Checking(checker=self._checker, prompt=prompt, hold=self._hold, on_error=self._on_error)
        splitter = self._dialect.make_splitter(before)
        return ChannelChecker(self._vocabulary, splitter, self._dialect.signs, checking, self._send_event)

    def _end_text(self) -> None:
        """End the text, if there is one; its reports are kept also if an error is raised."""
        text, self._text, self._is_awaited = self._text, None, False
        if text is not None:
            try:
                self._feed_pending(text)
            finally:
                try:
                    text.end()
                finally:
                    self.generations.append(text.reports)

    def _send_event(self, channel: str, event: Event) -> None:
        """Call the application's listener."""
        if self._on_event is not None:
            self._on_event(channel, event)


class Mailbox(Generic[Item]):
    """An endless queue between two threads, or a thread and a coroutine; several may put, one at a time takes."""

    def __init__(self) -> None:
        self._items: queue.SimpleQueue[Item] = queue.SimpleQueue()
        self._wake: Callable[[], object] | None = None

    def put(self, item: Item) -> None:
        """Add an item; never waits."""
        self._items.put(item)
        if (wake := self._wake) is not None:
            with contextlib.suppress(RuntimeError):  # the event loop of the coroutine that waited was closed
                wake()

    def take(self) -> Item:
        """Return the next item; wait for it."""
        return self._items.get()

    async def take_async(self) -> Item:
        """Return the next item; wait for it without blocking the event loop."""
        loop, woken = asyncio.get_running_loop(), asyncio.Event()
        self._wake = lambda: loop.call_soon_threadsafe(woken.set)
        while True:
            # Cleared before the look into the queue: an item that comes after the look wakes us again.
            woken.clear()
            with contextlib.suppress(queue.Empty):
                return self._items.get_nowait()
            await woken.wait()


class LicenceIteratorStreamer(LicenceStreamer):
    """A `LicenceStreamer` whose events another thread, or a coroutine, iterates over while the model writes.

    Iterating yields the events of the visible answer of one generation, `Ended` last, and ends with the generation;
    iterating again waits for the next. The generation must run in another thread, within a `with` block or with
    `close` in a `finally`, or the reader waits for ever when it fails. Events wait until they are read.
    """

    def __init__(self, tokenizer: Any, checker: Checker, **options: Any) -> None:
        super().__init__(tokenizer, checker, **options)
        self._batch_size = 1
        self._mailbox: Mailbox[tuple[str, Event] | None] = Mailbox()

    def __iter__(self) -> Iterator[Event]:
        return (event for channel, event in self.by_channel() if channel == ANSWER)

    async def __aiter__(self) -> AsyncIterator[Event]:
        async for channel, event in self.by_channel_async():
            if channel == ANSWER:
                yield event

    def by_channel(self) -> Iterator[tuple[str, Event]]:
        """Yield the events of all channels, each with its channel's name; the last is the answer's `Ended`."""
        while (item := self._mailbox.take()) is not None:
            yield item

    async def by_channel_async(self) -> AsyncIterator[tuple[str, Event]]:
        """Do as `by_channel` does, for a coroutine."""
        while (item := await self._mailbox.take_async()) is not None:
            yield item

    def _send_event(self, channel: str, event: Event) -> None:
        """Send an event to the reader, then call the application's listener."""
        self._mailbox.put((channel, event))
        super()._send_event(channel, event)

    def _end_text(self) -> None:
        """End the text, and tell the reader that the generation is over, also if an error is raised."""
        try:
            super()._end_text()
        finally:
            self._mailbox.put(None)


def stream_generation(
    generate: Callable[..., Any], options: Mapping[str, Any], streamer: LicenceIteratorStreamer
) -> Generator[Event, None, None]:
    """Run `generate(**options)` in a thread and yield the events of its answer.

    The thread starts with the first event that is asked for, and has ended when the generator has. A generator that is
    closed early makes the thread stop after its next token. An error of `generate` is raised after the events.
    """
    is_closed, errors = threading.Event(), list[BaseException]()

    # A stopping criterion of transformers: asked after each token, it says yes or no for each row.
    def stop(input_ids: Any, scores: Any, **kwargs: Any) -> Any:  # noqa: ARG001 - transformers' own names
        return input_ids.new_full((input_ids.shape[0],), is_closed.is_set()).bool()

    criteria = [*(options.get("stopping_criteria") or ()), stop]

    def run() -> None:
        try:
            with streamer:
                generate(**{**options, "streamer": streamer, "stopping_criteria": criteria})
        except BaseException as error:
            errors.append(error)

    thread = threading.Thread(target=run, name="provenance-generation", daemon=True)
    thread.start()
    try:
        yield from streamer
    finally:
        is_closed.set()
        thread.join()
    if errors:
        raise errors[0]
