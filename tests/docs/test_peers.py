"""The script behind the table of peers in RESULTS.md runs."""

from __future__ import annotations

import importlib.util
import json

import pytest

from tests.benchmarks import peers
from tests.docs.documents import ROOT


@pytest.mark.long
def test_each_contender_builds_and_scans(capsys: pytest.CaptureFixture[str]) -> None:
    """On a few works each contender has a row, nothing planted is missed by ours, and a missing peer is said so."""
    works = ROOT / "examples" / "works" / "works.jsonl"
    options = ["--millions", "0.05", "--automaton", "0.01", "--queries", "6", "--json"]
    assert peers.main([str(works), *options]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert [row["index"] for row in rows] == ["ours", "automaton", "ours", "infini-gram", "sqlite"]
    assert {row["missed"] for row in rows if row["index"] in {"ours", "sqlite"}} == {0}
    assert all(row["planted"] == 3 for row in rows if "note" not in row)
    assert ("note" in rows[3]) == (importlib.util.find_spec("infini_gram") is None)


def test_a_row_without_a_figure_shows_a_dash_or_its_note() -> None:
    """The table has a cell for every column of every row, and compares the contenders of one size."""
    ours = {"index": "ours", "works": 2, "tokens": 2_000_000, "scan_median_ms": 0.2}
    rows = [ours, ours | {"index": "sqlite", "scan_median_ms": 0.5}, ours | {"index": "infini-gram", "note": "absent"}]
    options = peers.arguments(["works", "--queries", "5"])
    lines = peers.markdown(rows, options).splitlines()
    assert {line.count("|") for line in lines[:5]} == {len(peers.COLUMNS) + 1}
    assert lines[2].startswith("| ours | 2.0 | – | ")
    assert "| absent |" in lines[4]
    assert lines[-1] == "At 2,000,000 tokens sqlite takes 2.5 times as long for a scan."
