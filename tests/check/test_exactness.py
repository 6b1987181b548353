"""A small share of `tests/benchmarks/exactness.py`: what is found is what an oracle sees, and the oracle is right."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from provenance.thresholds import LEAST_RUN
from tests.benchmarks import exactness
from tests.benchmarks.exactness import Oracle, Tally, numbered
from tests.docs.documents import ROOT

DECLARATIONS = ROOT / "examples" / "works" / "udhr"
some_ids = st.lists(st.integers(0, 2), max_size=60)


def array(tokens: list[int]) -> np.ndarray:
    return np.array(tokens, np.uint16)


@given(some_ids)
def test_equal_numbers_are_equal_tokens(tokens: list[int]) -> None:
    """The oracle numbers every 16 tokens in a row, and two of them alike exactly where they are the same."""
    numbers = numbered(array(tokens + [0] * LEAST_RUN)).tolist()
    windows = [(*tokens, *[0] * LEAST_RUN)[at : at + LEAST_RUN] for at in range(len(tokens) + 1)]
    assert [numbers.index(number) for number in numbers] == [windows.index(window) for window in windows]


@given(st.lists(some_ids, min_size=1, max_size=3), st.lists(some_ids, min_size=1, max_size=2))
def test_the_oracle_sees_what_comparing_token_by_token_shows(works: list[list[int]], texts: list[list[int]]) -> None:
    """Its runs are those that can be grown by no token at either end, in every work, and no others."""
    oracle = Oracle([array(work) for work in works], [array(text) for text in texts])
    for number, text in enumerate(texts):
        expected = {
            (at, at + length, place)
            for place, work in enumerate(works)
            for at in range(len(text))
            for there in range(len(work))
            if not (at and there and text[at - 1] == work[there - 1])
            and (length := common_prefix(text[at:], work[there:])) >= LEAST_RUN
        }
        assert oracle.runs(number) == expected


def common_prefix(left: list[int], right: list[int]) -> int:
    different = (at for at, (a, b) in enumerate(zip(left, right, strict=False)) if a != b)
    return next(different, min(len(left), len(right)))


@pytest.mark.slow
def test_in_many_scripts_all_that_is_shared_is_found_and_nothing_else(capsys: pytest.CaptureFixture[str]) -> None:
    """Planted into other words, cut anywhere, every run is found; in shuffled words nothing is that is not there."""
    assert exactness.main([str(DECLARATIONS), "--planted", "160", "--shuffled", "60", "--json"]) == 0
    counted = json.loads(capsys.readouterr().out)
    scripts = {"Arabic", "Cyrillic", "Devanagari", "Han", "Hangul", "Japanese", "Latin", "Thai"}
    assert set(counted["recall"]) == scripts | {"all"}
    assert {group: figures["texts"] for group, figures in counted["recall"].items()} == dict.fromkeys(scripts, 20) | {
        "all": 160
    }
    assert counted["recall"]["all"]["runs"] >= counted["recall"]["all"]["planted"] == 80
    assert set(counted["precision"]) == {"words shuffled", "tokens by frequency", "all"}


def test_a_miss_or_an_invention_makes_the_command_fail(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A run that no passage covers, a passage that the oracle does not see, and a blind oracle each end with 1."""
    (tmp_path / "work.txt").write_text("nothing much")
    for tally in (Tally(runs=2, found=1), Tally(invented=1), Tally(unseen=1)):
        monkeypatch.setattr(exactness, "measure", lambda *_, tally=tally: {"recall": {"Latin": tally}})
        assert exactness.main([str(tmp_path)]) == 1


def test_a_checker_that_finds_nothing_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where no passage is reported, every run that the oracle sees counts as missed."""
    monkeypatch.setattr(
        exactness.provenance.Checker, "check", lambda self, text, passages: self.unchecked(text, "asleep")
    )
    found = [exactness.Document(text=(DECLARATIONS / "eng.txt").read_text(encoding="utf-8"))]
    tally = exactness.measure(found, 4, 2)["recall"]["Latin"]
    assert (tally.found, tally.passages, tally.sound) == (0, 0, False)
    assert tally.runs >= 2
