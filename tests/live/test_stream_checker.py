"""A text that is checked while it is written has the findings of the whole, however it comes, and costs no more."""

from __future__ import annotations

import asyncio
import itertools
import random
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from provenance import Action, Checker, Document, PolicySettings, PolicyViolationError, UsageError
from provenance.errors import DatabaseError
from provenance.live import Change, Ended, Event, Noticed, Released, StreamChecker, fold_events, prefilter
from provenance.live.scanner import STEP, Scanner
from provenance.works import LicenceStatus
from tests.check.conftest import MakeChecker
from tests.database.samples import HAIKU, LANGUAGES, MOTTO, TIMES, WHALE, filled, words
from tests.strategies import examples, running_text

FILLER = "Quite another matter, which nobody has ever written about in so many words, occupied the board on Monday. "
BOOK = words(0, 400)


@pytest.fixture(scope="module")
def checker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Checker]:
    """Give a checker on short and long works in many scripts, of several licences."""
    documents = [Document(text=text, id=name, licence="CC-BY-4.0") for name, text in LANGUAGES.items()]
    documents += [
        Document(text=BOOK, id="book", licence="MIT"),
        Document(text=words(200, 150), id="part", licence="CC0-1.0"),
        Document(text=HAIKU, id="haiku", licence="CC-BY-SA-4.0"),
        Document(text=MOTTO, id="motto", licence="GPL-3.0-only"),
        Document(text=TIMES, id="times", licence="public-domain"),
        Document(text=WHALE, id="whale", licence="CC-BY-4.0"),
    ]
    with filled(tmp_path_factory.mktemp("stream") / "db", *documents) as database:
        yield Checker(database)


def streamed(stream: StreamChecker, chunks: list[str]) -> list[Event]:
    """Feed chunks and end; the report is as the last event says."""
    events = list(stream.over(chunks))
    assert isinstance(events[-1], Ended)
    assert stream.close() is events[-1].report
    return events


def shown(events: list[Event]) -> str:
    return "".join(event.text for event in events if isinstance(event, Released))


def by_number(events: list[Event]) -> dict[int, list[str]]:
    told: dict[int, list[str]] = {}
    for event in events:
        if isinstance(event, Noticed):
            told.setdefault(event.number, []).append(event.change.value)
    return told


@st.composite
def answers(draw: st.DrawFn) -> str:
    """Stretches of works, edited ones and short works among them, between other text."""
    parts = []
    for _ in range(draw(st.integers(0, 5))):
        kind = draw(st.sampled_from(("book", "edited", "whole", "filler", "odd")))
        if kind == "book":
            parts.append(words(draw(st.integers(0, 300)), draw(st.integers(5, 120))))
        elif kind == "edited":
            copy = words(draw(st.integers(0, 300)), draw(st.integers(40, 120))).split()
            every = draw(st.integers(6, 20))
            parts.append(" ".join("else" if number % every == 3 else word for number, word in enumerate(copy)))
        elif kind == "whole":
            parts.append(draw(st.sampled_from([HAIKU, MOTTO, TIMES, WHALE, *LANGUAGES.values()])))
        else:
            parts.append(FILLER * draw(st.integers(1, 6)) if kind == "filler" else draw(running_text()))
    return draw(st.sampled_from((" ", "\n\n", ""))).join(parts)


@st.composite
def chunked(draw: st.DrawFn, text: str) -> list[str]:
    """Cut a text anywhere, also within a character outside the basic plane, whose halves then come as surrogates."""
    halves = "".join(itertools.chain.from_iterable(map(split_in_two, text))) if draw(st.booleans()) else text
    size = draw(st.sampled_from((1, 3, 7, 40, 500)))
    rng = random.Random(draw(st.integers(0, 99)))
    chunks, start = [], 0
    while start < len(halves):
        end = start + rng.randint(0, 2 * size)
        chunks.append(halves[start:end])
        start = end
    return chunks


def split_in_two(character: str) -> str:
    if character <= "\uffff":
        return character
    offset = ord(character) - 0x10000
    return chr(0xD800 + (offset >> 10)) + chr(0xDC00 + (offset & 0x3FF))


def joined(chunks: list[str]) -> str:
    return "".join(chunks).encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")


@given(data=st.data())
@settings(max_examples=examples(150), deadline=None)
def test_a_stream_finds_what_a_check_finds(checker: Checker, data: st.DataObject) -> None:
    """However a text is cut, the events add up to the report of the whole, and the released text to the text."""
    text = data.draw(answers())
    chunks = data.draw(chunked(text))
    prompt = data.draw(st.sampled_from((None, words(100, 80), text[:200])))
    stream = StreamChecker(checker, prompt=prompt, hold=data.draw(st.booleans()))
    events = streamed(stream, chunks)
    assert stream.text == shown(events) == joined(chunks)
    report = checker.check(stream.text, prompt=prompt)
    assert stream.report == report
    assert fold_events(events) == report.findings
    for changes in by_number(events).values():
        assert changes[0] == "opened"
        assert changes.count("opened") == 1
        closed = changes.index("closed") if "closed" in changes else changes.index("withdrawn")
        assert set(changes[1:closed]) <= {"grown", "revised"}
        assert set(changes[closed + 1 :]) <= {"revised", "withdrawn"}


@given(data=st.data())
@settings(max_examples=examples(60), deadline=None)
def test_what_is_held_back_is_bounded(checker: Checker, data: st.DataObject) -> None:
    """With `hold` never more than 1,024 characters wait; without it none do."""
    text = data.draw(answers()) + data.draw(st.sampled_from(("", "x" * 3000, "漢字" * 900)))
    held, open_ = StreamChecker(checker, hold=True), StreamChecker(checker)
    seen = 0
    for chunk in data.draw(chunked(text)):
        seen += len(shown(held.feed(chunk)))
        assert len(held.text) - seen <= 1024 + 1  # and half a character, whose other half is still to come
        before = len(open_.text)
        assert len(shown(open_.feed(chunk))) >= len(open_.text) - before - 1


def test_a_passage_is_told_while_it_is_written(checker: Checker) -> None:
    """It opens when it has become substantial, grows, and closes once what follows cannot make it longer."""
    text = FILLER * 3 + words(0, 300) + ". " + FILLER * 8
    stream = StreamChecker(checker)
    told = []
    for place in range(0, len(text), 5):
        told += [
            (each.change, place, each.finding)
            for each in stream.feed(text[place : place + 5])
            if isinstance(each, Noticed)
        ]
    changes = [change for change, _, _ in told]
    assert changes[0] == Change.OPENED
    assert changes[-1] == Change.CLOSED
    assert set(changes[1:-1]) == {Change.GROWN}
    assert len(changes) > 4
    start = len(FILLER) * 3
    assert all(finding.start == start for _, _, finding in told)
    opened_at, closed_at = told[0][1], told[-1][1]
    assert told[0][2].passage.tokens < 2 * 32
    assert opened_at < start + len(words(0, 64))
    assert closed_at < start + len(words(0, 300)) + 6 * len(FILLER)
    assert [type(event) for event in stream.end()] == [Ended]


def test_a_later_passage_is_opened_as_early_as_the_first(checker: Checker) -> None:
    """What was told before, and is closed, does not make us look less closely."""
    text = FILLER * 3 + "".join(f"{words(at, 55)}. {FILLER * 8}" for at in (0, 70, 140))
    stream, lags, changes = StreamChecker(checker), [], []
    for place in range(0, len(text), 5):
        for event in stream.feed(text[place : place + 5]):
            if isinstance(event, Noticed) and event.change in {Change.OPENED, Change.CLOSED}:
                changes.append(event.change)
                if event.change is Change.OPENED:
                    lags.append(place - event.finding.start)
    assert changes == [Change.OPENED, Change.CLOSED] * 3
    assert max(lags) <= len(words(100, 16)) + 2 * STEP


@pytest.mark.parametrize("hold", [False, True])
def test_runs_are_followed_only_until_a_passage_is_open(
    checker: Checker, hold: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While it grows its anchors tell enough; what is held back needs its runs to the end."""
    followed, original = [], prefilter.search_segments

    def counting(*args: Any) -> Any:
        followed.append(len(stream.text))
        return original(*args)

    monkeypatch.setattr(prefilter, "search_segments", counting)
    stream, opened = StreamChecker(checker, hold=hold), 0
    for place in range(0, len(BOOK), 5):
        events = stream.feed(BOOK[place : place + 5])
        if any(isinstance(event, Noticed) and event.change is Change.OPENED for event in events):
            opened = len(stream.text)
    assert 0 < opened < len(BOOK) // 4
    assert followed[0] <= opened
    assert any(place > opened for place in followed) is hold


def test_held_text_is_released_after_its_notice(checker: Checker) -> None:
    """With `hold` a passage is opened before the reader has seen all of it, also where it is a whole short work."""
    for passage in (words(0, 45), HAIKU, MOTTO, LANGUAGES["Chinese"]):
        text = f"{FILLER}{passage}\n{FILLER * 8}"
        stream, seen, opened = StreamChecker(checker, hold=True), "", None
        for place in range(0, len(text), 3):
            for event in stream.feed(text[place : place + 3]):
                if isinstance(event, Released):
                    seen += event.text
                elif isinstance(event, Noticed) and event.change is Change.OPENED:
                    opened = opened or (len(seen), event.finding.end)
        assert opened is not None
        assert opened[0] < opened[1]


def test_what_follows_may_take_a_notice_back(checker: Checker) -> None:
    """A work that the text goes on to name gets no notice in the end, and a listener is told so."""
    chunks = [WHALE[i : i + 7] for i in range(0, len(WHALE), 7)]
    stream = StreamChecker(checker)
    events = streamed(stream, chunks)
    assert fold_events(events) == stream.close().findings


def test_one_character_in_two_chunks_is_one(checker: Checker) -> None:
    """The halves of a character that come apart are joined, a half without the other stays, and offsets count so."""
    stream = StreamChecker(checker)
    events = streamed(stream, ["a\ud83d", "\ude00", f"b {WHALE}", " \ud83d", "c", "\ude00", "\ud83d"])
    assert stream.text == f"a😀b {WHALE} \ud83dc\ude00\ud83d" == shown(events)
    (finding,) = stream.close().findings
    assert stream.text[finding.start : finding.end] == WHALE.rstrip(".")


def test_an_empty_stream_has_an_empty_report(checker: Checker) -> None:
    """Nothing fed is nothing found; ended twice it tells nothing twice, and takes nothing more."""
    stream = StreamChecker(checker)
    assert stream.feed("") == []
    assert stream.report is None
    (ended,) = stream.end()
    assert isinstance(ended, Ended)
    assert ended.report.text == ""
    assert stream.end() == []
    with pytest.raises(UsageError, match="this stream has ended"):
        stream.feed("more")


@pytest.mark.parametrize("text", [b"bytes", None, 7])
def test_only_strings_are_text(checker: Checker, text: Any) -> None:
    """What is no string is refused, and the stream goes on."""
    stream = StreamChecker(checker)
    with pytest.raises(UsageError, match="text must be a string"):
        stream.feed(text)
    assert streamed(stream, [WHALE])


def test_an_option_that_cannot_be_meant_is_refused(checker: Checker) -> None:
    """`on_error` has two values, and a prompt is a string."""
    with pytest.raises(UsageError, match="on_error is 'ignore'"):
        StreamChecker(checker, on_error="ignore")  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="prompt must be a string"):
        StreamChecker(checker, prompt=3)  # type: ignore[arg-type]


def test_coroutines_and_threads_may_feed(checker: Checker) -> None:
    """A stream fed from a coroutine, and one fed from several threads, end with the report of their text."""
    text = f"{FILLER}{words(0, 200)}. {FILLER * 4}"

    async def chunks() -> Any:
        for place in range(0, len(text), 11):
            yield text[place : place + 11]

    async def listen() -> list[Event]:
        return [event async for event in StreamChecker(checker).over_async(chunks())]

    assert fold_events(asyncio.run(listen())) == checker.check(text).findings
    shared = StreamChecker(checker)

    def feed() -> None:
        for word in words(0, 200).split():
            shared.feed(word + " ")

    feeders = [threading.Thread(target=feed) for _ in range(4)]
    for each in feeders:
        each.start()
    for each in feeders:
        each.join()
    assert shared.close() == checker.check(shared.text)
    assert len(shared.text.split()) == 4 * len(words(0, 200).split())


def forbidding(checker: Checker) -> Checker:
    actions = {LicenceStatus.LICENSED: Action.RAISE}
    return Checker(checker.database, PolicySettings(actions=actions))


def test_a_forbidden_passage_ends_the_stream(checker: Checker) -> None:
    """The policy's `raise` comes as soon as the passage is one, with the report so far, and nothing goes on."""
    text = words(0, 300)
    stream = StreamChecker(forbidding(checker))
    with pytest.raises(PolicyViolationError, match="the policy forbids this text") as caught:
        list(stream.over(text[place : place + 9] for place in range(0, len(text), 9)))
    assert len(stream.text) < len(text) / 2
    assert caught.value.report is stream.report
    with pytest.raises(UsageError):
        stream.feed("more")


def test_a_forbidden_passage_at_the_very_end_is_raised_there(checker: Checker) -> None:
    """What only the last check finds is raised by `end`."""
    stream = StreamChecker(forbidding(checker))
    stream.feed(HAIKU)
    with pytest.raises(PolicyViolationError):
        stream.end()
    assert stream.close().findings


class Failing:
    """Fails at the calls that are asked for, and works otherwise."""

    def __init__(self, real: Callable[..., Any], fails: Callable[[int], bool]) -> None:
        self.real, self.fails, self.calls = real, fails, 0

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        self.calls += 1
        if self.fails(self.calls):
            raise DatabaseError("the disk is gone; look at the disk")
        return self.real(*args, **kwargs)


def test_a_check_that_fails_does_not_stop_the_text(
    checker: Checker, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """By default the text goes on; the report keeps what was found before and says that and why it is not checked."""
    text = f"{words(0, 100)}. {FILLER * 8}{words(200, 100)}"
    monkeypatch.setattr(checker, "examine", Failing(checker.examine, lambda call: call > 3))
    stream = StreamChecker(checker)
    events = streamed(stream, [text[place : place + 8] for place in range(0, len(text), 8)])
    assert shown(events) == text
    report = stream.close()
    assert report.error == "DatabaseError: the disk is gone; look at the disk"
    assert not report.checked
    assert [finding.start for finding in report.findings] == [0]
    assert report.matched_characters == report.findings[0].end
    assert fold_events(events) == report.findings
    assert "the disk is gone" in caplog.text


def test_a_check_that_fails_in_between_is_made_up_for(
    checker: Checker, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """If the last check works the report is whole, whatever failed before."""
    text = words(0, 200)
    monkeypatch.setattr(Scanner, "feed", Failing(Scanner.feed, lambda _: True))
    stream = StreamChecker(checker)
    events = streamed(stream, [text[place : place + 8] for place in range(0, len(text), 8)])
    assert stream.close() == checker.check(text)
    assert fold_events(events) == stream.close().findings
    assert caplog.text.count("could not be checked") == 1


def test_a_check_that_fails_is_raised_where_that_is_asked_for(
    checker: Checker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With `on_error="raise"` the error goes to the caller."""
    monkeypatch.setattr(checker, "examine", Failing(checker.examine, lambda _: True))
    stream = StreamChecker(checker, on_error="raise")
    with pytest.raises(DatabaseError, match="the disk is gone"):
        stream.feed(words(0, 200))
    with pytest.raises(DatabaseError, match="the disk is gone"):
        stream.close()


def test_works_that_are_added_meanwhile_are_found(checker_of: MakeChecker) -> None:
    """The report is that of the database as it is in the end."""
    checker = checker_of(Document(text=WHALE, licence="CC-BY-4.0"))
    stream = StreamChecker(checker)
    stream.feed(FILLER + words(0, 60))
    checker.database.ingest(Document(text=words(0, 100), licence="MIT"))
    stream.feed(words(60, 40) + FILLER)
    assert len(stream.close().findings) == 1
    assert stream.close() == checker.check(stream.text)


def test_a_token_costs_the_same_wherever_it_stands(checker: Checker, monkeypatch: pytest.MonkeyPatch) -> None:
    """Text is looked at about once for every so many tokens, and what is looked at does not grow without a passage."""
    sizes: list[int] = []
    real = checker.examine
    monkeypatch.setattr(checker, "examine", lambda text, *args: sizes.append(len(text)) or real(text, *args))
    stream = StreamChecker(checker)
    for number in range(40):
        stream.feed(f"{words(number, 40)}. {FILLER * 12}")
        stream.feed(FILLER)
    assert max(sizes) < 8000
    assert len(sizes) < 40 * 5


def test_a_log_has_one_entry_a_stream(checker_of: MakeChecker) -> None:
    """A checker that records its checks records a stream once, as it ended."""
    made = checker_of(Document(text=words(0, 300), licence="MIT"))
    checker = Checker(made.database, log=True)
    entries: list[tuple[Any, ...]] = []
    checker.database.catalogue.log_check = lambda *entry: entries.append(entry)  # type: ignore[method-assign]
    report = StreamChecker(checker)
    for word in words(0, 300).split():
        report.feed(word + " ")
    report.close()
    assert [entry[1:3] for entry in entries] == [(len(report.text), 1)]


def test_events_have_a_json_form(checker: Checker) -> None:
    """Each event says what it is, and carries what a report would."""
    events = streamed(StreamChecker(checker), [MOTTO])
    report = checker.check(MOTTO)
    finding = report.findings[0].to_dict()
    assert [event.to_dict() for event in events] == [
        {"event": "released", "text": MOTTO},
        {"event": "opened", "number": 1, "finding": finding},
        {"event": "closed", "number": 1, "finding": finding},
        {"event": "ended", "report": report.to_dict()},
    ]
