"""Bounded view of the folder that is being ingested, for detectors.

Nothing outside that folder is read, also not by way of links, and at most a mebibyte of each file. A file that cannot
be read counts as missing, because no work needs one.
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
_MOST_NAMES = 100_000  # of one folder
_RECENT_FILES = 64
_T = TypeVar("_T")
_Listing = tuple[frozenset[str], frozenset[str]]
_NOTHING: _Listing = (frozenset(), frozenset())


class Disk:
    """The `Surroundings` of one ingest; each folder is listed only once."""

    def __init__(self) -> None:
        self._roots: dict[Path, Path | None] = {}
        self._seen: dict[Hashable, Any] = {}
        # Few files are kept, because each may have a mebibyte; those around a work are read again and again.
        self._read_cached = lru_cache(maxsize=_RECENT_FILES)(
            lambda path: _read_beginning(path) if self._is_inside(path) else None
        )

    def admit(self, folder: Path) -> None:
        """Let detectors look around in an ingested folder."""
        if folder not in self._roots:
            self._roots[folder] = _resolve_path(folder)

    def folders(self, document: Document) -> tuple[Path, ...]:
        """Return the folders that the work's file lies in, the nearest first, the ingested one last."""
        file, root = document.file, document.root
        if file is None or root is None:
            return ()
        folder = file.parent

        def list_folders() -> tuple[Path, ...]:
            above = [folder, *folder.parents]
            return tuple(above[: above.index(root) + 1]) if root in above else ()

        return self.once(("folders", root, folder), list_folders)

    def files(self, folder: Path) -> frozenset[str]:
        """Return the names of the files in a folder; none where it cannot be read."""
        return self._list_folder(folder)[0]

    def subfolders(self, folder: Path) -> frozenset[str]:
        """Return the names of the folders in a folder, hidden ones too; none where it cannot be read."""
        return self._list_folder(folder)[1]

    def _list_folder(self, folder: Path) -> _Listing:
        return self.once(("listing", folder), lambda: _scan_folder(folder) if self._is_inside(folder) else _NOTHING)

    def read(self, path: Path) -> str | None:
        """Return the text at the beginning of a file, or None where there is none or it lies elsewhere."""
        return self._read_cached(path)

    def once(self, key: Hashable, make: Callable[[], _T]) -> _T:
        """Return what `make` returned when it was first asked for under this key."""
        if key not in self._seen:
            self._seen[key] = make()
        found: _T = self._seen[key]
        return found

    def _is_inside(self, path: Path) -> bool:
        real = _resolve_path(path)
        return real is not None and any(real.is_relative_to(root) for root in self._roots.values() if root)


def _resolve_path(path: Path) -> Path | None:
    try:
        return path.resolve(strict=True)
    except (OSError, RuntimeError, ValueError):  # RuntimeError: a loop of links, before Python 3.13
        return None


def _scan_folder(folder: Path) -> _Listing:
    files, folders = set(), set()
    try:
        with os.scandir(folder) as entries:
            for entry in itertools.islice(entries, _MOST_NAMES):
                if entry.is_dir(follow_symlinks=False):  # a link to a folder may lead out
                    folders.add(entry.name)
                elif entry.is_file():
                    files.add(entry.name)
    except OSError:
        return _NOTHING
    return frozenset(files), frozenset(folders)


def _read_beginning(path: Path) -> str | None:
    try:
        # Opened without waiting, because the path may be a FIFO by now.
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
        with os.fdopen(descriptor, "rb") as file:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                return None
            data = file.read(READ_BYTES)
    except (OSError, ValueError):
        return None
    return data.decode("utf-8-sig", "replace").replace("\0", "\ufffd")
