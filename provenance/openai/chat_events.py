"""Driver of the annotator of chat completions for bytes: a body of JSON, or a stream of server-sent events.

Chunks that the upstream sent stay as they are byte for byte, but for two: the one with the `finish_reason` gets the
field `licence_report`, and is cut in two where it has a text too.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Iterator
from typing import Any

from provenance.live import Noticed
from provenance.openai.chat import ChatAnnotator, ChunkContent, EndQueue, annotate_answers, read_answers, split_end
from provenance.openai.exchange import Exchange, TextCheck
from provenance.openai.sse import ServerSentEvent, encode_json, new_event, with_field
from provenance.openai.stream import Step, StreamRewriter

_DONE = b"[DONE]"


async def annotate_completion(completion: dict[str, Any], exchange: Exchange) -> bool:
    """Put notices into a whole chat completion; return whether there was any text.

    Raises:
        FaultError: the answer must not go out.
    """
    reports = [(answer, await exchange.report(answer.text)) for answer in read_answers(completion)]
    annotate_answers(completion, reports, exchange.wording, several=exchange.several)
    return bool(reports)


class ChatStream(StreamRewriter[int]):
    """Puts notices into a streamed chat completion; the key of a text is the index of its choice."""

    def __init__(self, exchange: Exchange) -> None:
        super().__init__(exchange, first=0)
        self._annotator = ChatAnnotator(exchange.wording, several=exchange.several)
        self._ends = EndQueue[tuple[ServerSentEvent, ChunkContent]]()

    def read_events(self, events: Iterable[ServerSentEvent]) -> Iterator[Step[int]]:
        """Yield what events mean; one that seems to end an answer waits for the next that says something of it."""
        for event in events:
            if event.data is not None and event.data.strip() == _DONE:
                yield from self.read_held()
                yield Step(event, event.raw, ends_text=bool(self._list_untold()))
            elif (chunk := event.json()) is None:
                yield Step(event, event.raw)
            else:
                content = self._annotator.read(chunk)
                yield from map(self._make_step, self._ends.order((event, content), content))

    def read_held(self) -> Iterator[Step[int]]:
        """Yield the events that wait, after which nothing more came."""
        return map(self._make_step, self._ends.release())

    def _make_step(self, ordered: tuple[tuple[ServerSentEvent, ChunkContent], tuple[int, ...]]) -> Step[int]:
        (event, content), ended = ordered
        for index, _ in content.texts:
            self.checks.setdefault(index, TextCheck(self.exchange))
        return Step(event, event.raw, content.texts, ends_text=bool(ended), ended=ended)

    async def rewrite_end(self, step: Step[int]) -> AsyncIterator[bytes]:
        """Yield what goes out instead of a chunk with a `finish_reason`, or of the mark that ends the stream."""
        chunk = step.event.json()
        if chunk is None:
            async for data in self.tell_unended():
                yield data
            yield step.raw
            return
        async for data in self.feed([step]):
            yield data
        for index in step.ended:
            async for data in self.end_text(index):
                yield data
        reports = {index: self.checks[index].outcome() for index in step.ended}
        said = [self._annotator.tell(index, report, alone=False) for index, report in reports.items()]
        ours = b"".join(new_event(each) for each in said if each is not None)
        data = step.event.data or b""
        if ours and step.texts:
            content, end = split_end(chunk)
            yield step.event.with_data(encode_json(content))
            data = encode_json(end)
        if ours:
            yield ours
        for index, report in reports.items():
            if (field := self._annotator.report_for_end(index, report)) is not None:
                data = with_field(data, "licence_report", field)
        yield step.event.with_data(data)

    async def tell_unended(self) -> AsyncIterator[bytes]:
        """Yield the reports on answers without a chunk that ends them."""
        for index in self._list_untold():
            async for data in self.end_text(index):
                yield data
            yield new_event(self._annotator.tell(index, self.checks[index].outcome(), alone=True))

    def tell_events(self, key: int, events: list[Noticed]) -> bytes:
        """Return a chunk that tells a listening client of passages."""
        return new_event(self._annotator.tell_events(key, events))

    def _list_untold(self) -> list[int]:
        return [
            index for index, check in self.checks.items() if index not in self._annotator.told or check.report is None
        ]
