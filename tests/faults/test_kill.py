"""SIGKILL: whatever changes a database, killed whenever it is, loses nothing committed and leaves nothing half."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from provenance import Database
from tests.faults import killed
from tests.faults.library import OPERATIONS, Library, after_ingest, killed_at_random

pytestmark = pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="there is no SIGKILL here")
STEPS = [
    ("provenance.index.writer:_Writer.finish", 1), ("provenance.index.writer:_Writer.finish", 3),
    ("provenance.index.writer:os.fsync", 2), ("provenance.index.writer:Path.replace", 2),
    ("provenance.database.ingest:flush", 1), ("provenance.catalogue.content:add_segments", 1),
    ("provenance.catalogue.changes:_finish", 1), ("provenance.catalogue.catalogue:Catalogue.commit", 1),
]  # fmt: skip

COMPACTION_STEPS = [
    "provenance.index.writer:_Writer.finish", "provenance.index.writer:Path.replace",
    "provenance.database.compact:flush", "provenance.catalogue.content:replace_segments",
    "provenance.catalogue.changes:_finish", "provenance.catalogue.catalogue:Catalogue.replace_segments",
    "provenance.database.compact:Compaction._remove_file", "provenance.catalogue.catalogue:Catalogue.vacuum",
]  # fmt: skip
UNDO_STEPS = [
    "provenance.catalogue.batches:plan_reversal", "provenance.catalogue.content:put_back",
    "provenance.catalogue.batches:note_undone", "provenance.catalogue.changes:_finish",
    "provenance.catalogue.catalogue:Catalogue.undo",
]  # fmt: skip
COMMITTED = COMPACTION_STEPS[-3:]
MAKING_STEPS = [
    "provenance.catalogue.schema:bring_up", "provenance.database.database:_prepare_folder",
    "provenance.database.database:Path.write_text", "provenance.database.database:Path.replace",
]  # fmt: skip


@pytest.fixture
def library(tmp_path: Path) -> Library:
    return Library(tmp_path / "db")


def test_killed_at_each_step(library: Library) -> None:
    """Killed before or after any step: up to the commit the round is not there, from the commit on it is as a whole."""
    number = 0
    for target, count in STEPS:
        for moment in ("before", "after"):
            number += 1
            assert library.run(killed.ingest, number, at=(target, moment, count)).was_killed
            is_committed = target.endswith("commit") and moment == "after"
            states = (library.works, after_ingest(library.works, number))
            assert library.settle(*states) == is_committed, (target, moment)


@pytest.mark.long
def test_a_compaction_killed_at_each_step(library: Library) -> None:
    """Killed before or after any step: up to the commit the database is as it was, from the commit on compacted."""
    library.run(killed.ingest, 0)
    library.settle(after_ingest({}, 0))
    number = 0
    for target in COMPACTION_STEPS:
        for moment in ("before", "after"):
            number += 1
            library.run(killed.ingest, number)
            library.settle(after_ingest(library.works, number))
            assert library.run(killed.compact, at=(target, moment, 1)).was_killed
            library.settle(library.works)
            is_committed = target in COMMITTED[1:] or (target == COMMITTED[0] and moment == "after")
            assert (library.dead() == 0) == is_committed, (target, moment)
    assert not library.run(killed.compact).was_killed
    library.settle(library.works)
    assert (library.dead(), len(library.files())) == (0, 1)


@pytest.mark.long
def test_an_undoing_killed_at_each_step(library: Library) -> None:
    """Killed before or after any step: up to the commit the batch is there, from the commit on it is not."""
    library.run(killed.ingest, 0)
    library.settle(after_ingest({}, 0))
    before = library.works
    library.run(killed.ingest, 1)
    library.settle(after_ingest(before, 1))
    for target in UNDO_STEPS:
        for moment in ("before", "after"):
            assert library.run(killed.undo, 2, at=(target, moment, 1)).was_killed
            is_committed = library.settle(library.works, before)
            assert is_committed == (target == UNDO_STEPS[-1] and moment == "after"), (target, moment)


@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize("target", MAKING_STEPS)
def test_the_making_of_a_database_killed_at_each_step(tmp_path: Path, target: str, moment: str) -> None:
    """Killed before or after any step, its files half written: it can be made again."""
    library = Library(tmp_path / "db", is_made=True)
    assert library.run(killed.make, at=(target, moment, 1)).was_killed
    Database.open(library.folder, create=True).close()
    library.run(killed.ingest, 1)
    assert library.settle(after_ingest({}, 1)) == 0


@pytest.mark.parametrize("kills", [2, pytest.param(50, marks=pytest.mark.long)])
@pytest.mark.parametrize("operation", OPERATIONS)
def test_killed_at_random_moments(tmp_path: Path, operation: str, kills: int) -> None:
    """After each kill every committed work is found, no half work is, doctor is content, and the next write tidies."""
    tally = killed_at_random(tmp_path, operation, kills, seed=20261120)
    assert (tally.wrong, tally.counts) == ([], (0, kills, 0))


SCRIPT = """
from provenance import Database, Document
from provenance.database import ingest as ingestion

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


@pytest.mark.long
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
