"""What do several processes see of each other: two that write, one that checks, one that was killed with the lock?"""

from __future__ import annotations

import datetime as clocks
from collections.abc import Iterator
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any
from unittest import mock

from provenance import Checker, Database, Document
from provenance.database import database as databases
from provenance.errors import DatabaseBusyError, ProvenanceError
from tests.database.samples import words
from tests.faults import killed
from tests.faults.isolated import CONTEXT
from tests.faults.library import Library, after_ingest
from tests.faults.tally import Outcome, Verdict

STAYS = {f"stays{n}": words(900_000 + 1_000 * n, 60) for n in range(3)}
TOGETHER = 3


def texts(writer: int, number: int) -> dict[str, str]:
    """Return the works of a writer's round."""
    first = writer * 300_000 + number * 1_000
    return {f"{writer}.{number}.{n}": words(first + 100 * n, 60) for n in range(TOGETHER)}


def write(folder: Path, said: Connection, writer: int, rounds: int) -> None:
    """Ingest, withdraw what was ingested before, compact; say how each of these went, and end with None."""
    with Database.open(folder) as database:
        for number in range(rounds):
            works = [Document(text=text, id=name, licence="MIT") for name, text in texts(writer, number).items()]
            said.send(_attempt(lambda works=works: database.ingest(works)))  # type: ignore[misc]
            for name in texts(writer, number - 2) if number >= 2 else ():
                said.send(_attempt(lambda name=name: database.withdraw(database.find_work(name))))  # type: ignore[misc]
            said.send(_attempt(database.compact))
    said.send(None)


def _attempt(action: Any) -> Verdict:
    try:
        action()
    except DatabaseBusyError as error:
        return Verdict(Outcome.REFUSED, str(error))
    except BaseException as error:
        return Verdict(Outcome.WRONG, repr(error))
    return Verdict(Outcome.UNHARMED)


def side_by_side(folder: Path, rounds: int) -> tuple[list[Verdict], list[Verdict]]:
    """Let two processes change a database while this one checks it; return what became of changes and of checks."""
    with Database.open(folder, create=True) as database:
        database.ingest([Document(text=text, id=name, licence="MIT") for name, text in STAYS.items()])
        writers = [_started(folder, writer, rounds) for writer in range(2)]
        checker, checks, changes = Checker(database), [], []
        running = [connection for connection, _ in writers]
        while running:
            checks.append(_checked(checker, rounds))
            for connection in [each for each in running if each.poll()]:
                verdict = connection.recv()
                changes.append(verdict)
                if verdict is None:
                    running.remove(connection)
        for _, process in writers:
            process.join()
        if any(verdict and verdict.outcome is Outcome.REFUSED for verdict in changes):
            return [each for each in changes if each], checks
        checks.append(_at_the_end(checker, rounds))
    return [each for each in changes if each], checks


def _started(folder: Path, writer: int, rounds: int) -> tuple[Connection, BaseProcess]:
    ours, theirs = CONTEXT.Pipe()
    process = CONTEXT.Process(target=write, args=(folder, theirs, writer, rounds))
    process.start()
    return ours, process


def _found(checker: Checker, rounds: int) -> dict[str, str]:
    every = [*STAYS.values(), *(t for w in range(2) for n in range(rounds) for t in texts(w, n).values())]
    passages = checker.check("\n".join(every), passages=True).passages or ()
    return {passage.origin.id: passage.quote.exact for passage in passages}


def _checked(checker: Checker, rounds: int) -> Verdict:
    """Does a check find what stays, no half work, and of each round what a moment can have?"""
    try:
        found = _found(checker, rounds)
    except BaseException as error:
        return Verdict(Outcome.WRONG, repr(error))
    for batch in [STAYS, *(texts(writer, number) for writer in range(2) for number in range(rounds))]:
        here = [name for name in batch if name in found]
        whole = here == list(batch)[len(batch) - len(here) :] and all(found[name] == batch[name] for name in here)
        if not whole or (batch is STAYS and len(here) < len(STAYS)):
            return Verdict(Outcome.WRONG, f"of {sorted(batch)} there is {here}")
    return Verdict(Outcome.UNHARMED)


def _at_the_end(checker: Checker, rounds: int) -> Verdict:
    """Is exactly what all changes together amount to there?"""
    left = {
        name for writer in range(2) for number in range(max(0, rounds - 2), rounds) for name in texts(writer, number)
    }
    found = set(_found(checker, rounds))
    return Verdict(Outcome.UNHARMED if found == {*STAYS, *left} else Outcome.WRONG, f"at the end {sorted(found)}")


def lock_of_the_killed(library: Library, times: int) -> Iterator[Verdict]:
    """Kill a process that holds the writer's lock, and write at once."""
    for number in range(times):
        try:
            with mock.patch.object(databases, "WAIT_SECONDS", 0):
                library.run(killed.write_for_ever, delay=0.01 * number)
                with Database.open(library.folder) as database:
                    database.ingest(killed.batch(number))
            library.settle(after_ingest(library.works, number))
        except (AssertionError, ProvenanceError) as error:
            yield Verdict(Outcome.WRONG, repr(error))
        else:
            yield Verdict(Outcome.UNHARMED)


def refused_while_held(library: Library, times: int) -> Iterator[Verdict]:
    """Try to write while another process does: it is named, nothing is changed, and checks go on."""
    ours, theirs = CONTEXT.Pipe()
    holder = CONTEXT.Process(target=killed.write_for_ever, args=(library.folder, theirs, None))
    holder.start()
    ours.recv()
    with mock.patch.object(databases, "WAIT_SECONDS", 0), Database.open(library.folder) as database:
        for number in range(times):
            verdict = _attempt(lambda number=number: database.ingest(killed.batch(number)))  # type: ignore[misc]
            is_named = f"is being written by process {holder.pid};" in verdict.what
            yield verdict if is_named else Verdict(Outcome.WRONG, f"the holder is not named: {verdict.what}")
    holder.kill()
    holder.join()


class Clock(clocks.datetime):
    """A clock that goes back an hour each time somebody looks at it."""

    _moment = clocks.datetime(2030, 1, 1, tzinfo=clocks.UTC)

    @classmethod
    def now(cls, tz: clocks.tzinfo | None = None) -> Any:
        Clock._moment -= clocks.timedelta(hours=1)
        return Clock._moment.astimezone(tz)


def clock_going_backwards(folder: Path, times: int) -> Iterator[Verdict]:
    """Replace a work's text and licence again and again, each time earlier than before: the last word counts."""
    with (
        mock.patch("provenance.works.datetime", Clock),
        mock.patch("provenance.catalogue.changes.datetime", Clock),
        Database.open(folder, create=True) as database,
    ):
        checker = Checker(database)
        for number in range(times):
            text, earlier = words(number * 100, 60), words(number * 100 - 100, 60)
            licence = ("MIT", "ISC", "Apache-2.0")[number % 3]
            revision = database.ingest(Document(text=text, id="w", licence=licence)).revision
            found = [finding.passage for finding in checker.check(text).findings]
            seen = (revision, [(p.quote.exact, p.origin.licence) for p in found], checker.check(earlier).findings)
            sound = seen == (number + 1, [(text, licence)], ())
            yield Verdict(Outcome.UNHARMED if sound else Outcome.WRONG, f"{number}: {seen} {licence}")
