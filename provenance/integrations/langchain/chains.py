"""Runnable of LangChain that annotates what a chat model answers in a chain, whole or in chunks."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from langchain_core.callbacks import adispatch_custom_event, dispatch_custom_event
from langchain_core.messages import AIMessage, AIMessageChunk, convert_to_messages
from langchain_core.prompt_values import PromptValue
from langchain_core.runnables import Runnable, RunnableConfig, RunnableGenerator, RunnableLambda

from provenance.check import Checker, OnError
from provenance.errors import UsageError
from provenance.generation.review import Reviewer
from provenance.integrations.langchain.messages import (
    Parts,
    annotate,
    read_answer_text,
    read_user_text,
    without_citations,
)
from provenance.live import Event, Noticed, StreamChecker

NOTICE = "licence_notice"


def annotated(
    checker: Checker, *, model: Runnable[Any, Any] | None = None, on_error: OnError = "report"
) -> Runnable[Any, Any]:
    """Return a runnable that annotates what a chat model answers: `model | annotated(checker)`.

    A message comes out with its citations. If the model streams, each chunk comes out at once, in the standard form,
    and after the last one a chunk with citations and report; the sum of them all is what `invoke` returns. Passages
    that become known on the way are custom events `licence_notice`, in the form of `Noticed.to_dict()`: they may still
    be revised.

    Args:
        checker: a `provenance.Checker`.
        model: the chat model. The runnable then takes what the model takes, and what people write in it counts as
            supplied by the user; a runnable behind a model cannot know that.
        on_error: as for `LicenceMiddleware`.
    """
    if model is None:
        return _make_runnable(checker, None, on_error)

    def answer(given: Any) -> Runnable[Any, Any]:
        # A chat model takes a prompt value, one text, or messages in any of LangChain's forms.
        if isinstance(given, PromptValue):
            messages = given.to_messages()
        else:
            messages = convert_to_messages([given] if isinstance(given, str) else given)
        ask: Runnable[Any, Any] = RunnableLambda(lambda _: without_citations(messages))
        # LangChain runs a runnable that a lambda returns, and streams it if the lambda is streamed.
        return ask | model | _make_runnable(checker, read_user_text(messages), on_error)

    return RunnableLambda(answer, name="annotated")


def _make_runnable(checker: Checker, prompt: str | None, on_error: OnError) -> Runnable[Any, Any]:
    """Return the runnable that comes behind a model."""
    annotator = _Annotator(checker, prompt, on_error)
    return RunnableGenerator(annotator.annotate_stream, annotator.annotate_stream_async, name="annotated")


@dataclass(frozen=True, slots=True)
class _Annotator:
    """Annotates what a model yields: whole messages, or the chunks of one."""

    checker: Checker
    prompt: str | None
    on_error: OnError

    def annotate_stream(self, messages: Iterator[Any], config: RunnableConfig | None = None) -> Iterator[AIMessage]:
        """Yield each message annotated; each chunk at once, and after the last one a chunk with the citations."""
        stream, parts = self._make_stream(), Parts()
        for message in messages:
            if isinstance(message, AIMessageChunk):
                standard, text = parts.add(message)
                events = stream.feed(text)
                yield standard
                _dispatch_notices(events, config)
            else:
                yield self._annotate_message(message)
        if parts.has_chunks:
            _dispatch_notices(stream.end(), config)
            yield parts.make_last(stream.close())

    async def annotate_stream_async(
        self, messages: AsyncIterator[Any], config: RunnableConfig | None = None
    ) -> AsyncIterator[AIMessage]:
        """Do as `annotate_stream` does, with asynchronous checks; messages are checked in a thread."""
        stream, parts = self._make_stream(), Parts()
        async for message in messages:
            if isinstance(message, AIMessageChunk):
                standard, text = parts.add(message)
                events = await stream.feed_async(text)
                yield standard
                await _dispatch_notices_async(events, config)
            else:
                yield await asyncio.to_thread(self._annotate_message, message)
        if parts.has_chunks:
            await _dispatch_notices_async(await stream.end_async(), config)
            yield parts.make_last(stream.close())

    def _make_stream(self) -> StreamChecker:
        return StreamChecker(self.checker, prompt=self.prompt, on_error=self.on_error)

    def _annotate_message(self, message: Any) -> AIMessage:
        """Return a whole message annotated; its text was not checked while it was written."""
        if not isinstance(message, AIMessage):
            raise UsageError(
                f"annotated(checker) got a {type(message).__name__}; put it right behind the chat model, before any "
                "parser"
            )
        reviewer = Reviewer(tokenizer=None, checker=self.checker, on_error=self.on_error, on_report=None)
        return annotate(message, reviewer.check_text(read_answer_text(message), self.prompt or ""))


def _dispatch_notices(events: Iterable[Event], config: RunnableConfig | None) -> None:
    """Send the passages that have become known to the listeners of the run."""
    for event in events:
        if isinstance(event, Noticed):
            dispatch_custom_event(NOTICE, event.to_dict(), config=config)


async def _dispatch_notices_async(events: Iterable[Event], config: RunnableConfig | None) -> None:
    """Do as `_dispatch_notices` does."""
    for event in events:
        if isinstance(event, Noticed):
            await adispatch_custom_event(NOTICE, event.to_dict(), config=config)
