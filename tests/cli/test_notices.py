"""`provenance notices` and `--language`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Ran, Run
from tests.database.samples import TIMES

FILE = """Third-party notices
===================

Passages of 2 answers match 1 known work.

CC-BY-4.0
---------

Creative Commons Attribution 4.0 International
https://creativecommons.org/licenses/by/4.0/

* “Two Cities” by Charles Dickens, 1859, https://example.org/t
  2 passages in 2 answers

Conditions: name the author and the work; keep the copyright line; say what was changed; \
do not suggest that the author endorses you.
"""


@pytest.fixture
def log(library: Path, run: Run) -> str:
    """A log of two answers with the same passage, one report a line."""
    report = json.loads(run("check", "times.txt", "--format", "json").out)
    Path("log.jsonl").write_text(f"{json.dumps(report)}\n{json.dumps(report)}\n", encoding="utf-8")
    return "log.jsonl"


def test_a_log_becomes_a_file_of_notices(log: str, run: Run) -> None:
    """Each work stands once, under its licence, on standard output or in a file."""
    assert run("notices", log) == Ran(0, FILE, "")
    assert run("notices", log, "--output", "THIRD-PARTY-NOTICES") == Ran(0, "", "")
    assert Path("THIRD-PARTY-NOTICES").read_text(encoding="utf-8") == FILE


def test_a_log_may_come_from_standard_input(log: str, run: Run) -> None:
    """A dash is standard input, and is called so."""
    assert run("notices", "-", stdin=Path(log).read_bytes()) == Ran(0, FILE, "")
    assert run("notices", "-", stdin=b"x").err.startswith("passed over: standard input: not JSON")


def test_what_is_no_report_is_listed_and_the_rest_is_used(log: str, run: Run) -> None:
    """A damaged line and a missing file cost the exit code, not the notices."""
    Path(log).write_bytes(Path(log).read_bytes() + b"{damaged\n")
    ran = run("notices", log, "none.json")
    assert (ran.code, ran.out) == (3, FILE)
    assert [line.split("; ")[0].split(" (")[0] for line in ran.err.splitlines()] == [
        "passed over: log.jsonl:3: not JSON", "passed over: none.json: No such file or directory",
    ]  # fmt: skip


@pytest.mark.parametrize(("format_", "start"), [("markdown", "# Third-party notices\n"), ("html", "<!DOCTYPE html>\n")])
def test_other_formats(log: str, run: Run, format_: str, start: str) -> None:
    """The file can be Markdown or a page."""
    ran = run("notices", log, "--format", format_)
    assert ran.code == 0
    assert ran.out.startswith(start)


def test_a_format_that_is_not_there(log: str, run: Run) -> None:
    """The error names those that are."""
    assert run("notices", log, "--format", "pdf") == Ran(
        2, "", "provenance: no plugin writes notices as 'pdf'; known formats: html, markdown, text\n"
    )


def test_notices_in_another_language(log: str, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """An option goes before the variable; what is quoted stays as it is."""
    monkeypatch.setenv("PROVENANCE_LANGUAGE", "fr_FR.UTF-8")
    assert run("notices", log).out.startswith("Mentions relatives aux œuvres de tiers\n")
    german = run("notices", log, "--language", "de").out
    assert german.startswith("Hinweise zu Werken Dritter\n")
    assert "* „Two Cities“ von Charles Dickens, 1859, https://example.org/t\n" in german


def test_a_check_in_another_language(library: Path, run: Run) -> None:
    """The report's words and the notice in its JSON are in the language that was asked for."""
    shown = run("check", "-", "--language", "de", "--format", "text", stdin=TIMES.encode()).out
    assert "Stimmt überein mit einer Stelle in „Two Cities“ von Charles Dickens (CC-BY-4.0)" in shown
    found = json.loads(run("check", "-", "--language", "de", "--format", "json", stdin=TIMES.encode()).out)
    assert found["findings"][0]["notice"].startswith("Stimmt überein")
    assert found["policy"]["language"] == "de"


def test_a_language_that_is_not_there(library: Path, run: Run) -> None:
    """The error names those that are."""
    said = "provenance: there are no messages in the language 'tlh'; known languages: de, en, fr\n"
    assert run("check", "times.txt", "--language", "tlh") == Ran(2, "", said)
    assert run("notices", "times.txt", "--language", "tlh") == Ran(2, "", said)


@pytest.mark.parametrize("format_", ["html-fragment", "spdx", "openai-annotations"])
def test_formats_for_programs(library: Path, run: Run, format_: str) -> None:
    """What goes into other pages and programs can be had from the command line."""
    ran = run("check", "times.txt", "--format", format_)
    assert ran.code == 1
    assert ran.out.startswith('<div class="lp"') if format_ == "html-fragment" else json.loads(ran.out)
