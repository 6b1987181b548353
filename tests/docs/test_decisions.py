"""The script behind the figures of the decisions in RESULTS.md runs."""

from __future__ import annotations

import pytest

from tests.benchmarks import decisions
from tests.docs.documents import ROOT


@pytest.mark.long
def test_every_decision_prints_its_figures(capsys: pytest.CaptureFixture[str]) -> None:
    """On one small work each letter prints at least a line, but for the one that needs a work quoted in another."""
    assert decisions.main([str(ROOT / "examples" / "works" / "us-constitution")]) == 0
    first, *lines = capsys.readouterr().out.splitlines()
    assert first.startswith("1 works, ")
    assert {line[0] for line in lines} == set(decisions.DECISIONS) - {"i"}
    assert any("slices of a word with other tokens, MaxMatch" in line and " 0 of " in line for line in lines)
