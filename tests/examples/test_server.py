"""The page on the server: its lines run, and print what it shows, against a real server."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.docs.documents import undated

EXAMPLES = Path(__file__).parents[2] / "examples"
FOLDER = EXAMPLES / "server"
PAGE = (FOLDER / "README.md").read_text(encoding="utf-8")
PROVENANCE = [sys.executable, "-m", "provenance"]


def fenced(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)


def printed(*command: str, **options: object) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True, timeout=60, **options).stdout  # type: ignore[call-overload, no-any-return]  # is text


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The first line of a server, started as the page says, but on a port that is free."""
    folder = tmp_path_factory.mktemp("server")
    (folder / "examples").symlink_to(EXAMPLES)
    ingest, serve = re.findall(r"^\$ provenance (.*)\n(.*)$", fenced("console")[0], re.MULTILINE)
    assert printed(*PROVENANCE, *ingest[0].split(), cwd=folder).splitlines()[0] == ingest[1]
    command = [*PROVENANCE, *serve[0].split(), "--port", "0"]
    with subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as running:
        assert running.stdout
        line = running.stdout.readline().strip()
        assert re.sub(r":\d+:", ":8000:", line) == serve[1]
        yield line.partition(": ")[0]
        running.send_signal(signal.SIGTERM)
        assert running.wait(60) == 0


def test_the_lines_to_paste_are_those_of_the_files() -> None:
    """Whoever pastes from the page has what a test runs."""
    assert fenced("sh")[0] in (FOLDER / "check.sh").read_text(encoding="utf-8")
    assert fenced("python")[0] in (FOLDER / "check.py").read_text(encoding="utf-8")


@pytest.mark.parametrize(("number", "program"), [(1, "sh"), (2, sys.executable)])
def test_a_server_answers_what_the_page_shows(server: str, number: int, program: str) -> None:
    """Each command prints, but for the day, what stands below it."""
    command, shown = fenced("console")[number].split("\n", 1)
    told = printed(program, str(EXAMPLES.parent / command.split()[-1]), server)
    assert undated(told).split() == undated(shown).split()


def test_the_key_on_the_page(tmp_path: Path) -> None:
    """The command for a key prints lines that a server takes, with the rights that it names."""
    command = re.findall(r"^\$ provenance (serve --new-key .*) >> keys\.toml$", fenced("console")[3], re.MULTILINE)
    lines = printed(*PROVENANCE, *command[0].split())
    assert 'rights = ["check", "read"]' in lines
