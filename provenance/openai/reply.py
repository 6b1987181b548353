"""Reply to a client: takes what the app sends, and sends what the client gets instead.

An answer goes one of three ways: unchanged; as a whole, when all of it has come; or event by event. An answer that
should be checked and cannot be read goes out unchanged with a header `licence-unchecked` that says why, or not at all:
the operator's setting for checks that fail decides.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Protocol

from provenance.openai.asgi import Message, Send, drop_headers, read_header
from provenance.openai.chat_events import ChatStream, annotate_completion
from provenance.openai.exchange import Exchange
from provenance.openai.faults import FaultError, answer_fault
from provenance.openai.request import chat_prompt, response_prompt
from provenance.openai.responses import ResponseStream, annotate_response
from provenance.openai.sse import LARGEST, EventReader, encode_json, read_event, read_json_object
from provenance.openai.stream import StreamRewriter

LARGEST_ANSWER = 32 << 20
"""An answer in one piece that has more bytes is not read."""


@dataclass(frozen=True, slots=True)
class Wire:
    """One of the two formats.

    Attributes:
        prompt: returns what the user had supplied in a request.
        annotate: puts notices into a whole answer, and returns whether it has a text.
        stream: makes the rewriter of a streamed answer.
    """

    prompt: Callable[[Mapping[str, Any]], str | None]
    annotate: Callable[[dict[str, Any], Exchange], Awaitable[bool]]
    stream: Callable[[Exchange], StreamRewriter[Any]]


CHAT = Wire(chat_prompt, annotate_completion, ChatStream)
RESPONSES = Wire(response_prompt, annotate_response, ResponseStream)


class _Way(Protocol):
    """One of the ways that an answer goes out."""

    async def take(self, data: bytes, more: bool) -> None: ...

    async def fail(self, fault: FaultError) -> bool:
        """Tell the client of a fault; return whether that is still possible."""

    async def close(self) -> None: ...


class Reply:
    """Takes what an app sends, and sends what the client gets.

    Args:
        wire: the format of the answer.
        exchange: the request that is answered.
        send: sends to the client.
        over: is called when no more of the app's answer is wanted.
        strict: the app expects an error when it sends more then.

    Attributes:
        cut_off: no more of the app's answer is wanted.
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
            if message["type"] == "http.response.start":
                self._way = await self._choose_way(message)
            elif message["type"] == "http.response.body" and self._way:
                await self._way.take(message.get("body", b""), message.get("more_body", False))
            else:
                await self._send(message)
        except FaultError as fault:
            await self.fail(fault)
            self.cut_off = True
            self._over()

    async def fail(self, fault: FaultError) -> None:
        """Tell the client of a fault.

        Raises:
            FaultError: this one, where it is too late to tell the client.
        """
        if self._way is None:
            await answer_fault(self._send, fault)
        elif not await self._way.fail(fault):
            raise fault

    async def close(self) -> None:
        """End the checks that have not ended: the client has gone, or the app has ended."""
        if self._way:
            with suppress(FaultError):
                await self._way.close()

    async def _choose_way(self, start: Message) -> _Way:
        headers = start.get("headers", [])
        kind = (read_header(headers, b"content-type") or "").partition(";")[0].strip().lower()
        if not 200 <= start["status"] < 300:
            return await _Unchanged.start(self._send, start)
        if (read_header(headers, b"content-encoding") or "identity").lower() != "identity":
            why = "it is compressed"
        elif kind == "text/event-stream":
            return await _Streamed.start(self._wire.stream(self._exchange), self._send, start)
        elif kind == "application/json":
            return _Whole(self._wire, self._exchange, self._send, start)
        else:
            why = "it is neither JSON nor a stream of events"
        return await _Unchanged.start_unchecked(self._exchange, self._send, start, why)


class _Unchanged:
    """Sends an answer as it is."""

    def __init__(self, send: Send) -> None:
        self._send = send

    @classmethod
    async def start(cls, send: Send, head: Message) -> _Unchanged:
        await send(head)
        return cls(send)

    @classmethod
    async def start_unchecked(cls, exchange: Exchange, send: Send, head: Message, why: str) -> _Unchanged:
        """Begin an answer that should be checked and cannot be.

        Raises:
            FaultError: the service fails closed.
        """
        exchange.unchecked("", why)
        headers = [*head.get("headers", []), (b"licence-unchecked", why.encode())]
        return await cls.start(send, {**head, "headers": headers})

    async def take(self, data: bytes, more: bool) -> None:
        await _send_body(self._send, data, more=more)

    async def fail(self, fault: FaultError) -> bool:  # noqa: ARG002  # it is too late to tell of it
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
        self._unread: _Unchanged | None = None

    async def take(self, data: bytes, more: bool) -> None:
        if self._unread:
            return await self._unread.take(data, more)
        self._body += data
        if len(self._body) > LARGEST_ANSWER:
            return await self._give_up(f"it has more than {LARGEST_ANSWER:,} bytes", more)
        if more:
            return None
        if (answer := read_json_object(bytes(self._body))) is None:
            return await self._give_up("it is no JSON object", more)
        body, start = bytes(self._body), self._start
        if await self._wire.annotate(answer, self._exchange):
            body = encode_json(answer)
            length = (b"content-length", str(len(body)).encode())
            start = {**start, "headers": [*drop_headers(start.get("headers", []), b"content-length"), length]}
        await self._send(start)
        return await _send_body(self._send, body, more=False)

    async def _give_up(self, why: str, more: bool) -> None:
        self._unread = await _Unchanged.start_unchecked(self._exchange, self._send, self._start, why)
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
    async def start(cls, rewriter: StreamRewriter[Any], send: Send, head: Message) -> _Streamed:
        await send({**head, "headers": drop_headers(head.get("headers", []), b"content-length")})
        return cls(rewriter, send)

    async def take(self, data: bytes, more: bool) -> None:
        if self._unread:
            return await _send_body(self._send, data, more=more)
        await self._send_all(self._rewriter.take(self._reader.feed(data)))
        if self._reader.is_overflown:
            await self._send_all(self._rewriter.finish(f"an event of the stream has more than {LARGEST:,} bytes"))
            self._unread = True
            return await _send_body(self._send, self._reader.rest(), more=more)
        if more:
            return None
        # The last event may lack the line that ends it, or its second half.
        last = read_event(self._reader.rest())
        is_whole = last.data is not None and (last.json() is not None or last.data.strip() == b"[DONE]")
        if is_whole:
            await self._send_all(self._rewriter.take([last]))
        await self._send_all(self._rewriter.finish())
        return await _send_body(self._send, b"" if is_whole else last.raw, more=False)

    async def fail(self, fault: FaultError) -> bool:
        if self._unread:
            return False
        if not self._cut_off:
            with suppress(FaultError):  # the report on the text so far
                await self._send_all(self._rewriter.finish())
        await _send_body(self._send, self._rewriter.tell_fault(fault), more=False)
        return True

    async def close(self) -> None:
        if not self._cut_off:
            await self._rewriter.close()

    async def _send_all(self, pieces: AsyncIterator[bytes]) -> None:
        try:
            async for data in pieces:
                await _send_body(self._send, data, more=True)
        except FaultError:
            self._cut_off = True
            raise


async def _send_body(send: Send, data: bytes, *, more: bool) -> None:
    if data or not more:
        await send({"type": "http.response.body", "body": data, "more_body": more})
