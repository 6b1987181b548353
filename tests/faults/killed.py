"""What a process that will be killed does: it ingests a round of works, or compacts. Imported where it is forked."""

from __future__ import annotations

import importlib
import os
import signal
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from provenance import Database, Document
from provenance.ingest import ingestion
from tests.ingest.samples import words

WORKS = 9
LENGTH = 60
PHRASE = 3


def batch(number: int) -> list[Document]:
    """Return a round's works: eight long ones, a phrase, and a new edition of the one work that every round has."""
    first = number * 10_000
    works = [
        Document(text=words(first + 100 * n, LENGTH), id=f"r{number}-{n}", licence="MIT") for n in range(WORKS - 1)
    ]
    phrase = Document(text=words(first + 5_000, PHRASE), id=f"r{number}-phrase", licence="MIT")
    return [*works, phrase, Document(text=edition(number), id="edition", licence="MIT")]


def edition(number: int) -> str:
    """Return the text that a round gives to the work `edition`."""
    return words(number * 10_000 + 6_000, LENGTH)


def ingest(folder: Path, number: int, begun: Connection, killed_at: tuple[str, str, int] | None = None) -> None:
    """Ingest a round in segments of three works; say when it begins; die at a step if one is given."""
    ingestion.BATCH_WORKS = 3
    if killed_at:
        _die_at(*killed_at)
    with Database.open(folder, create=True) as database:
        begun.send("begun")
        database.ingest(batch(number))


def compact(folder: Path, begun: Connection, killed_at: tuple[str, str, int] | None = None) -> None:
    """Compact the database; say when it begins; die at a step if one is given."""
    if killed_at:
        _die_at(*killed_at)
    with Database.open(folder) as database:
        begun.send("begun")
        database.compact()


def _die_at(target: str, moment: str, count: int) -> None:
    """Let the process be killed before or after the n-th call of a function, named as `module:Class.function`."""
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
        if moment == "before" and calls == count:
            os.kill(os.getpid(), signal.SIGKILL)
        result = original(*args, **options)
        if moment == "after" and calls == count:
            os.kill(os.getpid(), signal.SIGKILL)
        return result

    setattr(owner, name, wrapped)
