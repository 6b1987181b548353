"""`provenance works`: listing, showing, claiming, withdrawing."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.cli.conftest import Ran, Run
from tests.database.samples import TIMES, WHALE

CITIES = "“Two Cities” by Charles Dickens"


@pytest.fixture(autouse=True)
def _library(library: Path) -> None:
    pass


def lines(home: Path, run: Run) -> tuple[str, str]:
    cities, whale = run("works").out.splitlines()
    return cities, whale


def test_list_shows_key_title_author_licence_and_id(home: Path, run: Run) -> None:
    """One line a work, by title; `works`, `works list` and `works QUERY` are the same command."""
    ran = run("works")
    keys = [line.split()[0] for line in ran.out.splitlines()]
    assert ran == Ran(
        0,
        f"{keys[0]}  {CITIES}  [CC-BY-4.0]  {(home / 'times.txt').as_uri()}\n"
        f"{keys[1]}  “whale.txt”  [public domain]  {(home / 'whale.txt').as_uri()}\n",
        "",
    )
    assert all(len(key) == 16 for key in keys)
    assert run("works", "list") == ran
    assert run("works", "list", "whale").out == run("works", "WHALE").out == ran.out.splitlines(keepends=True)[1]
    assert run("works", "--limit", "1").out == ran.out.splitlines(keepends=True)[0]


def test_list_as_json(home: Path, run: Run) -> None:
    """--format json prints one list of works."""
    assert json.loads(run("works", "dickens", "--format", "json").out) == [
        {
            "id": (home / "times.txt").as_uri(), "title": "Two Cities", "authors": ["Charles Dickens"], "year": 1859,
            "source": "https://example.org/t", "licence": "CC-BY-4.0", "status": "licensed", "collection": "times.txt",
        }
    ]  # fmt: skip


def test_nothing_to_list(run: Run) -> None:
    """No match is said on standard error and is no failure."""
    assert run("works", "nobody") == Ran(0, "", "no work matches 'nobody'\n")
    assert run("works", "nobody", "--format", "json") == Ran(0, "[]\n", "")


def test_show_by_id_and_by_key(home: Path, run: Run) -> None:
    """A work's fields and claims, whether it is named by its id or by its key."""
    key = run("works", "cities").out.split()[0]
    shown = run("works", "show", key)
    assert shown == run("works", "show", (home / "times.txt").as_uri())
    moment = shown.out.split("ingested")[1].splitlines()[0].strip()
    assert shown == Ran(
        0,
        f"key         {key}\nid          {(home / 'times.txt').as_uri()}\ntitle       Two Cities\n"
        "authors     Charles Dickens\nyear        1859\nsource      https://example.org/t\nlicence     CC-BY-4.0\n"
        "status      licensed\ncollection  times.txt\ntrust       untrusted\n"
        "tokens      64\ncharacters  286\nkeep        text\n"
        f"ingested    {moment}\nclaim 1     DAY default CC-BY-4.0 by --licence (--licence CC-BY-4.0)  counts\n",
        "",
    )


def test_a_claim_changes_the_licence_and_keeps_the_history(run: Run) -> None:
    """A curated claim outweighs the default, which stays on record; the next check shows the new licence."""
    key = run("works", "cities").out.split()[0]
    claimed = run("works", "claim", key, "--licence", "agpl-3.0-only", "--evidence", "a letter", "--who", "Ann")
    assert (claimed.code, claimed.err, "[AGPL-3.0-only]" in claimed.out) == (0, "", True)
    assert run("works", "show", key).out.splitlines()[-2:] == [
        "claim 2     DAY curated AGPL-3.0-only by Ann (a letter)  counts",
        "claim 1     DAY default CC-BY-4.0 by --licence (--licence CC-BY-4.0)",
    ]
    (finding,) = json.loads(run("check", "-", "--format", "json", stdin=TIMES.encode()).out)["findings"]
    assert (finding["licence"], finding["action"]) == ("AGPL-3.0-only", "warn")


def test_an_unknown_licence_is_kept_with_a_warning(run: Run) -> None:
    """What is no licence that we know is kept as given, with the status unknown."""
    key = run("works", "cities").out.split()[0]
    ran = run("works", "claim", key, "--licence", "Beerware-ish")
    assert ran.code == 0
    assert ran.err.startswith("warning: the licence 'Beerware-ish' is kept with the status unknown")
    assert "[licence unknown, stated as “Beerware-ish”]" in ran.out


def test_a_claim_says_what_its_licence_leaves_open(run: Run) -> None:
    """An ambiguous licence is claimed as what it says, and the note names what it does not say."""
    key = run("works", "cities").out.split()[0]
    ran = run("works", "claim", key, "--licence", "gpl-3.0")
    assert ran.err == "note: read as GPL-3.0, which leaves open whether only this version or any later one\n"
    assert "[GPL-3.0]" in ran.out


def test_withdraw(home: Path, run: Run) -> None:
    """A withdrawn work is gone from lists and checks at once, and cannot be withdrawn again."""
    name = (home / "times.txt").as_uri()
    ran = run("works", "withdraw", name)
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.startswith(f"withdrawn: {CITIES}; ")
    assert run("check", "-", stdin=TIMES.encode()).code == 0
    assert len(run("works").out.splitlines()) == 1
    assert run("works", "withdraw", name).code == 2
    assert run("doctor").code == 0


def test_a_withdrawn_work_stays_out_until_it_is_readmitted(home: Path, run: Run) -> None:
    """Reason and name are in the list and in what a later ingest says; --readmit lets it in."""
    name = (home / "times.txt").as_uri()
    run("works", "claim", name, "--licence", "MIT", "--who", "Ann")
    ran = run("works", "withdraw", name, "--reason", "asked by\x1b[31m\nthe heirs", "--who", "Ann")
    assert ran.out.startswith(f"withdrawn: {CITIES}, with 1 curators' claim; run `provenance compact`")
    listed = run("works", "withdraw", "--list")
    assert listed.out[16:] == f"  DAY by Ann  Two Cities  {name}: asked by the heirs\n"
    (stone,) = json.loads(run("works", "withdraw", "--list", "--format", "json").out)
    assert (stone["id"], stone["who"], stone["title"]) == (name, "Ann", "Two Cities")
    again = run("ingest", "times.txt")
    assert (again.code, again.err.splitlines()[0].startswith("warning: 1 withdrawn work left out: 'Two Cities'")) == (
        0,
        True,
    )
    assert "give --readmit to let it in again" in again.err
    assert run("check", "-", stdin=TIMES.encode()).code == 0
    assert run("ingest", "times.txt", "--readmit", "--licence", "CC-BY-4.0").err == ""
    assert "[CC-BY-4.0]" in run("works", "cities").out or "[CC-BY-4.0]" in run("works", "times").out
    assert run("works", "withdraw", "--list") == Ran(0, "", "no work is withdrawn\n")
    assert run("works", "withdraw").code == run("works", "withdraw", "x", "--list").code == 2


def test_batches_are_listed_and_undone(run: Run) -> None:
    """One line for each ingest, the latest first, with what it did; undone, its works are gone and it stays listed."""
    first, second = run("works", "batches").out.splitlines()
    assert re.fullmatch(r"    2  DAY \d\d:\d\d UTC  whale.txt: 1 added", first)
    assert re.fullmatch(r"    1  DAY \d\d:\d\d UTC  times.txt: 1 added", second)
    run("ingest", "times.txt", "--title", "Other")
    assert run("works", "batches").out.splitlines()[0].endswith("times.txt: 1 unchanged, 1 with another title")
    refused = run("works", "batches", "--undo", "1")
    assert (refused.code, "undo 3 first" in refused.err) == (2, True)
    assert run("works", "batches", "--undo", "3") == Ran(0, "batch 3 undone: 0 works are gone, 1 are as before\n", "")
    assert "Two Cities" in run("works").out
    undone = json.loads(run("works", "batches", "--undo", "2", "--format", "json").out)
    assert (undone["removed"], undone["restored"], undone["kept"]) == (1, 0, [])
    assert "whale" not in run("works").out
    listed = json.loads(run("works", "batches", "--format", "json").out)
    assert [(batch["id"], batch["what"], batch["undone_at"] is None) for batch in listed] == [
        (3, "times.txt", False), (2, "whale.txt", False), (1, "times.txt", True),
    ]  # fmt: skip


def test_what_cannot_be_undone_is_listed(run: Run) -> None:
    """Where `compact` has removed the earlier text, the work stays as it is, and a line says so."""
    Path("times.txt").write_text(WHALE.upper())
    assert ", 1 replaced" in run("ingest", "times.txt").out
    run("compact")
    ran = run("works", "batches", "--undo", "3")
    assert ran.out == "batch 3 undone: 0 works are gone, 0 are as before\n"
    assert re.search(r"^as it was: \S+times\.txt: its earlier text is no longer in the database; ", ran.err)


def test_trust(run: Run) -> None:
    """A collection is trusted by its name, which the statistics show; an unknown name is an error with the nearest."""
    assert run("works", "trust", "sea") == Ran(0, "sea: 1 works are trusted now\n", "")
    assert json.loads(run("stats", "--format", "json").out)["trust"] == {"sea": "trusted", "times.txt": "untrusted"}
    assert re.search(r"^  sea +1  trusted$", run("stats").out, re.MULTILINE)
    assert run("works", "trust", "sea", "--revoke") == Ran(0, "sea: 1 works are untrusted now\n", "")
    assert run("works", "trust", "see") == Ran(
        2, "", "provenance: no work is in a collection called 'see'; there is 'sea' (`provenance stats` lists them)\n"
    )


@pytest.mark.parametrize("command", [["show"], ["withdraw"], ["claim", "--licence", "MIT"]])
def test_a_work_that_is_not_there(run: Run, command: list[str]) -> None:
    """Naming no work is a usage error that says how to find one."""
    assert run("works", *command, "x") == Ran(
        2, "", "provenance: no work is called 'x'; `provenance works QUERY` searches titles and authors\n"
    )


def test_one_id_in_two_collections(run: Run) -> None:
    """An id that two collections have is asked for by key."""
    for name, text in (("a.jsonl", TIMES), ("b.jsonl", WHALE)):
        Path(name).write_text(json.dumps({"id": "one", "text": text}))
    run("ingest", "a.jsonl", "b.jsonl")
    ran = run("works", "show", "one")
    assert ran.code == 2
    assert ran.err.startswith("provenance: several works are called 'one'; name one by its key: ")
    assert ran.err.count("(collection ") == 2


def test_the_name_that_a_record_gives_its_collection(run: Run) -> None:
    """It is a label: shown, and found by, beside the collection that the operator named."""
    Path("a.jsonl").write_text(json.dumps({"id": "one", "text": WHALE, "collection": "Gut\x1b[31menberg"}))
    run("ingest", "a.jsonl")
    assert "collection  a.jsonl\nlabel       Gutenberg\n" in run("works", "show", "one").out
    told = json.loads(run("works", "show", "one", "--format", "json").out)
    assert (told["collection"], told["label"]) == ("a.jsonl", "Gut\x1b[31menberg")
    assert len(run("works", "enberg").out.splitlines()) == 1
    assert run("works", "a.jsonl").out == ""
