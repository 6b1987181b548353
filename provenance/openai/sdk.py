"""Driver of the annotator of chat completions for objects: for apps that have completions from any client library.

`annotate` takes a completion, `annotate_stream` and `annotate_stream_async` the chunks of one; dicts and the objects of
any library will do. What the model wrote is never changed. A message gets `annotations`; `licence_report` is on the
completion, or in a stream on a chunk of ours, and on each choice where there are several. It is not on the message,
since that goes back to the server with the next question, and some servers refuse fields that they do not know. Only
`content` is checked; reasoning and tool calls stay as they are, and an answer without a text gets nothing.
"""

from __future__ import annotations

import asyncio
import contextlib
import inspect
import logging
from collections.abc import AsyncGenerator, AsyncIterable, Generator, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

from provenance.check import Checker, OnError, require_on_error
from provenance.errors import ProvenanceError
from provenance.generation.review import OnReport, Reviewer
from provenance.live import StreamChecker
from provenance.openai.chat import ChatAnnotator, ChunkContent, EndQueue, annotate_answers, read_answers
from provenance.openai.request import join_prompt, read_messages
from provenance.openai.wording import Wording

_LOG = logging.getLogger(__name__)
_T = TypeVar("_T")
_END = object()
"""Comes behind the last chunk of a stream."""


def annotate(
    response: _T,
    checker: Checker,
    *,
    prompt: str | None = None,
    messages: Any = None,
    on_error: OnError = "report",
    on_report: OnReport | None = None,
) -> _T:
    """Check each answer of a finished completion and return the same object, with the notices in it.

    Args:
        response: a dict or an object with `choices`. Anything else is returned as it is.
        checker: checks the texts.
        prompt: what the user had supplied; matches with it are not reported.
        messages: the request's messages; without `prompt`, all but the assistant's are what the user had supplied.
        on_error: what happens when a check fails. `report`: the answer's report says that it was not checked, and why.
            `raise`: the error goes to the caller.
        on_report: called with the report of each answer.

    Raises:
        UsageError: `on_error` is neither `report` nor `raise`.
        PolicyViolationError: the policy's action for a finding is `raise`.
    """
    require_on_error(on_error)
    reviewer = Reviewer(tokenizer=None, checker=checker, on_error=on_error, on_report=on_report)  # there are no ids
    given = (join_prompt(read_messages(messages)) if prompt is None else prompt) or ""
    reports = [(answer, reviewer.deliver(reviewer.check_text(answer.text, given))) for answer in read_answers(response)]
    annotate_answers(response, reports, Wording())
    return response


async def annotate_async(response: _T, checker: Checker, **options: Any) -> _T:
    """Annotate a finished completion in a thread; the arguments, result and errors are those of `annotate`."""
    return await asyncio.to_thread(lambda: annotate(response, checker, **options))


def annotate_stream(
    chunks: Iterable[Any],
    checker: Checker,
    *,
    prompt: str | None = None,
    messages: Any = None,
    on_error: OnError = "report",
    on_report: OnReport | None = None,
) -> Generator[Any]:
    """Yield the chunks of a stream as they come, and before the end of each answer one more with its notices.

    The arguments are those of `annotate`. If the stream breaks off, the notices on the text before come first, then the
    error. If the caller stops reading, the stream is closed, and the reports go to `on_report`.

    Raises:
        PolicyViolationError: as `annotate`, as soon as it is known.
    """
    answers = _StreamedAnswers(checker, prompt, messages, on_error, on_report)
    broken: list[Exception] = []
    try:
        with contextlib.closing(_read_to_end(chunks, broken)) as source:
            for chunk in source:
                for action in answers.take(chunk):
                    if isinstance(action, _Send):
                        yield action.chunk
                    else:
                        action.run()
    finally:
        answers.close()
    for error in broken:
        raise error


async def annotate_stream_async(
    chunks: AsyncIterable[Any],
    checker: Checker,
    *,
    prompt: str | None = None,
    messages: Any = None,
    on_error: OnError = "report",
    on_report: OnReport | None = None,
) -> AsyncGenerator[Any]:
    """Yield what `annotate_stream` yields, for a stream that is awaited; a check that takes long runs in a thread."""
    answers = _StreamedAnswers(checker, prompt, messages, on_error, on_report)
    broken: list[Exception] = []
    try:
        async with contextlib.aclosing(_read_to_end_async(chunks, broken)) as source:
            async for chunk in source:
                for action in answers.take(chunk):
                    if isinstance(action, _Send):
                        yield action.chunk
                    else:
                        await action.run_async()
    finally:
        answers.close()
    for error in broken:
        raise error


@dataclass(frozen=True, slots=True)
class _Send:
    """Tells the driver to yield a chunk."""

    chunk: Any


@dataclass(frozen=True, slots=True)
class _Check:
    """Tells the driver to check a text, or to end its check where `text` is None."""

    stream: StreamChecker
    text: str | None

    def run(self) -> None:
        if self.text is None:
            self.stream.end()
        else:
            self.stream.feed(self.text)

    async def run_async(self) -> None:
        if self.text is None:
            await self.stream.end_async()
        else:
            await self.stream.feed_async(self.text)


class _StreamedAnswers:
    """The answers of one streamed completion, each with its own check. It says what is to be done and does no I/O."""

    def __init__(
        self, checker: Checker, prompt: str | None, messages: Any, on_error: OnError, on_report: OnReport | None
    ) -> None:
        given = join_prompt(read_messages(messages)) if prompt is None else prompt
        self._new_stream = partial(StreamChecker, checker, prompt=given, on_error=on_error)
        self._on_report = on_report
        self._streams: dict[int, StreamChecker] = {}
        self._annotator = ChatAnnotator(Wording())
        self._ends = EndQueue[tuple[Any, ChunkContent]]()

    def take(self, chunk: Any) -> Iterator[_Send | _Check]:
        """Yield what is to be done for a chunk or for `_END`; each action must be done before the next is asked for."""
        if chunk is _END:
            for item, ended in self._ends.release():
                yield from self._send(item, ended)
            yield from self._end([index for index in self._streams if index not in self._annotator.told])
            return
        content = self._annotator.read(chunk)
        for item, ended in self._ends.order((chunk, content), content):
            yield from self._send(item, ended)

    def _send(self, item: tuple[Any, ChunkContent], ended: tuple[int, ...]) -> Iterator[_Send | _Check]:
        """Yield what is to be done for a chunk that ends these answers."""
        chunk, content = item
        if not ended:
            yield _Send(chunk)
        for index, text in content.texts:
            if index not in self._streams:
                self._streams[index] = self._new_stream()
            yield _Check(self._streams[index], text)
        if ended:
            yield from self._end(ended)
            yield _Send(chunk)

    def _end(self, indexes: Iterable[int]) -> Iterator[_Send | _Check]:
        """Yield what is to be done where answers end; chunks of ours have the reports, since no other is changed."""
        for index in indexes:
            stream = self._streams[index]
            yield _Check(stream, None)
            report = stream.close()
            if self._on_report is not None:
                self._on_report(report)
            yield _Send(self._annotator.tell(index, report, alone=True))

    def close(self) -> None:
        """End the checks that nothing has ended: the reader has gone, or an error has come."""
        for stream in self._streams.values():
            if stream.report is None:
                try:
                    report = stream.close()
                    if self._on_report is not None:
                        self._on_report(report)
                except ProvenanceError as error:
                    _LOG.warning("an answer that broke off was not checked: %s", error)


def _read_to_end(chunks: Iterable[Any], broken: list[Exception]) -> Generator[Any]:
    """Yield chunks and then `_END`; an error ends them too, and is kept. The stream behind them is closed."""
    try:
        yield from chunks
    except Exception as error:
        broken.append(error)
    finally:
        if callable(close := getattr(chunks, "close", None)):
            with contextlib.suppress(Exception):  # all chunks are there: a broken connection costs nothing any more
                close()
    yield _END


async def _read_to_end_async(chunks: AsyncIterable[Any], broken: list[Exception]) -> AsyncGenerator[Any]:
    """Yield what `_read_to_end` yields, for a stream that is awaited."""
    try:
        async for chunk in chunks:
            yield chunk
    except Exception as error:
        broken.append(error)
    finally:
        # OpenAI's client has a `close` that is awaited, generators have an `aclose`.
        if callable(close := getattr(chunks, "aclose", None) or getattr(chunks, "close", None)):
            with contextlib.suppress(Exception):
                closing = close()
                if inspect.isawaitable(closing):
                    await closing
    yield _END
