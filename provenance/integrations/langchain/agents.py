"""How is each answer of an agent's model checked, and what does a listener learn while it streams?"""

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
from provenance.integrations.langchain.messages import annotate, supplied, without_citations, written
from provenance.live import Ended, Event, Noticed, StreamChecker
from provenance.reports import Report

Handler = Callable[[ModelRequest[Any]], ModelResponse[Any]]
AsyncHandler = Callable[[ModelRequest[Any]], Awaitable[ModelResponse[Any]]]


class LicenceMiddleware(AgentMiddleware[AgentState[Any], Any, Any]):
    """Checks each answer of an agent's model; what people said in the conversation counts as supplied by the user.

    Answers of earlier turns go to the model without the citations, which no provider would know. Whoever streams the
    agent's run in the mode `custom` gets, as dictionaries with the type `licence_notice`, what becomes known while an
    answer streams (`Noticed.to_dict()`, which may still be revised), and the report on it when it has ended
    (`Ended.to_dict()`).

    Args:
        checker: a `provenance.Checker`.
        on_error: what happens when a check fails. `report`: the answer goes on, its report says that it was not
            checked, and why. `raise`: the error ends the agent's run. A policy's `PolicyViolationError` always does.
    """

    def __init__(self, checker: Checker, *, on_error: OnError = "report") -> None:
        super().__init__()
        self._checker = checker
        self._on_error = on_error
        self._reviewer = Reviewer(tokenizer=None, checker=checker, on_error=on_error, on_report=None)

    def after_model(self, state: AgentState[Any], runtime: Any) -> dict[str, Any] | None:
        """Replace the model's message by its annotated copy; one without text stays as it is."""
        return _replaced(self._reviewed(state), runtime)

    async def aafter_model(self, state: AgentState[Any], runtime: Any) -> dict[str, Any] | None:
        """Do as `after_model` does, the check in a thread."""
        return _replaced(await asyncio.to_thread(self._reviewed, state), runtime)

    def _reviewed(self, state: AgentState[Any]) -> tuple[AIMessage, Report] | None:
        """Return the model's last message, if it has text, and the report on it."""
        messages = state["messages"]
        answer = next((message for message in reversed(messages) if isinstance(message, AIMessage)), None)
        if answer is None or not (text := written(answer)):
            return None
        return answer, self._reviewer.check_text(text, supplied(messages))

    def wrap_model_call(self, request: ModelRequest[Any], handler: Handler) -> ModelResponse[Any]:
        """Call the model with what it wrote earlier as it wrote it, and listen while it streams."""
        return handler(self._prepared(request, _Listener))

    async def awrap_model_call(self, request: ModelRequest[Any], handler: AsyncHandler) -> ModelResponse[Any]:
        """Do as `wrap_model_call` does."""
        return await handler(self._prepared(request, _AsyncListener))

    def _prepared(
        self, request: ModelRequest[Any], listener: type[_Listener] | type[_AsyncListener]
    ) -> ModelRequest[Any]:
        def following() -> StreamChecker:
            return StreamChecker(self._checker, prompt=supplied(request.messages), on_error=self._on_error)

        listening = _heard(request.model, listener(following, request.runtime.stream_writer))
        return request.override(model=listening, messages=without_citations(request.messages))


def _replaced(reviewed: tuple[AIMessage, Report] | None, runtime: Any) -> dict[str, Any] | None:
    if reviewed is None:
        return None
    answer, report = reviewed
    _tell(runtime.stream_writer, [Ended(report=report)])
    return {"messages": [annotate(answer, report)]}


def _heard(model: Any, listener: BaseCallbackHandler) -> Any:
    """Return a copy of a model that tells one more listener what it writes; another object is returned as it is."""
    if not isinstance(model, BaseChatModel):
        return model
    others = model.callbacks or []
    if isinstance(others, list):
        return model.model_copy(update={"callbacks": [*others, listener]})
    listeners = others.copy()
    listeners.add_handler(listener)
    return model.model_copy(update={"callbacks": listeners})


class _Following:
    """Follows an answer while it is streamed, and tells what becomes known of passages; a call tried again is anew."""

    raise_error = True  # what the policy forbids must end the run; LangChain swallows all that it is not told to raise

    def __init__(self, following: Callable[[], StreamChecker], tell: Callable[[Any], None]) -> None:
        self._following = following
        self._stream: StreamChecker | None = None
        self.tell = tell

    @property
    def stream(self) -> StreamChecker:
        """The answer so far; made with its first token, since many answers are not streamed."""
        self._stream = self._stream or self._following()
        return self._stream

    def begin(self) -> None:
        """Forget what was written before."""
        self._stream = None


class _Listener(_Following, BaseCallbackHandler):
    def on_chat_model_start(self, *_: Any, **__: Any) -> None:
        self.begin()

    def on_llm_new_token(self, token: Any, **given: Any) -> None:
        _tell(self.tell, self.stream.feed(_text(token, given.get("chunk"))))


class _AsyncListener(_Following, AsyncCallbackHandler):
    async def on_chat_model_start(self, *_: Any, **__: Any) -> None:
        self.begin()

    async def on_llm_new_token(self, token: Any, **given: Any) -> None:
        _tell(self.tell, await self.stream.feed_async(_text(token, given.get("chunk"))))


def _text(token: Any, chunk: Any) -> str:
    message = getattr(chunk, "message", None)
    return written(message) if isinstance(message, AIMessage) else str(token)


def _tell(write: Callable[[Any], None], events: Iterable[Event]) -> None:
    for event in events:
        if isinstance(event, Noticed | Ended):
            write({"type": "licence_notice", **event.to_dict()})
