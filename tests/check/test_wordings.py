"""Fixed wordings are nobody's; what stands beside them, or what an author makes of them, counts."""

from __future__ import annotations

import re
import tomllib
from importlib.resources import files

import pytest

from provenance import Document
from provenance.licences import licence_wording, wording
from provenance.text import load_tokenizer
from provenance.thresholds import LEAST_LICENCE_RUN
from tests.check.conftest import MakeChecker
from tests.database.samples import CODE, LANGUAGES, SWANN, TIMES, tokens_of

CLOSED = "all-rights-reserved"
TOKENIZER = load_tokenizer()
ENTRIES = tomllib.loads((files("provenance") / "data" / "wordings.toml").read_text("utf-8"))["wording"]
NOTICE = (
    "Copyright © 2019 by Ann Example. All rights reserved. No part of this publication may be reproduced, stored in "
    "a retrieval system, or transmitted, in any form or by any means, electronic, mechanical, photocopying, "
    "recording, or otherwise, without the prior written permission of the publisher."
)
COOKIES = (
    "We use cookies to enhance your browsing experience, serve personalized ads or content, and analyze our traffic. "
    'By clicking "Accept All", you consent to our use of cookies.'
)
IN_USE = {
    "book": NOTICE,
    "novel": "This is a work of fiction. Names, characters, places, and incidents either are the product of the "
             "author's imagination or are used fictitiously. Any resemblance to actual persons, living or dead, "
             "events, or locales is entirely coincidental.",
    "buch": "Das Werk einschließlich aller seiner Teile ist urheberrechtlich geschützt. Jede Verwertung außerhalb "
            "der engen Grenzen des Urheberrechtsgesetzes ist ohne Zustimmung des Verlages unzulässig und strafbar.",
    "livre": "Toute représentation ou reproduction intégrale ou partielle faite par quelque procédé que ce soit, "
             "sans le consentement de l’auteur ou de ses ayants droit ou ayants cause, est illicite et constitue une "
             "contrefaçon.",
    "libro": "Queda rigurosamente prohibida, sin autorización escrita de los titulares del copyright, bajo las "
             "sanciones establecidas en las leyes, la reproducción total o parcial de esta obra por cualquier medio "
             "o procedimiento.",
    "本": "この物語はフィクションであり、実在の人物・団体・事件などとは一切関係ありません。",
    "cookies": COOKIES,
    "go": "// Copyright 2009 The Kettle Authors. All rights reserved.\n// Use of this source code is governed by a "
          "BSD-style\n// license that can be found in the LICENSE file.\n",
    "gpl": " * GNU Kettle is free software: you can redistribute it and/or modify\n * it under the terms of the GNU "
           "General Public License as published by\n * the Free Software Foundation, either version 3 of the "
           "License, or\n * (at your option) any later version.",
    "kernel": "This program is free software; you can redistribute it and/or modify it under the terms of the GNU "
              "General Public License version 2 as published by the Free Software Foundation.",
    "mail": "This email and any files transmitted with it are confidential and intended solely for the use of the "
            "individual or entity to whom they are addressed. If you have received this email in error please notify "
            "the system manager.",
    "lorem": "Lorem ipsum dolor sit amet, consectetur adipiscing elit, sed do eiusmod tempor incididunt ut labore et "
             "dolore magna aliqua. Ut enim ad minim veniam, quis nostrud exercitation ullamco laboris nisi ut "
             "aliquip.",
    "error": "The requested URL was not found on the server. If you entered the URL manually please check your "
             "spelling and try again.",
}  # fmt: skip


@pytest.mark.parametrize("name", IN_USE)
def test_a_wording_in_use_is_silent(trusted_of: MakeChecker, name: str) -> None:
    """A formula that one author's work has is not this author's, in the dress in which the work has it."""
    checker = trusted_of(Document(text=f"{IN_USE[name]}\n\n{TIMES}\n\n{CODE}", id="w", licence=CLOSED))
    report = checker.check(f"Here you are:\n\n{IN_USE[name]}\n")
    assert not report.findings
    assert {str(each.reason) for each in report.exempt} <= {"boilerplate", "too-short"}
    # control: as many words of the author's own are noticed
    assert checker.check(TIMES).findings


@pytest.mark.parametrize("name", IN_USE)
def test_what_stands_below_a_wording_counts(trusted_of: MakeChecker, name: str) -> None:
    """Of a poem below it each word counts, and of the wording none but a name of its own."""
    text = f"{IN_USE[name]}\n\n{SWANN}"
    (finding,) = trusted_of(Document(text=text, id="w", licence=CLOSED)).check(text).findings
    own = len(tokens_of(SWANN))
    assert own <= finding.passage.counted_tokens <= own + 16


def test_a_song_between_two_banners_counts(trusted_of: MakeChecker) -> None:
    """Wordings on both sides hide nothing between them, were it one short verse."""
    song = TIMES[:233]
    text = f"{COOKIES}\n\n{song}\n\n{COOKIES}"
    (finding,) = trusted_of(Document(text=text, id="song", licence=CLOSED)).check(f"Sure:\n\n{text}").findings
    assert finding.passage.counted_tokens == len(tokens_of(song))


def test_an_authors_version_of_a_wording_counts(trusted_of: MakeChecker) -> None:
    """A parody of a rights notice is its author's where it differs, and commonplace where it does not."""
    parody = (
        "All rights reserved. No part of this kettle may be boiled, poured into a retrieval system, or sung at, in "
        "any key or by any choir, electronic, mechanical, seafaring, whispering, or otherwise, without the prior "
        "written permission of the lighthouse keeper, who is asleep, and of his cat, who never sleeps and who "
        "forgives nobody for the fog."
    )
    checker = trusted_of(Document(text=f"{NOTICE}\n\n{parody}", id="parody", licence=CLOSED))
    (finding,) = checker.check(parody).findings
    assert finding.passage.counted_tokens >= len(tokens_of(parody)) - 24
    assert not checker.check(NOTICE).findings


@pytest.mark.parametrize(
    ("name", "licence"),
    [("book", CLOSED), ("gpl", "GPL-3.0-or-later"), ("kernel", "GPL-2.0"), ("cookies", "unknown")],
)
def test_a_notice_still_says_what_the_work_is_under(trusted_of: MakeChecker, name: str, licence: str) -> None:
    """Nobody's as words, a notice stays evidence of the licence of the work that it stands in."""
    checker = trusted_of(Document(text=f"{IN_USE[name]}\n\n{SWANN}", id="w"))
    (finding,) = checker.check(SWANN).findings
    assert (finding.passage.origin.licence or str(finding.passage.origin.status)) == licence


def test_each_wording_says_what_it_is() -> None:
    """Whoever reviews the file finds for each wording what it is and where it is from, and no name twice."""
    assert all(set(entry) == {"name", "kind", "language", "source", "text"} for entry in ENTRIES)
    assert len({entry["name"] for entry in ENTRIES}) == len(ENTRIES)
    assert all(len(entry["source"]) > 40 for entry in ENTRIES)


def test_each_form_is_known_whole() -> None:
    """Each form has a part that is long enough to be known, and is known, with its longest choices."""
    for form in wording.load_wordings():
        assert not re.search(r"\[[^\]]*[\[…]|^[^\[]*\]", form), f"a choice or a name within a choice: {form}"
        longest = re.sub(r"\[([^\]]*)\]", lambda choice: max(choice[1].split("|"), key=len), form)
        parts = [TOKENIZER.encode(part) for part in longest.split("…")]
        assert max(map(len, parts)) >= LEAST_LICENCE_RUN, form
        assert all(licence_wording(part).all() for part in parts if len(part) >= LEAST_LICENCE_RUN), form


@pytest.mark.parametrize("content", [*LANGUAGES.values(), TIMES, ""])
def test_no_other_text_has_any(content: str) -> None:
    """Prose and code have no such wording."""
    assert not licence_wording(TOKENIZER.encode(content)).any()
