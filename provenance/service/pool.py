"""Pool of a few threads that run checks, with a bound on how many wait and for how long."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, TypeVar

from provenance.errors import ProvenanceError

_T = TypeVar("_T")


class OverloadedError(ProvenanceError):
    """There is more to check than can be checked, or a check took too long."""


class Pool:
    """Runs functions in a few threads, from one event loop.

    Args:
        threads: how many functions run at once.
        waiting: how many more may wait.
        seconds: how long one may wait and run.
    """

    def __init__(self, threads: int, waiting: int, seconds: float) -> None:
        self._executor = ThreadPoolExecutor(threads, thread_name_prefix="provenance")
        self._most = threads + waiting
        self._seconds = seconds
        self._unfinished: set[Future[Any]] = set()

    async def run(self, function: Callable[[], _T]) -> _T:
        """Return the result of the function; it runs in a thread, so that the event loop is free.

        A function that takes too long runs on in its thread, and its place stays taken until it has ended.

        Raises:
            OverloadedError: no place was free, or it took too long.
        """
        if len(self._unfinished) >= self._most:
            raise OverloadedError(f"{self._most} checks are running or waiting; try again in a moment")
        future = self._executor.submit(function)
        self._unfinished.add(future)
        future.add_done_callback(self._unfinished.discard)
        try:
            return await asyncio.wait_for(asyncio.wrap_future(future), self._seconds)
        except TimeoutError:
            if future.done() and not future.cancelled():
                raise  # the function raised this itself
            raise OverloadedError(
                f"this took longer than {self._seconds:g} seconds; try again later or with less, or raise --max-seconds"
            ) from None

    def close(self) -> None:
        """Accept no more functions, and do not wait for those that run."""
        self._executor.shutdown(wait=False, cancel_futures=True)
