"""Who builds the segments? This process, or several worker processes that each run `build_segment`."""

from __future__ import annotations

import itertools
import multiprocessing
import os
import signal
import threading
from collections import deque
from collections.abc import Generator, Iterable
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

from provenance.errors import DatabaseError
from provenance.index import SegmentSummary, build_segment
from provenance.ingest.files import new_path
from provenance.models import Document, Keep
from provenance.text import load_tokenizer

FreshBatch = tuple[list[Document], list[bytes]]
"""Documents that are to be indexed, and their content hashes."""


def segments_of(
    batches: Iterable[FreshBatch], folder: Path, *, keep: Keep, workers: int
) -> Generator[tuple[list[bytes], SegmentSummary]]:
    """Yield the content hashes and the segment of each batch that is not empty, in order.

    Processes are started only where there are several batches; at most one batch for each is in flight.

    Raises:
        DatabaseError: a worker process died.
    """
    filled = (batch for batch in batches if batch[0])
    first_two = list(itertools.islice(filled, 2))
    if workers == 1 or len(first_two) < 2:
        for documents, hashes in itertools.chain(first_two, filled):
            yield hashes, _build(documents, folder, keep)
        return
    pending: deque[tuple[list[bytes], Future[SegmentSummary]]] = deque()
    spawn = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(workers, mp_context=spawn, initializer=_obey_parent)
    try:
        for documents, hashes in itertools.chain(first_two, filled):
            if len(pending) == workers:
                yield _finished(*pending.popleft())
            pending.append((hashes, pool.submit(_build, documents, folder, keep)))
        while pending:
            yield _finished(*pending.popleft())
        pool.shutdown()
    except BaseException:
        pool.shutdown(wait=False, cancel_futures=True)  # what they still write is a left-over
        raise


def _obey_parent() -> None:
    """Let this worker process leave Ctrl-C to the ingest, and end when that is killed; it would wait for ever."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()

    def wait() -> None:
        if parent is not None:
            parent.join()
            os._exit(1)

    threading.Thread(target=wait, daemon=True).start()


def _finished(hashes: list[bytes], future: Future[SegmentSummary]) -> tuple[list[bytes], SegmentSummary]:
    try:
        return hashes, future.result()
    except BrokenProcessPool:
        raise DatabaseError(
            "a worker process died while it built a segment; nothing was changed: ingest with fewer workers if memory "
            "ran out, and in a script of your own start it under `if __name__ == '__main__':`"
        ) from None


def _build(documents: list[Document], folder: Path, keep: Keep) -> SegmentSummary:
    return build_segment(documents, new_path(folder), tokenizer=load_tokenizer(), keep=keep)
