"""Driver of a stream of server-sent events: the order of what goes out, and when it is checked.

Events go out in the order of their arrival. Without holding back, an event goes out as the bytes that came, and only
then is its text checked. Where text is held back, an event waits until all of its text is released. An event that ends
a text waits for the report on it. What the events mean is known to `ChatStream` and `ResponseStream`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import Counter, deque
from collections.abc import AsyncIterator, Hashable, Iterable, Iterator
from dataclasses import dataclass
from typing import Generic, TypeVar

from provenance.live import Event, Noticed, Released
from provenance.openai.exchange import Exchange, TextCheck
from provenance.openai.faults import FaultError
from provenance.openai.sse import ServerSentEvent, new_event

K = TypeVar("K", bound=Hashable)


@dataclass(frozen=True, slots=True)
class Step(Generic[K]):
    """What an event means for the texts of an answer.

    Attributes:
        event: as it came.
        raw: the bytes that go out for it.
        texts: pieces of text that it adds, each after the key of its text.
        ends_text: a text ends with it, so that it waits for the report and is written anew.
        ended: the keys of the texts that it ends, where that is not to be read from the event.
    """

    event: ServerSentEvent
    raw: bytes
    texts: tuple[tuple[K, str], ...] = ()
    ends_text: bool = False
    ended: tuple[K, ...] = ()


class StreamRewriter(ABC, Generic[K]):
    """Rewrites one stream of events. Give it all of them, in portions of any size, then `finish` it.

    Args:
        exchange: the request that is answered.
        first: the key of the first text of an answer.

    Attributes:
        exchange: the request that is answered.
        checks: the checks of the answer's texts, by key.
    """

    def __init__(self, exchange: Exchange, first: K) -> None:
        self.exchange = exchange
        self.checks: dict[K, TextCheck] = {}
        self._first = first
        self._hold = exchange.service.settings.hold
        # Bytes in order, each with the number of units of each text that must be released before they go out.
        self._waiting: deque[tuple[bytes, dict[K, int]]] = deque()
        # Lengths are in UTF-16 units: a character has as many in one piece as in two halves.
        self._fed: Counter[K] = Counter()
        self._released: Counter[K] = Counter()

    @abstractmethod
    def read_events(self, events: Iterable[ServerSentEvent]) -> Iterator[Step[K]]:
        """Yield what events mean, in the order in which they go out; each step is done before the next is asked for."""

    def read_held(self) -> Iterable[Step[K]]:
        """Yield the steps that were not yielded before, because more could have followed."""
        return ()

    @abstractmethod
    def rewrite_end(self, step: Step[K]) -> AsyncIterator[bytes]:
        """Yield what goes out instead of an event that ends a text."""

    @abstractmethod
    def tell_unended(self) -> AsyncIterator[bytes]:
        """Yield the reports on texts without an event that ends them, when the stream is over."""

    @abstractmethod
    def tell_events(self, key: K, events: list[Noticed]) -> bytes:
        """Return the event that tells a listening client of passages in a text that is not complete yet."""

    def tell_fault(self, fault: FaultError) -> bytes:
        """Return the event that ends an answer with an error."""
        return new_event(fault.to_dict())

    async def take(self, events: Iterable[ServerSentEvent]) -> AsyncIterator[bytes]:
        """Yield what goes out, in order.

        Raises:
            FaultError: the rest of the answer must not go out.
        """
        async for data in self._take_steps(self.read_events(events)):
            yield data

    async def _take_steps(self, taken: Iterable[Step[K]]) -> AsyncIterator[bytes]:
        """Yield what goes out for some steps."""
        steps: list[Step[K]] = []
        for step in taken:
            if not step.ends_text:
                steps.append(step)
                continue
            async for data in self._forward(steps):
                yield data
            steps = []
            async for data in self.rewrite_end(step):
                yield self._queue(data)
        async for data in self._forward(steps):
            yield data

    async def finish(self, why: str | None = None) -> AsyncIterator[bytes]:
        """Yield what is still to be said when no more events come.

        Args:
            why: why the stream could not be read to its end, if so; its texts then count as not checked.

        Raises:
            FaultError: the service fails closed, and something was not checked.
        """
        if why:
            if not self.checks:  # there may be text in what was not read
                self.checks[self._first] = TextCheck(self.exchange)
            for check in self.checks.values():
                if check.report is None:
                    check.give_up(why)
        async for data in self._take_steps(self.read_held()):
            yield data
        async for data in self.tell_unended():
            yield self._queue(data)
        # All that waits goes out: no check will release more.
        self._released = Counter(self._fed)
        if waiting := self._pop_released():
            yield waiting

    async def close(self) -> None:
        """End the checks of texts that no client reads any more."""
        for check in self.checks.values():
            await check.end()

    async def feed(self, steps: Iterable[Step[K]]) -> AsyncIterator[bytes]:
        """Check what some events add, and yield what a listening client is told then."""
        pieces: dict[K, str] = {}
        for step in steps:
            for key, text in step.texts:
                pieces[key] = pieces.get(key, "") + text
        for key, text in pieces.items():
            events = await self.checks[key].feed(text)
            self._fed[key] += _count_units(text)
            self._released[key] += sum(_count_units(event.text) for event in events if isinstance(event, Released))
            if data := self._tell_listener(key, events):
                yield data

    async def end_text(self, key: K) -> AsyncIterator[bytes]:
        """End the check of a text, and yield what a listening client is told then."""
        events = await self.checks[key].end()
        self._released[key] = self._fed[key]
        if data := self._tell_listener(key, events):
            yield data

    async def _forward(self, steps: list[Step[K]]) -> AsyncIterator[bytes]:
        """Send events on that end no text."""
        if not self._hold:
            # All bytes in one piece, then one check of all of their text: both cost less than one by one.
            if data := b"".join(step.raw for step in steps):
                yield data
            async for data in self.feed(steps):
                yield data
            return
        for step in steps:
            # A passage is told of before it is shown.
            async for data in self.feed([step]):
                yield data
            self._waiting.append((step.raw, {key: self._fed[key] for key, _ in step.texts}))
        if data := self._pop_released():
            yield data

    def _queue(self, data: bytes) -> bytes:
        """Put bytes behind those that wait, and return what may go out now."""
        self._waiting.append((data, {}))
        return self._pop_released()

    def _pop_released(self) -> bytes:
        """Return the bytes at the head of the queue whose texts are released."""
        ready = []
        while self._waiting:
            needed = ((self.checks[key], self._released[key] >= end) for key, end in self._waiting[0][1].items())
            # A check that has ended or failed releases nothing more: its text must not wait for ever.
            if not all(out or check.has_failed or check.report is not None for check, out in needed):
                break
            ready.append(self._waiting.popleft()[0])
        return b"".join(ready)

    def _tell_listener(self, key: K, events: list[Event]) -> bytes:
        noticed = [event for event in events if isinstance(event, Noticed)]
        return self.tell_events(key, noticed) if noticed and self.exchange.live else b""


def _count_units(text: str) -> int:
    return len(text.encode("utf-16-le", "surrogatepass")) // 2
