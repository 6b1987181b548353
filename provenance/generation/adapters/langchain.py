"""How do LangChain's own messages carry notices? As standard citations in their text, and with the whole report.

`LicenceMiddleware` is for agents, `annotated` for chains. Both return a copy of the model's message, with the same id,
in LangChain's standard form (`output_version` "v1"): each text block has a `Citation` for each finding in it, and
`response_metadata["licence_report"]` has the report. The text is not changed; reasoning and what tools are called with
is neither changed nor checked. Nothing is annotated by callbacks, since LangChain swallows what they raise and loses
what they change; they may listen to what a chain finds while its answer streams.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from provenance.checker import Checker, Event, Noticed, StreamChecker
from provenance.errors import UsageError
from provenance.generation.adapters.layout import Layout, Place
from provenance.generation.review import OnError, Reviewer, TextChecker
from provenance.models import Report
from provenance.notices import heading, licence_label, web_address

try:
    from langchain.agents.middleware import AgentMiddleware, AgentState, ModelRequest, ModelResponse
    from langchain_core.callbacks import adispatch_custom_event, dispatch_custom_event
    from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage, HumanMessage, convert_to_messages
    from langchain_core.messages.content import Citation
    from langchain_core.prompt_values import PromptValue
    from langchain_core.runnables import Runnable, RunnableConfig, RunnableGenerator, RunnableLambda
except ImportError as error:
    raise UsageError(
        f"LangChain cannot be imported ({error}); run: pip install 'licence-provenance[langchain]'"
    ) from error

REPORT = "licence_report"
NOTICE = "licence_notice"
_OURS = "licence-provenance"
_STANDARD = {"output_version": "v1"}

Block = dict[str, Any]
Handler = Callable[[ModelRequest[Any]], ModelResponse[Any]]
AsyncHandler = Callable[[ModelRequest[Any]], Awaitable[ModelResponse[Any]]]


class LicenceMiddleware(AgentMiddleware[AgentState[Any], Any, Any]):
    """Checks each answer of an agent's model; what people said in the conversation counts as supplied by the user.

    Answers of earlier turns go to the model without the citations, which no provider would know.

    Args:
        checker: a `provenance.Checker`.
        on_error: what happens when a check fails. `report`: the answer goes on, its report says that it was not
            checked, and why. `raise`: the error ends the agent's run. A policy's `PolicyViolationError` always does.
    """

    def __init__(self, checker: TextChecker, *, on_error: OnError = "report") -> None:
        super().__init__()
        self._reviewer = Reviewer(tokenizer=None, checker=checker, on_error=on_error, on_report=None)

    def after_model(self, state: AgentState[Any], runtime: Any) -> dict[str, Any] | None:  # noqa: ARG002 - theirs
        """Replace the model's message by its annotated copy."""
        messages = state["messages"]
        answer = next((message for message in reversed(messages) if isinstance(message, AIMessage)), None)
        text = written(answer) if answer else ""
        if answer is None or not text:
            return None
        return {"messages": [annotate(answer, self._reviewer.text(text, supplied(messages)))]}

    async def aafter_model(self, state: AgentState[Any], runtime: Any) -> dict[str, Any] | None:
        """Do as `after_model` does, in a thread."""
        return await asyncio.to_thread(self.after_model, state, runtime)

    def wrap_model_call(self, request: ModelRequest[Any], handler: Handler) -> ModelResponse[Any]:
        """Call the model with what it wrote earlier as it wrote it."""
        return handler(request.override(messages=without_citations(request.messages)))

    async def awrap_model_call(self, request: ModelRequest[Any], handler: AsyncHandler) -> ModelResponse[Any]:
        """Do as `wrap_model_call` does."""
        return await handler(request.override(messages=without_citations(request.messages)))


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
        stream, parts = self._stream(), _Parts()
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
        stream, parts = self._stream(), _Parts()
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
        return annotate(message, reviewer.text(written(message), self.prompt or ""))


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


def supplied(messages: Iterable[BaseMessage]) -> str:
    """Return what people said and pasted in a conversation."""
    said = (message.content_blocks for message in messages if isinstance(message, HumanMessage))
    return "\n\n".join(
        str(block.get("text", "")) for blocks in said for block in blocks if block["type"] in ("text", "text-plain")
    )


def written(message: AIMessage) -> str:
    """Return what a reader sees of an answer: its text blocks, one after another."""
    return "".join(block["text"] for block in _blocks(message) if block["type"] == "text")


def annotate(message: AIMessage, report: Report) -> AIMessage:
    """Return a copy of an answer with the citations of a report on `written(message)`, and with the report.

    An answer without findings keeps its content as it is.
    """
    metadata = {**message.response_metadata, REPORT: report.to_dict()}
    if not report.findings:
        return message.model_copy(update={"response_metadata": metadata})
    blocks, layout = dict(enumerate(_blocks(message))), Layout()
    for place, block in blocks.items():
        if block["type"] == "text":
            layout.add(place, len(block["text"]))
    for place, citations in _citations(layout, report).items():
        blocks[place]["annotations"] = [*_foreign(blocks[place]), *citations]
    return message.model_copy(update={"content": list(blocks.values()), "response_metadata": {**metadata, **_STANDARD}})


def _blocks(message: BaseMessage) -> list[Block]:
    """Return the content of a message in the standard form, as copies."""
    return [{**block} for block in message.content_blocks]


def without_citations(messages: Sequence[BaseMessage]) -> list[Any]:
    """Return messages as a model may be given them: without the citations and reports that this module added."""
    return [_without(message) if REPORT in message.response_metadata else message for message in messages]


def _without(message: BaseMessage) -> BaseMessage:
    metadata = {name: value for name, value in message.response_metadata.items() if name != REPORT}
    content: Any = message.content
    if isinstance(content, list):
        content = [_plain(block) if isinstance(block, dict) else block for block in content]
        text = _only_text(message, content) if metadata.items() >= _STANDARD.items() else None
        if text is not None:
            content = text
            del metadata["output_version"]
    return message.model_copy(update={"content": content, "response_metadata": metadata})


def _only_text(message: BaseMessage, blocks: list[Block]) -> str | None:
    """Return the text where there is nothing else in standard content: not every model takes blocks.

    Calls stand in the message, too, so they do not count.
    """
    calls = {call["id"] for call in getattr(message, "tool_calls", ())}
    rest = [block for block in blocks if not (block["type"] == "tool_call" and block.get("id") in calls)]
    plain = len(rest) == 1 and rest[0]["type"] == "text" and rest[0].keys() <= {"type", "text", "index"}
    return rest[0]["text"] if plain else None


def _plain(block: Block) -> Block:
    """Return a block without our citations; one that had no others goes without the key."""
    plain = {name: value for name, value in block.items() if name != "annotations"}
    foreign = _foreign(block)
    return {**plain, "annotations": foreign} if foreign else plain


def _foreign(block: Mapping[str, Any]) -> list[Any]:
    """Return the annotations of a block that are not ours."""
    return [each for each in block.get("annotations") or () if (each.get("extras") or {}).get("checker") != _OURS]


def _citations(layout: Layout, report: Report) -> dict[Any, list[Citation]]:
    """Return the citations of each block."""
    cited: dict[Any, list[Citation]] = {}
    for place in layout.places(report):
        cited.setdefault(place.block, []).append(_citation(place, report))
    return cited


def _citation(place: Place, report: Report) -> Citation:
    """Return a stretch of a finding as LangChain's standard annotation; its offsets count in its block."""
    finding = report.findings[place.finding]
    work = finding.passage.origin
    licence, address = licence_label(work, report.language), web_address(work.source)
    citation = Citation(
        type="citation", title=f"{heading(work, report.language)} — {licence}",
        start_index=place.start + place.moved, end_index=place.end + place.moved,
        cited_text=report.text[place.start : place.end],
        extras={
            "checker": _OURS, "finding": place.finding, "licence": licence, "status": finding.status.value,
            "action": finding.action.value, "notice": finding.notice, "duties": list(finding.duties),
            "kind": finding.passage.kind.value, "similarity": round(finding.passage.similarity, 4),
        },
    )  # fmt: skip
    return {**citation, "url": address} if address else citation


class _Parts:
    """The chunks of one answer: which blocks they are parts of, and where the text lies in these."""

    def __init__(self) -> None:
        self.any = False
        self._id: str | None = None
        self._layout = Layout()
        self._kind = ""
        self._runs = 0

    def take(self, chunk: AIMessageChunk) -> tuple[AIMessageChunk, str]:
        """Return a chunk in the standard form, and its text.

        Blocks of neighbouring chunks are one block where they have the same index. Text and reasoning that come
        without one get one that begins with `lc_`, as LangChain's own do, since plain numbers belong to tool calls.
        """
        self.any, self._id = True, chunk.id or self._id
        blocks = [self._indexed(block) for block in _blocks(chunk)]
        texts = [block for block in blocks if block["type"] == "text"]
        for block in texts:
            self._layout.add(block["index"], len(block["text"]))
        metadata = {**chunk.response_metadata, **_STANDARD}
        taken = chunk.model_copy(update={"content": blocks, "response_metadata": metadata})
        return taken, "".join(block["text"] for block in texts)

    def _indexed(self, block: Block) -> Block:
        if block["type"] != self._kind:
            self._kind, self._runs = block["type"], self._runs + 1
        if "index" not in block and block["type"] in ("text", "reasoning"):
            block["index"] = f"lc_{block['type']}_{self._runs}"
        return block

    def last(self, report: Report) -> AIMessageChunk:
        """Return the chunk that adds citations and report to the sum of the others."""
        blocks: list[Any] = [
            {"type": "text", "text": "", "index": index, "annotations": citations}
            for index, citations in _citations(self._layout, report).items()
        ]
        return AIMessageChunk(content=blocks, id=self._id, response_metadata={REPORT: report.to_dict(), **_STANDARD})
