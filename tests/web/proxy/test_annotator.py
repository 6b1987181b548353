"""The annotator of chat completions without any driver, and that the two drivers say the same."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

import pytest

from provenance import Checker
from provenance.openai import LicenceMiddleware
from provenance.openai.chat import ChatAnnotator, ChunkContent
from provenance.openai.sdk import annotate, annotate_stream
from provenance.openai.wording import Wording
from provenance.reports import Report
from provenance.service import ServeSettings, Service
from tests.database.samples import WHALE
from tests.web.proxy.scripted import HEAD, Upstream, ask, completion, pieces, sse, whole

TEXT = f"It begins: {WHALE} And so on."
THEIRS = {"type": "url_citation", "url_citation": {"start_index": 0, "end_index": 1, "url": "u", "title": "t"}}


def chunk(delta: Any, *, index: int = 0, finish: str | None = None) -> dict[str, Any]:
    return {**HEAD, "choices": [{"index": index, "delta": delta, "finish_reason": finish}]}


def as_parts(text: str) -> Any:
    return [{"type": "text", "text": text[:3]}, {"type": "image_url"}, {"type": "text", "text": text[3:]}]


CONTENTS = pytest.mark.parametrize("content", [str, as_parts])


@CONTENTS
def test_the_drivers_annotate_a_completion_alike(content: Callable[[str], Any], checker: Checker) -> None:
    """The proxy and the functions for objects give the same annotations and the same report."""
    said = completion(TEXT)
    said["choices"][0]["message"]["content"] = content(TEXT)
    through_proxy = asyncio.run(ask(LicenceMiddleware(whole(said), service=Service(checker)), {})).json
    assert through_proxy == annotate(said, checker)
    assert len(through_proxy["choices"][0]["message"]["annotations"]) == 1


@CONTENTS
def test_the_drivers_annotate_a_stream_alike(content: Callable[[str], Any], checker: Checker) -> None:
    """The same chunk of ours at the same place; the report is on it, or from the proxy on the one with the end."""
    chunks = [*(chunk({"content": content(text)}) for text in pieces(TEXT)), chunk({"annotations": [THEIRS]}),
              chunk({}, finish="stop")]  # fmt: skip
    body = [*(sse(each) for each in chunks), sse("[DONE]")]
    *before, ours, end, _ = asyncio.run(ask(LicenceMiddleware(Upstream(body), service=Service(checker)), {})).events
    *same, notices, last = annotate_stream(json.loads(json.dumps(chunks)), checker)
    assert (before, last) == (same, chunks[-1])
    report = notices.pop("licence_report")
    assert (ours, end) == (notices, {**last, "licence_report": report})
    assert report == checker.check(TEXT).to_dict()


def test_an_answer_without_a_text_does_not_end() -> None:
    annotator = ChatAnnotator(Wording())
    assert annotator.read(chunk({}, index=1, finish="stop")) == ChunkContent((), (), True)
    assert annotator.read(chunk({"content": "One"})) == ChunkContent(((0, "One"),), (), True)
    assert annotator.read(chunk({"content": as_parts("2.")}, finish="stop")) == ChunkContent(((0, "2."),), (0,), True)
    assert annotator.read({"usage": {}}) == ChunkContent((), (), False)


USAGE = {**HEAD, "choices": [], "usage": {"total_tokens": 3}}
REASONS = pytest.mark.parametrize("reason", [None, "", "null", "stop"])


@REASONS
def test_an_end_that_more_text_follows_is_none(reason: str | None, checker: Checker) -> None:
    """One report over all of the text, whatever reason a server sends with each chunk; theirs stay in their order."""
    chunks = [*(chunk({"content": text}, finish=reason) for text in pieces(TEXT)), chunk({}, finish="stop"), USAGE]
    reports: list[Report] = []
    *same, ours, end, usage = annotate_stream(json.loads(json.dumps(chunks)), checker, on_report=reports.append)
    assert [*same, end, usage] == chunks
    assert ours.pop("licence_report") == checker.check(TEXT).to_dict()
    assert [(report.text, len(report.findings), report.checked) for report in reports] == [(TEXT, 1, True)]

    body = [*(sse(each) for each in chunks), sse("[DONE]")]
    got = asyncio.run(ask(LicenceMiddleware(Upstream(body), service=Service(checker)), {})).events
    report = checker.check(TEXT).to_dict()
    assert got == [*chunks[:-2], ours, {**chunks[-2], "licence_report": report}, USAGE, "[DONE]"]


@REASONS
def test_answers_that_seem_to_end_with_each_chunk_are_checked_one_by_one(reason: str | None, checker: Checker) -> None:
    """Chunks of two answers, in turn; the second one ends in the middle, and the report on it is not held by that."""
    one = [chunk({"content": text}, finish=reason) for text in pieces(TEXT)]
    two = [chunk({"content": text}, index=1, finish=reason) for text in pieces("Nothing to see in here.")]
    chunks = [each for pair in zip(one, two, strict=False) for each in pair]
    chunks += [chunk({}, index=1, finish="stop"), *one[len(two) :]]
    reports: list[Report] = []
    got = list(annotate_stream(json.loads(json.dumps(chunks)), checker, on_report=reports.append))
    assert {report.text: len(report.findings) for report in reports} == {"Nothing to see in here.": 0, TEXT: 1}
    theirs = [each for each in got if "licence_report" not in each["choices"][0]]
    for index in (0, 1):
        texts = [each["choices"][0]["delta"].get("content") for each in theirs if each["choices"][0]["index"] == index]
        assert texts == [
            each["choices"][0]["delta"].get("content") for each in chunks if each["choices"][0]["index"] == index
        ]


@pytest.mark.parametrize("when_broken", ["open", "closed"])
def test_text_after_the_mark_that_ends_a_stream_is_not_called_clean(when_broken: str, checker: Checker) -> None:
    """A client may read on: the last report says that not all was checked, or nothing more goes out."""
    begun = [sse(chunk({"content": "One."})), sse(chunk({}, finish="stop")), sse("[DONE]")]
    service = Service(checker, ServeSettings(when_broken=when_broken))
    ended = asyncio.run(ask(LicenceMiddleware(Upstream(begun), service=service), {}))
    assert ended.events[-2]["licence_report"].get("error") is None
    app = LicenceMiddleware(Upstream([*begun, sse(chunk({"content": TEXT}))]), service=service)
    got = asyncio.run(ask(app, {}))
    if when_broken == "open":
        assert got.events[-1]["licence_report"]["error"] == "text came after the end of the answer"
    else:
        assert got.events[-1]["error"]["code"] == "not_checked"


@pytest.mark.parametrize(("several", "own"), [(None, [False, True]), (False, [False, True]), (True, [True, True])])
def test_a_completion_has_room_for_the_report_on_its_first_answer(
    several: bool | None, own: list[bool], checker: Checker
) -> None:
    """Others have it in their choice, and all where the request asked for several."""
    report = checker.check("Nothing to see.")
    for index, in_choice in enumerate(own):
        annotator = ChatAnnotator(Wording(), several=several)
        annotator.read(chunk({"content": "Nothing to see."}, index=index, finish="stop"))
        told = annotator.tell(index, report, alone=True)
        assert ("licence_report" in told["choices"][0], "licence_report" in told) == (in_choice, not in_choice)
        assert annotator.report_for_end(index, report) == (None if in_choice else report.to_dict())


def test_the_answers_that_came_say_how_many_there_are_where_the_request_is_not_known(checker: Checker) -> None:
    """When a second answer has begun, the first has its report in its choice too."""
    annotator = ChatAnnotator(Wording())
    annotator.read(chunk({"content": "One."}))
    annotator.read(chunk({"content": "Two."}, index=1))
    assert "licence_report" in annotator.tell(0, checker.check("One."), alone=True)["choices"][0]
