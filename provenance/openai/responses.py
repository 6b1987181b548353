"""Annotator of answers of the Responses API, whole or streamed, by the rules that OpenAI's clients need.

- `annotations` of an `output_text`: a flat `url_citation` for each finding. In a stream each comes in an event
  `response.output_text.annotation.added` too, before the text is done. Clients read the annotations from the events
  that repeat the whole text, so each of those has them.
- `licence_report`: on the response, also where it ends a stream. Where an answer has several texts, each has its own.
- `sequence_number`: events that follow one of ours get a higher one.

Where a stream breaks off before any event that carries the response, an event `response.licence_report` has the report.
Reasoning, refusals and tool calls are not checked.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Iterable, Iterator
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
    reports = [(part, await exchange.report(part["text"])) for _, part in _find_texts_in_output(response)]
    for part, report in reports:
        _annotate_part(part, report, exchange)
    _attach_reports(response, reports)
    return bool(reports)


class ResponseStream(StreamRewriter[_Key]):
    """Puts notices into a streamed answer of the Responses API; the key of a text has the places of item and part."""

    def __init__(self, exchange: Exchange) -> None:
        super().__init__(exchange, first=(0, 0))
        self._items: dict[_Key, object] = {}
        self._cited: Counter[_Key] = Counter()  # annotations of the upstream's
        self._reports: dict[_Key, Report] = {}
        self._number: int | None = None  # of the last event that came
        self._inserted = 0
        self._reported = False
        self._named = False

    def read_events(self, events: Iterable[ServerSentEvent]) -> Iterator[Step[_Key]]:
        """Yield what events mean."""
        return map(self._read_event, events)

    def _read_event(self, event: ServerSentEvent) -> Step[_Key]:
        if (said := event.json()) is None:
            return Step(event, event.raw)
        self._named = event.name is not None
        if isinstance(number := said.get("sequence_number"), int):
            self._number = number
        if any(True for _ in _find_repeated_texts(said)):
            return Step(event, event.raw, ends_text=True)
        raw = self._renumber(event, said)
        kind, key, delta = said.get("type"), _read_key(said), said.get("delta")
        if kind == _ANNOTATED:
            self._cited[key] += 1
        if kind != _DELTA or not isinstance(delta, str) or not delta:
            return Step(event, raw)
        self.checks.setdefault(key, TextCheck(self.exchange))
        self._items[key] = said.get("item_id")
        return Step(event, raw, ((key, delta),))

    async def rewrite_end(self, step: Step[_Key]) -> AsyncIterator[bytes]:
        """Yield what goes out instead of an event that repeats texts which have ended."""
        said = step.event.json() or {}
        texts = list(_find_repeated_texts(said))
        for key, _ in texts:
            async for data in self._tell(key):
                yield data
        reports = [(part, await self._report_on(key, part["text"])) for key, part in texts]
        for part, report in reports:
            # An event `output_text.done` is the part itself, and has no annotations.
            _annotate_part(part, report, self.exchange, annotations=part is not said)
        if isinstance(response := said.get("response"), dict):
            _attach_reports(response, reports)
            self._reported = True
        yield self._renumber(step.event, said, changed=True)

    async def tell_unended(self) -> AsyncIterator[bytes]:
        """Yield the reports on texts without an event that ends them."""
        self._number = None if self._number is None else self._number + 1
        for key in [key for key, check in self.checks.items() if not self._reported or check.report is None]:
            async for data in self._tell(key):
                yield data
            yield self._new_event(_REPORT, key, licence_report=self.checks[key].outcome().to_dict())

    def tell_events(self, key: _Key, events: list[Noticed]) -> bytes:  # noqa: ARG002  # nothing is said
        """Return nothing: clients of this API listen for annotations."""
        return b""

    def tell_fault(self, fault: FaultError) -> bytes:
        """Return the event that ends an answer with an error: as the API has it, and as its clients read it."""
        said = {"type": "error", "code": fault.code, "message": fault.message, "param": None, **fault.to_dict()}
        number = {} if self._number is None else {"sequence_number": self._number + self._inserted}
        return new_event(said | number, "error" if self._named else None)

    async def _tell(self, key: _Key) -> AsyncIterator[bytes]:
        """End a text, unless it has ended, and yield the events of ours that come before the upstream repeats it."""
        check = self.checks.get(key)
        if check is None or check.report is not None:
            return
        async for data in self.end_text(key):
            yield data
        report = self._reports[key] = check.outcome()
        for place, citation in enumerate(self.exchange.wording.citations(report), self._cited[key]):
            yield self._new_event(_ANNOTATED, key, annotation_index=place, annotation=citation.in_response())
        if footer := self.exchange.wording.footnotes(report):
            yield self._new_event(_DELTA, key, delta=footer, logprobs=[])

    async def _report_on(self, key: _Key, text: str) -> Report:
        """Return the report on a repeated text: that of the stream, where just this text was streamed."""
        report = self._reports.get(key)
        if report is None or report.text != text:
            report = self._reports[key] = await self.exchange.report(text)
        return report

    def _new_event(self, kind: str, key: _Key, **fields: Any) -> bytes:
        """Return an event of ours on a text; it takes the number of the upstream's event before which it comes."""
        place = {"item_id": self._items.get(key), "output_index": key[0], "content_index": key[1]}
        number = {} if self._number is None else {"sequence_number": self._number + self._inserted}
        self._inserted += 1
        return new_event({"type": kind, **place, **fields, **number}, kind if self._named else None)

    def _renumber(self, event: ServerSentEvent, said: _Object, *, changed: bool = False) -> bytes:
        """Return the bytes of an event, with a higher number where events of ours came before it.

        Args:
            event: as it came.
            said: its content; is changed.
            changed: the content has been changed before, so that the bytes must be written anew.
        """
        if self._inserted and isinstance(number := said.get("sequence_number"), int):
            said["sequence_number"], changed = number + self._inserted, True
        return event.with_data(encode_json(said)) if changed else event.raw


def _annotate_part(part: _Object, report: Report, exchange: Exchange, *, annotations: bool = True) -> None:
    """Put notices into a text.

    Args:
        part: has the text in `text`; is changed.
        report: the report on the text.
        exchange: the request that is answered.
        annotations: the part has a list of annotations.
    """
    part["text"] += exchange.wording.footnotes(report)
    cited = [citation.in_response() for citation in exchange.wording.citations(report)]
    if annotations and cited:
        others = part.get("annotations")
        part["annotations"] = [*(others if isinstance(others, list) else ()), *cited]


def _attach_reports(response: _Object, reports: list[tuple[_Object, Report]]) -> None:
    """Put the reports where they belong: the only one on the response, else each on its text."""
    for part, report in reports:
        (response if len(reports) == 1 else part)["licence_report"] = report.to_dict()


def _find_repeated_texts(said: _Object) -> Iterator[tuple[_Key, _Object]]:
    """Yield the texts that an event repeats as a whole, each as the object that holds it in `text`."""
    kind, key = said.get("type"), _read_key(said)
    if kind == _DONE and isinstance(said.get("text"), str):
        yield key, said
    elif kind == _PART_DONE and _is_text(said.get("part")):
        yield key, said["part"]
    elif kind == _ITEM_DONE:
        yield from _find_texts_in_item(said.get("item"), key[0])
    elif kind in _ENDING and isinstance(said.get("response"), dict):
        yield from _find_texts_in_output(said["response"])


def _find_texts_in_output(response: _Object) -> Iterator[tuple[_Key, _Object]]:
    output = response.get("output")
    for place, item in enumerate(output if isinstance(output, list) else ()):
        yield from _find_texts_in_item(item, place)


def _find_texts_in_item(item: object, place: int) -> Iterator[tuple[_Key, _Object]]:
    if isinstance(item, dict) and item.get("type") == "message" and isinstance(item.get("content"), list):
        yield from (((place, number), part) for number, part in enumerate(item["content"]) if _is_text(part))


def _is_text(part: object) -> bool:
    return isinstance(part, dict) and part.get("type") == "output_text" and isinstance(part.get("text"), str)


def _read_key(said: _Object) -> _Key:
    item, part = said.get("output_index"), said.get("content_index")
    return (item if isinstance(item, int) else 0, part if isinstance(part, int) else 0)
