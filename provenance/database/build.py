"""Building of segments by this process and by helper processes.

Works come in portions of about a megabyte. A portion goes into a queue that the helpers take from; where that is full
this process builds with it, so that reading never runs far ahead and no process waits for a whole batch. Each process
begins a new segment when the one at hand is full.
"""

from __future__ import annotations

import multiprocessing
import os
import queue
import signal
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import chain, islice
from multiprocessing.connection import Connection, wait
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from provenance.database.segment_files import new_path
from provenance.errors import DatabaseError
from provenance.index import SegmentSummary, build_segment
from provenance.text import load_tokenizer
from provenance.works import Document, Keep, Sensitivity

if TYPE_CHECKING:
    from multiprocessing.queues import Queue

_AHEAD = 8
_LARGE = 8_000_000


@dataclass(frozen=True, slots=True)
class Portion:
    """Texts that are to be indexed, and their content hashes."""

    texts: list[str]
    hashes: list[bytes]

    @property
    def characters(self) -> int:
        """Return the length of all texts together."""
        return sum(map(len, self.texts))


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """How segments are to be built.

    Attributes:
        folder: where the files are written.
        keep: how much of the works is kept.
        sensitivity: how densely they are sampled.
        works: a segment with as many is full.
        characters: a segment with as many is full.
    """

    folder: Path
    keep: Keep
    sensitivity: Sensitivity
    works: int
    characters: int


Done = tuple[list[bytes], SegmentSummary]
"""The content hashes of the documents of a segment that was built, and its summary."""


def build_segments(
    portions: Iterable[Portion], order: Order, *, workers: int, built: Callable[[list[bytes], SegmentSummary], None]
) -> None:
    """Build segments of all portions; call `built` for each as soon as it is whole.

    Helpers are started only where there is more than one portion. Memory: that of one segment for each worker, and up
    to `_AHEAD` portions for each helper.

    Raises:
        DatabaseError: a helper died.
    """
    filled = (portion for portion in portions if portion.texts)
    first_two = list(islice(filled, 2))
    everything = chain(first_two, filled)
    if workers == 1 or len(first_two) < 2:
        for done in _build_each(everything, order):
            built(*done)
        return
    with _Helpers(workers - 1, order, built) as helpers:
        ours = chain(islice(everything, 1), helpers.offer(everything))  # the first while they start
        for done in _build_each(ours, order):
            built(*done)
        helpers.finish()


def _build_each(portions: Iterator[Portion], order: Order) -> Iterator[Done]:
    """Yield segments of as many portions as fill each, until all portions are used."""
    for first in portions:
        hashes: list[bytes] = []
        path = new_path(order.folder)
        documents = _take_documents(chain([first], portions), order, hashes)
        summary = build_segment(
            documents, path, tokenizer=load_tokenizer(), keep=order.keep, sensitivity=order.sensitivity
        )
        yield hashes, summary


def _take_documents(portions: Iterable[Portion], order: Order, hashes: list[bytes]) -> Iterator[Document]:
    """Yield the documents of one segment, and note their content hashes."""
    characters = 0
    for portion in portions:
        hashes += portion.hashes
        characters += portion.characters
        for text in portion.texts:
            yield Document(text=text)
        if len(hashes) >= order.works or characters >= order.characters:
            return


class _Helpers:
    """Processes that build segments of the portions in one queue; left by an error, they end at once."""

    def __init__(self, count: int, order: Order, built: Callable[[list[bytes], SegmentSummary], None]) -> None:
        spawn = multiprocessing.get_context("spawn")
        self._built = built
        self._queue: Queue[Portion | None] = spawn.Queue(_AHEAD * count)
        self._answers: list[Connection] = []
        self._processes = []
        for _ in range(count):
            answers, sender = spawn.Pipe(duplex=False)
            process = spawn.Process(target=_run_helper, args=(self._queue, sender, order), daemon=True)
            process.start()
            sender.close()  # ours; when the helper dies, its own is the last, and the pipe ends
            self._answers.append(answers)
            self._processes.append(process)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for process in self._processes:
            if error:
                process.terminate()
            process.join()
        for answers in self._answers:
            answers.close()
        self._queue.cancel_join_thread()
        self._queue.close()

    def offer(self, portions: Iterator[Portion]) -> Iterator[Portion]:
        """Put portions into the queue; yield those that do not fit into it, and at last what is still in it."""
        for portion in portions:
            self._collect_results(0)
            if not self._try_to_queue(portion):
                yield portion
        with suppress(queue.Empty):
            while left := self._queue.get_nowait():
                yield left

    def finish(self) -> None:
        """Wait until all that is in the queue has been built."""
        to_stop = len(self._answers)
        while self._answers:
            if to_stop and self._try_to_queue(None):
                to_stop -= 1
            self._collect_results(0.1 if to_stop else None)

    def _try_to_queue(self, portion: Portion | None) -> bool:
        """Return whether there was room; very long works do not wait beside others."""
        if portion and portion.characters > _LARGE and not self._queue.empty():
            return False
        try:
            self._queue.put_nowait(portion)
        except queue.Full:
            return False
        return True

    def _collect_results(self, seconds: float | None) -> None:
        """Receive what helpers send: a segment, None when they have finished, or the error that stopped them.

        Raises:
            DatabaseError: a helper died.
        """
        ready = wait(self._answers, seconds)
        for answers in [answers for answers in self._answers if answers in ready]:
            try:
                result: Done | Exception | None = answers.recv()
            except (EOFError, OSError):
                raise DatabaseError(
                    "a worker process died while it built a segment; nothing was changed: ingest with fewer workers if "
                    "memory ran out, and in a script of your own start it under `if __name__ == '__main__':`"
                ) from None
            if isinstance(result, Exception):
                raise result
            if result is None:
                self._answers.remove(answers)
                answers.close()
            else:
                self._built(*result)


def _run_helper(portions: Queue[Portion | None], sender: Connection, order: Order) -> None:
    """Build segments until the queue gives None, and send each to the parent."""
    # Ctrl-C is for the parent, which ends its helpers; SIGTERM lets the file of an unfinished segment be removed.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    threading.Thread(target=_die_with_parent, daemon=True).start()
    try:
        for done in _build_each(iter(portions.get, None), order):
            sender.send(done)
        sender.send(None)
    except Exception as error:  # the ingest raises it
        sender.send(error)


def _die_with_parent() -> None:
    """Wait until the parent process has ended, though it was killed, and end this one with it."""
    if parent := multiprocessing.parent_process():
        parent.join()
        os._exit(1)
