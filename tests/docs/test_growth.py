"""The script behind the tables of growth and worst cases in RESULTS.md runs."""

from __future__ import annotations

import json
import random
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from provenance.text import load_tokenizer
from provenance.works import Document
from tests.benchmarks import growth
from tests.docs.documents import ROOT

WORKS = ROOT / "examples" / "works" / "udhr"


@pytest.mark.long
def test_every_size_and_every_worst_case_is_measured(capsys: pytest.CaptureFixture[str]) -> None:
    """On a few works each size has a row before and after compaction, and each worst case one."""
    options = ["--megabytes", "0.1", "0.3", "--texts", "4", "--holders", "20", "--longest", "4000", "--json"]
    assert growth.main([str(WORKS), *options]) == 0
    results = json.loads(capsys.readouterr().out)
    assert [row["state"] for row in results["sizes"]] == ["ingested", "compacted"] * 2
    assert [row["works"] > 11 for row in results["sizes"]] == [False, False, True, True]
    assert all(row["found"] >= 2 for row in results["sizes"])
    assert list(results["rates"]) == ["1 thread", "2 threads", "4 threads", "1 process", "2 processes"]
    assert len(results["worst"]) == 7
    common = next(row for row in results["worst"] if row["case"] == "a passage in every work")
    assert common["passages"] >= 1
    assert all(row["first_ms"] > 0 for row in results["worst"])
    lines = growth.markdown(results).splitlines()
    assert [line for line in lines if line.startswith("3 times the text: a check takes ")]


@pytest.mark.parametrize("name", ["eng", "jpn", "tha"])
def test_a_varied_work_has_the_same_tokens_in_another_order(name: str) -> None:
    """Every character stays as often as it was; of words with spaces between them every token does."""
    text = (WORKS / f"{name}.txt").read_text(encoding="utf-8")
    varied = growth.varied(text, np.random.default_rng(1))
    assert varied != text
    assert Counter(varied) == Counter(text)
    if name == "eng":
        encode = load_tokenizer().encode
        words = " ".join(text.split())
        assert Counter(encode(growth.varied(words, np.random.default_rng(1)))) == Counter(encode(words))


def test_megabytes_are_written_with_ids_of_their_own(tmp_path: Path) -> None:
    """Works come first as they are, then in other words' order, each with its own id and text, up to the size asked."""
    works = [Document(text=f"one two three four {number}" * 9) for number in range(3)]
    written = growth.write(tmp_path / "works.jsonl", works, 0.002)
    rows = [json.loads(line) for line in (tmp_path / "works.jsonl").read_text().splitlines()]
    assert written["works"] == len(rows) == len({row["text"] for row in rows}) == 12
    assert [row["id"] for row in rows[2:6]] == ["2", "0-1", "1-1", "2-1"]
    assert [row["text"] for row in rows[:3]] == [work.text for work in works]
    assert sum(len(row["text"]) for row in rows) >= 2_000


def test_a_stretch_has_the_tokens_asked_for() -> None:
    """It is cut from the text at tokens, and is shorter only where the text is."""
    text, encode = (WORKS / "eng.txt").read_text(encoding="utf-8"), load_tokenizer().encode
    cut = growth.stretch(text, 100, random.Random(1))
    assert cut in text
    assert len(encode(cut)) == 100
    assert growth.stretch("two words", 100, random.Random(1)) in {"two words", "wo words", "o words"}
    assert growth.stretch("...", 100, random.Random(1)) in "..."


def test_a_step_that_takes_too_long_says_so(tmp_path: Path) -> None:
    """A worst case that is not done in time is a row with the limit, and stops nothing."""
    assert growth.child("worst", tmp_path, ["text"], limit=0.01) == {"first_ms": "not done after 0.01 s"}


def test_a_step_that_fails_is_shown(tmp_path: Path) -> None:
    """What the child process said is not lost."""
    with pytest.raises(SystemExit, match=r"(?s)worst failed with exit code 1.*DatabaseNotFoundError"):
        growth.child("worst", tmp_path / "none", ["text"])
