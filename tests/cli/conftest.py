"""The command line, run in a folder of its own."""

from __future__ import annotations

import io
import os
import re
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace

import pytest

from provenance.cli import main
from tests.database.samples import TIMES, WHALE


@dataclass(frozen=True)
class Ran:
    """How a command ended: exit code, standard output, standard error; days are written as DAY."""

    code: int
    out: str
    err: str


Run = Callable[..., Ran]


def in_days(shown: str) -> str:
    """Write each day as DAY."""
    return re.sub(r"\d{4}-\d\d-\d\d(?!T)", "DAY", shown)


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty current folder, and no setting from outside."""
    folder = tmp_path / "home"
    folder.mkdir()
    monkeypatch.chdir(folder)
    for name in [name for name in os.environ if name.startswith("PROVENANCE_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("COLUMNS", "100")
    return folder


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run a command with something on standard input."""

    def run_(*argv: str, stdin: bytes = b"") -> Ran:
        monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(stdin)))
        capsys.readouterr()
        code = main(list(argv))
        out, err = map(in_days, capsys.readouterr())
        return Ran(code, out, err)

    return run_


@pytest.fixture
def library(home: Path, run: Run) -> Path:
    """The folder `provenance-db` with two works: one under CC-BY-4.0, one in the public domain."""
    Path("times.txt").write_text(TIMES, encoding="utf-8")
    Path("whale.txt").write_text(WHALE, encoding="utf-8")
    options = ["--title", "Two Cities", "--author", "Charles Dickens", "--year", "1859"]
    assert run("ingest", "times.txt", *options, "--licence", "CC-BY-4.0", "--source", "https://example.org/t").code == 0
    assert run("ingest", "whale.txt", "--licence", "public-domain", "--collection", "sea").code == 0
    return home / "provenance-db"
