"""Tombstones: a withdrawn work stays out until the operator says otherwise."""

from __future__ import annotations

from dataclasses import replace

import pytest

from provenance import Basis, Claim, Database, Document, LicenceStatus
from tests.database.samples import HAIKU, TIMES, WHALE, found

WORK = Document(text=WHALE, id="w", title="Moby-Dick", licence="MIT", source="https://e.org/w", collection="sea")


@pytest.fixture(autouse=True)
def _withdrawn(database: Database) -> None:
    database.ingest([WORK, Document(text=TIMES, id="t", collection="sea")])
    key = database.find_work("w").key
    curated = Claim(status=LicenceStatus.PUBLIC_DOMAIN, licence=None, basis=Basis.CURATED, who="Ann")
    database.catalogue.add_claim(key, curated)
    assert database.withdraw(database.find_work("w"), reason="asked by the author", who="Ann")


@pytest.mark.parametrize(
    "document",
    [
        WORK,
        replace(WORK, id="renamed", source=None),
        replace(WORK, collection="moved", source=None),
        replace(WORK, text=HAIKU, source=None),
        Document(text=HAIKU, id="https://e.org/elsewhere", source="https://e.org/w"),
        Document(text=WHALE),
    ],
    ids=["again", "renamed", "moved", "changed", "same address", "bare text"],
)
def test_a_withdrawn_work_is_left_out(database: Database, document: Document) -> None:
    """By its id, its address or its content, with a line that says who withdrew it and why; the others come in."""
    result = database.ingest([document, Document(text="A quite ordinary sentence about nothing.", id="o")])
    assert (result.added, result.left_out) == (1, 1)
    (line,) = result.warnings
    assert line.startswith("1 withdrawn work left out: 'Moby-Dick', withdrawn by Ann on 20")
    assert line.endswith(": asked by the author; give --readmit to let it in again")
    assert found(database, f"{WHALE} {HAIKU}") == []
    assert database.catalogue.list_batches()[0].left_out == 1


def test_another_work_is_not_left_out(database: Database) -> None:
    """A work of another id, address and content is as welcome as before."""
    assert database.ingest(Document(text=HAIKU, id="x", source="https://e.org/x", collection="sea")).left_out == 0


def test_readmitting(database: Database) -> None:
    """--readmit lets it in as a new work, without the curator's claim; from then on it is a work like any other."""
    result = database.ingest(WORK, readmit=True)
    assert (result.added, result.left_out, result.warnings) == (1, 0, ())
    assert (database.find_work("w").licence, database.catalogue.list_tombstones()) == ("MIT", ())
    assert database.ingest(WORK).unchanged == 1
    database.undo(result.batch)
    assert [stone.source_id for stone in database.catalogue.list_tombstones()] == ["w"]
    assert database.ingest(WORK).left_out == 1


def test_an_address_of_several_works_keeps_none_of_them_out(database: Database) -> None:
    """What a folder was ingested under with one --source does not count, when one work of it is withdrawn."""
    ours = [Document(text=text, id=f"f{n}", source="https://e.org/all") for n, text in enumerate((HAIKU, TIMES + "!"))]
    database.ingest(ours)
    database.withdraw(database.find_work("f0"))
    assert database.catalogue.list_tombstones()[0].source is None
    result = database.ingest([*ours, Document(text="Nothing that was seen here before.", source="https://e.org/all")])
    assert (result.added, result.unchanged, result.left_out) == (1, 1, 1)


def test_a_twin_that_stays_may_be_ingested_again(database: Database) -> None:
    """A work with the content of the withdrawn one that was not withdrawn itself can be updated."""
    twins = [Document(text=HAIKU, id=name) for name in ("one", "two")]
    database.ingest(twins)
    database.withdraw(database.find_work("one"))
    assert database.ingest([replace(twins[1], title="T")]).title_changed == 1
    assert database.ingest(Document(text=HAIKU, id="three")).left_out == 1
    database.ingest([replace(twins[1], text=TIMES)])
    assert database.ingest([twins[1]]).left_out == 1


def test_chapters_that_name_one_source_keep_their_numbers(database: Database) -> None:
    """A chapter that is left out keeps its name: the next chapter is not taken for it."""
    chapters = [Document(text=text, source="https://e.org/book") for text in (HAIKU, TIMES, WHALE + " The end.")]
    database.ingest(chapters)
    first = database.find_work("https://e.org/book")
    database.withdraw(first)
    result = database.ingest(chapters)
    assert (result.added, result.unchanged, result.left_out) == (0, 2, 1)


def test_an_ingest_asks_nothing_where_nothing_is_withdrawn(database: Database, monkeypatch) -> None:
    """Without tombstones no portion is looked up, with one it is."""
    asked: list[int] = []
    find = database.catalogue.find_withdrawn
    monkeypatch.setattr(database.catalogue, "find_withdrawn", lambda sought: asked.append(len(sought)) or find(sought))
    database.ingest(WORK, readmit=True)
    assert asked == [1]
    database.ingest(WORK)
    assert asked == [1]
