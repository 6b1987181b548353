"""An upstream that says what a test wants it to, a real server for any app, and a client that sees each message."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.routing import Mount

from provenance.openai import proxy
from provenance.service import Service

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
    app: Any, request: Any, path: str = "/v1/chat/completions", *, method: str = "POST", into: Answer | None = None,
    **headers: str,
) -> Answer:  # fmt: skip
    """Ask an app as a server would, and return the answer."""
    body = request if isinstance(request, bytes) else json.dumps(request).encode()
    answer, forever = into or Answer(), asyncio.Event()
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
def behind(service: Service) -> Iterator[str]:
    """Serve the proxy as our server does, under `/v1`, and give the server's address."""
    forwarding = proxy(service)

    @asynccontextmanager
    async def lifespan(_: Any) -> AsyncIterator[None]:
        yield
        await forwarding.aclose()

    with served(Starlette(routes=[Mount("/v1", forwarding)], lifespan=lifespan)) as address:
        yield address


@contextmanager
def served(app: Any) -> Iterator[str]:
    """Serve an app on a port of this machine, and give its address."""
    config = uvicorn.Config(app, host="127.0.0.1", port=0, log_level="error", timeout_graceful_shutdown=5)
    server = _Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    assert server.ready.wait(30)
    try:
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(30)


def output_text(text: str, annotations: Iterable[Any] = ()) -> dict[str, Any]:
    """A text in the Responses API."""
    return {"type": "output_text", "text": text, "annotations": list(annotations), "logprobs": []}


def message(*parts: dict[str, Any], id: str = "msg_1") -> dict[str, Any]:
    """An item with texts."""
    return {"type": "message", "id": id, "status": "completed", "role": "assistant", "content": list(parts)}


def response(*output: dict[str, Any], status: str = "completed", **fields: Any) -> dict[str, Any]:
    """A whole answer of the Responses API."""
    return {
        "id": "resp_1", "object": "response", "created_at": 1.0, "model": "m", "status": status, "output": list(output),
        "parallel_tool_calls": True, "tool_choice": "auto", "tools": [], **fields,
    }  # fmt: skip


def response_events(*texts: str) -> list[dict[str, Any]]:
    """A streamed answer of the Responses API with one text."""
    place = {"item_id": "msg_1", "output_index": 0, "content_index": 0}
    text = "".join(texts)
    item = message(output_text(text))
    events = [
        {"type": "response.created", "response": response(status="in_progress")},
        {"type": "response.in_progress", "response": response(status="in_progress")},
        {"type": "response.output_item.added", "output_index": 0, "item": {**message(), "status": "in_progress"}},
        {"type": "response.content_part.added", **place, "part": output_text("")},
        *({"type": "response.output_text.delta", **place, "delta": each, "logprobs": []} for each in texts),
        {"type": "response.output_text.done", **place, "text": text, "logprobs": []},
        {"type": "response.content_part.done", **place, "part": output_text(text)},
        {"type": "response.output_item.done", "output_index": 0, "item": item},
        {"type": "response.completed", "response": response(item, usage=None)},
    ]  # fmt: skip
    return [{**event, "sequence_number": number} for number, event in enumerate(events)]


def as_stream(events: Iterable[dict[str, Any]], *, named: bool = True) -> list[bytes]:
    """Events of the Responses API as servers write them."""
    return [sse(event, event["type"] if named else None) for event in events]
