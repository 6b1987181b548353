"""What does a client get instead of what the app answers? `Reply` stands where the app believes that it sends.

An answer goes one of three ways: untouched; as a whole, when all of it has come; or event by event. What should be
checked and cannot be read goes out untouched with a header `licence-unchecked` that says why, or not at all: by what
the operator has set for checks that fail.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Protocol

from provenance.openai.asgi import Message, Send, header, without
from provenance.openai.chat_events import ChatStream, annotate_completion
from provenance.openai.exchange import Exchange
from provenance.openai.faults import FaultError, answer_fault
from provenance.openai.request import chat_prompt, response_prompt
from provenance.openai.responses import ResponseStream, annotate_response
from provenance.openai.sse import LARGEST, EventReader, encode_json, json_object, read_event
from provenance.openai.stream import StreamRewriter

LARGEST_ANSWER = 32 << 20
"""An answer in one piece that has more bytes is not read."""


@dataclass(frozen=True, slots=True)
class Wire:
    """One of the two formats: what the user supplied, and how notices get into an answer, whole or streamed."""

    prompt: Callable[[Mapping[str, Any]], str | None]
    annotate: Callable[[dict[str, Any], Exchange], Awaitable[bool]]
    stream: Callable[[Exchange], StreamRewriter[Any]]


CHAT = Wire(chat_prompt, annotate_completion, ChatStream)
RESPONSES = Wire(response_prompt, annotate_response, ResponseStream)


class _Way(Protocol):
    """How an answer goes out."""

    async def take(self, data: bytes, more: bool) -> None: ...

    async def fail(self, fault: FaultError) -> bool:
        """Tell the client of a fault; return whether that is still possible."""

    async def close(self) -> None: ...


class Reply:
    """Takes what an app sends, and sends on what the client gets.

    Args:
        over: is called when nothing more is wanted of the app.
        strict: the app expects an error when it sends more then.
    """

    def __init__(self, wire: Wire, exchange: Exchange, send: Send, over: Callable[[], None], *, strict: bool) -> None:
        self._wire = wire
        self._exchange = exchange
        self._send = send
        self._over = over
        self._strict = strict
        self._way: _Way | None = None
        self.cut_off = False

    async def __call__(self, message: Message) -> None:
        """Take a message of the app's."""
        if self.cut_off:
            if self._strict:
                raise OSError("the answer was cut off")
            return
        try:
            await self._take(message)
        except FaultError as fault:
            await self.fail(fault)
            self.cut_off = True
            self._over()

    async def _take(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._way = await self._chosen(message)
        elif message["type"] == "http.response.body" and self._way:
            await self._way.take(message.get("body", b""), message.get("more_body", False))
        else:
            await self._send(message)

    async def fail(self, fault: FaultError) -> None:
        """Tell the client of a fault.

        Raises:
            FaultError: this one; it is too late to tell.
        """
        if self._way is None:
            await answer_fault(self._send, fault)
        elif not await self._way.fail(fault):
            raise fault

    async def close(self) -> None:
        """End what has not ended: the client has gone, or the app has."""
        if self._way:
            with suppress(FaultError):
                await self._way.close()

    async def _chosen(self, start: Message) -> _Way:
        headers = start.get("headers", [])
        kind = (header(headers, b"content-type") or "").partition(";")[0].strip().lower()
        if not 200 <= start["status"] < 300:
            return await _Untouched.begun(self._send, start)
        if (header(headers, b"content-encoding") or "identity").lower() != "identity":
            why = "it is compressed"
        elif kind == "text/event-stream":
            return await _Streamed.begun(self._wire.stream(self._exchange), self._send, start)
        elif kind == "application/json":
            return _Whole(self._wire, self._exchange, self._send, start)
        else:
            why = "it is neither JSON nor a stream of events"
        return await _Untouched.unread(self._exchange, self._send, start, why)


class _Untouched:
    """Sends an answer as it is."""

    def __init__(self, send: Send) -> None:
        self._send = send

    @classmethod
    async def begun(cls, send: Send, start: Message) -> _Untouched:
        await send(start)
        return cls(send)

    @classmethod
    async def unread(cls, exchange: Exchange, send: Send, start: Message, why: str) -> _Untouched:
        """Begin an answer that should be checked and cannot be.

        Raises:
            FaultError: the service fails closed.
        """
        exchange.unchecked("", why)
        headers = [*start.get("headers", []), (b"licence-unchecked", why.encode())]
        return await cls.begun(send, {**start, "headers": headers})

    async def take(self, data: bytes, more: bool) -> None:
        await _put(self._send, data, more=more)

    async def fail(self, fault: FaultError) -> bool:  # noqa: ARG002  # it is too late to say it
        return False

    async def close(self) -> None:
        return


class _Whole:
    """Sends an answer when all of it has come."""

    def __init__(self, wire: Wire, exchange: Exchange, send: Send, start: Message) -> None:
        self._wire = wire
        self._exchange = exchange
        self._send = send
        self._start = start
        self._body = bytearray()
        self._unread: _Untouched | None = None

    async def take(self, data: bytes, more: bool) -> None:
        if self._unread:
            return await self._unread.take(data, more)
        self._body += data
        if len(self._body) > LARGEST_ANSWER:
            return await self._give_up(f"it has more than {LARGEST_ANSWER:,} bytes", more)
        if more:
            return None
        if (answer := json_object(bytes(self._body))) is None:
            return await self._give_up("it is no JSON object", more)
        body, start = bytes(self._body), self._start
        if await self._wire.annotate(answer, self._exchange):
            body = encode_json(answer)
            length = (b"content-length", str(len(body)).encode())
            start = {**start, "headers": [*without(start.get("headers", []), b"content-length"), length]}
        await self._send(start)
        return await _put(self._send, body, more=False)

    async def _give_up(self, why: str, more: bool) -> None:
        self._unread = await _Untouched.unread(self._exchange, self._send, self._start, why)
        await self._unread.take(bytes(self._body), more)

    async def fail(self, fault: FaultError) -> bool:
        if self._unread:
            return False
        await answer_fault(self._send, fault)
        return True

    async def close(self) -> None:
        return


class _Streamed:
    """Sends an answer event by event."""

    def __init__(self, rewriter: StreamRewriter[Any], send: Send) -> None:
        self._rewriter = rewriter
        self._send = send
        self._reader = EventReader()
        self._unread = False
        self._cut_off = False

    @classmethod
    async def begun(cls, rewriter: StreamRewriter[Any], send: Send, start: Message) -> _Streamed:
        await send({**start, "headers": without(start.get("headers", []), b"content-length")})
        return cls(rewriter, send)

    async def take(self, data: bytes, more: bool) -> None:
        if self._unread:
            return await _put(self._send, data, more=more)
        await self._out(self._rewriter.take(self._reader.feed(data)))
        if self._reader.overflown:
            await self._out(self._rewriter.finish(f"an event of the stream has more than {LARGEST:,} bytes"))
            self._unread = True
            return await _put(self._send, self._reader.rest(), more=more)
        return None if more else await self._end()

    async def _end(self) -> None:
        """Say what is left to say; the last event may lack the line that ends it, or its second half."""
        last = read_event(self._reader.rest())
        whole = last.data is not None and (last.json() is not None or last.data.strip() == b"[DONE]")
        if whole:
            await self._out(self._rewriter.take([last]))
        await self._out(self._rewriter.finish())
        await _put(self._send, b"" if whole else last.raw, more=False)

    async def fail(self, fault: FaultError) -> bool:
        if self._unread:
            return False
        if not self._cut_off:
            with suppress(FaultError):  # what there is to say of the text so far
                await self._out(self._rewriter.finish())
        await _put(self._send, self._rewriter.tell_fault(fault), more=False)
        return True

    async def close(self) -> None:
        if not self._cut_off:
            await self._rewriter.close()

    async def _out(self, pieces: AsyncIterator[bytes]) -> None:
        try:
            async for data in pieces:
                await _put(self._send, data, more=True)
        except FaultError:
            self._cut_off = True
            raise


async def _put(send: Send, data: bytes, *, more: bool) -> None:
    if data or not more:
        await send({"type": "http.response.body", "body": data, "more_body": more})
