"""`LicenceIteratorStreamer` and `stream_text`: events for another thread, or a coroutine, while the model writes."""

from __future__ import annotations

import asyncio
import gc
import threading
from collections.abc import AsyncIterable, Callable, Iterator
from typing import Any

import pytest
from transformers import LogitsProcessorList

from provenance import Checker, Ended, PolicySettings
from provenance.errors import PolicyViolationError, UsageError
from provenance.generation import ANSWER, REASONING, LicenceIteratorStreamer, wrap
from provenance.generation.streamer import Mailbox
from provenance.live import Event
from provenance.reports import Action, Report
from provenance.works import LicenceStatus
from tests.generation.test_streamer import (
    PROMPT,
    RECITED,
    VOCABULARY,
    WORDS,
    Recorder,
    recitation,
    text_of,
)
from tests.generation.tiny import CHAT_TEMPLATE, SPECIAL, Fail, FakeChecker, a_llama, a_tokenizer, force

MARKED = {word: at for at, word in enumerate((*SPECIAL, "<think>", "</think>", *dict.fromkeys(WORDS)))}


@pytest.fixture(scope="module")
def reciting() -> tuple[Any, Any]:
    return a_llama(words=len(VOCABULARY)), a_tokenizer(VOCABULARY)


def running(model: Any, options: dict[str, Any], streamer: LicenceIteratorStreamer) -> threading.Thread:
    """Generate in a thread, as an application would."""

    def run() -> None:
        with streamer:
            model.generate(**options, streamer=streamer)

    thread = threading.Thread(target=run)
    thread.start()
    return thread


def test_events_come_to_another_thread(reciting: tuple[Any, Any], moby: Checker) -> None:
    """Iterating gives all events of the answer, the report last, and then the next text's."""
    model, tokenizer = reciting
    streamer = LicenceIteratorStreamer(tokenizer, moby)
    for given in (3, 20):
        thread = running(model, recitation(tokenizer, given), streamer)
        events = list(streamer)
        thread.join()
        assert text_of(events) == " ".join(WORDS[given:])
        assert events[-1] == Ended(report=moby.check(" ".join(WORDS[given:]), prompt=" ".join(WORDS[:given])))


def test_events_come_to_a_coroutine(reciting: tuple[Any, Any], moby: Checker) -> None:
    """The same events come by `async for`, with and without their channels."""
    model, tokenizer = reciting
    streamer = LicenceIteratorStreamer(tokenizer, moby)

    async def collected(events: AsyncIterable[Any]) -> list[Any]:
        thread = running(model, recitation(tokenizer), streamer)
        told = [event async for event in events]
        thread.join()
        return told

    events = asyncio.run(collected(streamer))
    assert text_of(events) == RECITED
    assert events[-1] == Ended(report=moby.check(RECITED, prompt=PROMPT))
    assert asyncio.run(collected(streamer.by_channel_async())) == [(ANSWER, event) for event in events]


def test_a_listener_hears_the_same(reciting: tuple[Any, Any], moby: Checker) -> None:
    """`on_event` is called too."""
    model, tokenizer = reciting
    told: list[tuple[str, Event]] = []
    streamer = LicenceIteratorStreamer(tokenizer, moby, on_event=lambda *event: told.append(event))
    model.generate(**recitation(tokenizer), streamer=streamer)
    assert list(streamer.by_channel()) == told


def thinking(special: bool) -> tuple[Any, Any, dict[str, Any], str]:
    """A model that thinks the first half of the work and then answers with the rest, and what it answers."""
    model, tokenizer = a_llama(words=len(MARKED)), a_tokenizer(MARKED)
    if special:
        tokenizer.add_special_tokens({"additional_special_tokens": ["<think>", "</think>"]})
    half = len(WORDS) // 2
    words = [*WORDS[:3], "<think>", *WORDS[3:half], "</think>", *WORDS[half:]]
    script = force({(0, at): MARKED[word] for at, word in enumerate(words) if at >= 3})
    inputs = tokenizer([PROMPT], return_tensors="pt")
    options = {**inputs, "logits_processor": script, "max_new_tokens": len(words) - 3, "do_sample": False}
    return model, tokenizer, options, " ".join(WORDS[half:])


@pytest.mark.parametrize("special", [True, False], ids=["special tokens", "text"])
def test_channels(moby: Checker, special: bool) -> None:
    """Each channel is a text and has a report of its own; the answer's is the streamer's, and ends last."""
    model, tokenizer, options, answer = thinking(special)
    streamer = LicenceIteratorStreamer(tokenizer, moby)
    thread = running(model, options, streamer)
    told = list(streamer.by_channel())
    thread.join()
    blank = "" if special else " "
    thought = f"{blank}{' '.join(WORDS[3 : len(WORDS) // 2])}{blank}"
    assert text_of([event for channel, event in told if channel == REASONING]) == thought
    assert text_of([event for channel, event in told if channel == ANSWER]).strip() == answer
    assert streamer.reports[REASONING] == moby.check(thought, prompt=PROMPT)
    assert [(channel, type(event)) for channel, event in told[-1:]] == [(ANSWER, Ended)]
    assert streamer.report is streamer.reports[ANSWER]
    assert len(streamer.report.findings) == 1


def test_all_text_as_the_answer(moby: Checker) -> None:
    """Without channels a special token is left out and the text is as `decode` gives it."""
    model, tokenizer, options, _ = thinking(special=True)
    streamer = LicenceIteratorStreamer(tokenizer, moby, channels=())
    model.generate(**options, streamer=streamer)
    assert streamer.reports == {ANSWER: moby.check(RECITED, prompt=PROMPT)}


def test_nobody_waits_for_a_generation_that_never_began(reciting: tuple[Any, Any], moby: Checker) -> None:
    """When `generate` refuses its arguments, leaving the block ends the iteration, for each try anew."""
    model, tokenizer = reciting
    streamer = LicenceIteratorStreamer(tokenizer, moby)
    for _ in range(2):
        with pytest.raises(ValueError, match="beam search"), streamer:
            model.generate(**recitation(tokenizer), num_beams=2, streamer=streamer)
        assert list(streamer) == []
    running(model, recitation(tokenizer), streamer).join()
    assert text_of(list(streamer)) == RECITED


def test_a_mailbox_wakes_who_waits() -> None:
    """An item put by another thread wakes a coroutine; one that is there already needs no waking."""

    async def two() -> list[int]:
        mailbox: Mailbox[int] = Mailbox()
        mailbox.put(1)
        first = await mailbox.take_async()
        threading.Timer(0.0, mailbox.put, [2]).start()
        return [first, await mailbox.take_async()]

    assert asyncio.run(two()) == [1, 2]


def test_a_mailbox_outlives_the_event_loop() -> None:
    """When the loop of whoever waited is closed, putting goes on."""
    mailbox: Mailbox[int] = Mailbox()

    async def impatient() -> None:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(mailbox.take_async(), 0)

    asyncio.run(impatient())
    mailbox.put(1)
    assert mailbox.take() == 1


def writing(tokenizer: Any) -> dict[str, Any]:
    """The arguments of a recitation after a prompt that is given as text."""
    options = recitation(tokenizer)
    return {name: options[name] for name in ("logits_processor", "max_new_tokens", "do_sample")}


def test_stream_text(reciting: tuple[Any, Any], moby: Checker) -> None:
    """The events' text and report are those of `generate_text`, and `on_report` gets the report."""
    model, tokenizer = reciting
    reports: list[Report] = []
    licensed = wrap(model, tokenizer, moby, on_report=reports.append)
    events = list(licensed.stream_text(PROMPT, **writing(tokenizer)))
    annotated = licensed.generate_text(PROMPT, **writing(tokenizer))
    assert text_of(events) == annotated.text == RECITED
    assert events[-1] == Ended(report=annotated.report)
    assert reports == [annotated.report] * 2
    assert list(licensed.stream_text(PROMPT, hold=True, **writing(tokenizer)))[-1] == events[-1]


def test_stream_text_of_a_chat(reciting: tuple[Any, Any], moby: Checker) -> None:
    """Messages go through the chat template, and the prompt of the check is the whole of them."""
    model, tokenizer = reciting[0], a_tokenizer(VOCABULARY)
    tokenizer.chat_template = CHAT_TEMPLATE
    licensed = wrap(model, tokenizer, moby)
    messages = [{"role": "user", "content": PROMPT}]
    options = {"max_new_tokens": 5, "do_sample": False}
    *_, last = licensed.stream_text(messages, **options)
    assert last == Ended(report=licensed.generate_text(messages, **options).report)


def test_stream_text_with_a_streamer(reciting: tuple[Any, Any], moby: Checker) -> None:
    """A streamer of the application's own gets each token."""
    model, tokenizer = reciting
    tee = Recorder()
    list(wrap(model, tokenizer, moby).stream_text(PROMPT, streamer=tee, **writing(tokenizer)))
    assert len(tee.calls) == 2 + len(WORDS) - 3


def test_an_error_comes_after_what_was_written(reciting: tuple[Any, Any], moby: Checker) -> None:
    """What the model wrote before it broke is there, with its report; then the error is raised."""
    model, tokenizer = reciting
    options = writing(tokenizer)
    options["logits_processor"] = LogitsProcessorList([*options["logits_processor"], Fail(10)])
    events: list[Event] = []
    with pytest.raises(RuntimeError, match="the model broke"):
        events.extend(wrap(model, tokenizer, moby).stream_text(PROMPT, **options))
    assert events[-1] == Ended(report=moby.check(" ".join(WORDS[3:10]), prompt=PROMPT))


def test_an_error_before_anything_was_written(reciting: tuple[Any, Any], moby: Checker) -> None:
    """Arguments that `generate` refuses are an error in the thread that reads."""
    model, tokenizer = reciting
    with pytest.raises(ValueError, match="nonsense"):
        list(wrap(model, tokenizer, moby).stream_text(PROMPT, nonsense=1))


def close(events: Iterator[Event]) -> None:
    events.close()  # type: ignore[attr-defined]


@pytest.mark.parametrize("leave", [close, lambda events: None], ids=["closed", "let go"])
def test_giving_up_stops_the_model(
    reciting: tuple[Any, Any], moby: Checker, leave: Callable[[Iterator[Event]], None]
) -> None:
    """When nobody reads any more the model stops after its next token, and the thread is gone."""
    model, tokenizer = reciting
    tee = Recorder()
    events = wrap(model, tokenizer, moby).stream_text(
        PROMPT, streamer=tee, max_new_tokens=100_000, min_new_tokens=100_000, do_sample=False
    )
    next(events)
    leave(events)
    del events
    gc.collect()
    assert "provenance-generation" not in {thread.name for thread in threading.enumerate()}
    assert tee.calls[-1] == "end"
    assert len(tee.calls) < 100_000


def test_stopping_criteria_of_ones_own(reciting: tuple[Any, Any], moby: Checker) -> None:
    """Criteria that the application gives still count."""
    model, tokenizer = reciting
    asked: list[int] = []

    def stop(input_ids: Any, scores: Any, **kwargs: Any) -> Any:
        asked.append(input_ids.shape[1])
        return (input_ids.new_tensor([input_ids.shape[1]]) >= 8).bool()

    options = {**writing(tokenizer), "stopping_criteria": [stop]}
    *_, last = wrap(model, tokenizer, moby).stream_text(PROMPT, **options)
    assert asked == [4, 5, 6, 7, 8]
    assert last == Ended(report=moby.check(" ".join(WORDS[3:8]), prompt=PROMPT))


def test_what_cannot_be_streamed(reciting: tuple[Any, Any], moby: Checker) -> None:
    """Several sequences, and a checker that is none of ours, are refused before anything is generated."""
    model, tokenizer = reciting
    with pytest.raises(UsageError, match="stream_text returns one text"):
        wrap(model, tokenizer, moby).stream_text(PROMPT, num_return_sequences=2)
    with pytest.raises(UsageError, match="Checker, not a FakeChecker"):
        wrap(model, tokenizer, FakeChecker()).stream_text(PROMPT)


def test_a_policy_that_forbids(reciting: tuple[Any, Any], moby: Checker) -> None:
    """The policy's error is raised in the thread that reads."""
    model, tokenizer = reciting
    strict = Checker(moby.database, PolicySettings(actions={LicenceStatus.LICENSED: Action.RAISE}))
    with pytest.raises(PolicyViolationError):
        list(wrap(model, tokenizer, strict).stream_text(PROMPT, **writing(tokenizer)))


def test_a_wrapped_model_takes_a_streamer(reciting: tuple[Any, Any], moby: Checker) -> None:
    """`generate(streamer=…)` of a wrapped model streams as the model does, and reports as the wrapper does."""
    model, tokenizer = reciting
    streamer = LicenceIteratorStreamer(tokenizer, moby)
    output = wrap(model, tokenizer, moby).generate(
        **recitation(tokenizer), streamer=streamer, return_dict_in_generate=True
    )
    assert output.provenance == [streamer.report] == [moby.check(RECITED, prompt=PROMPT)]
