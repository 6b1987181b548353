"""SPDX tags, `.license` files, snippets, REUSE.toml and dep5."""

from __future__ import annotations

import pytest

from provenance_plugins.detectors._spdx_tags import find_tags
from tests.detection.conftest import Look, only, said

CODE = "import os\n\nprint(os.name)\n"
MIT = "# SPDX-License-Identifier: MIT\n# SPDX-FileCopyrightText: 2020 Ann Example\n"


@pytest.mark.parametrize(
    ("line", "value"),
    [
        ("# SPDX-License-Identifier: MIT", "MIT"),
        ("/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */", "GPL-2.0-only WITH Linux-syscall-note"),
        ("<!-- SPDX-License-Identifier: (MIT OR ISC) -->", "(MIT OR ISC)"),
        ('"SPDX-License-Identifier: MIT",', "MIT"),
        ("{# SPDX-License-Identifier: MIT #}", "MIT"),
        ("SPDX-License-Identifier:MIT\r", "MIT"),
    ],
)
def test_a_tag_ends_where_its_comment_ends(line: str, value: str) -> None:
    """The value is the expression alone, in whatever comment it stands."""
    assert [tag.value for tag in find_tags(f"{line}\ncode\n")] == [value]


def test_what_is_marked_to_be_ignored_does_not_count() -> None:
    """Examples in a text about REUSE are no statements."""
    text = f"REUSE-IgnoreStart\n{MIT}REUSE-IgnoreEnd\n# SPDX-License-Identifier: ISC\n"
    assert [tag.value for tag in find_tags(text)] == ["ISC"]


def test_tags_in_a_file_say_its_licence_and_its_holder(look: Look) -> None:
    """The claim has the tag and its line as evidence."""
    document = look({"a.py": f"#!python\n{MIT}{CODE}"})["a.py"]
    claim = only(document)
    assert said(document) == [("detect-spdx", "detected", "MIT", 1.0)]
    assert claim.evidence == f"SPDX-License-Identifier: MIT ({document.place}:2)"
    assert document.copyright == "© 2020 Ann Example"


def test_a_snippet_adds_its_licence_to_that_of_the_file(look: Look) -> None:
    """Both hold for the whole; without a licence of the file itself, a part's is only a guess."""
    snippet = "# SPDX-SnippetBegin\n# SPDX-License-Identifier: ISC\nx = 1\n# SPDX-SnippetEnd\n"
    found = look({"both.py": MIT + CODE + snippet, "alone.py": CODE + snippet})
    assert said(found["both.py"]) == [("detect-spdx", "detected", "MIT AND ISC", 1.0)]
    assert said(found["alone.py"]) == [("detect-spdx", "detected", "ISC", 0.4)]


def test_a_licence_file_beside_a_work_goes_before_its_tags(look: Look) -> None:
    """`a.txt.license` speaks for `a.txt`, as REUSE says."""
    found = look({"a.txt": MIT + CODE, "a.txt.license": "SPDX-License-Identifier: CC-BY-4.0\n"})
    assert said(found["a.txt"]) == [("detect-spdx", "detected", "CC-BY-4.0", 1.0)]
    assert only(found["a.txt"]).evidence == "SPDX-License-Identifier: CC-BY-4.0 (a.txt.license:1)"


REUSE = """version = 1
[[annotations]]
path = "**"
SPDX-License-Identifier = "CC0-1.0"
SPDX-FileCopyrightText = "2019 Everybody"
[[annotations]]
path = ["data/*.csv", "data/\\\\*.txt"]
precedence = "{}"
SPDX-License-Identifier = "ODbL-1.0"
"""


@pytest.mark.parametrize(
    ("precedence", "tagged", "untagged"),
    [
        ("closest", "MIT", "ODbL-1.0"),
        ("aggregate", "MIT AND ODbL-1.0", "ODbL-1.0"),
        ("override", "ODbL-1.0", "ODbL-1.0"),
    ],
)
def test_annotations_go_together_with_tags_as_their_precedence_says(
    look: Look, precedence: str, tagged: str, untagged: str
) -> None:
    """Closest yields to the file's own words, aggregate adds to them, override goes before them."""
    files = {"REUSE.toml": REUSE.format(precedence), "data/a.csv": MIT + CODE, "data/b.csv": CODE, "c.md": CODE}
    found = look(files)
    assert [only(found[name]).licence for name in ("data/a.csv", "data/b.csv", "c.md")] == [tagged, untagged, "CC0-1.0"]
    assert found["c.md"].copyright == "© 2019 Everybody"


def test_of_several_reuse_files_the_closest_counts(look: Look) -> None:
    """A folder's own REUSE.toml goes before that of the project, unless that overrides it."""
    inner = REUSE.format("closest").replace("CC0-1.0", "ISC")
    files = {"REUSE.toml": REUSE.format("closest"), "sub/REUSE.toml": inner, "sub/a.txt": CODE}
    assert only(look(files)["sub/a.txt"]).licence == "ISC"
    files["REUSE.toml"] = files["REUSE.toml"].replace('path = "**"', 'path = "**"\nprecedence = "override"')
    assert only(look(files)["sub/a.txt"]).licence == "CC0-1.0"


def test_an_old_dep5_file_adds_to_what_is_there(look: Look) -> None:
    """The last paragraph that matches counts."""
    dep5 = (
        "Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/\n\n"
        "Files: *\nCopyright: 2018 Ann\nLicense: CC0-1.0\n\n"
        "Files: img/* doc?.txt\nCopyright: 2019 Bob\nLicense: CC-BY-4.0\n"
    )
    found = look({".reuse/dep5": dep5, "a.txt": CODE, "docs.txt": CODE})
    assert [only(found[name]).licence for name in ("a.txt", "docs.txt")] == ["CC0-1.0", "CC-BY-4.0"]
    assert found["docs.txt"].copyright == "© 2019 Bob"


@pytest.mark.parametrize(
    "broken",
    ["version = ", "version = 2\n", "version = 1\nannotations = 7", "version = 1\n[[annotations]]\npath = 3", "["],
)
def test_a_broken_reuse_file_says_nothing(look: Look, broken: str) -> None:
    """The ingest goes on as if it were not there."""
    assert look({"REUSE.toml": broken, "a.txt": CODE})["a.txt"].claims == ()


def test_an_expression_that_nobody_understands_is_kept(look: Look) -> None:
    """The claim is unknown, with the words as they stand there."""
    found = look({"a.txt": "SPDX-License-Identifier: Whatever-7 AND\n" + CODE})["a.txt"]
    claim = only(found)
    assert (claim.status.value, claim.licence, claim.confidence) == ("unknown", "Whatever-7 AND", 0.0)
