"""In which order do the events of a stream go on, and when is what they say checked?

In the order in which they came. Without holding back, an event goes out as the bytes that came, and only then is its
text checked. Where text is held back, whole events wait until all of their text is released. An event that ends a
text waits for the report on it. What the events are is the business of `ChatStream` and `ResponseStream`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import deque
from collections.abc import AsyncIterator, Hashable, Iterable
from dataclasses import dataclass
from typing import Generic, TypeVar

from provenance.live import Event, Noticed, Released
from provenance.openai.exchange import Exchange, Tracked
from provenance.openai.faults import FaultError
from provenance.openai.sse import ServerSentEvent, new_event

K = TypeVar("K", bound=Hashable)


@dataclass(frozen=True, slots=True)
class Step(Generic[K]):
    """What an event means here.

    Attributes:
        raw: the bytes that go on. texts: what it adds to which text. turn: something ends with it, so that it takes a
            report, or something has to be said before it.
    """

    event: ServerSentEvent
    raw: bytes
    texts: tuple[tuple[K, str], ...] = ()
    turn: bool = False


class StreamRewriter(ABC, Generic[K]):
    """Rewrites one stream of events. Give it all of them, in whatever portions they come, then `finish` it.

    Attributes:
        first: the key of the first text of an answer. tracked: its texts, by key.
    """

    first: K

    def __init__(self, exchange: Exchange) -> None:
        self.exchange = exchange
        self.tracked: dict[K, Tracked] = {}
        self._hold = exchange.service.settings.hold
        self._waiting: deque[tuple[bytes, dict[K, int]]] = deque()
        self._fed: dict[K, int] = {}
        self._released: dict[K, int] = {}

    @abstractmethod
    def read(self, event: ServerSentEvent) -> Step[K]:
        """Return what an event means."""

    @abstractmethod
    def turn(self, step: Step[K]) -> AsyncIterator[bytes]:
        """Yield what goes out instead of an event with which something ends."""

    @abstractmethod
    def last_words(self) -> AsyncIterator[bytes]:
        """Yield what is to be said of texts that have ended without saying so."""

    @abstractmethod
    def told(self, key: K, noticed: list[Noticed]) -> bytes:
        """Return the event that tells a client that listens of what was noticed."""

    def failure(self, fault: FaultError) -> bytes:
        """Return the event that tells a client that there is no more."""
        return new_event(fault.to_dict())

    async def take(self, events: Iterable[ServerSentEvent]) -> AsyncIterator[bytes]:
        """Yield what goes out, in order.

        Raises:
            FaultError: the rest of the answer must not go out.
        """
        plain: list[Step[K]] = []
        for event in events:
            step = self.read(event)
            if step.turn:
                async for data in self._passed(plain):
                    yield data
                plain = []
                async for data in self.turn(step):
                    yield self._in_turn(data)
            else:
                plain.append(step)
        async for data in self._passed(plain):
            yield data

    async def finish(self, why: str | None = None) -> AsyncIterator[bytes]:
        """Yield what is still to be said when no more events come.

        Args:
            why: what the stream could not be read for to its end; its texts then count as not checked.

        Raises:
            FaultError: the service fails closed, and something was not checked.
        """
        if why:
            self._give_up(why)
        async for data in self.last_words():
            yield self._in_turn(data)
        self._released = dict(self._fed)
        if waiting := self._drained():
            yield waiting

    async def close(self) -> None:
        """End the checks of texts that nobody reads any more."""
        for tracked in self.tracked.values():
            await tracked.end()

    async def ended(self, key: K) -> AsyncIterator[bytes]:
        """End a text, and yield what a client that listens is told then."""
        events = await self.tracked[key].end()
        self._released[key] = self._fed.get(key, 0)
        if data := self._told(key, events):
            yield data

    async def fed(self, steps: Iterable[Step[K]]) -> AsyncIterator[bytes]:
        """Check what some events say, and yield what a client that listens is told then."""
        pieces: dict[K, str] = {}
        for step in steps:
            for key, text in step.texts:
                pieces[key] = pieces.get(key, "") + text
        for key, text in pieces.items():
            events = await self.tracked.setdefault(key, Tracked(self.exchange)).feed(text)
            self._count(key, text, events)
            if data := self._told(key, events):
                yield data

    def _give_up(self, why: str) -> None:
        if not self.tracked:  # there may be text in what was not read
            self.tracked[self.first] = Tracked(self.exchange)
        for tracked in self.tracked.values():
            if tracked.report is None:
                tracked.give_up(why)

    async def _passed(self, steps: list[Step[K]]) -> AsyncIterator[bytes]:
        """Let events go on with which nothing ends."""
        if not self._hold:
            if data := b"".join(step.raw for step in steps):
                yield data
            async for data in self.fed(steps):
                yield data
            return
        for step in steps:
            async for data in self.fed([step]):
                yield data  # a passage is spoken of before it is shown
            self._waiting.append((step.raw, {key: self._fed[key] for key, _ in step.texts}))
        if data := self._drained():
            yield data

    def _in_turn(self, data: bytes) -> bytes:
        """Return what may go out now, with some more bytes behind what waits."""
        self._waiting.append((data, {}))
        return self._drained()

    def _drained(self) -> bytes:
        """Return what waits no longer."""
        ready = []
        while self._waiting and all(self._is_out(key, upto) for key, upto in self._waiting[0][1].items()):
            ready.append(self._waiting.popleft()[0])
        return b"".join(ready)

    def _is_out(self, key: K, upto: int) -> bool:
        tracked = self.tracked[key]
        return tracked.report is not None or tracked.failed or self._released.get(key, 0) >= upto

    def _count(self, key: K, text: str, events: list[Event]) -> None:
        """Count UTF-16 units, of which a character has as many in one piece as in two."""
        self._fed[key] = self._fed.get(key, 0) + _units(text)
        out = sum(_units(event.text) for event in events if isinstance(event, Released))
        self._released[key] = self._released.get(key, 0) + out

    def _told(self, key: K, events: list[Event]) -> bytes:
        noticed = [event for event in events if isinstance(event, Noticed)]
        return self.told(key, noticed) if noticed and self.exchange.live else b""


def _units(text: str) -> int:
    return len(text.encode("utf-16-le", "surrogatepass")) // 2
