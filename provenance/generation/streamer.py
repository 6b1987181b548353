"""How does an application that streams with transformers learn what is repeated, while it is written?

A streamer is what `model.generate(streamer=…)` hands each token to. Ours passes everything on to the application's own
streamer first, as it came, and then decodes and checks it. It needs nothing of the model, and it alters nothing.
"""

from __future__ import annotations

import threading
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from types import TracebackType
from typing import Any, Self

from provenance.check import Checker, OnError, require_on_error
from provenance.errors import UsageError
from provenance.generation.channels import ANSWER, Channel, Dialect
from provenance.generation.decode import Vocabulary, text_tokenizer
from provenance.generation.mailbox import Mailbox
from provenance.generation.rows import token_rows
from provenance.generation.written import Checking, Written
from provenance.live import Event
from provenance.reports import Report

OnEvent = Callable[[str, Event], None]

_TOGETHER = 8
"""Where the application's own streamer shows the text, so many tokens are looked at together: that costs less."""


class LicenceStreamer:
    """Checks one generated text after another, token by token; for `model.generate(streamer=…)`.

    Use it in a `with` block, or call `close` in a `finally`: transformers does not end a streamer when it fails.

    Args:
        tokenizer: the model's tokenizer, or a processor that holds one.
        checker: made once, shared by all streamers.
        streamer: the application's own, such as a `TextStreamer`; it gets every call, unchanged, before we look at it.
        prompt: what the user had supplied; by default what the model was given, decoded. An encoder's input does not
            come to a streamer: give it here.
        on_event: called with the channel and each event, in the thread that generates. What it raises goes to the
            caller.
        hold: keep back the end of the text while it may still become a passage, see `StreamChecker`. Tokens cannot be
            kept back from a `streamer`, so show the text of the events instead.
        on_error: what happens when a check fails: `report` or `raise`, as for `wrap`.
        channels: how reasoning and tool calls are marked; by default as the tokenizer's `response_template` says, else
            as in `CHANNELS`. With `()` all text is the answer.

    Attributes:
        generations: for each text that has ended its reports, by channel.

    Raises:
        UsageError: an argument cannot be meant.
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
        _refuse_what_cannot_be_meant(streamer, prompt, hold, on_error)
        self._tokenizer = text_tokenizer(tokenizer)
        self._vocabulary = Vocabulary(self._tokenizer)
        self._dialect = Dialect(self._tokenizer, channels, frozenset(self._vocabulary.special.values()))
        self._checker = checker
        self._tee = streamer
        self._prompt = prompt
        self._on_event = on_event
        self._hold = hold
        self._on_error = on_error
        self._lock = threading.RLock()
        self._written: Written | None = None
        self._waiting: list[int] = []
        self._awaited = True  # somebody may wait for the end of a generation, even if it never begins
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
        """Take the next tokens, or the prompt where a generation begins; called by `generate`.

        Raises:
            UsageError: there is more than one row.
            PolicyViolationError: the policy's action for a finding is `raise`.
        """
        rows = token_rows(value)
        if len(rows) != 1:
            raise UsageError(
                f"a streamer follows one text, not {len(rows)}: generate without a batch and with "
                "num_return_sequences=1, or leave the streamer out and wrap the model"
            )
        if self._tee is not None:
            self._tee.put(value)
        with self._lock:
            if self._written is None:
                self._awaited, self._written = True, self._begin(rows[0])
            else:
                self._waiting += rows[0]
                if len(self._waiting) >= self._together:
                    self._pass_on(self._written)

    def end(self) -> None:
        """End the text; called by `generate`.

        Raises:
            PolicyViolationError: as `put`.
        """
        try:
            if self._tee is not None:
                self._tee.end()
        finally:
            with self._lock:
                self._finish()

    def close(self) -> None:
        """End the text that was broken off, if one was: then there is a report on what came. Else do nothing."""
        if self._awaited:
            self.end()

    def __enter__(self) -> Self:
        self._awaited = True
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    @property
    def _together(self) -> int:
        """How many tokens wait for each other before they are looked at."""
        return 1 if self._tee is None else _TOGETHER

    def _pass_on(self, written: Written) -> None:
        ids, self._waiting = self._waiting, []
        written.feed(ids)

    def _begin(self, prompt: list[int]) -> Written:
        try:
            given = self._vocabulary.decode(prompt) if self._prompt is None else self._prompt
            return self._follow(given, str(self._tokenizer.decode(prompt)))
        except Exception as error:
            written = self._follow(self._prompt or "", "")
            written.fail(error)
            return written

    def _follow(self, given: str, before: str) -> Written:
        """Return a text after what was supplied, and after what stands before it, special tokens and all."""
        checking = Checking(checker=self._checker, prompt=given, hold=self._hold, on_error=self._on_error)
        return Written(self._vocabulary, self._dialect.splitter(before), self._dialect.signs, checking, self._tell)

    def _finish(self) -> None:
        written, self._written, self._awaited = self._written, None, False
        if written is not None:
            try:
                self._pass_on(written)
            finally:
                try:
                    written.end()
                finally:
                    self.generations.append(written.reports)

    def _tell(self, channel: str, event: Event) -> None:
        if self._on_event is not None:
            self._on_event(channel, event)


class LicenceIteratorStreamer(LicenceStreamer):
    """A `LicenceStreamer` whose events another thread, or a coroutine, iterates over while the model writes.

    Iterating gives the events of the visible answer of one generation, `Ended` last, and ends with the generation;
    iterating again waits for the next. The generation must run in another thread, within a `with` block or with
    `close` in a `finally`, or whoever iterates waits for ever when it fails. Events wait until somebody reads them.
    """

    def __init__(self, tokenizer: Any, checker: Checker, **options: Any) -> None:
        super().__init__(tokenizer, checker, **options)
        self._mailbox: Mailbox[tuple[str, Event] | None] = Mailbox()

    @property
    def _together(self) -> int:
        return 1

    def __iter__(self) -> Iterator[Event]:
        return (event for channel, event in self.by_channel() if channel == ANSWER)

    def __aiter__(self) -> AsyncIterator[Event]:
        return self._answer_async()

    def by_channel(self) -> Iterator[tuple[str, Event]]:
        """Yield the events of all channels, each with its channel's name; the last is the answer's `Ended`."""
        while (told := self._mailbox.take()) is not None:
            yield told

    async def by_channel_async(self) -> AsyncIterator[tuple[str, Event]]:
        """Do as `by_channel` does."""
        while (told := await self._mailbox.take_async()) is not None:
            yield told

    async def _answer_async(self) -> AsyncIterator[Event]:
        async for channel, event in self.by_channel_async():
            if channel == ANSWER:
                yield event

    def _tell(self, channel: str, event: Event) -> None:
        self._mailbox.put((channel, event))
        super()._tell(channel, event)

    def _finish(self) -> None:
        try:
            super()._finish()
        finally:
            self._mailbox.put(None)


def _refuse_what_cannot_be_meant(streamer: Any, prompt: Any, hold: bool, on_error: Any) -> None:
    if streamer is not None and hold:
        raise UsageError(
            "a streamer gets its tokens at once, so nothing can be held back from it; leave out either `streamer` or "
            "`hold`, and show the text of the `Released` events"
        )
    if prompt is not None and not isinstance(prompt, str):
        raise UsageError(f"prompt must be a string, not {type(prompt).__name__}")
    require_on_error(on_error)
