"""How much, how long, how many at once."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.testclient import TestClient
from starlette.types import Message, Receive, Scope, Send

from provenance.errors import DatabaseError
from provenance.server.limits import Limits
from provenance.service.pool import OverloadedError, Pool
from tests.web.api.conftest import Serve


def chunks(size: int) -> Iterator[bytes]:
    for _ in range(size // 1000):
        yield b" " * 1000


def test_a_body_that_is_too_large(serve: Serve) -> None:
    """It is refused by its header, or, where that says nothing or too little, while it comes in."""
    client = serve(max_body=100_000)
    message = "the body is larger than 100,000 bytes; send less, or raise --max-body"
    for content in (b" " * 100_001, chunks(10_000_000)):
        answer = client.post("/check", content=content, headers={"content-type": "application/json"})
        assert (answer.status_code, answer.json()["error"]["message"]) == (413, message)
        assert answer.headers["connection"] == "close"
    assert client.post("/check", json={"text": "x" * 90_000}).status_code == 200


async def _echo(scope: Scope, receive: Receive, send: Send) -> None:
    body = await Request(scope, receive).body()
    await PlainTextResponse(f"{len(body)}")(scope, receive, send)


async def ask(limits: Limits, *messages: Message | None, **headers: str) -> list[Message]:
    """Send some messages, None for one that never comes, and return what comes back."""
    coming, sent = iter(messages), []

    async def receive() -> Message:
        message = next(coming)
        return message if message else await asyncio.Event().wait()  # type: ignore[return-value]  # never comes

    async def send(message: Message) -> None:
        sent.append(message)

    scope = {
        "type": "http", "method": "POST", "path": "/",
        "headers": [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()],
    }  # fmt: skip
    await limits(scope, receive, send)
    return sent


def part(body: bytes, more: bool = True) -> Message:
    return {"type": "http.request", "body": body, "more_body": more}


def status(sent: list[Message]) -> tuple[int, bytes]:
    return sent[0]["status"], b"".join(message.get("body", b"") for message in sent)


@pytest.mark.parametrize(
    ("length", "expected"), [("10", 200), ("11", 413), ("9" * 5_000, 413), ("x", 200), ("-1", 200), ("١٢", 200)]
)
def test_what_the_header_says(length: str, expected: int) -> None:
    """A length that is a number is believed where it is too much; all else is counted."""
    sent = asyncio.run(ask(Limits(_echo, 10, 5), part(b"1234567890", more=False), content_length=length))
    assert status(sent)[0] == expected


def test_exactly_as_much_as_is_allowed() -> None:
    """The limit itself is allowed, one byte more is not, in whatever pieces they come."""
    limits = Limits(_echo, 10, 5)
    assert status(asyncio.run(ask(limits, part(b"12345"), part(b""), part(b"67890", more=False)))) == (200, b"10")
    assert status(asyncio.run(ask(limits, part(b"12345"), part(b"678901"))))[0] == 413


def test_a_body_that_does_not_come() -> None:
    """Whoever stops sending gets 408, at the latest when the time for the whole body is over."""
    code, body = status(asyncio.run(ask(Limits(_echo, 10, 0.01), part(b"1"), None)))
    assert code == 408
    assert b"the body did not arrive within 0.01 seconds; send it again" in body


def test_an_answer_may_take_its_time() -> None:
    """The time is for the body: once that is there, an app may wait for its client to go."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        while (await receive())["type"] != "http.disconnect":
            await asyncio.sleep(0)
        await PlainTextResponse("gone")(scope, receive, send)

    sent = asyncio.run(ask(Limits(app, 10, 0), part(b"1", more=False), {"type": "http.disconnect"}))
    assert status(sent) == (200, b"gone")


def test_an_answer_that_has_begun_is_only_broken_off() -> None:
    """A second answer is never sent after the head of the first."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await receive()

    assert [message["type"] for message in asyncio.run(ask(Limits(app, 1, 5), part(b"12")))] == ["http.response.start"]


def test_other_things_than_requests_pass() -> None:
    """What is no request, such as the start of the app, is not looked at."""
    seen = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        seen.append(scope["type"])

    asyncio.run(Limits(app, 0, 0)({"type": "lifespan"}, None, None))  # type: ignore[arg-type]  # are not used
    assert seen == ["lifespan"]


async def _crowd(pool: Pool, gate: threading.Event, number: int) -> list[Any]:
    """Run that many functions that wait for a gate, and open it when all were asked for."""
    tasks = [asyncio.create_task(pool.run(gate.wait)) for _ in range(number)]
    await asyncio.sleep(0)
    gate.set()
    return await asyncio.gather(*tasks, return_exceptions=True)


def test_only_so_many_wait() -> None:
    """What finds no thread and no place in the queue is refused at once; the rest is done."""
    pool = Pool(2, 3, 60)
    results = asyncio.run(_crowd(pool, threading.Event(), 7))
    assert [isinstance(result, OverloadedError) for result in results] == [False] * 5 + [True] * 2
    assert str(results[5]) == "5 checks are running or waiting; try again in a moment"
    assert asyncio.run(pool.run(lambda: "and places are free again")) == "and places are free again"
    pool.close()


def test_what_takes_too_long_keeps_its_place() -> None:
    """Nobody waits longer than is allowed; the thread is not to be had until it is done, what waited is not begun."""
    pool, gate, begun = Pool(1, 1, 0.01), threading.Event(), []

    async def scene() -> list[Any]:
        late = await asyncio.gather(pool.run(gate.wait), pool.run(lambda: begun.append(1)), return_exceptions=True)
        return [*late, *await asyncio.gather(pool.run(gate.wait), pool.run(gate.wait), return_exceptions=True)]

    results = asyncio.run(scene())
    gate.set()
    pool.close()
    words = "this took longer than 0.01 seconds; try again later or with less, or raise --max-seconds"
    full = "2 checks are running or waiting; try again in a moment"
    assert [str(result) for result in results] == [words, words, words, full]
    assert begun == []


@pytest.mark.parametrize("error", [ValueError("x"), TimeoutError("its own"), DatabaseError("y")])
def test_an_error_comes_out(error: Exception) -> None:
    """What a function raises is raised, also a TimeoutError of its own."""
    pool = Pool(1, 1, 60)

    def fails() -> None:
        raise error

    with pytest.raises(type(error), match=str(error)):
        asyncio.run(pool.run(fails))
    pool.close()


@pytest.mark.parametrize("when_broken", ["open", "closed"])
def test_too_much_to_check(serve: Serve, when_broken: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who asks for a report gets 503 and when to ask again, whatever happens to answers of a model."""
    client, gate = serve(threads=1, max_waiting=0, max_seconds=0.05, when_broken=when_broken), threading.Event()
    slow(client, gate, monkeypatch)
    for message in (
        "this took longer than 0.05 seconds; try again later or with less, or raise --max-seconds",
        "1 checks are running or waiting; try again in a moment",
    ):
        answer = client.post("/check", json={"text": "x"})
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")
        assert answer.json()["error"] == {
            "message": message, "type": "server_error", "param": None, "code": "overloaded",
        }  # fmt: skip
    gate.set()


def test_an_answer_of_a_model_goes_out_unchecked(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where `when_broken` is `open`, too much to check does not stop an answer: its report says so."""
    client, gate = serve(threads=1, max_waiting=0, max_seconds=0.05), threading.Event()
    slow(client, gate, monkeypatch)
    service = client.service  # type: ignore[attr-defined]  # of the fixture
    report = client.portal.call(service.check, "x")  # type: ignore[union-attr]  # is open
    assert report.error == "this took longer than 0.05 seconds; try again later or with less, or raise --max-seconds"
    gate.set()


def slow(client: TestClient, gate: threading.Event, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let each check wait for a gate."""
    service: Any = client.service  # type: ignore[attr-defined]  # of the fixture
    check = service.checker.check
    monkeypatch.setattr(service.checker, "check", lambda *args, **options: gate.wait() and check(*args, **options))
