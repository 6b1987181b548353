"""A full disk: whenever it is full, a change is made or not, the message is true, and with room again it succeeds."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.faults.full import CHANGES, on_small_disks, refused_in_turn
from tests.faults.tally import Tally


@pytest.mark.parametrize(
    "change",
    [pytest.param(change, marks=[pytest.mark.long] if change != "`works withdraw`" else []) for change in CHANGES],
)
def test_full_at_each_moment(change: str) -> None:
    """Each thing asked of the disk fails in turn: every time the change is refused, and goes through afterwards."""
    tally = Tally(change, tuple(refused_in_turn(change)))
    assert tally.wrong == []
    assert tally.counts[0] == len(tally.verdicts) > 5


@pytest.mark.parametrize("numbers", [range(4, 5), pytest.param(range(40), marks=pytest.mark.long)])
@pytest.mark.parametrize("change", CHANGES)
def test_a_small_disk(tmp_path: Path, change: str, numbers: range) -> None:
    """On a real disk with little room left a change is made or refused, and goes through when there is room."""
    try:
        tally = Tally(change, tuple(on_small_disks(tmp_path / "disk", change, numbers)))
    except OSError as error:
        pytest.skip(f"only root on Linux can mount a file system: {error}")
    assert tally.wrong == []
