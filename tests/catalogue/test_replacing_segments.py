"""New segments in the place of old ones, on SQLite and on PostgreSQL."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from provenance.catalogue import Batch, Canary, Catalogue, Location, Replacement
from provenance.errors import UsageError
from provenance.works import Keep
from tests.catalogue.builders import a_batch, a_segment, a_work

MERGED = Replacement(
    old=("one", "two"), segments=(a_segment("new"),), canaries=(Canary("new", 2**63, 7),),
    moves={Location("one", 1): Location("new", 0), Location("two", 0): Location("new", 1)},
)  # fmt: skip


@pytest.fixture
def filled(catalogue: Catalogue) -> Catalogue:
    """Three segments; in the first one member is dead, another is shared by two works."""
    works = (
        a_work("dead", stored=Location("one", 0)), a_work("a", stored=Location("one", 1)),
        a_work("b", stored=Location("one", 1)), a_work("c", stored=Location("two", 0)),
        a_work("d", stored=Location("three", 0)),
    )  # fmt: skip
    canaries = tuple(Canary(name, 5, 0) for name in ("one", "two", "three"))
    catalogue.commit(replace(a_batch(*works, segments=("one", "two", "three")), canaries=canaries))
    catalogue.withdraw(works[0].key)
    return catalogue


def test_works_are_found_at_their_new_places(filled: Catalogue) -> None:
    """Members move, dead ones and old canaries go, the rest stays, and the revision is raised by one."""
    assert filled.live_ordinals("one") == [1]
    before = filled.state()
    assert filled.replace_segments(MERGED) == before.revision + 1
    places = [Location("new", 0), Location("new", 1), Location("three", 0), Location("one", 1)]
    found = filled.works_at(places)
    assert [{work.id for work in found[place]} for place in places] == [{"a", "b"}, {"c"}, {"d"}, set()]
    state = filled.state()
    assert (state.works, state.tokens, state.deleted, state.indexed_at) == (4, 400, {}, before.indexed_at)
    assert [segment.name for segment in state.segments] == ["three", "new"]
    assert state.canaries == (Canary("three", 5, 0), Canary("new", 2**63, 7))
    content = a_work("c").content_hash
    assert filled.find_content([content], Keep.TOKENS)[content][0] == Location("new", 1)


def test_segments_may_go_without_new_ones(filled: Catalogue) -> None:
    """A segment that nobody uses any more is replaced by nothing."""
    filled.withdraw(a_work("d").key)
    filled.replace_segments(Replacement(old=("three",), segments=(), canaries=(), moves={}))
    assert filled.segment_names() == {"one", "two"}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"old": ("one", "nine")}, "segment 'nine' is not in the database"),
        ({"segments": (a_segment("three"),)}, "segment 'three' is in the database already"),
        ({"segments": ()}, "segment 'new' is neither in the batch nor in the database"),
        ({"moves": {Location("two", 0): Location("new", 0)}}, "content 1 of segment 'one' is in use"),
    ],
)
def test_a_replacement_that_would_lose_something_is_refused(filled: Catalogue, change, message: str) -> None:
    """What cannot be meant raises, and the catalogue is as it was."""
    before = filled.state()
    with pytest.raises(UsageError, match=message):
        filled.replace_segments(replace(MERGED, **change))
    assert filled.state() == before


def test_vacuum_wipes_what_was_deleted(tmp_path: Path) -> None:
    """After it neither the file of SQLite nor its log has the copyright line of a withdrawn work."""
    works = tuple(a_work(f"w{n}", copyright=f"Wombat {n}", stored=Location("one", n)) for n in range(50))
    with Catalogue.open(f"sqlite:///{tmp_path / 'c.sqlite'}", create=True) as catalogue:
        catalogue.commit(Batch(works, (a_segment(works=50),)))
        for work in works[:-1]:
            catalogue.withdraw(work.key)
        assert catalogue.vacuum()
        assert sum(path.read_bytes().count(b"Wombat") for path in tmp_path.iterdir()) == 1
        assert [work.title for work in catalogue.search()] == ["Wombat 49"]


def test_vacuum_while_somebody_reads(tmp_path: Path) -> None:
    """A reader in the middle of a query goes on, and vacuum says that the log could not be emptied."""
    url = f"sqlite:///{tmp_path / 'c.sqlite'}"
    with Catalogue.open(url, create=True) as catalogue, Catalogue.open(url) as other:
        catalogue.commit(a_batch(*(a_work(f"w{n}") for n in range(3))))
        with other._begin_reading() as connection:
            connection.exec_driver_sql("SELECT * FROM works").fetchone()
            catalogue._engine.dispose()
            assert not _hurried(catalogue).vacuum()
        assert catalogue.vacuum()


def _hurried(catalogue: Catalogue) -> Catalogue:
    """The catalogue with connections that wait for nobody."""
    from sqlalchemy import event

    event.listen(catalogue._engine, "connect", lambda dbapi, _: dbapi.execute("PRAGMA busy_timeout = 0"))
    return catalogue


def test_vacuum_on_every_kind_of_catalogue(catalogue: Catalogue) -> None:
    """It succeeds, and what is there stays."""
    catalogue.commit(a_batch(a_work("a")))
    assert catalogue.vacuum()
    assert [work.id for work in catalogue.search()] == ["a"]
