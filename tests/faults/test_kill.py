"""SIGKILL: an ingest or a compaction, killed whenever it is, loses nothing committed and leaves nothing half."""

from __future__ import annotations

import multiprocessing
import os
import random
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from provenance import Checker, Database
from provenance.ingest import examine
from tests.faults import killed

pytestmark = pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="there is no SIGKILL here")
KILLS = 50
COMPACTIONS_KILLED = 15
NEVER = 999
"""A round that is never ingested."""
STEPS = [
    ("provenance.index.builder:_Writer.finish", 1), ("provenance.index.builder:_Writer.finish", 3),
    ("provenance.index.builder:os.fsync", 2), ("provenance.index.builder:Path.replace", 2),
    ("provenance.ingest.ingestion:flush", 1), ("provenance.catalogue.content:add_segments", 1),
    ("provenance.catalogue.writing:_finish", 1), ("provenance.catalogue.catalogue:Catalogue.commit", 1),
]  # fmt: skip

COMPACTION_STEPS = [
    "provenance.index.builder:_Writer.finish", "provenance.index.builder:Path.replace",
    "provenance.ingest.compaction:flush", "provenance.catalogue.content:replace_segments",
    "provenance.catalogue.writing:_finish", "provenance.catalogue.catalogue:Catalogue.replace_segments",
    "provenance.ingest.compaction:Compaction._remove", "provenance.catalogue.catalogue:Catalogue.vacuum",
]  # fmt: skip
COMMITTED = COMPACTION_STEPS[-3:]


class Library:
    """A database that is ingested into by processes that may be killed, and what is known to be in it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.context = multiprocessing.get_context("forkserver")
        self.context.set_forkserver_preload(["tests.faults.killed"])
        self.rounds: list[int] = []

    def ingest(self, number: int, *, delay: float | None = None, killed_at: tuple[str, str, int] | None = None) -> bool:
        """Ingest a round in another process, killed after so many seconds if told; return whether it was killed."""
        return self._run(killed.ingest, number, delay=delay, killed_at=killed_at)

    def compact(self, *, delay: float | None = None, killed_at: tuple[str, str, int] | None = None) -> bool:
        """Compact in another process, killed after so many seconds if told; return whether it was killed."""
        return self._run(killed.compact, delay=delay, killed_at=killed_at)

    def _run(self, work: Callable[..., None], *numbers: int, delay: float | None, killed_at: object) -> bool:
        ours, theirs = self.context.Pipe()
        process = self.context.Process(target=work, args=(self.folder, *numbers, theirs, killed_at))
        process.start()
        ours.recv()
        process.join(delay)
        process.kill()
        process.join()
        assert process.exitcode in (0, -signal.SIGKILL)
        return process.exitcode != 0

    def settle(self, number: int) -> bool:
        """Find out whether a round was committed, and check that all that was committed is there and nothing else."""
        assert [trouble for _, trouble in examine(self.folder) if trouble] == []
        rounds = [*self.rounds, number]
        texts = [work.text for each in rounds for work in killed.batch(each)]
        with Database.open(self.folder) as database:
            passages = Checker(database).check("\n".join(texts), passages=True).passages
            state = database.snapshot().state
        assert passages is not None
        found = [passage.origin.id for passage in passages]
        committed = f"r{number}-0" in found
        self.rounds = rounds if committed else self.rounds
        works = {work.id for each in self.rounds for work in killed.batch(each)}
        assert sorted(found) == sorted(works)
        assert state.works == len(works)
        (edition,) = (passage.quote.exact for passage in passages if passage.origin.id == "edition") if works else ("",)
        assert edition == (killed.edition(self.rounds[-1]) if self.rounds else "")
        return committed

    def dead(self) -> int:
        """Return how many dead members there are."""
        with Database.open(self.folder) as database:
            return sum(map(len, database.snapshot().state.dead.values()))

    def files(self) -> list[str]:
        return [path.name for path in (self.folder / "segments").iterdir()]


@pytest.fixture
def library(tmp_path: Path) -> Library:
    return Library(tmp_path / "db")


def test_killed_at_each_step(library: Library) -> None:
    """Killed before or after any step: up to the commit the round is not there, from the commit on it is as a whole."""
    number = 0
    for target, count in STEPS:
        for moment in ("before", "after"):
            number += 1
            assert library.ingest(number, killed_at=(target, moment, count))
            assert library.settle(number) == (target.endswith("commit") and moment == "after"), (target, moment)
    assert not library.ingest(number + 1)
    assert library.settle(number + 1)
    with Database.open(library.folder) as database:
        assert set(library.files()) == database.catalogue.segment_names()


@pytest.mark.slow
def test_a_compaction_killed_at_each_step(library: Library) -> None:
    """Killed before or after any step: up to the commit the database is as it was, from the commit on compacted."""
    library.ingest(0)
    library.settle(0)
    number = 0
    for target in COMPACTION_STEPS:
        for moment in ("before", "after"):
            number += 1
            assert not library.ingest(number)
            assert library.settle(number)
            assert library.compact(killed_at=(target, moment, 1))
            assert not library.settle(NEVER)
            is_committed = target in COMMITTED[1:] or (target == COMMITTED[0] and moment == "after")
            assert (library.dead() == 0) == is_committed, (target, moment)
    assert not library.compact()
    assert not library.settle(NEVER)
    assert (library.dead(), len(library.files())) == (0, 1)


@pytest.mark.slow
def test_a_compaction_killed_at_random_moments(library: Library) -> None:
    """Compaction killed fifteen times: after each every committed work is found, and it ends well at last."""
    chance = random.Random(3)
    for number in (0, 1):
        library.ingest(number)
        assert library.settle(number)
    begun = time.monotonic()
    assert not library.compact()
    longest = time.monotonic() - begun
    kills = 0
    for number in range(2, 2 + COMPACTIONS_KILLED):
        assert not library.ingest(number)
        assert library.settle(number)
        kills += library.compact(delay=chance.uniform(0, longest))
        assert not library.settle(NEVER)
    assert kills
    assert not library.compact()
    assert not library.settle(NEVER)
    assert (library.dead(), len(library.files())) == (0, 1)


@pytest.mark.slow
def test_killed_at_fifty_random_moments(library: Library) -> None:
    """Ingest killed fifty times: after each every committed work is found, the round is there wholly or not at all."""
    chance = random.Random(20261120)
    assert not library.ingest(0)
    assert library.settle(0)
    begun = time.monotonic()
    assert not library.ingest(1)
    longest = time.monotonic() - begun
    assert library.settle(1)
    kills = 0
    for number in range(2, 2 + KILLS):
        kills += library.ingest(number, delay=chance.uniform(0, longest))
        library.settle(number)
    assert kills
    assert not library.ingest(2 + KILLS)
    assert library.settle(2 + KILLS)
    with Database.open(library.folder) as database:
        assert set(library.files()) == database.catalogue.segment_names()


SCRIPT = """
from provenance import Database, Document
from provenance.ingest import ingestion

if __name__ == "__main__":
    ingestion.BATCH_WORKS = 1
    with Database.open("db", create=True) as database:
        def documents():
            for number in range(1_000_000):
                if number == 10:
                    print("begun", flush=True)
                yield Document(text=f"word{number} " * 40, id=str(number))
        database.ingest(documents(), workers=2)
"""


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "pidfd_open"), reason="processes can be watched on Linux only")
def test_worker_processes_end_with_a_killed_ingest(tmp_path: Path) -> None:
    """When an ingest with workers is killed its workers end too, and the next ingest removes what they left."""
    (tmp_path / "script.py").write_text(SCRIPT)
    with subprocess.Popen([sys.executable, "script.py"], cwd=tmp_path, stdout=subprocess.PIPE) as process:
        assert process.stdout
        assert process.stdout.readline() == b"begun\n"
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
        watched = [os.pidfd_open(int(child)) for child in children]
        process.kill()
    assert len(children) >= 2
    for descriptor in watched:
        assert select.select([descriptor], [], [], 30)[0], "a worker is still there"
        os.close(descriptor)
    with Database.open(tmp_path / "db") as database:
        assert database.snapshot().state.works == 0
        assert database.ingest(killed.batch(0)).added == len(killed.batch(0))
        names = {path.name for path in (tmp_path / "db" / "segments").iterdir()}
        assert names == database.catalogue.segment_names()
