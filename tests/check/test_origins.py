"""Whose is a passage that stands in several works, and what counts of it?"""

from __future__ import annotations

import itertools
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provenance import Document
from provenance.check.origins import find_containing
from provenance.match import Match
from provenance.reports import Passage, Report
from provenance.works import Role
from tests.check.conftest import MakeChecker
from tests.database.samples import HAIKU, KINGDOMS, SWANN, TIMES, WHALE, tokens_of, words

CLOSED, FREE = "all-rights-reserved", "public-domain"
OWN = words(0, 60)
"""What the author of a restricted work wrote herself."""


def judged(report: Report) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    """Return (id of the origin, action) of each finding, and (id of the origin, reason) of each exemption."""
    findings = [(finding.passage.origin.id, finding.action.value) for finding in report.findings]
    return findings, [(exemption.sources[0].work.id, exemption.reason.value) for exemption in report.exempt]


def by_origin(report: Report) -> dict[str, Passage]:
    return {finding.passage.origin.id: finding.passage for finding in report.findings}


def test_of_equal_sources_the_free_one_is_the_origin(trusted_of: MakeChecker) -> None:
    """The same text in the public domain and under a licence belongs to the public domain, whatever the years."""
    checker = trusted_of(
        Document(text=TIMES, id="reprint", year=1850, licence="MIT"), Document(text=TIMES, id="free", licence=FREE)
    )
    assert judged(checker.check(TIMES)) == ([], [("free", "public-domain")])


def test_of_restricted_sources_the_earliest_is_the_origin(trusted_of: MakeChecker) -> None:
    """The year decides; a work without one comes last; every source is named, the origin first and marked."""
    checker = trusted_of(
        Document(text=TIMES, id="undated", licence="MIT"), Document(text=TIMES, id="late", year=1999, licence="MIT"),
        Document(text=TIMES, id="early", year=1950, licence="CC-BY-4.0"),
    )  # fmt: skip
    (finding,) = checker.check(TIMES).findings
    assert [(source.work.id, source.origin) for source in finding.sources] == [
        ("early", True), ("late", False), ("undated", False),
    ]  # fmt: skip
    assert finding.licence == "CC-BY-4.0"


def test_a_quotation_of_a_free_work_in_a_restricted_one_stays_free(trusted_of: MakeChecker) -> None:
    """Who repeats only what a novel quotes from a free book repeats the book."""
    checker = trusted_of(
        Document(text=f"{OWN} {TIMES} {words(60, 60)}", id="novel", licence=CLOSED),
        Document(text=TIMES, id="book", licence=FREE),
    )
    assert judged(checker.check(f"He said: {TIMES} and left.")) == ([], [("book", "public-domain")])


def test_a_restricted_passage_around_a_free_quotation(trusted_of: MakeChecker) -> None:
    """Repeating the novel's own words too is a finding, of which the quotation does not count."""
    novel = f"{OWN} {TIMES} {words(60, 60)}"
    checker = trusted_of(
        Document(text=novel, id="novel", licence=CLOSED), Document(text=TIMES, id="book", licence=FREE)
    )
    report = checker.check(f"I quote. {novel}")
    assert judged(report) == ([("novel", "warn")], [("book", "public-domain")])
    passage = by_origin(report)["novel"]
    assert (passage.tokens, passage.counted_tokens) == (
        len(tokens_of(novel)),
        len(tokens_of(novel)) - len(tokens_of(TIMES)),
    )
    assert passage.counted_bits < passage.bits
    assert passage.discount == "public-domain"


def test_too_few_words_around_a_free_quotation(trusted_of: MakeChecker) -> None:
    """A free quotation with a handful of the novel's words is the quotation."""
    checker = trusted_of(
        Document(text=f"{OWN} {TIMES} {words(60, 60)}", id="novel", licence=CLOSED),
        Document(text=TIMES, id="book", licence=FREE),
    )
    report = checker.check(f"{words(57, 3)} {TIMES} {words(60, 3)}")
    assert judged(report) == ([], [("novel", "public-domain"), ("book", "public-domain")])


def test_a_free_passage_that_runs_into_a_restricted_one(trusted_of: MakeChecker) -> None:
    """Where a free book and a novel that quotes its end overlap, what is in both counts for neither but the book."""
    quoted = TIMES.split("wisdom, ")[1]
    checker = trusted_of(
        Document(text=TIMES, id="book", licence=FREE),
        Document(text=f"{OWN} {quoted} {words(60, 60)}", id="novel", licence=CLOSED),
    )
    few = checker.check(f"{TIMES} {words(60, 2)}")
    assert judged(few) == ([], [("book", "public-domain"), ("novel", "public-domain")])
    many = checker.check(f"{TIMES} {words(60, 60)}")
    assert judged(many) == ([("novel", "warn")], [("book", "public-domain")])
    assert by_origin(many)["novel"].counted_tokens == len(tokens_of(words(60, 60)))


def test_a_restricted_quotation_in_a_free_work_names_both(trusted_of: MakeChecker) -> None:
    """A stretch of a free work that a restricted one has too is the free work's."""
    checker = trusted_of(
        Document(text=TIMES, id="free", licence=FREE),
        Document(text=f"{OWN} {TIMES[60:220]} {words(60, 60)}", id="novel", licence=CLOSED),
    )
    report = checker.check(TIMES)
    assert judged(report) == ([], [("free", "public-domain")])
    assert [source.work.id for source in report.exempt[0].sources] == ["free", "novel"]


def test_a_shorter_match_is_named_with_the_longer_one(trusted_of: MakeChecker) -> None:
    """Of two restricted works the one that has the whole stretch is the origin, the other one is named too."""
    checker = trusted_of(
        Document(text=TIMES, id="whole", year=2000, licence="MIT"),
        Document(text=f"{OWN} {TIMES[60:220]} {words(60, 60)}", id="part", year=1900, licence="ISC"),
    )
    (finding,) = checker.check(TIMES).findings
    assert [(source.work.id, source.origin) for source in finding.sources] == [("whole", True), ("part", False)]


def test_an_anthology_of_many_works(trusted_of: MakeChecker) -> None:
    """A text made of many passages has each of them, in order, and nothing twice."""
    texts = [TIMES, WHALE, SWANN, KINGDOMS]
    checker = trusted_of(*(Document(text=text, id=str(n), licence="CC-BY-4.0") for n, text in enumerate(texts)))
    report = checker.check(" zqx ".join(texts))
    assert [finding.passage.origin.id for finding in report.findings] == ["0", "1", "2", "3"]
    assert report.matched_characters == sum(finding.end - finding.start for finding in report.findings)


def test_a_haiku_in_a_longer_work_belongs_to_it(trusted_of: MakeChecker) -> None:
    """A short work that stands whole inside a longer passage is one of its sources."""
    checker = trusted_of(
        Document(text=f"{OWN} {HAIKU} {words(60, 60)}", id="essay", licence=CLOSED),
        Document(text=HAIKU, id="haiku", licence="CC-BY-4.0"),
    )
    (finding,) = checker.check(f"{words(40, 20)} {HAIKU} {words(60, 20)}").findings
    assert [source.work.id for source in finding.sources] == ["essay", "haiku"]
    (alone,) = checker.check(HAIKU).findings
    assert (alone.passage.origin.id, alone.passage.kind) == ("haiku", "whole-work")


@pytest.mark.parametrize("count", [60])
def test_many_sources_are_capped_with_the_origin_among_them(trusted_of: MakeChecker, count: int) -> None:
    """A text that a hundred works have names fifty of them, the earliest first."""
    checker = trusted_of(*(Document(text=TIMES, id=str(n), year=2000 - n, licence="MIT") for n in range(count)))
    (finding,) = checker.check(TIMES).findings
    assert len(finding.sources) == 50
    assert (finding.sources[0].work.year, finding.sources[0].origin) == (2001 - count, True)


@pytest.mark.parametrize(
    ("first", "second", "rule"),
    [
        ({"licence": FREE, "year": 1999}, {"licence": "MIT", "year": 1850}, "public-domain"),
        ({"licence": FREE, "year": 1850}, {"licence": FREE, "year": 1999}, "earliest"),
        ({"licence": "GPL-3.0-only", "year": 1990}, {"licence": "MIT", "year": 1991}, "strictest"),
        ({"licence": "MIT", "year": 1990}, {"licence": "GPL-3.0-only", "year": 1991}, "earliest"),
        ({"licence": CLOSED, "year": 1990}, {"licence": "MIT"}, "strictest"),
        ({"licence": "MIT", "year": 2026}, {"licence": "AGPL-3.0-only", "year": 2026}, "mildest"),
        ({"licence": "GPL-3.0-only"}, {"licence": "unknown"}, "strictest"),
        ({"licence": CLOSED}, {"licence": "unknown"}, "strictest"),
        (
            {"licence": "MIT", "id": "p/api.py"},
            {"licence": "MIT", "id": "q/vendor/api.py"},
            "upstream",
        ),
        ({"licence": "GPL-3.0-only", "id": "a/b", "year": 2026}, {"licence": "MIT", "id": "a/_vendor/b"}, "upstream"),
        ({"role": Role.BOILERPLATE, "licence": CLOSED}, {"licence": FREE}, "boilerplate"),
    ],
)
def test_the_report_says_which_rule_chose(
    trusted_of: MakeChecker, first: dict[str, Any], second: dict[str, Any], rule: str
) -> None:
    """Of two works with the same text the first is the origin, in whatever order they came, and the rule is named."""
    works = [Document(text=TIMES, **{"id": str(n), **fields}) for n, fields in enumerate((first, second))]
    for documents in (works, works[::-1]):
        (passage,) = trusted_of(*documents).check(TIMES, passages=True).passages or ()
        assert (passage.origin.id, passage.origin_by) == (works[0].id, rule)
        assert passage.to_dict()["origin_by"] == rule


def test_nothing_speaks_for_one_of_two_works(trusted_of: MakeChecker) -> None:
    """Works of one year under like licences are a tie, and the report says so."""
    checker = trusted_of(*(Document(text=TIMES, id=str(n), year=2020, licence="MIT") for n in range(2)))
    assert [finding.passage.origin_by for finding in checker.check(TIMES).findings] == ["tie"]


def test_a_work_alone_and_a_work_that_has_more(trusted_of: MakeChecker) -> None:
    """Where no other work has the stretch there was nothing to choose; where others have a part, the longest counts."""
    part = Document(text=f"{OWN} {TIMES[60:220]} {words(60, 60)}", id="part", year=1900, licence="ISC")
    checker = trusted_of(Document(text=TIMES, id="whole", year=2000, licence="MIT"), part)
    (longest,) = checker.check(TIMES).findings
    (only,) = checker.check(OWN).findings
    assert [(each.passage.origin.id, each.passage.origin_by) for each in (longest, only)] == [
        ("whole", "longest"), ("part", "only"),
    ]  # fmt: skip


def test_an_earlier_edition_is_the_origin(trusted_of: MakeChecker) -> None:
    """Who repeats a late edition in which a word was changed repeats the first one, and both are named."""
    edition = TIMES.replace("it was the winter of despair", "it was the winter of gloom")
    checker = trusted_of(
        Document(text=TIMES, id="first", year=1959, licence="CC-BY-4.0"),
        Document(text=f"{edition} {words(0, 1)}", id="late", year=1999, licence=CLOSED),
    )
    (finding,) = checker.check(edition).findings
    assert (finding.passage.origin.id, finding.passage.origin_by) == ("first", "earliest")
    assert [(source.work.id, source.origin) for source in finding.sources] == [("first", True), ("late", False)]


def test_a_translation_is_a_work_of_its_own(trusted_of: MakeChecker) -> None:
    """The same book in another language shares no wording, whoever was first."""
    checker = trusted_of(
        Document(text=SWANN, id="original", year=1913, licence=FREE),
        Document(text=TIMES, id="translation", year=1922, licence=CLOSED),
    )
    (finding,) = checker.check(TIMES).findings
    assert [source.work.id for source in finding.sources] == ["translation"]


def test_works_that_disagree_about_the_licence_are_both_shown(trusted_of: MakeChecker) -> None:
    """The origin's licence decides the notice, and each renderer names the other work with its own."""
    checker = trusted_of(
        Document(text=TIMES, id="a", title="Upstream", year=2001, licence="MIT"),
        Document(text=TIMES, id="b", title="Downstream", year=2020, licence="AGPL-3.0-only"),
    )
    report = checker.check(TIMES)
    (finding,) = report.findings
    assert (finding.licence, [source.work.licence for source in finding.sources]) == ("MIT", ["MIT", "AGPL-3.0-only"])
    assert all("AGPL-3.0-only" in report.render(format_) for format_ in ("terminal", "markdown", "html"))


class Counted(list[Any]):
    """A list that counts how often something in it is looked at."""

    looks = 0

    def __getitem__(self, index: Any) -> Any:
        self.looks += 1
        return super().__getitem__(index)


SPANS = st.tuples(st.integers(0, 300), st.integers(1, 60))


@given(spans=st.lists(SPANS, max_size=30).map(sorted), inner=SPANS)
def test_the_last_stretch_that_holds_another_is_found(spans: list[tuple[int, int]], inner: Any) -> None:
    """The last before it that reaches as far; those before which nothing reaches so far are not looked at."""
    stretches = [Match(start, start + length) for start, length in [*spans, inner]]
    *before, match = stretches
    reached = [0, *itertools.accumulate((each.end for each in before), max)]
    holding = [i for i, each in enumerate(before) if each.end >= match.end]
    outer = Counted(SimpleNamespace(match=each) for each in before)
    assert find_containing(outer, reached, match) == max(holding, default=None)
    first = next((i for i, each in enumerate(before) if each.end >= match.end), len(before))
    assert outer.looks == len(before) - max([first, *holding])
