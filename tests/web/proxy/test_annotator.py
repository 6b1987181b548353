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
from provenance.service import Service
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


def test_a_text_is_checked_until_its_answer_has_ended(checker: Checker) -> None:
    """An answer without a text does not end, and a text behind the end is not checked."""
    annotator = ChatAnnotator(Wording())
    assert annotator.read(chunk({}, index=1, finish="stop")) == ChunkContent((), ())
    assert annotator.read(chunk({"content": "One"})) == ChunkContent(((0, "One"),), ())
    assert annotator.read(chunk({"content": as_parts("Two.")}, finish="stop")) == ChunkContent(((0, "Two."),), (0,))
    annotator.tell(0, checker.check("OneTwo."), alone=True)
    assert annotator.read(chunk({"content": "More"}, finish="stop")) == ChunkContent((), ())
    assert annotator.told == {0}


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
