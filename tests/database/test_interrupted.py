"""Ctrl-C during an ingest: what is whole is committed, and the same ingest again goes on."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from provenance import Database, Document
from provenance.database import IngestInterruptedError, examine, ingest
from provenance.database import build as building
from tests.database.samples import HAIKU, TIMES, WHALE, found, segments, words

WORKS = [
    *(Document(text=text, id=name) for name, text in (("w", WHALE), ("t", TIMES), ("h", HAIKU))),
    *(Document(text=words(n * 40, 40), id=str(n)) for n in range(4)),
]


@pytest.fixture(autouse=True)
def two_works_a_batch(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ingest, "BATCH_WORKS", 2)


def stopped_after(count: int) -> Iterator[Document]:
    yield from WORKS[:count]
    raise KeyboardInterrupt


def held(database: Database) -> set[str]:
    assert [trouble for _, trouble in examine(database.folder) if trouble] == []
    return {work.id for work in database.catalogue.search()}


def test_before_anything_is_whole(database: Database) -> None:
    """Where no batch is finished Ctrl-C is an ordinary interruption, and nothing is changed."""
    with pytest.raises(KeyboardInterrupt) as stopped:
        database.ingest(stopped_after(1))
    assert not isinstance(stopped.value, IngestInterruptedError)
    assert (held(database), segments(database), database.catalogue.revision()) == (set(), [], 0)


@pytest.mark.parametrize("count", range(4, len(WORKS)))
def test_while_documents_are_read(database: Database, count: int) -> None:
    """Of the works read so far those of finished batches are in, the others not; then all are, none twice."""
    with pytest.raises(IngestInterruptedError) as stopped:
        database.ingest(stopped_after(count))
    whole = held(database)
    assert whole <= {work.id for work in WORKS[:count]}
    assert stopped.value.result.added == len(whole) >= count - 3
    assert found(database, WHALE) == (["w"] if "w" in whole else [])
    result = database.ingest(WORKS)
    assert (result.added, result.unchanged) == (len(WORKS) - len(whole), len(whole))
    assert set(segments(database)) == database.catalogue.segment_names()


def test_while_a_segment_is_built(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """The batch being built is left out; the ones before are in."""
    build, calls = building.build_segment, iter(range(100))

    def interrupted(*arguments, **options):  # type: ignore[no-untyped-def]
        if next(calls) == 2:
            raise KeyboardInterrupt
        return build(*arguments, **options)

    monkeypatch.setattr(building, "build_segment", interrupted)
    with pytest.raises(IngestInterruptedError):
        database.ingest(WORKS)
    assert held(database) == {"w", "t", "h", "0"}


@pytest.mark.long
def test_with_workers(database: Database) -> None:
    """With worker processes too the finished batches are in, and the rest follows."""
    with pytest.raises(IngestInterruptedError):
        database.ingest(stopped_after(6), workers=2)
    assert held(database) <= {work.id for work in WORKS[:6]}
    database.ingest(WORKS, workers=2)
    assert held(database) == {work.id for work in WORKS}


def test_a_work_that_was_there_keeps_its_text(database: Database) -> None:
    """A replacement that was not whole is not made: the work is as it was."""
    database.ingest(Document(text=TIMES, id="1"))
    with pytest.raises(IngestInterruptedError):
        database.ingest(stopped_after(5))
    assert found(database, TIMES) == ["1", "t"]


@pytest.mark.parametrize("second", ["flush", "commit"])
def test_pressed_again_nothing_is_committed(database: Database, monkeypatch: pytest.MonkeyPatch, second: str) -> None:
    """A second Ctrl-C before the commit leaves the database as it was, without files."""

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(*((ingest, "flush") if second == "flush" else (database.catalogue, "commit")), interrupt)
    with pytest.raises(KeyboardInterrupt) as stopped:
        database.ingest(stopped_after(5))
    assert not isinstance(stopped.value, IngestInterruptedError)
    assert (held(database), segments(database)) == (set(), [])
