"""How much may a request send, and how long may it take over it?"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from provenance.openai.answers import JSON, error


class _RefusedError(Exception):
    def __init__(self, answer: JSON) -> None:
        super().__init__()
        self.answer = answer


@dataclass(frozen=True, slots=True)
class Limits:
    """Refuses bodies that are too large (413) or come too slowly (408).

    Attributes:
        most: bytes, counted as they come in, whatever the header says. seconds: for the whole body.
    """

    app: ASGIApp
    most: int
    seconds: float

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        body, started = _Body(self, receive), False

        async def sending(message: Message) -> None:
            nonlocal started
            started = True
            await send(message)

        try:
            if _declared(scope) > self.most:
                raise _RefusedError(self.too_large())
            await self.app(scope, body.receive, sending)
        except _RefusedError as refused:
            if not started:
                await refused.answer(scope, receive, send)

    def too_large(self) -> JSON:
        """Return the answer to a body that is too large."""
        message = f"the body is larger than {self.most:,} bytes; send less, or raise --max-body"
        return error(413, "body_too_large", message, _CLOSE)

    def too_slow(self) -> JSON:
        """Return the answer to a body that did not arrive."""
        message = f"the body did not arrive within {self.seconds:g} seconds; send it again"
        return error(408, "body_too_slow", message, _CLOSE)


_CLOSE = {"connection": "close"}


class _Body:
    """Counts and times what comes in, until it is whole."""

    def __init__(self, limits: Limits, receive: Receive) -> None:
        self._limits = limits
        self._receive = receive
        self._size = 0
        self._whole = False
        self._until = asyncio.get_running_loop().time() + limits.seconds

    async def receive(self) -> Message:
        """Return the next message."""
        if self._whole:
            return await self._receive()
        try:
            async with asyncio.timeout_at(self._until):
                message = await self._receive()
        except TimeoutError:
            raise _RefusedError(self._limits.too_slow()) from None
        self._size += len(message.get("body", b""))
        if self._size > self._limits.most:
            raise _RefusedError(self._limits.too_large())
        self._whole = not message.get("more_body", False)
        return message


def _declared(scope: Scope) -> int:
    length = Headers(scope=scope).get("content-length", "")
    return int(length[:20]) if length.isascii() and length.isdecimal() else 0
