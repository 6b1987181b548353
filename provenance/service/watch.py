"""Is the database on the disk still the one that is open? If not, opens the one that lies there now.

A new revision of the same database is seen by the checker itself. Here it is about what happens to the files: the
folder is replaced or removed, a segment is damaged, or restored from a backup.
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

_Mark = tuple[int, ...] | None


class Watch:
    """Keeps a checker whose database is the one on the disk.

    Args:
        checker: as it was opened. catalogue: the URL of its catalogue, where that is not in the folder.
    """

    def __init__(self, checker: Checker, catalogue: str | None = None) -> None:
        self._checker = self._last = checker
        self._catalogue = catalogue
        self._looking = threading.Lock()
        self._stale = False
        self._file = _mark(self._catalogue_file(), content=False)
        self._segments = self._marks(checker.database.snapshot().segments)

    @property
    def latest(self) -> Checker:
        """The checker that worked last, without a look at the disk."""
        return self._checker

    def checker(self) -> Checker:
        """Return a checker for the database on the disk; where that cannot be used, one whose checks raise the error.

        Costs a query, and the time to ask the file system about each segment.
        """
        with self._looking:
            try:
                self._stale = self._stale or self._moved() or self._touched()
                if self._stale:
                    self._reopen()
                self._last = self._checker
            except ProvenanceError as error:
                self._last = _failing(self._checker, error)
            return self._last

    def glance(self) -> Checker:
        """Return what `checker` would, as long as no file has changed: without a query, and without waiting for others.

        For an event loop. Where files have changed it takes as long as opening them; while the database cannot be used
        somebody looks again meanwhile, and who comes after that is the first to profit.
        """
        if not self._looking.acquire(blocking=False):
            return self._last
        try:
            unusable = self._last is not self._checker
            same = not self._moved() and not self._altered(self._marks(self._segments))
        finally:
            self._looking.release()
        if unusable:
            threading.Thread(target=self.checker, daemon=True).start()
        return self._last if same or unusable else self.checker()

    def _catalogue_file(self) -> Path:
        return self._checker.database.folder / CATALOGUE_FILE

    def _moved(self) -> bool:
        """Return whether another catalogue lies where the open one was."""
        return self._catalogue is None and _mark(self._catalogue_file(), content=False) != self._file

    def _touched(self) -> bool:
        """Return whether a segment that is open is another file now, or has been written to."""
        marks = self._marks(self._checker.database.snapshot().segments)
        altered = self._altered(marks)
        self._segments = marks
        return altered

    def _altered(self, marks: Mapping[str, _Mark]) -> bool:
        return any(mark is None or self._segments.get(name, mark) != mark for name, mark in marks.items())

    def _marks(self, segments: Iterable[str]) -> dict[str, _Mark]:
        folder = self._checker.database.folder / SEGMENTS
        return {name: _mark(folder / name) for name in segments}

    def _reopen(self) -> None:
        old = self._checker
        file = _mark(self._catalogue_file(), content=False)
        read_only = old.database.catalogue.read_only
        database = Database.open(old.database.folder, catalogue=self._catalogue, read_only=read_only)
        try:
            self._checker = Checker(database, old.settings, plugins=old.plugins)
        except BaseException:
            database.close()
            raise
        self._stale, self._file, self._segments = False, file, self._marks(database.snapshot().segments)
        weakref.finalize(old, old.database.close)  # when no stream uses it any more


class _Unusable(Database):
    """A database that cannot be used: whoever wants to search it is told why."""

    def __init__(self, database: Database, error: ProvenanceError) -> None:
        super().__init__(database.folder, database.catalogue)
        self._error = error

    def snapshot(self) -> NoReturn:
        raise type(self._error)(*self._error.args) if isinstance(self._error, DatabaseError) else self._error


def _failing(checker: Checker, error: ProvenanceError) -> Checker:
    failing = copy.copy(checker)
    failing.database = _Unusable(checker.database, error)
    return failing


def _mark(path: Path, *, content: bool = True) -> _Mark:
    """Return what tells one file from another; with `content` also from what it was before it was written to."""
    try:
        found = path.stat()
    except OSError:
        return None
    mark = (found.st_dev, found.st_ino)
    return (*mark, found.st_size, found.st_mtime_ns) if content else mark
