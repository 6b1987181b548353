"""Several processes at one database, and clocks: nobody waits in vain, nobody sees a half change."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.faults.library import Library
from tests.faults.tally import Tally
from tests.faults.together import clock_going_backwards, lock_of_the_killed, refused_while_held, side_by_side


@pytest.mark.parametrize("rounds", [2, pytest.param(12, marks=pytest.mark.long)])
def test_two_writers_and_a_reader(tmp_path: Path, rounds: int) -> None:
    """Two processes ingest, withdraw and compact at once, and all of it is done; every check meanwhile is right."""
    changes, checks = (Tally("", tuple(verdicts)) for verdicts in side_by_side(tmp_path / "db", rounds))
    assert (changes.wrong, checks.wrong) == ([], [])
    assert changes.counts == (0, 4 * rounds + 6 * (rounds - 2), 0)
    assert len(checks.verdicts) > 1


def test_the_lock_of_a_killed_process_is_free(tmp_path: Path) -> None:
    """A process that was killed while it held the writer's lock keeps nobody waiting."""
    assert Tally("", tuple(lock_of_the_killed(Library(tmp_path / "db"), 2))).counts == (0, 2, 0)


def test_who_writes_is_named(tmp_path: Path) -> None:
    """While one process writes another is refused, and told which process it is."""
    assert Tally("", tuple(refused_while_held(Library(tmp_path / "db"), 2))).counts == (2, 0, 0)


def test_a_clock_that_goes_backwards(tmp_path: Path) -> None:
    """What was ingested last counts, with its licence, and the revision rises, whatever the clock says."""
    tally = Tally("", tuple(clock_going_backwards(tmp_path / "db", 5)))
    assert (tally.wrong, tally.counts) == ([], (0, 5, 0))
