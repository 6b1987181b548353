"""What can happen to the catalogue's file? It is gone, empty, something else, damaged, or held by another program."""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, nullcontext
from pathlib import Path
from unittest import mock

from provenance.catalogue import engine
from tests.faults.isolated import Judge
from tests.faults.shelf import Shelf, judged
from tests.faults.tally import Verdict

PAGE = 4096
Harm = Callable[[Path, random.Random], None]


def _replaced(content: bytes) -> Harm:
    def harm(path: Path, _: random.Random) -> None:
        path.write_bytes(content)

    return harm


def _folder(path: Path, _: random.Random) -> None:
    path.unlink()
    path.mkdir()


def _cut(path: Path, chance: random.Random) -> None:
    path.write_bytes(path.read_bytes()[: chance.randrange(1, path.stat().st_size)])


def _page_zeroed(path: Path, chance: random.Random) -> None:
    data = bytearray(path.read_bytes())
    start = chance.randrange(len(data) // PAGE) * PAGE
    data[start : start + PAGE] = bytes(PAGE)
    path.write_bytes(data)


def _bit_flipped(path: Path, chance: random.Random) -> None:
    data = bytearray(path.read_bytes())
    data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
    path.write_bytes(data)


def _foreign(path: Path, _: random.Random) -> None:
    path.unlink()
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("CREATE TABLE works (title TEXT)")


FILES: dict[str, Harm] = {
    "missing": lambda path, _: path.unlink(),
    "empty": _replaced(b""),
    "not SQLite": _replaced(b"not SQLite at all, but long enough to begin with its header " * 99),
    "another program's": _foreign,
    "a folder": _folder,
    "cut short": _cut,
    "a page zeroed": _page_zeroed,
    "a bit flipped": _bit_flipped,
}
CHANCY = ("cut short", "a page zeroed", "a bit flipped")
LOCKED = "locked by another program"


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Hold the file as a program does that wants it for itself."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA locking_mode = EXCLUSIVE")
        connection.execute("BEGIN EXCLUSIVE")
        with mock.patch.object(engine, "BUSY_TIMEOUT", 50):
            yield


def catalogue_judge(shelf: Shelf, scratch: Path, fault: str, seed: int) -> Judge:
    """Return the judge of a kind of damage to the catalogue's file."""

    def judge(number: int) -> Verdict:
        with shelf.copied(scratch) as folder:
            path = folder / "catalogue.sqlite"
            for log in folder.glob("catalogue.sqlite-*"):
                log.unlink()
            if fault != LOCKED:
                FILES[fault](path, random.Random(f"{seed} {fault} {number}"))
            with _locked(path) if fault == LOCKED else nullcontext():
                return judged(folder, shelf.answers, f"{fault}, case {number}")

    return judge
