"""What is committed comes back, on SQLite and on PostgreSQL."""

import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest

from provenance.catalogue import Batch, Canary, Catalogue, Commit, Location, Phrase, State
from provenance.errors import UsageError
from provenance.works import Basis, Claim, Keep, LicenceStatus, Role, Signal, Work
from tests.catalogue.builders import NOON, a_batch, a_claim, a_segment, a_work


def test_a_new_catalogue_is_empty(catalogue: Catalogue) -> None:
    """A new catalogue has nothing to search and says so."""
    assert catalogue.state() == State(0, 0, 0, None, (), {}, ())
    assert catalogue.search() == ()
    assert list(catalogue.phrases()) == []
    assert catalogue.segment_names() == set()
    assert catalogue.statistics() == {
        "works": 0, "tokens": 0, "statuses": {}, "collections": {}, "trust": {}, "licences": {},
        "creators": 0,
    }  # fmt: skip


def test_a_work_comes_back_whole(catalogue: Catalogue) -> None:
    """Every field of a work is handed out as it went in, with the moment of its ingestion."""
    new = a_work(
        "moby", title="Moby-Dick; ør, the 鯨", authors=("Herman Melville", "Anon"), year=1851, source="https://e.org/?a=1",
        copyright="© 1851", notice="N", language="en", tokens=7, characters=30, keep=Keep.TEXT, place="a.jsonl:1",
        role=Role.BOILERPLATE,
    )  # fmt: skip
    before = datetime.now(UTC)
    assert catalogue.commit(a_batch(new)) == Commit(revision=1, batch=1, added=1)
    work = catalogue.works([new.key, 12345])[new.key]
    assert work == Work(
        key=new.key, id="moby", collection="books", title="Moby-Dick; ør, the 鯨", authors=("Herman Melville", "Anon"),
        year=1851, source="https://e.org/?a=1", status=LicenceStatus.LICENSED, licence="MIT", copyright="© 1851",
        notice="N", language="en", tokens=7, characters=30, keep=Keep.TEXT, ingested_at=work.ingested_at,
        role=Role.BOILERPLATE,
    )  # fmt: skip
    plain = a_work("plain")
    catalogue.commit(a_batch(plain, segments=()))
    assert catalogue.works([plain.key])[plain.key].role is Role.WORK
    assert before <= work.ingested_at <= datetime.now(UTC)
    assert work.ingested_at.tzinfo is UTC
    assert catalogue.content_hashes([new.key, 12345]) == {new.key: new.content_hash}


def test_the_state_after_a_commit(catalogue: Catalogue) -> None:
    """The state tells the segments in order, their canaries with unsigned fingerprints, and the totals."""
    canaries = (Canary("one", 2**64 - 1, 5), Canary("one", 7, 0), Canary("two", 2**63, 1))
    works = (a_work("a"), a_work("b", stored=Location("two", 1)), a_work("c", stored=Phrase(b"\1\0", None), tokens=1))
    catalogue.commit(Batch(works, (a_segment("two"), a_segment("one")), canaries))
    state = catalogue.state()
    assert state.indexed_at is not None
    assert state == State(
        revision=1, works=3, tokens=201, indexed_at=state.indexed_at, segments=(a_segment("two"), a_segment("one")),
        deleted={}, canaries=(canaries[2], canaries[1], canaries[0]),
    )  # fmt: skip
    assert catalogue.segment_names() == {"one", "two"}


def test_a_later_batch_adds_to_a_segment_that_is_there(catalogue: Catalogue) -> None:
    """The same content from another source is another work at the same place; both are sources of it."""
    catalogue.commit(a_batch(a_work("b", year=1900)))
    catalogue.commit(a_batch(a_work("a", year=1850), a_work("n"), segments=()))
    places = [Location("one", 0), Location("one", 1), Location("nowhere", 0)]
    found = catalogue.works_at(iter(places))
    assert {place: [work.id for work in works] for place, works in found.items()} == {
        places[0]: ["a", "b", "n"], places[1]: [], places[2]: [],
    }  # fmt: skip


def test_many_places_in_many_segments(catalogue: Catalogue) -> None:
    """Places are told apart by segment and ordinal together, however many are asked for."""
    names = tuple(f"s{n:02}" for n in range(30))
    works = [a_work(f"{name}/{n}", stored=Location(name, n)) for name in names for n in range(40)]
    catalogue.commit(a_batch(*works, segments=names))
    found = catalogue.works_at(work.stored for work in works if isinstance(work.stored, Location))
    assert {place: [work.id for work in those] for place, those in found.items()} == {
        work.stored: [work.id] for work in works
    }
    assert catalogue.works_at([]) == {}


def test_replacing_a_work(catalogue: Catalogue) -> None:
    """Ingesting a work again replaces metadata and content; what it had before is dead, its claims are kept."""
    old = a_work("a", title="Old", authors=("Ann", "Bob"), stored=Location("one", 2))
    catalogue.commit(a_batch(old, a_work("b", authors=("Bob",))))
    new = a_work(
        "a", title="New", authors=("Cyd",), tokens=5, stored=Location("two", 0), claims=(a_claim("ISC", days=1),)
    )
    assert catalogue.commit(a_batch(new, segments=("two",))) == Commit(
        revision=2, batch=2, replaced=1, licence_changed=1, title_changed=1
    )
    work = catalogue.works([new.key])[new.key]
    assert (work.title, work.authors, work.licence, work.tokens) == ("New", ("Cyd",), "ISC", 5)
    assert catalogue.claims(new.key) == (a_claim("MIT"), a_claim("ISC", days=1))
    state = catalogue.state()
    assert (state.works, state.tokens, state.deleted) == (2, 105, {"one": frozenset({2})})
    assert catalogue.works_at([Location("one", 2), Location("two", 0)]) == {
        Location("one", 2): (), Location("two", 0): (work,),
    }  # fmt: skip
    assert catalogue.statistics()["creators"] == 2


def test_ingesting_the_same_again_changes_only_metadata(catalogue: Catalogue) -> None:
    """A work may stay where it is: its place stays live, and a claim that only repeats the last one is not added."""
    catalogue.commit(a_batch(a_work("a")))
    catalogue.commit(a_batch(a_work("a", title="T", claims=(a_claim(days=3),)), segments=()))
    assert catalogue.state().deleted == {}
    assert [work.title for work in catalogue.works_at([Location("one", 0)])[Location("one", 0)]] == ["T"]
    assert catalogue.claims(a_work("a").key) == (a_claim(),)


def test_phrases(catalogue: Catalogue) -> None:
    """What is kept of a short work is kept as it is, until it is replaced or withdrawn."""
    works = (
        a_work("a", stored=Phrase(b"\1\0\2\0", "the 鯨")),
        a_work("b", stored=Phrase(b"\xff\xff", None)),
        a_work("c", stored=Phrase(b"", None, 2**64 - 1, 3)),
    )
    catalogue.commit(a_batch(*works))
    assert list(catalogue.phrases()) == sorted((work.key, work.stored) for work in works)
    catalogue.commit(a_batch(a_work("a", stored=Location("one", 0)), segments=()))
    catalogue.withdraw(works[1].key)
    assert list(catalogue.phrases()) == [(works[2].key, works[2].stored)]


def test_finding_content(catalogue: Catalogue) -> None:
    """Stored content is found by its hash while a live work has it, at the place where as much is kept as is asked."""
    one, two = b"1" * 16, b"2" * 16
    catalogue.commit(
        a_batch(
            a_work("a", content_hash=one, keep=Keep.TEXT, stored=Location("one", 1), sketch=b"s" * 8),
            a_work("b", content_hash=one, keep=Keep.FINGERPRINTS, stored=Location("one", 2)),
            a_work("c", content_hash=two, tokens=2, characters=9, stored=Phrase(b"\1\0\2\0", None)),
        )
    )
    every = [one, two, b"3" * 16]
    assert catalogue.find_content(every, Keep.TEXT) == {one: (Location("one", 1), 100, 500, b"s" * 8)}
    assert catalogue.find_content(every, Keep.TOKENS) == {two: (Phrase(b"\1\0\2\0", None), 2, 9, None)}
    assert catalogue.find_content(every, Keep.FINGERPRINTS) == {one: (Location("one", 2), 100, 500, None)}
    catalogue.withdraw(a_work("a").key)
    assert catalogue.find_content(every, Keep.TEXT) == {}


def test_withdrawing(catalogue: Catalogue) -> None:
    """A withdrawn work leaves nothing but the number of its place; withdrawing it again changes nothing."""
    signal = Signal(kind="tdmrep", value="1")
    catalogue.commit(a_batch(a_work("a", authors=("Ann",), signals=(signal,)), a_work("b", stored=Location("one", 1))))
    key = a_work("a").key
    assert catalogue.withdraw(key) is True
    assert catalogue.works([key]) == {}
    assert catalogue.claims(key) == ()
    assert catalogue.signals(key) == ()
    assert catalogue.search("Ann") == ()
    assert catalogue.statistics()["creators"] == 0
    state = catalogue.state()
    assert (state.revision, state.works, state.tokens, state.deleted) == (2, 1, 100, {"one": frozenset({0})})
    assert catalogue.withdraw(key) is False
    assert catalogue.revision() == 2


def test_a_shared_place_is_alive_while_one_work_uses_it(catalogue: Catalogue) -> None:
    """A place is dead only when the last work that shares it is gone, and a work may come back to it."""
    catalogue.commit(a_batch(a_work("a"), a_work("b")))
    catalogue.withdraw(a_work("a").key)
    assert catalogue.state().deleted == {}
    catalogue.commit(a_batch(a_work("a"), segments=()))
    assert len(catalogue.works_at([Location("one", 0)])[Location("one", 0)]) == 2
    catalogue.withdraw(a_work("b").key)
    catalogue.withdraw(a_work("a").key)
    assert catalogue.state().deleted == {"one": frozenset({0})}


def test_the_later_of_two_works_with_one_key_counts(catalogue: Catalogue) -> None:
    """Within a batch the last work of a key wins, and the place of the other is dead."""
    batch = a_batch(a_work("a", title="first", stored=Location("one", 1)), a_work("a", title="second"))
    assert catalogue.commit(batch) == Commit(revision=1, batch=1, added=1)
    assert [work.title for work in catalogue.search()] == ["second"]
    assert catalogue.state().deleted == {"one": frozenset({1})}


def test_an_empty_batch(catalogue: Catalogue) -> None:
    """Committing nothing is a commit."""
    assert catalogue.commit(Batch()) == Commit(revision=1)
    assert catalogue.state().indexed_at is not None


@pytest.mark.parametrize(
    ("batch", "message"),
    [
        (a_batch(a_work("x", stored=Location("two", 0)), segments=()), "segment 'two' is neither in the batch nor"),
        (Batch((), (), (Canary("two", 1, 1),)), "segment 'two' is neither in the batch nor"),
        (a_batch(a_work("x")), "segment 'one' is in the database already"),
    ],
)
def test_a_batch_that_cannot_be_meant(catalogue: Catalogue, batch: Batch, message: str) -> None:
    """A batch with a wrong segment is refused and changes nothing."""
    catalogue.commit(a_batch(a_work("a")))
    state = catalogue.state()
    with pytest.raises(UsageError, match=message):
        catalogue.commit(batch)
    assert catalogue.state() == state


@pytest.mark.parametrize("year", [2**31, -(2**31) - 1, 10**30])
def test_a_year_that_no_database_holds(year: int) -> None:
    """A number that is no year is refused before it can stop a batch."""
    with pytest.raises(UsageError, match=f"work 'a': {year} is not a year"):
        a_work("a", year=year)


@pytest.mark.parametrize("fingerprint", [-1, 2**64])
def test_a_canary_is_unsigned(fingerprint: int) -> None:
    """A fingerprint that does not fit 64 bits is refused."""
    with pytest.raises(UsageError, match="unsigned 64-bit"):
        Canary("one", fingerprint, 0)


def test_text_that_sql_cannot_hold(catalogue: Catalogue) -> None:
    """NUL and lone surrogates in metadata are replaced, and very long names are cut; nothing stops the batch."""
    work = a_work(
        "a\ud800", title="x\0y", authors=("A\udfff", "é\0", "n" * 5000), source="s" * 9000, collection="c" * 5000,
        claims=(a_claim(evidence="\0"),),
    )  # fmt: skip
    catalogue.commit(a_batch(work))
    found = catalogue.works([work.key])[work.key]
    assert (found.id, found.title, found.authors) == ("a\ufffd", "x\ufffdy", ("A\ufffd", "é\ufffd", "n" * 600))
    assert (len(found.source or ""), len(found.collection)) == (9000, 600)
    assert catalogue.find_works("a\ud800") == (found,)


def test_a_very_long_id(catalogue: Catalogue) -> None:
    """A source id is found again whatever its length."""
    name = "https://example.org/" + "q" * 20_000
    catalogue.commit(a_batch(a_work(name)))
    assert [work.id for work in catalogue.find_works(name)] == [name]


def test_naming_a_work(catalogue: Catalogue) -> None:
    """A work is found by its id in any collection, and by its key in decimal or 16 hexadecimal digits."""
    works = (a_work("2701"), a_work("2701", collection="mirror", stored=Location("one", 1)))
    catalogue.commit(a_batch(*works))
    both = catalogue.works(work.key for work in works)
    assert catalogue.find_works("2701") == tuple(both[key] for key in sorted(both))
    for name in (str(works[0].key), f"{works[0].key:016x}", f"{works[0].key:016X}"):
        assert catalogue.find_works(name) == (both[works[0].key],)
    for name in ("", "270", "9" * 19, "9" * 400, "f" * 16, "²", "-1", "0x1"):
        assert catalogue.find_works(name) == ()


def test_searching(catalogue: Catalogue) -> None:
    """A search looks, without regard to case, in title, id, source, licence and creators; wildcards mean themselves."""
    catalogue.commit(
        a_batch(
            a_work("w1", title="Zebra 100%", authors=("Émile Zola", "émile x")),
            a_work("w2", title="apple_pie", source="https://EXAMPLE.org", stored=Location("one", 1)),
            a_work("w3", claims=(a_claim("CC-BY-4.0"),), stored=Location("one", 2)),
        )
    )

    def ids(query: str | None, **page: int) -> list[str]:
        return [work.id for work in catalogue.search(query, **page)]

    assert ids(None) == ids("") == ["w2", "w1", "w3"]
    assert ids("ÉMILE") == ids("zEBRA") == ids("0%") == ids("w1") == ["w1"]
    assert ids("example.ORG") == ids("e_p") == ["w2"]
    assert ids("cc-by") == ["w3"]
    assert ids("mit") == ["w2", "w1"]
    assert ids("%") == ["w1"]
    assert ids("a_b") == []
    assert ids("/") == ["w2"]
    assert ids("'; --") == []
    assert ids(None, limit=1) == ["w2"]
    assert ids(None, limit=5, offset=2) == ["w3"]


def test_claiming(catalogue: Catalogue) -> None:
    """A claim is added to those that are there, and the work's licence follows from all of them at once."""
    catalogue.commit(a_batch(a_work("a")))
    key = a_work("a").key
    ruling = Claim(
        status=LicenceStatus.PUBLIC_DOMAIN, licence=None, basis=Basis.CURATED, evidence="died 1891", who="ann",
        when=NOON.astimezone(timezone(timedelta(hours=5))) + timedelta(days=1), confidence=0.75,
    )  # fmt: skip
    work = catalogue.add_claim(key, ruling)
    assert (work.status, work.licence) == (LicenceStatus.PUBLIC_DOMAIN, None)
    assert catalogue.works([key]) == {key: work}
    assert catalogue.claims(key) == (a_claim(), ruling)
    assert catalogue.revision() == 2
    catalogue.commit(a_batch(a_work("a", claims=(a_claim("ISC", days=2),)), segments=()))
    assert catalogue.works([key])[key].status is LicenceStatus.PUBLIC_DOMAIN
    with pytest.raises(UsageError, match="no work with the key 5"):
        catalogue.add_claim(5, ruling)


def test_claims_are_kept_and_conflict(catalogue: Catalogue) -> None:
    """Two sources that declare different licences for one work make it conflicting, with both named."""
    catalogue.commit(a_batch(a_work("a", claims=(a_claim("MIT", who="ann"), a_claim("ISC", who="bob", days=1)))))
    work = catalogue.search()[0]
    assert (work.status, work.licence) == (LicenceStatus.CONFLICTING, "MIT; ISC")


def test_signals(catalogue: Catalogue) -> None:
    """Signals are recorded in order, once each, and stay when the work is ingested again."""
    first = Signal(kind="tdmrep", value="1", url="https://e.org/.well-known/tdmrep.json", observed_at=NOON)
    second = Signal(kind="robots", value="Content-Usage: train-ai=n")
    local = replace(first, observed_at=NOON.replace(tzinfo=None))
    catalogue.commit(a_batch(a_work("a", signals=(first, first))))
    catalogue.commit(a_batch(a_work("a", signals=(local, second)), segments=()))
    assert catalogue.signals(a_work("a").key) == (first, second)


def test_statistics(catalogue: Catalogue) -> None:
    """Works are counted by status, collection and licence, the most frequent first."""
    works = [a_work(f"{n}", authors=(f"A{n % 2}",), stored=Location("one", n)) for n in range(3)]
    works.append(a_work("x", collection="code", claims=(a_claim(None),), stored=Location("one", 3)))
    catalogue.commit(a_batch(*works))
    assert catalogue.statistics() == {
        "works": 4, "tokens": 400, "statuses": {"licensed": 3, "unknown": 1}, "collections": {"books": 3, "code": 1},
        "trust": {"books": "untrusted", "code": "untrusted"}, "licences": {"MIT": 3}, "creators": 2,
    }  # fmt: skip


def test_only_the_twenty_commonest_licences(catalogue: Catalogue) -> None:
    """A long tail of licences is cut."""
    works = [a_work(f"{n}", claims=(a_claim(f"L{n:02}"),)) for n in range(30)] + [a_work("z", claims=(a_claim("L29"),))]
    catalogue.commit(a_batch(*works))
    licences = catalogue.statistics()["licences"]
    assert (len(licences), next(iter(licences.items()))) == (20, ("L29", 2))


def test_logging_a_check(catalogue: Catalogue) -> None:
    """A logged check holds the text's hash, and does not make a new revision."""
    catalogue.log_check(b"h" * 16, 1234, 2, 7)
    with catalogue._begin_reading() as connection:
        rows = connection.exec_driver_sql("SELECT text_hash, characters, findings, generation FROM check_log").all()
    assert [tuple(row) for row in rows] == [(b"h" * 16, 1234, 2, 7)]
    assert catalogue.revision() == 0


@pytest.mark.slow
def test_more_works_than_a_statement_takes_parameters(catalogue: Catalogue) -> None:
    """Lists of any length are cut into statements."""
    works = [a_work(f"{n}", authors=(f"A{n}",), stored=Location("one", n)) for n in range(5_500)]
    catalogue.commit(a_batch(*works))
    keys = [work.key for work in works]
    assert len(catalogue.content_hashes(keys)) == len(catalogue.works(keys)) == 5_500
    assert len(catalogue.find_content((work.content_hash for work in works), Keep.TOKENS)) == 5_500
    assert catalogue.commit(a_batch(*works, segments=())) == Commit(revision=2, unchanged=5_500)
    assert catalogue.state().deleted == {}


def test_several_threads_share_a_catalogue(catalogue: Catalogue) -> None:
    """Threads read and write at the same time; every change counts."""
    catalogue.commit(a_batch(a_work("a")))
    seen: list[int] = []

    def work(number: int) -> None:
        catalogue.commit(a_batch(a_work(f"t{number}"), segments=()))
        seen.append(len(catalogue.works_at([Location("one", 0)])[Location("one", 0)]))

    threads = [threading.Thread(target=work, args=(n,)) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(seen) == 6
    assert max(seen) == 7
    assert (catalogue.state().works, catalogue.revision()) == (7, 7)


def test_a_reader_sees_one_moment(catalogue: Catalogue) -> None:
    """A work that is committed while phrases are read is not among them."""
    catalogue.commit(a_batch(a_work("a", stored=Phrase(b"\1\0", None))))
    reading = catalogue.phrases()
    first = next(reading)
    catalogue.commit(a_batch(a_work("b", stored=Phrase(b"\2\0", None)), segments=()))
    assert [first, *reading] == [(a_work("a").key, Phrase(b"\1\0", None))]
