"""The line of progress of `provenance ingest`."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from provenance.cli import progress
from tests.cli.conftest import Run
from tests.database.samples import TIMES, WHALE


def test_the_line() -> None:
    """Speed is in megabytes; the time left is given where the size is known and not yet reached."""
    assert (
        progress.format_progress(3, 50_000_000, 200_000_000, 2.0)
        == "ingested 3 works, 50.0 MB, 25.0 MB/s, about 0:06 left"
    )
    assert progress.format_progress(1, 10**6, 100 * 10**6, 10.0).endswith(", about 16:30 left")
    for done, total in ((0, 10), (10, 10), (11, 10), (5, None)):
        assert progress.format_progress(1, done, total, 1.0).endswith(" MB/s")


def test_the_size_of_sources(home: Path) -> None:
    """Files and folders count with all that is in them; of packed files nothing is known."""
    Path("books").mkdir()
    Path("books/t.txt").write_text(TIMES)
    Path("w.txt").write_text(WHALE)
    size = len(TIMES.encode()) + len(WHALE.encode())
    assert progress.sum_sizes([Path("books"), Path("w.txt"), Path("missing")]) == size
    Path("books/more.jsonl.gz").touch()
    assert progress.sum_sizes([Path("books")]) is None


@pytest.mark.parametrize("is_terminal", [True, False])
def test_it_is_shown_on_a_terminal_only(run: Run, monkeypatch: pytest.MonkeyPatch, is_terminal: bool) -> None:
    """On a terminal the line appears and goes; elsewhere nothing is written."""
    Path("w.txt").write_text(WHALE)
    monkeypatch.setattr(progress, "_EVERY_SECONDS", 0)
    monkeypatch.setattr(sys.stderr, "isatty", lambda: is_terminal)
    err = run("ingest", "w.txt").err
    assert ("\ringested 1 works, 0.0 MB, " in err) == is_terminal
    assert err.endswith("\r") == is_terminal
    assert bool(err) == is_terminal
