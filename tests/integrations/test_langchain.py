"""LangChain's own messages, models and agents, and what is added to what the models answer."""

from __future__ import annotations

import asyncio
import importlib
import pickle
import sys
import warnings
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from langchain.agents import create_agent
from langchain.agents.middleware import ModelRetryMiddleware
from langchain_core._api import LangChainBetaWarning
from langchain_core.callbacks import BaseCallbackHandler, CallbackManager
from langchain_core.language_models import GenericFakeChatModel
from langchain_core.load import dumps, loads
from langchain_core.messages import AIMessage, AIMessageChunk, HumanMessage, ToolMessage
from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.tools import tool
from langgraph.checkpoint.memory import InMemorySaver

from provenance import Checker, Document, LicenceStatus, PolicySettings, PolicyViolationError, Report
from provenance.errors import DatabaseError, UsageError
from provenance.integrations.langchain import (
    LicenceMiddleware,
    annotate,
    annotated,
    read_answer_text,
    read_user_text,
    without_citations,
)
from provenance.reports import Action
from tests.integrations.reciting import ALICE, ANSWER, END, EXAMPLES, NOTICE, RECITED, START, a_checker
from tests.integrations.scripted import Scripted, Streaming, chunks

HOSTILE = "The lamp was lit before the keeper’s daughter had counted the last of the gulls on the broken pier, and nobody asked her for the number until the following winter came round."  # noqa: E501 - one sentence
CITATION = {
    "type": "citation",
    "url": "https://en.wikipedia.org/w/index.php?oldid=716123666",
    "title": "Apollo 11 (Wikipedia) — Wikipedia contributors — CC-BY-SA-3.0",
    "start_index": START,
    "end_index": END,
    "cited_text": RECITED,
    "extras": {
        "checker": "licence-provenance",
        "finding": 0,
        "licence": "CC-BY-SA-3.0",
        "status": "licensed",
        "action": "annotate",
        "notice": NOTICE,
        "duties": ["attribution", "copyright-line", "indicate-changes", "share-alike", "no-endorsement"],
        "kind": "verbatim",
        "similarity": 1.0,
    },
}
TEXT = {"type": "text", "text": ANSWER, "annotations": [CITATION]}


@pytest.fixture(scope="module")
def checker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Checker]:
    hostile = Document(text=HOSTILE, title="<b>Lamp</b>\x1b[2J\u202e" + "x" * 5000, source="javascript:alert(1)",
                       licence="MIT")  # fmt: skip
    made = a_checker(tmp_path_factory.mktemp("works"), hostile)
    yield made
    made.database.close()


class Broken(Checker):
    """A checker whose database went bad."""

    def examine(self, *_: Any, **__: Any) -> Report:
        raise DatabaseError("segment 3 is damaged; run `provenance doctor`")


def agent_of(checker: Checker, *answers: Any, **options: Any) -> tuple[Any, Scripted]:
    """An agent with the middleware, and the model inside it."""
    model = Scripted(answers=list(answers))
    return create_agent(model, middleware=[LicenceMiddleware(checker)], **options), model


def ask(agent: Any, *messages: Any) -> list[Any]:
    """What the agent's conversation is after it was asked."""
    return list(agent.invoke({"messages": list(messages)})["messages"])


def summed(parts: Any) -> Any:
    """The sum of what was streamed."""
    first, *rest = parts
    for part in rest:
        first += part
    return first


def reported(message: Any) -> Any:
    return message.response_metadata["licence_report"]


def unindexed(blocks: Any) -> list[dict[str, Any]]:
    return [{name: value for name, value in block.items() if name != "index"} for block in blocks]


# Agents


def test_an_agents_answer_has_a_citation_for_each_finding_and_the_report(checker: Checker) -> None:
    """The answer's text is a standard block with the citation; the whole report stands beside it."""
    question, answer = ask(agent_of(checker, AIMessage(ANSWER, id="answer-1"))[0], ("human", "What was Apollo 11?"))
    assert (question.content, answer.id, answer.text) == ("What was Apollo 11?", "answer-1", ANSWER)
    assert answer.content == answer.content_blocks == [TEXT]
    assert reported(answer) == checker.check(ANSWER).to_dict()


def test_an_agent_that_is_awaited_does_the_same(checker: Checker) -> None:
    """The asynchronous hooks annotate as the others do."""
    agent, _ = agent_of(checker, AIMessage(ANSWER, id="answer-1"))
    done = asyncio.run(agent.ainvoke({"messages": [("human", "What was Apollo 11?")]}))
    assert done["messages"][-1].content == [TEXT]


@pytest.mark.parametrize("text", ["Nothing of the sort.", ALICE])
def test_an_answer_without_findings_keeps_its_content(checker: Checker, text: str) -> None:
    """Where there is nothing to notice, only the report is added, which says what was searched and left silent."""
    answer = ask(agent_of(checker, AIMessage(text))[0], ("human", "Hello."))[-1]
    assert answer.content == text
    assert answer.response_metadata == {"licence_report": checker.check(text).to_dict()}
    assert reported(answer)["coverage"]["works"] == 4


def test_what_people_said_anywhere_in_the_conversation_stays_silent(checker: Checker) -> None:
    """What the user pasted, also turns ago or as a document, is the user's; what the model wrote before is not."""
    agent, _ = agent_of(checker, AIMessage(ANSWER))
    pasted = HumanMessage([{"type": "text-plain", "text": RECITED, "mime_type": "text/plain"}])
    for messages in ([("human", RECITED)], [("human", RECITED), ("ai", "I see."), ("human", "Again?")], [pasted]):
        answer = ask(agent, *messages)[-1]
        assert answer.content == ANSWER
        assert [each["reason"] for each in reported(answer)["exempt"]] == ["in-prompt"]
    own = ask(agent, ("human", "Say it."), ("ai", RECITED), ("human", "Again?"))[-1]
    assert own.content == [TEXT]


@tool
def look_up(subject: str) -> str:
    """Look something up."""
    return RECITED


def test_calls_of_tools_are_left_alone_and_their_results_are_not_the_users(checker: Checker) -> None:
    """A turn that only calls a tool is passed as it is; what a tool returned is noticed when the model repeats it."""
    call = AIMessage("", tool_calls=[{"name": "look_up", "args": {"subject": "Apollo"}, "id": "call-1"}], id="one")
    agent, _ = agent_of(checker, call, AIMessage(ANSWER, id="two"), tools=[look_up])
    _, called, result, answer = ask(agent, ("human", "What was it?"))
    assert (called, result.content) == (call, RECITED)
    assert answer.content == [TEXT]


def test_text_beside_a_call_is_annotated_and_the_call_stays(checker: Checker) -> None:
    """A call next to a recited text is still made, and stands in the content as LangChain would have it."""
    call = {"name": "look_up", "args": {"subject": "Apollo"}, "id": "call-1", "type": "tool_call"}
    agent, _ = agent_of(checker, AIMessage(ANSWER, tool_calls=[call]), AIMessage("Done."), tools=[look_up])
    _, called, result, _ = ask(agent, ("human", "What was it?"))
    assert called.content == [TEXT, call]
    assert (called.tool_calls, result) == ([call], ToolMessage(RECITED, name="look_up", tool_call_id="call-1", id=result.id))  # fmt: skip  # noqa: E501 - one comparison


def test_the_model_never_sees_our_citations(checker: Checker) -> None:
    """In the next turn the model is given its answer as it wrote it; the conversation keeps citations and report."""
    agent, model = agent_of(checker, AIMessage(ANSWER), checkpointer=InMemorySaver())
    thread = {"configurable": {"thread_id": "1"}}
    agent.invoke({"messages": [("human", "What was it?")]}, thread)
    kept = agent.invoke({"messages": [("human", "And then?")]}, thread)["messages"]
    assert kept[1].content == kept[3].content == [TEXT]
    earlier = model.asked[1][1]
    assert (earlier.content, earlier.response_metadata) == (ANSWER, {})


def test_a_check_that_fails_costs_no_answer(checker: Checker, caplog: pytest.LogCaptureFixture) -> None:
    """By default the answer goes on with a report that says why it was not checked; it can end the run instead."""
    broken = Broken(checker.database)
    answer = ask(agent_of(broken, AIMessage(ANSWER))[0], ("human", "What was it?"))[-1]
    reason = "DatabaseError: segment 3 is damaged; run `provenance doctor`"
    assert answer.content == ANSWER
    assert (reported(answer)["error"], reported(answer)["coverage"]["canaries"]) == (reason, "unchecked")
    assert [record.getMessage() for record in caplog.records] == [f"generated text was not checked: {reason}"]
    strict = create_agent(
        Scripted(answers=[AIMessage(ANSWER)]), middleware=[LicenceMiddleware(broken, on_error="raise")]
    )
    with pytest.raises(DatabaseError, match="segment 3 is damaged"):
        ask(strict, ("human", "What was it?"))


def test_a_policy_that_says_raise_ends_the_run(checker: Checker) -> None:
    """What the policy forbids is not answered, in an agent, a chain and a stream."""
    strict = Checker(checker.database, PolicySettings(actions={LicenceStatus.LICENSED: Action.RAISE}))
    model = GenericFakeChatModel(messages=iter([ANSWER] * 3))
    with pytest.raises(PolicyViolationError, match="the policy forbids this text"):
        ask(create_agent(model, middleware=[LicenceMiddleware(strict)]), ("human", "What was it?"))
    with pytest.raises(PolicyViolationError):
        (model | annotated(strict)).invoke("What was it?")
    with pytest.raises(PolicyViolationError):
        list((model | annotated(strict)).stream("What was it?"))


LONG = (EXAMPLES / "works" / "wp-apollo-11" / "apollo-11.txt").read_text(encoding="utf-8")[:1000]
MODES: Any = ["messages", "custom", "updates"]
QUESTION: Any = {"messages": [("human", "What was it?")]}


async def _listened(agent: Any) -> list[Any]:
    return [news async for news in agent.astream(QUESTION, stream_mode=MODES)]


@pytest.mark.parametrize("way", ["stream", "astream"])
def test_notices_come_while_an_agents_answer_streams(checker: Checker, way: str) -> None:
    """Tokens come as they are, a notice before the last of them, then the report, and the message with citations."""
    agent = create_agent(GenericFakeChatModel(messages=iter([LONG])), middleware=[LicenceMiddleware(checker)])
    told = list(agent.stream(QUESTION, stream_mode=MODES)) if way == "stream" else asyncio.run(_listened(agent))
    tokens = [(at, data[0].text) for at, (mode, data) in enumerate(told) if mode == "messages"]
    assert "".join(text for _, text in tokens) == LONG
    opened, *between, ended = [(at, data) for at, (mode, data) in enumerate(told) if mode == "custom"]
    assert (opened[1]["type"], opened[1]["event"], opened[1]["number"]) == ("licence_notice", "opened", 1)
    assert opened[0] < tokens[len(tokens) // 2][0]
    assert {data["event"] for _, data in between} <= {"grown", "closed"}
    report = checker.check(LONG).to_dict()
    assert ended[1] == {"type": "licence_notice", "event": "ended", "report": report}
    (answer,) = told[-1][1]["LicenceMiddleware.after_model"]["messages"]
    assert (answer.text, reported(answer)) == (LONG, report)


class Telling(Scripted):
    """A model that tells its listeners the words of its answer by itself, as plain text."""

    def _generate(self, messages: list[Any], *given: Any, run_manager: Any = None, **__: Any) -> Any:
        for word in LONG.split(" "):
            run_manager.on_llm_new_token(f"{word} ")
        return super()._generate(messages)


def test_a_model_that_tells_plain_words_is_followed(checker: Checker) -> None:
    """What has no message around it is text as it is."""
    agent = create_agent(Telling(answers=[AIMessage(LONG)]), middleware=[LicenceMiddleware(checker)])
    custom = [news for mode, news in agent.stream(QUESTION, stream_mode=["updates", "custom"]) if mode == "custom"]
    assert [news["event"] for news in custom][:: len(custom) - 1] == ["opened", "ended"]


class Flaky(Streaming):
    """A model whose first answer breaks off in the middle."""

    def _stream(self, messages: list[Any], *_: Any, **__: Any) -> Iterator[Any]:
        for at, part in enumerate(super()._stream(messages)):
            yield part
            if len(self.asked) == 1 and at == 1:
                raise ConnectionError("gone")


def test_a_call_that_is_tried_again_is_followed_anew(checker: Checker) -> None:
    """What a first try wrote is not taken for the beginning of the second's."""
    model = Flaky(answers=[chunks(LONG[:400], LONG[400:700], LONG[700:])])
    again = ModelRetryMiddleware(max_retries=1, initial_delay=0, jitter=False)
    agent = create_agent(model, middleware=[LicenceMiddleware(checker), again])
    custom = [news for mode, news in agent.stream(QUESTION, stream_mode=MODES) if mode == "custom"]
    opened = [news["finding"]["start"] for news in custom if news["event"] == "opened"]
    assert (len(model.asked), opened) == (2, [0, 0])
    assert custom[-1]["report"] == checker.check(LONG).to_dict()


@pytest.mark.parametrize("way", ["stream", "astream"])
def test_what_the_policy_forbids_ends_the_run_in_the_middle_of_the_answer(checker: Checker, way: str) -> None:
    """The model is not let finish first."""
    strict = Checker(checker.database, PolicySettings(actions={LicenceStatus.LICENSED: Action.RAISE}))
    model = Streaming(answers=[chunks(*(word + " " for word in LONG.split()))])
    agent = create_agent(model, middleware=[LicenceMiddleware(strict)])
    streamed: list[Any] = []

    def listen() -> None:
        streamed.extend(data for data in agent.stream(QUESTION, stream_mode="messages"))

    async def listen_async() -> None:
        async for data in agent.astream(QUESTION, stream_mode="messages"):
            streamed.append(data)

    with pytest.raises(PolicyViolationError):
        listen() if way == "stream" else asyncio.run(listen_async())
    assert 0 < len(streamed) < len(LONG.split()) / 2


def test_the_models_own_listeners_go_on(checker: Checker) -> None:
    """Callbacks that the model has, as a list or as a manager, are called as before, and the model keeps just these."""

    class Counter(BaseCallbackHandler):
        tokens = 0

        def on_llm_new_token(self, token: Any, **_: Any) -> None:
            self.tokens += 1

    for own in (lambda counter: [counter], lambda counter: CallbackManager([counter])):
        counter = Counter()
        model = GenericFakeChatModel(messages=iter([LONG]), callbacks=own(counter))
        agent = create_agent(model, middleware=[LicenceMiddleware(checker)])
        told = list(agent.stream(QUESTION, stream_mode=["messages", "custom"]))
        assert counter.tokens == sum(mode == "messages" for mode, _ in told)
        assert "opened" in [data["event"] for mode, data in told if mode == "custom"]
        assert [counter] == (model.callbacks if isinstance(model.callbacks, list) else model.callbacks.handlers)  # type: ignore[union-attr]  # fmt: skip


def test_a_model_that_is_no_chat_model_itself_is_checked_too(checker: Checker) -> None:
    """Where nobody can listen, the answer is annotated when it is there."""
    model: Any = Scripted(answers=[AIMessage(ANSWER)]).with_fallbacks([Scripted(answers=[AIMessage("Never.")])])
    agent = create_agent(model, middleware=[LicenceMiddleware(checker)])
    assert ask(agent, ("human", "What was it?"))[-1].content == [TEXT]


# Messages


def test_blocks_that_are_not_text_stay_as_they_are(checker: Checker) -> None:
    """Reasoning and calls are neither changed nor checked, and other annotations of a text are kept."""
    other = {"type": "citation", "url": "https://e.example/1", "title": "A page", "extras": {"provider": 1}}
    reasoning = {"type": "reasoning", "reasoning": RECITED}
    call = {"type": "tool_call", "name": "look_up", "args": {"subject": RECITED}, "id": "call-1"}
    content = [reasoning, {"type": "text", "text": ANSWER, "annotations": [other]}, call]
    message = AIMessage(content_blocks=content, id="answer-1", usage_metadata=None, response_metadata={"output_version": "v1"})  # type: ignore[arg-type]  # fmt: skip  # noqa: E501 - plain dictionaries
    answer = annotate(message, checker.check(read_answer_text(message)))
    assert answer.content == [reasoning, {**TEXT, "annotations": [other, CITATION]}, call]
    assert message.content == content
    (plain,) = without_citations([answer])
    assert (plain.content, plain.tool_calls, plain.id) == (content, message.tool_calls, "answer-1")


PROVIDERS = {
    "openai": [{"type": "text", "text": ANSWER, "annotations": []}],
    "anthropic": [{"type": "thinking", "thinking": "Hm.", "signature": "s"}, {"type": "text", "text": ANSWER}],
    "google_genai": [{"type": "text", "text": ANSWER}],
    "unheard-of": [ANSWER, {"type": "own", "value": 1}],
}


@pytest.mark.parametrize("provider", PROVIDERS)
def test_content_in_a_providers_own_form_becomes_the_standard_one(checker: Checker, provider: str) -> None:
    """Where there is something to cite, the blocks are those that LangChain itself makes of them, and the citations."""
    message = AIMessage(PROVIDERS[provider], response_metadata={"model_provider": provider})  # type: ignore[arg-type]  # plain dictionaries
    answer = annotate(message, checker.check(read_answer_text(message)))
    standard = [
        {**block, "annotations": [CITATION]} if block["type"] == "text" else block for block in message.content_blocks
    ]
    assert answer.content == answer.content_blocks == standard


def test_a_passage_that_runs_through_several_blocks_has_a_citation_in_each(checker: Checker) -> None:
    """Each citation's offsets count in its own block; the number of the finding joins them."""
    texts = [ANSWER[:100], ANSWER[100:150], ANSWER[150:]]
    message = AIMessage([{"type": "text", "text": text} for text in texts])
    answer = annotate(message, checker.check(read_answer_text(message)))
    cited = [block["annotations"][0] for block in answer.content_blocks]  # type: ignore[typeddict-item]  # all text
    assert [(each["start_index"], each["end_index"], each["extras"]["finding"]) for each in cited] == [
        (START, 100, 0), (0, 50, 0), (0, END - 150, 0),
    ]  # fmt: skip
    assert "".join(each["cited_text"] for each in cited) == RECITED


def test_what_comes_from_a_work_is_cleaned_and_capped(checker: Checker) -> None:
    """Controls and endless titles do not come through, and an address that is none of the web's is left out."""
    message = AIMessage(HOSTILE)
    ((block,), report) = annotate(message, checker.check(HOSTILE)).content_blocks, checker.check(HOSTILE)
    (citation,) = block["annotations"]  # type: ignore[typeddict-item]  # it is a text
    assert "url" not in citation
    assert citation["title"].startswith("<b>Lamp</b>xxx")
    assert citation["title"].endswith("… — MIT")
    assert len(citation["title"]) < 250
    assert citation["extras"]["notice"] == report.findings[0].notice


def test_an_annotated_message_survives_being_stored(checker: Checker) -> None:
    """Pickled, or as JSON in either of LangChain's ways, it comes back with citations and report."""
    message = AIMessage(ANSWER, id="answer-1")
    answer = annotate(message, checker.check(ANSWER))
    assert pickle.loads(pickle.dumps(answer)) == answer
    assert AIMessage.model_validate_json(answer.model_dump_json()) == answer
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", LangChainBetaWarning)  # `loads` calls itself a beta
        assert loads(dumps(answer), allowed_objects="messages") == answer


CALL = {"type": "tool_call", "name": "look_up", "args": {"subject": "x"}, "id": "call-1"}
WRITTEN = {
    "text": AIMessage(ANSWER),
    "text and a call": AIMessage(ANSWER, tool_calls=[CALL]),  # type: ignore[list-item]  # a plain dictionary
    "text said to be blocks": AIMessage("No.", response_metadata={"output_version": "v1"}),
    "nothing to cite": AIMessage([{"type": "text", "text": "No."}], response_metadata={"model_provider": "anthropic"}),
}


@pytest.mark.parametrize("kind", WRITTEN)
def test_without_citations_a_message_is_as_the_model_wrote_it(checker: Checker, kind: str) -> None:
    """A text alone is a string again, since not every model takes blocks; what was not ours is as it was."""
    message = WRITTEN[kind]
    (plain,) = without_citations([annotate(message, checker.check(read_answer_text(message)))])
    assert plain == message


def test_a_streamed_message_is_given_back_to_the_model_as_a_string(checker: Checker, model: Any) -> None:
    """The sum of the chunks, kept as the conversation, costs the model nothing."""
    whole = summed((model | annotated(checker)).stream("What was it?"))
    (plain,) = without_citations([whole])
    assert (plain.content, plain.response_metadata) == (ANSWER, {})


def test_annotating_again_changes_nothing(checker: Checker) -> None:
    """Our citations replace our citations."""
    report = checker.check(ANSWER)
    once = annotate(AIMessage(ANSWER, id="answer-1"), report)
    assert annotate(once, report) == once


# Chains


@pytest.fixture
def model() -> GenericFakeChatModel:
    return GenericFakeChatModel(messages=iter([AIMessage(ANSWER, id="answer-1") for _ in range(4)]))


def test_a_chain_returns_what_the_model_wrote_with_citations(checker: Checker, model: Any) -> None:
    """Called, awaited or in a batch, `model | annotated(checker)` answers with the annotated message."""
    chain = model | annotated(checker)
    wanted = annotate(AIMessage(ANSWER, id="answer-1"), checker.check(ANSWER))
    assert chain.invoke("What was it?") == wanted
    assert asyncio.run(chain.ainvoke("What was it?")) == wanted
    assert chain.batch(["What was it?", "Tell."]) == [wanted, wanted]


@pytest.mark.parametrize("way", ["stream", "astream"])
def test_the_sum_of_a_stream_is_what_invoke_returns(checker: Checker, model: Any, way: str) -> None:
    """Each chunk of the model comes out with its text, and then one with citations and report, which add up."""
    chain = model | annotated(checker)
    parts = list(chain.stream("What was it?")) if way == "stream" else asyncio.run(_collected(chain))
    assert "".join(part.text for part in parts) == ANSWER
    assert [len(part.response_metadata) for part in parts] == [1] * (len(parts) - 1) + [2]
    whole, answer = summed(parts), chain.invoke("What was it?")
    assert isinstance(whole, AIMessageChunk)
    assert (unindexed(whole.content), whole.id) == (answer.content, "answer-1")
    assert whole.response_metadata == answer.response_metadata


async def _collected(chain: Any) -> list[Any]:
    return [part async for part in chain.astream("What was it?")]


def test_a_chunk_comes_out_before_the_next_is_written(checker: Checker) -> None:
    """Nothing is held back: after the first part the model has written one."""
    model = Streaming(answers=[chunks(ANSWER[:80], ANSWER[80:])])
    stream = (model | annotated(checker)).stream("What was it?")
    assert (next(stream).text, model.streamed) == (ANSWER[:80], 1)
    assert [part.text for part in stream] == [ANSWER[80:], ""]


def test_what_becomes_known_while_it_streams_is_told_at_once(checker: Checker) -> None:
    """A passage is opened before all of it is written, and what listeners were told comes to the report's findings."""
    chain = GenericFakeChatModel(messages=iter([LONG])) | annotated(checker)
    told: list[tuple[str, Any]] = []

    async def listen() -> None:
        async for event in chain.astream_events("What was it?", version="v2"):
            if event["event"] == "on_custom_event":
                told.append((event["name"], event["data"]))
            elif event["event"] == "on_chain_stream" and not event["parent_ids"]:
                told.append(("text", event["data"]["chunk"]))

    asyncio.run(listen())
    _check_told(told, checker)


def test_a_handler_is_told_the_same(checker: Checker) -> None:
    """LangChain's callbacks may listen, too, where nothing is awaited."""
    told: list[tuple[str, Any]] = []

    class Listener(BaseCallbackHandler):
        def on_custom_event(self, name: str, data: Any, **_: Any) -> None:
            told.append((name, data))

    chain = GenericFakeChatModel(messages=iter([LONG])) | annotated(checker)
    for part in chain.stream("What was it?", {"callbacks": [Listener()]}):
        told.append(("text", part))
    _check_told(told, checker)


def _check_told(told: list[tuple[str, Any]], checker: Checker) -> None:
    names = [name for name, _ in told]
    assert set(names) == {"text", "licence_notice"}
    assert names.index("licence_notice") < names.index("text", len(names) // 2)
    notices = [data for name, data in told if name == "licence_notice"]
    assert (notices[0]["event"], notices[-1]["event"]) == ("opened", "closed")
    findings = {notice["number"]: notice["finding"] for notice in notices}
    assert list(findings.values()) == checker.check(LONG).to_dict()["findings"] == reported(told[-1][1])["findings"]


def test_a_parser_behind_it_gets_the_models_text(checker: Checker, model: Any) -> None:
    """The text comes through unchanged, at once or bit by bit."""
    chain = model | annotated(checker) | StrOutputParser()
    assert chain.invoke("What was it?") == "".join(chain.stream("What was it?")) == ANSWER


def test_a_model_that_does_not_stream_gives_one_message(checker: Checker) -> None:
    """A whole message is followed by no chunk, since LangChain would add the two up to a prompt."""
    chain = Scripted(answers=[AIMessage(ANSWER)]) | annotated(checker)
    (message,) = chain.stream("What was it?")
    assert type(message) is AIMessage
    assert message.content == [TEXT]


def test_text_reasoning_and_calls_in_a_stream_stay_apart(checker: Checker) -> None:
    """Blocks without an index are not mixed up with the calls, which have numbers, and citations find their text."""
    calling = [
        {"name": "look_up", "args": "", "id": "call-1", "index": 0},
        {"name": None, "args": '{"subject": "x"}', "id": None, "index": 0},
    ]
    thoughts = (AIMessageChunk("", additional_kwargs={"reasoning_content": part}) for part in ("Hm, ", "well."))
    calls = (AIMessageChunk("", tool_call_chunks=[call]) for call in calling)  # type: ignore[list-item]  # plain ones
    written_in_parts = [*thoughts, *chunks(ANSWER[:80], ANSWER[80:]), *calls, *chunks("Done.")]
    written_in_parts[3].chunk_position = None
    model = Streaming(answers=[written_in_parts])
    whole = summed((model | annotated(checker)).stream("What was it?"))
    assert unindexed(whole.content_blocks) == [
        {"type": "reasoning", "reasoning": "Hm, well."},
        TEXT,
        {"type": "tool_call", "name": "look_up", "args": {"subject": "x"}, "id": "call-1"},
        {"type": "text", "text": "Done."},
    ]


def test_a_model_that_streams_the_standard_form_is_cited_in_its_own_blocks(checker: Checker) -> None:
    """Indices that a provider gave are kept, also where its blocks take turns."""
    contents = [(ANSWER[:80], 0), (ANSWER[80:], 0), ("The end.", 1)]
    blocks = [[{"type": "text", "text": text, "index": index, "id": f"text-{index}"}] for text, index in contents]
    parts = chunks(*blocks, response_metadata={"output_version": "v1"})
    whole = summed((Streaming(answers=[parts]) | annotated(checker)).stream("What was it?"))
    assert whole.content_blocks == [
        {**TEXT, "index": 0, "id": "text-0"}, {"type": "text", "text": "The end.", "index": 1, "id": "text-1"},
    ]  # fmt: skip


def test_with_the_model_inside_what_the_user_supplied_stays_silent(checker: Checker) -> None:
    """A text, messages or a filled template: what people say in it is theirs, and earlier citations do not go out."""
    model = Scripted(answers=[AIMessage(ANSWER)])
    chain = annotated(checker, model=model)
    earlier = annotate(AIMessage(ANSWER), checker.check(ANSWER))
    template = ChatPromptTemplate([("system", "Be brief."), ("human", "{pasted}")])
    for question in (RECITED, [("human", RECITED)], template.invoke({"pasted": RECITED})):
        assert chain.invoke(question).content == ANSWER
    assert (template | chain).invoke({"pasted": "What was it?"}).content == [TEXT]
    assert chain.invoke([("human", "Hm?"), earlier, ("human", "Again?")]).content == [TEXT]
    assert model.asked[-1][1].content == ANSWER


def test_with_the_model_inside_it_still_streams(checker: Checker) -> None:
    """Chunks come one by one, awaited or not."""
    model = Streaming(answers=[chunks(ANSWER[:80], ANSWER[80:])])
    chain = annotated(checker, model=model)
    assert [part.text for part in chain.stream("What was it?")] == [ANSWER[:80], ANSWER[80:], ""]
    assert unindexed(summed(asyncio.run(_collected(chain))).content) == [TEXT]


def test_in_the_wrong_place_it_says_where_to_put_it(checker: Checker, model: Any) -> None:
    """Behind a parser there is no message to annotate."""
    with pytest.raises(UsageError, match="put it right behind the chat model"):
        (model | StrOutputParser() | annotated(checker)).invoke("What was it?")


@pytest.mark.parametrize("way", ["stream", "astream", "invoke"])
def test_a_chain_whose_check_fails_says_so(
    checker: Checker, model: Any, way: str, caplog: pytest.LogCaptureFixture
) -> None:
    """By default the answer comes through, and its report says that it was not checked; else the error does."""
    ways = {
        "stream": lambda chain: summed(chain.stream("What was it?")),
        "astream": lambda chain: summed(asyncio.run(_collected(chain))),
        "invoke": lambda chain: chain.invoke("What was it?"),
    }
    broken = Broken(checker.database)
    answer = ways[way](model | annotated(broken))
    assert (answer.text, reported(answer)["error"]) == (
        ANSWER, "DatabaseError: segment 3 is damaged; run `provenance doctor`",
    )  # fmt: skip
    assert {record.levelname for record in caplog.records} == {"WARNING"}
    with pytest.raises(DatabaseError, match="segment 3 is damaged"):
        ways[way](model | annotated(broken, on_error="raise"))


# Promises


@given(cuts=st.lists(st.integers(0, len(ANSWER)), max_size=12), turns=st.lists(st.integers(0, 2), min_size=13))
def test_however_a_text_is_cut_its_citations_cover_the_finding(
    checker: Checker, cuts: list[int], turns: list[int]
) -> None:
    """Each citation quotes its own block, and together those of a finding quote the finding."""
    texts = [ANSWER[start:end] for start, end in pairwise([0, *sorted(cuts), len(ANSWER)])]
    parts = (
        AIMessageChunk([{"type": "text", "text": text, "index": sum(turns[:at])}], id="answer-1")
        for at, text in enumerate(texts)
    )
    streamed = summed(annotated(checker).transform(parts))
    quoted = ""
    for block in streamed.content_blocks:
        for each in block.get("annotations", []):
            assert block["text"][each["start_index"] : each["end_index"]] == each["cited_text"]
            quoted += each["cited_text"]
    assert (streamed.text, quoted) == (ANSWER, RECITED)


def test_supplied_is_what_people_say() -> None:
    """Texts and pasted documents of human messages, in order; images and other people's messages are none."""
    image = {"type": "image", "url": "https://e.example/1.png"}
    messages = [HumanMessage("One."), AIMessage("Two."), HumanMessage([{"type": "text", "text": "Three."}, image])]
    assert read_user_text(messages) == "One.\n\nThree."


def test_without_langchain_the_error_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever imports the adapter without LangChain learns what to install."""
    monkeypatch.setitem(sys.modules, "langchain.agents.middleware", None)
    for module in ("", ".agents"):
        monkeypatch.delitem(sys.modules, f"provenance.integrations.langchain{module}")
    with pytest.raises(UsageError, match=r"pip install 'licence-provenance\[langchain\]'"):
        importlib.import_module("provenance.integrations.langchain")
