"""The wording of notices."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from provenance.models import Action, Keep, Kind, LicenceStatus, Quote, Source
from provenance.notices import Tone, advice, duty_words, full, short, tone
from tests.notices.builders import ALICE, APOLLO, ATTRS, MIRROR, NOVEL, SERVER, a_finding, a_passage, a_work
from tests.notices.golden import assert_golden

GOLDEN = Path(__file__).parent / "golden"

FAMILIES = {
    "public-domain": ALICE,
    "cc0": a_work(title="Tables", authors=("Data Office",), licence="CC0-1.0"),
    "unconditional": a_work(title="tiny.c", authors=("A. Coder",), licence="0BSD"),
    "permissive": ATTRS,
    "apache": a_work(
        title="server/http.py", authors=("Example Foundation",), year=2020, licence="Apache-2.0",
        copyright="Copyright 2020 Example Foundation", notice="Example Server\n\nIncludes work by Others, Inc.",
    ),
    "attribution": a_work(title="Crown Report", authors=("HM Office",), licence="OGL-UK-3.0"),
    "use-limits": a_work(title="Model Card", authors=("M. Odel",), licence="LicenseRef-Llama-3.1"),
    "creative-commons": a_work(title="Essay", authors=("E. Writer",), licence="CC-BY-4.0", source="https://e.example/1"),
    "share-alike": APOLLO,
    "weak-copyleft": a_work(title="list.js", authors=("Browser People",), licence="MPL-2.0"),
    "copyleft": a_work(title="kernel/fork.c", authors=("L. T.",), licence="GPL-2.0-only"),
    "network-copyleft": SERVER,
    "restricted": a_work(title="Poem", authors=("P. Oet",), licence="CC-BY-NC-ND-4.0", source="https://p.example/"),
    "other": a_work(title="House style", licence="LicenseRef-house-rules"),
    "choice": a_work(title="lib.rs", authors=("R. Ust", "C. Rab", "F. Err"), licence="MIT OR Apache-2.0"),
    "choice-with-copyleft": a_work(title="both.py", licence="MIT OR GPL-3.0-only"),
    "choice-of-copyleft": a_work(title="either.c", licence="GPL-2.0-only OR AGPL-3.0-only"),
    "all-rights-reserved": NOVEL,
    "unknown": MIRROR,
    "unknown-as-stated": a_work(title="Page", status=LicenceStatus.UNKNOWN, licence="Creative Commons"),
    "conflicting": a_work(title="Song", status=LicenceStatus.CONFLICTING, licence="CC-BY-4.0"),
}  # fmt: skip


@pytest.mark.parametrize("keep", Keep)
@pytest.mark.parametrize("family", FAMILIES)
def test_each_family_has_its_notice(family, keep):
    """The notice of each family holds what its licence asks for, whatever the database keeps of the work."""
    work = dataclasses.replace(FAMILIES[family], keep=keep)
    passage = a_passage(work)
    if keep is Keep.FINGERPRINTS:
        source = Source(work=work, token_start=100, token_end=132, origin=True)
        passage = dataclasses.replace(passage, sources=(source,), quote=Quote(prefix="", exact="", suffix=""))
    notice = full(a_finding(passage))
    parts = (short(passage), notice.heading, *notice.lines, *(f"→ {sentence}" for sentence in notice.advice))
    assert_golden("\n".join(parts) + "\n", GOLDEN / f"{family}.txt")


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


@pytest.mark.parametrize("work", FAMILIES.values(), ids=FAMILIES)
def test_no_notice_speaks_of_copying(work):
    """A match says that texts agree; no notice says who took what from whom."""
    notice = full(a_finding(a_passage(work)))
    words = " ".join((short(a_passage(work)), notice.heading, *notice.lines, *notice.advice)).lower()
    assert "copied" not in words
    assert "taken from" not in words
    assert "satisfied" not in words


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
    assert full(a_finding(a_passage(a_work("blog/7", licence="MIT")))).heading == "An untitled work (blog/7)"


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
    notice = full(a_finding(a_passage(APOLLO, a_work("c", title="Copy", licence="MIT"), works=5_002, creators=9)))
    assert notice.lines[-1] == "Also in: “Copy” (MIT); 5,000 more"


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
        (NOVEL, Action.ANNOTATE, Tone.STOP),
        (APOLLO, Action.RAISE, Tone.STOP),
    ],
)
def test_the_tone_follows_licence_and_policy(work, action, expected):
    """Credit where credit is enough, care where it is not or nobody knows, stop where permission is missing."""
    assert tone(a_finding(a_passage(work), action)) is expected


def test_words_of_others_are_passed_on():
    """A duty that a plugin adds is shown as it is."""
    assert duty_words(("attribution", "send-a-postcard")) == ("name the author and the work", "send-a-postcard")


def test_there_is_always_something_to_do():
    """Every status, and a licence that cannot be read, comes with a next step."""
    assert all(advice(status, None) for status in LicenceStatus)
