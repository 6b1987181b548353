"""`make mutants`: faults are planted in copies, and a function that no test runs lowers the score."""

import importlib
import subprocess
import sys
from pathlib import Path

import pytest

TOOLS = Path(__file__).parents[2] / "tools"

PRICE = '''"""Prices."""


def add_tax(price: int) -> int:
    """Tested."""
    return price + 7


def cut_price(price: int) -> int:
    """Tested by nobody."""
    return price - 3
'''

TEST = """
import subprocess
import sys


def test_tax():
    subprocess.run([sys.executable, "-c", "from provenance.price import add_tax; assert add_tax(1) == 8"], check=True)
"""

LOOP = '''"""A loop."""


def count_down(number: int) -> None:
    """Count down to zero."""
    while number:
        number -= 1
'''

LOOP_TEST = """
from provenance.loop import count_down


def test_loop():
    count_down(2)
"""

EQUIVALENT = """
[[equivalent]]
module = "provenance/loop.py"
before = "number -= 1"
after = "number -= 2"
reason = "every caller's number is even"
"""

SILENT = '''"""A module without a fault that a test should notice."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["Price"]


@dataclass(frozen=True, slots=True)
class Price:
    """A price."""

    amount: int
    path: Path | None


def refuse(price: Price) -> None:
    """Refuse a price."""
    raise ValueError(f"{price.amount} is more than {7}")
'''


def git(checkout: Path, *arguments: str) -> str:
    identity = ["-c", "user.name=A", "-c", "user.email=a@example.org"]
    return subprocess.run(
        ["git", *identity, *arguments], cwd=checkout, check=True, capture_output=True, text=True
    ).stdout


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A project with a tested function, which its test runs in a process of its own, and one without a test."""
    for name, text in {
        "provenance/__init__.py": "",
        "provenance/price.py": PRICE,
        "tests/test_price.py": TEST,
    }.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    git(tmp_path, "init", "--quiet", "--initial-branch=main")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "--quiet", "--message=First")
    return tmp_path


def draw(checkout: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(TOOLS / "mutants.py"), *arguments]
    return subprocess.run(command, cwd=checkout, capture_output=True, text=True, check=False)


@pytest.mark.slow
def test_the_untested_function_survives(checkout: Path) -> None:
    """Every mutant is printed with line and verdict; the score is under the floor; the checkout is untouched."""
    done = draw(checkout, "--all", "--floor", "90")

    assert (done.returncode, done.stderr) == (1, "")
    first, *mutants, package, score = done.stdout.splitlines()
    assert first == "6 mutants of 2 modules, seed 1; 0 equivalent ones left out"
    assert sorted(mutants) == [
        "killed   provenance/price.py:6 number: return price + 7 -> return price + 8",
        "killed   provenance/price.py:6 return_nothing: return price + 7 -> return None",
        "killed   provenance/price.py:6 swap_op: return price + 7 -> return price - 7",
        "unrun    provenance/price.py:11 number: return price - 3 -> return price - 4",
        "unrun    provenance/price.py:11 return_nothing: return price - 3 -> return None",
        "unrun    provenance/price.py:11 swap_op: return price - 3 -> return price + 3",
    ]
    assert (package, score) == ("provenance: 3 of 6", "score 50 %: 3 of 6 noticed, floor 90 %")
    assert git(checkout, "status", "--porcelain", "--ignored") == ""


@pytest.mark.slow
def test_a_branch_with_an_endless_loop(checkout: Path) -> None:
    """What changed since main is drawn; a loop that no longer ends is noticed; a listed mutant does not count."""
    git(checkout, "switch", "--quiet", "--create=loop")
    (checkout / "provenance/loop.py").write_text(LOOP)
    (checkout / "tests/test_loop.py").write_text(LOOP_TEST)
    (checkout / "tools").mkdir()
    (checkout / "tools/mutants-equivalent.toml").write_text(EQUIVALENT)
    git(checkout, "add", ".")
    git(checkout, "commit", "--quiet", "--message=Loop")

    done = draw(checkout, "--grace", "8", "--floor", "100")

    assert (done.returncode, done.stderr) == (0, "")
    first, *mutants, package, score = done.stdout.splitlines()
    assert first == "2 mutants of 1 modules, seed 1; 1 equivalent ones left out"
    assert sorted(mutants) == [
        "timeout  provenance/loop.py:7 augmented_assignment: number -= 1 -> number = 1",
        "timeout  provenance/loop.py:7 swap_op: number -= 1 -> number += 1",
    ]
    assert (package, score) == ("provenance: 2 of 2", "score 100 %: 2 of 2 noticed, floor 100 %")


@pytest.mark.slow
def test_tests_that_fail_anyway_say_nothing(checkout: Path) -> None:
    """Where a test fails without a mutant the command ends with its output, and gives no score."""
    (checkout / "tests/test_price.py").write_text("import provenance.price\n\n\ndef test_tax():\n    assert False\n")

    done = draw(checkout, "--all")

    assert (done.returncode, "score" in done.stdout) == (1, False)
    assert done.stderr.endswith("mutants: tests fail without a mutant; mend them first\n")
    assert "FAILED tests/test_price.py::test_tax" in done.stderr


def list_mutants(folder: Path, code: str, monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, str]]:
    """The line and the operator of every mutant of a module."""
    monkeypatch.syspath_prepend(TOOLS)
    mutations = importlib.import_module("mutations")
    (folder / "module.py").write_text(code)
    return [(each.line, each.operator) for each in mutations.draw_mutants(folder, ["module.py"], number=99, seed=1)]


def test_what_no_test_should_pin_is_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No fault is planted in types, docstrings, exports, texts of errors or options of dataclass; in code it is."""
    assert list_mutants(tmp_path, SILENT, monkeypatch) == []
    more = SILENT + '    seen.add(price.amount, strict=True)\n    if price:\n        return "GPL"\n'
    assert sorted(list_mutants(tmp_path, more, monkeypatch)) == [
        (25, "arg_removal"),
        (25, "remove_call"),
        (26, "negate_condition"),
        (27, "return_nothing"),
        (27, "string"),
    ]
