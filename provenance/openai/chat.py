"""How do notices get into a chat completion, whole or streamed? By rules that all clients of OpenAI's API can bear.

- `annotations` of a message: a `url_citation` for each finding. In a stream all of them come in one delta, since
  clients add lists up and fail on a second one; where the upstream had sent some, ours are numbered on from them.
- `licence_report`: on the completion, and in a stream on the chunk with the `finish_reason`. Where a request asked
  for several answers (`n`), each choice has its own; in a stream in the chunk of ours before its last one.
- `licence_events`: on chunks of ours, for clients that ask for them, as soon as a passage opens, grows or closes.

Chunks that the upstream sent stay as they are, but for that one field. Reasoning, refusals and tool calls are not
looked at, and neither is content that is no string.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Any

from provenance.live import Noticed
from provenance.openai.exchange import Exchange, Tracked
from provenance.openai.sse import ServerSentEvent, encoded, new_event, with_field
from provenance.openai.stream import Step, StreamRewriter

_DONE = b"[DONE]"
_SHAPE = ("id", "object", "created", "model", "system_fingerprint", "service_tier")

_Object = dict[str, Any]


async def annotate_completion(completion: _Object, exchange: Exchange) -> bool:
    """Put notices into a whole chat completion; return whether there was any text.

    Raises:
        FaultError: the answer must not go out.
    """
    found = False
    for choice in _choices(completion):
        message = choice.get("message")
        if not isinstance(message, dict) or not (content := _content(message)):
            continue
        report, found = await exchange.report(content), True
        if cited := [citation.in_chat() for citation in exchange.citations(report)]:
            message["annotations"] = [*_list(message.get("annotations")), *cited]
        message["content"] = content + exchange.footnotes(report)
        (choice if exchange.several or _index(choice) else completion)["licence_report"] = report.to_dict()
    return found


class ChatStream(StreamRewriter[int]):
    """Puts notices into a streamed chat completion; a text is known by the index of its choice."""

    first = 0

    def __init__(self, exchange: Exchange) -> None:
        super().__init__(exchange)
        self._shape: _Object = {"object": "chat.completion.chunk"}
        self._reported: set[int] = set()
        self._others: dict[int, int] = {}  # how many annotations the upstream sent, by choice

    def read(self, event: ServerSentEvent) -> Step[int]:
        """Return what an event means."""
        if event.data is not None and event.data.strip() == _DONE:
            return Step(event, event.raw, turn=bool(self._open()))
        if (chunk := event.json()) is None:
            return Step(event, event.raw)
        self._shape |= {name: chunk[name] for name in _SHAPE if name in chunk}
        texts: list[tuple[int, str]] = []
        for choice in _choices(chunk):
            index, delta = _index(choice), _delta(choice)
            self._others[index] = self._others.get(index, 0) + len(_list(delta.get("annotations")))
            if content := _content(delta):
                texts.append((index, content))
                self.tracked.setdefault(index, Tracked(self.exchange))
        return Step(event, event.raw, tuple(texts), turn=bool(self._ending(chunk)))

    async def turn(self, step: Step[int]) -> AsyncIterator[bytes]:
        """Yield what goes out instead of a chunk with a `finish_reason`, or of the mark that ends the stream."""
        chunk = step.event.json()
        if chunk is None:
            async for data in self.last_words():
                yield data
            yield step.raw
            return
        ending = self._ending(chunk)
        async for data in self.fed([step]):
            yield data
        for index in ending:
            async for data in self.ended(index):
                yield data
        for data in self._parting(step, chunk, ending):
            yield data
        self._reported.update(ending)

    async def last_words(self) -> AsyncIterator[bytes]:
        """Yield what is to be said of choices that nothing ended."""
        for index in self._open():
            async for data in self.ended(index):
                yield data
            yield self._note(index, alone=True)
        self._reported |= self.tracked.keys()

    def told(self, key: int, noticed: list[Noticed]) -> bytes:
        """Return a chunk that says what was noticed."""
        return new_event(self._chunk({"index": key}, licence_events=[event.to_dict() for event in noticed]))

    def _open(self) -> list[int]:
        return [index for index in self.tracked if index not in self._reported]

    def _ending(self, chunk: _Object) -> list[int]:
        ended = {_index(choice) for choice in _choices(chunk) if choice.get("finish_reason")}
        return [index for index in self._open() if index in ended]

    def _parting(self, step: Step[int], chunk: _Object, ending: list[int]) -> Iterator[bytes]:
        """Yield a chunk that ends some choices, behind what is said of them and behind its own content."""
        data, notes = step.event.data or b"", b"".join(map(self._note, ending))
        if notes and step.texts:
            yield step.event.with_data(encoded(_without_end(chunk)))
            data = encoded(_end_alone(chunk))
        if notes:
            yield notes
        for index in ending:
            if not self._in_choice(index):
                data = with_field(data, "licence_report", self.tracked[index].outcome().to_dict())
        yield step.event.with_data(data)

    def _note(self, index: int, *, alone: bool = False) -> bytes:
        """Return a chunk of ours on a choice that has ended; nothing where there is nothing to say.

        Args:
            alone: no chunk of the upstream's is there to carry the report.
        """
        report, delta = self.tracked[index].outcome(), _Object()
        if footer := self.exchange.footnotes(report):
            delta["content"] = footer
        if cited := [citation.in_chat() for citation in self.exchange.citations(report)]:
            delta["annotations"] = self._numbered(index, cited)
        if self._in_choice(index):
            return new_event(self._chunk({"index": index, "delta": delta, "licence_report": report.to_dict()}))
        if alone:
            return new_event(self._chunk({"index": index, "delta": delta}, licence_report=report.to_dict()))
        return new_event(self._chunk({"index": index, "delta": delta})) if delta else b""

    def _numbered(self, index: int, cited: list[_Object]) -> list[_Object]:
        """Return annotations with their places in the list, where the upstream has sent some before."""
        others = self._others.get(index, 0)
        return [{"index": place, **each} for place, each in enumerate(cited, others)] if others else cited

    def _in_choice(self, index: int) -> bool:
        """Return whether a report stands in its choice: the completion has room for one."""
        return self.exchange.several or index > 0

    def _chunk(self, choice: _Object, **fields: Any) -> _Object:
        return {**self._shape, "choices": [{"delta": {}, "finish_reason": None, **choice}], **fields}


def _without_end(chunk: _Object) -> _Object:
    """Return a chunk without what ends its choices."""
    choices = [{**choice, "finish_reason": None} for choice in _choices(chunk)]
    return {**{name: value for name, value in chunk.items() if name != "usage"}, "choices": choices}


def _end_alone(chunk: _Object) -> _Object:
    """Return a chunk with nothing but what ends its choices."""
    choices = [{**choice, "delta": {}} for choice in _choices(chunk) if choice.get("finish_reason")]
    return {**chunk, "choices": [{name: value for name, value in c.items() if name != "logprobs"} for c in choices]}


def _choices(chunk: _Object) -> list[_Object]:
    return [choice for choice in _list(chunk.get("choices")) if isinstance(choice, dict)]


def _index(choice: _Object) -> int:
    index = choice.get("index")
    return index if isinstance(index, int) else 0


def _delta(choice: _Object) -> _Object:
    delta = choice.get("delta")
    return delta if isinstance(delta, dict) else {}


def _content(message: _Object) -> str:
    content = message.get("content")
    return content if isinstance(content, str) else ""


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []
