"""A folder like a fresh checkout's root: the examples are there, and the commands of the documents run."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.docs.documents import ROOT


@dataclass(frozen=True)
class Workplace:
    """A folder, and the environment that its commands run in."""

    folder: Path
    environment: dict[str, str]

    def run(self, command: str) -> str:
        """Run a shell command and return what it prints, diagnostics included."""
        done = subprocess.run(
            ["/bin/sh", "-c", command], cwd=self.folder, env=self.environment, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False,
        )  # fmt: skip
        return done.stdout.decode("utf-8")

    def python(self, *arguments: str) -> str:
        """Run Python, which must succeed, and return what it prints."""
        done = subprocess.run(
            [sys.executable, *arguments], cwd=self.folder, env=self.environment, capture_output=True, check=False
        )
        assert done.returncode == 0, done.stderr.decode("utf-8")
        return done.stdout.decode("utf-8")


def a_workplace(folder: Path) -> Workplace:
    """Make a fresh folder; `provenance` and `python` are those that run the tests."""
    (folder / "examples").symlink_to(ROOT / "examples")
    commands = folder / ".commands"
    commands.mkdir()
    for name, arguments in (("python", ""), ("provenance", " -m provenance")):
        command = commands / name
        command.write_text(f'#!/bin/sh\nexec "{sys.executable}"{arguments} "$@"\n', encoding="utf-8")
        command.chmod(0o755)
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PROVENANCE_")}
    path = os.pathsep.join((str(commands), kept.get("PATH", "")))
    return Workplace(folder, {**kept, "PATH": path, "PYTHONIOENCODING": "utf-8", "HF_HUB_OFFLINE": "1"})


@pytest.fixture(scope="module")
def workplace(tmp_path_factory: pytest.TempPathFactory) -> Workplace:
    """A folder that the tests of one module share."""
    return a_workplace(tmp_path_factory.mktemp("checkout"))
