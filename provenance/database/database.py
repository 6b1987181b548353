"""Provenance databases: a folder of segment files, and a catalogue that says which of them count.

`Database` opens the two together, hands out snapshots to search, and is the one door for changes. The commit point of
every change is one transaction of the catalogue; files that it does not name are left-overs, which the next change
removes.
"""

from __future__ import annotations

import errno
import os
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar

from filelock import FileLock, Timeout

from provenance.catalogue import Catalogue, UndoResult, upgrade
from provenance.database.compact import Compaction, CompactResult
from provenance.database.ingest import Ingestion, IngestResult, Progress
from provenance.database.snapshot import Snapshot
from provenance.errors import DatabaseBusyError, DatabaseError, DatabaseNotFoundError, InputError, UsageError
from provenance.fingerprints import SAMPLINGS
from provenance.plugins import Plugins, get_plugin_manager
from provenance.reports import Quote
from provenance.sources.detect import Detector
from provenance.text import load_tokenizer
from provenance.works import Document, Keep, Sensitivity, Work

CATALOGUE_FILE = "catalogue.sqlite"
SEGMENTS = "segments"
_LOCK_FILE = "writer.lock"
# Names the process that has the lock, for the message to one that waits for it.
_HOLDER_FILE = "writer.txt"
# Holds the identity of the catalogue that the folder was made with, see `require_own_catalogue`.
_IDENTITY_FILE = "catalogue.id"
WAIT_SECONDS = 10.0
_LONGEST_WORDS = 200
_Choice = TypeVar("_Choice", bound=StrEnum)


def catalogue_url(folder: Path, catalogue: str | None = None) -> str:
    """Return the URL of a database's catalogue: the one given, else the SQLite file inside the folder."""
    return catalogue or f"sqlite:///{folder.absolute() / CATALOGUE_FILE}"


class Database:
    """An open database. May be shared between threads; each process opens its own.

    Attributes:
        folder: that of its files.
        catalogue: what it knows of the works.
    """

    def __init__(self, folder: Path, catalogue: Catalogue) -> None:
        self.folder = folder
        self.catalogue = catalogue
        self._snapshot: Snapshot | None = None
        self._refreshing = threading.Lock()

    @classmethod
    def open(
        cls,
        path: str | os.PathLike[str],
        *,
        create: bool = False,
        catalogue: str | None = None,
        read_only: bool = False,
    ) -> Self:
        """Open a database.

        Args:
            path: its folder.
            create: make it where there is none.
            catalogue: a SQLAlchemy URL where the catalogue is not the SQLite file in the folder, such as
                `postgresql://user@host/name`.
            read_only: refuse changes.

        Raises:
            DatabaseNotFoundError: there is none, or the folder is another kind of folder.
            SchemaError: it was written by an older or a newer release.
            SegmentError: an index file is missing or damaged.
        """
        folder = Path(path)
        if create and not read_only:
            _prepare_folder(folder, catalogue)
        else:
            require_folder(folder)
        opened = cls(folder, Catalogue.open(catalogue_url(folder, catalogue), create=create, read_only=read_only))
        try:
            require_own_catalogue(folder, opened.catalogue, create=create)
            opened.snapshot()
        except BaseException:
            opened.close()
            raise
        return opened

    def close(self) -> None:
        """Close the catalogue; snapshots taken before stay readable."""
        self.catalogue.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def snapshot(self) -> Snapshot:
        """Return what is to be searched now; one cheap query where nothing has changed since the last call.

        Raises:
            SegmentError: an index file is missing or damaged, or a canary is not found.
        """
        revision = self.catalogue.revision()
        with self._refreshing:
            if self._snapshot is None or self._snapshot.state.revision != revision:
                self._snapshot = Snapshot.load(self.catalogue, self.folder / SEGMENTS, self._snapshot)
            return self._snapshot

    def ingest(
        self,
        documents: Document | Iterable[Document | InputError],
        *,
        keep: Keep | str = Keep.TEXT,
        sensitivity: Sensitivity | str | None = None,
        trusted: bool = False,
        readmit: bool = False,
        what: str | None = None,
        workers: int = 1,
        progress: Progress | None = None,
        plugins: Plugins | None = None,
    ) -> IngestResult:
        """Add works, or replace those that are there under the same id: all of them in one transaction.

        Args:
            documents: what to add. Those that cannot be used are passed over and listed in the result, as are the
                `InputError`s among them.
            keep: what the database holds of the works, see `Keep`.
            sensitivity: how densely the first works are sampled, see `Sensitivity`; the others are as these are.
            trusted: vouch for what the works say of themselves. What others say adds notices and never takes one away.
            readmit: let works in again that were withdrawn; without it they are left out.
            what: a few words for the list of batches, such as the names of the files; cut after 200 characters.
            workers: the number of processes that build segments.
            progress: called with the characters ingested so far and the number of works.
            plugins: those that look for licences; all installed ones by default.

        Raises:
            DatabaseBusyError: another process is writing.
            DatabaseError: the database cannot be written; nothing was changed.
            UsageError: an argument or a work cannot be used as asked.
            IngestInterruptedError: Ctrl-C was pressed; the batches that were whole by then are committed. It is a
                KeyboardInterrupt with the `result`; the same ingest, run again, adds the others.
        """
        items = [documents] if isinstance(documents, Document) else documents
        if workers < 1:
            raise UsageError(f"workers is {workers}; it must be 1 or more")
        level = _require_one_of(Keep, keep, "keep")
        wanted = None if sensitivity is None else _require_one_of(Sensitivity, sensitivity, "sensitivity")
        detector = Detector(plugins or get_plugin_manager())
        with self.writing():
            ingestion = Ingestion(
                self.catalogue, self.folder / SEGMENTS, keep=level, trusted=trusted, workers=workers,
                sensitivity=self._choose_sensitivity(level, wanted), detect=detector.add_detections,
                progress=progress, readmit=readmit,
                what=(what or "documents of a program")[:_LONGEST_WORDS],
            )  # fmt: skip
            return ingestion.run(items)

    def _choose_sensitivity(self, keep: Keep, wanted: Sensitivity | None) -> Sensitivity:
        """Return how densely works are to be sampled: as those that the database keeps alike are.

        Raises:
            UsageError: something else is wanted.
        """
        alike = [each for each in self.snapshot().segments.values() if each.footer.keep is keep]
        there = [name for name, sampling in SAMPLINGS.items() if any(each.sampling == sampling for each in alike)]
        if keep is Keep.FINGERPRINTS and wanted is Sensitivity.FINE:
            raise UsageError(
                "sensitivity is fine; with keep=fingerprints it can only be wide, because the text could be put "
                "together from so many fingerprints"
            )
        if there and wanted and wanted not in there:
            raise UsageError(
                f"sensitivity is {wanted}; the database has {' and '.join(there)}: leave it out, or run "
                f"`provenance compact --sensitivity {wanted}` first"
            )
        return wanted or (there or [keep.sensitivity])[0]

    def undo(self, batch: int) -> UndoResult:
        """Take back what an ingest did, in one transaction.

        The works that it added go; those that it changed are as before, with what curators have claimed since. A
        withdrawn work does not come back. A work whose earlier text `compact` has removed stays as it is.

        Args:
            batch: the number of the ingest, as `IngestResult.batch` has it.

        Raises:
            UsageError: there is no such batch, it was undone before, or a later one has changed one of its works since.
        """
        with self.writing():
            return self.catalogue.undo(batch)

    def trust(self, collection: str, *, trusted: bool = True) -> int:
        """Vouch, or vouch no longer, for what the works say that are in a collection now; return their number.

        Raises:
            UsageError: no work is in a collection of this name.
        """
        with self.writing():
            return self.catalogue.trust(collection, trusted=trusted)

    def withdraw(self, work: Work, *, reason: str | None = None, who: str | None = None) -> bool:
        """Take a work out of every result, and keep it out of later ingests; return whether it was there.

        Its content stays until `compact`.

        Args:
            work: the one to withdraw. What curators have claimed about it goes with it.
            reason: why; later ingests that leave it out say so.
            who: withdraws it.
        """
        with self.writing():
            return self.catalogue.withdraw(work.key, reason=reason, who=who)

    def compact(self, *, sensitivity: Sensitivity | str | None = None) -> CompactResult:
        """Remove the content of withdrawn and replaced works from the disk, and merge small segments.

        Checks go on meanwhile. Killed at any moment, the database is as before or compacted.

        Args:
            sensitivity: how densely all works are sampled from now on, see `Sensitivity`; by default as they are.

        Raises:
            DatabaseBusyError: another process is writing.
            SegmentError: a segment is damaged; nothing was changed.
            UsageError: there is no such sensitivity.
        """
        wanted = None if sensitivity is None else _require_one_of(Sensitivity, sensitivity, "sensitivity")
        with self.writing():
            return Compaction(self.catalogue, self.folder / SEGMENTS, wanted).run()

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Be the one process that changes the database; left-over files of a broken change are removed first.

        Raises:
            DatabaseBusyError: another process has been writing for longer than `WAIT_SECONDS`.
            DatabaseError: the folder cannot be written.
        """
        if self.catalogue.read_only:
            raise DatabaseError(f"database {self.folder} is read-only: open a copy in a folder that can be written")
        lock = FileLock(self.folder / _LOCK_FILE, timeout=WAIT_SECONDS)
        try:
            lock.acquire()
        except Timeout:
            try:
                holder = (self.folder / _HOLDER_FILE).read_text(encoding="utf-8", errors="replace")
            except OSError:
                holder = "another process"
            raise DatabaseBusyError(
                f"database {self.folder} is being written by {holder}; wait until it is done, then try again"
            ) from None
        except OSError as error:
            raise DatabaseError(f"database {self.folder} cannot be written: {error.strerror or error}") from error
        try:
            (self.folder / _HOLDER_FILE).write_text(f"process {os.getpid()}", encoding="utf-8")
            live = self.catalogue.segment_names()
            for path in (self.folder / SEGMENTS).iterdir():
                if path.name not in live:
                    path.unlink(missing_ok=True)
            yield
        except OSError as error:
            full = error.errno in (errno.ENOSPC, errno.EDQUOT)
            remedy = "free some space there" if full else "check the disk and the permissions of its files"
            raise DatabaseError(
                f"database {self.folder}: {error.strerror or error}; nothing was changed; {remedy} and run the same "
                "command again"
            ) from error
        finally:
            lock.release()

    def quote(self, work: Work, token_start: int, token_end: int, *, around: int = 200) -> Quote | None:
        """Return what a work says at a run of its tokens, with up to `around` characters on both sides.

        None where its text is not kept, or the work was withdrawn.

        Raises:
            UsageError: the work does not have these tokens.
        """
        place, snapshot = self.catalogue.location_of(work.key), self.snapshot()
        # A phrase is in no segment, and is quoted whole. A work that a compaction has moved since gives None.
        if place is None or place.segment not in snapshot.segments:
            text = snapshot.phrase_texts.get(work.key)
            return None if text is None else Quote(prefix="", exact=text, suffix="")
        segment = snapshot.segments[place.segment]
        return segment.quote(place.ordinal, token_start, token_end, load_tokenizer(), around=around)

    def find_work(self, name: str) -> Work:
        """Return the one work of this id or key.

        Raises:
            UsageError: there is none, or there are several.
        """
        works = self.catalogue.find_works(name)
        if len(works) == 1:
            return works[0]
        if not works:
            raise UsageError(f"no work is called {name!r}; `provenance works QUERY` searches titles and authors")
        choices = ", ".join(f"{work.key:016x} (collection {work.collection})" for work in works)
        raise UsageError(f"several works are called {name!r}; name one by its key: {choices}")


def _require_one_of(kind: type[_Choice], value: str, name: str) -> _Choice:
    """Return a value of an enumeration, given as itself or by its name.

    Raises:
        UsageError: there is no such value.
    """
    try:
        return kind(value)
    except ValueError:
        raise UsageError(f"{name} is {value!r}; it must be one of {', '.join(kind)}") from None


def upgrade_database(path: str | os.PathLike[str], *, catalogue: str | None = None) -> str:
    """Bring a database's catalogue to this release's schema; return its revision.

    Raises:
        DatabaseNotFoundError: the folder is not that of a database.
    """
    folder = Path(path)
    require_folder(folder)
    return upgrade(catalogue_url(folder, catalogue))


def require_folder(folder: Path) -> None:
    """Raise DatabaseNotFoundError unless the folder is that of a database, DatabaseError if it cannot be read."""
    try:
        if not (folder / SEGMENTS).is_dir():
            raise DatabaseNotFoundError(_explain_not_found(folder))
    except OSError as error:
        raise DatabaseError(f"database {folder} cannot be read: {error.strerror}; check its permissions") from error


def require_own_catalogue(folder: Path, catalogue: Catalogue, *, create: bool = False) -> None:
    """Refuse a catalogue that is another folder's: its next change would remove this folder's files as left-overs.

    Args:
        folder: that of the database.
        catalogue: the one that was opened for it.
        create: note the catalogue's identity in a new folder.

    Raises:
        DatabaseError: the catalogue is not the one that the folder was made with, or the note cannot be read.
    """
    mark, identity = folder / _IDENTITY_FILE, catalogue.identity()
    try:
        if not mark.exists():
            if create:
                # Renamed when it is whole: an empty note, left by a process killed here, would be another catalogue's.
                whole = mark.with_suffix(".new")
                whole.write_text(identity, encoding="utf-8")
                whole.replace(mark)
            return
        if mark.read_text(encoding="utf-8").strip() == identity:
            return
    except OSError as error:
        raise DatabaseError(f"{mark} cannot be used: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        raise DatabaseError(
            f"{mark} is damaged: it does not hold the identity of a catalogue; restore it from a backup, or, if "
            f"{catalogue.place} is the catalogue that this database was made with, delete it"
        ) from error
    raise DatabaseError(
        f"the catalogue {catalogue.place} is not that of the database {folder}: name the one it was made "
        "with (--catalogue or $PROVENANCE_CATALOGUE), or another folder"
    )


def _explain_not_found(folder: Path) -> str:
    if folder.is_dir():
        what = f"{folder} is a folder, but no provenance database"
    elif folder.exists():
        what = f"{folder} is a file, not a provenance database (which is a folder)"
    else:
        what = f"there is no provenance database at {folder}"
    return f"{what}; make one with `provenance ingest SOURCE --db {folder}`, or name another with --db"


def _prepare_folder(folder: Path, catalogue: str | None) -> None:
    """Make an empty database folder; leave one that is there alone, and anything else too."""
    segments = folder / SEGMENTS
    try:
        if catalogue is None and not (folder / CATALOGUE_FILE).exists() and any(segments.glob("*.seg")):
            raise DatabaseNotFoundError(
                f"{folder} has index files, but no {CATALOGUE_FILE} that says which works they hold: restore it, or "
                "name the server where the catalogue is with --catalogue; to begin anew, name another folder with --db"
            )
        if not segments.is_dir() and folder.exists() and any(folder.iterdir()):
            raise DatabaseNotFoundError(
                f"{folder} is not empty and no provenance database; name an empty or new folder with --db"
            )
        segments.mkdir(parents=True, exist_ok=True)
    except NotADirectoryError:
        raise DatabaseNotFoundError(_explain_not_found(folder)) from None
    except OSError as error:
        raise DatabaseError(f"database {folder} cannot be made: {error.strerror or error}") from error
