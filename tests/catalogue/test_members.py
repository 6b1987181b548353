"""However many works share a content, few are read and all are counted, on SQLite and on PostgreSQL."""

from __future__ import annotations

import pytest
from sqlalchemy import event

from provenance.catalogue import Catalogue, Holding, Location, Member, NewWork, members
from provenance.catalogue.members import MOST
from provenance.licences import demands
from provenance.works import LicenceStatus, work_key
from tests.catalogue.builders import a_batch, a_claim, a_work

MIT = demands(LicenceStatus.LICENSED, "MIT")
HERE, THERE = Location("one", 0), Location("two", 3)


def held(catalogue: Catalogue, *places: Location) -> dict[Location, Holding]:
    return catalogue.holdings(places, demands)


def names(holding: Holding) -> list[int]:
    return [member.key for member in holding.members]


def key(name: str) -> int:
    return work_key("books", name)


def test_the_works_of_a_place_in_order_of_precedence(catalogue: Catalogue) -> None:
    """The earliest comes first, works without a year last, then by key; a place nobody uses is empty."""
    catalogue.commit(
        a_batch(
            a_work("late", year=1999), a_work("early", year=-20), a_work("never", year=None),
            a_work("free", year=2020, claims=(a_claim("CC0-1.0"),)), a_work("other", stored=THERE, year=1),
            segments=("one", "two"),
        )
    )  # fmt: skip
    found = held(catalogue, HERE, THERE, Location("one", 1), Location("nowhere", 0))
    assert [names(holding) for holding in found.values()] == [
        [key("early"), key("late"), key("free"), key("never")], [key("other")], [], [],
    ]  # fmt: skip
    assert [holding.works for holding in found.values()] == [4, 1, 0, 0]
    [first] = found[THERE].members
    assert (first.key, first.demands, first.year, first.creator) == (key("other"), MIT, 1, "in books")


@pytest.mark.parametrize(
    ("fields", "creator"),
    [
        ({"authors": ("Ann Lee", "Bob")}, "by ann lee"),
        ({"authors": ("  ANN   Lee ",), "source": "https://e.example/"}, "by ann lee"),
        ({"authors": ("ÅSA Ö",)}, "by åsa ö"),
        ({"source": "https://E.example/a/b?c=://d"}, "at e.example"),
        ({"source": "https://e.example"}, "at e.example"),
        ({"source": "file:///home/x"}, "in books"),
        ({"source": "a/b/c"}, "in books"),
        ({"source": ""}, "in books"),
        ({}, "in books"),
    ],
)
def test_what_stands_for_a_creator(catalogue: Catalogue, fields: dict[str, object], creator: str) -> None:
    """The first-named creator in plain spelling, else the host, else the collection, the same by place and by key."""
    catalogue.commit(a_batch(a_work("w", **fields)))
    member = Member(
        key=key("w"), demands=MIT, year=None, creator=creator, status=LicenceStatus.LICENSED, licence="MIT",
        collection="books", family=int.from_bytes(a_work("w").content_hash[:8], "little", signed=True), added_by=1,
    )  # fmt: skip
    assert held(catalogue, HERE)[HERE] == Holding((member,), works=1)
    assert catalogue.members([key("w"), 5], demands) == {key("w"): member}


def crowd(count: int) -> list[NewWork]:
    licences = ("MIT", "CC0-1.0", "ISC", None)
    return [
        a_work(
            f"w{n}", year=None if n % 7 == 0 else 1000 + n % 900, authors=(f"Author {n % 40}",) if n % 3 else (),
            source=f"https://h{n % 11}.example/{n}", claims=(a_claim(licences[n % 4]),),
        )
        for n in range(count)
    ]  # fmt: skip


def test_the_order_of_a_crowd_in_the_database_is_that_of_the_members(catalogue: Catalogue) -> None:
    """Being carried along, year, licence and key count the same in a query as in memory."""
    licences = ("MIT", "CC0-1.0", "AGPL-3.0-only", None)
    works = [
        a_work(f"{n}", year=(None, 1999, 2001)[n % 3], carried=n % 2 == 1, claims=(a_claim(licences[n // 4 % 4]),))
        for n in range(200)
    ]
    catalogue.commit(a_batch(*works))
    everyone = catalogue.members([work.key for work in works], demands)
    ranked = sorted(everyone.values(), key=Member.precedence)
    first = {member.key for member in ranked[: MOST // 2]}
    claims = {(member.status, member.licence, member.carried): member.key for member in reversed(ranked)}
    chosen = [member for member in ranked if member.key in first.union(claims.values())]
    # all came in one batch, so those that came first are the first by precedence
    assert held(catalogue, HERE)[HERE] == Holding(tuple(chosen), 200)
    assert (len(first), len(claims), len(chosen)) == (MOST // 2, 8, MOST // 2 + 4)


@pytest.mark.slow
def test_a_crowd_is_counted_and_its_first_are_named(catalogue: Catalogue) -> None:
    """Of 1,000 works at one place those that came first stay named, whoever comes later with an earlier year."""
    early = [a_work(f"early {n}", year=2020, claims=(a_claim("MIT"),)) for n in range(3)]
    catalogue.commit(a_batch(*early))
    works = crowd(1000)
    catalogue.commit(a_batch(*works, a_work("alone", stored=THERE), segments=("two",)))
    catalogue.withdraw(works[5].key)
    found = held(catalogue, HERE, THERE)
    assert found[HERE].works == 1002
    assert {work.key for work in early} <= set(names(found[HERE]))
    ranked = sorted(catalogue.members([work.key for work in works], demands).values(), key=Member.precedence)
    assert {member.key for member in ranked[: MOST // 2]} <= set(names(found[HERE]))
    assert len(names(found[HERE])) <= 2 * MOST
    assert (names(found[THERE]), found[THERE].works) == ([key("alone")], 1)


def test_every_live_work_of_a_segment(catalogue: Catalogue) -> None:
    """By content and key, with what the works of the place have; those of other segments and withdrawn ones are not."""
    works = [a_work("b", stored=Location("one", 2)), a_work("a", year=1), a_work("c", year=2), a_work("gone")]
    catalogue.commit(a_batch(*works, a_work("other", stored=THERE), segments=("one", "two")))
    catalogue.withdraw(key("gone"))
    everyone = catalogue.members([work.key for work in works], demands)
    assert list(catalogue.members_of("one", demands)) == [
        *sorted(((0, everyone[key(name)]) for name in "ac"), key=lambda row: row[1].key), (2, everyone[key("b")]),
    ]  # fmt: skip
    assert list(catalogue.members_of("nowhere", demands)) == []


def test_few_rows_are_read_of_a_crowd(catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a place that thousands share no more works are looked at than are named, in four statements."""
    catalogue.commit(a_batch(*crowd(3000)))
    made, statements = [], []
    make = members._read_member
    monkeypatch.setattr(members, "_read_member", lambda row, is_free: made.append(row.key) or make(row, is_free))
    event.listen(catalogue._engine, "after_cursor_execute", lambda *arguments: statements.append(arguments[2]))
    found = held(catalogue, HERE)[HERE]
    assert found.works == 3000
    assert (len(made), sum("VALUES" in statement for statement in statements)) == (len(found.members), 4)
