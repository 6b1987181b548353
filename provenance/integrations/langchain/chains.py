"""How is what a chat model answers annotated in a chain, whole or in chunks?"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from langchain_core.callbacks import adispatch_custom_event, dispatch_custom_event
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage, convert_to_messages
from langchain_core.prompt_values import PromptValue
from langchain_core.runnables import Runnable, RunnableConfig, RunnableGenerator, RunnableLambda

from provenance.check import Checker, OnError
from provenance.errors import UsageError
from provenance.generation.review import Reviewer
from provenance.integrations.langchain.messages import Parts, annotate, supplied, without_citations, written
from provenance.live import Event, Noticed, StreamChecker

NOTICE = "licence_notice"


def annotated(
    checker: Checker, *, model: Runnable[Any, Any] | None = None, on_error: OnError = "report"
) -> Runnable[Any, Any]:
    """Return a runnable that annotates what a chat model answers: `model | annotated(checker)`.

    A message comes out with its citations. Where the model streams, each chunk comes out at once, in the standard form,
    and after the last one a chunk with citations and report; the sum of them all is what `invoke` returns. What becomes
    known on the way is a custom event `licence_notice`, in the form of `Noticed.to_dict()`: it may still be revised.

    Args:
        checker: a `provenance.Checker`.
        model: the chat model. The runnable then takes what the model takes, and what people say in it counts as
            supplied by the user; behind a model it cannot know that.
        on_error: as for `LicenceMiddleware`.
    """
    if model is None:
        return _annotating(checker, None, on_error)

    def answering(given: Any) -> Runnable[Any, Any]:
        messages = _messages(given)
        asking: Runnable[Any, Any] = RunnableLambda(lambda _: without_citations(messages))
        return asking | model | _annotating(checker, supplied(messages), on_error)

    return RunnableLambda(answering, name="annotated")


def _annotating(checker: Checker, prompt: str | None, on_error: OnError) -> Runnable[Any, Any]:
    """Return the runnable that stands behind a model."""
    annotator = _Annotator(checker, prompt, on_error)
    return RunnableGenerator(annotator.over, annotator.over_async, name="annotated")


@dataclass(frozen=True, slots=True)
class _Annotator:
    """Annotates what comes out of a model, be it whole messages or the chunks of one."""

    checker: Checker
    prompt: str | None
    on_error: OnError

    def over(self, messages: Iterator[Any], config: RunnableConfig | None = None) -> Iterator[AIMessage]:
        """Yield each message annotated, each chunk at once and after the last one what there is to add."""
        stream, parts = self._stream(), Parts()
        for message in messages:
            if isinstance(message, AIMessageChunk):
                taken, text = parts.take(message)
                events = stream.feed(text)
                yield taken
                _tell(events, config)
            else:
                yield self._whole(message)
        if parts.any:
            _tell(stream.end(), config)
            yield parts.last(stream.close())

    async def over_async(
        self, messages: AsyncIterator[Any], config: RunnableConfig | None = None
    ) -> AsyncIterator[AIMessage]:
        """Do as `over` does."""
        stream, parts = self._stream(), Parts()
        async for message in messages:
            if isinstance(message, AIMessageChunk):
                taken, text = parts.take(message)
                events = await stream.feed_async(text)
                yield taken
                await _tell_async(events, config)
            else:
                yield await asyncio.to_thread(self._whole, message)
        if parts.any:
            await _tell_async(await stream.end_async(), config)
            yield parts.last(stream.close())

    def _stream(self) -> StreamChecker:
        return StreamChecker(self.checker, prompt=self.prompt, on_error=self.on_error)

    def _whole(self, message: Any) -> AIMessage:
        if not isinstance(message, AIMessage):
            raise UsageError(
                f"annotated(checker) got a {type(message).__name__}; put it right behind the chat model, before any "
                "parser"
            )
        reviewer = Reviewer(tokenizer=None, checker=self.checker, on_error=self.on_error, on_report=None)
        return annotate(message, reviewer.check_text(written(message), self.prompt or ""))


def _tell(events: Iterable[Event], config: RunnableConfig | None) -> None:
    """Tell whoever listens to the run what has become known of passages."""
    for event in events:
        if isinstance(event, Noticed):
            dispatch_custom_event(NOTICE, event.to_dict(), config=config)


async def _tell_async(events: Iterable[Event], config: RunnableConfig | None) -> None:
    for event in events:
        if isinstance(event, Noticed):
            await adispatch_custom_event(NOTICE, event.to_dict(), config=config)


def _messages(given: Any) -> list[BaseMessage]:
    """Return what a chat model may be given as messages."""
    if isinstance(given, PromptValue):
        return given.to_messages()
    return convert_to_messages([given] if isinstance(given, str) else given)
