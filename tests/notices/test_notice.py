"""The wording of notices."""

from __future__ import annotations

import re

import pytest

from provenance.licences import read_terms
from provenance.notices import Tone, advice, duty_words, full, of_work, short, tone
from provenance.notices.language import languages
from provenance.reports import Action, Kind
from provenance.works import Keep, LicenceStatus
from tests.notices.builders import ALICE, APOLLO, ATTRS, MIRROR, NOVEL, SERVER, a_finding, a_passage, a_work
from tests.notices.families import FAMILIES


def test_short_notice_of_an_encyclopedia_article():
    """A freely licensed work is named with author, licence and address, and nothing more."""
    assert short(a_passage(APOLLO)) == (
        "Matches text in “Apollo 11” by Wikipedia contributors (CC-BY-SA-3.0), https://en.wikipedia.org/wiki/Apollo_11"
    )


def test_short_notice_of_code():
    """A source file without an address ends with its licence."""
    assert short(a_passage(ATTRS)) == "Matches text in “attrs 26.1.0: attr/_make.py” by Hynek Schlawack (MIT)"


def test_short_notice_without_permission():
    """Where all rights are reserved the notice says that naming the author is not enough."""
    assert short(a_passage(NOVEL)) == (
        "Matches text in “The Long Harbour” by C. D. Writer (all rights reserved). No licence found; attribution does "
        "not grant permission. https://publisher.example/long-harbour"
    )


def test_conflicting_sources_are_all_named():
    """Where sources disagree, each licence is shown and none is picked."""
    first = a_work("1", title="Song", status=LicenceStatus.CONFLICTING, licence="CC-BY-4.0")
    second = a_work("2", title="Song (copy)", licence="CC-BY-NC-4.0")
    third = a_work("3", title="Song (lyrics page)", status=LicenceStatus.ALL_RIGHTS_RESERVED)
    assert short(a_passage(first, second, third)) == (
        "Matches text in “Song” (conflicting licences: CC-BY-4.0; CC-BY-NC-4.0; all rights reserved)"
    )


@pytest.mark.parametrize("language", languages())
@pytest.mark.parametrize("work", FAMILIES.values(), ids=FAMILIES)
def test_no_notice_speaks_of_copying(work, language):
    """A match says that texts agree; no notice says who took what from whom, or that a licence is met."""
    notice = full(a_finding(a_passage(work)), language=language)
    words = " ".join((short(a_passage(work), language), notice.heading, *notice.lines, *notice.advice)).lower()
    said = re.sub(r"“[^”]*”", "", words)
    assert not re.search(r"copied|taken from|satisfied|kopiert|übernommen aus|copié|tiré de|\bstolen", said)


@pytest.mark.parametrize(
    ("authors", "credit"),
    [
        ((), ""),
        (("A",), " by A"),
        (("A", "B"), " by A and B"),
        (("A", "B", "C"), " by A, B and C"),
        (("A", "B", "C", "D", "E"), " by A, B and 3 others"),
        (("\0", " "), ""),
    ],
)
def test_authors_read_as_a_sentence(authors, credit):
    """One, two, three and many authors are named as a person would name them."""
    assert short(a_passage(a_work(title="T", authors=authors, licence="MIT"))) == f"Matches text in “T”{credit} (MIT)"


def test_a_work_without_a_title_goes_by_its_name():
    """A work without a title is still told apart from others."""
    assert short(a_passage(a_work("blog/7", licence="MIT"))) == "Matches text in an untitled work (blog/7) (MIT)"
    assert full(a_finding(a_passage(a_work("blog/7", licence="MIT")))).heading == "Untitled work (blog/7)"


def test_hostile_metadata_stays_one_short_line():
    """Escapes, bidi overrides, line breaks and a megabyte of title cannot stretch or bend a notice."""
    work = a_work(
        title="a\x1b[31m\n\u202eb" + "x" * 1_000_000, authors=("evil\r\nX: y",) * 3, licence="MIT",
        source="javascript:alert(1)",
    )  # fmt: skip
    notice = short(a_passage(work))
    assert notice.startswith("Matches text in “a bxxx")
    assert notice.endswith("xxx…” by evil X: y, evil X: y and evil X: y (MIT)")
    assert len(notice) < 300


def test_other_works_are_listed_once_and_counted():
    """The same passage elsewhere is named with its licence, the origin and repetitions left out, the rest counted."""
    others = [a_work(str(number), title=f"Copy {number}", licence="MIT") for number in range(7)]
    notice = full(a_finding(a_passage(APOLLO, *others, *others, APOLLO)))
    assert notice.lines[-1] == (
        "Also in: “Copy 0” (MIT); “Copy 1” (MIT); “Copy 2” (MIT); “Copy 3” (MIT); “Copy 4” (MIT); 2 more"
    )


def test_works_that_a_passage_does_not_name_are_counted_too():
    """Of many works only the first are sources; the notice tells how many there are in all."""
    notice = full(a_finding(a_passage(APOLLO, a_work("c", title="Copy", licence="MIT"), works=5_002, families=9)))
    assert notice.lines[-1] == "Also in: “Copy” (MIT); 5,000 more; 5,002 works of 9 families in all"


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({}, "Overlap: 40 characters (32 tokens), word for word, 1.6% of the work"),
        (
            {"kind": Kind.NEAR_VERBATIM, "similarity": 0.91, "share_of_work": 0.0002},
            "Overlap: 40 characters (32 tokens), nearly word for word (91% alike), less than 0.1% of the work",
        ),
        ({"kind": Kind.WHOLE_WORK, "share_of_work": 1.0}, "Overlap: 40 characters (32 tokens), the whole work"),
    ],
)
def test_the_overlap_is_said(changes, line):
    """Every full notice says how much matches, how exactly, and how much of the work that is."""
    assert line in full(a_finding(a_passage(ATTRS, **changes))).lines


def test_words_that_nobody_compared_are_not_said_to_be_the_same():
    """Where a database keeps fingerprints alone, the notice says what the match goes by."""
    work = a_work(licence="MIT", keep=Keep.FINGERPRINTS)
    assert fact("overlap", work) == "40 characters (32 tokens), going by fingerprints, 1.6% of the work"


def test_several_passages_are_summed_up():
    """Several passages of one work share a notice that adds them up."""
    first, second = a_finding(a_passage(ATTRS, end=40)), a_finding(a_passage(ATTRS, start=50, end=110))
    assert "Overlap: 2 passages, 100 characters (64 tokens) in all" in full(first, second).lines


@pytest.mark.parametrize(
    ("work", "action", "expected"),
    [
        (APOLLO, Action.ANNOTATE, Tone.CREDIT),
        (ALICE, Action.ANNOTATE, Tone.CREDIT),
        (APOLLO, Action.WARN, Tone.CARE),
        (SERVER, Action.ANNOTATE, Tone.CARE),
        (MIRROR, Action.ANNOTATE, Tone.CARE),
        (a_work(licence="LicenseRef-house-rules"), Action.ANNOTATE, Tone.CARE),
        (NOVEL, Action.ANNOTATE, Tone.STOP),
        (APOLLO, Action.RAISE, Tone.STOP),
    ],
)
def test_the_tone_follows_licence_and_policy(work, action, expected):
    """Credit where credit is enough, care where it is not or nobody knows, stop where permission is missing."""
    assert tone(a_finding(a_passage(work), action)) is expected


def test_the_gravest_of_several_findings_sets_the_tone():
    """One work with a credit line here and a warning there is shown as the warning."""
    mild, warned = a_finding(a_passage(APOLLO)), a_finding(a_passage(APOLLO), Action.WARN)
    assert tone(mild, warned) is tone(warned, mild) is Tone.CARE


@pytest.mark.parametrize(
    ("kind", "extent"),
    [(Kind.VERBATIM, "; excerpt"), (Kind.NEAR_VERBATIM, "; excerpt, changed"), (Kind.WHOLE_WORK, "")],
)
def test_a_credit_line_is_ready_to_be_used(kind, extent):
    """Title, author, source, licence with its address, and whether the passage was changed: what CC asks for."""
    assert fact("credit", APOLLO, kind=kind) == (
        "“Apollo 11” by Wikipedia contributors, https://en.wikipedia.org/wiki/Apollo_11, licensed under CC-BY-SA-3.0 "
        f"(https://creativecommons.org/licenses/by-sa/3.0/){extent}"
    )


def fact(name, work, **changes):
    """What a full notice says under one name, or None."""
    facts = full(a_finding(a_passage(work, **changes))).facts
    return next((each.value for each in facts if each.name == name), None)


@pytest.mark.parametrize(
    ("licence", "asked"),
    [("CC-BY-3.0", True), ("CC-BY-SA-2.5", True), ("CC-BY-NC-1.0", True), ("CC-BY-4.0", False), ("CC-SA-1.0", False)],
)
def test_old_creative_commons_licences_ask_for_the_title(licence, asked):
    """Before version 4.0 a title must be given; where none is known the notice says so and makes none up."""
    assert (fact("title", a_work(licence=licence)) is not None) is asked
    assert fact("title", a_work(licence=licence, title="T")) is None


@pytest.mark.parametrize(
    ("licence", "name", "said"),
    [
        ("CC-BY-NC-4.0", "disclaimer", "the work comes as it is, without warranties; see section 5 of the licence"),
        ("MPL-2.0", "disclaimer", "the work comes without warranty; keep the notices that say so"),
        ("MIT", "disclaimer", None),
        ("MIT", "copyright", "no copyright line is known; look for it at the source and keep it"),
        ("CC-BY-4.0", "copyright", None),
        ("Apache-2.0", "notice", "none is known; if the work comes with a NOTICE file, what it says about the passage "
         "belongs here"),
        ("MIT", "notice", None),
        ("GPL-2.0-only WITH Classpath-exception-2.0", "exception",
         "Classpath-exception-2.0 (https://spdx.org/licenses/Classpath-exception-2.0.html) permits more than the "
         "licence alone"),
        ("GPL-2.0-only WITH AdditionRef-house", "exception", "AdditionRef-house permits more than the licence alone"),
        ("GPL-2.0-only", "note", "Credit is not enough: works built on it must carry the same licence; their source "
         "code must be offered."),
        ("LicenseRef-Llama-3.1", "note", "Credit is not enough: the licence rules out some uses."),
        ("CC-BY-ND-4.0", "note", "Credit is not enough: adapted versions may not be shared."),
    ],
)  # fmt: skip
def test_what_a_licence_wants_and_nobody_knows_is_said(licence, name, said):
    """Disclaimers, exceptions and warnings are named, and what is missing is named as missing."""
    assert fact(name, a_work(title="T", licence=licence)) == said


def test_words_of_others_are_passed_on():
    """A duty that a plugin adds is shown as it is."""
    assert duty_words(("attribution", "send-a-postcard")) == ("name the author and the work", "send-a-postcard")


def test_there_is_always_something_to_do():
    """Every status, and a licence that cannot be read, comes with a next step."""
    assert all(advice(read_terms(status, None)) for status in LicenceStatus)


@pytest.mark.parametrize("work", [APOLLO, MIRROR, ATTRS], ids=lambda work: work.id)
def test_the_notice_for_a_work_says_what_holds_whatever_matches(work):
    """It has the facts of a finding's notice but for how much matches, where else, and that it is an excerpt."""
    whole, found = of_work(work), full(a_finding(a_passage(work)))
    assert (whole.heading, whole.advice) == (found.heading, found.advice)
    lines = [line.removesuffix("; excerpt") for line in found.lines if not line.startswith("Overlap: ")]
    assert list(whole.lines) == lines
