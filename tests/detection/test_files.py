"""LICENSE, NOTICE and AUTHORS files: the nearest folder wins, and nothing outside the ingested one is read."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from provenance import licences
from provenance.plugins import Plugins
from provenance.sources import Declared, documents
from provenance.sources.detect import Detector
from provenance.works import Document
from tests.detection.conftest import Look, only, said
from tests.detection.test_texts import mit

WORDS = "It was a bright cold day in April.\n"
APACHE = str(licences.text("Apache-2.0"))
BSD = str(licences.text("BSD-3-Clause")).replace("<year> <owner>", "2001, Bob Example")


def test_the_nearest_folder_with_a_licence_file_wins(look: Look) -> None:
    """A vendored package keeps its own licence; everything else has that of the project."""
    found = look(
        {"LICENSE": mit(), "a.txt": WORDS, "sub/b.txt": WORDS, "vendor/x/COPYING": BSD, "vendor/x/c.txt": WORDS}
    )
    assert {name: said(found[name]) for name in ("a.txt", "sub/b.txt", "vendor/x/c.txt")} == {
        "a.txt": [("detect-files", "inherited", "MIT", 0.9)],
        "sub/b.txt": [("detect-files", "inherited", "MIT", 0.9)],
        "vendor/x/c.txt": [("detect-files", "inherited", "BSD-3-Clause", 0.9)],
    }
    assert only(found["sub/b.txt"]).evidence == "100% of the text of MIT (LICENSE)"
    assert found["sub/b.txt"].copyright == "Copyright (c) 2020 Ann Example"
    assert found["vendor/x/c.txt"].copyright == "Copyright (c) 2001, Bob Example."


def test_a_licence_is_not_under_itself(look: Look) -> None:
    """A licence file that is ingested as a work has no claim from its own text."""
    found = look({"LICENSE": mit(), "LICENSES/MIT.txt": mit(), "a.txt": WORDS})
    assert {name: document.claims for name, document in found.items() if name != "a.txt"} == {
        "LICENSE": (), "LICENSES/MIT.txt": (),
    }  # fmt: skip


def test_a_notice_file_becomes_the_notice_and_authors_the_authors(look: Look) -> None:
    """The NOTICE is taken verbatim, names without their addresses, and prose is no name."""
    authors = (
        "Authors\n=======\n\n* Ann Example <ann@example.org>\n- Bob O'Neil (docs)\nand many others who helped us.\n"
    )
    found = look({"LICENSE": APACHE, "NOTICE": "Thing\nCopyright 2019 Ann\n", "AUTHORS.md": authors, "a.txt": WORDS})
    document = found["a.txt"]
    assert (document.notice, document.authors) == ("Thing\nCopyright 2019 Ann", ("Ann Example", "Bob O'Neil"))
    assert said(document) == [("detect-files", "inherited", "Apache-2.0", 0.9)]


def test_a_file_for_each_licence_offers_a_choice(look: Look) -> None:
    """LICENSE-MIT beside LICENSE-APACHE is the custom of Rust for either; two texts in other files both hold."""
    found = look({"x/LICENSE-MIT": mit(), "x/LICENSE-APACHE": APACHE, "x/a.txt": WORDS,
                  "y/LICENSE": mit(), "y/COPYING": BSD, "y/a.txt": WORDS})  # fmt: skip
    assert said(found["x/a.txt"]) == [("detect-files", "inherited", "Apache-2.0 OR MIT", 0.9)]
    assert said(found["y/a.txt"]) == [("detect-files", "inherited", "BSD-3-Clause AND MIT", 0.54)]


def test_a_licence_file_that_nobody_understands_hides_those_above(look: Look) -> None:
    """It is better not to know than to take another folder's licence."""
    found = look({"LICENSE": mit(), "sub/LICENSE": "The Moon Accord\nDo as the moon does.\n", "sub/a.txt": WORDS})
    claim = only(found["sub/a.txt"])
    assert (claim.status.value, claim.licence, claim.confidence) == ("unknown", "The Moon Accord", 0.0)


def test_what_a_work_says_itself_is_of_another_kind(look: Look) -> None:
    """Its own words are detected, those of the folder inherited; a guess yields to either."""
    text = "Copyright 2020 Ann. All rights reserved.\n" + WORDS
    found = look({"LICENSE": mit(), "a.py": "# SPDX-License-Identifier: ISC\nx = 1\n", "b.txt": text})
    assert said(found["a.py"]) == [
        ("detect-files", "inherited", "MIT", 0.9), ("detect-spdx", "detected", "ISC", 1.0),
    ]  # fmt: skip
    assert said(found["b.txt"]) == [("detect-files", "inherited", "MIT", 0.9)]


def test_a_single_file_is_judged_by_itself(look: Look) -> None:
    """Who names one file has not asked to look at those beside it."""
    assert look({"LICENSE": mit(), "a.txt": WORDS}, source="a.txt")["a.txt"].claims == ()


def test_what_lies_above_the_ingested_folder_is_not_read(look: Look) -> None:
    """The search ends at the folder that was named."""
    assert look({"LICENSE": mit(), "in/a.txt": WORDS}, source="in")["in/a.txt"].claims == ()


@pytest.mark.skipif(os.name == "nt", reason="links need rights there")
def test_a_link_out_of_the_folder_is_not_followed(tmp_path: Path, plugins: Plugins) -> None:
    """Neither a licence file nor REUSE's folder may lead elsewhere; a link within the folder may."""
    secret, inside = tmp_path / "secret", tmp_path / "in"
    for folder in (secret, inside / "a", inside / "b"):
        folder.mkdir(parents=True)
        (folder / "x.txt").write_text(WORDS, encoding="utf-8")
    (secret / "LICENSE").write_text(mit(), encoding="utf-8")
    (inside / "MY-LICENSE.txt").write_text(BSD, encoding="utf-8")
    (inside / "a" / "LICENSE").symlink_to(secret / "LICENSE")
    (inside / "b" / "LICENSE").symlink_to(inside / "MY-LICENSE.txt")
    detector = Detector(plugins)
    items = [item for item in documents([inside], plugins, Declared()) if isinstance(item, Document)]
    claims = {str(item.title): [c.licence for c in detector.add_detections(item).claims] for item in items}
    assert (claims["a/x.txt"], claims["b/x.txt"]) == ([], ["BSD-3-Clause"])


def test_a_declared_document_keeps_what_it_says(plugins: Plugins) -> None:
    """Title, authors, copyright and notice of the document go before what is detected."""
    text = "Title: Other\nProject Gutenberg License\n\nAuthor: Nobody\n\nCopyright 2020 Nobody\n"
    document = Document(text=text, title="Mine", authors=("Me",), copyright="© Me")
    detected = Detector(plugins).add_detections(document)
    assert (detected.title, detected.authors, detected.copyright) == ("Mine", ("Me",), "© Me")
