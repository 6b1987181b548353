"""An upstream that says what a test wants it to, a real server for any app, and a client that sees each message."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import uvicorn

HEAD = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1, "model": "m"}


def sse(content: dict[str, Any] | str, name: str | None = None) -> bytes:
    """One event as servers write it."""
    data = content if isinstance(content, str) else json.dumps(content)
    return (f"event: {name}\n" if name else "").encode() + f"data: {data}\n\n".encode()


def chunk(delta: dict[str, Any], *, index: int = 0, finish: str | None = None, **fields: Any) -> bytes:
    """One chunk of a streamed chat completion."""
    choice = {"index": index, "delta": delta, "finish_reason": finish}
    return sse({**HEAD, "choices": [choice], **fields})


def streamed(*texts: str, index: int = 0, finish: str = "stop") -> list[bytes]:
    """A whole streamed chat completion."""
    return [
        chunk({"role": "assistant", "content": ""}, index=index),
        *(chunk({"content": text}, index=index) for text in texts),
        chunk({}, index=index, finish=finish),
        sse("[DONE]"),
    ]


def pieces(text: str, size: int = 7) -> list[str]:
    """A text as a model writes it."""
    return [text[start : start + size] for start in range(0, len(text), size)]


def completion(*contents: str | None, **fields: Any) -> dict[str, Any]:
    """A whole chat completion."""
    return {
        **HEAD, "object": "chat.completion", **fields,
        "choices": [
            {"index": i, "message": {"role": "assistant", "content": text}, "finish_reason": "stop", "logprobs": None}
            for i, text in enumerate(contents)
        ],
    }  # fmt: skip


@dataclass
class Upstream:
    """Answers every request with the same status, headers and pieces of a body, and remembers what it was asked.

    `then`, if given, is awaited when the pieces are sent, before the body ends.
    """

    body: Iterable[bytes] | Callable[[dict[str, Any]], Iterable[bytes]] = ()
    kind: str = "text/event-stream"
    status: int = 200
    headers: tuple[tuple[bytes, bytes], ...] = ()
    then: Callable[[], Any] | None = None
    asked: list[dict[str, Any]] = field(default_factory=list)
    scopes: list[Any] = field(default_factory=list)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            return
        self.scopes.append(scope)
        body = b""
        while True:
            message = await receive()
            body += message.get("body", b"")
            if not message.get("more_body"):
                break
        try:
            self.asked.append(json.loads(body or b"{}"))
        except ValueError:
            self.asked.append({"raw": body})
        headers = [(b"content-type", self.kind.encode()), *self.headers]
        await send({"type": "http.response.start", "status": self.status, "headers": headers})
        answer = self.body(self.asked[-1]) if callable(self.body) else self.body
        for piece in answer:
            await send({"type": "http.response.body", "body": piece, "more_body": True})
        if self.then:
            await self.then()
        await send({"type": "http.response.body", "body": b""})


def whole(content: dict[str, Any], **fields: Any) -> Upstream:
    """An upstream that answers in one piece."""
    return Upstream([json.dumps(content).encode()], "application/json", **fields)


@dataclass
class Answer:
    """What a client got: each piece of the body as it came."""

    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    sent: list[bytes] = field(default_factory=list)
    ended: bool = False

    @property
    def body(self) -> bytes:
        return b"".join(self.sent)

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def events(self) -> list[Any]:
        """The data of each event; what is no JSON as it is."""
        data = [line.removeprefix("data: ") for line in self.body.decode().splitlines() if line.startswith("data:")]
        return [json.loads(each) if each.startswith("{") else each for each in data]


def scope_of(path: str, method: str, headers: dict[str, str]) -> dict[str, Any]:
    """What a server tells an app of a request."""
    sent = {"host": "us.example", **headers}
    return {
        "type": "http", "asgi": {"version": "3.0", "spec_version": "2.3"}, "http_version": "1.1", "method": method,
        "scheme": "http", "path": path, "raw_path": path.encode(), "query_string": b"", "root_path": "",
        "headers": [(name.lower().encode(), value.encode()) for name, value in sent.items()],
    }  # fmt: skip


async def ask(
    app: Any, request: Any, path: str = "/v1/chat/completions", *, method: str = "POST", **headers: str
) -> Answer:
    """Ask an app as a server would, and return the answer."""
    body = request if isinstance(request, bytes) else json.dumps(request).encode()
    answer, forever = Answer(), asyncio.Event()
    messages = [
        {"type": "http.request", "body": body[i : i + 1000], "more_body": True} for i in range(0, len(body), 1000)
    ]
    messages.append({"type": "http.request", "body": b"", "more_body": False})

    async def receive() -> Any:
        if messages:
            return messages.pop(0)
        await forever.wait()
        return None

    async def send(message: Any) -> None:
        if message["type"] == "http.response.start":
            answer.status = message["status"]
            answer.headers = {name.decode(): value.decode() for name, value in message["headers"]}
        else:
            answer.sent.append(message["body"])
            answer.ended = not message.get("more_body")

    named = {name.replace("_", "-"): value for name, value in headers.items()}
    await app(scope_of(path, method, named), receive, send)
    return answer


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = threading.Event()

    async def startup(self, sockets: Any = None) -> None:
        await super().startup(sockets)
        self.ready.set()


@contextmanager
def served(app: Any) -> Iterator[str]:
    """Serve an app on a port of this machine, and give its address."""
    config = uvicorn.Config(app, host="127.0.0.1", port=0, log_level="error", lifespan="auto")
    server = _Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    assert server.ready.wait(30)
    try:
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = server.force_exit = True
        thread.join(30)
