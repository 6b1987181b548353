"""A disk that is full at a certain moment: the n-th thing that a change asks of it fails, once, as a full disk does."""

from __future__ import annotations

import errno
import os
import shutil
import sqlite3
import subprocess
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from unittest import mock

from sqlalchemy.engine.default import DefaultDialect

from provenance import Checker, Database, Document
from provenance.database import examine, ingest
from provenance.errors import DatabaseError
from provenance.index import writer
from tests.database import samples
from tests.database.samples import HAIKU, words
from tests.faults.shelf import is_clear
from tests.faults.tally import Outcome, Verdict

WHALE, TIMES = samples.WHALE.rstrip("."), samples.TIMES.rstrip(".")

ASKED: tuple[tuple[object, str], ...] = (
    (os, "fsync"), (Path, "replace"), (Path, "write_text"), (writer._Writer, "_write_section"),
    (writer._StreamedSection, "write"), (writer._Writer, "_align"), (writer._Writer, "finish"),
)  # fmt: skip
ASKED_OF_SQL = ("do_execute", "do_execute_no_params", "do_executemany", "do_commit")
DISK = 2 << 20
ROOM_STEP = 8192
STATEMENTS_OF_READERS = ("SELECT", "BEGIN", "PRAGMA", "ROLLBACK")


class _Disk:
    """Counts what is asked of a disk, and refuses once, at the n-th request."""

    def __init__(self, refused: int) -> None:
        self._refused, self.asked, self.last = refused, 0, ""

    def ask(self, what: str) -> bool:
        """Note a request; return whether there is no room for it."""
        self.asked += 1
        if self.asked == self._refused:
            self.last = what
        return self.asked == self._refused

    def of_files(self, name: str, original: Callable[..., Any]) -> Callable[..., Any]:
        def asked(*args: Any, **options: Any) -> Any:
            if self.ask(name):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            return original(*args, **options)

        return asked

    def of_sql(self, name: str, original: Callable[..., Any]) -> Callable[..., Any]:
        def asked(*args: Any, **options: Any) -> Any:
            said = next((arg for arg in args[1:] if isinstance(arg, str)), "COMMIT").lstrip()
            if not said.startswith(STATEMENTS_OF_READERS) and self.ask(f"SQL {said[:30]}"):
                error = sqlite3.OperationalError("database or disk is full")
                error.sqlite_errorcode = sqlite3.SQLITE_FULL
                raise error
            return original(*args, **options)

        return asked


@contextmanager
def full_at(refused: int) -> Iterator[_Disk]:
    """Let the disk be full at the n-th request, and at no other."""
    disk = _Disk(refused)
    with ExitStack() as stack:
        for owner, name in ASKED:
            original = getattr(owner, name)
            stack.enter_context(mock.patch.object(owner, name, disk.of_files(name, original)))
        for name in ASKED_OF_SQL:
            original = getattr(DefaultDialect, name)
            stack.enter_context(mock.patch.object(DefaultDialect, name, disk.of_sql(name, original)))
        yield disk


def _ingest(database: Database) -> None:
    documents = [Document(text=words(n * 100, 60), id=f"n{n}", licence="MIT") for n in range(6)]
    with mock.patch.object(ingest, "BATCH_WORKS", 3):
        database.ingest([*documents, Document(text=HAIKU, id="h"), Document(text=TIMES, id="w")])


def _compact(database: Database) -> None:
    database.compact()


def _withdraw(database: Database) -> None:
    database.withdraw(database.find_work("w"))


CHANGES: dict[str, tuple[Callable[[Database], None], dict[str, str]]] = {
    "`ingest`": (_ingest, {f"n{n}": words(n * 100, 60) for n in range(6)} | {"h": HAIKU, "w": TIMES, "t": TIMES}),
    "`compact`": (_compact, {"w": WHALE, "t": TIMES}),
    "`works withdraw`": (_withdraw, {"t": TIMES}),
}
BEFORE = {"w": WHALE, "t": TIMES}
REVISION = 3
"""Of the database that `fill` makes."""


def held(folder: Path) -> dict[str, str]:
    """Return the texts of all works that checks find, by id."""
    texts = [WHALE, TIMES, HAIKU, words(0, 600)]
    with Database.open(folder) as database:
        report = Checker(database).check("\n".join(texts), passages=True)
    found = {source.work.id: passage.quote.exact for passage in report.passages or () for source in passage.sources}
    assert report.coverage.works == len(found)
    return found


def fill(folder: Path) -> None:
    """Make a database of two works and what a third has left."""
    with Database.open(folder, create=True) as database:
        database.ingest([Document(text=text, id=name, licence="MIT") for name, text in BEFORE.items()])
        database.ingest(Document(text=words(9_000, 60), id="gone"))
        database.withdraw(database.find_work("gone"))


def refused_in_turn(change: str) -> Iterator[Verdict]:
    """Yield what becomes of a change when the disk is full at its first request, at its second, and so on."""
    act, after = CHANGES[change]
    number = 0
    while True:
        number += 1
        with tempfile.TemporaryDirectory() as place:
            fill(Path(place) / "db")
            with full_at(number) as disk:
                error = _error_of(act, Path(place) / "db")
            if disk.asked < number:
                return
            said = f"{change}, request {number} ({disk.last})"
            yield _judged(Path(place) / "db", said, error, act, after)


def _error_of(act: Callable[[Database], None], folder: Path) -> BaseException | None:
    try:
        with Database.open(folder) as database:
            act(database)
    except BaseException as error:
        return error
    return None


def _judged(
    folder: Path, said: str, error: BaseException | None, act: Callable[[Database], None], after: dict[str, str]
) -> Verdict:
    """Is everything as it was and does the message say so, or is all of it done? And does the change go through now?"""
    if error is not None and not (isinstance(error, DatabaseError) and is_clear(str(error))):
        return Verdict(Outcome.WRONG, f"{said}: {error!r}")
    found = held(folder)
    with Database.open(folder) as database:
        is_changed = database.catalogue.revision() != REVISION
    is_true = error is not None if not is_changed else "nothing was changed" not in str(error)
    sound = is_true and found == (after if is_changed else BEFORE)
    if not sound or [trouble for _, trouble in examine(folder) if trouble]:
        return Verdict(Outcome.WRONG, f"{said}: {error}, but there is {sorted(found)}")
    with Database.open(folder) as database:
        if error is not None:
            act(database)
        with database.writing():
            left = {path.name for path in (folder / "segments").iterdir()} - database.catalogue.segment_names()
    if left or held(folder) != after:
        return Verdict(Outcome.WRONG, f"{said}: when there is room again, {sorted(held(folder))} and {left}")
    return Verdict(Outcome.REFUSED if error else Outcome.UNHARMED, said)


def on_small_disks(place: Path, change: str, numbers: Iterable[int]) -> Iterator[Verdict]:
    """Yield what becomes of a change on a real disk with ever more room left.

    Raises:
        OSError: no disk can be mounted here.
    """
    act, after = CHANGES[change]
    for number in numbers:
        room = number * ROOM_STEP
        with small_disk(place):
            fill(place / "db")
            ballast = place / "ballast"
            ballast.write_bytes(bytes(max(0, shutil.disk_usage(place).free - room)))
            error = _error_of(act, place / "db")
            ballast.unlink()
            yield _judged(place / "db", f"{change} with {room:,} bytes left", error, act, after)


@contextmanager
def small_disk(place: Path) -> Iterator[None]:
    """Mount a file system in memory.

    Raises:
        OSError: that cannot be done here.
    """
    place.mkdir(exist_ok=True)
    command = ["mount", "-t", "tmpfs", "-o", f"size={DISK}", "tmpfs", str(place)]
    if subprocess.run(command, capture_output=True, check=False).returncode:
        raise OSError(f"nothing can be mounted at {place}")
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", place], check=True)
