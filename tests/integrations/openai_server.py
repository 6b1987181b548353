"""A server on loopback that speaks as OpenAI's API does and answers what it was told to."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class OpenAIServer:
    """What it answers next, and what it was asked.

    Attributes:
        completion: the answer to a request that does not stream. chunks: of a stream. breaks_off: the connection breaks
            before the last chunk is through.
    """

    url: str = ""
    completion: dict[str, Any] = field(default_factory=dict)
    chunks: list[dict[str, Any]] = field(default_factory=list)
    breaks_off: threading.Event | None = None
    asked: list[dict[str, Any]] = field(default_factory=list)


@contextmanager
def serving() -> Iterator[OpenAIServer]:
    """Run one."""
    script = OpenAIServer()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(script))
    server.daemon_threads = True
    script.url = f"http://127.0.0.1:{server.server_port}/v1"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield script
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _handler(script: OpenAIServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["content-length"])))
            script.asked.append(body)
            self.send_response(200)
            self.send_header("connection", "close")
            if body.get("stream"):
                self._stream()
            else:
                self._whole(json.dumps(script.completion).encode())

        def _whole(self, data: bytes) -> None:
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def _stream(self) -> None:
            self.send_header("content-type", "text/event-stream")
            self.send_header("transfer-encoding", "chunked")
            self.end_headers()
            events = [f"data: {json.dumps(chunk)}\n\n".encode() for chunk in script.chunks]
            for event in [*events, *([] if script.breaks_off else [b"data: [DONE]\n\n", b""])]:
                self.wfile.write(b"%x\r\n%s\r\n" % (len(event), event))
                self.wfile.flush()
            if script.breaks_off:
                script.breaks_off.wait(60)
            self.close_connection = True

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    return Handler


def completion(*messages: dict[str, Any]) -> dict[str, Any]:
    """A chat completion with one answer for each message."""
    choices = [
        {"index": at, "message": {"role": "assistant", **message}, "finish_reason": "stop"}
        for at, message in enumerate(messages)
    ]
    return {"id": "c1", "object": "chat.completion", "created": 1, "model": "m", "choices": choices, "usage": _USAGE}


def chunk(*choices: dict[str, Any], **fields: Any) -> dict[str, Any]:
    """A chunk of a stream."""
    return {
        "id": "c1",
        "object": "chat.completion.chunk",
        "created": 1,
        "model": "m",
        "choices": list(choices),
        **fields,
    }


def delta(index: int = 0, finish_reason: str | None = None, **fields: Any) -> dict[str, Any]:
    """What a chunk says of one answer."""
    return {"index": index, "delta": fields, "finish_reason": finish_reason, "logprobs": None}


def streamed(text: str, *, width: int = 7) -> list[dict[str, Any]]:
    """The chunks of one answer, with all that servers say before and after it."""
    parts = [text[at : at + width] for at in range(0, len(text), width)]
    return [
        chunk(delta(role="assistant", content="")),
        *(chunk(delta(content=part)) for part in parts),
        chunk(delta(finish_reason="stop")),
        chunk(usage=_USAGE),
    ]


_USAGE = {"prompt_tokens": 3, "completion_tokens": 5, "total_tokens": 8}
