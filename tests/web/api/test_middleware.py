"""Requests from other sites and for other hosts, bodies that are too large or slow, and headers for browsers."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.testclient import TestClient
from starlette.types import Message, Receive, Scope, Send

from provenance.server.middleware import SECURITY, Limits
from tests.web.api.conftest import Serve

OURS = "http://testserver"


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),  # a program
        ({"origin": OURS}, 200),
        ({"origin": OURS, "sec-fetch-site": "same-origin"}, 200),
        ({"sec-fetch-site": "none"}, 200),  # typed by the user
        ({"origin": "https://evil.example"}, 403),
        ({"origin": "null"}, 403),
        ({"origin": "http://testserver.evil.example"}, 403),
        ({"origin": "http://testserver:81"}, 403),
        ({"sec-fetch-site": "cross-site"}, 403),
        ({"sec-fetch-site": "same-site", "origin": OURS}, 403),
        ({"sec-fetch-site": "what"}, 403),
    ],
)
def test_a_page_of_another_site_cannot_have_texts_checked(
    client: TestClient, headers: dict[str, str], status: int
) -> None:
    """What a browser says of a request decides; a program that says nothing is let through."""
    assert client.post("/check", json={"text": "x"}, headers=headers).status_code == status


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate"}, 200),  # somebody follows a link to us
        ({"sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors"}, 403),
        ({"sec-fetch-site": "same-site", "sec-fetch-mode": "cors"}, 403),
        ({"sec-fetch-site": "same-origin", "sec-fetch-mode": "cors"}, 200),
    ],
)
def test_a_link_may_lead_here_and_an_image_not(client: TestClient, headers: dict[str, str], status: int) -> None:
    """Other sites may link to what there is to see, and not load it."""
    assert client.get("/works?q=x", headers=headers).status_code == status


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("localhost", 200), ("localhost:8000", 200), ("LOCALHOST", 200), ("127.0.0.1:1", 200), ("[::1]:8000", 200),
        ("evil.example", 421), ("localhost.evil.example", 421), ("", 421), ("[", 421), ("localhost@evil.example", 421),
    ],
)  # fmt: skip
def test_a_name_that_was_pointed_at_this_machine(serve: Serve, host: str, status: int) -> None:
    """Where the allowed hosts are known, a request for another name is refused, whatever address it came to."""
    client = serve(hosts=("127.0.0.1", "localhost", "::1"))
    answer = client.get("/works", headers={"host": host})
    assert answer.status_code == status
    if status == 421:
        message = "this server answers to 127.0.0.1, localhost, ::1; start it with --public-url if it has another name"
        assert answer.json()["error"]["message"] == message


@pytest.mark.parametrize("path", ["/health", "/check", "/nothing", "/works/nobody", "/openapi.json"])
def test_every_answer_tells_the_browser_what_is_safe(client: TestClient, path: str) -> None:
    """Refusals have the headers too."""
    headers = client.get(path).headers
    assert {name: headers[name] for name in SECURITY} == SECURITY
    assert "unsafe" not in SECURITY["content-security-policy"]


def test_a_path_that_leads_nowhere(client: TestClient) -> None:
    """It says where to look; a wrong method too, with those that are right."""
    missing, wrong = client.get("/nothing"), client.put("/check")
    assert (missing.status_code, missing.json()["error"]["message"]) == (
        404, "there is nothing here; /openapi.json lists what there is",
    )  # fmt: skip
    assert client.get("/v1/models").json()["error"]["message"] == (
        "this server has no upstream; start it with --upstream URL"
    )
    assert (wrong.status_code, wrong.headers["allow"], wrong.json()["error"]["code"]) == (405, "POST", "wrong_method")


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
