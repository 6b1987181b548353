"""Answers of the Responses API, whole and streamed."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from provenance import Checker
from provenance.openai import LicenceMiddleware
from provenance.service import Service
from tests.database.samples import TIMES, WHALE
from tests.web.proxy.conftest import MakeService
from tests.web.proxy.scripted import (
    Answer,
    Upstream,
    as_stream,
    ask,
    message,
    output_text,
    pieces,
    response,
    response_events,
    whole,
)

TEXT = f"It begins 🐋: {WHALE} And so on."
ASKED = {"input": "How does it begin?", "stream": True}
ADDED = "response.output_text.annotation.added"


def answer(service: Service, upstream: Any, request: Any = ASKED) -> Answer:
    """What a client gets that asks for a response."""
    return asyncio.run(ask(LicenceMiddleware(upstream, service=service), request, "/v1/responses"))


def flat(checker: Checker, text: str) -> list[dict[str, Any]]:
    """The annotations of a text that repeats the whale."""
    (finding,) = checker.check(text).findings
    before = len(text[: finding.start].encode("utf-16-le")) // 2
    return [
        {
            "type": "url_citation", "start_index": finding.start, "end_index": finding.end,
            "url": "https://books.example/whale", "title": "The Whale — H. Melville — CC-BY-SA-4.0",
            "license": "CC-BY-SA-4.0", "notice": finding.notice, "utf16_start": before,
            "utf16_end": before + finding.end - finding.start, "quote": finding.passage.quote.to_dict(),
        }
    ]  # fmt: skip


@pytest.mark.parametrize("named", [True, False])
def test_a_stream_says_annotations_before_the_text_is_done_and_repeats_them(
    named: bool, service_of: MakeService, checker: Checker
):
    """What comes before goes on byte for byte; what comes after is numbered on and carries the annotations."""
    events = response_events(*pieces(TEXT))
    got = answer(service_of(), Upstream(as_stream(events, named=named)))
    before = b"".join(as_stream(events[:-4], named=named))
    done, part, item, completed = events[-4:]
    annotations, report = flat(checker, TEXT), checker.check(TEXT).to_dict()
    number, place = done["sequence_number"], {"item_id": "msg_1", "output_index": 0, "content_index": 0}
    text = output_text(TEXT, annotations)
    assert got.body.startswith(before)
    assert (b"event: " + ADDED.encode() in got.body) is named
    assert got.events[len(events) - 4 :] == [
        {"type": ADDED, **place, "annotation_index": 0, "annotation": annotations[0], "sequence_number": number},
        {**done, "sequence_number": number + 1},
        {**part, "part": text, "sequence_number": number + 2},
        {**item, "item": message(text), "sequence_number": number + 3},
        {
            **completed, "sequence_number": number + 4,
            "response": {**response(message(text), usage=None), "licence_report": report},
        },
    ]  # fmt: skip


def test_a_footer_is_text_wherever_the_text_is_repeated(service_of: MakeService, checker: Checker):
    """It comes as one more piece, and is not checked."""
    footer = f"\n\n---\n1. {checker.check(TEXT).findings[0].notice}"
    got = answer(service_of(footer=True), Upstream(as_stream(response_events(*pieces(TEXT))))).events
    deltas = "".join(event["delta"] for event in got if event["type"] == "response.output_text.delta")
    done, part, item, completed = got[-4:]
    repeated = [done, part["part"], item["item"]["content"][0], completed["response"]["output"][0]["content"][0]]
    assert {deltas, *(each["text"] for each in repeated)} == {TEXT + footer}
    assert completed["response"]["licence_report"] == checker.check(TEXT).to_dict()
    assert [event["sequence_number"] for event in got] == list(range(len(got)))
    request = {**ASKED, "text": {"format": {"type": "json_schema"}}}
    done, *_ = answer(service_of(footer=True), Upstream(as_stream(response_events(*pieces(TEXT)))), request).events[-4:]
    assert done["text"] == TEXT


def test_a_whole_answer_has_annotations_and_report(service_of: MakeService, checker: Checker):
    """Its other fields stay, and what the upstream had annotated too."""
    theirs = {"type": "file_citation", "file_id": "f", "index": 0}
    said = response(message(output_text(TEXT, [theirs])), usage=None)
    told = answer(service_of(), whole(said)).json
    assert told.pop("licence_report") == checker.check(TEXT).to_dict()
    assert told == response(message(output_text(TEXT, [theirs, *flat(checker, TEXT)])), usage=None)


def test_each_of_several_texts_has_its_own_report(service_of: MakeService, checker: Checker):
    """The response has room for one only."""
    said = response(message(output_text(TEXT), output_text(TIMES)), message(output_text("No."), id="msg_2"))
    told = answer(service_of(), whole(said)).json
    parts = [part for item in told["output"] for part in item["content"]]
    assert [part["licence_report"] for part in parts] == [checker.check(t).to_dict() for t in (TEXT, TIMES, "No.")]
    assert "licence_report" not in told


CALL = {"type": "function_call", "id": "fc_1", "call_id": "c", "name": "save", "arguments": json.dumps([WHALE])}
THOUGHT = {"type": "reasoning", "id": "rs_1", "summary": [], "content": [{"type": "reasoning_text", "text": WHALE}]}
REFUSED = message({"type": "refusal", "refusal": WHALE})
UNTOUCHED = [
    {"type": "response.created", "response": response(status="queued")},
    {"type": "response.reasoning_text.delta", "item_id": "rs_1", "output_index": 0, "content_index": 0, "delta": WHALE},
    {"type": "response.output_item.done", "output_index": 0, "item": THOUGHT},
    {"type": "response.function_call_arguments.done", "item_id": "fc_1", "output_index": 1, "arguments": WHALE},
    {"type": "response.output_item.done", "output_index": 1, "item": CALL},
    {"type": "response.output_item.done", "output_index": 2, "item": REFUSED},
    {"type": "response.unheard_of", "text": WHALE, "part": 7},
    {"type": "response.completed", "response": response(THOUGHT, CALL, REFUSED)},
    {"type": "response.output_text.done", "text": None},
    {"type": "response.completed", "response": None},
    {"type": "response.completed", "response": {"output": [None, {"type": "message", "content": [None, {"text": 1}]}]}},
    {"type": "error", "message": "out of memory"},
]


def test_what_has_no_text_goes_on_byte_for_byte(service_of: MakeService):
    """Reasoning, calls, refusals, and what nobody understands."""
    sent = as_stream([{**event, "sequence_number": number} for number, event in enumerate(UNTOUCHED)])
    assert answer(service_of(), Upstream([*sent, b"data: [1]\n\n", b": ping\n\n"])).body == b"".join(
        [*sent, b"data: [1]\n\n", b": ping\n\n"]
    )
    said = whole(response(THOUGHT, CALL, REFUSED))
    assert answer(service_of(), said).body == b"".join(said.body)


def test_a_text_that_was_not_streamed_is_checked_where_it_is_repeated(service_of: MakeService, checker: Checker):
    """Some servers send only the whole, or repeat it without the white space at its ends."""
    events = response_events(f"\n\n{TEXT}")
    for event in events[-4:]:
        cut = json.dumps(event).replace(json.dumps(f"\n\n{TEXT}"), json.dumps(TEXT))
        event.update(json.loads(cut))
    for some in (events, [*events[:4], *events[-4:]]):
        *_, item, completed = answer(service_of(), Upstream(as_stream(some))).events
        assert item["item"]["content"][0]["annotations"] == flat(checker, TEXT)
        assert completed["response"]["licence_report"] == checker.check(TEXT).to_dict()


def test_a_stream_that_breaks_off_is_reported_in_an_event_of_ours(service_of: MakeService, checker: Checker):
    """There is no event of the upstream's left to carry the report; the numbers go on."""
    events = response_events(*pieces(TEXT))[:-4]
    got = answer(service_of(), Upstream(as_stream(events))).events
    added, last = got[len(events) :]
    place = {"item_id": "msg_1", "output_index": 0, "content_index": 0}
    assert added["annotation"] == flat(checker, TEXT)[0]
    assert last == {
        "type": "response.licence_report", **place, "licence_report": checker.check(TEXT).to_dict(),
        "sequence_number": len(events) + 1,
    }  # fmt: skip


PROMPTS = {
    "a string": {"input": WHALE},
    "instructions": {"instructions": WHALE, "input": "Go on"},
    "items": {"input": [{"role": "user", "content": [{"type": "input_text", "text": WHALE}]}]},
    "a tool": {"input": [{"type": "function_call_output", "call_id": "c", "output": WHALE}]},
}


@pytest.mark.parametrize("request_", PROMPTS.values(), ids=list(PROMPTS))
def test_what_the_user_supplied_is_not_reported(request_: dict[str, Any], service_of: MakeService):
    """Instructions, input as a string or as items, and what tools gave."""
    report = answer(service_of(), whole(response(message(output_text(TEXT)))), request_).json["licence_report"]
    assert (report["findings"], report["exempt"][0]["reason"]) == ([], "in-prompt")


def test_what_the_model_said_before_is_not_the_users(service_of: MakeService, checker: Checker):
    """A passage does not become the user's by coming with the next request."""
    said = [
        {"role": "assistant", "content": [{"type": "output_text", "text": WHALE}]},
        {"role": "user", "content": "!"},
    ]
    told = answer(service_of(), whole(response(message(output_text(TEXT)))), {"input": said}).json
    assert told["output"][0]["content"][0]["annotations"] == flat(checker, TEXT)
