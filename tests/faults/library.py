"""A database that processes change and are killed at: is it always in a state that was asked for?"""

from __future__ import annotations

import multiprocessing
import random
import signal
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from provenance import Checker, Database
from provenance.database import examine
from provenance.errors import ProvenanceError
from provenance.reports import Kind
from tests.faults import killed
from tests.faults.tally import Outcome, Tally, Verdict

LARGE = 60
Works = dict[str, str]
"""Texts by the works' ids."""
CONTEXT = multiprocessing.get_context("forkserver")
CONTEXT.set_forkserver_preload(["tests.faults.killed"])


@dataclass(frozen=True)
class Ended:
    """Was a process killed, and how long did it work?"""

    was_killed: bool
    seconds: float


def after_ingest(works: Works, number: int) -> Works:
    """Return what there is once a round has been ingested."""
    return works | {str(document.id): document.text for document in killed.batch(number)}


class Library:
    """A database and what is known to be in it."""

    def __init__(self, folder: Path, *, is_made: bool = False) -> None:
        self.folder = folder
        self.works: Works = {}
        self._ever: set[str] = set()
        if not is_made:
            Database.open(folder, create=True).close()

    def run(
        self, target: Callable[..., None], *rest: object, delay: float | None = None, at: killed.Step | None = None
    ) -> Ended:
        """Do something in another process, killed after so many seconds or at a step."""
        ours, theirs = CONTEXT.Pipe()
        process = CONTEXT.Process(target=target, args=(self.folder, theirs, at, *rest))
        process.start()
        ours.recv()
        begun = time.monotonic()
        process.join(delay)
        process.kill()
        process.join()
        seconds = time.monotonic() - begun
        assert process.exitcode in (0, -signal.SIGKILL), f"it ended with {process.exitcode}"
        return Ended(process.exitcode != 0, seconds)

    def settle(self, *states: Works) -> int:
        """Return which of the states the database is in; what must not be half there is checked for all of them.

        Raises:
            AssertionError: it is in none of them, doctor finds fault, or something is left after the next write.
        """
        self._ever |= {text for state in states for text in state.values()}
        assert [trouble for _, trouble in examine(self.folder) if trouble] == []
        found, total = self._found()
        assert found in states, f"found {sorted(found)}"
        assert total == len(found)
        self.works = found
        with Database.open(self.folder) as database:
            with database.writing():
                pass
            assert set(self.files()) == database.catalogue.segment_names()
        return states.index(found)

    def _found(self) -> tuple[Works, int]:
        """Return what a check of every text there ever was finds, and how many works there are said to be."""
        with Database.open(self.folder) as database:
            report = Checker(database).check("\n".join(sorted(self._ever)), passages=True)
        # the invented words of different works are alike enough for near copies and a few tokens of one in another
        whole = [passage for passage in report.passages or () if passage.kind is Kind.WHOLE_WORK]
        found = {passage.origin.id: passage.quote.exact for passage in whole}
        assert len(found) == len(whole)
        return found, report.coverage.works

    def dead(self) -> int:
        """Return how many dead members there are."""
        with Database.open(self.folder) as database:
            return sum(map(len, database.snapshot().state.deleted.values()))

    def files(self) -> list[str]:
        """Return what lies among the segments."""
        return [path.name for path in (self.folder / "segments").iterdir()]


def killed_at_random(folder: Path, operation: str, kills: int, seed: int) -> Tally:
    """Kill an operation so many times, each at a random moment; one that was done by then is tried again.

    When a database has become large the next one is begun, so that the time goes into killing.
    """
    chance, library = random.Random(seed), Library(folder / "first")
    attempt = OPERATIONS[operation]
    number = 1_000 * (1 + list(OPERATIONS).index(operation))
    longest = max(attempt(library, number + n, None).seconds for n in range(2))
    verdicts: list[Verdict] = []
    while len(verdicts) < kills:
        number += 1
        delay = chance.uniform(0, longest)
        library = library if len(library.works) < LARGE else Library(folder / f"from{number}")
        try:
            if attempt(library, number + 1, delay).was_killed:
                verdicts.append(Verdict(Outcome.UNHARMED))
        except (AssertionError, ProvenanceError, OSError) as error:
            verdicts.append(Verdict(Outcome.WRONG, f"killed after {delay:.4f} s: {error!r}"))
    return Tally(f"`kill -9` during {operation}", tuple(verdicts), "check, doctor")


Attempt = Callable[[Library, int, float | None], Ended]


def _ingest(library: Library, number: int, delay: float | None) -> Ended:
    before = library.works
    ended = library.run(killed.ingest, number, delay=delay)
    library.settle(before, after_ingest(before, number))
    return ended


def _compact(library: Library, number: int, delay: float | None) -> Ended:
    library.run(killed.ingest, number)
    assert library.settle(after_ingest(library.works, number)) == 0
    ended = library.run(killed.compact, delay=delay)
    library.settle(library.works)
    return ended


def _withdraw(library: Library, number: int, delay: float | None) -> Ended:
    library.run(killed.ingest, number)
    library.settle(after_ingest(library.works, number))
    names = sorted(library.works)[:12]
    ended = library.run(killed.withdraw, *names, delay=delay)
    library.settle(*_without_first(library.works, names))
    return ended


def _undo(library: Library, number: int, delay: float | None) -> Ended:
    before = library.works
    library.run(killed.ingest, number)
    library.settle(after_ingest(before, number))
    with Database.open(library.folder) as database:
        batch = database.catalogue.list_batches()[0].id
    ended = library.run(killed.undo, batch, delay=delay)
    library.settle(library.works, before)
    return ended


def _make(library: Library, number: int, delay: float | None) -> Ended:
    other = Library(library.folder.parent / f"new{number}", is_made=True)
    ended = other.run(killed.make, delay=delay)
    Database.open(other.folder, create=True).close()
    assert other.settle({}) == 0
    other.run(killed.ingest, number)
    assert other.settle(after_ingest({}, number)) == 0
    return ended


def _without_first(works: Works, names: Iterable[str]) -> list[Works]:
    """Return the works, and what is left when the first is gone, the first two, and so on."""
    states = [works]
    for name in names:
        states.append({key: text for key, text in states[-1].items() if key != name})
    return states


OPERATIONS: dict[str, Attempt] = {
    "`ingest`": _ingest, "`compact`": _compact, "`works withdraw`": _withdraw,
    "`works batches --undo`": _undo, "the making of a database": _make,
}  # fmt: skip
