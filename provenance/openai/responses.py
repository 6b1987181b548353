"""How do notices get into an answer of the Responses API, whole or streamed? By the rules that OpenAI's clients need.

- `annotations` of an `output_text`: a flat `url_citation` for each finding. A stream says each in an event
  `response.output_text.annotation.added` too, before the text is done; clients read the annotations from the events
  that repeat the whole text, so they stand in all of those.
- `licence_report`: on the response, also where it ends a stream. Where an answer has several texts, each has its own.
- `sequence_number`: of what follows an event of ours is moved on.

A stream that breaks off before any event that carries the response is told of in an event `response.licence_report`.
Reasoning, refusals and tool calls are not looked at.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Any

from provenance.live import Noticed
from provenance.openai.exchange import Exchange, TextCheck
from provenance.openai.faults import FaultError
from provenance.openai.sse import ServerSentEvent, encode_json, new_event
from provenance.openai.stream import Step, StreamRewriter
from provenance.reports import Report

_DELTA = "response.output_text.delta"
_ANNOTATED = "response.output_text.annotation.added"
_DONE = "response.output_text.done"
_PART_DONE = "response.content_part.done"
_ITEM_DONE = "response.output_item.done"
_ENDING = {"response.completed", "response.incomplete", "response.failed"}
_REPORT = "response.licence_report"

_Object = dict[str, Any]
_Key = tuple[int, int]  # output_index, content_index


async def annotate_response(response: _Object, exchange: Exchange) -> bool:
    """Put notices into a whole response; return whether there was any text.

    Raises:
        FaultError: the answer must not go out.
    """
    reports = [(part, await exchange.report(part["text"])) for _, part in _texts_of(response)]
    for part, report in reports:
        _annotate(part, report, exchange)
    _attach(response, reports)
    return bool(reports)


class ResponseStream(StreamRewriter[_Key]):
    """Puts notices into a streamed answer of the Responses API; a text is known by the places of its item and part."""

    def __init__(self, exchange: Exchange) -> None:
        super().__init__(exchange, first=(0, 0))
        self._items: dict[_Key, object] = {}
        self._others: dict[_Key, int] = {}  # how many annotations the upstream sent, by text
        self._reports: dict[_Key, Report] = {}
        self._number: int | None = None  # of the last event that came
        self._inserted = 0
        self._reported = False
        self._named = False

    def read_event(self, event: ServerSentEvent) -> Step[_Key]:
        """Return what an event means."""
        if (said := event.json()) is None:
            return Step(event, event.raw)
        self._named = event.name is not None
        if isinstance(number := said.get("sequence_number"), int):
            self._number = number
        if any(True for _ in _texts(said)):
            return Step(event, event.raw, ends_text=True)
        return Step(event, self._moved_on(event, said), self._added(said))

    async def rewrite_end(self, step: Step[_Key]) -> AsyncIterator[bytes]:
        """Yield what goes out instead of an event that repeats texts which have ended."""
        said = step.event.json() or {}
        texts = list(_texts(said))
        for key, _ in texts:
            async for data in self._parting(key):
                yield data
        reports = [(part, await self._report(key, part["text"])) for key, part in texts]
        for part, report in reports:
            _annotate(part, report, self.exchange, listed=part is not said)
        if isinstance(response := said.get("response"), dict):
            _attach(response, reports)
            self._reported = True
        yield self._moved_on(step.event, said, changed=True)

    async def tell_unended(self) -> AsyncIterator[bytes]:
        """Yield what is to be said of texts that nothing ended."""
        self._number = None if self._number is None else self._number + 1
        for key in () if self._reported else tuple(self.checks):
            async for data in self._parting(key):
                yield data
            yield self._own(_REPORT, key, licence_report=self.checks[key].outcome().to_dict())

    def tell_events(self, key: _Key, events: list[Noticed]) -> bytes:  # noqa: ARG002  # nothing is said
        """Return nothing: whoever reads this API listens for annotations."""
        return b""

    def tell_fault(self, fault: FaultError) -> bytes:
        """Return the event that tells a client that there is no more: as the API has it, and as its clients read it."""
        said = {"type": "error", "code": fault.code, "message": fault.message, "param": None, **fault.to_dict()}
        number = {} if self._number is None else {"sequence_number": self._number + self._inserted}
        return new_event(said | number, "error" if self._named else None)

    def _added(self, said: _Object) -> tuple[tuple[_Key, str], ...]:
        """Note what an event adds to a text, and return it."""
        kind, key, delta = said.get("type"), _key(said), said.get("delta")
        if kind == _ANNOTATED:
            self._others[key] = self._others.get(key, 0) + 1
        if kind != _DELTA or not isinstance(delta, str) or not delta:
            return ()
        self.checks.setdefault(key, TextCheck(self.exchange))
        self._items[key] = said.get("item_id")
        return ((key, delta),)

    async def _parting(self, key: _Key) -> AsyncIterator[bytes]:
        """End a text, unless it has ended, and yield what is said of it before the upstream repeats it."""
        check = self.checks.get(key)
        if check is None or check.report is not None:
            return
        async for data in self.end_text(key):
            yield data
        report = self._reports[key] = check.outcome()
        for place, citation in enumerate(self.exchange.wording.citations(report), self._others.get(key, 0)):
            yield self._own(_ANNOTATED, key, annotation_index=place, annotation=citation.in_response())
        if footer := self.exchange.wording.footnotes(report):
            yield self._own(_DELTA, key, delta=footer, logprobs=[])

    async def _report(self, key: _Key, text: str) -> Report:
        """Return the report on a text as it is repeated: that of the stream, where it streamed just this."""
        report = self._reports.get(key)
        if report is None or report.text != text:
            report = self._reports[key] = await self.exchange.report(text)
        return report

    def _own(self, kind: str, key: _Key, **fields: Any) -> bytes:
        """Return an event of ours on a text, numbered behind the last one."""
        place = {"item_id": self._items.get(key), "output_index": key[0], "content_index": key[1]}
        number = {} if self._number is None else {"sequence_number": self._number + self._inserted}
        self._inserted += 1
        return new_event({"type": kind, **place, **fields, **number}, kind if self._named else None)

    def _moved_on(self, event: ServerSentEvent, said: _Object, *, changed: bool = False) -> bytes:
        """Return the bytes of an event with the number that it has behind events of ours."""
        if self._inserted and isinstance(number := said.get("sequence_number"), int):
            said["sequence_number"], changed = number + self._inserted, True
        return event.with_data(encode_json(said)) if changed else event.raw


def _annotate(part: _Object, report: Report, exchange: Exchange, *, listed: bool = True) -> None:
    """Put notices into a text; `listed`: it has a list of annotations."""
    part["text"] += exchange.wording.footnotes(report)
    cited = [citation.in_response() for citation in exchange.wording.citations(report)]
    if listed and cited:
        others = part.get("annotations")
        part["annotations"] = [*(others if isinstance(others, list) else ()), *cited]


def _attach(response: _Object, reports: list[tuple[_Object, Report]]) -> None:
    """Put the reports where they belong: the only one on the response, else each on its text."""
    for part, report in reports:
        (response if len(reports) == 1 else part)["licence_report"] = report.to_dict()


def _texts(said: _Object) -> Iterator[tuple[_Key, _Object]]:
    """Yield the texts that an event repeats as a whole, each as the object that holds it in `text`."""
    kind, key = said.get("type"), _key(said)
    if kind == _DONE and isinstance(said.get("text"), str):
        yield key, said
    elif kind == _PART_DONE and _is_text(said.get("part")):
        yield key, said["part"]
    elif kind == _ITEM_DONE:
        yield from _texts_in(said.get("item"), key[0])
    elif kind in _ENDING and isinstance(said.get("response"), dict):
        yield from _texts_of(said["response"])


def _texts_of(response: _Object) -> Iterator[tuple[_Key, _Object]]:
    output = response.get("output")
    for place, item in enumerate(output if isinstance(output, list) else ()):
        yield from _texts_in(item, place)


def _texts_in(item: object, place: int) -> Iterator[tuple[_Key, _Object]]:
    if isinstance(item, dict) and item.get("type") == "message" and isinstance(item.get("content"), list):
        yield from (((place, number), part) for number, part in enumerate(item["content"]) if _is_text(part))


def _is_text(part: object) -> bool:
    return isinstance(part, dict) and part.get("type") == "output_text" and isinstance(part.get("text"), str)


def _key(said: _Object) -> _Key:
    item, part = said.get("output_index"), said.get("content_index")
    return (item if isinstance(item, int) else 0, part if isinstance(part, int) else 0)
