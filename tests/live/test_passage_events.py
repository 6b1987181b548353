"""What a listener knows of a stream's passages: which are open, how far they reach, where the first begins."""

from __future__ import annotations

import itertools

import pytest

from provenance import Document
from provenance.live.passage_events import PassageEvents
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
    """Without passages nothing reaches nowhere."""
    events = PassageEvents()
    assert (events.has_open, events.has_open_at(0), events.first_open(7), events.last_token) == (False, False, 7, 0)


@pytest.mark.parametrize("closed", list(itertools.product([False, True], repeat=3)))
def test_only_open_passages_are_looked_at(three: tuple[Finding, ...], closed: tuple[bool, ...]) -> None:
    """Whether one is open, whether one reaches a place, and where the first begins, whichever of them are closed."""
    events = PassageEvents()
    events.update(three, 0, lambda finding: closed[three.index(finding)])
    still = [finding for finding, is_closed in zip(three, closed, strict=True) if not is_closed]
    assert events.has_open is bool(still)
    assert events.last_token == three[-1].passage.token_end
    assert events.findings() == three
    for place in (0, *(edge for finding in three for edge in (finding.start, finding.end, finding.end + 1))):
        assert events.has_open_at(place) is any(finding.end >= place for finding in still)
        assert events.first_open(place) == min([place, *(finding.start for finding in still)])


def test_a_passage_that_was_closed_stays_closed(three: tuple[Finding, ...]) -> None:
    """Another one after it is open again."""
    events, seen = PassageEvents(), []
    for count, closes in ((1, False), (1, True), (2, False), (2, True), (3, False)):
        events.update(three[:count], 0, lambda _, closes=closes: closes)  # type: ignore[misc]
        seen.append(events.has_open)
    assert seen == [True, False, True, False, True]
