"""`provenance serve` with one more route, whose answer goes on when a line comes on standard input."""

import asyncio
import sys
from collections.abc import AsyncIterator

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import StreamingResponse

from provenance.cli import main
from provenance.server import run
from provenance.service.service import Service

build_app = run.build_app


async def pieces() -> AsyncIterator[bytes]:
    yield b"begun, "
    yield (await asyncio.to_thread(sys.stdin.readline)).encode()


async def stream(_: Request) -> StreamingResponse:
    return StreamingResponse(pieces())


def with_stream(service: Service) -> Starlette:
    app = build_app(service)
    app.add_route("/stream", stream)
    return app


if __name__ == "__main__":
    run.build_app = with_stream
    sys.exit(main(["serve", *sys.argv[1:]]))
