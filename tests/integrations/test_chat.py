"""Chat completions of several clients, whole and streamed, and what is added to them."""

from __future__ import annotations

import asyncio
import copy
import importlib.util
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openai.lib.streaming.chat import ChatCompletionStreamState
from openai.types.chat import ChatCompletion, ChatCompletionChunk

from provenance import Checker, Document, PolicySettings, PolicyViolationError, Report
from provenance.errors import DatabaseError, UsageError
from provenance.openai.sdk import annotate, annotate_async, annotate_stream, annotate_stream_async
from provenance.reports import Action
from tests.database.samples import MOTTO
from tests.integrations.lighthouse import ANSWER, CITED, KETTLE, NOTICE, START, a_checker, cited
from tests.integrations.openai_server import chunk, completion, delta, streamed

Shape = Callable[[dict[str, Any]], Any]

needs_litellm = pytest.mark.skipif(importlib.util.find_spec("litellm") is None, reason="needs the extra `litellm`")
TOOL_CALL = {"id": "t1", "type": "function", "function": {"name": "look", "arguments": "{}"}}
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.just(KETTLE),
    lambda each: st.lists(each, max_size=3)
    | st.dictionaries(
        st.sampled_from(["choices", "index", "delta", "message", "content", "finish_reason", "text", "annotations"]),
        each, max_size=5,
    ),
    max_leaves=12,
)  # fmt: skip


def as_dict(thing: dict[str, Any]) -> Any:
    """What llama-cpp-python returns, and json.loads."""
    return thing


def as_openai(thing: dict[str, Any]) -> Any:
    """What OpenAI's client returns."""
    kind = ChatCompletionChunk if thing["object"] == "chat.completion.chunk" else ChatCompletion
    return kind.model_validate(thing)


def as_litellm(thing: dict[str, Any]) -> Any:
    """What LiteLLM returns."""
    from litellm.types.utils import ModelResponse, ModelResponseStream

    return (ModelResponseStream if thing["object"] == "chat.completion.chunk" else ModelResponse)(**thing)


# Pydantic warns of a type of LiteLLM's when it is first used.
quiet = pytest.mark.filterwarnings("ignore:Item .* is using the `ReadOnly` qualifier:UserWarning")
SHAPES = [as_dict, as_openai, pytest.param(as_litellm, marks=[needs_litellm, quiet])]


def plain(thing: Any) -> Any:
    """The thing as a client reads it from the wire."""
    return thing if isinstance(thing, dict) else thing.model_dump(exclude_none=True)


def told(chunk_: Any) -> dict[int, tuple[list[Any], dict[str, Any]]]:
    """What a chunk says of the notices: annotations and report of each answer."""
    if not (given_ := chunk_ if isinstance(chunk_, dict) or hasattr(chunk_, "model_dump") else {}):
        return {}
    said = plain(given_)
    choices = [(each, each.get("licence_report") or said.get("licence_report")) for each in said.get("choices") or []]
    return {each["index"]: (each["delta"]["annotations"], report) for each, report in choices if report}


def annotated(chunks: Iterable[Any], checker: Checker, **options: Any) -> list[Any]:
    return list(annotate_stream(chunks, checker, **options))


def annotated_async(chunks: Iterable[Any], checker: Checker, **options: Any) -> list[Any]:
    async def all_of_them() -> list[Any]:
        return [each async for each in annotate_stream_async(one_by_one(chunks), checker, **options)]

    return asyncio.run(all_of_them())


async def one_by_one(chunks: Iterable[Any]) -> AsyncIterator[Any]:
    for each in chunks:
        yield each


both_ways = pytest.mark.parametrize("annotated", [annotated, annotated_async])
Annotated = Callable[..., list[Any]]


@pytest.fixture(scope="module")
def checker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Checker]:
    made = a_checker(tmp_path_factory.mktemp("works"))
    yield made
    made.database.close()


@pytest.fixture
def strict(checker: Checker) -> Checker:
    return Checker(checker.database, PolicySettings(actions=dict.fromkeys(PolicySettings().actions, Action.RAISE)))


@pytest.fixture
def broken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Checker]:
    """A checker whose database fails from now on."""
    made = a_checker(tmp_path)

    def fail() -> None:
        raise DatabaseError("the disk has gone; bring it back")

    monkeypatch.setattr(made.database, "snapshot", fail)
    yield made
    made.database.close()


@pytest.mark.parametrize("shape", SHAPES)
def test_an_answer_gets_its_notices_and_stays_what_it_was(shape: Shape, checker: Checker) -> None:
    """The very object comes back; its message has annotations and report, and all else as it was."""
    response = shape(completion({"content": ANSWER}))
    before = plain(shape(completion({"content": ANSWER})))["choices"][0]["message"]
    assert annotate(response, checker) is response
    message = plain(response)["choices"][0]["message"]
    assert [cited(each) for each in message.pop("annotations")] == [CITED]
    assert message == before
    assert plain(response)["licence_report"] == checker.check(ANSWER).to_dict()


@pytest.mark.parametrize("shape", SHAPES)
def test_what_a_client_is_told_of_a_licence_survives_the_clients_own_types(shape: Shape, checker: Checker) -> None:
    """Licence, notice and UTF-16 offsets are in the annotation of every client, though its types do not know them."""
    response = annotate(shape(completion({"content": ANSWER})), checker)
    (annotation,) = plain(response)["choices"][0]["message"]["annotations"]
    kept = {name: annotation["url_citation"][name] for name in ("license", "notice", "utf16_start")}
    assert kept == {"license": "CC-BY-4.0", "notice": NOTICE, "utf16_start": START + 1}


@pytest.mark.parametrize("shape", SHAPES)
def test_each_answer_has_a_report_of_its_own(shape: Shape, checker: Checker) -> None:
    """With n > 1 each text is checked by itself; an answer that only calls a tool stays untouched."""
    messages = [{"content": KETTLE}, {"content": None, "tool_calls": [TOOL_CALL]}, {"content": "All my own work."}]
    reports: list[Report] = []
    response = plain(annotate(shape(completion(*messages)), checker, on_report=reports.append))
    first, _, third = response["choices"]
    assert len(first["message"].pop("annotations")) == 1
    assert [each.pop("licence_report") for each in (first, third)] == [report.to_dict() for report in reports]
    assert [report.text for report in reports] == [KETTLE, "All my own work."]
    assert response == plain(shape(completion(*messages)))


def test_reasoning_is_not_an_answer(checker: Checker) -> None:
    """What a model thought is neither checked nor changed."""
    thinking = completion({"content": "", "reasoning_content": KETTLE})
    assert annotate(copy.deepcopy(thinking), checker) == thinking


@pytest.mark.parametrize("shape", SHAPES)
def test_annotations_that_are_there_stay(shape: Shape, checker: Checker) -> None:
    """What a web search had cited comes first, ours after it."""
    theirs = {"type": "url_citation", "url_citation": {"start_index": 0, "end_index": 3, "title": "t", "url": "u"}}
    response = annotate(shape(completion({"content": ANSWER, "annotations": [theirs]})), checker)
    first, second = plain(response)["choices"][0]["message"]["annotations"]
    assert (first, cited(second)) == (theirs, CITED)


def test_what_the_user_supplied_is_not_noticed(checker: Checker) -> None:
    """Matches with the request's messages are silent, also where these come in parts; the assistant's do not count."""

    def noticed(**options: Any) -> int:
        response = annotate(completion({"content": ANSWER}), checker, **options)
        assert len(response["choices"][0]["message"].get("annotations", [])) == len(
            response["licence_report"]["findings"]
        )
        return len(response["licence_report"]["findings"])

    parts = [{"type": "text", "text": KETTLE}, {"type": "image_url", "image_url": {"url": "data:"}}]
    assert noticed(messages=[{"role": "system", "content": "Be kind."}, {"role": "user", "content": KETTLE}]) == 0
    assert noticed(messages=[{"role": "user", "content": parts}]) == 0
    assert noticed(prompt=KETTLE, messages=[]) == 0
    assert noticed(messages=[{"role": "assistant", "content": KETTLE}, {"role": "user", "content": "Go on."}]) == 1
    assert noticed(messages="nonsense") == 1


def test_a_content_in_parts_is_checked_as_one_text(checker: Checker) -> None:
    """Offsets count in the texts of the parts, one after the other."""
    half = len(ANSWER) // 2
    parts = [{"type": "text", "text": ANSWER[:half]}, {"type": "image_url"}, {"type": "text", "text": ANSWER[half:]}]
    message = annotate(completion({"content": parts}), checker)["choices"][0]["message"]
    assert (message["content"], [cited(each) for each in message["annotations"]]) == (parts, [CITED])


@pytest.mark.parametrize(
    "nothing",
    [None, "text", 7, [], {}, {"choices": None}, {"choices": [None, 3, {}]}, {"choices": [{"message": None}]},
     {"choices": [{"message": {"content": {"no": "text"}}}]}, {"choices": [{"text": "a plain completion"}]}],
)  # fmt: skip
def test_what_is_no_chat_completion_is_left_alone(nothing: Any, checker: Checker) -> None:
    """Embeddings, errors and nonsense come back as they were."""
    assert annotate(copy.deepcopy(nothing), checker) == nothing


@given(thing=JSON)
def test_nothing_a_server_sends_breaks_an_app(thing: Any, checker: Checker) -> None:
    """Whatever JSON comes as a completion or as a chunk goes on, and no exception comes of it."""
    annotate(copy.deepcopy(thing), checker)
    passed = annotated([thing, {"choices": thing}], checker)
    assert thing in passed
    assert {"choices": thing} in passed


def test_a_check_that_fails_is_said_in_the_report(broken: Checker) -> None:
    """By default the answer goes on; its report says why it was not checked."""
    response = annotate(completion({"content": ANSWER}), broken)
    assert response.pop("licence_report")["error"] == "DatabaseError: the disk has gone; bring it back"
    assert response == completion({"content": ANSWER})


def test_a_check_that_fails_can_be_an_error(broken: Checker) -> None:
    """With on_error="raise" no answer goes on unchecked."""
    with pytest.raises(DatabaseError, match="the disk has gone"):
        annotate(completion({"content": ANSWER}), broken, on_error="raise")


def test_a_word_that_says_nothing_about_errors_is_refused(checker: Checker) -> None:
    """What the app itself gets wrong is an error at once."""
    with pytest.raises(UsageError, match="on_error is 'shrug'"):
        annotate(completion({"content": ANSWER}), checker, on_error="shrug")  # type: ignore[arg-type]
    for annotated_ in (annotated, annotated_async):
        with pytest.raises(UsageError, match="on_error is 'shrug'"):
            annotated_(streamed(ANSWER), checker, on_error="shrug")


def test_a_policy_may_forbid_a_text(strict: Checker) -> None:
    """The action `raise` goes to the caller, also where failures are only reported."""
    with pytest.raises(PolicyViolationError):
        annotate(completion({"content": ANSWER}), strict)


def test_annotating_does_not_stop_the_event_loop(checker: Checker) -> None:
    """What an async app awaits runs in a thread, and gives the same."""
    awaited = asyncio.run(annotate_async(completion({"content": ANSWER}), checker))
    assert awaited == annotate(completion({"content": ANSWER}), checker)


@both_ways
@pytest.mark.parametrize("shape", SHAPES)
def test_a_stream_goes_on_as_it_came_with_one_chunk_more(annotated: Annotated, shape: Shape, checker: Checker) -> None:
    """All chunks are the very ones that came; the one with the notices comes before the one that ends the answer."""
    chunks = [shape(each) for each in streamed(ANSWER)]
    passed = annotated(chunks, checker)
    (at,) = (at for at, each in enumerate(passed) if told(each))
    notices = passed.pop(at)
    assert [id(each) for each in passed] == [id(each) for each in chunks]
    assert plain(passed[at])["choices"][0]["finish_reason"] == "stop"
    annotations, report = told(notices)[0]
    assert [cited(each) for each in annotations] == [CITED]
    assert report == checker.check(ANSWER).to_dict()
    assert type(notices) is type(chunks[0])
    assert plain(notices)["id"] == "c1"


@both_ways
def test_a_stream_of_parts_is_checked_as_one_text(annotated: Annotated, checker: Checker) -> None:
    """Parts get the annotations and the report of their texts, as strings do."""
    first, second = ({"type": "text", "text": text} for text in (ANSWER[:40], ANSWER[40:]))
    contents = [[first, {"type": "image_url"}], [second]]
    chunks = [*(chunk(delta(content=content)) for content in contents), chunk(delta(finish_reason="stop"))]
    *passed, notices, last = annotated(chunks, checker)
    assert [*passed, last] == chunks
    annotations, report = told(notices)[0]
    assert ([cited(each) for each in annotations], report) == ([CITED], checker.check(ANSWER).to_dict())


@both_ways
def test_an_empty_finish_reason_ends_nothing(annotated: Annotated, checker: Checker) -> None:
    """Some servers send one with each chunk."""
    chunks = [chunk(delta(content=ANSWER[:40], finish_reason="")), chunk(delta(content=ANSWER[40:], finish_reason="")),
              chunk(delta(finish_reason="stop"))]  # fmt: skip
    *passed, notices, last = annotated(chunks, checker)
    assert [*passed, last] == chunks
    assert told(notices)[0][1] == checker.check(ANSWER).to_dict()


@pytest.mark.parametrize("shape", [as_dict, as_openai])
def test_openais_own_accumulator_understands_the_stream(shape: Shape, checker: Checker) -> None:
    """What the client's stream helper puts together has text and annotations, ours behind those of a search."""
    theirs = {"type": "url_citation", "url_citation": {"start_index": 0, "end_index": 3, "title": "t", "url": "u"}}
    chunks = [shape(each) for each in (chunk(delta(annotations=[theirs])), *streamed(ANSWER))]
    state: ChatCompletionStreamState[Any] = ChatCompletionStreamState()
    for each in annotated(chunks, checker):
        state.handle_chunk(each if isinstance(each, ChatCompletionChunk) else ChatCompletionChunk.model_validate(each))
    message = state.get_final_completion().choices[0].message.to_dict()
    assert message["content"] == ANSWER
    first, second = message["annotations"]  # type: ignore[misc]
    assert (first, cited(second)) == (theirs, CITED)


def finish_of(each: Any) -> str | None:
    """Why the first answer of a chunk ends, if it does."""
    return next((choice["finish_reason"] for choice in each["choices"]), None)


def test_a_chunk_is_passed_on_before_the_next_is_asked_for(checker: Checker) -> None:
    """No chunk of text waits for anything, and each comes once; only the end waits for what may follow."""
    drawn: list[Any] = []
    passed: list[Any] = []

    def source() -> Iterator[Any]:
        for each in streamed(ANSWER):
            drawn.append(each)
            yield each

    for each in annotate_stream(source(), checker):
        if not told(each):
            assert each is drawn[-1] or finish_of(each)
            passed.append(each)
    assert passed == drawn == streamed(ANSWER)


@both_ways
def test_the_answers_of_one_stream_are_told_apart(annotated: Annotated, checker: Checker) -> None:
    """Interleaved answers each have their notices when they end; one without a text has none."""
    other = "All my own work."
    chunks = [
        chunk(delta(0, content=ANSWER[:40]), delta(1, content=other)),
        chunk(delta(2, tool_calls=[{"index": 0, **TOOL_CALL}])),
        chunk(delta(1, finish_reason="stop")),
        chunk(delta(0, content=ANSWER[40:], finish_reason="length"), delta(2, finish_reason="tool_calls")),
    ]
    passed = annotated(chunks, checker)
    assert [sorted(told(each)) for each in passed] == [[], [], [1], [], [0], []]
    assert told(passed[2])[1] == ([], checker.check(other).to_dict())
    assert told(passed[4])[0][1] == checker.check(ANSWER).to_dict()


@both_ways
def test_an_answer_that_never_says_that_it_ends_is_told_at_the_end(annotated: Annotated, checker: Checker) -> None:
    """The notices come as the last chunk."""
    *passed, last = annotated([chunk(delta(content=ANSWER))], checker)
    assert passed == [chunk(delta(content=ANSWER))]
    assert [cited(each) for each in told(last)[0][0]] == [CITED]


@both_ways
def test_text_after_the_end_of_an_answer_goes_on(annotated: Annotated, checker: Checker) -> None:
    """A server that goes on after its own end is not corrected, and the answer is reported once, as a whole."""
    chunks = [chunk(delta(content=ANSWER, finish_reason="stop")), chunk(delta(content=" PS", finish_reason="stop"))]
    passed = annotated(chunks, checker)
    assert [passed[0], passed[2]] == chunks
    assert told(passed[1])[0][1] == checker.check(f"{ANSWER} PS").to_dict()


@both_ways
def test_what_is_no_chunk_goes_on(annotated: Annotated, checker: Checker) -> None:
    """Bytes, None and chunks without choices, delta or content pass, and nothing is added to them."""
    odd = [b"data: x", None, {}, chunk(), {"choices": None}, {"choices": [{"index": "x"}]}, chunk({"delta": None}),
           chunk(delta(content=7)), chunk(delta(finish_reason="stop"))]  # fmt: skip
    assert annotated(odd, checker) == odd


@both_ways
def test_a_stream_that_breaks_off_has_its_notices_first(annotated: Annotated, checker: Checker) -> None:
    """What was written is reported, then the error passes."""
    passed: list[Any] = []
    reports: list[Report] = []

    def source() -> Iterator[Any]:
        yield chunk(delta(content=ANSWER))
        raise ConnectionError("the upstream has gone")

    with pytest.raises(ConnectionError, match="the upstream has gone"):
        annotated(source(), checker, on_report=lambda report: (reports.append(report), passed.append(report.text)))
    assert passed == [ANSWER]
    stream = annotate_stream(source(), checker)
    assert [sorted(told(next(stream))) for _ in range(2)] == [[], [0]]
    with pytest.raises(ConnectionError):
        next(stream)


def test_a_reader_that_stops_early_closes_everything(checker: Checker) -> None:
    """The stream behind is closed, and what was read is reported."""
    closed: list[bool] = []
    reports: list[Report] = []

    def source() -> Iterator[Any]:
        try:
            yield from (chunk(delta(content=part)) for part in (KETTLE, " More", " never read"))
        finally:
            closed.append(True)

    stream = annotate_stream(source(), checker, on_report=reports.append)
    next(stream), next(stream)
    stream.close()
    assert closed == [True]
    assert [(report.text, len(report.findings)) for report in reports] == [(KETTLE, 1)]


def test_an_async_reader_that_stops_early_closes_everything(checker: Checker) -> None:
    """The same where the reader awaits, and the client's stream has a `close` to be awaited."""
    reports: list[Report] = []

    class Stream:
        closed = False

        async def __aiter__(self) -> AsyncIterator[Any]:
            for part in (KETTLE, " More", " never read"):
                yield chunk(delta(content=part))

        async def close(self) -> None:
            self.closed = True
            raise ConnectionError("it was closed already")

    async def reading(source: Stream) -> None:
        stream = annotate_stream_async(source, checker, on_report=reports.append)
        await anext(stream), await anext(stream)
        await stream.aclose()

    source = Stream()
    asyncio.run(reading(source))
    assert source.closed
    assert [(report.text, len(report.findings)) for report in reports] == [(KETTLE, 1)]


def test_closing_a_stream_never_raises(strict: Checker, caplog: pytest.LogCaptureFixture) -> None:
    """Nobody reads any more: what the policy says then is for the log; who reads on gets it as an error."""
    strict.database.ingest(Document(text=MOTTO, licence="CC-BY-4.0"))
    chunks = [chunk(delta(content=part)) for part in (MOTTO, " x", " y")]
    stream = annotate_stream(chunks, strict)
    next(stream)
    next(stream)  # too little to be looked at before the end
    stream.close()
    (line,) = caplog.messages
    assert line.startswith("an answer that broke off was not checked: ")
    with pytest.raises(PolicyViolationError) as caught:
        list(annotate_stream(chunks, strict))
    assert line.endswith(str(caught.value))


@both_ways
def test_a_policy_may_forbid_a_streamed_text(annotated: Annotated, strict: Checker) -> None:
    """The action `raise` ends the stream with its error."""
    with pytest.raises(PolicyViolationError):
        annotated(streamed(ANSWER), strict)


@both_ways
def test_a_stream_that_cannot_be_checked_goes_on(annotated: Annotated, broken: Checker) -> None:
    """All text comes, and the report says that it was not checked; with on_error="raise" the error does."""
    passed = annotated(streamed(ANSWER), broken)
    assert [each for each in passed if not told(each)] == streamed(ANSWER)
    (report,) = (told(each)[0][1] for each in passed if told(each))
    assert "the disk has gone" in report["error"]
    with pytest.raises(DatabaseError, match="the disk has gone"):
        annotated(streamed(ANSWER), broken, on_error="raise")


@given(cuts=st.lists(st.integers(0, len(ANSWER)), max_size=8).map(sorted))
def test_the_notices_do_not_depend_on_the_chunks(cuts: list[int], checker: Checker) -> None:
    """However a text is cut, its report is that of the whole text."""
    parts = [ANSWER[start:end] for start, end in zip([0, *cuts], [*cuts, len(ANSWER)], strict=True)]
    *_, last = annotated([chunk(delta(content=part)) for part in parts], checker)
    assert told(last)[0][1] == checker.check(ANSWER).to_dict()
