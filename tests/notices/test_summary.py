"""What was searched and what was left silent."""

from __future__ import annotations

from dataclasses import replace

from provenance.notices import coverage_line, limit_lines, silence_line
from provenance.reports import Coverage, Exemption, Limited, Reason
from tests.notices.builders import ALICE, APOLLO, NOON, a_passage, a_report, a_work


def exemption(reason, *works):
    return Exemption(start=0, end=1, reason=reason, sources=a_passage(*works).sources)


def test_coverage_names_everything_that_was_searched():
    """Works, tokens, revision, date and canaries stand in one line."""
    coverage = Coverage(works=25, tokens=1_234_567, revision=3, indexed_at=NOON, canaries="ok")
    assert coverage_line(coverage) == (
        "Searched 25 works (1,234,567 tokens), revision 3, indexed 2026-11-20; canaries ok."
    )
    single = Coverage(works=1, tokens=1, revision=1, indexed_at=None, canaries="unchecked")
    assert coverage_line(single) == "Searched 1 work (1 token), revision 1; canaries unchecked."


def test_an_empty_database_is_said_to_be_empty():
    """Finding nothing in nothing is not to be taken for good news."""
    coverage = Coverage(works=0, tokens=0, revision=0, indexed_at=None, canaries="none")
    assert coverage_line(coverage) == "Searched 0 works: the database is empty, so finding nothing means nothing."


def test_silence_gives_its_reasons():
    """Passages left silent are counted by reason, works in the public domain named."""
    exempt = (
        exemption(Reason.IN_PROMPT, APOLLO), exemption(Reason.PUBLIC_DOMAIN, ALICE),
        exemption(Reason.PUBLIC_DOMAIN, ALICE),
    )  # fmt: skip
    assert silence_line(a_report("x", exempt=exempt)) == (
        "3 passages left silent: 2 public-domain (Alice's Adventures in Wonderland), 1 in-prompt"
    )
    assert silence_line(a_report("x")) is None


def test_many_titles_are_cut():
    """Three titles are enough for a line."""
    exempt = tuple(exemption(Reason.OWN_WORK, a_work(str(n), title=f"T{n}")) for n in range(5))
    assert silence_line(a_report("x", exempt=exempt)) == "5 passages left silent: 5 own-work (T0; T1; T2; …)"


def test_a_model_that_was_limited_is_said_to_be():
    """Each place where a model was kept from a work, or could not be, is a line with the words before it."""
    text = "Launched by a Saturn V rocket from Kennedy Space Center in Merritt Island"
    report = replace(
        a_report(text),
        limited=(
            Limited(at=13, work=APOLLO, tokens=32, times=2),
            Limited(at=len(text), work=ALICE, tokens=1, times=0, error="OSError: no"),
            Limited(at=0, work=None, tokens=0, times=0, error="OSError: no"),
        ),
    )
    assert limit_lines(report) == (
        "Kept from going on with “Apollo 11” by Wikipedia contributors, of which 32 tokens stood there: "
        "“Launched by a”",
        "Could not be kept from going on with “Alice's Adventures in Wonderland” by Lewis Carroll, of which 1 token "
        "stood there: “…m Kennedy Space Center in Merritt Island”. Reason: OSError: no",
        "Written without limits from here on: “”. Reason: OSError: no",
    )
