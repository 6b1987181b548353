"""The licence texts that stand with a notice, with the works' own copyright lines in them."""

from __future__ import annotations

import re

import pytest

from provenance import licences
from provenance.licences import Duty, table
from provenance.licences.texts import texts
from provenance.notices import REPORTED, licence_texts
from provenance.notices.texts import licence_text
from provenance.works import LicenceStatus
from tests.notices.builders import APOLLO, ATTRS, NOVEL, a_work

OWN = "Copyright (c) 2015 Hynek Schlawack and the attrs contributors"
NONE = "[No copyright line is known for “sort.c”; look for it at the source.]"
SORT = a_work("sort", title="sort.c", licence="BSD-3-Clause")
SHOWN = [
    licence
    for licence in texts()
    if Duty.LICENCE_TEXT in table.licence_terms(licence).duties and len(licences.text(licence) or "") <= REPORTED
]


def test_mit_has_the_works_own_line_where_the_text_has_its_place():
    """The permission text is the whole of SPDX's, and the line is the work's, to the letter."""
    place = "Copyright (c) <year> <copyright holders>"
    assert place in licences.text("MIT")
    assert licence_text("MIT", [ATTRS]) == licences.text("MIT").strip().replace(place, OWN)


def test_the_sample_lines_of_isc_give_way():
    """SPDX has the ISC licence with the lines of its first holder; they are nobody else's."""
    shown = licence_text("ISC", [ATTRS])
    assert shown.startswith(f"ISC License:\n\n{OWN}\n\nPermission to use")
    assert "Internet S" not in shown.split("\n\n")[1]


def test_no_line_is_made_up():
    """Where a work names no copyright line, its place says so, with the work's name."""
    assert licence_text("BSD-3-Clause", [SORT]).startswith(f"{NONE}\n\nRedistribution and use")


def test_many_works_without_a_line_are_counted():
    """A thousand works without a line take one line."""
    works = [a_work(str(number), title=f"T{number}") for number in range(1_000)]
    assert licence_text("MIT", [ATTRS, *works]).splitlines()[2:4] == [
        OWN,
        "[No copyright line is known for “T0”, “T1”, “T2”, “T3”, “T4” and 995 more; look for it at the source.]",
    ]


@pytest.mark.parametrize("licence", SHOWN)
def test_every_text_that_is_shown_has_the_line_and_keeps_its_words(licence):
    """In every short licence the work's line stands, no blank is left at its head, and no other line is lost."""
    shown, whole = licence_text(licence, [ATTRS]), licences.text(licence).strip()
    lost = [line for line in whole.split("\n") if line not in shown.split("\n")]
    assert OWN in shown.split("\n")
    assert not re.search(
        r"[<\[](?:year|owner|copyright holders?)[>\]]", "\n".join(shown.split("\n")[:4]), re.IGNORECASE
    )
    assert len(lost) <= 2
    assert all(re.match(r"Copyright |<copyright notice>", line) for line in lost)


def test_a_long_text_is_not_touched():
    """The blanks in the appendices of Apache-2.0 and the GPL show how to use them, and stay."""
    for licence in ("Apache-2.0", "GPL-3.0-only", "MulanPSL-2.0"):
        shown = licence_text(licence, [ATTRS])
        assert shown == licences.text(licence).strip()


@pytest.mark.parametrize(
    ("licence", "wanted"),
    [
        ("MIT", ["MIT"]), ("ISC AND BSD-2-Clause", ["ISC", "BSD-2-Clause"]), ("GPL-2.0-only OR MIT", ["MIT"]),
        ("CC-BY-4.0", []), ("0BSD", []), ("LicenseRef-house", []), ("Apache-2.0+", ["Apache-2.0+"]),
    ],
)  # fmt: skip
def test_only_what_must_be_shown_is_shown(licence, wanted):
    """Each licence of an AND, the least demanding of an OR, none that is content with its address."""
    assert [text.licence for text in licence_texts([a_work(licence=licence)])] == wanted


def test_each_text_stands_once_with_all_its_works():
    """Works under one licence share its text; where no licence is known there is none to show."""
    other = a_work("2", licence="MIT", copyright="Copyright 2020 B")
    conflicting = a_work("3", licence="MIT; ISC", status=LicenceStatus.CONFLICTING)
    (text,) = licence_texts([ATTRS, APOLLO, NOVEL, other, conflicting])
    assert (text.licence, text.works) == ("MIT", (0, 3))
    assert f"\n{OWN}\nCopyright 2020 B\n\n" in text.text
