"""How far is a long ingest? A line on a terminal: works, megabytes, speed, and the time left where it can be known."""

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
"""Files of these kinds hold more text than their size says."""


class Progress:
    """Counts the bytes of the documents that pass, and shows a line when it is called; silent without a terminal."""

    def __init__(self, sources: Sequence[Path]) -> None:
        self._is_shown = sys.stderr.isatty()
        self._total = size_of(sources) if self._is_shown else None
        self._begun = self._last = time.monotonic()
        self._bytes = 0

    def counting(self, items: Iterable[Document | InputError]) -> Iterator[Document | InputError]:
        """Yield the items, counting the bytes of their texts where that is to be shown."""
        for item in items:
            if self._is_shown and isinstance(item, Document):
                self._bytes += len(item.text.encode("utf-8", "surrogatepass"))
            yield item

    def __call__(self, _characters: int, works: int) -> None:
        """Show how far it is, but not too often."""
        now = time.monotonic()
        if self._is_shown and now - self._last >= _EVERY_SECONDS:
            self._last = now
            click.echo(f"\r{line(works, self._bytes, self._total, now - self._begun):<79}", err=True, nl=False)

    def clear(self) -> None:
        """Remove the line."""
        if self._last > self._begun:
            click.echo("\r" + " " * 79 + "\r", err=True, nl=False)


@contextmanager
def shown(sources: Sequence[Path]) -> Iterator[Progress]:
    """Give the progress of an ingest of files and folders; its line goes at the end."""
    progress = Progress(sources)
    try:
        yield progress
    finally:
        progress.clear()


def line(works: int, done: int, total: int | None, seconds: float) -> str:
    """Return the line after so many works, bytes (of so many, where that is known) and seconds.

    >>> line(3, 50_000_000, 200_000_000, 2.0)
    'ingested 3 works, 50.0 MB, 25.0 MB/s, about 0:06 left'
    """
    said = f"ingested {works:,} works, {done / 1e6:,.1f} MB, {done / 1e6 / seconds:.1f} MB/s"
    if total is None or not 0 < done < total:
        return said
    minutes, rest = divmod(round(seconds * (total - done) / done), 60)
    return f"{said}, about {minutes}:{rest:02} left"


def size_of(sources: Iterable[Path]) -> int | None:
    """Return how many bytes the files of the sources have; None where some are packed, so that it says little."""
    files = [found for source in sources for found in discover(source) if isinstance(found, Path)]
    if any(file.suffix in _PACKED for file in files):
        return None
    return sum(file.stat().st_size for file in files)
