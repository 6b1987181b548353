"""Middleware of LangChain that checks each answer of an agent's model, also while it streams."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from typing import Any

from langchain.agents.middleware import AgentMiddleware, AgentState, ModelRequest, ModelResponse
from langchain_core.callbacks import AsyncCallbackHandler, BaseCallbackHandler
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage

from provenance.check import Checker, OnError
from provenance.generation.review import Reviewer
from provenance.integrations.langchain.messages import annotate, read_answer_text, read_user_text, without_citations
from provenance.live import Ended, Event, Noticed, StreamChecker
from provenance.reports import Report

Handler = Callable[[ModelRequest[Any]], ModelResponse[Any]]
AsyncHandler = Callable[[ModelRequest[Any]], Awaitable[ModelResponse[Any]]]


class LicenceMiddleware(AgentMiddleware[AgentState[Any], Any, Any]):
    """Checks each answer of an agent's model; what people wrote in the conversation counts as supplied by the user.

    Answers of earlier turns go to the model without the citations, which providers do not know. A caller that streams
    the agent's run in the mode `custom` gets dictionaries with the type `licence_notice`: the passages that become
    known while an answer streams (`Noticed.to_dict()`, which may still be revised), and the report on the answer when
    it has ended (`Ended.to_dict()`).

    Args:
        checker: a `provenance.Checker`.
        on_error: what happens when a check fails. `report`: the run continues, and the report on the answer says that
            it was not checked, and why. `raise`: the error ends the agent's run. A policy's `PolicyViolationError`
            always does.
    """

    def __init__(self, checker: Checker, *, on_error: OnError = "report") -> None:
        super().__init__()
        self._checker = checker
        self._on_error = on_error
        self._reviewer = Reviewer(tokenizer=None, checker=checker, on_error=on_error, on_report=None)

    def after_model(self, state: AgentState[Any], runtime: Any) -> dict[str, Any] | None:
        """Replace the model's message by its annotated copy; a message without text stays as it is."""
        return _replace_answer(self._check_answer(state), runtime)

    async def aafter_model(self, state: AgentState[Any], runtime: Any) -> dict[str, Any] | None:
        """Do as `after_model` does, with the check in a thread."""
        return _replace_answer(await asyncio.to_thread(self._check_answer, state), runtime)

    def _check_answer(self, state: AgentState[Any]) -> tuple[AIMessage, Report] | None:
        """Return the model's last message, if it has text, and the report on it."""
        messages = state["messages"]
        answer = next((message for message in reversed(messages) if isinstance(message, AIMessage)), None)
        if answer is None or not (text := read_answer_text(answer)):
            return None
        return answer, self._reviewer.check_text(text, read_user_text(messages))

    def wrap_model_call(self, request: ModelRequest[Any], handler: Handler) -> ModelResponse[Any]:
        """Call the model with its earlier answers as it wrote them, and listen while it streams."""
        return handler(self._prepare_request(request, _Listener))

    async def awrap_model_call(self, request: ModelRequest[Any], handler: AsyncHandler) -> ModelResponse[Any]:
        """Do as `wrap_model_call` does."""
        return await handler(self._prepare_request(request, _AsyncListener))

    def _prepare_request(
        self, request: ModelRequest[Any], listener_class: type[_Listener] | type[_AsyncListener]
    ) -> ModelRequest[Any]:
        """Return the request for a model with one more listener and for messages without citations."""

        def make_stream() -> StreamChecker:
            return StreamChecker(self._checker, prompt=read_user_text(request.messages), on_error=self._on_error)

        listener = listener_class(make_stream, request.runtime.stream_writer)
        model: Any = request.model
        # The request's model may also be another runnable, which has no callbacks of its own: it is not listened to.
        if isinstance(model, BaseChatModel):
            callbacks = model.callbacks or []
            if isinstance(callbacks, list):
                callbacks = [*callbacks, listener]
            else:
                # A copy, because the manager is the application's and may serve other calls.
                callbacks = callbacks.copy()
                callbacks.add_handler(listener)
            model = model.model_copy(update={"callbacks": callbacks})
        return request.override(model=model, messages=without_citations(request.messages))


def _replace_answer(checked: tuple[AIMessage, Report] | None, runtime: Any) -> dict[str, Any] | None:
    """Return the change of the agent's state: the answer annotated, in place of the message with the same id."""
    if checked is None:
        return None
    answer, report = checked
    _write_events(runtime.stream_writer, [Ended(report=report)])
    return {"messages": [annotate(answer, report)]}


class _AnswerStream:
    """The check of an answer while it streams; a call that is tried again starts anew."""

    raise_error = True  # what the policy forbids must end the run; LangChain swallows all that it is not told to raise

    def __init__(self, make_stream: Callable[[], StreamChecker], write: Callable[[Any], None]) -> None:
        self._make_stream = make_stream
        self._stream: StreamChecker | None = None
        self.write = write

    @property
    def stream(self) -> StreamChecker:
        """The check of the answer so far; made with its first token, since many answers are not streamed."""
        self._stream = self._stream or self._make_stream()
        return self._stream

    def restart(self) -> None:
        """Forget what was written before."""
        self._stream = None


class _Listener(_AnswerStream, BaseCallbackHandler):
    def on_chat_model_start(self, *_: Any, **__: Any) -> None:
        self.restart()

    def on_llm_new_token(self, token: Any, **given: Any) -> None:
        _write_events(self.write, self.stream.feed(_read_token(token, given.get("chunk"))))


class _AsyncListener(_AnswerStream, AsyncCallbackHandler):
    async def on_chat_model_start(self, *_: Any, **__: Any) -> None:
        self.restart()

    async def on_llm_new_token(self, token: Any, **given: Any) -> None:
        _write_events(self.write, await self.stream.feed_async(_read_token(token, given.get("chunk"))))


def _read_token(token: Any, chunk: Any) -> str:
    """Return the visible text of a callback's token; only its chunk tells text from reasoning and tool calls."""
    message = getattr(chunk, "message", None)
    return read_answer_text(message) if isinstance(message, AIMessage) else str(token)


def _write_events(write: Callable[[Any], None], events: Iterable[Event]) -> None:
    """Write the passages and the report among the events to the stream of the run."""
    for event in events:
        if isinstance(event, Noticed | Ended):
            write({"type": "licence_notice", **event.to_dict()})
