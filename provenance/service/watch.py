"""Watch over the files of a database: a checker for the database that is on the disk now.

A new revision of the same database is seen by the checker itself. The watch is for changes of the files: the folder is
replaced or removed, a segment is damaged, or restored from a backup.
"""

from __future__ import annotations

import copy
import threading
import weakref
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NoReturn

from provenance.check import Checker
from provenance.database import Database
from provenance.database.database import CATALOGUE_FILE, SEGMENTS
from provenance.errors import DatabaseError, ProvenanceError

_FileId = tuple[int, ...] | None


class Watch:
    """Keeps a checker whose database is the one on the disk.

    Args:
        checker: as it was opened.
        catalogue: the URL of its catalogue, where that is not in the folder.
    """

    def __init__(self, checker: Checker, catalogue: str | None = None) -> None:
        self._checker = checker  # the last one whose database could be used
        self._last = checker  # the last one that was returned; its checks may raise the error of the database
        self._catalogue = catalogue
        self._lock = threading.Lock()
        self._is_stale = False
        self._file = _identify_file(self._catalogue_file(), content=False)
        self._segments = self._identify_segments(checker.database.snapshot().segments)

    @property
    def latest(self) -> Checker:
        """The checker that worked last, without a look at the disk."""
        return self._checker

    def checker(self) -> Checker:
        """Return a checker for the database on the disk; where that cannot be used, one whose checks raise the error.

        Costs a query, and the time to ask the file system about each segment.
        """
        with self._lock:
            try:
                self._is_stale = self._is_stale or self._has_moved()
                if not self._is_stale:
                    segments = self._identify_segments(self._checker.database.snapshot().segments)
                    self._is_stale = self._differs(segments)
                    self._segments = segments
                if self._is_stale:
                    self._reopen()
                self._last = self._checker
            except ProvenanceError as error:
                self._last = copy.copy(self._checker)
                self._last.database = _UnusableDatabase(self._checker.database, error)
            return self._last

    def glance(self) -> Checker:
        """Return what `checker` would, as long as no file has changed: without a query, and without waiting for others.

        For an event loop. Where files have changed it takes as long as opening them. While the database cannot be used
        a thread looks again, and a later call profits from it.
        """
        if not self._lock.acquire(blocking=False):
            return self._last
        try:
            is_unusable = self._last is not self._checker
            is_same = not self._has_moved() and not self._differs(self._identify_segments(self._segments))
        finally:
            self._lock.release()
        if is_unusable:
            threading.Thread(target=self.checker, daemon=True).start()
        return self._last if is_same or is_unusable else self.checker()

    def _catalogue_file(self) -> Path:
        return self._checker.database.folder / CATALOGUE_FILE

    def _has_moved(self) -> bool:
        """Return whether the catalogue is another file than the open one."""
        return self._catalogue is None and _identify_file(self._catalogue_file(), content=False) != self._file

    def _differs(self, segments: Mapping[str, _FileId]) -> bool:
        """Return whether a segment that is open is another file now, is missing, or has been written to."""
        return any(found is None or self._segments.get(name, found) != found for name, found in segments.items())

    def _identify_segments(self, segments: Iterable[str]) -> dict[str, _FileId]:
        folder = self._checker.database.folder / SEGMENTS
        return {name: _identify_file(folder / name) for name in segments}

    def _reopen(self) -> None:
        old = self._checker
        # Before the database is opened: if the file is replaced meanwhile, the next look sees it.
        file = _identify_file(self._catalogue_file(), content=False)
        read_only = old.database.catalogue.read_only
        database = Database.open(old.database.folder, catalogue=self._catalogue, read_only=read_only)
        try:
            self._checker = Checker(database, old.settings, plugins=old.plugins)
        except BaseException:
            database.close()
            raise
        segments = self._identify_segments(database.snapshot().segments)
        self._is_stale, self._file, self._segments = False, file, segments
        weakref.finalize(old, old.database.close)  # when no stream uses it any more


class _UnusableDatabase(Database):
    """A database that cannot be used: each search raises the error that says why."""

    def __init__(self, database: Database, error: ProvenanceError) -> None:
        super().__init__(database.folder, database.catalogue)
        self._error = error

    def snapshot(self) -> NoReturn:
        # A new error each time: many threads raise it, and each would add to its traceback.
        raise type(self._error)(*self._error.args) if isinstance(self._error, DatabaseError) else self._error


def _identify_file(path: Path, *, content: bool = True) -> _FileId:
    """Return numbers that tell one file from another; None where there is none.

    Args:
        path: the file.
        content: they tell the file also from what it was before it was written to.
    """
    try:
        found = path.stat()
    except OSError:
        return None
    file = (found.st_dev, found.st_ino)
    return (*file, found.st_size, found.st_mtime_ns) if content else file
