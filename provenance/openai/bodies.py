"""Body of a request: read before an app gets it, and given to the app again."""

from __future__ import annotations

import asyncio

from provenance.openai.asgi import Headers, Message, Receive, read_header
from provenance.openai.faults import FaultError


class GoneError(Exception):
    """The client went away before it had sent its request."""


async def read_body(receive: Receive, headers: Headers, most: int) -> bytes:
    """Return the body of a request.

    Raises:
        FaultError: it has more than `most` bytes.
        GoneError: the client went away.
    """
    fault = FaultError(
        413, "request_too_large", f"the request has more than {most:,} bytes; send less, or raise the limit"
    )
    announced = read_header(headers, b"content-length") or ""
    # 20 digits hold any length; int() of a header of thousands of digits would be slow, or an error.
    if announced.isdecimal() and int(announced[:20]) > most:
        raise fault
    body = bytearray()
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise GoneError
        body += message.get("body", b"")
        if len(body) > most:
            raise fault
        if not message.get("more_body", False):
            return bytes(body)


class Replay:
    """Gives an app a body that was read before, then what comes from the client, and at last that the client has gone.

    Args:
        body: the body of the request.
        receive: gives what the client sends after it.
    """

    def __init__(self, body: bytes, receive: Receive) -> None:
        self._body: bytes | None = body
        self._receive = receive
        self._over = asyncio.Event()

    def end(self) -> None:
        """Tell the app that the client has gone, whether it has or not: no more of the answer is wanted."""
        self._over.set()

    async def __call__(self) -> Message:
        """Return the next message."""
        if self._body is not None:
            body, self._body = self._body, None
            return {"type": "http.request", "body": body, "more_body": False}
        waiting = [asyncio.ensure_future(self._receive()), asyncio.ensure_future(self._over.wait())]
        try:
            await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
            return waiting[0].result() if waiting[0].done() else {"type": "http.disconnect"}  # type: ignore[return-value]  # wait() gives a bool to the other
        finally:
            for each in waiting:
                each.cancel()
