"""What a work says itself: notices, licence texts, copyright lines, Project Gutenberg's header."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provenance import licences
from provenance.sources.surroundings import Disk
from provenance.works import Detection, Document, LicenceStatus
from provenance_plugins.detectors._copyright_lines import find_copyright_lines
from provenance_plugins.detectors._phrases import find_statements
from provenance_plugins.detectors._recognition import recognise_licence_file, recognise_work
from provenance_plugins.detectors.texts import HEAD, TAIL, provenance_detect_licences

GPL = """# This program is free software: you can redistribute it and/or modify
# it under the terms of the GNU General Public License as published by
# the Free Software Foundation, either version 3 of the License, or
# (at your option) any later version.
"""
GUTENBERG = """The Project Gutenberg eBook of Moby Dick; Or, The Whale

This ebook is for the use of anyone anywhere in the United States and
most other parts of the world at no cost and with almost no restrictions
whatsoever. You may copy it, give it away or re-use it under the terms
of the Project Gutenberg License included with this ebook.

Title: Moby Dick; Or, The Whale

Author: Herman Melville

*** START OF THE PROJECT GUTENBERG EBOOK MOBY DICK ***
Call me Ishmael.
"""


def mit(holder: str = "Copyright (c) 2020 Ann Example") -> str:
    """The MIT licence as people fill it in."""
    return str(licences.text("MIT")).replace("Copyright (c) <year> <copyright holders>", holder)


def found(text: str) -> Detection | None:
    return provenance_detect_licences(Document(text=text, place="a.txt"))


@pytest.mark.parametrize(
    ("words", "licence", "confidence"),
    [
        (GPL, "GPL-3.0-or-later", 0.902),
        (GPL.replace("General", "Affero General"), "AGPL-3.0-or-later", 0.902),
        ("under the terms of the GNU Lesser General Public License version 2.1", "LGPL-2.1", 0.665),
        ("under the terms version 2 of the GNU General Public License", "GPL-2.0", 0.665),
        ('   Licensed under the Apache License, Version 2.0 (the "License");', "Apache-2.0", 0.902),
        ("subject to the terms of the Mozilla Public\n * License, v. 2.0. If a copy", "MPL-2.0", 0.902),
        ("This work is licensed under a\nCreative Commons Attribution 3.0 License.", "CC-BY-3.0", 0.902),
        ("licensed under [CC BY-SA 4.0](https://creativecommons.org/licenses/by-sa/4.0/).", "CC-BY-SA-4.0", 0.902),
        ("Licensed under either of\n * Apache License, Version 2.0\n * MIT license\nat your option",
         "Apache-2.0 OR MIT", 0.95),
        ("dual licensed under the terms of the MIT license and the Apache License 2.0", "MIT OR Apache-2.0", 0.95),
        ("dual licensed under the Apache License, Version 2.0, and the MIT license", "Apache-2.0 OR MIT", 0.95),
        ("Licensed under either of the MIT license, the zlib license and the ISC license",
         "(MIT OR Zlib) OR ISC", 0.95),
        ("dual licensed under the GPL and the MIT license", "LicenseRef-GPL OR MIT", 0.475),
        ("licensed under the Apache License, Version 2.0, and the MIT license", "Apache-2.0 AND MIT", 0.902),
        ("dual licensed under MIT", "MIT", 0.95),
        ("under the terms of the MIT license, the zlib license and the ISC license", "(MIT AND Zlib) AND ISC", 0.475),
        (":license: Apache2, see LICENSE for more details.", "Apache-2.0", 0.902),
        ('__license__ = "ISC"', "ISC", 0.95),
        ("// Use of this source code is governed by a BSD-style license that can", "LicenseRef-BSD", 0.5),
        ("This is free and unencumbered software released into the public domain.", "Unlicense", 0.9),
    ],
)  # fmt: skip
def test_a_notice_says_which_licence_a_work_has(words: str, licence: str, confidence: float) -> None:
    """The words that authors use are read with what they leave open, across lines and comment marks."""
    said = recognise_work(f"{words}\n\nimport os\n")
    assert said is not None
    assert (said.reading.licence, said.reading.confidence) == (licence, confidence)


@pytest.mark.parametrize(
    "words",
    [
        "The licence of the driver was revoked, and he walked.",
        "This source code is licensed under the license found in the\n# LICENSE file in the root directory",
        "Copyright (c) Facebook. All rights reserved. Licensed as the LICENSE file says.",
        "He governed by fear. The conditions under which they lived were hard.",
        "    license: License | None = None",
    ],
)
def test_words_that_name_no_licence_claim_none(words: str) -> None:
    """A pointer to another file, a type or a story is no statement about the work."""
    assert recognise_work(words) is None


def test_the_evidence_is_the_words_with_their_place() -> None:
    """A reader of a claim can look it up: quotation, file and line."""
    detection = found(f"#!/usr/bin/python\n# Copyright 2014-2016 Nathan West\n#\n{GPL}\nimport os\n")
    assert detection is not None
    assert [claim.evidence for claim in detection.claims] == [
        "“under the terms of the GNU General Public License as published by # the Free Software Foundation, either "
        "version 3 of the License, or # (at your option) any later version” (a.txt:5)"
    ]
    assert detection.copyright == ("Copyright 2014-2016 Nathan West",)


@pytest.mark.slow
def test_a_licence_text_is_named_with_how_much_of_it_is_there() -> None:
    """The text of a licence at the top of a work speaks for the work."""
    detection = found(f'"""{mit()}"""\n\nimport os\n')
    assert detection is not None
    (claim,) = detection.claims
    assert (claim.licence, claim.confidence) == ("MIT", 1.0)
    assert claim.evidence == "100% of the text of MIT (a.txt:5)"
    assert detection.copyright == ("Copyright (c) 2020 Ann Example",)


def test_a_header_of_project_gutenberg_gives_title_author_and_a_status_for_one_country() -> None:
    """Such an eBook is in the public domain in the United States, and elsewhere that is open."""
    detection = found(GUTENBERG)
    assert detection is not None
    (claim,) = detection.claims
    assert (claim.status, claim.licence, claim.confidence) == (LicenceStatus.PUBLIC_DOMAIN, None, 0.63)
    assert (detection.title, detection.authors) == ("Moby Dick; Or, The Whale", ("Herman Melville",))


def test_a_copyrighted_ebook_of_project_gutenberg_is_not_free() -> None:
    """Where the header takes back what it says, nothing is claimed."""
    detection = found(f"This is a COPYRIGHTED Project Gutenberg eBook.\n{GUTENBERG}")
    assert detection is not None
    assert detection.claims == ()


def test_reserved_rights_alone_are_a_guess() -> None:
    """The words often stand above a licence, so they decide nothing by themselves."""
    detection = found("Copyright 2001 A. Nobody. All rights reserved.\n\nIt was a dark night.")
    assert detection is not None
    (claim,) = detection.claims
    assert (claim.status, claim.confidence) == (LicenceStatus.ALL_RIGHTS_RESERVED, 0.3)


def test_only_the_ends_of_a_work_are_read() -> None:
    """What stands in the middle of a long work is said of something else."""
    filler = "It was the best of times. " * 1_000
    assert found(f"{filler}{GPL}{filler}") is None
    at_the_end = found(f"{filler}\n{GPL[: TAIL // 2]}")
    assert at_the_end is not None
    assert [claim.licence for claim in at_the_end.claims] == ["GPL-3.0-or-later"]
    assert len(filler) > HEAD


def test_a_text_about_many_licences_is_under_none_of_them() -> None:
    """More than three licences in one place make a text about licences."""
    names = ("the MIT license", "the ISC license", "the zlib license", "the Apache License 2.0")
    assert recognise_work("\n".join(f"The first is released under {name}." for name in names)) is None


def test_copyright_lines_are_taken_as_they_stand() -> None:
    """Lines with a holder and a year or a sign count; forms, talk of copyright and lists numbered (c) do not."""
    text = """# © 2019-2024 Ann Example
 * Copyright (C) 1991, 1992 Ünal Öz <oz@example.org>. You may use this freely.
// Copyright: 2019, The Foo Authors
Copyright (c) <year> <owner>
Copyright (C) 2007 Free Software Foundation, Inc. <https://fsf.org/>
Redistributions must retain the above copyright notice.
(c) You must retain, in the source form,
SPDX-FileCopyrightText: 2020 Bob
Copyright law differs in 2020.
"""
    assert find_copyright_lines(text) == (
        "© 2019-2024 Ann Example",
        "Copyright (C) 1991, 1992 Ünal Öz <oz@example.org>.",
        "Copyright: 2019, The Foo Authors",
    )


def test_a_licence_file_of_several_texts_has_all_of_them() -> None:
    """What is not explained by one text is looked for in the others; all of them hold, as far as anybody knows."""
    said = recognise_licence_file(f"{mit()}\n\n{licences.text('Apache-2.0')}")
    assert said is not None
    assert (said.reading.licence, said.reading.confidence) == ("Apache-2.0 AND MIT", 0.6)


def test_a_changed_licence_text_is_no_sure_thing() -> None:
    """Where a part of a text is missing, the claim says how much is there, and is a guess."""
    text = mit()
    said = recognise_licence_file(text[: text.index("THE SOFTWARE IS")] + "The moon is made of green cheese. " * 3)
    assert said is not None
    assert said.reading.confidence <= 0.6


@given(st.text(max_size=400))
def test_any_text_is_read_without_an_error(text: str) -> None:
    """Nothing that stands in a work makes a detector fail."""
    hinted = f"{text} licensed under {text}\nLicense: {text}\nCopyright (c) 2020 {text}"
    assert list(find_statements(hinted)) is not None
    assert isinstance(found(hinted), Detection | None)
    assert Disk().folders(Document(text=hinted)) == ()


def test_a_letter_that_grows_in_lower_case_does_not_shift_the_words() -> None:
    """The small form of "İ" is two characters, of which the second is no part of a word."""
    words = f"{'İx ' * 60}licensed under the MIT License"
    said = recognise_work(words)
    assert said is not None
    assert (said.reading.licence, words[said.start :]) == ("MIT", "licensed under the MIT License")


def test_the_lgpl_says_what_the_gpl_says_that_it_is_added_to() -> None:
    """A licence file has the texts of both, and the work is under the smaller one; of two others both are named."""
    both = f"{licences.text('GPL-3.0-only')}\n\n{licences.text('LGPL-3.0-only')}"
    recognised = recognise_licence_file(both)
    assert recognised is not None
    assert "GPL-3.0" in str(recognised.reading.licence)
    assert " AND " not in str(recognised.reading.licence)
    other = recognise_licence_file(f"{licences.text('Apache-2.0')}\n\n{licences.text('LGPL-3.0-only')}")
    assert other is not None
    assert " " in str(other.reading.licence)


@pytest.mark.parametrize("ending", ["", "\n", "\nMore words."])
def test_a_copyright_line_is_whole_wherever_it_ends(ending: str) -> None:
    """At the end of the file, with or without a line break, and before another line."""
    assert find_copyright_lines(f"Notes\nCopyright (c) 2020 Ann Exampl\u00e9{ending}") == (
        "Copyright (c) 2020 Ann Exampl\u00e9",
    )
