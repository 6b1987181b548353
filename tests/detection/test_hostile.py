"""Files made to hurt: everything is capped, and nothing fails."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from provenance.sources.surroundings import READ_BYTES
from tests.detection.conftest import Look

WORDS = "It was a bright cold day in April.\n"
LONG = "x" * 1_000_000


@pytest.mark.parametrize(
    "text",
    [
        "Copyright (c) 2020 Somebody\n" * 100_000,
        f"SPDX-License-Identifier: {LONG}\n",
        f"Copyright (c) 2020 {LONG}\n",
        f"License: {LONG}\n",
        "licensed under " * 70_000,
        "SPDX-License-Identifier: MIT\n" * 50_000,
        "SPDX-SnippetBegin\n" * 50_000,
        "under the terms of the " * 40_000 + "GPL",
        "Title: " * 100_000 + "Project Gutenberg License",
        "(c) " * 200_000,
        "\\((" * 200_000 + "License: MIT",
    ],
    ids=range(11),
)
def test_a_work_made_of_hints_is_looked_through_within_bounds(look: Look, text: str) -> None:
    """Whatever is repeated or however long a line is, few and short things are kept."""
    document = look({"a.txt": text + WORDS})["a.txt"]
    assert len(document.claims) <= 2
    assert all(len(str(claim.evidence)) <= 500 for claim in document.claims)
    assert len(document.copyright or "") <= 50_000


@pytest.mark.slow
def test_what_is_repeated_is_understood_all_the_same(look: Look) -> None:
    """Bounds leave out repetition, not the licence, the holder and the notice that are there."""
    spdx, line = "SPDX-License-Identifier: MIT\n" * 50, "Copyright (c) 2020 Ann\n" * 50
    found = look({"in/a.txt": spdx + line + WORDS, "b/b.txt": WORDS, "b/LICENSE": "License: MIT\n", "b/NOTICE": LONG})
    assert {claim.licence for claim in found["in/a.txt"].claims} == {"MIT"}
    assert found["in/a.txt"].copyright
    assert found["b/b.txt"].notice


@pytest.mark.parametrize("name", ["LICENSE", "NOTICE", "AUTHORS", "REUSE.toml", "package.json", "debian/copyright"])
@pytest.mark.parametrize(
    "text",
    [
        LONG,
        "Ann Example\n" * 100_000,
        "[" * 100_000,
        '{"a":' * 100_000,
        "Format: x\n\n" + "Files: *\nLicense: MIT\n\n" * 40_000,
    ],
)
def test_a_large_file_beside_a_work_is_read_within_bounds(look: Look, name: str, text: str) -> None:
    """Of a file beside a work a mebibyte is read at most, and little of it is kept."""
    document = look({name: text, "a.txt": WORDS})["a.txt"]
    assert len(document.notice or "") <= 100_000 < READ_BYTES
    assert len(document.authors) <= 100
    assert all(len(str(claim.evidence)) <= 500 and len(claim.licence or "") <= 1_000 for claim in document.claims)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs FIFOs")
def test_a_pipe_called_licence_is_not_opened(look: Look, tmp_path: Path) -> None:
    """What is no regular file is as good as none, and nobody waits for it."""
    os.mkfifo(tmp_path / "LICENSE")
    (tmp_path / "REUSE.toml").mkdir()
    assert look({"a.txt": WORDS})["a.txt"].claims == ()


def test_bytes_that_are_no_text_are_read_as_far_as_they_go(look: Look, tmp_path: Path) -> None:
    """Broken encoding and NULs in a licence file neither fail nor reach the database."""
    (tmp_path / "NOTICE").write_bytes(b"\xff\xfe\x00Thing\x00 Copyright 2020 Ann")
    notice = look({"a.txt": WORDS})["a.txt"].notice
    assert notice is not None
    assert "Thing" in notice
    assert "\0" not in notice
