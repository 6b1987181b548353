"""What lies around a file in the folder that is being ingested? Looks, within bounds, on behalf of detectors.

Nothing outside that folder is read, whatever links there are, and of no file more than a mebibyte. A file that cannot
be read is as good as none: a work needs none of them.
"""

from __future__ import annotations

import itertools
import os
import stat
from collections.abc import Callable, Hashable
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

from provenance.works import Document

READ_BYTES = 1 << 20
_MOST_NAMES = 100_000
_RECENT = 64
_T = TypeVar("_T")
_Listing = tuple[frozenset[str], frozenset[str]]
_NOTHING: _Listing = (frozenset(), frozenset())


class Disk:
    """The `Surroundings` of one ingest; what was seen once is not looked at again."""

    def __init__(self) -> None:
        self._roots: dict[Path, Path | None] = {}
        self._seen: dict[Hashable, Any] = {}
        self._read = lru_cache(maxsize=_RECENT)(self._text_inside)

    def admit(self, folder: Path) -> None:
        """Let detectors look around in an ingested folder."""
        if folder not in self._roots:
            self._roots[folder] = _real(folder)

    def folders(self, document: Document) -> tuple[Path, ...]:
        """Return the folders that the work's file lies in, the nearest first, the ingested one last."""
        file, root = document.file, document.root
        if file is None or root is None:
            return ()
        folder = file.parent
        return self.once(("folders", root, folder), lambda: _between(folder, root))

    def files(self, folder: Path) -> frozenset[str]:
        """Return the names of the files in a folder; none where it cannot be read."""
        return self._listing(folder)[0]

    def subfolders(self, folder: Path) -> frozenset[str]:
        """Return the names of the folders in a folder, hidden ones too; none where it cannot be read."""
        return self._listing(folder)[1]

    def _listing(self, folder: Path) -> _Listing:
        return self.once(("listing", folder), lambda: _names(folder) if self._is_inside(folder) else _NOTHING)

    def read(self, path: Path) -> str | None:
        """Return the text at the beginning of a file, or None where there is none or it lies elsewhere."""
        return self._read(path)

    def _text_inside(self, path: Path) -> str | None:
        return _text(path) if self._is_inside(path) else None

    def once(self, key: Hashable, make: Callable[[], _T]) -> _T:
        """Return what `make` returned when it was first asked for under this key."""
        if key not in self._seen:
            self._seen[key] = make()
        found: _T = self._seen[key]
        return found

    def _is_inside(self, path: Path) -> bool:
        real = _real(path)
        return real is not None and any(real.is_relative_to(root) for root in self._roots.values() if root)


def _real(path: Path) -> Path | None:
    try:
        return path.resolve(strict=True)
    except (OSError, RuntimeError, ValueError):  # RuntimeError: a loop of links, before Python 3.13
        return None


def _between(folder: Path, root: Path) -> tuple[Path, ...]:
    inside = [folder, *folder.parents]
    return tuple(inside[: inside.index(root) + 1]) if root in inside else ()


def _names(folder: Path) -> _Listing:
    files, folders = set(), set()
    try:
        with os.scandir(folder) as entries:
            for entry in itertools.islice(entries, _MOST_NAMES):
                if entry.is_dir(follow_symlinks=False):
                    folders.add(entry.name)
                elif entry.is_file():
                    files.add(entry.name)
    except OSError:
        return _NOTHING
    return frozenset(files), frozenset(folders)


def _text(path: Path) -> str | None:
    try:
        # Opened without waiting, because a FIFO may stand where a file was.
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
        with os.fdopen(descriptor, "rb") as file:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                return None
            data = file.read(READ_BYTES)
    except (OSError, ValueError):
        return None
    return data.decode("utf-8-sig", "replace").replace("\0", "\ufffd")
