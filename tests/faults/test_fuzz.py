"""Files that are not as they were written: an error that says what to do, or the right answer, and never anything else.

A small share of what `tests/benchmarks/faults.py` does; each case is judged in a child process with limits.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest

from tests.faults.catalogues import CHANCY, FILES, LOCKED, catalogue_judge
from tests.faults.damage import FILES_SWAPPED, HARMS, damage_judge
from tests.faults.denied import ACTIONS, DENIALS, denied_judge
from tests.faults.forgery import FORGERIES, forgery_judge
from tests.faults.isolated import survey
from tests.faults.shelf import Shelf
from tests.faults.tally import Tally

SEED = 20261120
MANY = 300


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Shelf:
    return Shelf(tmp_path_factory.mktemp("shelf") / "db")


@pytest.mark.parametrize("step", [MANY // 6, pytest.param(1, marks=pytest.mark.long)])
@pytest.mark.parametrize("harm", [*HARMS, FILES_SWAPPED])
def test_a_damaged_segment(shelf: Shelf, tmp_path: Path, harm: str, step: int) -> None:
    """Any part of a segment of any keep level, damaged: it is refused, or the answer is that of the sound one."""
    tally = Tally(harm, tuple(survey(damage_judge, shelf, tmp_path / "db", harm, SEED, numbers=range(0, MANY, step))))
    assert tally.wrong == []
    assert tally.counts[0] > len(tally.verdicts) // 2


@pytest.mark.parametrize("step", [MANY // 12, pytest.param(1, marks=pytest.mark.long)])
@pytest.mark.parametrize("kind", FORGERIES)
def test_a_forged_segment(tmp_path: Path, kind: str, step: int) -> None:
    """A hostile file with right checksums is refused, or answers with what it says: no crash, no hang, no bomb."""
    tally = Tally(kind, tuple(survey(forgery_judge, tmp_path / "db", kind, SEED, numbers=range(0, MANY, step))))
    assert tally.wrong == []


@pytest.mark.parametrize("harm", [*FILES, LOCKED])
def test_a_damaged_catalogue(shelf: Shelf, tmp_path: Path, harm: str) -> None:
    """The catalogue's file is another thing, damaged or held: it is refused by every command with what to do."""
    numbers = range(4 if harm in CHANCY else 1)
    tally = Tally(harm, tuple(survey(catalogue_judge, shelf, tmp_path / "db", harm, SEED, numbers=numbers)))
    assert tally.wrong == []


@pytest.mark.parametrize("denial", DENIALS)
def test_somebody_who_may_not(denial: str) -> None:
    """Who may only read can check and examine; who may not even that is told so; nothing is written."""
    with tempfile.TemporaryDirectory() as name:  # pytest's own folder is shut to others than us
        scratch = Path(name) / "scratch"
        scratch.mkdir()
        judge = (denied_judge, Shelf(Path(name) / "db"), scratch, denial)
        tally = Tally(denial, tuple(survey(*judge, numbers=range(len(ACTIONS)))))
    assert tally.wrong == []
