"""A real server for the pages, in a thread of its own, and what its tests share: works, answers, a scripted model.

The model is scripted, so that a test decides when each chunk of an answer comes.
"""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import anyio.to_thread
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, StreamingResponse
from starlette.routing import Mount, Route

from provenance import Checker, Database
from provenance.reports import Report
from provenance.server.app import build_app
from provenance.service.service import Service
from provenance.service.settings import ServeSettings

ROOT = Path(__file__).resolve().parents[3]
ANSWER = (ROOT / "examples/answer.txt").read_text(encoding="utf-8")
WAIT = 30


async def wait_for(gate: threading.Semaphore | None) -> None:
    """Wait until the test lets one more through, if there is a gate."""
    if gate is not None:
        await anyio.to_thread.run_sync(lambda: gate.acquire(timeout=WAIT))


@dataclass
class Model:
    """A model that says what a test puts into its script: chunks in their JSON form, or an exception to break off with.

    Where `gate` is set, each chunk waits until the test lets one more through; where `listing` is, so does the list of
    its models. `lists`: does it name its models?
    """

    script: list[Any] = field(default_factory=list)
    gate: threading.Semaphore | None = None
    listing: threading.Semaphore | None = None
    asked: list[dict[str, Any]] = field(default_factory=list)
    lists: bool = True

    def forget(self) -> None:
        self.script, self.gate, self.listing, self.asked, self.lists = [], None, None, [], True

    async def models(self, request: Request) -> JSONResponse:
        await wait_for(self.listing)
        if not self.lists:
            return JSONResponse({"detail": "no cache"}, 500)
        return JSONResponse({"object": "list", "data": [{"id": "recite-1"}, {"id": "recite-2"}]})

    async def chat(self, request: Request) -> StreamingResponse | JSONResponse:
        self.asked.append({"events": request.headers.get("licence-events"), **await request.json()})
        if self.script and isinstance(self.script[0], int):
            return JSONResponse({"error": {"message": "the upstream is <b>away</b>"}}, self.script[0])
        return StreamingResponse(self._events(), media_type="text/event-stream")

    async def _events(self) -> AsyncIterator[bytes]:
        for item in self.script:
            await wait_for(self.gate)
            if isinstance(item, Exception):
                raise item
            yield f"data: {json.dumps(item)}\r\n\r\n".encode()
        yield b"data: [DONE]\n\n"


def chunk(text: str = "", *events: dict[str, Any], report: dict[str, Any] | None = None) -> dict[str, Any]:
    """One chunk of a streamed answer, with what the proxy adds to it."""
    made: dict[str, Any] = {
        "id": "chat-1", "object": "chat.completion.chunk", "created": 0, "model": "recite-1",
        "choices": [{"index": 0, "delta": {"content": text}, "finish_reason": None}],
    }  # fmt: skip
    return made | ({"licence_events": list(events)} if events else {}) | ({"licence_report": report} if report else {})


@dataclass
class Site:
    """A running server."""

    url: str
    service: Service
    model: Model

    def report(self, text: str, **options: Any) -> Report:
        return self.service.checker.check(text, **options)


def app(service: Service, model: Model) -> Starlette:
    """The server, with a scripted model where its proxy would be."""
    scripted = [Route("/v1/models", model.models), Route("/v1/chat/completions", model.chat, methods=["POST"])]
    return Starlette(routes=[*scripted, Mount("/", build_app(service))])


@contextmanager
def serving(database: Database, **settings: Any) -> Iterator[Site]:
    """Serve a database on a free port until the block ends."""
    service, model = Service(Checker(database), ServeSettings(**settings)), Model()
    config = uvicorn.Config(
        app(service, model), log_level="error", lifespan="off", ws="none", timeout_graceful_shutdown=1
    )
    server = uvicorn.Server(config)
    listening = socket.create_server(("127.0.0.1", 0))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    try:
        yield Site(f"http://127.0.0.1:{listening.getsockname()[1]}", service, model)
    finally:
        server.should_exit = True
        thread.join(WAIT)
        listening.close()
