"""`provenance works claim`: claiming, withdrawing claims, whole files of claims, and what a conflict looks like."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from provenance import Database
from provenance.catalogue import select_deciding
from provenance.works import Basis, Claim, LicenceStatus
from tests.cli.conftest import Ran, Run
from tests.database.samples import TIMES


@pytest.fixture(autouse=True)
def key(library: Path, run: Run) -> str:
    """The key of a work declared as CC-BY-4.0, in a database with another one in the public domain."""
    return run("works", "cities").out.split()[0]


def shown(run: Run, key: str) -> list[str]:
    """The history of the licence, as `works show` prints it."""
    return [line for line in run("works", "show", key).out.splitlines() if line.startswith("claim ")]


def licence_of(run: Run, key: str) -> tuple[str, str | None]:
    told = json.loads(run("works", "show", key, "--format", "json").out)
    return told["status"], told["licence"]


def test_a_retraction_is_a_claim_of_its_own(run: Run, key: str) -> None:
    """What was taken back stays on record and no longer counts; the earlier licence is back, without any indexing."""
    run("works", "claim", key, "--licence", "MIT", "--who", "Ann")
    ran = run("works", "claim", key, "--retract", "2", "--who", "Bob", "--evidence", "the wrong book")
    assert (ran.code, ran.err, "[CC-BY-4.0]" in ran.out) == (0, "", True)
    assert shown(run, key) == [
        "claim 3     DAY curated unknown by Bob (withdraws MIT of DAY: the wrong book), confidence 0",
        "claim 2     DAY curated MIT by Ann",
        "claim 1     DAY default CC-BY-4.0 by --licence (--licence CC-BY-4.0)  counts",
    ]


def test_a_retracted_declaration_does_not_come_back_with_the_next_ingest(run: Run, key: str) -> None:
    """Ingesting the same file again adds no claim that was taken back, and keeps the others."""
    run("works", "claim", key, "--retract", "1", "--who", "Ann")
    before = shown(run, key)
    assert licence_of(run, key) == ("unknown", None)
    run("ingest", "times.txt", "--title", "Two Cities", "--licence", "CC-BY-4.0", "--source", "https://example.org/t")
    assert shown(run, key) == before
    assert licence_of(run, key) == ("unknown", None)


@pytest.mark.parametrize(
    ("number", "message"),
    [
        ("9", "there is no claim 9: `works show` lists 3, the oldest is 1"),
        ("2", "claim 2 was followed by another one, so there is nothing to take back; see `works show`"),
        ("3", "claim 3 withdraws another one, so there is nothing to take back; see `works show`"),
    ],
)
def test_there_is_nothing_to_take_back(run: Run, key: str, number: str, message: str) -> None:
    """Only a claim that is its voice's last word can be taken back."""
    run("works", "claim", key, "--licence", "MIT")
    run("works", "claim", key, "--retract", "2")
    assert run("works", "claim", key, "--retract", number) == Ran(2, "", f"provenance: {message}\n")


@pytest.mark.parametrize(
    "arguments",
    [[], ["x"], ["--licence", "MIT"], ["x", "--licence", "MIT", "--retract", "1"], ["x", "--from", "f"]],
)
def test_one_way_to_claim_at_a_time(run: Run, arguments: list[str]) -> None:
    """A work with a licence, a work with a number, or a file: anything else is a usage error."""
    ran = run("works", "claim", *arguments)
    assert ran.code == 2
    assert ran.err == (
        "provenance: give ID and --licence, or ID and --retract N, or --from FILE; see `works claim --help`\n"
    )


def test_basis_and_confidence(run: Run, key: str) -> None:
    """A claim on another basis is weighed as such; without --confidence it is as sure as its words are clear."""
    run("works", "claim", key, "--license", "gpl-3.0", "--basis", "inherited", "--who", "the dataset")
    run("works", "claim", key, "--licence", "ISC", "--basis", "detected", "--confidence", "0.25")
    assert shown(run, key) == [
        "claim 3     DAY detected ISC, confidence 0.25",
        "claim 2     DAY inherited GPL-3.0 by the dataset, confidence 0.7  counts",
        "claim 1     DAY default CC-BY-4.0 by --licence (--licence CC-BY-4.0)",
    ]


def test_the_default_is_what_an_ingest_says(run: Run, key: str) -> None:
    """No claim has that basis but the one of `ingest --licence`."""
    assert run("works", "claim", key, "--licence", "MIT", "--basis", "default").code == 2
    Path("c.jsonl").write_text(json.dumps({"id": key, "licence": "MIT", "basis": "default"}))
    ran = run("works", "claim", "--from", "c.jsonl")
    assert (ran.code, "'basis' is 'default'; it must be one of declared, " in ran.err) == (3, True)
    assert len(shown(run, key)) == 1


def test_history_as_json(run: Run, key: str) -> None:
    """`works show` and `works claim` give the whole history to programs, the newest claim first."""
    claimed = run("works", "claim", key, "--licence", "MIT", "--who", "Ann", "--evidence", "a letter")
    assert claimed.code == 0
    told = json.loads(run("works", "show", key, "--format", "json").out)
    again = json.loads(run("works", "claim", key, "--licence", "MIT", "--who", "Bob", "--format", "json").out)
    newest, default = told["claims"]
    newest.pop("when")
    assert newest == {
        "number": 2, "status": "licensed", "licence": "MIT", "basis": "curated", "evidence": "a letter", "who": "Ann",
        "confidence": 1.0, "counts": True,
    }  # fmt: skip
    assert (default["number"], default["basis"], default["counts"]) == (1, "default", False)
    assert (told["key"], told["licence"], told["status"], told["signals"]) == (key, "MIT", "licensed", [])
    assert [claim["who"] for claim in again["works"][0]["claims"]] == ["Bob", "Ann", "--licence"]


FILE = """\
{"id": "KEY", "licence": "MIT", "evidence": "a letter", "who": "Ann"}

{"id": "nobody", "licence": "MIT"}
{"id": "KEY"}
{"licence": "MIT"}
not JSON
[1]
{"id": "KEY", "licence": "MIT", "basis": "guessed"}
{"id": "KEY", "licence": "MIT", "confidence": 2}
{"id": "KEY", "licence": 7}
{"id": "KEY", "licence": "MIT", "colour": "red"}
{"id": "KEY", "licence": "Beerware-ish", "basis": "inherited"}
"""


def test_a_file_of_claims(run: Run, key: str) -> None:
    """Every line that can be used is recorded; every other is named with its place and does not stop the rest."""
    Path("c.jsonl").write_text(FILE.replace("KEY", key), encoding="utf-8")
    ran = run("works", "claim", "--from", "c.jsonl", "--who", "the committee")
    assert ran.code == 3
    assert ran.out == f"{key}  “Two Cities” by Charles Dickens  [MIT]  {run('works', 'cities').out.split()[-1]}\n"
    warning, *problems = ran.err.splitlines()
    assert warning.startswith("c.jsonl:12: warning: the licence 'Beerware-ish' is kept with the status unknown")
    assert problems == [
        "passed over: c.jsonl:3: no work is called 'nobody'; `provenance works QUERY` searches titles and authors",
        "passed over: c.jsonl:4: no 'licence'; a claim needs both",
        "passed over: c.jsonl:5: no 'id'; a claim needs both",
        "passed over: c.jsonl:6: not JSON: Expecting value: line 1 column 1 (char 0)",
        'passed over: c.jsonl:7: not an object; write {"id": …, "licence": …}',
        "passed over: c.jsonl:8: 'basis' is 'guessed'; it must be one of declared, detected, curated, inherited",
        "passed over: c.jsonl:9: 'confidence' is 2; wanted a number from 0 to 1",
        "passed over: c.jsonl:10: 'licence' is 7; wanted a string",
        "passed over: c.jsonl:11: 'colour' is not a field of a claim; the fields are id, licence, license, evidence, "
        "who, basis, confidence",
    ]
    assert shown(run, key)[0] in {
        "claim 3     DAY inherited Beerware-ish by the committee, confidence 0",
        "claim 2     DAY curated MIT by Ann (a letter)  counts",
    }


def test_a_file_of_claims_without_a_fault(run: Run, key: str) -> None:
    """It leaves with 0, and says nothing of problems."""
    Path("c.jsonl").write_text(json.dumps({"id": key, "licence": "MIT"}), encoding="utf-8")
    ran = run("works", "claim", "--from", "c.jsonl")
    assert (ran.code, ran.err, "[MIT]" in ran.out) == (0, "", True)


def test_a_hostile_file_of_claims(run: Run, key: str) -> None:
    """A line without end and bytes that are no text are passed over; the next line is read."""
    good = f'{{"id": "{key}", "licence": "MIT"}}\n'.encode()
    Path("c.jsonl").write_bytes(b'{"id": "' + b"x" * 3_000_000 + b'"}\n\xff\xfe\n' + b"[" * 100_000 + b"\n" + good)
    ran = run("works", "claim", "--from", "c.jsonl")
    assert (ran.code, "[MIT]" in ran.out) == (3, True)
    first, second, third = ran.err.splitlines()
    assert first == "passed over: c.jsonl:1: the line is longer than 1,048,576 bytes; one line is one claim"
    assert second == "passed over: c.jsonl:2: not UTF-8 at byte 0 of the line; convert it"
    assert third.startswith("passed over: c.jsonl:3: not JSON: ")


def test_a_file_of_claims_that_is_not_there(run: Run) -> None:
    """A missing file changes nothing and is said with its name."""
    ran = run("works", "claim", "--from", "nowhere.jsonl")
    assert ran == Ran(3, "", "provenance: nowhere.jsonl: No such file or directory; name a JSON Lines file\n")


def test_a_conflict_is_shown_with_both_claims(library: Path, run: Run, key: str) -> None:
    """Who reads a report, a page or the history sees each claim that disagrees; a curator's word ends it."""
    author = Claim(status=LicenceStatus.LICENSED, licence="CC-BY-4.0", basis=Basis.DECLARED, evidence="times.txt")
    mirror = replace(author, licence="MIT", who="a mirror", evidence="\x1b[31mLICENSE:1")
    with Database.open(library) as database:
        database.catalogue.add_claim(int(key, 16), author)
        work = database.catalogue.add_claim(int(key, 16), mirror)
        assert work.status is LicenceStatus.CONFLICTING
        assert work.claims == select_deciding(database.catalogue.claims(work.key))
    (finding,) = json.loads(run("check", "-", "--format", "json", stdin=TIMES.encode()).out)["findings"]
    claims = finding["sources"][0]["work"]["claims"]
    assert [(claim["licence"], claim["who"]) for claim in claims] == [("CC-BY-4.0", None), ("MIT", "a mirror")]
    words = "DAY declared CC-BY-4.0 (times.txt); DAY declared MIT by a mirror (LICENSE:1)"
    for format_ in ("terminal", "markdown", "html"):
        told = run("check", "-", "--format", format_, stdin=TIMES.encode()).out
        flat = " ".join(told.replace("\\", "").replace("\x1b[2m", "").replace("\x1b[0m", "").split())
        assert words in flat, format_
    assert [line.endswith("  counts") for line in shown(run, key)] == [True, True, False]
    run("works", "claim", key, "--licence", "MIT")
    told = run("check", "-", "--format", "json", stdin=TIMES.encode()).out
    assert "claims" not in json.loads(told)["findings"][0]["sources"][0]["work"]


def test_signals_stand_beside_the_claims(run: Run) -> None:
    """A reservation is shown with where and when it was seen, and is no claim."""
    signal = {
        "kind": "tdmrep", "value": "1", "url": "https://e.org/tdmrep.json", "observed_at": "2026-01-02T03:04:05Z"
    }  # fmt: skip
    Path("s.jsonl").write_text(json.dumps({"id": "s", "text": TIMES, "signals": [signal]}), encoding="utf-8")
    run("ingest", "s.jsonl")
    assert run("works", "show", "s").out.splitlines()[-1] == (
        "signal      tdmrep: 1, https://e.org/tdmrep.json, seen DAY"
    )
    told = json.loads(run("works", "show", "s", "--format", "json").out)
    assert (told["status"], told["claims"]) == ("unknown", [])
    assert told["signals"] == [{**signal, "observed_at": "2026-01-02T03:04:05+00:00"}]


def test_many_lines_that_cannot_be_used_are_cut_short(run: Run) -> None:
    """Fifty problems of a file of claims are shown, and the rest are counted."""
    Path("c.jsonl").write_text("{}\n" * 51)
    ran = run("works", "claim", "--from", "c.jsonl")
    lines = ran.err.splitlines()
    assert (ran.code, len(lines), lines[-1]) == (3, 51, "… and 1 more like these")
    Path("c.jsonl").write_text("{}\n" * 50)
    assert len(run("works", "claim", "--from", "c.jsonl").err.splitlines()) == 50
