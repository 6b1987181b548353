"""How does what one thread says reach another thread, or a coroutine, without a wait in between?"""

from __future__ import annotations

import asyncio
import contextlib
import queue
from collections.abc import Callable
from typing import Generic, TypeVar

Item = TypeVar("Item")


class Mailbox(Generic[Item]):
    """An endless queue with two ways to wait at its end. Anybody may put; one at a time takes."""

    def __init__(self) -> None:
        self._items: queue.SimpleQueue[Item] = queue.SimpleQueue()
        self._wake: Callable[[], object] | None = None

    def put(self, item: Item) -> None:
        """Add an item; never waits."""
        self._items.put(item)
        if (wake := self._wake) is not None:
            with contextlib.suppress(RuntimeError):  # the event loop of whoever waited was closed
                wake()

    def take(self) -> Item:
        """Return the next item; wait for it."""
        return self._items.get()

    async def take_async(self) -> Item:
        """Return the next item; the event loop goes on meanwhile."""
        loop, woken = asyncio.get_running_loop(), asyncio.Event()
        self._wake = lambda: loop.call_soon_threadsafe(woken.set)
        while True:
            woken.clear()
            with contextlib.suppress(queue.Empty):
                return self._items.get_nowait()
            await woken.wait()
