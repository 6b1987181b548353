"""Every scheme that is compared in `tests/benchmarks/sampling.py` keeps the same promise."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from provenance.fingerprints import SAMPLINGS, fingerprints, winnow
from provenance.works import Sensitivity
from tests.benchmarks import sampling
from tests.benchmarks.sampling import Scheme, hashes, mod, open_closed, places_of_smallest, schemes
from tests.docs.documents import ROOT
from tests.strategies import examples

WIDE = SAMPLINGS[Sensitivity.WIDE]
GUARANTEE = WIDE.guarantee
SCHEMES = [*schemes([1, 3]), open_closed(8, 2, seed=5)]
some_ids = st.lists(st.integers(0, 65_535) | st.integers(0, 2), max_size=40)
runs = st.lists(st.integers(0, 65_535) | st.integers(0, 2), min_size=GUARANTEE, max_size=40)


def array(tokens: list[int]) -> np.ndarray:
    return np.array(tokens, np.uint16)


@settings(max_examples=examples(20))
@pytest.mark.parametrize("scheme", SCHEMES, ids=lambda s: f"{s.name}-{s.n}-{s.s}-{s.seed}")
@given(some_ids, some_ids, runs, some_ids, some_ids)
def test_texts_that_share_a_run_share_a_picked_shingle(
    scheme: Scheme, a: list[int], b: list[int], run: list[int], c: list[int], d: list[int]
) -> None:
    """Any run of the guaranteed length in two texts has a picked shingle at the same place of the run in both."""
    inside = []
    for before, after in ((a, c), (b, d)):
        places = scheme.pick(array(before + run + after)) - len(before)
        inside.append({at for at in places.tolist() if 0 <= at <= len(run) - scheme.n})
    assert inside[0] & inside[1]


@pytest.mark.slow
@given(st.lists(st.integers(0, 65_535) | st.integers(0, 3), min_size=GUARANTEE, max_size=120))
def test_open_closed_of_eight_tokens_is_that_of_the_product(tokens: list[int]) -> None:
    """What is measured as open-closed, n = 8, picks the places, with the fingerprints, of `provenance.fingerprints`."""
    assert hashes(array(tokens), 8).tolist() == fingerprints(array(tokens), 8).tolist()
    assert open_closed(8, 1).pick(array(tokens)).tolist() == winnow(array(tokens), WIDE).positions.tolist()


@given(st.lists(st.integers(0, 9), min_size=12, max_size=60), st.integers(1, 12))
def test_the_smallest_is_found_at_its_first_place(values: list[int], width: int) -> None:
    """Of equal values in a window the first counts, as if each window were looked at alone."""
    expected = [at + int(np.argmin(values[at : at + width])) for at in range(len(values) - width + 1)]
    assert places_of_smallest(np.array(values, np.uint64) << np.uint64(40), width).tolist() == expected


def test_mod_sampling_by_the_definition() -> None:
    """Of each window the shingle is picked that begins at the place of its smallest piece, modulo w."""
    tokens = np.random.default_rng(3).integers(0, 50, 300).astype(np.uint16)
    pieces = hashes(tokens, 2) >> np.uint64(32)
    expected = {at + int(np.argmin(pieces[at : at + GUARANTEE - 1])) % 5 for at in range(len(tokens) - GUARANTEE + 1)}
    assert (mod(12, 1).s, mod(12, 1).pick(tokens).tolist()) == (2, sorted(expected))


@pytest.mark.long
def test_every_scheme_has_a_row(capsys: pytest.CaptureFixture[str]) -> None:
    """On a few works each scheme is measured, and none misses what was planted."""
    works = ROOT / "examples" / "works" / "works.jsonl"
    assert sampling.main([str(works), "--millions", "0.05", "--texts", "4", "--seeds", "2", "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert [(row["scheme"], row["n"], row["s"]) for row in rows] == [(s.name, s.n, s.s) for s in schemes()]
    assert {row["missed"] for row in rows} == {0}
    assert len(sampling.markdown(rows).splitlines()) == len(rows) + 2
