"""RESULTS.md is written by the scripts of tests/benchmarks."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.benchmarks import results
from tests.docs.documents import ROOT, read

DOCUMENT = "tests/benchmarks/RESULTS.md"
SECTIONS = results.sections(read(DOCUMENT))


def test_each_section_is_one_scripts() -> None:
    """A name between marks is a script of the folder, and each name has one section."""
    scripts = {path.stem for path in (ROOT / "tests" / "benchmarks").glob("*.py")}
    assert set(SECTIONS) <= scripts
    assert len(SECTIONS) == len(set(SECTIONS))


@pytest.mark.parametrize("name", SECTIONS)
def test_each_section_begins_with_its_command_day_and_commit(name: str) -> None:
    """The reader of a figure can print it again, and knows how old it is."""
    body = read(DOCUMENT).partition(f"<!-- {name} -->\n")[2].partition(f"<!-- /{name} -->")[0]
    assert re.match(rf"`python -m tests\.benchmarks\.{name}\b[^`]*`, \d{{4}}-\d\d-\d\d, at [0-9a-f]{{7}}\b", body)


def test_a_run_replaces_its_section_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the script prints is between the marks, below its command; all other words stay."""
    (tmp_path / "measured.py").write_text("import sys\nprint('| a |', *sys.argv[1:])\n", encoding="utf-8")
    monkeypatch.setattr(results, "PACKAGE", "")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    path = tmp_path / "RESULTS.md"
    path.write_text("before\n<!-- measured -->\nold\n<!-- /measured -->\nafter\n", encoding="utf-8")
    assert results.main(["measured", "two words"], path) == 0
    before, opening, command, empty, output, closing, after = path.read_text(encoding="utf-8").splitlines()
    assert (before, opening, closing, after) == ("before", "<!-- measured -->", "<!-- /measured -->", "after")
    assert command.startswith("`python -m measured 'two words'`, ")
    assert (empty, output) == ("", "| a | two words")


def test_a_script_that_fails_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Half of a table never replaces a whole one."""
    (tmp_path / "failing.py").write_text("print('| a |')\nraise SystemExit(3)\n", encoding="utf-8")
    monkeypatch.setattr(results, "PACKAGE", "")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    path = tmp_path / "RESULTS.md"
    path.write_text("<!-- failing -->\nold\n<!-- /failing -->\n", encoding="utf-8")
    assert results.main(["failing"], path) == 3
    assert path.read_text(encoding="utf-8") == "<!-- failing -->\nold\n<!-- /failing -->\n"


def test_a_name_without_a_section_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The message names the sections that there are."""
    path = tmp_path / "RESULTS.md"
    path.write_text("<!-- peers -->\nold\n<!-- /peers -->\n", encoding="utf-8")
    assert results.main(["nothing"], path) == 2
    assert capsys.readouterr().out.endswith("NAME one of peers\n")
