"""Batches: what each ingest did is listed, and can be taken back."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from provenance import Basis, Claim, Database, Document, LicenceStatus, Signal
from provenance.catalogue import BatchSummary
from provenance.database import UndoResult, examine
from provenance.errors import UsageError
from tests.database.samples import HAIKU, MOTTO, TIMES, WHALE, found, words
from tests.strategies import examples


def listed(database: Database) -> list[BatchSummary]:
    return list(database.catalogue.list_batches())


def state(database: Database) -> dict[str, object]:
    """Everything that a reader may learn of the works, by id, but the moment of the ingest."""
    works = database.catalogue.search(limit=1_000)
    return {
        work.id: (
            replace(work, ingested_at=work.ingested_at.min),
            database.catalogue.claims(work.key),
            database.catalogue.signals(work.key),
            database.quote(work, 0, 1, around=10_000),
        )
        for work in works
    }


def totals(database: Database) -> tuple[int, int]:
    now = database.snapshot().state
    return now.works, now.tokens


def trouble(database: Database, withdrawn: str | None = None) -> list[str]:
    return [wrong for _, wrong in examine(database.folder, withdrawn=withdrawn) if wrong]


WORK = Document(
    text=WHALE, id="w", title="Moby-Dick", authors=("Herman Melville", "Anon"), year=1851, licence="CC-BY-4.0",
    source="https://e.org/w", copyright="© 1851", notice="N", language="en",
)  # fmt: skip
PHRASE = Document(text=MOTTO, id="m", title="Motto", licence="MIT")


def test_a_batch_says_what_an_ingest_did(database: Database) -> None:
    """Number, name, trust and counts are listed, the latest first; what changes nothing is no batch."""
    first = database.ingest([WORK, PHRASE], what="a.jsonl, b.jsonl", trusted=True)
    assert (first.batch, first.added, first.left_out) == (1, 2, 0)
    same = database.ingest([WORK, PHRASE], trusted=True)
    assert (same.batch, same.unchanged, same.revision) == (0, 2, 2)
    second = database.ingest(
        [replace(WORK, licence="MIT"), replace(PHRASE, title="T"), Document(text=TIMES, id="t")], trusted=True
    )
    assert (second.batch, second.added, second.unchanged) == (2, 1, 2)
    assert (second.licence_changed, second.title_changed) == (1, 1)
    later, earlier = listed(database)
    assert earlier == BatchSummary(
        id=1, when=earlier.when, what="a.jsonl, b.jsonl", trusted=True, added=2, replaced=0, unchanged=0,
        licence_changed=0, title_changed=0, left_out=0, undone_at=None,
    )  # fmt: skip
    assert (later.id, later.what, later.licence_changed, later.title_changed) == (2, "documents of a program", 1, 1)


def test_a_second_ingest_of_the_same_works_stores_nothing(database: Database) -> None:
    """Of works that are ingested again as they are nothing is kept for undoing; of one that changed, one row is."""
    works = [Document(text=words(100 * n, 40), id=f"{n}", title="T \ud800", licence="MIT") for n in range(20)]
    database.ingest(works)
    database.ingest(works)
    assert kept_rows(database) == 0
    database.ingest([replace(works[0], year=1900), *works[1:]])
    assert kept_rows(database) == 1


def kept_rows(database: Database) -> int:
    with database.catalogue._begin_reading() as connection:
        return int(connection.exec_driver_sql("SELECT count(*) FROM replaced_works").scalar_one())


def test_undoing_gives_back_what_was_there(database: Database) -> None:
    """Metadata, authors, content, licence, claims and signals are as before; added works are gone."""
    database.ingest([WORK, PHRASE])
    before, sums = state(database), totals(database)
    changed = [
        Document(text=HAIKU, id="w", title="Other", licence="GPL-3.0-only", signals=(Signal(kind="k", value="v"),)),
        Document(text=TIMES, id="m", authors=("Someone",)),
        Document(text=words(0, 50), id="new"),
    ]
    batch = database.ingest(changed, trusted=True).batch
    assert state(database).keys() == {"w", "m", "new"}
    assert database.undo(batch) == UndoResult(batch=2, removed=1, restored=2, kept=(), revision=3)
    assert (state(database), totals(database), trouble(database)) == (before, sums, [])
    assert found(database, f"{WHALE} {MOTTO} {TIMES}") == ["m", "w"]
    assert listed(database)[0].undone_at is not None
    with pytest.raises(UsageError, match="batch 2 was undone on "):
        database.undo(2)
    database.undo(1)
    assert (state(database), totals(database), trouble(database)) == ({}, (0, 0), [])
    with pytest.raises(UsageError, match="there is no batch 3"):
        database.undo(3)


def test_a_later_batch_has_to_be_undone_first(database: Database) -> None:
    """A batch whose work a later one has changed is refused by the name of that; undone, it is in the way no more."""
    database.ingest([WORK, PHRASE])
    database.ingest(replace(WORK, title="Second"))
    database.ingest(replace(WORK, title="Third"), what="third.jsonl")
    with pytest.raises(UsageError, match=r"batch 3 \('third.jsonl'\) has changed a work of batch 1 since; undo 3"):
        database.undo(1)
    for batch in (3, 2, 1):
        database.undo(batch)
    assert state(database) == {}


def test_curators_claims_survive_ingests_and_undoing(database: Database) -> None:
    """What a curator says is no batch, counts over every later ingest, and stays when one of these is undone."""
    database.ingest(WORK)
    database.ingest(replace(WORK, licence="MIT"))
    key = database.find_work("w").key
    curated = Claim(status=LicenceStatus.LICENSED, licence="AGPL-3.0-only", basis=Basis.CURATED, who="Ann")
    database.catalogue.add_claim(key, curated)
    database.ingest(replace(WORK, licence="ISC"))
    assert (database.find_work("w").licence, len(listed(database))) == ("AGPL-3.0-only", 3)
    for batch in (3, 2):
        database.undo(batch)
    assert database.find_work("w").licence == "AGPL-3.0-only"
    assert [claim.licence for claim in database.catalogue.claims(key)] == ["CC-BY-4.0", "AGPL-3.0-only"]


def test_what_was_withdrawn_since_stays_withdrawn(database: Database) -> None:
    """Undoing brings back neither a work withdrawn after the batch, nor its text under the name of another work."""
    database.ingest([WORK, PHRASE, Document(text=WHALE, id="copy")])
    database.ingest([replace(WORK, text=TIMES), replace(PHRASE, text=HAIKU)])
    for name in ("m", "copy"):
        database.withdraw(database.find_work(name))
    result = database.undo(2)
    assert (result.restored, result.kept) == (0, ("w",))
    assert found(database, f"{WHALE} {MOTTO} {HAIKU} {TIMES}") == ["w"]
    assert found(database, WHALE) == []
    assert kept_rows(database) == 0


def test_undoing_after_a_compaction(database: Database) -> None:
    """A work whose earlier text has left the disk stays as it is and is listed; one that has its text is as before."""
    shared = Document(text=words(500, 60), id="shared")
    database.ingest([WORK, PHRASE, shared, replace(shared, id="other"), Document(text=TIMES, id="t", title="Old")])
    changed = [replace(WORK, text=words(0, 60)), replace(PHRASE, text=HAIKU), replace(shared, text=words(100, 60))]
    database.ingest([*changed, Document(text=TIMES, id="t", title="New")])
    assert "what the work" in trouble(database, MOTTO)[0]
    database.compact()
    assert (trouble(database, MOTTO), trouble(database, WHALE)) == ([], [])
    result = database.undo(2)
    assert (result.restored, sorted(result.kept)) == (2, ["m", "w"])
    assert found(database, f"{WHALE} {MOTTO}") == []
    assert found(database, f"{HAIKU}\n{words(0, 60)}") == ["m", "w"]
    assert found(database, shared.text) == ["other", "shared"]
    assert database.find_work("t").title == "Old"
    assert database.undo(1).removed == 5
    assert (state(database), totals(database), trouble(database)) == ({}, (0, 0), [])


def test_trust(database: Database) -> None:
    """Works are trusted as they were ingested; an untrusted ingest ends that with a warning, and `trust` says it."""
    database.ingest([WORK, PHRASE], trusted=True)
    warned = database.ingest(replace(WORK, title="T")).warnings
    assert warned == ("1 works are no longer trusted; give --trusted if you vouch for them",)
    assert database.catalogue.statistics()["trust"] == {"default": "partly trusted"}
    revision = database.catalogue.revision()
    assert database.trust("default") == 2
    assert database.catalogue.revision() == revision + 1
    assert database.catalogue.statistics()["trust"] == {"default": "trusted"}
    assert database.trust("default", trusted=False) == 2
    assert database.catalogue.statistics()["trust"] == {"default": "untrusted"}
    database.undo(2)  # before it the work was trusted, but the operator has said otherwise since
    assert database.catalogue.statistics()["trust"] == {"default": "untrusted"}
    with pytest.raises(UsageError, match="no work is in a collection called 'defautl'; there is 'default'"):
        database.trust("defautl")


TEXTS = (WHALE, HAIKU, MOTTO, words(0, 40), words(500, 60))  # these have nothing in common
NAMES = st.sampled_from("abc")
WORKS = st.tuples(st.sampled_from(TEXTS), st.sampled_from(("T", "U")))
STEPS = st.one_of(
    st.tuples(st.just("ingest"), st.dictionaries(NAMES, WORKS, min_size=1)),
    st.tuples(st.just("withdraw"), NAMES),
    st.tuples(st.just("undo"), st.integers(1, 4)),
    st.tuples(st.just("compact"), st.none()),
)  # fmt: skip
Works = dict[str, tuple[str, str]]


@dataclass
class Shelf:
    """What a database should hold: texts and titles by id, what each batch changed, and what was withdrawn."""

    works: Works = field(default_factory=dict)
    batches: dict[int, dict[str, tuple[str, str] | None]] = field(default_factory=dict)
    last: dict[str, list[int]] = field(default_factory=dict)
    names: set[str] = field(default_factory=set)
    texts: set[str] = field(default_factory=set)
    is_compacted: bool = False

    def ingest(self, database: Database, news: Works) -> None:
        result = database.ingest([Document(text=text, id=name, title=title) for name, (text, title) in news.items()])
        taken = {
            name: work
            for name, work in news.items()
            if not (name in self.names or work[0] in self.texts)
            or (name in self.works and self.works[name][0] == work[0])
        }
        changed = {name: work for name, work in taken.items() if self.works.get(name) != work}
        assert (result.batch != 0, result.left_out) == (bool(changed), len(news) - len(taken))
        if changed:
            self.batches[result.batch] = {name: self.works.get(name) for name in changed}
            for name in changed:
                self.last.setdefault(name, [0]).append(result.batch)
        self.works |= changed

    def withdraw(self, database: Database, name: str) -> None:
        if name in self.works:
            database.withdraw(database.find_work(name))
            self.names.add(name)
            self.texts.add(self.works.pop(name)[0])
            self.last.pop(name)
            for before in self.batches.values():
                before.pop(name, None)

    def undo(self, database: Database, number: int) -> None:
        before = self.batches.get(number)
        in_the_way = before and any(self.last[name][-1] > number for name in before)
        if before is None or in_the_way:
            with pytest.raises(UsageError, match=r"batch \d+"):
                database.undo(number)
            return
        kept = database.undo(number).kept
        del self.batches[number]
        for name, work in before.items():
            if work is None:
                del self.works[name]
                del self.last[name]
                continue
            self.last[name].remove(number)
            if name in kept:
                assert self.is_compacted or work[0] in self.texts
                assert self.works[name][0] != work[0]
            else:
                self.works[name] = work


@pytest.mark.long
@settings(max_examples=examples(20), deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(STEPS, min_size=3, max_size=12))
def test_any_sequence_leaves_what_was_asked_for(tmp_path_factory, steps) -> None:
    """After ingests, withdrawals, undoings and compactions in any order the works are those of a dictionary."""
    shelf = Shelf()
    with Database.open(tmp_path_factory.mktemp("db") / "db", create=True) as database:
        for step, value in steps:
            if step == "ingest":
                shelf.ingest(database, value)
            elif step == "withdraw":
                shelf.withdraw(database, value)
            elif step == "undo":
                shelf.undo(database, value)
            else:
                database.compact()
                shelf.is_compacted = True
            works = database.catalogue.search(limit=100)
            assert {work.id: work.title for work in works} == {name: title for name, (_, title) in shelf.works.items()}
            assert totals(database) == (len(works), sum(work.tokens for work in works))
            for text in TEXTS[:3]:
                assert found(database, text) == sorted(name for name, (held, _) in shelf.works.items() if held == text)
        assert trouble(database) == []
        database.compact()
        for text in shelf.texts - {text for text, _ in shelf.works.values()}:
            assert trouble(database, text) == []
