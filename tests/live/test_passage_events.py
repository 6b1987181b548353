"""What a listener knows of a stream's passages: which are open, how far they reach, where the first begins."""

from __future__ import annotations

import itertools

import pytest

from provenance import Document
from provenance.live.passage_events import Ledger
from provenance.reports import Finding
from tests.check.conftest import MakeChecker
from tests.database.samples import words


@pytest.fixture
def three(checker_of: MakeChecker) -> tuple[Finding, ...]:
    """Three passages of one text."""
    checker = checker_of(*(Document(text=words(at, 60), id=str(at), licence="MIT") for at in (0, 100, 200)))
    findings = checker.check(" ... and then ... ".join(words(at, 60) for at in (0, 100, 200))).findings
    assert len(findings) == 3
    return findings


def test_nothing_is_open_at_first() -> None:
    """A new ledger reaches nowhere."""
    ledger = Ledger()
    assert (ledger.has_open, ledger.reaches(0), ledger.open_from(7), ledger.told) == (False, False, 7, 0)


@pytest.mark.parametrize("closed", list(itertools.product([False, True], repeat=3)))
def test_only_open_passages_are_looked_at(three: tuple[Finding, ...], closed: tuple[bool, ...]) -> None:
    """Whether one is open, whether one reaches a place, and where the first begins, whichever of them are closed."""
    ledger = Ledger()
    ledger.update(three, 0, lambda finding: closed[three.index(finding)])
    still = [finding for finding, is_closed in zip(three, closed, strict=True) if not is_closed]
    assert ledger.has_open is bool(still)
    assert ledger.told == three[-1].passage.token_end
    assert ledger.findings() == three
    for place in (0, *(edge for finding in three for edge in (finding.start, finding.end, finding.end + 1))):
        assert ledger.reaches(place) is any(finding.end >= place for finding in still)
        assert ledger.open_from(place) == min([place, *(finding.start for finding in still)])


def test_a_passage_that_was_closed_stays_closed(three: tuple[Finding, ...]) -> None:
    """Another one after it is open again."""
    ledger, seen = Ledger(), []
    for count, closes in ((1, False), (1, True), (2, False), (2, True), (3, False)):
        ledger.update(three[:count], 0, lambda _, closes=closes: closes)  # type: ignore[misc]
        seen.append(ledger.has_open)
    assert seen == [True, False, True, False, True]
