"""`provenance compact`, `provenance doctor --withdrawn`, and Ctrl-C during `provenance ingest`."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from provenance.database import ingest
from tests.cli.conftest import Ran, Run
from tests.database.samples import TIMES, WHALE, words


def test_a_withdrawal_from_end_to_end(library: Path, run: Run) -> None:
    """Withdrawn, proved to be there still, compacted, proved to be gone: each step says what comes next."""
    run("ingest", "times.txt", "whale.txt", "--collection", "again")  # the same content, so that it is shared
    assert run("doctor", "--withdrawn", "whale.txt").code == 3
    for work in run("works", "list", "whale").out.splitlines():
        ran = run("works", "withdraw", work[:16])
        assert ran.out.endswith("; run `provenance compact` to remove its content from the disk\n")
    ran = run("doctor", "--withdrawn", "whale.txt")
    assert ran.code == 3
    assert re.search(
        r"(?m)^BAD withdrawn text: its tokens are still in segment \w{32}\.seg, where no check reads them "
        r"\(run `provenance compact`\)$", ran.out
    )  # fmt: skip
    ran = run("compact")
    assert re.fullmatch(
        r"provenance-db: 2 segments with [\d,]+ bytes are now 1 with [\d,]+; contents removed: 1\n", ran.out
    )
    ran = run("doctor", "--withdrawn", "whale.txt")
    assert (ran.code, ran.err) == (0, "")
    assert "ok  withdrawn text: nothing of its 63 tokens is in the database" in ran.out
    assert run("check", "-", stdin=TIMES.encode()).code == 1
    assert run("check", "-", stdin=WHALE.encode()).code == 0


def test_nothing_to_compact(library: Path, run: Run) -> None:
    """Compacted again, everything stays as it is."""
    assert run("compact").code == 0
    files = sorted((library / "segments").iterdir())
    assert run("compact").out.endswith("contents removed: 0\n")
    assert sorted((library / "segments").iterdir()) == files


def test_where_there_is_nothing(run: Run) -> None:
    """No database, and no file with the withdrawn text, are errors with exit code 3."""
    assert run("compact", "--db", "no").code == 3
    assert "name a text file" in run("doctor", "--withdrawn", "no.txt").err


def test_an_interrupted_ingest(home: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C says how many works are in and how to go on, with exit code 130; the same command goes on."""
    monkeypatch.setattr(ingest, "BATCH_WORKS", 1)
    Path("books").mkdir()
    for number in range(4):
        Path("books", f"{number}.txt").write_text(words(number * 40, 40))
    problem, seen = ingest._find_problem, []

    def interrupted(document):  # type: ignore[no-untyped-def]
        seen.append(document.id)
        if len(seen) == 4:
            raise KeyboardInterrupt
        return problem(document)

    monkeypatch.setattr(ingest, "_find_problem", interrupted)
    ran = run("ingest", "books")
    assert ran == Ran(130, ran.out, "interrupted: 3 works are in; run the same command again to go on\n")
    assert ran.out.startswith("provenance-db: 3 works added, 0 replaced, 0 unchanged; ")
    assert run("ingest", "books").out.startswith("provenance-db: 1 works added, 0 replaced, 3 unchanged; ")


def test_a_short_work_that_is_still_there(run: Run) -> None:
    """Of a work that is kept as a phrase doctor says where it is, and does not say that nothing is there."""
    Path("hope.txt").write_text("Hope is the thing with feathers")
    run("ingest", "hope.txt")
    (key,) = [line.split()[0] for line in run("works", "list").out.splitlines()]
    ran = run("doctor", "--withdrawn", "hope.txt")
    assert [line for line in ran.out.splitlines() if "withdrawn text" in line] == [
        f"BAD withdrawn text: its tokens are in the work {key} "
        f"(run `provenance works withdraw {key}`, then `provenance compact`)"
    ]
