"""Laying findings over the checked text."""

from __future__ import annotations

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provenance.notices import Stretch, footnote_marks, notes, overlap, short, stretches
from provenance.reports import Action, Exemption, Kind, Reason
from tests.notices.builders import ALICE, APOLLO, ATTRS, a_finding, a_passage, a_report

SPANS = st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60)).map(sorted), max_size=8)


def found(*spans):
    return [a_finding(a_passage(APOLLO, start=start, end=end)) for start, end in spans]


def test_text_without_findings_is_one_stretch():
    """Where nothing was found the text is one piece, and an empty text is none."""
    assert stretches(a_report("abc")) == (Stretch(start=0, text="abc"),)
    assert stretches(a_report("")) == ()


def test_overlaps_and_nesting_are_cut_apart():
    """Where passages overlap, each piece names all of them, and where each begins and ends."""
    exempt = (Exemption(start=5, end=6, reason=Reason.TOO_SHORT, sources=a_passage(ALICE).sources),)
    report = a_report("abcdef", *found((0, 4), (1, 2), (3, 5)), exempt=exempt)
    assert stretches(report) == (
        Stretch(start=0, text="a", findings=(0,), begins=(0,)),
        Stretch(start=1, text="b", findings=(0, 1), begins=(1,), ends=(1,)),
        Stretch(start=2, text="c", findings=(0,)),
        Stretch(start=3, text="d", findings=(0, 2), begins=(2,), ends=(0,)),
        Stretch(start=4, text="e", findings=(2,), ends=(2,)),
        Stretch(start=5, text="f", exempt=(0,)),
    )


@given(st.text(st.characters(exclude_categories=()), max_size=50), SPANS, SPANS)
def test_stretches_joined_are_the_text(text, spans, silent):
    """No character is lost, doubled or marked wrongly, whatever overlaps, nests or reaches beyond the text."""
    exempt = tuple(Exemption(start=a, end=b, reason=Reason.IN_PROMPT, sources=()) for a, b in silent)
    pieces = stretches(a_report(text, *found(*spans), exempt=exempt))
    assert "".join(piece.text for piece in pieces) == text
    for piece in pieces:
        for offset in range(piece.start, piece.start + len(piece.text)):
            assert piece.findings == tuple(i for i, (a, b) in enumerate(spans) if a <= offset < b)
            assert piece.exempt == tuple(i for i, (a, b) in enumerate(silent) if a <= offset < b)
    beginnings = sorted(i for piece in pieces for i in piece.begins)
    assert beginnings == sorted(i for piece in pieces for i in piece.ends)
    assert beginnings == [i for i, (a, b) in enumerate(spans) if a < min(b, len(text))]


def test_passages_of_one_work_share_a_note():
    """A work is credited once under one licence, however many passages match it, and whatever the policy asks for."""
    apollo, attrs, again = found((0, 4))[0], a_finding(a_passage(ATTRS, start=5, end=9)), found((10, 14))[0]
    warned = a_finding(a_passage(APOLLO, start=15, end=19), Action.WARN)
    report = a_report("0123456789" * 2, apollo, attrs, again, warned)
    assert [(note.number, note.positions) for note in notes(report)] == [(1, (0, 2, 3)), (2, (1,))]


def test_another_licence_is_another_note():
    """A work whose licence differs between findings is credited under each."""
    freed = dataclasses.replace(APOLLO, licence="CC0-1.0")
    report = a_report("0123456789", *found((0, 4)), a_finding(a_passage(freed, start=5, end=9)))
    assert [(note.number, note.positions) for note in notes(report)] == [(1, (0,)), (2, (1,))]


def test_numbers_rise_through_the_text():
    """Notes are numbered where their first passage ends, as a reader meets them."""
    report = a_report("0123456789", a_finding(a_passage(ATTRS, start=0, end=9)), *found((2, 4), (6, 9)))
    marks = footnote_marks(notes(report))
    assert [(piece.text, marks(piece)) for piece in stretches(report) if piece.ends] == [("23", (1,)), ("678", (1, 2))]


def test_only_the_pieces_of_a_scattered_passage_are_marked() -> None:
    """The words between two pieces are the text's own; the footnote mark comes behind the last piece."""
    passage = a_passage(APOLLO, start=2, end=20, kind=Kind.SCATTERED, pieces=((2, 6), (10, 14), (18, 20)))
    report = a_report("x" * 25, a_finding(passage))
    cut = stretches(report)
    assert [(each.start, each.start + len(each.text)) for each in cut if each.findings] == list(passage.pieces)
    assert [each.start for each in cut if each.begins] == [2]
    assert [each.start for each in cut if each.ends] == [18]


@pytest.mark.parametrize(("language", "words"), [("en", "3 pieces"), ("de", "3 Stücken"), ("fr", "3 morceaux")])
def test_a_scattered_passage_is_worded(language: str, words: str) -> None:
    """The notice and the overlap say that the text matches in pieces, and count only their characters."""
    passage = a_passage(APOLLO, start=2, end=20, kind=Kind.SCATTERED, pieces=((2, 6), (10, 14), (18, 20)))
    assert words in short(passage, language)
    said = overlap(a_finding(passage), language=language)
    assert words in said
    assert said.startswith("10 ")
