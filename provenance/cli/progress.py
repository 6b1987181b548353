"""Progress of a long ingest, as a line on a terminal: works, megabytes, speed, and the time left where it is known."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import click

from provenance.errors import InputError
from provenance.sources import discover
from provenance.works import Document

_EVERY_SECONDS = 0.1
_PACKED = (
    ".gz", ".tgz", ".bz2", ".tbz2", ".xz", ".txz", ".zst", ".tzst", ".zip", ".whl", ".jar", ".epub", ".pdf", ".parquet",
)  # fmt: skip
"""Files with these suffixes have more text than their size says."""


class Progress:
    """Counts the bytes of the documents that pass, and shows a line when it is called; silent without a terminal."""

    def __init__(self, sources: Sequence[Path]) -> None:
        self._is_shown = sys.stderr.isatty()
        self._total = sum_sizes(sources) if self._is_shown else None
        self._begun = self._last_shown = time.monotonic()
        self._bytes = 0

    def count_bytes(self, items: Iterable[Document | InputError]) -> Iterator[Document | InputError]:
        """Yield the items, counting the bytes of their texts where that is to be shown."""
        for item in items:
            if self._is_shown and isinstance(item, Document):
                self._bytes += len(item.text.encode("utf-8", "surrogatepass"))
            yield item

    def __call__(self, _characters: int, works: int) -> None:
        """Show how far it is, but not too often."""
        now = time.monotonic()
        if self._is_shown and now - self._last_shown >= _EVERY_SECONDS:
            self._last_shown = now
            click.echo(
                f"\r{format_progress(works, self._bytes, self._total, now - self._begun):<79}", err=True, nl=False
            )

    def clear(self) -> None:
        """Remove the line, if one was shown."""
        if self._last_shown > self._begun:
            click.echo("\r" + " " * 79 + "\r", err=True, nl=False)


@contextmanager
def show_progress(sources: Sequence[Path]) -> Iterator[Progress]:
    """Yield the progress of an ingest of files and folders; its line is removed at the end."""
    progress = Progress(sources)
    try:
        yield progress
    finally:
        progress.clear()


def format_progress(works: int, done: int, total: int | None, seconds: float) -> str:
    """Return the line of progress.

    Args:
        works: how many works are ingested.
        done: how many bytes of text they have.
        total: bytes of all sources; None where that is not known.
        seconds: time since the beginning.

    >>> format_progress(3, 50_000_000, 200_000_000, 2.0)
    'ingested 3 works, 50.0 MB, 25.0 MB/s, about 0:06 left'
    """
    shown = f"ingested {works:,} works, {done / 1e6:,.1f} MB, {done / 1e6 / seconds:.1f} MB/s"
    # The text may turn out longer than its files, such as those in an encoding with fewer bytes than UTF-8.
    if total is None or not 0 < done < total:
        return shown
    minutes, rest = divmod(round(seconds * (total - done) / done), 60)
    return f"{shown}, about {minutes}:{rest:02} left"


def sum_sizes(sources: Iterable[Path]) -> int | None:
    """Return how many bytes the files of the sources have; None where one is packed, since its text is larger."""
    files = [found for source in sources for found in discover(source) if isinstance(found, Path)]
    if any(file.suffix in _PACKED for file in files):
        return None
    return sum(file.stat().st_size for file in files)
