"""What happens when a check fails, when a policy forbids, and when there is too much of something."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from provenance import Checker
from provenance.errors import DatabaseError
from provenance.live import Event, StreamChecker
from provenance.openai import LicenceMiddleware, reply
from provenance.policy import PolicySettings
from provenance.reports import Action, Report
from provenance.service import ServeSettings, Service
from provenance.works import LicenceStatus
from tests.database.samples import WHALE
from tests.web.proxy.conftest import MakeService
from tests.web.proxy.scripted import (
    Answer,
    Upstream,
    as_stream,
    ask,
    chunk,
    completion,
    message,
    output_text,
    pieces,
    response,
    response_events,
    sse,
    streamed,
    whole,
)

CHAT, RESPONSES = "/v1/chat/completions", "/v1/responses"
DAMAGED = DatabaseError("segment 7 is damaged; run `provenance doctor`")
WAYS = {
    "chat": (CHAT, Upstream(streamed(*pieces(WHALE)))),
    "whole chat": (CHAT, whole(completion(WHALE))),
    "response": (RESPONSES, Upstream(as_stream(response_events(*pieces(WHALE))))),
    "whole response": (RESPONSES, whole(response(message(output_text(WHALE))))),
}


class Broken(Service):
    """A service whose every check fails, from the second piece of a stream on."""

    error: Exception = DAMAGED

    async def check(self, text: str, *, prompt: str | None = None, passages: bool = False, **_: Any) -> Report:
        raise self.error

    def stream(self, prompt: str | None = None) -> StreamChecker:
        error = self.error

        class Breaking(StreamChecker):
            async def feed_async(self, text: str) -> list[Event]:
                if self.text:
                    raise error
                return await super().feed_async(text)

            async def end_async(self) -> list[Event]:
                raise error

        return Breaking(self.checker, prompt=prompt)


class Confused(Broken):
    """A service with a fault of its own."""

    error = RuntimeError("secret: " + WHALE)


def asked(service: Service, path: str, upstream: Any) -> Answer:
    """What a client gets that listens: each piece is then checked by itself."""
    return asyncio.run(ask(LicenceMiddleware(upstream, service=service), {}, path, licence_events="on"))


def report_in(answer: Answer) -> dict[str, Any]:
    """The report, wherever it stands."""
    said = answer.events or [answer.json]
    holders = [holder for event in said if isinstance(event, dict) for holder in (event, event.get("response") or {})]
    (report,) = [holder["licence_report"] for holder in holders if "licence_report" in holder]
    return dict(report)


@pytest.mark.parametrize(("path", "upstream"), WAYS.values(), ids=list(WAYS))
def test_an_answer_goes_out_unchecked_where_the_service_fails_open(path: str, upstream: Upstream, checker: Checker):
    """All of the text comes, with a report that says why it was not checked, and no findings."""
    got = asked(Broken(checker, ServeSettings(when_broken="open")), path, upstream)
    assert got.status == 200
    report = report_in(got)
    assert (report["error"], report["findings"], report["coverage"]["canaries"]) == (str(DAMAGED), [], "unchecked")
    assert report["text"]["characters"] == len(WHALE)


@pytest.mark.parametrize(("path", "upstream"), WAYS.values(), ids=list(WAYS))
def test_an_answer_is_withheld_where_the_service_fails_closed(path: str, upstream: Upstream, checker: Checker):
    """A whole one is an error; a stream ends with one, as soon as it is known, and says nothing after it."""
    got = asked(Broken(checker, ServeSettings(when_broken="closed")), path, upstream)
    error = (got.events or [got.json])[-1]["error"]
    assert (error["code"], error["type"]) == ("not_checked", "server_error")
    assert "doctor" not in error["message"]
    assert got.ended
    assert got.status == (503 if upstream.kind == "application/json" else 200)
    assert got.body.count(b"Ishmael") <= 1
    assert b"circulation" not in got.body
    assert b"[DONE]" not in got.body
    assert b"licence_report" not in got.body


@pytest.mark.parametrize(("path", "upstream"), WAYS.values(), ids=list(WAYS))
def test_a_fault_of_ours_never_breaks_an_answer(path: str, upstream: Upstream, checker: Checker):
    """What nobody foresaw counts as a check that failed; its words are not shown, since they may hold any text."""
    report = report_in(asked(Confused(checker), path, upstream))
    assert report["error"] == "internal error: RuntimeError; the server's log says where"


@pytest.mark.parametrize(("path", "upstream"), WAYS.values(), ids=list(WAYS))
def test_what_the_policy_forbids_does_not_go_out(path: str, upstream: Upstream, checker: Checker):
    """It is an error in place of the answer, or the last event of a stream, in any mode of failing."""
    settings = PolicySettings(actions={LicenceStatus.LICENSED: Action.RAISE})
    strict = Service(Checker(checker.database, settings))
    got = asked(strict, path, upstream)
    error = (got.events or [got.json])[-1]["error"]
    assert (error["code"], error["type"]) == ("policy_violation", "invalid_request_error")
    assert "The Whale" in error["message"]
    assert b"licence_report" not in got.body
    assert got.status == (403 if upstream.kind == "application/json" else 200)


def test_a_check_in_portions_fails_alike(checker: Checker):
    """Where nobody listens a text is checked in larger portions: the failure comes out at the latest at its end."""
    for mode, last in (("open", "[DONE]"), ("closed", None)):
        service = Broken(checker, ServeSettings(when_broken=mode))
        for times in (1, 4):
            app = LicenceMiddleware(Upstream(streamed(*pieces(WHALE * times))), service=service)
            got = asyncio.run(ask(app, {}))
            if last:
                assert (got.events[-1], report_in(got)["error"]) == (last, str(DAMAGED))
            else:
                assert got.events[-1]["error"]["code"] == "not_checked"


def test_the_app_is_stopped_when_its_answer_is_cut_off(checker: Checker):
    """It is told that the client has gone, so that no model writes for nobody."""
    told: list[str] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await Upstream(streamed(*pieces(WHALE)), then=lambda: gone(receive))(scope, receive, send)

    async def gone(receive: Any) -> None:
        told.append((await receive())["type"])

    asked(Broken(checker, ServeSettings(when_broken="closed")), CHAT, app)
    assert told == ["http.disconnect"]


def test_an_app_that_expects_an_error_gets_one_when_it_writes_on(checker: Checker):
    """From version 2.4 of ASGI on, sending to nobody is an error; it ends in the middleware."""

    async def newer(scope: Any, receive: Any, send: Any) -> None:
        scope = {**scope, "asgi": {"version": "3.0", "spec_version": "2.4"}}
        await LicenceMiddleware(app, service=Broken(checker, ServeSettings(when_broken="closed")))(scope, receive, send)

    async def app(scope: Any, receive: Any, send: Any) -> None:
        try:
            await Upstream(streamed(*pieces(WHALE)))(scope, receive, send)
        except OSError as error:
            stopped.append(str(error))
            raise

    stopped: list[str] = []
    got = asyncio.run(ask(newer, {}))
    assert (stopped, got.events[-1]["error"]["code"]) == (["the answer was cut off"], "not_checked")


GIGANTIC = chunk({"content": "x" * (9 << 20)})


@pytest.mark.slow
def test_an_event_that_is_too_large_goes_through_unread(service_of: MakeService):
    """The text counts as not checked, and the report says so, before it. If the service fails closed it is the end."""
    sent = [chunk({"content": WHALE}), GIGANTIC, chunk({}, finish="stop"), sse("[DONE]")]
    got = asked(service_of(), CHAT, Upstream([*sent[:1], GIGANTIC[:-1], GIGANTIC[-1:], *sent[2:]]))
    before = got.body[: -len(b"".join(sent[1:]))]
    assert report_in(Answer(sent=[before]))["error"].endswith("has more than 8,388,608 bytes")
    assert got.body.startswith(sent[0])
    assert got.body.endswith(b"".join(sent[1:]))
    for path in (CHAT, RESPONSES):
        alone = asked(service_of(), path, Upstream([GIGANTIC[:-1], GIGANTIC[-1:]])).body
        assert report_in(Answer(sent=[alone[: -len(GIGANTIC)]]))["error"].endswith("has more than 8,388,608 bytes")
    closed = asked(service_of(when_broken="closed"), CHAT, Upstream([*sent[:1], GIGANTIC[:-1], GIGANTIC[-1:]]))
    assert closed.events[-1]["error"]["code"] == "not_checked"
    assert len(closed.body) < 10_000


def test_a_whole_answer_that_is_too_large_goes_through_unread(service_of: MakeService, monkeypatch: pytest.MonkeyPatch):
    """A header says so; where the service fails closed there is an error instead."""
    monkeypatch.setattr(reply, "LARGEST_ANSWER", 100)
    body = json.dumps(completion(WHALE)).encode()
    upstream = Upstream([body[:50], body[50:150], body[150:]], "application/json")
    got = asked(service_of(), CHAT, upstream)
    assert (got.body, got.headers["licence-unchecked"]) == (body, "it has more than 100 bytes")
    closed = asked(service_of(when_broken="closed"), CHAT, upstream)
    assert (closed.status, closed.json["error"]["code"]) == (503, "not_checked")


@pytest.mark.parametrize("headers", [{}, {"content_length": "101"}])
def test_a_request_that_is_too_large_is_refused(headers: dict[str, str], service_of: MakeService):
    """Whether it says how large it is or not; the app never sees it."""
    upstream = Upstream()
    app = LicenceMiddleware(upstream, service=service_of(max_body=100))
    got = asyncio.run(ask(app, b"x" * 101, **headers))
    assert (got.status, got.json["error"]["code"], upstream.asked) == (413, "request_too_large", [])


def test_a_client_that_leaves_while_it_asks_is_no_error(service_of: MakeService):
    """Nothing is asked of the app, and nothing is sent."""

    async def left() -> None:
        sent: list[Any] = []
        upstream = Upstream()
        messages = [{"type": "http.request", "body": b"{", "more_body": True}, {"type": "http.disconnect"}]

        async def receive() -> Any:
            return messages.pop(0)

        async def send(message: Any) -> None:
            sent.append(message)

        from tests.web.proxy.scripted import scope_of

        await LicenceMiddleware(upstream, service=service_of())(scope_of(CHAT, "POST", {}), receive, send)
        assert (sent, upstream.asked) == ([], [])

    asyncio.run(left())


def test_an_error_of_the_app_is_its_servers_business(service_of: MakeService):
    """It is raised as without us; what was streamed so far has been sent."""

    async def failing() -> None:
        raise RuntimeError("out of memory")

    got = Answer()
    app = LicenceMiddleware(Upstream([chunk({"content": WHALE})], then=failing), service=service_of())
    with pytest.raises(RuntimeError, match="out of memory"):
        asyncio.run(ask(app, {}, into=got))
    assert (got.body, got.ended) == (chunk({"content": WHALE}), False)
