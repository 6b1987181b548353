"""How does an app that has chat completions from any client of OpenAI's API add the notices, whole or streamed?

`annotate` takes a completion, `annotate_stream` and `annotate_stream_async` the chunks of one; dicts and the objects of
any library will do. What the model wrote is never changed. A message gets `annotations`; `licence_report` is on the
completion, or in a stream on a chunk, and on each choice where there are several. It is not on the message, since that
goes back to the server with the next question, and some refuse fields that they do not know. Only `content` is
checked; reasoning and tool calls stay as they are, and an answer without a text gets nothing.
"""

from __future__ import annotations

import asyncio
import contextlib
import inspect
from collections.abc import AsyncGenerator, AsyncIterable, Generator, Iterable
from typing import Any, TypeVar

from provenance.check import Checker, OnError, require_on_error
from provenance.generation.review import OnReport, Reviewer
from provenance.openai.sdk_answers import Answers, url_citations
from provenance.openai.shape import extend, get, listed, put, supplied, text_of

_T = TypeVar("_T")


def require_known(on_error: str) -> None:
    """Refuse a word that says nothing about what happens when a check fails.

    Raises:
        UsageError: it is neither `report` nor `raise`.
    """
    require_on_error(on_error)


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
        prompt: what the user had supplied; matches with it are not reported.
        messages: the request's messages; those that are not the assistant's stand in for `prompt`.
        on_error: what happens when a check fails. `report`: the answer's report says that it was not checked, and why.
            `raise`: the error goes to the caller.
        on_report: called with the report of each answer.

    Raises:
        UsageError: `on_error` is neither `report` nor `raise`.
        PolicyViolationError: the policy's action for a finding is `raise`.
    """
    require_known(on_error)
    reviewer = Reviewer(tokenizer=None, checker=checker, on_error=on_error, on_report=on_report)  # there are no ids
    given = supplied(messages) if prompt is None else prompt
    several = len(choices := listed(response, "choices")) > 1
    for choice in choices:
        message = get(choice, "message")
        if text := text_of(get(message, "content")):
            report = reviewer.deliver(reviewer.check_text(text, given or ""))
            if cited := url_citations(report):
                extend(message, "annotations", cited)
            put(choice if several else response, "licence_report", report.to_dict())
    return response


async def annotate_async(response: _T, checker: Checker, **options: Any) -> _T:
    """Do as `annotate` does, in a thread."""
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

    The arguments are those of `annotate`. If the stream breaks off, the notices on what there was come first, then the
    error. If nobody reads on, the stream is closed, and the reports go to `on_report`.

    Raises:
        PolicyViolationError: as `annotate`, as soon as it is known.
    """
    answers = Answers(checker, supplied(messages) if prompt is None else prompt, on_error, on_report)
    broken: list[Exception] = []
    try:
        with contextlib.closing(_unbroken(chunks, broken)) as source:
            for chunk in source:
                said = answers.read(chunk)
                if not any(piece.last for piece in said):
                    yield chunk
                    answers.feed(said)
                else:
                    answers.feed(said)
                    yield from answers.end([piece.index for piece in said if piece.last])
                    yield chunk
            yield from answers.end()
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
    """Do as `annotate_stream` does; what takes long runs in a thread."""
    answers = Answers(checker, supplied(messages) if prompt is None else prompt, on_error, on_report)
    broken: list[Exception] = []
    try:
        async with contextlib.aclosing(_unbroken_async(chunks, broken)) as source:
            async for chunk in source:
                said = answers.read(chunk)
                if not any(piece.last for piece in said):
                    yield chunk
                    await answers.feed_async(said)
                else:
                    await answers.feed_async(said)
                    for notices in await answers.end_async([piece.index for piece in said if piece.last]):
                        yield notices
                    yield chunk
            for notices in await answers.end_async():
                yield notices
    finally:
        answers.close()
    for error in broken:
        raise error


def _unbroken(chunks: Iterable[Any], broken: list[Exception]) -> Generator[Any]:
    """Yield chunks; an error ends them, and is kept. The stream behind them is closed."""
    try:
        yield from chunks
    except Exception as error:
        broken.append(error)
    finally:
        if callable(close := getattr(chunks, "close", None)):
            with contextlib.suppress(Exception):  # it is over, whatever becomes of its connection
                close()


async def _unbroken_async(chunks: AsyncIterable[Any], broken: list[Exception]) -> AsyncGenerator[Any]:
    """Do as `_unbroken` does."""
    try:
        async for chunk in chunks:
            yield chunk
    except Exception as error:
        broken.append(error)
    finally:
        if callable(close := getattr(chunks, "aclose", None) or getattr(chunks, "close", None)):
            with contextlib.suppress(Exception):
                closing = close()
                if inspect.isawaitable(closing):
                    await closing
