"""A chat model that answers what it was told to, whole or in just these chunks, and remembers what it was asked."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult
from pydantic import Field


class Scripted(BaseChatModel):
    """Each answer is a message, or a list of chunks; after the last one the first comes again."""

    answers: list[Any]
    asked: list[list[BaseMessage]] = Field(default_factory=list)
    streamed: int = 0

    def _generate(self, messages: list[BaseMessage], *_: Any, **__: Any) -> ChatResult:
        answer = self._next(messages)
        assert isinstance(answer, AIMessage)
        return ChatResult(generations=[ChatGeneration(message=answer)])

    @property
    def _llm_type(self) -> str:
        return "scripted"

    def bind_tools(self, tools: Any, **options: Any) -> Any:
        """Take any tools: which one is called is in the script."""
        return self

    def _next(self, messages: list[BaseMessage]) -> Any:
        self.asked.append(messages)
        answer = self.answers[(len(self.asked) - 1) % len(self.answers)]
        return answer.model_copy(deep=True) if isinstance(answer, AIMessage) else answer


class Streaming(Scripted):
    """The same for a model that streams."""

    def _stream(self, messages: list[BaseMessage], *_: Any, **__: Any) -> Iterator[ChatGenerationChunk]:
        for chunk in self._next(messages):
            self.streamed += 1
            yield ChatGenerationChunk(message=chunk.model_copy(deep=True))


def chunks(*contents: Any, **fields: Any) -> list[AIMessageChunk]:
    """The chunks of one answer, one for each content; the last one says so."""
    made = [AIMessageChunk(content=content, id="answer-1", **fields) for content in contents]
    made[-1].chunk_position = "last"
    return made
