"""Batches, what they replace, and tombstones, on SQLite and on PostgreSQL."""

from __future__ import annotations

from dataclasses import replace

import pytest

from provenance.catalogue import Batch, Catalogue, Location, Phrase, Replacement, UndoResult
from provenance.errors import UsageError
from provenance.works import Signal
from tests.catalogue.builders import NOON, a_batch, a_claim, a_segment, a_work

HERE, THERE = Location("one", 0), Location("one", 1)
OLD = a_work(
    "a", title="Old \ud800", authors=("Ann", "Bob"), year=1851, signals=(Signal(kind="k", value="1", observed_at=NOON),)
)
SHORT = a_work("p", stored=Phrase(b"\1\0\2\0", "the 鯨"), tokens=2)
HASHED = a_work("h", stored=Phrase(b"", None, 2**64 - 1, 3), tokens=3)


def test_undoing_gives_back_rows_places_and_claims(catalogue: Catalogue) -> None:
    """Columns, authors, claims, signals, phrases and places are as before, also of fingerprints above 63 bits."""
    catalogue.commit(a_batch(OLD, SHORT, HASHED))
    works, state, phrases = catalogue.works([OLD.key, SHORT.key]), catalogue.state(), list(catalogue.phrases())
    later = Signal(kind="k", value="2")
    new = [
        replace(a_work("a", stored=THERE), title="New", claims=(a_claim("ISC", days=1),), signals=(later,)),
        a_work("p", stored=Location("one", 2)),
        a_work("h", stored=Phrase(b"", None, 5, 9), tokens=9),
        a_work("n"),
    ]
    done = catalogue.commit(Batch(works=tuple(new), what="w" * 9, trusted=False, left_out=3))
    assert (done.batch, done.added, done.replaced, done.licence_changed, done.title_changed) == (2, 1, 3, 1, 1)
    assert catalogue.list_batches()[0].left_out == 3
    assert [stored for _, stored in sorted(catalogue.replaced_phrases())] == [stored for _, stored in phrases]
    assert catalogue.undo(2) == UndoResult(batch=2, removed=1, restored=3, kept=(), revision=3)
    assert catalogue.works([OLD.key, SHORT.key]) == works
    assert list(catalogue.phrases()) == phrases
    assert replace(catalogue.state(), revision=1, indexed_at=None, deleted={}) == replace(state, indexed_at=None)
    assert catalogue.location_of(OLD.key) == HERE
    assert (len(catalogue.claims(OLD.key)), catalogue.signals(OLD.key)) == (1, OLD.signals)
    with pytest.raises(UsageError, match="batch 2 was undone on"):
        catalogue.undo(2)
    catalogue.undo(1)
    assert (catalogue.state().works, catalogue.state().tokens, catalogue.statistics()["creators"]) == (0, 0, 0)


def test_what_a_compaction_removed_is_emptied(catalogue: Catalogue) -> None:
    """Of a text that has left its segment, and of every phrase, nothing is kept; the works stay as they are."""
    catalogue.commit(a_batch(OLD, SHORT))
    catalogue.commit(
        a_batch(a_work("a", stored=Location("two", 0)), a_work("p", stored=Location("two", 1)), segments=("two",))
    )
    catalogue.replace_segments(Replacement(("one",), (), (), {}))
    catalogue.clear_lost_works()
    assert catalogue.replaced_phrases() == []
    result = catalogue.undo(2)
    assert (result.restored, sorted(result.kept)) == (0, ["a", "p"])
    assert catalogue.location_of(OLD.key) == Location("two", 0)


def test_a_text_that_was_moved_by_a_compaction_is_found_again(catalogue: Catalogue) -> None:
    """Where another work has the earlier text, a work gets it back from there, in whichever segment that is by now."""
    twin = a_work("b", content_hash=OLD.content_hash)
    catalogue.commit(a_batch(OLD, twin))
    catalogue.commit(a_batch(a_work("a", stored=Location("two", 0)), segments=("two",)))
    moved = Replacement(("one",), (a_segment("three"),), (), {HERE: Location("three", 2)})
    catalogue.replace_segments(moved)
    catalogue.clear_lost_works()
    assert catalogue.undo(2).restored == 1
    assert catalogue.location_of(OLD.key) == Location("three", 2)


def test_tombstones(catalogue: Catalogue) -> None:
    """A withdrawn work is found by key, address or content until it is let in again; undoing that ends it."""
    work = replace(OLD, source="https://e.org/\0a")
    catalogue.commit(a_batch(work))
    assert (catalogue.has_tombstones(), catalogue.find_withdrawn({1: (None, work.content_hash)})) == (False, {})
    catalogue.withdraw(work.key, reason="r", who="Ann")
    (stone,) = catalogue.list_tombstones()
    assert (stone.collection, stone.source_id, stone.reason, stone.who) == ("books", "a", "r", "Ann")
    other = b"o" * 16
    sought = {
        work.key: (None, other),
        1: (work.source, other),
        2: ("", work.content_hash),
        3: ("x", other),
        4: (None, other),
    }
    assert catalogue.find_withdrawn(sought) == {work.key: (stone,), 1: (stone,), 2: (stone,)}
    done = catalogue.commit(replace(a_batch(work, segments=()), readmitted=(stone.id,)))
    assert (catalogue.has_tombstones(), catalogue.find_withdrawn(sought)) == (False, {})
    catalogue.undo(done.batch)
    assert catalogue.list_tombstones() == (stone,)


def test_trust_of_a_collection(catalogue: Catalogue) -> None:
    """All works of a collection, and what they were before, are trusted or not; others stay as they are."""
    catalogue.commit(a_batch(replace(OLD, trusted=True), SHORT, a_work("x", collection="code")))
    done = catalogue.commit(a_batch(replace(OLD, title="New"), segments=()))
    assert (done.distrusted, catalogue.statistics()["trust"]) == (1, {"books": "untrusted", "code": "untrusted"})
    assert catalogue.trust("books", trusted=True) == 2
    assert catalogue.statistics()["trust"] == {"books": "trusted", "code": "untrusted"}
    assert catalogue.trust("books", trusted=False) == 2
    catalogue.undo(done.batch)
    assert not catalogue.works([OLD.key])[OLD.key].trusted
    with pytest.raises(UsageError, match="no work is in a collection called 'bocks'; there is 'books'"):
        catalogue.trust("bocks", trusted=True)
