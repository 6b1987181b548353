"""`LicenceStreamer` in `model.generate(streamer=…)`: everything passed on, everything checked."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from transformers import AsyncTextIteratorStreamer, LogitsProcessorList, TextIteratorStreamer, TextStreamer, pipeline

from provenance import Change, Checker, Ended, Noticed, PolicySettings, Released, Report
from provenance.errors import PolicyViolationError, UsageError
from provenance.generation import ANSWER, LicenceStreamer, channel_checker
from provenance.live import Event, fold_events
from provenance.reports import Action, Reason
from provenance.works import LicenceStatus
from tests.generation.tiny import EOS, PAD, SPECIAL, WORK, Fail, a_llama, a_tokenizer, force
from tests.generation.vocabularies import SORTS

WORDS = WORK.split()
PROMPT, RECITED = " ".join(WORDS[:3]), " ".join(WORDS[3:])
VOCABULARY = {word: at for at, word in enumerate((*SPECIAL, *dict.fromkeys(WORDS)))}
GREEDY = {"max_new_tokens": 6, "min_new_tokens": 6, "do_sample": False}


class Recorder:
    """A streamer of an application that remembers each call."""

    def __init__(self) -> None:
        self.calls: list[tuple[tuple[int, ...], list[Any]] | str] = []

    def put(self, value: Any) -> None:
        self.calls.append((tuple(value.shape), value.tolist()))

    def end(self) -> None:
        self.calls.append("end")


@pytest.fixture(scope="module")
def reciting() -> tuple[Any, Any]:
    """A model and a tokenizer that know the words of the work."""
    return a_llama(words=len(VOCABULARY)), a_tokenizer(VOCABULARY)


def recitation(tokenizer: Any, given: int = 3) -> dict[str, Any]:
    """The arguments that make the model recite the work after its first words."""
    ids = tokenizer(WORK)["input_ids"]
    script = force({(0, length): ids[length] for length in range(given, len(ids))})
    begun = torch.tensor([ids[:given]])
    return {
        "input_ids": begun, "attention_mask": torch.ones_like(begun), "logits_processor": script,
        "max_new_tokens": len(ids) - given, "do_sample": False,
    }  # fmt: skip


def text_of(events: list[Event]) -> str:
    return "".join(event.text for event in events if isinstance(event, Released))


def text_until_opened(events: list[Event]) -> str:
    opened = next(at for at, event in enumerate(events) if isinstance(event, Noticed) and event.change is Change.OPENED)
    return text_of(events[:opened])


def test_a_recited_work_is_noticed(reciting: tuple[Any, Any], moby: Checker) -> None:
    """The report is the checker's own on the same text; the events lead to it; the generation is as it was."""
    model, tokenizer = reciting
    told: list[tuple[str, Event]] = []
    streamer = LicenceStreamer(tokenizer, moby, on_event=lambda *event: told.append(event))
    output = model.generate(**recitation(tokenizer), streamer=streamer)
    assert torch.equal(output, model.generate(**recitation(tokenizer)))
    assert streamer.report == moby.check(RECITED, prompt=PROMPT)
    assert (streamer.reports, streamer.generations) == ({ANSWER: streamer.report}, [streamer.reports])
    events = [event for channel, event in told if channel == ANSWER]
    assert len(events) == len(told)
    assert text_of(events) == RECITED
    assert fold_events(events) == streamer.report.findings
    changes = [event.change for event in events if isinstance(event, Noticed)]
    assert (changes[0], changes[-1]) == (Change.OPENED, Change.CLOSED)
    assert len(text_until_opened(events)) < len(RECITED)
    assert events[-1] == Ended(report=streamer.report)


def test_everything_is_passed_on_first(reciting: tuple[Any, Any], moby: Checker) -> None:
    """The application's streamer gets the calls that it would get without us, each before we tell anything of it."""
    model, tokenizer = reciting
    alone, tee = Recorder(), Recorder()
    model.generate(**recitation(tokenizer), streamer=alone)
    seen: list[int] = []
    streamer = LicenceStreamer(tokenizer, moby, streamer=tee, on_event=lambda *_: seen.append(len(tee.calls)))
    model.generate(**recitation(tokenizer), streamer=streamer)
    assert tee.calls == alone.calls
    assert seen == sorted(seen)
    assert 2 <= seen[0] <= 1 + 8  # the prompt and some tokens


def test_text_streamer(reciting: tuple[Any, Any], moby: Checker, capsys: pytest.CaptureFixture[str]) -> None:
    """A `TextStreamer` prints what it prints alone."""
    model, tokenizer = reciting
    model.generate(**recitation(tokenizer), streamer=TextStreamer(tokenizer, skip_prompt=True))
    alone = capsys.readouterr().out
    tee = TextStreamer(tokenizer, skip_prompt=True)
    model.generate(**recitation(tokenizer), streamer=LicenceStreamer(tokenizer, moby, streamer=tee))
    assert capsys.readouterr().out == alone == RECITED + "\n"


def test_text_iterator_streamer(reciting: tuple[Any, Any], moby: Checker) -> None:
    """A `TextIteratorStreamer` is iterated over as before."""
    model, tokenizer = reciting
    tee = TextIteratorStreamer(tokenizer, skip_prompt=True)
    streamer = LicenceStreamer(tokenizer, moby, streamer=tee)
    thread = threading.Thread(target=model.generate, kwargs={**recitation(tokenizer), "streamer": streamer})
    thread.start()
    assert "".join(tee) == RECITED
    thread.join()
    assert streamer.report == moby.check(RECITED, prompt=PROMPT)


def test_async_text_iterator_streamer(reciting: tuple[Any, Any], moby: Checker) -> None:
    """An `AsyncTextIteratorStreamer` is iterated over as before."""
    model, tokenizer = reciting

    async def read() -> str:
        tee = AsyncTextIteratorStreamer(tokenizer, skip_prompt=True)
        streamer = LicenceStreamer(tokenizer, moby, streamer=tee)
        running = asyncio.to_thread(model.generate, **recitation(tokenizer), streamer=streamer)
        task = asyncio.ensure_future(running)
        text = "".join([piece async for piece in tee])
        await task
        return text

    assert asyncio.run(read()) == RECITED


def test_what_the_user_supplied_stays_silent(reciting: tuple[Any, Any], moby: Checker) -> None:
    """What stands in the prompt is exempt; by default the prompt is what the model was given."""
    model, tokenizer = reciting
    ids = tokenizer(WORK)["input_ids"]
    again = {
        "input_ids": torch.tensor([ids]), "attention_mask": torch.ones(1, len(ids)), "max_new_tokens": len(ids),
        "logits_processor": force({(0, len(ids) + at): token for at, token in enumerate(ids)}), "do_sample": False,
    }  # fmt: skip
    decoded = LicenceStreamer(tokenizer, moby)
    model.generate(**again, streamer=decoded)
    assert decoded.report is not None
    assert {exemption.reason for exemption in decoded.report.exempt} == {Reason.IN_PROMPT}
    told = LicenceStreamer(tokenizer, moby, prompt="Go on.")
    model.generate(**again, streamer=told)
    assert told.report is not None
    assert [finding.start for finding in told.report.findings] == [0]


def test_chunks_of_several_tokens(reciting: tuple[Any, Any], moby: Checker) -> None:
    """Prompt lookup gives several tokens at once, in a row of a matrix; the text is the same."""
    model, tokenizer = reciting
    inputs = tokenizer([" ".join(WORDS[:8] * 2)], return_tensors="pt")
    script = force({(0, length): inputs["input_ids"][0, length % 8].item() for length in range(16, 40)})
    tee = Recorder()
    streamer = LicenceStreamer(tokenizer, moby, streamer=tee)
    output = model.generate(
        **inputs, logits_processor=script, max_new_tokens=16, do_sample=False, prompt_lookup_num_tokens=3,
        streamer=streamer,
    )  # fmt: skip
    assert any(shape[1:] > (1,) for shape, _ in tee.calls[1:-1])
    assert streamer.report is not None
    assert streamer.report.text == tokenizer.decode(output[0, 16:], skip_special_tokens=True)


def test_encoder_decoder(t5: Any, tokenizer: Any, moby: Checker) -> None:
    """The decoder's start token is no text, and the encoder's prompt is not known unless it is given."""
    inputs = tokenizer(["call me ishmael"], return_tensors="pt")
    streamer = LicenceStreamer(tokenizer, moby, prompt="call me ishmael")
    script = force({(0, at): at + 6 for at in range(1, 7)})
    output = t5.generate(**inputs, **GREEDY, logits_processor=script, streamer=streamer)
    text = tokenizer.decode(output[0, 1:], skip_special_tokens=True)
    assert text == "some years ago never mind how"
    assert streamer.report == moby.check(text, prompt="call me ishmael")


def test_embeddings_instead_of_a_prompt(llama: Any, tokenizer: Any, moby: Checker) -> None:
    """Where the model was given embeddings, the prompt is empty and the text whole."""
    embeddings = llama.get_input_embeddings()(torch.tensor([[4, 5, 6]]))
    streamer = LicenceStreamer(tokenizer, moby)
    output = llama.generate(inputs_embeds=embeddings, **GREEDY, streamer=streamer)
    assert output.shape == (1, 6)
    assert streamer.report == moby.check(tokenizer.decode(output[0], skip_special_tokens=True))


def test_one_streamer_for_several_texts(reciting: tuple[Any, Any], moby: Checker) -> None:
    """Each call of `generate` is a text of its own."""
    model, tokenizer = reciting
    streamer = LicenceStreamer(tokenizer, moby)
    model.generate(**recitation(tokenizer), streamer=streamer)
    model.generate(**recitation(tokenizer, given=20), streamer=streamer)
    first, second = (reports[ANSWER] for reports in streamer.generations)
    assert (first.text, second.text) == (RECITED, " ".join(WORDS[20:]))
    assert streamer.report is second


def test_a_pipeline(reciting: tuple[Any, Any], moby: Checker) -> None:
    """A pipeline passes a streamer on; each of several prompts is a text."""
    model, tokenizer = reciting
    pipe = pipeline("text-generation", model=model, tokenizer=tokenizer)
    streamer = LicenceStreamer(tokenizer, moby)
    outputs = pipe([PROMPT, WORK], streamer=streamer, max_new_tokens=4, do_sample=False, return_full_text=False)
    texts = [output[0]["generated_text"].strip() for output in outputs]
    assert [reports[ANSWER].text.strip() for reports in streamer.generations] == texts


@pytest.mark.parametrize(
    "options", [{"num_return_sequences": 2, "do_sample": True, "max_new_tokens": 2}, {"max_new_tokens": 2}]
)
def test_several_rows_are_refused(llama: Any, tokenizer: Any, moby: Checker, *, options: dict[str, Any]) -> None:
    """Neither a batch nor several sequences can be followed; the application's streamer is not even begun."""
    rows = ["call me"] if "num_return_sequences" in options else ["call me", "some years"]
    tee = Recorder()
    with pytest.raises(UsageError, match="one text, not 2"):
        llama.generate(
            **tokenizer(rows, return_tensors="pt"), **options, streamer=LicenceStreamer(tokenizer, moby, streamer=tee)
        )
    assert tee.calls == []


def test_a_text_that_was_broken_off(reciting: tuple[Any, Any], moby: Checker) -> None:
    """When the model breaks, leaving the block ends the streams: there is a report, and nobody waits for more."""
    model, tokenizer = reciting
    options = recitation(tokenizer)
    options["logits_processor"] = LogitsProcessorList([*options["logits_processor"], Fail(43)])
    tee = Recorder()
    streamer = LicenceStreamer(tokenizer, moby, streamer=tee)
    with pytest.raises(RuntimeError, match="the model broke"), streamer:
        model.generate(**options, streamer=streamer)
    assert streamer.report == moby.check(" ".join(WORDS[3:43]), prompt=PROMPT)
    assert len(streamer.report.findings) == 1
    assert tee.calls[-1] == "end"


def test_close_ends_what_is_open_and_nothing_else(reciting: tuple[Any, Any], moby: Checker) -> None:
    """Closing twice, or after the end, does nothing."""
    model, tokenizer = reciting
    tee = Recorder()
    with LicenceStreamer(tokenizer, moby, streamer=tee) as streamer:
        model.generate(**recitation(tokenizer), streamer=streamer)
    streamer.close()
    assert (tee.calls.count("end"), len(streamer.generations)) == (1, 1)


def test_before_anything_was_written(tokenizer: Any, moby: Checker) -> None:
    """Without a text there is no report."""
    streamer = LicenceStreamer(tokenizer, moby)
    streamer.close()
    assert (streamer.report, streamer.reports, streamer.generations) == (None, {}, [])


def test_special_tokens_only(llama: Any, tokenizer: Any, moby: Checker) -> None:
    """A model that writes special tokens only has written nothing."""
    script = force({(0, 2): PAD, (0, 3): PAD, (0, 4): EOS})
    streamer = LicenceStreamer(tokenizer, moby)
    llama.generate(
        **tokenizer(["call me"], return_tensors="pt"), logits_processor=script, max_new_tokens=3, do_sample=False,
        streamer=streamer,
    )  # fmt: skip
    assert streamer.report == moby.check("", prompt="call me")


@given(st.sampled_from(sorted(SORTS)), st.lists(st.lists(st.integers(0, 250), max_size=4), max_size=12))
def test_any_tokens_in_any_chunks(moby: Checker, sort: str, chunks: list[list[int]]) -> None:
    """Whatever the ids, invalid UTF-8 among them, and however they come: the text checked is the text decoded."""
    tokenizer = SORTS[sort]()
    chunks = [[token for token in chunk if token < len(tokenizer)] for chunk in chunks]
    streamer = LicenceStreamer(tokenizer, moby)
    for chunk in [[], *chunks]:
        streamer.put(torch.tensor([chunk], dtype=torch.long))
    streamer.end()
    text = tokenizer.decode([token for chunk in chunks for token in chunk], skip_special_tokens=True)
    assert streamer.report == moby.check(text)


def test_holding_back(reciting: tuple[Any, Any], moby: Checker) -> None:
    """With `hold` a passage is opened before all of its text is released, and all text comes in the end."""
    model, tokenizer = reciting
    events: list[Event] = []
    streamer = LicenceStreamer(tokenizer, moby, hold=True, on_event=lambda _, event: events.append(event))
    model.generate(**recitation(tokenizer), streamer=streamer)
    assert text_of(events) == RECITED
    assert streamer.report == moby.check(RECITED, prompt=PROMPT)
    (finding,) = streamer.report.findings
    assert len(text_until_opened(events)) <= finding.start


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"streamer": Recorder(), "hold": True}, "nothing can be held back"),
        ({"prompt": ["call me"]}, "prompt must be a string, not list"),
        ({"on_error": "ignore"}, "on_error is 'ignore'"),
    ],
)
def test_what_cannot_be_meant(tokenizer: Any, moby: Checker, *, options: dict[str, Any], message: str) -> None:
    """A mistake is told when the streamer is made, not when the model already writes."""
    with pytest.raises(UsageError, match=message):
        LicenceStreamer(tokenizer, moby, **options)


def test_a_policy_that_forbids(reciting: tuple[Any, Any], moby: Checker) -> None:
    """The policy's error comes out of `generate`; leaving the block does not raise it again, and a report is there."""
    model, tokenizer = reciting
    strict = Checker(moby.database, PolicySettings(actions={LicenceStatus.LICENSED: Action.RAISE}))
    streamer = LicenceStreamer(tokenizer, strict)
    with pytest.raises(PolicyViolationError) as raised, streamer:
        model.generate(**recitation(tokenizer), streamer=streamer)
    assert isinstance(raised.value.report, Report)
    assert streamer.report is not None
    assert streamer.report.findings


class Failing:
    """A tokenizer that decodes so many times."""

    def __init__(self, tokenizer: Any, times: int) -> None:
        self.tokenizer = tokenizer
        self.times = times

    def __getattr__(self, name: str) -> Any:
        return getattr(self.tokenizer, name)

    def decode(self, ids: Any, **options: Any) -> str:
        self.times -= 1
        if self.times < 0:
            raise OverflowError("an id\nthat is none")
        return str(self.tokenizer.decode(ids, **options))


def failing(tokenizer: Any, moby: Checker, **options: Any) -> LicenceStreamer:
    streamer = LicenceStreamer(tokenizer, moby, **options)
    broken = Failing(tokenizer, 12)
    streamer._vocabulary._tokenizer = broken
    return streamer


def test_our_failure_does_not_stop_the_text(
    reciting: tuple[Any, Any], moby: Checker, caplog: pytest.LogCaptureFixture
) -> None:
    """When we fail the model writes on, the application's streamer too; the report says why it was not checked."""
    model, tokenizer = reciting
    tee = Recorder()
    streamer = failing(tokenizer, moby, streamer=tee)
    model.generate(**recitation(tokenizer), streamer=streamer)
    assert len(tee.calls) == 2 + len(WORDS) - 3
    assert streamer.report is not None
    assert streamer.report.error == "OverflowError: an id that is none"
    assert RECITED.startswith(streamer.report.text)
    assert not streamer.report.checked
    assert [record.getMessage() for record in caplog.records] == [
        "generated text is not checked from here on: OverflowError: an id that is none"
    ]


def test_a_prompt_that_cannot_be_decoded(tokenizer: Any, moby: Checker) -> None:
    """Placeholders of images have ids that no tokenizer knows: the text goes on, and its report says why."""
    streamer, tee = LicenceStreamer(tokenizer, moby), Recorder()
    told = LicenceStreamer(tokenizer, moby, on_error="raise", streamer=tee)
    streamer.put(torch.tensor([[4, -200]]))
    streamer.put(torch.tensor([5]))
    streamer.end()
    assert streamer.report is not None
    assert (streamer.report.text, (streamer.report.error or "")[:14]) == ("", "OverflowError:")
    with pytest.raises(OverflowError):
        told.put(torch.tensor([[4, -200]]))
    assert tee.calls == [((1, 2), [[4, -200]])]


def test_our_failure_is_raised_where_that_is_asked_for(reciting: tuple[Any, Any], moby: Checker) -> None:
    """With `on_error="raise"` the error comes out of `generate`, once, and the report still says it."""
    model, tokenizer = reciting
    streamer = failing(tokenizer, moby, on_error="raise")
    with pytest.raises(OverflowError), streamer:
        model.generate(**recitation(tokenizer), streamer=streamer)
    assert streamer.report is not None
    assert streamer.report.error == "OverflowError: an id that is none"


class FailingStream:
    """Stands in for a stream whose end fails."""

    text = "Some years"

    def __init__(self, *_: Any, **__: Any) -> None:
        pass

    def feed(self, text: str) -> list[Event]:
        return [Released(text=text)]

    def end(self) -> list[Event]:
        raise OSError("the disk is gone")


def test_a_check_that_raises_at_the_end(
    reciting: tuple[Any, Any], moby: Checker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a check raises comes out of `generate`; whoever listens gets a report all the same."""
    model, tokenizer = reciting
    monkeypatch.setattr(channel_checker, "StreamChecker", FailingStream)
    events: list[Event] = []
    streamer = LicenceStreamer(tokenizer, moby, on_error="raise", on_event=lambda _, event: events.append(event))
    with pytest.raises(OSError, match="the disk is gone"):
        model.generate(**recitation(tokenizer), streamer=streamer)
    assert streamer.report == moby.unchecked("Some years", "OSError: the disk is gone")
    assert events[-1] == Ended(report=streamer.report)


def test_what_a_listener_raises(reciting: tuple[Any, Any], moby: Checker) -> None:
    """An error of the application's own comes out of `generate`."""
    model, tokenizer = reciting

    def listen(channel: str, event: Event) -> None:
        raise KeyError(channel)

    streamer = LicenceStreamer(tokenizer, moby, on_event=listen)
    with pytest.raises(KeyError, match=ANSWER):
        model.generate(**recitation(tokenizer), streamer=streamer)
