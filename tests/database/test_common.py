"""Which wordings most families of works hold, and what marking one does."""

from __future__ import annotations

from itertools import islice
from pathlib import Path

import pytest

from provenance import Checker, Database, Document
from provenance.database.common import CommonWording, find_common, list_marked, mark_common
from provenance.errors import UsageError
from provenance.licences import text as licence_text
from provenance.reports import Reason
from provenance.works import Role
from tests.database.samples import TIMES, WHALE, tokens_of, words

BANNER = (
    "We use cookies to make this site work, to measure how it is used and to remember your choices; "
    "you may accept all of them or only those that are needed"
)

EDGES = (
    "anchor", "basket", "candle", "dolphin", "engine", "feather", "garden", "hammer", "island", "jacket", "kitchen",
    "ladder", "mirror", "needle", "orange", "pencil", "quarter", "rabbit", "saddle", "temple", "umbrella", "village",
    "window", "yellow",
)  # fmt: skip


def page(number: int, *parts: str, author: str | None = None, year: int | None = None) -> Document:
    """A page of its own author, with words of its own around the parts."""
    edge = EDGES[number % len(EDGES)]  # other words begin with a token that they have in common
    own = f"{words(10_000 * number + 2000, 150)} {edge}", f"{edge} {words(10_000 * number + 5000, 150)}"
    return Document(
        text=" ".join((own[0], *parts, own[1])), id=f"page-{number}", authors=(author or f"author {number}",),
        year=year, collection="pages",
    )  # fmt: skip


def listed(database: Database, **options: int) -> list[CommonWording]:
    return list(find_common(database, **options))


def test_the_wording_that_most_families_hold_comes_first(database: Database) -> None:
    """Number of families and works, the whole text, and the earliest holder."""
    database.ingest([page(number, BANNER, year=2010 - number) for number in range(5)])
    database.ingest([page(number, WHALE) for number in range(10, 13)])
    first, second = listed(database)
    assert (first.families, first.works, first.tokens) == (5, 5, len(tokens_of(BANNER)))
    assert (first.text, first.earliest.id) == (BANNER, "page-4")
    assert (second.families, second.text) == (3, WHALE.removesuffix("."))
    assert not first.is_long
    assert len(first.id) == 8


def test_two_families_are_a_quotation(database: Database) -> None:
    """What two hold is not listed, and many works of one author are one voice."""
    database.ingest([page(number, BANNER) for number in range(2)])
    database.ingest([page(number, WHALE, author="one") for number in range(10, 20)])
    assert listed(database) == []
    database.ingest([page(2, BANNER)])
    assert [each.text for each in listed(database)] == [BANNER]


def test_a_wording_grows_while_half_of_the_families_agree(database: Database) -> None:
    """Six hold the first part, four of them the second too, and two the third."""
    more, rest = TIMES[:115], words(0, 12)
    database.ingest([page(number, BANNER) for number in range(2)])
    database.ingest([page(number, BANNER, more) for number in range(10, 12)])
    database.ingest([page(number, BANNER, more, rest) for number in range(20, 22)])
    first = listed(database)[0]
    assert (first.families, tokens_of(first.text)) == (6, tokens_of(f"{BANNER} {more}"))


def test_the_least_length(database: Database) -> None:
    """A wording that is shorter than asked for is not listed."""
    database.ingest([page(number, BANNER) for number in range(4)])
    size = len(tokens_of(BANNER))
    assert [each.tokens for each in listed(database, least=size)] == [size]
    assert listed(database, least=size + 1) == []


def test_wording_of_licences_is_not_listed(database: Database) -> None:
    """Checks are silent about it anyway; what stands beside it is listed without it."""
    licence = " ".join((licence_text("MIT") or "").split()[20:80])
    database.ingest([page(number, licence) for number in range(4)])
    assert listed(database) == []
    database.ingest([page(number, licence, BANNER) for number in range(10, 14)])
    assert [tokens_of(each.text)[-20:] for each in listed(database)] == [tokens_of(BANNER)[-20:]]
    assert all(each.tokens < len(tokens_of(BANNER)) + 16 for each in listed(database))


def test_a_marked_wording_is_silent_and_no_longer_listed(database: Database) -> None:
    """Every later check is silent there, and the mark can be withdrawn."""
    database.ingest([page(number, BANNER) for number in range(6)])
    database.ingest([page(number, WHALE) for number in range(10, 13)])
    first = listed(database)[0]
    assert Checker(database).check(f"{BANNER}.").findings
    mark_common(database, [first], who="Ann")
    report = Checker(database).check(f"{BANNER}.")
    assert (len(report.findings), {each.reason for each in report.exempt}) == (0, {Reason.BOILERPLATE})
    assert Checker(database).check(WHALE).findings
    assert [each.text for each in listed(database)] == [WHALE.removesuffix(".")]
    (marked,) = list_marked(database)
    assert (marked.id, marked.role, marked.trusted, marked.collection) == (
        f"common-{first.id}", Role.BOILERPLATE, True, "nobodys",
    )  # fmt: skip
    assert marked.title == "Common wording: We use cookies to make this site work,…"
    assert [claim.who for claim in database.catalogue.claims(marked.key)] == ["Ann"]
    database.withdraw(marked)
    assert Checker(database).check(f"{BANNER}.").findings
    assert listed(database)[0] == first


def test_the_id_of_a_wording_stays(database: Database) -> None:
    """More works that hold it do not change it."""
    database.ingest([page(number, BANNER) for number in range(4)])
    (before,) = listed(database)
    database.ingest([page(number, BANNER) for number in range(10, 20)])
    database.compact()
    (after,) = listed(database)
    assert (before.id, before.families, after.families) == (after.id, 4, 14)


def test_a_long_wording_says_so(database: Database) -> None:
    """More than 96 tokens are a whole passage of somebody's work."""
    database.ingest([page(number, words(0, 60)) for number in range(4)])
    (found,) = listed(database)
    assert found.tokens > 96
    assert found.is_long


def test_a_database_without_text(tmp_path: Path) -> None:
    """Tokens are spelled so that they can be read and marked; fingerprints alone cannot be read."""
    with Database.open(tmp_path / "tokens", create=True) as database:
        database.ingest([page(number, BANNER) for number in range(4)], keep="tokens")
        (found,) = listed(database)
        assert tokens_of(found.text) == tokens_of(BANNER)
        mark_common(database, [found])
        assert listed(database) == []
        assert Checker(database).check(f"{BANNER}.").findings == ()
    with Database.open(tmp_path / "fingerprints", create=True) as database:
        database.ingest([page(number, BANNER) for number in range(4)], keep="fingerprints")
        with pytest.raises(UsageError, match="keeps fingerprints alone"):
            listed(database)


def test_nothing_in_an_empty_library(database: Database) -> None:
    """Without works there is nothing common, and nothing marked."""
    assert (listed(database), list_marked(database)) == ([], ())


def test_works_in_several_segments_and_withdrawn_ones(database: Database) -> None:
    """Holders are counted through all segments; a withdrawn work holds nothing."""
    for number in range(4):
        database.ingest([page(number, BANNER)])
    assert listed(database)[0].families == 4
    for number in range(2):
        database.withdraw(database.find_work(f"page-{number}"))
    assert listed(database) == []


def test_the_first_are_found_without_the_rest(database: Database) -> None:
    """The list is made as it is read, in the order of the families."""
    parts = [words(50 * number, 20) for number in range(4)]
    for number, part in enumerate(parts):
        database.ingest([page(100 * number + each, part) for each in range(3 + number)])
    assert [each.text for each in islice(find_common(database), 2)] == parts[:1:-1]
    assert [each.families for each in find_common(database)] == [6, 5, 4, 3]
