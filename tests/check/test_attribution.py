"""In how many works does a passage stand, by how many creators, and how many of them are read?"""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provenance import Checker, Document, PolicySettings
from provenance.catalogue import Catalogue, Holding, Member
from provenance.check.attribution import attribute_matches
from provenance.check.commonplace import CommonplaceRule
from provenance.index.postings import MOST
from provenance.match import Match, WorkSpan
from provenance.reports import Kind, Passage, Reason
from tests.catalogue.builders import a_claim
from tests.check.conftest import MakeChecker
from tests.database.samples import HAIKU, TIMES, WHALE, words


def numbers(passage: Passage) -> tuple[int, int]:
    return passage.works, passage.families


def alone(checker: Checker, text: str) -> Passage:
    (finding,) = checker.check(text).findings
    return finding.passage


def test_works_and_creators_are_counted(checker_of: MakeChecker) -> None:
    """Every work that has the passage counts; works of one creator count once, however the name is written."""
    checker = checker_of(
        Document(text=TIMES, id="a", authors=["Ann  Lee"], licence="MIT"),
        Document(text=f"{words(0, 30)} {TIMES}", id="b", authors=[" ann lee", "Bob"], licence="MIT"),
        Document(text=f"{TIMES} {words(0, 30)}", id="c", authors=["Cyd"], licence="MIT"),
    )
    report = checker.check(TIMES)
    assert [numbers(finding.passage) for finding in report.findings] == [(3, 2)]
    as_json = json.loads(report.render("json"))["findings"][0]
    assert list(as_json)[6:9] == ["share_of_work", "works", "families"]
    assert (as_json["works"], as_json["families"]) == (3, 2)


@pytest.mark.parametrize(
    ("sources", "collection", "creators"),
    [
        (["https://a.example/1", "https://A.EXAMPLE/2", "http://b.example"], "same", 2),
        ([None, None, "no address at all"], "same", 1),
        (["file:///a/b", "file:///c/d", "https:///x"], "same", 1),
        ([None, None, None], "each", 3),
    ],
)
def test_a_work_without_authors_counts_by_where_it_is_from(
    checker_of: MakeChecker, sources: list[str | None], collection: str, creators: int
) -> None:
    """Pages of one host, else works of one collection, count as one creator: nothing shows that they are unrelated."""
    checker = checker_of(
        *(
            Document(
                text=f"{TIMES} {words(30 * n, 30)}", id=str(n), source=source, licence="MIT",
                collection=f"c{n}" if collection == "each" else collection,
            )
            for n, source in enumerate(sources)
        )
    )  # fmt: skip
    assert numbers(alone(checker, TIMES)) == (3, creators)


def test_a_work_that_has_more_than_the_passage_has_the_passage(checker_of: MakeChecker) -> None:
    """A passage within a longer one stands in the works of both, the longer one only in its own."""
    checker = checker_of(
        *(
            Document(text=f"{words(500 * n, 250)} {TIMES} {words(500 * n + 250, 250)}", id=f"s{n}", authors=[f"S{n}"])
            for n in range(5)
        ),
        Document(text=f"{WHALE} {TIMES}", id="long", authors=["L"], licence="MIT"),
    )
    passages = checker.check(f"{WHALE} {TIMES}", passages=True).passages or ()
    assert {numbers(passage) for passage in passages} == {(1, 1), (6, 6)}


def test_a_near_copy_has_what_stands_whole_in_it(checker_of: MakeChecker) -> None:
    """A work with an edited copy around an unedited stretch has the stretch, and not the whole."""
    edited = f"{WHALE} {TIMES}".replace("Some years ago", "A few years back").replace("nothing particular", "nothing")
    checker = checker_of(
        Document(text=edited, id="edited", authors=["E"]), Document(text=TIMES, id="times", authors=["T"])
    )
    found = checker.check(f"{WHALE} {TIMES}", passages=True).passages or ()
    assert {passage.kind: numbers(passage) for passage in found} == {
        Kind.NEAR_VERBATIM: (1, 1), Kind.WHOLE_WORK: (2, 2),
    }  # fmt: skip


def test_short_works_are_counted_with_longer_ones(checker_of: MakeChecker) -> None:
    """A haiku that three works consist of, and a fourth quotes, stands in four works of two families."""
    checker = checker_of(
        *(Document(text=HAIKU, id=str(n), authors=[f"A{n % 2}"], licence="MIT") for n in range(3)),
        Document(text=f"{words(0, 30)} {HAIKU} {words(30, 30)}", id="essay", authors=["E"], licence="MIT"),
    )
    passages = checker.check(f"{words(20, 10)} {HAIKU} {words(30, 10)}", passages=True).passages or ()
    assert [numbers(passage) for passage in passages] == [(1, 1), (4, 2)]


def many(count: int, **fields: Any) -> list[Document]:
    return [
        Document(
            text=TIMES, id=str(n), year=2000 + n % 20, authors=[f"Author {n % (count // 2)}"], licence="MIT", **fields
        )
        for n in range(count)
    ]


class Spy:
    """Counts what is read from a catalogue."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.members = self.works = 0
        holdings, works = Catalogue.holdings, Catalogue.works

        def count_holdings(catalogue: Catalogue, *arguments: Any) -> Any:
            found = holdings(catalogue, *arguments)
            self.members += sum(len(holding.members) for holding in found.values())
            return found

        def count_works(catalogue: Catalogue, *arguments: Any) -> Any:
            found = works(catalogue, *arguments)
            self.works += len(found)
            return found

        monkeypatch.setattr(Catalogue, "holdings", count_holdings)
        monkeypatch.setattr(Catalogue, "works", count_works)


@pytest.mark.slow
def test_a_text_that_thousands_have_costs_what_a_few_dozen_cost(
    checker_of: MakeChecker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of 4,000 works with one text all are counted, 33 are looked at and read; the free one is still the origin."""
    checker = checker_of(
        *many(4000), Document(text=TIMES, id="free", year=2030, licence="CC0-1.0", authors=["Z"]), trusted=True
    )
    read, checker = Spy(monkeypatch), Checker(checker.database)
    (exempt,) = checker.check(TIMES).exempt
    assert (exempt.works, exempt.families, exempt.reason) == (4001, 1, Reason.PUBLIC_DOMAIN)
    assert (exempt.sources[0].work.id, len(exempt.sources)) == ("free", 33)
    assert [source.work.year for source in exempt.sources[1:]] == [2000] * 32
    assert (read.members, read.works) == (33, 33)
    assert checker.check(f"Again: {TIMES}").exempt[0].works == 4001
    assert (read.members, read.works) == (33, 33)


@pytest.mark.slow
def test_a_passage_that_a_thousand_texts_share(checker_of: MakeChecker, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of 1,000 texts that quote the same sentence all are counted, 64 are looked at, and 50 of these are read."""
    checker = checker_of(
        *(
            Document(
                text=f"{words(300 * n, 150)} {TIMES} {words(300 * n + 150, 150)}", id=str(n), year=3000 - n,
                authors=[f"A{n % 300}"], licence="MIT",
            )
            for n in range(1000)
        )
    )  # fmt: skip
    read, checker = Spy(monkeypatch), Checker(checker.database)
    (exempt,) = checker.check(TIMES).exempt
    assert (exempt.works, exempt.families, exempt.reason) == (1000, MOST, Reason.COMMONPLACE)
    years = [source.work.year for source in exempt.sources]
    assert (len(years), years) == (50, sorted(years))
    assert (read.members, read.works) == (MOST, 50)


def test_what_many_creators_have_does_not_count_for_one(checker_of: MakeChecker) -> None:
    """Of a short passage around a common stretch the rest is judged; a long one counts as a whole."""
    crowd = [
        Document(text=f"{words(90 * n, 90)} {WHALE}", id=str(n), authors=[f"A{n}"], licence="MIT") for n in range(9)
    ]
    own = Document(text=f"{WHALE} {TIMES}", id="own", authors=["O"], year=1999, licence="CC-BY-4.0")
    checker = checker_of(*crowd, own)
    few = checker.check(f"{WHALE} {' '.join(TIMES.split()[:8])}")
    assert (few.findings, [each.reason for each in few.exempt]) == ((), [Reason.COMMONPLACE])
    (finding,) = checker.check(f"{WHALE} {TIMES}").findings
    assert (finding.passage.origin.id, finding.passage.discount) == ("own", None)
    assert finding.passage.counted_tokens == finding.passage.tokens > PolicySettings().commonplace_tokens
    tolerant = Checker(checker.database, PolicySettings(commonplace_creators=11))
    assert [each.passage.discount for each in tolerant.check(WHALE).findings] == [None]


def test_a_claim_is_seen_by_the_next_check(checker_of: MakeChecker) -> None:
    """What a checker remembers of works is forgotten with every change of the database."""
    checker = checker_of(Document(text=TIMES, id="t", licence="MIT"))
    assert alone(checker, TIMES).origin.licence == "MIT"
    checker.database.catalogue.add_claim(checker.database.find_work("t").key, a_claim("CC-BY-4.0", days=1000))
    assert alone(checker, TIMES).origin.licence == "CC-BY-4.0"


SPANS = st.lists(st.tuples(st.integers(0, 20), st.integers(1, 12), st.sets(st.integers(0, 5), min_size=1)), max_size=8)


@given(SPANS)
def test_works_and_creators_are_what_a_loop_counts(spans: list[tuple[int, int, set[int]]]) -> None:
    """The works of a match are those of all matches that contain it; works 0 and 1 have one creator."""
    matches = [
        Match(start, start + size, tuple(WorkSpan("s", work, 0, size) for work in sorted(works)))
        for start, size, works in sorted(spans, key=lambda span: (span[0], -span[1]))
    ]
    creators = ["ann", "ann", "bob", "cyd", "dee", "eve"]
    members = [Member(key=n, demands=1, year=None, creator=name, family=n) for n, name in enumerate(creators)]
    cache: Any = SimpleNamespace(
        holdings=lambda places: {place: Holding((members[place.ordinal],), 1) for place in places},
        members=lambda _: {},
    )
    attributed, is_complete = attribute_matches(matches, cache, CommonplaceRule({}, 0, 2))
    assert is_complete
    for match, found in zip(matches, attributed, strict=True):
        around = [each for each in matches if each.start <= match.start and match.end <= each.end]
        works = {place.ordinal for each in around for place in each.places}
        assert (found.works, found.families) == (len(works), len({creators[work] for work in works}))
        assert [source.member.key for source in found.sources] == [place.ordinal for place in match.places]
