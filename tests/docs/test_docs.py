"""The documents name everything that there is, and nothing that there is not."""

from __future__ import annotations

import dataclasses
import importlib
import inspect
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

import provenance
from provenance import generation, hookspecs
from provenance.cli.commands import cli, load_command
from provenance.database.ingest import BATCH_CHARACTERS
from provenance.errors import ProvenanceError
from provenance.fingerprints import SAMPLINGS
from provenance.index import MOST
from provenance.index.format import FORMAT
from provenance.index.writer import TEXT_BLOCK
from provenance.policy import PRESETS, PolicySettings, Rule
from provenance.reports import Action, Kind, Reason
from provenance.version import VERSION
from provenance.works import Family, LicenceStatus, Sensitivity
from tests.docs.documents import DOCUMENTS, PAGES, ROOT, anchors, blocks, links, read, references, section, sections

FINE, WIDE = SAMPLINGS[Sensitivity.FINE], SAMPLINGS[Sensitivity.WIDE]

# ARCHITECTURE describes the layout that these folders move to; a row is needless once its folder has moved.
HOOKS = {name: hook for name, hook in vars(hookspecs).items() if name.startswith("provenance_")}


def commands(group: click.Group = cli, path: str = "provenance") -> Iterator[tuple[str, click.Command]]:
    """Every command that is no group, with its whole name."""
    for name, listed in group.commands.items():
        command = load_command(name) if group is cli else listed
        if isinstance(command, click.Group):
            yield from commands(command, f"{path} {name}")
        else:
            yield f"{path} {name}", command


def options(command: click.Command) -> set[str]:
    """The long names of a command's options, without hidden ones."""
    shown = (p for p in command.params if isinstance(p, click.Option) and not p.hidden)
    return {name for option in shown for name in option.opts if name.startswith("--")}


@pytest.mark.parametrize(("name", "command"), list(commands()), ids=lambda each: each if isinstance(each, str) else "")
def test_each_command_has_a_section_with_just_its_options(name: str, command: click.Command) -> None:
    """The reference names every option of a command, and none that it does not take."""
    items = re.findall(r"^- .*(?:\n  .*)*", section(name), re.MULTILINE)
    assert set(re.findall(r"--[a-z-]+", "\n".join(items))) == options(command)


def test_no_section_is_about_a_command_that_is_gone() -> None:
    """A heading that looks like a command is one."""
    headings = {heading for page in PAGES for heading in sections(page) if heading.startswith("provenance ")}
    assert headings == {name for name, _ in commands()}


def test_the_options_of_the_command_itself_are_named() -> None:
    """What stands before a command is in the reference too."""
    for option in options(cli):
        assert f"provenance {option}" in sections("docs/commands.md")["Commands and variables"]


@pytest.mark.parametrize("name", HOOKS)
def test_each_hook_is_shown_with_its_exact_signature(name: str) -> None:
    """A plugin's author can copy the signature from the reference."""
    signature = str(inspect.signature(HOOKS[name])).replace("'", "")
    assert f"{name}{signature}\n" in [block.content for block in blocks("docs/plugins.md")]


@pytest.mark.parametrize("field", dataclasses.fields(PolicySettings), ids=lambda field: field.name)
def test_each_setting_of_the_policy_is_shown_with_its_default(field: dataclasses.Field[object]) -> None:
    """The table names the field, and its default where that is one value."""
    default = "see below" if field.default is dataclasses.MISSING else f"`{field.default!r}`"
    assert f"| `{field.name}` | {default} |" in sections("docs/policy.md")["Settings"]


def test_the_policy_that_is_shown_can_be_read(tmp_path: Path) -> None:
    """The file on the page is a policy, and says what the text around it promises."""
    (shown,) = (block.content for block in blocks("docs/policy.md") if block.language == "toml")
    path = tmp_path / "provenance.toml"
    path.write_text(shown, encoding="utf-8")
    settings = PolicySettings.from_file(path)
    assert (settings.preset, settings.min_tokens) == ("strict", 25)
    assert settings.families == {Family.COPYLEFT: Rule(action=Action.LIMIT, min_tokens=16)}


@pytest.mark.parametrize("word", [*Family, *PRESETS], ids=str)
def test_each_family_and_preset_is_named(word: str) -> None:
    """Whoever writes a policy finds the words that it may use."""
    assert f"`{word}`" in read("docs/policy.md")


def test_each_variable_of_the_environment_is_named_and_read() -> None:
    """The settings name the variables that the code reads, and no others."""
    code = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "provenance").rglob("*.py"))
    named = set(
        re.findall(r"^\| `(PROVENANCE_[A-Z_]+)`", sections("docs/commands.md")["Environment variables"], re.MULTILINE)
    )
    assert named == set(re.findall(r"PROVENANCE_[A-Z_]+[A-Z]", code))


@pytest.mark.parametrize("word", [*Action, *LicenceStatus, *Reason, *Kind], ids=str)
def test_each_word_of_a_report_is_explained(word: str) -> None:
    """The reader of a report finds every status, action, kind and reason of it on one page."""
    assert f"`{word}`" in read("docs/report.md")


def test_each_public_name_is_in_the_reference() -> None:
    """What may be imported is named, so that the list of names in the documents is the promise."""
    named = set(re.findall(r"`(\w+)[`(]", read("docs/api.md")))
    public = {*provenance.__all__, *generation.__all__} - {"__version__"}
    assert public - named == set()


def test_each_of_our_plugins_is_named_with_its_hook() -> None:
    """The reference names every entry point that our metadata announces."""
    project = tomllib.loads(read("pyproject.toml"))["project"]
    named = re.findall(r"`((?:detect|policy|reader|render)-[a-z]+)`", read("docs/plugins.md"))
    assert sorted(set(named)) == sorted(project["entry-points"]["provenance"])


def test_each_extra_is_in_the_table() -> None:
    """Whoever installs finds out what each extra is for."""
    extras = tomllib.loads(read("pyproject.toml"))["project"]["optional-dependencies"]
    assert re.findall(r"^\| `([a-z]+)` \|", sections("docs/install.md")["Extras"], re.MULTILINE) == list(extras)


def test_exit_codes_are_those_of_the_errors() -> None:
    """The codes that the documents explain are those that the error tree returns, and the three that need no error."""
    codes = re.search(r"\*\*Exit codes\*\*: (.*?)\n\n", read("docs/commands.md"), re.DOTALL)
    assert codes
    errors = {error.exit_code for error in _tree(ProvenanceError)}
    assert {int(code) for code in re.findall(r"\b\d+\b", codes[1])} == errors | {0, 1, 130}


def _tree(error: type[ProvenanceError]) -> Iterator[type[ProvenanceError]]:
    yield error
    for kind in error.__subclasses__():
        yield from _tree(kind)


@pytest.mark.parametrize("document", DOCUMENTS)
def test_links_lead_somewhere(document: str) -> None:
    """Every file that a document links to is in the checkout, and has the heading that the link names."""
    folder = (ROOT / document).parent
    targets = [(folder / path if path else ROOT / document, anchor) for path, anchor in references(document)]
    assert [target for target, _ in targets if not target.exists()] == []
    assert [(target.name, anchor) for target, anchor in targets if anchor and anchor not in anchors(str(target))] == []


@pytest.mark.parametrize(("document", "most"), [("README.md", 900), ("ARCHITECTURE.md", 3_000)])
def test_the_front_door_is_short(document: str, most: int) -> None:
    """A newcomer reads README and ARCHITECTURE to the end; details are on the pages of docs/."""
    assert len(read(document).split()) <= most


def test_each_page_is_in_the_table_of_contents() -> None:
    """docs/index.md links every other page of docs/ once, each with its question."""
    rows = re.findall(r"^\| \[.+\]\((.+)\) \| .+\? \|$", read("docs/index.md"), re.MULTILINE)
    assert sorted(f"docs/{page}" for page in rows) == [page for page in PAGES if page != "docs/index.md"]


def test_readme_leads_to_each_page() -> None:
    """A reader of README reaches every page of docs/ with one click."""
    assert set(PAGES) <= set(links("README.md"))


@pytest.mark.parametrize("name", [name for name, _ in commands()])
def test_each_command_is_in_the_table_of_commands(name: str) -> None:
    """The page of commands names each, and links the page that has its section."""
    table = sections("docs/commands.md")["Commands and variables"]
    rows = [row for row in table.splitlines() if row.startswith("| ")]
    (row,) = (row for row in rows if f"`{name}`" in row or f"`{name.removeprefix('provenance ')}`" in row)
    (page,) = re.findall(r"\]\(([a-z]+\.md)", row)
    assert name in sections(f"docs/{page}")


@pytest.mark.parametrize("document", DOCUMENTS)
def test_prose_is_spelt_as_we_spell(document: str) -> None:
    """Outside code, a licence is a licence; the word with an s stands only where a foreign name has it."""
    prose = re.sub(r"```.*?```|`[^`]*`|\([^)]*\)", "", read(document), flags=re.DOTALL)
    assert re.findall(r"\b[Ll]icens(?:e|es|ing)\b", prose) == []


def test_each_folder_has_a_section_that_asks_its_question() -> None:
    """ARCHITECTURE has a section for each part, whose title is a question."""
    folders = {path.parent.name for path in (ROOT / "provenance").glob("*/__init__.py")}
    titles = [title for title in sections("ARCHITECTURE.md") if ": " in title and title.endswith("?")]
    assert folders <= {title.split(":")[0] for title in titles}


def test_the_layers_are_those_that_are_checked() -> None:
    """The picture of the layers shows the contract that import-linter holds."""
    contract = tomllib.loads(read("pyproject.toml"))["tool"]["importlinter"]["contracts"][0]
    drawn = next(block.content for block in blocks("ARCHITECTURE.md") if block.content.startswith("cli\n"))
    wanted = [re.findall(r"\w+", layer) for layer in contract["layers"]]
    parts = {path.stem if path.suffix else path.name for path in (ROOT / "provenance").iterdir()}
    there = [[name for name in layer if name in parts] for layer in wanted]
    assert [re.findall(r"\w+", line) for line in drawn.splitlines()] == [layer for layer in there if layer]


def test_the_numbers_in_the_text_are_those_of_the_code() -> None:
    """Whoever turns a knob meets the sentence that explains it."""
    text = " ".join(read("ARCHITECTURE.md").split())
    for said in (
        f"n = {FINE.n} consecutive tokens, {WIDE.n} in a `wide` index",
            f"w = {FINE.w} consecutive shingles ({WIDE.w})",
            f"G = n + w − 1 = {FINE.guarantee} tokens, {WIDE.guarantee} if wide",
        f"batches of {BATCH_CHARACTERS // 10**6} million characters", f"blocks of about {TEXT_BLOCK:,} characters",
        f"The format has a number, {FORMAT} now", f"more than {MOST} places",
    ):  # fmt: skip
        assert said in text


def test_each_decision_has_its_measurement() -> None:
    """The letters in ARCHITECTURE are those that the script of measurements knows."""
    decisions = importlib.import_module("tests.benchmarks.decisions").DECISIONS
    assert re.findall(r"^### \(([a-z])\) ", read("ARCHITECTURE.md"), re.MULTILINE) == list(decisions)


def test_each_fixed_command_is_explained() -> None:
    """CONTRIBUTING names every target of the Makefile."""
    (targets,) = re.findall(r"^\.PHONY: (.*)$", read("Makefile"), re.MULTILINE)
    for target in targets.split():
        assert f"`make {target}`" in read("CONTRIBUTING.md")


def test_the_changelog_has_this_version() -> None:
    """What the code calls itself is what the changelog describes."""
    assert any(heading.startswith(f"[{VERSION}]") for heading in sections("CHANGELOG.md"))
