"""What a process that will be killed does: it ingests, compacts, withdraws, undoes. Imported where it is forked."""

from __future__ import annotations

import importlib
import os
import signal
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from provenance import Database, Document
from provenance.database import ingest as ingestion
from tests.database.samples import words

WORKS = 9
LENGTH = 60
PHRASE = 3
Step = tuple[str, str, int]
"""A function named as `module:Class.function`, "before" or "after", and which of its calls."""


def batch(number: int) -> list[Document]:
    """Return a round's works: eight long ones, a phrase, and a new edition of the one work that every round has."""
    first = number * 10_000
    works = [
        Document(text=words(first + 100 * n, LENGTH), id=f"r{number}-{n}", licence="MIT") for n in range(WORKS - 1)
    ]
    phrase = Document(text=words(first + 5_000, PHRASE), id=f"r{number}-phrase", licence="MIT")
    edition = Document(text=words(first + 6_000, LENGTH), id="edition", licence="MIT")
    return [*works, phrase, edition]


def make(folder: Path, begun: Connection, killed_at: Step | None) -> None:
    """Make a database; say when it begins; die at a step if one is given."""
    _prepare(killed_at)
    begun.send("begun")
    Database.open(folder, create=True).close()


def ingest(folder: Path, begun: Connection, killed_at: Step | None, number: int) -> None:
    """Ingest a round in segments of three works."""
    ingestion.BATCH_WORKS = 3
    _prepare(killed_at)
    with Database.open(folder) as database:
        begun.send("begun")
        database.ingest(batch(number), readmit=True)  # the edition comes again, also after it was withdrawn


def compact(folder: Path, begun: Connection, killed_at: Step | None) -> None:
    """Compact the database."""
    _prepare(killed_at)
    with Database.open(folder) as database:
        begun.send("begun")
        database.compact()


def withdraw(folder: Path, begun: Connection, killed_at: Step | None, *names: str) -> None:
    """Withdraw works, one after another."""
    _prepare(killed_at)
    with Database.open(folder) as database:
        begun.send("begun")
        for name in names:
            database.withdraw(database.find_work(name))


def undo(folder: Path, begun: Connection, killed_at: Step | None, number: int) -> None:
    """Undo a batch."""
    _prepare(killed_at)
    with Database.open(folder) as database:
        begun.send("begun")
        database.undo(number)


def write_for_ever(folder: Path, begun: Connection, killed_at: Step | None) -> None:
    """Hold the writer's lock until killed."""
    _prepare(killed_at)
    with Database.open(folder) as database, database.writing():
        begun.send("begun")
        signal.pause()


def _prepare(killed_at: Step | None) -> None:
    """Let the process be killed before or after the n-th call of a function."""
    if killed_at is None:
        return
    target, moment, count = killed_at
    module, _, path = target.partition(":")
    *owners, name = path.split(".")
    owner: Any = importlib.import_module(module)
    for part in owners:
        owner = getattr(owner, part)
    original: Callable[..., Any] = getattr(owner, name)
    calls = 0

    def wrapped(*args: Any, **options: Any) -> Any:
        nonlocal calls
        calls += 1
        is_it = calls == count  # asked now, since a function may call itself
        if is_it and moment == "before":
            os.kill(os.getpid(), signal.SIGKILL)
        result = original(*args, **options)
        if is_it and moment == "after":
            os.kill(os.getpid(), signal.SIGKILL)
        return result

    setattr(owner, name, wrapped)
