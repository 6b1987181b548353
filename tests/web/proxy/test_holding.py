"""Holding text back: whole events wait until their text is released."""

from __future__ import annotations

import asyncio

from provenance import Checker
from provenance.live import Ended, Event, Released, StreamChecker
from provenance.openai import LicenceMiddleware
from provenance.service import ServeSettings, Service
from tests.database.samples import WHALE
from tests.web.proxy.scripted import Answer, Upstream, as_stream, ask, chunk, pieces, response_events, sse, streamed

HELD = 4


class Holding(StreamChecker):
    """Holds the last four characters back, as a check would that waits for the end of a passage."""

    async def feed_async(self, text: str) -> list[Event]:
        before = max(0, len(self.text) - HELD)
        await super().feed_async(text)
        return [Released(text=self.text[before : max(0, len(self.text) - HELD)])]

    async def end_async(self) -> list[Event]:
        rest = self.text[max(0, len(self.text) - HELD) :]
        ended = [event for event in await super().end_async() if isinstance(event, Ended)]
        return [Released(text=rest), *ended]


class HoldingService(Service):
    """A service whose streams hold text back."""

    def stream(self, prompt: str | None = None) -> StreamChecker:
        return Holding(self.checker, prompt=prompt)


def sent(checker: Checker, body: list[bytes], path: str = "/v1/chat/completions") -> list[bytes]:
    """What goes out at a time, without the bytes of our own and without the end."""
    service = HoldingService(checker, ServeSettings(hold=True))
    got: Answer = asyncio.run(ask(LicenceMiddleware(Upstream(body), service=service), {}, path))
    return got.sent


def test_nothing_is_held_unless_asked():
    """By default a text comes out as it is written."""
    assert (ServeSettings().hold, ServeSettings(hold=True).hold) == (False, True)


def test_events_go_out_when_all_of_their_text_is_released(checker: Checker):
    """In order and byte for byte; what has no text waits for what came before it."""
    start, one, two, tool = (
        chunk({"role": "assistant"}), chunk({"content": "abc"}), chunk({"content": "defgh"}), chunk({"tool_calls": []}),
    )  # fmt: skip
    end, done = chunk({}, finish="stop"), sse("[DONE]")
    got = sent(checker, [start, one, two, tool, end, done])
    assert got[:2] == [start, one]
    assert got[2].startswith(two + tool + end.rstrip()[:-1])
    assert got[3:] == [done, b""]


def test_a_character_in_two_halves_is_released_once(checker: Checker):
    """Lengths are counted so that a character weighs the same in one piece and in two."""
    body = [chunk({"content": "ab\ud83d"}), chunk({"content": "\ude00cdef"}), chunk({"content": "ghij"})]
    got = sent(checker, [*body, sse("[DONE]")])
    assert got[0] == body[0]
    assert b"".join(got).startswith(b"".join(body))


def test_answers_of_the_other_api_are_held_back_alike(checker: Checker):
    """The events that repeat a text come when it has been released."""
    events = as_stream(response_events("abcdef", "ghij"))
    got = sent(checker, events, "/v1/responses")
    assert got[:4] == events[:4]
    assert got[4].startswith(events[4])
    assert b"".join(got[:6]).startswith(b"".join(events[:6]))
    assert [each["sequence_number"] for each in Answer(sent=got).events] == list(range(len(events)))


def test_a_passage_is_spoken_of_before_it_is_shown(checker: Checker):
    """With the check itself: what opens is told while part of the passage is still held back; nothing is lost."""
    text = f"It begins: {WHALE} And so on, for many pages."
    app = LicenceMiddleware(Upstream(streamed(*pieces(text))), service=Service(checker, ServeSettings(hold=True)))
    got: Answer = asyncio.run(ask(app, {}, licence_events="on"))
    shown, opened = "", None
    for event in got.events[:-1]:
        for told in event.get("licence_events", ()):
            opened = opened or (told["event"], told["finding"]["start"], len(shown))
        shown += event["choices"][0]["delta"].get("content") or ""
    assert shown == text
    assert opened is not None
    change, start, when = opened
    assert (change, start) == ("opened", text.index("Call me"))
    assert when < text.index("regulating")
    assert got.events[-2]["licence_report"] == checker.check(text).to_dict()
