"""Chat completions, whole and streamed: what is added, and what stays as it was."""

from __future__ import annotations

import asyncio
import itertools
import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from provenance import Checker
from provenance.live import Event, StreamChecker
from provenance.openai import LicenceMiddleware
from provenance.service import Service
from tests.database.samples import TIMES, WHALE
from tests.strategies import examples
from tests.web.proxy.conftest import MakeService
from tests.web.proxy.scripted import Answer, Upstream, ask, chunk, completion, pieces, sse, streamed, whole

TEXT = f"It begins 🐋: {WHALE} And so on."
ASKED = {"messages": [{"role": "user", "content": "How does it begin?"}], "stream": True}


def answer(service: Service, upstream: Any, request: Any = ASKED, **headers: str) -> Answer:
    """What a client gets that asks for a chat completion."""
    return asyncio.run(ask(LicenceMiddleware(upstream, service=service), request, **headers))


def annotations(event: dict[str, Any]) -> list[dict[str, Any]]:
    return [a for choice in event["choices"] for a in choice.get("delta", choice.get("message")).get("annotations", [])]


def content(events: list[Any], index: int = 0) -> str:
    choices = [choice for event in events if isinstance(event, dict) for choice in event.get("choices", ())]
    return "".join(c["delta"].get("content") or "" for c in choices if c["index"] == index)


def test_a_stream_goes_on_byte_for_byte_but_for_one_chunk_and_one_field(service_of: MakeService, checker: Checker):
    """Before the chunk with the finish reason comes one of ours with all annotations; that chunk carries the report."""
    sent = streamed(*pieces(TEXT))
    got = answer(service_of(), Upstream(sent)).body
    last, done = sent[-2:]
    before = b"".join(sent[:-2])
    assert got.startswith(before)
    assert got.endswith(done)
    ours, end = (json.loads(line[6:]) for line in got[len(before) : -len(done)].strip().split(b"\n\n"))
    assert end == {**json.loads(last[6:]), "licence_report": checker.check(TEXT).to_dict()}
    (annotation,) = ours["choices"][0]["delta"].pop("annotations")
    assert annotation["url_citation"]["quote"]["exact"] == WHALE[:-1]
    assert ours == {
        "id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1, "model": "m",
        "choices": [{"index": 0, "delta": {}, "finish_reason": None}],
    }  # fmt: skip


def test_a_clean_answer_says_what_was_searched(service_of: MakeService):
    """Silence can be trusted: no annotation, no chunk of ours, but a report."""
    sent = streamed("Nothing ", "to see.")
    got = answer(service_of(), Upstream(sent))
    assert len(got.events) == len(sent)
    assert got.events[-2]["licence_report"]["coverage"]["works"] == 2


@settings(max_examples=examples(30), suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.lists(st.integers(0, 4000), max_size=20))
def test_a_stream_may_be_cut_anywhere(service_of: MakeService, cuts: list[int]):
    """Chunks are found however the bytes come, and come out the same."""
    raw = b"".join(streamed(*pieces(TEXT)))
    points = [0, *sorted(cut for cut in cuts if cut < len(raw)), len(raw)]
    cut = [raw[start:end] for start, end in itertools.pairwise(points)]
    assert answer(service_of(), Upstream(cut)).body == answer(service_of(), Upstream([raw])).body


def test_a_chunk_is_sent_before_it_is_checked(checker: Checker):
    """No chunk of text waits for a check, however long that takes."""
    seen: list[str] = []
    sent = streamed("One ", "two ", "three.")

    class Watched(StreamChecker):
        async def feed_async(self, text: str) -> list[Event]:
            seen.append(f"check {text}")
            return await super().feed_async(text)

    class Watching(Service):
        def stream(self, prompt: str | None = None) -> StreamChecker:
            return Watched(self.checker, prompt=prompt)

    class Noted(list[bytes]):
        def append(self, data: bytes) -> None:
            seen.append("send " + content(Answer(sent=[data]).events))

    app = LicenceMiddleware(Upstream(sent), service=Watching(checker))
    asyncio.run(ask(app, ASKED, into=Answer(sent=Noted()), licence_events="on"))
    assert seen[1:-3] == ["send One ", "check One ", "send two ", "check two ", "send three.", "check three."]


def test_each_of_several_answers_has_its_own_report(service_of: MakeService, checker: Checker):
    """They come in turns; the completion has room for one report only, so each choice has one."""
    first, second = pieces(TEXT), pieces("Nothing to see here, in so many words.")
    mixed = [part for pair in zip(first, second, strict=False) for part in pair]
    sent = [
        *(chunk({"content": text}, index=number % 2) for number, text in enumerate(mixed)),
        *(chunk({"content": text}) for text in first[len(second) :]),
        chunk({}, index=1, finish="stop"), chunk({}, finish="length"), sse("[DONE]"),
    ]  # fmt: skip
    got = answer(service_of(), Upstream(sent), {**ASKED, "n": 2})
    told = {c["index"]: c for event in got.events[:-1] for c in event["choices"] if "licence_report" in c}
    assert told[0]["licence_report"] == checker.check(TEXT).to_dict()
    assert told[1]["licence_report"] == checker.check("".join(second)).to_dict()
    assert (len(told[0]["delta"]["annotations"]), told[1]["delta"]) == (1, {})
    assert not any("licence_report" in event for event in got.events[:-1])
    assert b"".join(sent[-3:-2]) in got.body  # not even the ends of the choices are changed


TOOL = {"index": 0, "id": "call_1", "type": "function", "function": {"name": "save", "arguments": json.dumps([WHALE])}}
UNTOUCHED = {
    "tool calls": [chunk({"role": "assistant", "content": None, "tool_calls": [TOOL]}), chunk({}, finish="tool_calls")],
    "refusals": [chunk({"refusal": WHALE}), chunk({}, finish="stop")],
    "reasoning": [chunk({"reasoning_content": WHALE}), chunk({}, finish="stop")],
    "nothing": [chunk({"role": "assistant", "content": ""}), chunk({}, finish="stop")],
    "an error": [sse({"error": {"message": "out of memory", "code": 500}})],
    "unknown events": [sse({"type": "ping"}, "ping"), b": still there\n\n", sse("not JSON {"), b"data: \xff\xfe\n\n"],
    "odd shapes": [
        sse({"choices": None}), sse({"choices": [7, {"delta": WHALE}, {"index": "a", "delta": {"content": [1]}}]}),
        sse({"choices": [{"index": 0, "delta": None, "finish_reason": "stop"}]}),
    ],
}  # fmt: skip


@pytest.mark.parametrize("events", UNTOUCHED.values(), ids=list(UNTOUCHED))
def test_what_has_no_text_goes_on_byte_for_byte(events: list[bytes], service_of: MakeService):
    """Tool calls and reasoning are not looked at, and what nobody understands is not touched."""
    sent = [*events, sse("[DONE]")]
    assert answer(service_of(), Upstream(sent)).body == b"".join(sent)


def test_tool_calls_beside_a_text_are_not_altered(service_of: MakeService):
    """The text is annotated; the arguments come as they were sent, also in the chunk that ends."""
    sent = [chunk({"content": TEXT}), chunk({"tool_calls": [TOOL]}, finish="tool_calls"), sse("[DONE]")]
    got = answer(service_of(footer=True), Upstream(sent)).events
    assert got[2]["choices"][0] == {"index": 0, "delta": {"tool_calls": [TOOL]}, "finish_reason": "tool_calls"}
    assert len(annotations(got[1])) == 1


def test_usage_comes_last_and_numbers_keep_their_form(service_of: MakeService):
    """A chunk without choices goes on; in the one that gets the report no number is written anew."""
    choice = b'{"index":0,"delta":{},"finish_reason":"stop","x":1.50e-7}'
    end = b'data: {"id":"c","choices":[' + choice + b'],"big":12345678901234567890}\n\n'
    usage = sse({"choices": [], "usage": {"total_tokens": 3}})
    got = answer(service_of(), Upstream([chunk({"content": "Hello."}), end, usage, sse("[DONE]")])).body
    assert end.rstrip()[:-1] + b',"licence_report":' in got
    assert got.endswith(usage + sse("[DONE]"))


def test_a_chunk_that_ends_with_text_is_cut_in_two(service_of: MakeService, checker: Checker):
    """What is said of an answer stands behind all of its text and before its end."""
    logprobs = {"content": [{"token": "on.", "logprob": -0.1}]}
    end = sse({"choices": [{"index": 0, "delta": {"content": "on."}, "logprobs": logprobs, "finish_reason": "stop"}],
               "usage": {"total_tokens": 3}})  # fmt: skip
    sent = [chunk({"content": text}) for text in pieces(TEXT[:-3])]
    got = answer(service_of(footer=True), Upstream([*sent, end, sse("[DONE]")])).events
    text, ours, last, _ = got[-4:]
    assert text["choices"][0] == {"index": 0, "delta": {"content": "on."}, "logprobs": logprobs, "finish_reason": None}
    assert last == {
        "choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}], "usage": {"total_tokens": 3},
        "licence_report": checker.check(TEXT).to_dict(),
    }  # fmt: skip
    assert content(got) == TEXT + ours["choices"][0]["delta"]["content"]


def test_annotations_of_the_upstream_stay_and_ours_are_numbered_on(service_of: MakeService):
    """A client that adds lists up fails on a second list without numbers."""
    theirs = {"type": "url_citation", "url_citation": {"start_index": 0, "end_index": 1, "url": "u", "title": "t"}}
    sent = [chunk({"content": TEXT}), chunk({"annotations": [theirs]}), chunk({}, finish="stop"), sse("[DONE]")]
    got = answer(service_of(), Upstream(sent)).events
    assert [each.get("index") for event in got[:-1] for each in annotations(event)] == [None, 1]
    message = completion(TEXT)
    message["choices"][0]["message"]["annotations"] = [theirs]
    kept, ours = annotations(answer(service_of(), whole(message)).json)
    assert (kept, ours["url_citation"]["title"]) == (theirs, "The Whale — H. Melville — CC-BY-SA-4.0")


def in_parts(text: str) -> list[dict[str, Any]]:
    """A text as a list of parts, one of which is a picture."""
    return [{"type": "text", "text": text[:20]}, {"type": "image_url"}, {"type": "text", "text": text[20:]}]


def test_a_content_in_parts_is_checked_as_one_text(service_of: MakeService, checker: Checker):
    """Silence can be trusted there too: the parts stay, and annotations and report are those of their texts."""
    said = completion(TEXT)
    said["choices"][0]["message"]["content"] = in_parts(TEXT)
    got = answer(service_of(), whole(said))
    (annotation,) = annotations(got.json)
    assert annotation["url_citation"]["start_index"] == TEXT.index(WHALE)
    assert got.json["choices"][0]["message"]["content"] == in_parts(TEXT)
    assert got.json["licence_report"] == checker.check(TEXT).to_dict()


def test_a_stream_of_parts_is_checked_as_one_text(service_of: MakeService, checker: Checker):
    """As a stream of strings: one chunk of ours before the end, which carries the report."""
    sent = [*(chunk({"content": in_parts(text)}) for text in pieces(TEXT, 50)), chunk({}, finish="stop"), sse("[DONE]")]
    got = answer(service_of(), Upstream(sent))
    assert got.body.startswith(b"".join(sent[:-2]))
    assert len(got.events) == len(sent) + 1
    assert got.events[-2]["licence_report"] == checker.check(TEXT).to_dict()
    assert len(annotations(got.events[-3])) == 1


def test_a_footer_under_parts_is_a_part(service_of: MakeService):
    """A client can add only a list to a list; the parts of the model stay as they are."""
    said = completion(TEXT)
    said["choices"][0]["message"]["content"] = in_parts(TEXT)
    *kept, last = answer(service_of(footer=True), whole(said)).json["choices"][0]["message"]["content"]
    assert (kept, last) == (in_parts(TEXT), {"type": "text", "text": FOOTER[: FOOTER.rindex("\n")]})
    sent = [chunk({"content": in_parts(TEXT)}), chunk({}, finish="stop"), sse("[DONE]")]
    ours = answer(service_of(footer=True), Upstream(sent)).events[1]
    assert ours["choices"][0]["delta"]["content"] == [last]


FOOTER = (
    "\n\n---\n1. Matches text in “The Whale” by H. Melville (CC-BY-SA-4.0), https://books.example/whale\n"
    "2. Matches text in “Two \\[Cities\\](https://evil.example)” (MIT)"
)


def test_a_footer_stands_under_the_text_and_is_not_checked(service_of: MakeService, checker: Checker):
    """It comes as the last piece of text, each notice once, harmless as Markdown; offsets stay."""
    text = f"{WHALE} And: {TIMES} And again: {WHALE}"
    report = checker.check(text).to_dict()
    stream = answer(service_of(footer=True), Upstream(streamed(*pieces(text)))).events
    assert (content(stream), stream[-2]["licence_report"]) == (text + FOOTER, report)
    got = answer(service_of(footer=True), whole(completion(text))).json
    assert (got["choices"][0]["message"]["content"], got["licence_report"]) == (text + FOOTER, report)


@pytest.mark.parametrize("kind", ["json_object", "json_schema"])
def test_an_answer_in_json_has_no_footer(kind: str, service_of: MakeService):
    """It would not be JSON any more."""
    request = {**ASKED, "response_format": {"type": kind}}
    got = answer(service_of(footer=True), Upstream(streamed(*pieces(TEXT))), request).events
    assert content(got) == TEXT


PROMPTS = {
    "a string": [{"role": "user", "content": f"Go on: {WHALE}"}],
    "parts": [{"role": "user", "content": [{"type": "image_url"}, {"type": "text", "text": WHALE}]}],
    "a system message": [{"role": "system", "content": WHALE}, {"role": "user", "content": "Go on"}],
    "a tool": [{"role": "tool", "tool_call_id": "call_1", "content": WHALE}],
}


@pytest.mark.parametrize("messages", PROMPTS.values(), ids=list(PROMPTS))
def test_what_the_user_supplied_is_not_reported(messages: list[Any], service_of: MakeService):
    """All messages count but the assistant's, strings and parts alike; streamed and whole."""
    request = {"messages": messages}
    streaming = answer(service_of(), Upstream(streamed(*pieces(TEXT))), request).events[-2]
    for got in (streaming, answer(service_of(), whole(completion(TEXT)), request).json):
        report = got["licence_report"]
        assert (report["findings"], report["exempt"][0]["reason"]) == ([], "in-prompt")


def test_what_the_model_said_before_is_not_the_users(service_of: MakeService):
    """A passage does not become the user's by coming with the next request."""
    messages = [{"role": "assistant", "content": WHALE}, {"role": "user", "content": "Again!"}]
    assert len(annotations(answer(service_of(), whole(completion(TEXT)), {"messages": messages}).json)) == 1


def test_a_client_that_listens_is_told_as_it_happens(service_of: MakeService, checker: Checker):
    """With the header there are chunks with events, which add up to the report; without it there is none."""
    sent = streamed(*pieces(f"{TEXT} {TIMES}"))
    got = answer(service_of(), Upstream(sent), licence_events="on").events
    told = [each for event in got[:-1] for each in event.get("licence_events", ())]
    last = {each["number"]: each["finding"] for each in told if each["event"] != "withdrawn"}
    assert sorted(last.values(), key=lambda f: f["start"]) == checker.check(f"{TEXT} {TIMES}").to_dict()["findings"]
    assert {each["event"] for each in told} >= {"opened", "closed"}
    assert content(got) == f"{TEXT} {TIMES}"
    assert not any("licence_events" in event for event in answer(service_of(), Upstream(sent)).events[:-1])


@pytest.mark.parametrize("end", [[], [sse("[DONE]")], [b"data: [DONE]"], [b'data: {"half": ']], ids=str)
def test_a_stream_that_does_not_say_its_end_is_reported_all_the_same(end: list[bytes], service_of: MakeService):
    """No finish reason, no mark, a mark without its line end, half an event: the report comes, in a chunk of ours."""
    sent = [chunk({"content": TEXT}), *end]
    got = answer(service_of(), Upstream(sent))
    assert got.body.startswith(sent[0])
    assert got.body.endswith(b"".join(end))
    ours = json.loads(got.body.split(b"\n\n")[1][6:])
    assert (len(annotations(ours)), len(ours["licence_report"]["findings"])) == (1, 1)
    assert got.ended


def test_a_whole_answer_keeps_its_other_fields(service_of: MakeService, checker: Checker):
    """The message gets annotations, the completion the report, and the length is right."""
    said = completion(TEXT, None, usage={"total_tokens": 1.5}, mine={"a": [1]})
    got = answer(service_of(), whole(said, headers=((b"content-length", b"7"), (b"x-request-id", b"r1"))))
    told = got.json
    assert told.pop("licence_report") == checker.check(TEXT).to_dict()
    assert len(told["choices"][0]["message"].pop("annotations")) == 1
    assert told == said
    assert (got.headers["content-length"], got.headers["x-request-id"]) == (str(len(got.body)), "r1")


ALONE = {
    "an error": (whole({"error": {"message": "too fast"}}, status=429), None),
    "an error that is a page": (Upstream([b"<h1>500</h1>"], "text/html", 500), None),
    "an error in a stream's dress": (Upstream([chunk({"content": TEXT})], status=500), None),
    "a whole answer without text": (whole(completion(None)), None),
    "no completion": (whole({"object": "list", "choices": "none"}), None),
    "broken JSON": (Upstream([b'{"choices": [{"message": {"con'], "application/json"), "it is no JSON object"),
    "a page": (Upstream([b"<h1>Hello</h1>"], "text/html"), "it is neither JSON nor a stream of events"),
    "compressed": (Upstream([b"\x1f\x8b"], headers=((b"content-encoding", b"gzip"),)), "it is compressed"),
}


@pytest.mark.parametrize(("upstream", "why"), ALONE.values(), ids=list(ALONE))
def test_what_cannot_be_annotated_goes_on_as_it_is(upstream: Upstream, why: str | None, service_of: MakeService):
    """Status and bytes are the upstream's; where a text may be in it that nobody checked, a header says so."""
    got = answer(service_of(), upstream)
    assert (got.status, got.body) == (upstream.status, b"".join(upstream.body))
    assert got.headers.get("licence-unchecked") == why


def test_other_requests_go_through_untouched(service_of: MakeService):
    """Other paths, other methods: neither body nor answer nor headers are looked at."""
    sent = whole(completion(TEXT))
    for path, method in (("/v1/models", "GET"), ("/v1/completions", "POST"), ("/v1/chat/completions", "GET")):
        app = LicenceMiddleware(sent, service=service_of(max_body=1))
        got = asyncio.run(ask(app, ASKED, path, method=method, accept_encoding="gzip"))
        assert got.body == b"".join(sent.body)
        assert dict(sent.scopes[-1]["headers"])[b"accept-encoding"] == b"gzip"


def test_the_request_goes_on_as_it_was_sent(service_of: MakeService):
    """But for the encodings that the answer may have: it must be readable."""
    upstream = whole(completion("Hi."))
    answer(service_of(), upstream, ASKED, accept_encoding="gzip, br", authorization="Bearer k")
    headers = dict(upstream.scopes[0]["headers"])
    assert (upstream.asked, headers[b"accept-encoding"], headers[b"authorization"]) == (
        [ASKED],
        b"identity",
        b"Bearer k",
    )


def test_a_request_that_is_no_json_goes_on_and_its_answer_is_checked(service_of: MakeService):
    """To refuse it is the upstream's business."""
    upstream = whole(completion(TEXT))
    got = answer(service_of(), upstream, b"messages=\xff")
    assert upstream.asked == [{"raw": b"messages=\xff"}]
    assert len(annotations(got.json)) == 1
