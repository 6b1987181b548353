"""CI passes over no test in silence."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

CONFTEST = Path(__file__).resolve().parents[1] / "conftest.py"
TESTS = """
import pytest

def test_that_runs():
    pass

def test_that_is_skipped():
    pytest.skip("there is no lighthouse")
"""


def outcome(folder: Path, where: str, ci: str, *options: str) -> tuple[int, str]:
    """The exit code and the output of a run of two tests, one of them skipped, in a folder of a project like ours."""
    test = folder / where / "test_two.py"
    test.parent.mkdir(parents=True)
    test.write_text(TESTS, encoding="utf-8")
    (folder / "tests/conftest.py").write_text(CONFTEST.read_text(encoding="utf-8"), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir", folder, *options, folder],
        capture_output=True, text=True, check=False, env={**os.environ, "CI": ci}, cwd=folder,
    )  # fmt: skip
    return done.returncode, done.stdout


def test_a_skip_fails_in_ci(tmp_path: Path) -> None:
    """A test that is not on the list must run; what CI says names it and the reason that it gave."""
    code, said = outcome(tmp_path, "tests/web", "true", "-n", "1")
    assert code == 1
    assert "not allowed: tests/web/test_two.py::test_that_is_skipped: Skipped: there is no lighthouse" in said


def test_a_skip_on_the_list_passes_in_ci(tmp_path: Path) -> None:
    """The list is printed with its reasons."""
    code, said = outcome(tmp_path, "tests/faults", "true")
    assert code == 0
    assert "allowed in tests/faults/: a full, slow or read-only disk" in said
    assert "not allowed" not in said


def test_a_skip_passes_elsewhere(tmp_path: Path) -> None:
    """A developer without a browser, say, tests the rest."""
    assert outcome(tmp_path, "tests/web", "")[0] == 0
