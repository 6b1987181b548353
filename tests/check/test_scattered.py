"""Scattered copies: pieces of one work are a finding together, and ordinary overlaps are none."""

from __future__ import annotations

import dataclasses
import random
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from provenance import Action, Document, PolicySettings, StreamChecker, load_policy
from provenance.check import Checker
from provenance.check.scattered import divide_by_density, merge_spans
from provenance.index import Segment, build_segment
from provenance.live import Ended, Noticed
from provenance.match import ShortWorkMatcher, find_matches
from provenance.reports import Finding, Kind, Report
from provenance.text import load_tokenizer
from provenance.works import Keep, Sensitivity
from tests.check.conftest import MakeChecker
from tests.strategies import examples

ROOT = Path(__file__).resolve().parents[2]
WORDS = sorted(set((ROOT / "examples/works/alice/alice.txt").read_text(encoding="utf-8").split()))


def write_words(seed: int, count: int) -> str:
    """Return a text that no other seed has."""
    draw = random.Random(seed)
    return " ".join(draw.choice(WORDS) for _ in range(count))


NOVEL = write_words(1, 600)
WORK = Document(text=NOVEL, id="novel", title="The Lantern Keeper", authors=("Vera Hall",), licence="CC-BY-SA-4.0")


def put_together(number: int = 4, *, size: int = 20, between: int = 15, work: str = NOVEL, seed: int = 1000) -> str:
    """Return a text of pieces of a work, with other words before, between and after them."""
    parts = work.split()
    pieces = [" ".join(parts[50 * nth : 50 * nth + size]) for nth in range(number)]
    others = [write_words(seed + nth, between) for nth in range(number + 1)]
    return " ".join(part for pair in zip(others, [*pieces, ""], strict=True) for part in pair).strip()


def scattered(report: Report) -> list[Finding]:
    return [finding for finding in report.findings if finding.kind is Kind.SCATTERED]


def test_pieces_of_one_work_are_one_finding(checker_of: MakeChecker) -> None:
    """Four sentences are each too short; together they are a finding that marks just them."""
    text = put_together()
    report = checker_of(WORK).check(text)
    (finding,) = report.findings
    assert (finding.kind, finding.passage.origin.id, finding.action) == (Kind.SCATTERED, "novel", Action.ANNOTATE)
    places = [text[start:end] for start, end in finding.passage.pieces]
    assert [len(place.split()) for place in places] == [20, 20, 20, 20]
    assert all(place in NOVEL for place in places)
    assert (finding.start, finding.end) == (finding.passage.pieces[0][0], finding.passage.pieces[-1][1])
    assert report.matched_characters == sum(map(len, places))
    assert "4 pieces" in finding.notice
    assert report.to_dict()["findings"][0]["pieces"] == [{"start": s, "end": e} for s, e in finding.passage.pieces]


def test_the_order_of_pieces_does_not_matter(checker_of: MakeChecker) -> None:
    """Whoever turns the sentences round copies them nevertheless."""
    words = NOVEL.split()
    pieces = [" ".join(words[start : start + 20]) for start in (300, 50, 500, 150)]
    text = " ".join(f"{piece} {write_words(2000 + nth, 20)}" for nth, piece in enumerate(pieces))
    assert len(scattered(checker_of(WORK).check(text))) == 1


@pytest.mark.parametrize(
    ("number", "between", "expected"), [(1, 15, 0), (2, 10, 1), (2, 150, 0), (4, 15, 1), (6, 90, 0)]
)
def test_pieces_must_be_many_and_near_each_other(
    checker_of: MakeChecker, number: int, between: int, expected: int
) -> None:
    """One short piece is none; and pieces that are under a quarter of their stretch may be there by chance."""
    report = checker_of(WORK).check(put_together(number, between=between))
    assert len(scattered(report)) == expected


def test_a_piece_that_is_repeated_counts_once(checker_of: MakeChecker) -> None:
    """A refrain of the text is one piece, however often it comes."""
    piece = " ".join(NOVEL.split()[:20])
    text = " ".join(f"{write_words(nth, 10)} {piece}" for nth in range(20, 26))
    assert not scattered(checker_of(WORK).check(text))


def test_a_piece_that_the_user_supplied_does_not_count(checker_of: MakeChecker) -> None:
    """With the prompt's pieces taken out there is not enough; another prompt changes nothing."""
    text, checker = put_together(2, between=10), checker_of(WORK)
    assert not checker.check(text, prompt=" ".join(NOVEL.split()[:20])).findings
    assert len(scattered(checker.check(text, prompt=write_words(9, 40)))) == 1


SILENT = {
    "own": PolicySettings(own_collections=("default",)),
    "ignored": PolicySettings(families={"share-alike": {"action": "ignore"}}),
    "quiet": load_policy(preset="quiet"),
}


@pytest.mark.parametrize("policy", SILENT)
def test_the_policy_decides(checker_of: MakeChecker, policy: str) -> None:
    """Own works, ignored licences and higher thresholds silence pieces as they silence passages."""
    checker = checker_of(WORK)
    assert scattered(checker.check(put_together(2)))
    assert not Checker(checker.database, SILENT[policy]).check(put_together(2)).findings


def test_a_free_work_is_free_in_pieces(checker_of: MakeChecker) -> None:
    """Pieces of a public-domain work need no notice, nor do others' pieces that a trusted free work has too."""
    free = dataclasses.replace(WORK, licence="public-domain", id="free")
    assert not checker_of(free).check(put_together()).findings
    assert not checker_of(free, WORK, trusted=True).check(put_together()).findings


def test_a_credit_beside_every_piece_is_enough(checker_of: MakeChecker) -> None:
    """A licence may ask for a credit line only; one at the beginning of a long answer is none for its end."""
    checker = checker_of(dataclasses.replace(WORK, licence="CC-BY-4.0"))
    words = NOVEL.split()
    pieces = [" ".join(words[50 * nth : 50 * nth + 20]) for nth in range(4)]
    credited = " ".join(f"{piece} writes Vera Hall {write_words(nth, 10)}" for nth, piece in enumerate(pieces))
    assert not checker.check(credited).findings
    assert scattered(checker.check(f"Vera Hall wrote this. {put_together()}"))


def test_a_work_with_a_finding_has_no_scattered_one(checker_of: MakeChecker) -> None:
    """A reader who is told of the work once need not be told again."""
    text = f"{put_together()} {' '.join(NOVEL.split()[400:480])}"
    report = checker_of(WORK).check(text)
    assert [finding.kind for finding in report.findings] == [Kind.VERBATIM]


def test_editions_share_one_finding(checker_of: MakeChecker) -> None:
    """Ten forks of a work are the sources of one finding."""
    forks = [
        dataclasses.replace(WORK, id=f"fork{n}", text=f"{NOVEL} {write_words(50 + n, 60)}", year=2000 + n)
        for n in range(10)
    ]
    (finding,) = checker_of(*forks).check(put_together()).findings
    assert (finding.kind, finding.passage.origin.id, finding.works) == (Kind.SCATTERED, "fork0", 10)


THIEVES = {
    "copy, free": [dataclasses.replace(WORK, id="t", licence="CC0-1.0", authors=("X",), collection="found")],
    "text as checked, free": [Document(text=put_together(), id="t", licence="CC0-1.0", authors=("X",))],
    "pieces, free": [
        Document(text=" ".join(NOVEL.split()[50 * n : 50 * n + 20]), id=f"t{n}", licence="public-domain", year=1900)
        for n in range(4)
    ],
    "pieces and more, free": [
        Document(text=put_together(6, size=22, seed=7), id="t", licence="public-domain", authors=("X",), year=1800)
    ],
    "many copies": [
        Document(text=f"{write_words(n + 70, 30)} {put_together(seed=30 * n)}", id=f"t{n}", licence="MIT",
                 authors=(f"X{n}",))
        for n in range(6)  # of more, the pieces are commonplace, as any short wording is
    ],
}  # fmt: skip


@pytest.mark.parametrize("licence", ["all-rights-reserved", "CC-BY-SA-4.0"])
@pytest.mark.parametrize("thief", THIEVES)
def test_a_stranger_takes_no_scattered_finding_away(checker_of: MakeChecker, thief: str, licence: str) -> None:
    """Whatever a stranger's works hold and say, the owner is named, and no less is asked for."""
    victim = dataclasses.replace(WORK, licence=licence)
    report = checker_of(victim, *THIEVES[thief]).check(put_together())
    named = [each for each in report.findings if "novel" in {source.work.id for source in each.sources}]
    (before,) = checker_of(victim).check(put_together()).findings
    assert any(each.action.severity >= before.action.severity for each in named)


def test_two_works_have_a_finding_each(checker_of: MakeChecker) -> None:
    """An answer that is put together from two works credits both."""
    other = dataclasses.replace(WORK, id="other", text=write_words(2, 600), authors=("Jo Green",))
    first, second = put_together(between=3).split(), put_together(between=3, work=other.text, seed=5000).split()
    text = " ".join(" ".join(first[i : i + 23] + second[i : i + 23]) for i in range(0, len(first), 23))
    found = scattered(checker_of(WORK, other).check(text))
    assert sorted(each.passage.origin.id for each in found) == ["novel", "other"]


def test_a_stream_reports_the_same_at_its_end(checker_of: MakeChecker) -> None:
    """The final report is that of the whole text, and a listener who follows the events has its findings."""
    checker, text = checker_of(WORK), put_together()
    for hold in (False, True):
        events = list(StreamChecker(checker, hold=hold).over(text[i : i + 40] for i in range(0, len(text), 40)))
        assert isinstance(events[-1], Ended)
        assert events[-1].report == checker.check(text)
        assert [each.change.value for each in events if isinstance(each, Noticed)] == ["opened", "closed"]


def test_short_pieces_are_found_by_a_fine_index(tmp_path: Path) -> None:
    """Nine runs of eleven words, far apart, are pieces of the work; a run of seven tokens is none."""
    tokenizer = load_tokenizer()
    build_segment([WORK], tmp_path / "one.seg", tokenizer=tokenizer, keep=Keep.TOKENS, sensitivity=Sensitivity.FINE)
    segment = Segment(tmp_path / "one.seg", tokenizer_digest=tokenizer.digest)
    text = put_together(9, size=11, between=100)
    (pieces,) = find_matches(tokenizer.encode_with_offsets(text), [segment], {}, ShortWorkMatcher([])).pieces
    assert len(pieces.runs) == 9
    short = put_together(9, size=4, between=100)
    assert not find_matches(tokenizer.encode_with_offsets(short), [segment], {}, ShortWorkMatcher([])).pieces


@given(st.lists(st.tuples(st.integers(0, 300), st.integers(8, 40)), max_size=12))
@settings(max_examples=examples(100))
def test_dense_stretches_are_a_quarter_pieces(drawn: list[tuple[int, int]]) -> None:
    """Each stretch has enough tokens and is dense, and no run is in two of them."""
    runs, reached = [], 0
    for gap, size in drawn:
        runs.append((reached + gap, reached + gap + size, 0))
        reached += gap + size
    stretches = list(divide_by_density(runs))
    for stretch in stretches:
        covered = sum(end - start for start, end, _ in stretch)
        assert covered >= 24
        assert 4 * covered >= stretch[-1][1] - stretch[0][0]
    assert [run for run in runs if any(run in stretch for stretch in stretches)] == [r for s in stretches for r in s]


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(1, 20))))
@settings(max_examples=examples(100))
def test_merged_spans_cover_the_same(drawn: list[tuple[int, int]]) -> None:
    """Spans that overlap or touch become one, and nothing is added or lost."""
    spans = [(start, start + size) for start, size in drawn]
    merged = merge_spans(spans)
    assert {i for s, e in merged for i in range(s, e)} == {i for s, e in spans for i in range(s, e)}
    assert all(first[1] < second[0] for first, second in pairwise(merged))
