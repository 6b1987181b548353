"""The command as a process: broken plugins, closed pipes, encodings, interruptions, its own defects."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from provenance.cli import main
from provenance.works import Document
from tests.cli.conftest import Run
from tests.database.samples import TIMES, words

COMMAND = [sys.executable, "-m", "provenance"]


def started(*argv: str, **settings: str) -> subprocess.Popen[bytes]:
    environment = {**os.environ, **settings}
    pipe = subprocess.PIPE
    return subprocess.Popen([*COMMAND, *argv], stdin=pipe, stdout=pipe, stderr=pipe, env=environment)


def finished(*argv: str, stdin: bytes = b"", **settings: str) -> tuple[int, str, str]:
    process = started(*argv, **settings)
    out, err = process.communicate(stdin, timeout=60)
    return process.returncode, out.decode(), err.decode()


@pytest.fixture
def broken(tmp_path: Path) -> str:
    """A folder of installed distributions with a plugin that cannot be imported."""
    info = tmp_path / "site" / "broken_plugin-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: broken-plugin\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[provenance]\nbroken = broken_module\n")
    (tmp_path / "site" / "broken_module.py").write_text("raise RuntimeError('no such luck')\n")
    return str(tmp_path / "site")


def test_a_broken_plugin_stops_what_needs_plugins_only(library: Path, broken: str) -> None:
    """With a plugin that does not load, a check ends with its name and a remedy, which works; listing still lists."""
    code, out, _ = finished("plugins", PYTHONPATH=broken)
    assert code == 0
    assert ["broken", "broken_module", "broken-plugin", "1.0"] in [line.split() for line in out.splitlines()]
    assert finished("db", "upgrade", PYTHONPATH=broken) == (0, "provenance-db: schema 0004\n", "")
    assert finished("check", "-", PYTHONPATH=broken) == (
        3, "", "provenance: Plugin 'broken' (broken-plugin 1.0) failed to load: RuntimeError: no such luck. "
        "Run without it: provenance --no-plugin broken …\n",
    )  # fmt: skip
    code, _, err = finished("--no-plugin", "broken", "check", "-", stdin=TIMES.encode(), PYTHONPATH=broken)
    assert (code, err) == (1, "")


def test_a_closed_pipe_is_not_success(library: Path) -> None:
    """When whoever reads the output goes away the command ends quietly, neither with 0 nor with 1."""
    process = started("check", "-")
    assert process.stdin
    assert process.stdout
    assert process.stderr
    process.stdout.close()
    process.stdin.write(TIMES.encode())
    process.stdin.close()
    assert process.wait(60) == 141
    assert process.stderr.read() == b""
    process.stderr.close()


def test_an_interruption(library: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C ends with 130 and one line, and leaves the database as it was."""

    def interrupted(*_: object, **__: object) -> Iterator[Document]:
        yield Document(text=words(0, 100))
        raise KeyboardInterrupt

    monkeypatch.setattr("provenance.cli.ingest.documents", interrupted)
    ran = run("ingest", "times.txt")
    assert (ran.code, ran.out, ran.err.strip()) == (130, "", "interrupted; nothing was changed")
    assert run("doctor").out.splitlines()[-1] == "ok  left-over files: 0"
    assert json.loads(run("stats", "--format", "json").out)["revision"] == 2


def test_a_terminal_without_unicode(library: Path) -> None:
    """Where the encoding lacks a character it is written as an escape."""
    code, out, err = finished("works", "cities", PYTHONIOENCODING="latin-1")
    assert (code, err) == (0, "")
    assert "\\u201cTwo Cities\\u201d by Charles Dickens" in out


def test_the_installed_command_and_the_module_are_the_same() -> None:
    """`python -m provenance` is `provenance`."""
    assert finished("--version") == (0, "provenance, version 0.1.0\n", "")


def test_a_defect_of_ours_is_said_to_be_one(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """An unforeseen exception is one message with exit code 3; PROVENANCE_TRACEBACK lets it through."""
    monkeypatch.setattr("provenance.cli.plugins.list_entry_points", lambda: 1 / 0)
    ran = run("plugins")
    assert (ran.code, ran.out) == (3, "")
    assert ran.err.startswith("provenance: internal error: ZeroDivisionError: division by zero\nThis is a defect")
    monkeypatch.setenv("PROVENANCE_TRACEBACK", "1")
    with pytest.raises(ZeroDivisionError):
        main(["plugins"])
