"""Very many works, very large ones, and ones of a single line."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.faults.load import LOADS, borne
from tests.faults.tally import Outcome


@pytest.mark.long
@pytest.mark.parametrize("load", LOADS)
def test_a_load(tmp_path: Path, load: str) -> None:
    """It is ingested in less than 3 GB of memory, and found."""
    verdict = borne(tmp_path, load)
    assert verdict.outcome is Outcome.UNHARMED, verdict.what
