"""Each way in has a page that begins with the lines to paste, and all of its code stands in files that tests run."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parents[2] / "examples"
PAGES = sorted(page for page in EXAMPLES.glob("*/README.md") if page.parent.name not in ("works", "demo", "plugin"))
FENCED = re.compile(r"^```(\w*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)


def named(page: Path) -> str:
    return page.parent.name


def test_each_page_is_in_both_tables() -> None:
    """A reader of README, or of the list of examples, finds each way in."""
    for table in (EXAMPLES.parent / "README.md", EXAMPLES / "README.md"):
        text = table.read_text(encoding="utf-8")
        assert [named(page) for page in PAGES if f"{named(page)}/README.md" not in text] == []


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_a_page_begins_with_the_lines_to_paste(page: Path) -> None:
    """Before them there is a title, and a paragraph of at most three lines."""
    before = page.read_text(encoding="utf-8").split("\n```", 1)[0]
    title, *rest = [part for part in before.split("\n\n") if part.strip()]
    assert title.startswith("# ")
    assert len(rest) == 1
    assert len(rest[0].strip().splitlines()) <= 3


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_code_on_a_page_stands_in_files(page: Path) -> None:
    """Each part of a Python snippet, between blank lines, is in a file of the folder."""
    files = [file for file in page.parent.iterdir() if file.is_file() and file != page and file.suffix != ".png"]
    code = "\n\n".join(file.read_text(encoding="utf-8") for file in files)
    parts = [part.strip("\n") for kind, said in FENCED.findall(page.read_text("utf-8")) if kind == "python"
             for part in re.split(r"\n\n+", said)]  # fmt: skip
    assert [part for part in parts if part not in code] == []
