"""The way to a server behind us and back, over real sockets, and what may go wrong on it."""

from __future__ import annotations

import asyncio
import gzip
import json
import logging
import socket
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest

from provenance.errors import ConfigError
from provenance.live import Ended, Event, StreamChecker
from provenance.openai import LicenceMiddleware, proxy
from provenance.openai import Upstream as Forwarding
from provenance.service import ServeSettings, Service
from tests.database.samples import WHALE
from tests.web.proxy.conftest import MakeService
from tests.web.proxy.scripted import (
    Answer,
    Upstream,
    ask,
    behind,
    chunk,
    completion,
    scope_of,
    served,
    sse,
    streamed,
    whole,
)

CHAT = {"messages": [{"role": "user", "content": "How does it begin?"}]}


def post(url: str, request: Any = CHAT, path: str = "/v1/chat/completions", **options: Any) -> httpx.Response:
    """Ask over a socket."""
    with httpx.Client(trust_env=False, timeout=30) as client:
        return client.post(f"{url}{path}", json=request, **options)


def read(response: httpx.Response) -> Answer:
    return Answer(response.status_code, dict(response.headers), [response.content])


def test_requests_and_answers_are_forwarded_byte_for_byte(service_of: MakeService):
    """Method, path, query, body and headers there; status, headers and bytes back, compressed as they come."""
    body = gzip.compress(bytes(range(256)) * 100)
    upstream = Upstream(
        [body], "audio/x", 207, ((b"content-encoding", b"gzip"), (b"x-mine", b"1"), (b"set-cookie", b"a=b"))
    )
    with served(upstream) as there, behind(service_of(upstream=f"{there}/v1")) as here:
        headers = {"x-theirs": "2", "accept-encoding": "gzip", "connection": "x-hop", "x-hop": "3", "te": "trailers"}
        got = post(here, {"a": "é"}, "/v1/audio/speech%2Fx?a=%20b&c", headers=headers)
    scope = upstream.scopes[0]
    sent = {name.decode(): value.decode() for name, value in scope["headers"]}
    assert (scope["method"], scope["raw_path"], scope["query_string"]) == ("POST", b"/v1/audio/speech%2Fx", b"a=%20b&c")
    assert upstream.asked == [{"a": "é"}]
    assert sent["host"] == there.removeprefix("http://")
    assert (sent["x-theirs"], sent["accept-encoding"], sent.get("x-hop"), sent.get("te")) == ("2", "gzip", None, None)
    assert (got.status_code, got.content, got.headers["x-mine"]) == (207, bytes(range(256)) * 100, "1")
    assert got.headers["content-encoding"] == "gzip"
    assert got.headers["set-cookie"] == "a=b"


def test_a_request_without_a_body_has_none_there(service_of: MakeService):
    """The list of models, for one; a second request knows nothing of the first one's cookies."""
    upstream = whole({"data": []}, headers=((b"set-cookie", b"a=b"),))
    with served(upstream) as there, behind(service_of(upstream=there)) as here:
        for _ in range(2):
            with httpx.Client(trust_env=False) as client:
                assert client.get(f"{here}/v1/models").json() == {"data": []}
    assert [scope["path"] for scope in upstream.scopes] == ["/v1/models"] * 2
    headers = {name for scope in upstream.scopes for name, _ in scope["headers"]}
    assert not headers & {b"cookie", b"transfer-encoding", b"content-length"}


def test_redirects_are_not_followed(service_of: MakeService):
    """The upstream is the one that the operator named."""
    upstream = Upstream([], "text/plain", 307, ((b"location", b"http://127.0.0.1:1/v1/chat/completions"),))
    with served(upstream) as there, behind(service_of(upstream=there)) as here:
        got = post(here)
    assert (got.status_code, got.headers["location"]) == (307, "http://127.0.0.1:1/v1/chat/completions")


@pytest.mark.parametrize("path", ["/v1/../admin", "/v1/x/..%2f..%2fadmin", "/v1/%2e%2e/admin", "/v1/./x", "/v1x"])
def test_a_path_does_not_lead_out_of_the_base(path: str):
    """What lies beside `/v1` on the upstream is not for clients."""
    got = asyncio.run(ask(Forwarding("http://127.0.0.1:1/v1"), {}, path))
    assert (got.status, got.json["error"]["code"]) == (404, "not_found")


@pytest.mark.parametrize(
    "url", ["127.0.0.1:8000", "ftp://host/v1", "http://", "unix:///x", "http://host/v1?key=1", "http://host/#v1"]
)
def test_an_upstream_is_an_address(url: str, service_of: MakeService):
    """What is none is refused when the proxy is made, not at the first request."""
    with pytest.raises(ConfigError, match="it must be an address such as"):
        proxy(service_of(upstream=url))
    with pytest.raises(ConfigError, match="there is no upstream"):
        proxy(service_of())


@pytest.mark.parametrize(
    ("key", "ours", "there"),
    [(None, False, "Bearer theirs"), ("sk-1", False, "Bearer sk-1"), ("sk-1", True, "Bearer sk-1"), (None, True, None)],
)
def test_keys_reach_only_whom_they_are_for(key: str | None, ours: bool, there: str | None):
    """The operator's key for the upstream goes before the client's; one of our own server stays here."""
    upstream = whole({})

    async def asked(address: str) -> None:
        forwarding = Forwarding(address, key=key)
        scope = scope_of("/v1/models", "GET", {"authorization": "Bearer theirs"})
        sent: list[Any] = []

        async def send(message: Any) -> None:
            sent.append(message)

        async def receive() -> Any:
            return await asyncio.Event().wait()

        await forwarding({**scope, "state": {"key": "owner"} if ours else {}}, receive, send)
        await forwarding.aclose()

    with served(upstream) as address:
        asyncio.run(asked(address))
    value = dict(upstream.scopes[0]["headers"]).get(b"authorization")
    assert (value.decode() if value else None) == there


def test_an_upstream_that_is_not_there_is_an_error_that_says_so(service_of: MakeService):
    """In the shape that clients read, with what to do; a password in the address is not shown."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with behind(service_of(upstream=f"http://me:secret@127.0.0.1:{port}/v1")) as here:
        got = post(here)
    assert (got.status_code, got.json()) == (
        502,
        {
            "error": {
                "message": f"http://127.0.0.1:{port}/v1 cannot be reached; start the model server there, or name "
                "another with --upstream",
                "type": "server_error", "param": None, "code": "upstream_unreachable",
            }
        },
    )  # fmt: skip


def test_an_upstream_that_is_silent_is_given_up(service_of: MakeService):
    """Before its answer that is an error; within a stream the last event, after the report on what had come."""
    never = threading.Event()

    async def silent() -> None:
        await asyncio.to_thread(never.wait)

    for pieces, status in (([], 504), ([chunk({"content": WHALE})], 200)):
        upstream = Upstream(pieces, then=silent)
        if not pieces:
            upstream = Mute(silent)
        with served(upstream) as there:
            with behind(service_of(upstream=there, upstream_timeout=0.2)) as here:
                got = read(post(here))
            never.set()
        never.clear()
        error = (got.events or [got.json])[-1]["error"]
        assert (got.status, error["code"]) == (status, "upstream_silent")
    assert len(got.events[-2]["licence_report"]["findings"]) == 1


class Mute:
    """An upstream that never begins to answer."""

    def __init__(self, wait: Any) -> None:
        self._wait = wait

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http":
            await self._wait()
            await send({"type": "http.response.start", "status": 200, "headers": []})
            await send({"type": "http.response.body", "body": b""})


@contextmanager
def breaking(head: str, *pieces: bytes) -> Iterator[str]:
    """A server that takes one request, sends what is given, and drops the connection."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def answer() -> None:
            connection, _ = server.accept()
            with connection:
                connection.recv(65536)
                connection.sendall(head.replace("\n", "\r\n").encode() + b"".join(pieces))

        thread = threading.Thread(target=answer, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}"
        thread.join(30)


def chunked(data: bytes) -> bytes:
    return f"{len(data):x}\r\n".encode() + data + b"\r\n"


def test_half_an_event_and_a_dropped_connection_end_in_an_error_event(service_of: MakeService):
    """What was whole has been sent, what was half is not, and the client learns that more was to come."""
    event = chunk({"content": WHALE})
    head = "HTTP/1.1 200 OK\ncontent-type: text/event-stream\ntransfer-encoding: chunked\n\n"
    with breaking(head, chunked(event + event[:40])) as there, behind(service_of(upstream=there)) as here:
        got = read(post(here))
    assert got.body.startswith(event)
    assert got.events[-1]["error"]["code"] == "upstream_broke_off"
    assert len(got.events[-2]["licence_report"]["findings"]) == 1
    assert len(got.events) == 3


def test_half_an_answer_in_one_piece_is_an_error(service_of: MakeService):
    """Nothing of it had been sent, so the status says it."""
    head = "HTTP/1.1 200 OK\ncontent-type: application/json\ncontent-length: 1000\n\n"
    with breaking(head, b'{"choices": [') as there, behind(service_of(upstream=there)) as here:
        got = post(here)
    assert (got.status_code, got.json()["error"]["code"]) == (502, "upstream_broke_off")


def test_what_is_no_http_is_an_error(service_of: MakeService):
    """Somebody else may listen at the upstream's address."""
    with breaking("SSH-2.0-OpenSSH_9.2\n") as there, behind(service_of(upstream=there)) as here:
        got = post(here)
    assert (got.status_code, got.json()["error"]["code"]) == (502, "upstream_broke_off")


@pytest.mark.parametrize(
    ("kind", "body"), [("application/json", b'{"error": {"message": "slow down"}}'), ("text/html", b"<h1>Oops</h1>")]
)
@pytest.mark.parametrize("status", [429, 500])
def test_errors_of_the_upstream_are_its_own(status: int, kind: str, body: bytes, service_of: MakeService):
    """Status, headers and body come as they are, also where they are no JSON."""
    upstream = Upstream([body], kind, status, ((b"retry-after", b"7"),))
    with served(upstream) as there, behind(service_of(upstream=there)) as here:
        got = post(here)
    assert (got.status_code, got.content, got.headers["content-type"]) == (status, body, kind)
    assert got.headers["retry-after"] == "7"
    assert "licence-unchecked" not in got.headers


def test_a_client_that_goes_away_ends_the_upstream_request(checker: Any, caplog: pytest.LogCaptureFixture):
    """The model stops writing, the check is ended, and nobody calls it an error."""
    stopped, ended = threading.Event(), threading.Event()

    class Endless(Upstream):
        async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
            async def left() -> None:
                while (await receive())["type"] != "http.disconnect":
                    pass
                stopped.set()

            if scope["type"] == "http":
                await receive()
                await send({"type": "http.response.start", "status": 200,
                            "headers": [(b"content-type", b"text/event-stream")]})  # fmt: skip
                await send({"type": "http.response.body", "body": chunk({"content": WHALE}), "more_body": True})
                await left()

    class Noted(Service):
        def stream(self, prompt: str | None = None) -> StreamChecker:
            class Noting(StreamChecker):
                async def end_async(self) -> list[Event]:
                    events = await super().end_async()
                    if any(isinstance(event, Ended) for event in events):
                        ended.set()
                    return events

            return Noting(self.checker, prompt=prompt)

    caplog.set_level(logging.INFO)
    with served(Endless()) as there, behind(Noted(checker, ServeSettings(upstream=there))) as here:
        url = f"{here}/v1/chat/completions"
        with httpx.Client(trust_env=False) as client, client.stream("POST", url, json=CHAT) as response:
            assert next(response.iter_bytes()).startswith(b"data:")
        assert stopped.wait(30)
        assert ended.wait(30)
    assert [record for record in caplog.records if record.levelno > logging.INFO] == []


class Counting:
    """A model that never ends, and counts what is asked of it."""

    def __init__(self) -> None:
        self.asked = 0

    def __call__(self, _: httpx.Request) -> httpx.Response:
        return httpx.Response(200, headers={"content-type": "text/event-stream"}, content=self._endless())

    async def _endless(self) -> AsyncIterator[bytes]:
        while True:
            self.asked += 1
            yield chunk({"content": "more "})


class Stalling:
    """An app whose client takes the head of the answer and two pieces of it, and then no more."""

    def __init__(self, app: Any) -> None:
        self._app = app
        self._taken = 0
        self.stalled = asyncio.Event()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        async def slow(message: Any) -> None:
            await send(message)
            self._taken += 1
            if self._taken == 3:
                self.stalled.set()
                await asyncio.Event().wait()

        await self._app(scope, receive, slow)


def test_no_more_is_read_than_the_client_takes(service_of: MakeService):
    """A client that reads slowly holds the model up; nothing piles up in between."""

    async def read_ahead() -> int:
        model, forwarding = Counting(), Forwarding("http://model.example/v1")
        forwarding._client = httpx.AsyncClient(transport=httpx.MockTransport(model))
        app = Stalling(LicenceMiddleware(forwarding, service=service_of()))
        task = asyncio.ensure_future(ask(app, CHAT))
        await app.stalled.wait()
        for _ in range(200):
            await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await forwarding.aclose()
        return model.asked

    assert asyncio.run(read_ahead()) == 2


@pytest.mark.slow
def test_many_clients_at_once_each_get_their_own_answer(service_of: MakeService):
    """A thousand streams that take turns at every piece; no answer has anything of another's."""

    async def turn() -> None:
        await asyncio.sleep(0)

    async def many() -> list[Answer]:
        async def app(scope: Any, receive: Any, send: Any) -> None:
            body = json.loads((await receive())["body"])

            async def slowly(message: Any) -> None:
                await turn()
                await send(message)

            async def again() -> Any:
                return {"type": "http.request", "body": json.dumps(body).encode()}

            await Upstream(streamed(f"Number {body['seed']}. ", WHALE[: 40 + body["seed"] % 7]))(scope, again, slowly)

        middleware = LicenceMiddleware(app, service=service)
        return await asyncio.gather(*(ask(middleware, {**CHAT, "seed": seed}) for seed in range(1000)))

    service = service_of()
    for seed, got in enumerate(asyncio.run(many())):
        assert got.events[1]["choices"][0]["delta"]["content"] == f"Number {seed}. "
        assert got.events[-2]["licence_report"]["text"]["characters"] == len(f"Number {seed}. ") + 40 + seed % 7


def test_the_server_as_a_whole_may_be_the_proxy(service_of: MakeService):
    """It then opens and closes with the server; a base without a path is that of `/v1`."""
    with served(whole(completion(WHALE))) as there, served(proxy(service_of(upstream=there))) as here:
        got = post(here).json()
    assert got["choices"][0]["message"]["annotations"][0]["url_citation"]["url"] == "https://books.example/whale"


def test_other_protocols_are_turned_away():
    """A web socket cannot be forwarded."""

    async def asked() -> list[Any]:
        sent: list[Any] = []

        async def send(message: Any) -> None:
            sent.append(message)

        async def receive() -> Any:
            return {"type": "websocket.connect"}

        await Forwarding("http://127.0.0.1:1")({"type": "websocket"}, receive, send)
        return sent

    assert asyncio.run(asked()) == [{"type": "websocket.close", "code": 1008}]


def test_done_is_done(service_of: MakeService):
    """An empty stream stays empty."""
    with served(Upstream([sse("[DONE]")])) as there, behind(service_of(upstream=there)) as here:
        assert post(here).content == sse("[DONE]")
