"""The pages on LiteLLM and Open WebUI: what can be pasted stands in files that other tests of this folder run."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.docs.documents import ROOT, blocks, links, read, sections

PAGES = ("litellm", "open_webui")


def page(way: str) -> str:
    return f"examples/{way}/README.md"


@pytest.mark.parametrize("way", PAGES)
def test_every_snippet_is_part_of_a_file_beside_it(way: str) -> None:
    """Each block of Python or YAML stands so in a file of the folder, and every file is linked."""
    files = [file for file in (ROOT / "examples" / way).iterdir() if file.suffix in (".py", ".yaml")]
    contents = [file.read_text(encoding="utf-8") for file in files]
    snippets = [block.content for block in blocks(page(way)) if block.language in ("python", "yaml")]
    assert [each for each in snippets if not any(each in content for content in contents)] == []
    assert {file.name for file in files} <= set(links(page(way)))
    assert [link for link in links(page(way)) if not (ROOT / "examples" / way / link).exists()] == []


@pytest.mark.parametrize("way", PAGES)
def test_a_page_begins_with_the_lines_to_paste(way: str) -> None:
    """After its title and one sentence."""
    assert re.match(r"# [\w ]+\n\n[^\n]+\n\n```\w+\n", read(page(way)))


@pytest.mark.parametrize("way", PAGES)
def test_a_page_is_listed_and_spelt_as_the_others(way: str) -> None:
    """The list of examples names it, and a licence is a licence."""
    assert f"[`{way}/`]({way}/README.md)" in read("examples/README.md")
    prose = re.sub(r"```.*?```|`[^`]*`|\([^)]*\)", "", read(page(way)), flags=re.DOTALL)
    assert re.findall(r"\b[Ll]icens(?:e|es|ing)\b", prose) == []


@pytest.mark.parametrize("script", sorted((ROOT / "examples" / "litellm").glob("*.py")), ids=lambda path: path.name)
def test_every_script_is_run(script: Path) -> None:
    """An example that no test runs is not shipped."""
    assert f'"{script.name}"' in (Path(__file__).parent / "test_litellm.py").read_text(encoding="utf-8")


def test_the_table_of_valves_is_that_of_the_filter() -> None:
    """The page names every valve with its default."""
    module: dict[str, object] = {}
    exec((ROOT / "examples" / "open_webui" / "licence_filter.py").read_text(encoding="utf-8"), module)
    valves = module["Filter"].Valves.model_fields  # type: ignore[attr-defined]
    rows = dict(re.findall(r"^\| `(\w+)` \| *`?([^`|]*?)`? *\|", read(page("open_webui")), re.MULTILINE))
    assert rows == {name: str(field.default) for name, field in valves.items()}


def test_the_table_of_parameters_is_that_of_the_guardrail() -> None:
    """The page names everything that our guardrail takes beside LiteLLM's own."""
    source = (ROOT / "provenance" / "integrations" / "litellm.py").read_text(encoding="utf-8")
    (signature,) = re.findall(r"guardrail_name: str \| None = None,\n +\*,\n(.*?)\n +\*\*options", source, re.DOTALL)
    rows = re.findall(r"^\| (`.*?) \|", sections(page("litellm"))["The proxy"], re.MULTILINE)
    assert re.findall(r"`(\w+)`", " ".join(rows)) == re.findall(r"^ +(\w+):", signature, re.MULTILINE)
