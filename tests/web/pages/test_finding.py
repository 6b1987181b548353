"""What a posted finding is read as: its passage as it was sent, its works as they are in the database."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from provenance import Checker, Database, Document
from provenance.errors import InputError
from provenance.reports import Finding
from provenance.server.pages.finding import quote_source, read_finding
from tests.database.samples import TIMES, filled, words


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    """Two copies of one text by two people."""
    works = [Document(text=TIMES, id=name, authors=[name], licence="MIT") for name in ("Ann", "Bob")]
    with filled(tmp_path / "db", *works) as opened:
        yield opened


@pytest.fixture
def finding(database: Database) -> Finding:
    (found,) = Checker(database).check(TIMES).findings
    return found


def test_a_finding_of_a_report_is_read_as_it_was(database: Database, finding: Finding) -> None:
    """Place, kind, numbers, quotation, works and how many families they are; what only a report needs is left out."""
    asked = read_finding(finding.to_dict(), database, "en")
    passage, sent = finding.passage, finding.to_dict()
    assert asked is not None
    assert (asked.action, asked.duties, asked.notice) == (finding.action, finding.duties, finding.notice)
    names = ("start", "end", "kind", "similarity", "share_of_work", "works", "families", "quote")
    assert {n: getattr(asked.passage, n) for n in names} == {n: getattr(passage, n) for n in names}
    assert [(each.work, each.token_start, each.token_end, each.origin) for each in asked.passage.sources] == [
        (each.work, each.token_start, each.token_end, each.origin) for each in passage.sources
    ]
    assert (asked.passage.tokens, asked.passage.bits) == (sent["tokens"], sent["bits"])
    assert (passage.works, passage.families) == (2, 1)
    more = read_finding({**sent, "families": 7}, database, "en")
    assert more == replace(asked, passage=replace(asked.passage, families=7), notice=more.notice if more else "")


def test_works_that_disagree_are_asked_of_the_database(tmp_path: Path) -> None:
    """A finding whose works disagree is read as such; one that only says so is not believed."""
    works = [Document(text=TIMES, id=name, title=name, licence=name) for name in ("all-rights-reserved", "MIT")]
    with filled(tmp_path / "db", *works) as database:
        stored = {work.title: work for work in database.catalogue.search(None, limit=9)}
        sources = [
            {"work": {"collection": work.collection, "id": work.id}, "token_start": 0, "token_end": 64}
            for work in (stored["all-rights-reserved"], stored["MIT"])
        ]
        (found,) = Checker(database).check(TIMES).findings
        sent = {**found.to_dict(), "sources": sources, "status": "conflicting", "licence": None}
        read = read_finding(sent, database, "en")
        assert read is not None
        assert read.passage.claimants == (stored["all-rights-reserved"], stored["MIT"])
        assert read.notice.startswith(
            "Matches text in “all-rights-reserved” (all rights reserved) and “MIT” (MIT): the "
        )
        alone = read_finding({**sent, "sources": sources[:1]}, database, "en")
        assert alone is not None
        assert not alone.passage.is_disputed


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"families": "2"}, "families is missing or no int"),
        ({"families": None}, "families is missing or no int"),
        ({"families": -1}, "families is out of range"),
        ({"families": 2**31}, "families is out of range"),
        ({"works": True}, "works is out of range"),
        ({"similarity": 1.1}, "similarity is missing or out of range"),
        ({"similarity": "1"}, "similarity is missing or out of range"),
        ({"kind": "x"}, "kind is 'x'"),
        ({"kind": 1}, "kind is missing or no str"),
        ({"quote": []}, "quote is missing or no dict"),
        ({"sources": {}}, "sources is missing or no list"),
    ],
)  # fmt: skip
def test_a_field_of_another_form_is_refused(
    database: Database, finding: Finding, changed: dict[str, Any], said: str
) -> None:
    """The error names the field, and asks for a finding as a report has it."""
    sent = finding.to_dict()
    assert read_finding({**sent, "families": 2**31 - 1, "works": 0, "similarity": 0}, database, "en") is not None
    with pytest.raises(InputError) as caught:
        read_finding({**sent, **changed}, database, "en")
    assert str(caught.value) == f"request: {said}; send a finding as a report has it"


@pytest.mark.parametrize(("before", "after"), [(0, 0), (3, 0), (0, 3), (3, 90), (90, 3), (90, 90)])
def test_what_stands_around_a_passage_is_cut_at_words_and_at_the_ends_of_the_work_not_at_all(
    tmp_path: Path, before: int, after: int
) -> None:
    """An ellipsis stands where more of the work follows, and only there; the words beside the passage are whole."""
    left, passage, right = words(0, before), TIMES.rstrip("."), words(500, after)
    with filled(tmp_path / "db", Document(text=f"{left} {passage} {right}".strip(), id="w", licence="MIT")) as database:
        (found,) = Checker(database).check(passage).findings
        quote = quote_source(found, database)
    assert quote is not None
    assert (quote.prefix.startswith("… "), quote.suffix.endswith(" …")) == (before == 90, after == 90)
    if before < 90:
        assert quote.prefix.strip() == left
    if after < 90:
        assert quote.suffix.strip() == right
    assert set(quote.prefix.split()) <= {"…", *left.split()}
    assert set(quote.suffix.split()) <= {"…", *right.split()}
