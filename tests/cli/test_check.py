"""`provenance check`: every format and option, from any source, with its exit code."""

from __future__ import annotations

import json
from importlib.resources import files
from pathlib import Path

import click
import jsonschema
import pytest

from provenance import Checker, Database
from tests.cli.conftest import Ran, Run, in_days
from tests.database.samples import TIMES, WHALE, words

ANSWER = f"As someone wrote: {TIMES} So it goes.\n"
SEARCHED = "Searched 2 works (127 tokens), revision 2, indexed DAY; canaries ok."
SCHEMA = json.loads((files("provenance") / "data" / "report.schema.json").read_text("utf-8"))


@pytest.fixture(autouse=True)
def answer(library: Path) -> None:
    Path("answer.txt").write_text(ANSWER, encoding="utf-8")


def rendered(format_: str) -> str:
    with Database.open("provenance-db") as database:
        return Checker(database).check(ANSWER).render(format_).removesuffix("\n") + "\n"


def report(ran: Ran) -> dict:
    """The one JSON object of standard output, held against the schema."""
    found = json.loads(ran.out)
    jsonschema.validate(found, SCHEMA)
    assert ran.err == ""
    return found


def test_a_text_with_a_finding(run: Run) -> None:
    """The answer stands there with its note, then what was searched; the exit code is 1."""
    assert run("check", "answer.txt", "--format", "text") == Ran(
        1,
        f"As someone wrote: {TIMES[:-1]}[1]. So it goes.\n\n"
        "[1] Matches text in “Two Cities” by Charles Dickens (CC-BY-4.0), https://example.org/t\n"
        "    285 characters (64 tokens), the whole work\n"
        "    Conditions: name the author and the work; keep the copyright line; say what was changed; do not suggest "
        "that the author endorses you\n\n"
        f"{SEARCHED}\n",
        "",
    )


@pytest.mark.parametrize("format_", ["text", "terminal", "markdown", "html", "json"])
def test_every_format_is_what_the_library_renders(run: Run, format_: str) -> None:
    """--format prints what `Report.render` returns; without it the terminal's."""
    expected = Ran(1, in_days(click.unstyle(rendered(format_))), "")
    assert run("check", "answer.txt", "--format", format_) == expected
    if format_ == "terminal":
        assert run("check", "answer.txt") == expected


def test_output_goes_to_a_file(run: Run) -> None:
    """--output writes the same, without colours, and nothing to standard output; a second time it is replaced."""
    Path("page.html").write_text("old")
    for _ in range(2):
        assert run("check", "answer.txt", "--format", "html", "--output", "page.html") == Ran(1, "", "")
    assert Path("page.html").read_text(encoding="utf-8") == rendered("html")


def test_json_is_one_object(run: Run) -> None:
    """--format json prints one JSON object that fits the shipped schema, and nothing else."""
    found = report(run("check", "answer.txt", "--format", "json"))
    (finding,) = found["findings"]
    (source,) = finding["sources"]
    assert (finding["start"], finding["end"], finding["kind"], finding["tokens"]) == (18, 303, "whole-work", 64)
    assert finding["quote"] == {"prefix": "As someone wrote: ", "exact": TIMES[:-1], "suffix": ". So it goes.\n"}
    assert (source["work"]["title"], source["start"], source["end"], source["origin"]) == ("Two Cities", 0, 285, True)
    assert found["text"] == {"characters": len(ANSWER), "tokens": 71, "matched_characters": 285}
    assert "passages" not in found


def test_all_lists_every_passage(run: Run) -> None:
    """--all adds the passages before exemptions and policy, those that stay silent too."""
    text = f"{WHALE} {words(0, 5)} {TIMES}"
    found = report(run("check", "-", "--format", "json", "--all", stdin=text.encode()))
    assert [p["sources"][0]["work"]["title"] for p in found["passages"]] == ["whale.txt", "Two Cities"]
    assert [p["status"] for p in found["findings"]] == ["licensed"]
    assert [(e["start"], e["reason"]) for e in found["exempt"]] == [(0, "public-domain")]


@pytest.mark.parametrize("argument", [["-"], []])
def test_standard_input_is_the_text(run: Run, argument: list[str]) -> None:
    """ "-", or no argument, reads standard input."""
    assert run("check", *argument, "--format", "text", stdin=ANSWER.encode()) == run(
        "check", "answer.txt", "--format", "text"
    )


def test_nothing_found(run: Run) -> None:
    """A text of one's own has no findings: exit code 0, and what was searched."""
    assert run("check", "-", "--format", "text", stdin=b"My own words.\n") == Ran(
        0, f"My own words.\n\nNo matching passages. {SEARCHED}\n", ""
    )


def test_what_the_prompt_has_stays_silent(run: Run) -> None:
    """--prompt names what the user had supplied; a repetition of it is no finding."""
    Path("prompt.txt").write_text(f"Please repeat: {TIMES}")
    found = run("check", "answer.txt", "--prompt", "prompt.txt", "--format", "json")
    assert found.code == 0
    assert [(e["start"], e["end"], e["reason"]) for e in report(found)["exempt"]] == [(18, 303, "in-prompt")]


def test_public_domain_alone_is_no_finding(run: Run) -> None:
    """A text that repeats only the public domain ends with exit code 0."""
    ran = run("check", "-", "--format", "text", stdin=WHALE.encode())
    assert ran.code == 0
    assert "1 passage left silent: 1 public-domain (whale.txt)" in ran.out


def test_log_records_the_check(run: Run) -> None:
    """--log puts the text's hash and the number of findings into the database."""
    assert run("check", "answer.txt", "--log").code == 1
    with Database.open("provenance-db") as database, database.catalogue._begin_reading() as connection:
        rows = connection.exec_driver_sql("SELECT characters, findings, generation FROM check_log").all()
    assert [tuple(row) for row in rows] == [(len(ANSWER), 1, 2)]


def test_an_empty_text(run: Run) -> None:
    """Nothing to check is nothing found."""
    assert report(run("check", "-", "--format", "json"))["text"] == {
        "characters": 0, "tokens": 0, "matched_characters": 0,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("argv", "code", "message"),
    [
        (["nowhere.txt"], 3, "nowhere.txt: No such file or directory; name a text file, or - for standard input"),
        (["."], 3, ".: Is a directory; name a text file, or - for standard input"),
        (["a.txt", "--prompt", "p"], 3, "p: No such file or directory; name a text file, or - for standard input"),
        (["latin.txt"], 3, "latin.txt: not UTF-8 at byte 2 (0xE9); convert it and check again"),
        (["a.txt", "--format", "x"], 2,
         "no plugin renders the format 'x'; known formats: html, "
         "html-fragment, json, markdown, openai-annotations, spdx, terminal, text"),
        (["a.txt", "--output", "no/x"], 2, "cannot write no/x: No such file or directory"),
        (["a.txt", "--db", "no"], 3, "there is no provenance database at no; make one with `provenance ingest SOURCE "
         "--db no`, or name another with --db"),
        (["a.txt", "--catalogue", "mysql://u:secret@h/d"], 2, "a catalogue cannot be kept in 'mysql://u:***@h/d'; "
         "write sqlite:////folder/catalogue.sqlite or postgresql://user@host/database"),
    ],
)  # fmt: skip
def test_what_cannot_be_checked(run: Run, argv: list[str], code: int, message: str) -> None:
    """One line on standard error says what is wrong and what to do; standard output stays empty."""
    Path("a.txt").write_text("text")
    Path("latin.txt").write_bytes("caf\u00e9".encode("latin-1").replace(b"caf", b"ca"))
    assert run("check", *argv) == Ran(code, "", f"provenance: {message}\n")


@pytest.mark.parametrize("format_", ["text", "terminal", "markdown", "html", "html-fragment", "json"])
def test_a_hostile_title_is_shown_harmlessly(run: Run, format_: str, tmp_path: Path) -> None:
    """Markup, escape sequences and bidi controls in a title reach no renderer's output as such."""
    title = "<script>alert(1)</script>\x1b[31m\u202eevil"
    Path("w.jsonl").write_text(json.dumps({"text": words(0, 60), "title": title, "licence": "MIT"}))
    run("ingest", "w.jsonl")
    out = run("check", "-", "--format", format_, stdin=words(0, 60).encode()).out
    if format_ == "json":
        assert json.loads(out)["findings"][0]["sources"][0]["work"]["title"] == title
    else:
        assert "<script>alert" not in out or format_ in {"text", "terminal"}
        assert not {"\x1b[31m", "\u202e"} & set(out)
    assert "\x1b" not in out
