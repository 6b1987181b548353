"""The pages on LangChain and MCP: what they show is in files, and prints what stands beside it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.docs.conftest import a_workplace
from tests.docs.documents import ROOT, blocks, links, read, transcript, undated

PAGES = ("langchain", "mcp")
"""Each is the name of a folder and of an extra."""


def page(way: str) -> str:
    return f"examples/{way}/README.md"


@pytest.mark.parametrize("way", PAGES)
def test_commands_print_what_the_page_shows(way: str, tmp_path: Path) -> None:
    """The console blocks, run in order in a fresh folder, print what stands below each command; only days differ."""
    pytest.importorskip(way)
    fresh = a_workplace(tmp_path)
    shown = [pair for block in blocks(page(way)) if block.language == "console" for pair in transcript(block)]
    assert {f"examples/{way}/{file.name}" for file in _scripts(way)} <= set(" ".join(line for line, _ in shown).split())
    assert [(command, undated(fresh.run(command)).strip("\n")) for command, _ in shown] == shown


def _scripts(way: str) -> list[Path]:
    return [file for file in sorted((ROOT / "examples" / way).glob("*.py")) if file.name != "stand_in.py"]


@pytest.mark.parametrize("way", PAGES)
def test_every_snippet_is_part_of_a_file_beside_it(way: str) -> None:
    """What can be pasted was run: each block of Python or JSON stands so in a file of the folder, which is linked."""
    files = [file for file in (ROOT / "examples" / way).iterdir() if file.suffix in (".py", ".json")]
    contents = [file.read_text(encoding="utf-8") for file in files]
    snippets = [block.content for block in blocks(page(way)) if block.language in ("python", "json")]
    assert snippets
    assert all(any(snippet in content for content in contents) for snippet in snippets)
    assert {file.name for file in files} <= set(links(page(way)))
    assert [target for target in links(page(way)) if not (ROOT / "examples" / way / target).exists()] == []


@pytest.mark.parametrize("way", PAGES)
def test_a_page_begins_with_the_lines_to_paste(way: str) -> None:
    """After its title and one sentence."""
    assert re.match(r"# [\w ]+\n\n[^\n]+\n\n```(?:python|json)\n", read(page(way)))


@pytest.mark.parametrize("way", PAGES)
def test_a_page_is_listed_and_spelt_as_the_others(way: str) -> None:
    """The list of examples names it, and a licence is a licence."""
    assert f"[`{way}/`]({way}/README.md)" in read("examples/README.md")
    prose = re.sub(r"```.*?```|`[^`]*`|\([^)]*\)", "", read(page(way)), flags=re.DOTALL)
    assert re.findall(r"\b[Ll]icens(?:e|es|ing)\b", prose) == []
