"""Changing a database: batches, workers, failures in the middle, other processes, folders that are none."""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from provenance import Checker, Database, Document
from provenance.database import database as database_module
from provenance.database import examine, ingest
from provenance.errors import DatabaseBusyError, DatabaseError, DatabaseNotFoundError
from tests.database.samples import HAIKU, LANGUAGES, SWANN, TIMES, WHALE, filled, found, segments, words
from tests.strategies import examples


def library() -> list[Document]:
    named = [Document(text=text, id=name, licence="MIT") for name, text in LANGUAGES.items()]
    others = [Document(text=words(number * 40, 40), id=f"w{number}") for number in range(6)]
    return [*named, Document(text=HAIKU, id="haiku"), Document(text=WHALE, id="again"), *others]


def reports(database: Database) -> list[dict[str, object]]:
    """What checks of several texts find, without what may differ between runs."""
    texts = [" ".join([*LANGUAGES.values(), HAIKU]), words(30, 60), words(200, 100), SWANN]
    found = [Checker(database).check(text, passages=True).to_dict() for text in texts]
    return [{key: report[key] for key in ("text", "findings", "exempt", "passages")} for report in found]


@pytest.mark.parametrize("workers", [1, 2])
def test_many_segments_give_the_same_reports_as_one(tmp_path: Path, monkeypatch, workers: int) -> None:
    """How works are spread over segments, and who built them, cannot be seen in a report."""
    with filled(tmp_path / "one", *library()) as one:
        expected = reports(one)
        assert len(segments(one)) == 1
    monkeypatch.setattr(ingest, "BATCH_WORKS", 3)
    with Database.open(tmp_path / "many", create=True) as many:
        many.ingest(library(), workers=workers)
        assert len(segments(many)) > 2
        assert reports(many) == expected


def test_batches_are_cut_by_characters_too(database: Database, monkeypatch) -> None:
    """A batch ends when it has enough characters."""
    monkeypatch.setattr(ingest, "BATCH_CHARACTERS", 300)
    database.ingest([Document(text=words(n * 40, 40), id=str(n)) for n in range(6)])
    assert len(segments(database)) > 1


class StoppedError(Exception):
    pass


def documents_that_stop() -> Iterator[Document]:
    yield Document(text=TIMES, id="new")
    yield Document(text=WHALE, id="newer")
    raise StoppedError


def test_a_failure_in_the_middle_changes_nothing(database: Database, monkeypatch) -> None:
    """If the documents' source fails, what had been built is removed and the database is as it was."""
    database.ingest(Document(text=SWANN, id="old"))
    before = segments(database)
    monkeypatch.setattr(ingest, "BATCH_WORKS", 1)
    with pytest.raises(StoppedError):
        database.ingest(documents_that_stop())
    assert (segments(database), database.catalogue.revision()) == (before, 1)
    assert (found(database, TIMES), found(database, SWANN)) == ([], ["old"])


def test_an_error_after_the_commit_loses_nothing(database: Database, monkeypatch) -> None:
    """If the commit went through and the answer was lost, the committed files stay."""
    commit = database.catalogue.commit

    def interrupted(batch):  # type: ignore[no-untyped-def]
        commit(batch)
        raise KeyboardInterrupt

    monkeypatch.setattr(database.catalogue, "commit", interrupted)
    with pytest.raises(KeyboardInterrupt):
        database.ingest(Document(text=TIMES, id="t"))
    assert found(database, TIMES) == ["t"]
    assert [trouble for _, trouble in examine(database.folder) if trouble] == []


def _die(*_: object) -> None:
    import os

    os._exit(1)


def test_a_worker_that_dies_is_named_as_the_cause(database: Database, monkeypatch) -> None:
    """When a worker process is killed the ingest ends with a remedy, and nothing is changed."""
    monkeypatch.setattr(ingest, "BATCH_WORKS", 1)
    monkeypatch.setattr("provenance.database.build._run_helper", _die)
    with pytest.raises(DatabaseError, match="a worker process died while it built a segment; nothing was changed: "):
        database.ingest([Document(text=TIMES), Document(text=WHALE)], workers=2)
    assert (database.catalogue.revision(), segments(database)) == (0, [])


def test_a_second_writer_waits_and_then_gives_up(database: Database, monkeypatch) -> None:
    """Only one process writes; another one is told which, and the first goes on undisturbed."""
    monkeypatch.setattr(database_module, "WAIT_SECONDS", 0)
    with database.writing(), Database.open(database.folder) as other:
        for change in (lambda: other.ingest(Document(text=TIMES)), lambda: other.withdraw(None)):  # type: ignore[arg-type]
            with pytest.raises(DatabaseBusyError, match=r"is being written by process \d+; wait until it is done"):
                change()
    assert database.ingest(Document(text=TIMES)).added == 1


def test_left_over_files_go_with_the_next_change(database: Database) -> None:
    """Files that the catalogue does not name are no part of the database."""
    database.ingest(Document(text=TIMES, id="t"))
    live = segments(database)
    for name in ("0123.seg", "4567.building"):
        (database.folder / "segments" / name).write_bytes(b"half")
    assert found(database, TIMES) == ["t"]
    database.ingest(Document(text=HAIKU))
    assert segments(database) == live


def test_read_only(tmp_path: Path) -> None:
    """A database opened for reading refuses every change."""
    filled(tmp_path / "db", Document(text=TIMES, id="t")).close()
    with Database.open(tmp_path / "db", read_only=True) as database:
        assert found(database, TIMES) == ["t"]
        for change in (
            lambda: database.ingest(Document(text=WHALE)),
            lambda: database.withdraw(database.find_work("t")),
        ):
            with pytest.raises(DatabaseError, match="is read-only: open a copy in a folder that can be written"):
                change()


def test_a_database_whose_catalogue_is_gone_is_not_overwritten(tmp_path: Path) -> None:
    """Index files without a catalogue may belong to one on a server: they are never taken for left-overs."""
    filled(tmp_path / "db", Document(text=TIMES)).close()
    for path in (tmp_path / "db").glob("catalogue.sqlite*"):
        path.unlink()
    (segment,) = (tmp_path / "db" / "segments").iterdir()
    with pytest.raises(DatabaseNotFoundError, match=r"has index files, but no catalogue\.sqlite that says which works"):
        Database.open(tmp_path / "db", create=True)
    assert segment.exists()


def test_a_folder_of_other_things_is_left_alone(tmp_path: Path) -> None:
    """A database is made in an empty or new folder only."""
    (tmp_path / "file.txt").write_text("mine")
    with pytest.raises(DatabaseNotFoundError, match="is not empty and no provenance database; name an empty or new"):
        Database.open(tmp_path, create=True)
    with pytest.raises(
        DatabaseNotFoundError, match=r"file\.txt is a file, not a provenance database \(which is a folder\)"
    ):
        Database.open(tmp_path / "file.txt", create=True)
    assert [path.name for path in tmp_path.iterdir()] == ["file.txt"]


def _ingest_whale(folder: Path) -> None:
    with Database.open(folder) as database:
        database.ingest(Document(text=WHALE, id="w"))


def test_what_another_process_ingests_is_seen_at_the_next_check(database: Database) -> None:
    """A checker that is open finds works that another process has committed in the meantime."""
    checker = Checker(database)
    assert checker.check(WHALE).coverage.works == 0
    process = multiprocessing.get_context("spawn").Process(target=_ingest_whale, args=(database.folder,))
    process.start()
    process.join()
    report = checker.check(WHALE)
    assert (len(report.findings), report.coverage.works, report.coverage.revision) == (1, 1, 1)


@settings(max_examples=examples(25), deadline=None)
@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from((TIMES, WHALE, HAIKU)), st.booleans()), max_size=8))
def test_a_database_is_what_was_last_said_of_each_id(tmp_path_factory, steps: list[tuple[str, str, bool]]) -> None:
    """After any ingests and withdrawals exactly the works that are left are found, each by its present text."""
    expected: dict[str, str] = {}
    with Database.open(tmp_path_factory.mktemp("steps") / "db", create=True) as database:
        for name, text, stays in steps:
            if stays:
                database.ingest(Document(text=text, id=name), readmit=True)
                expected[name] = text
            elif name in expected:
                database.withdraw(database.find_work(name))
                del expected[name]
        for text in (TIMES, WHALE, HAIKU):
            assert found(database, text) == sorted(name for name, held in expected.items() if held == text)
        assert database.snapshot().state.works == len(expected)
        assert [trouble for _, trouble in examine(database.folder) if trouble] == []
