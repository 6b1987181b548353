"""Fingerprints and winnowing, against the definitions and the theorem."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from provenance import fingerprints as shingles
from provenance.fingerprints import GUARANTEE, Anchors, N, W, fingerprint_shingles, fingerprints, thin, winnow

few_ids = st.lists(st.integers(0, 3), max_size=120)
ids = st.lists(st.integers(0, 65_535), max_size=120)
many_ids = st.lists(st.integers(0, 99), min_size=60, max_size=120)
MASK = (1 << 64) - 1


def array(tokens: Sequence[int]) -> np.ndarray:
    return np.array(tokens, np.uint16)


def fingerprint(shingle: Sequence[int]) -> int:
    """Oracle: the definition, in Python's own integers."""
    value = 0
    for token in shingle:
        value = (value * 0x9E3779B97F4A7C15 + token + 1) & MASK
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB), (31, 1)):
        value = ((value ^ value >> shift) * factor) & MASK
    return value


def order(shingle: Sequence[int]) -> tuple[int, int]:
    """Oracle: first come those whose smallest token is in the middle, then at an end, then the others."""
    hashes = [fingerprint([token]) >> 48 for token in shingle]
    return {3: 0, 0: 1, N - 1: 1}.get(hashes.index(min(hashes)), 2), fingerprint(shingle) >> 2


def picked(tokens: Sequence[int]) -> set[int]:
    """Oracle: the places of all shingles that are the first, in order, of some window of W."""
    hashes = [order(tokens[at : at + N]) for at in range(len(tokens) - N + 1)]
    places = set()
    for begin in range(len(hashes) - W + 1):
        window = hashes[begin : begin + W]
        places |= {begin + at for at, value in enumerate(window) if value == min(window)}
    return places


@given(ids | few_ids)
def test_a_fingerprint_is_a_polynomial_that_is_then_mixed(tokens: list[int]) -> None:
    """Each shingle's fingerprint is what the definition gives, whatever stands around it."""
    assert fingerprints(array(tokens)).tolist() == [
        fingerprint(tokens[at : at + N]) for at in range(len(tokens) - N + 1)
    ]


@given(ids | few_ids)
def test_shingles_one_by_one_have_the_same_fingerprints(tokens: list[int]) -> None:
    """The fingerprint of a shingle does not depend on whether it is given alone or in its text."""
    rows = [tokens[at : at + N] for at in range(len(tokens) - N + 1)]
    alone = fingerprint_shingles(np.array(rows, np.uint16).reshape(-1, N))
    assert alone.tolist() == fingerprints(array(tokens)).tolist()


def test_known_fingerprints() -> None:
    """They are part of the file format: a change of these numbers makes every database useless."""
    assert [hex(value) for value in fingerprints(array(range(10))).tolist()] == [
        hex(fingerprint(range(at, at + N))) for at in range(3)
    ]
    assert (N, W, GUARANTEE) == (8, 9, 16)
    assert fingerprints(array([0] * N)).tolist() != fingerprints(array([1] * N)).tolist()


def test_different_shingles_have_different_fingerprints() -> None:
    """Among a hundred thousand shingles of near-equal tokens there is no collision."""
    tokens = np.random.default_rng(1).integers(0, 4, 100_000).astype(np.uint16)
    windows = np.lib.stride_tricks.sliding_window_view(tokens, N)
    assert len(np.unique(fingerprints(tokens))) == len(np.unique(windows, axis=0))


@given(ids | few_ids | many_ids)
def test_anchors_are_the_first_of_their_windows(tokens: list[int]) -> None:
    """Winnowing picks exactly the places that are the first of some window, ascending, with their fingerprints."""
    anchors = winnow(array(tokens))
    assert anchors.positions.tolist() == sorted(picked(tokens))
    assert anchors.fingerprints.tolist() == [fingerprint(tokens[at : at + N]) for at in anchors.positions]


@given(ids | few_ids, ids | few_ids, st.lists(st.integers(0, 65_535), min_size=GUARANTEE, max_size=40), ids, ids)
def test_texts_that_share_a_run_share_an_anchor(
    a: list[int], b: list[int], run: list[int], c: list[int], d: list[int]
) -> None:
    """Any run of the guaranteed length in two texts has an anchor at the same place of the run in both."""
    inside = []
    for before, after in ((a, c), (b, d)):
        positions = winnow(array(before + run + after)).positions - len(before)
        inside.append({int(at) for at in positions if 0 <= at <= len(run) - N})
    assert inside[0] & inside[1]


@pytest.mark.parametrize("length", [0, 1, N - 1, N, GUARANTEE - 1])
def test_a_short_text_has_no_anchors(length: int) -> None:
    """Below the guaranteed length there is no whole window."""
    assert len(winnow(array(range(length)))) == 0
    assert len(winnow(array(range(GUARANTEE)))) >= 1


@settings(deadline=None)
@given(st.integers(GUARANTEE, 40), st.lists(st.integers(0, 5), max_size=200))
def test_cutting_into_chunks_changes_nothing(chunk: int, tokens: list[int]) -> None:
    """A long text that is winnowed piece by piece has the anchors of the whole."""
    whole = winnow(array(tokens))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(shingles, "_CHUNK", chunk)
        pieces = winnow(array(tokens))
    assert (pieces.positions.tolist(), pieces.fingerprints.tolist()) == (
        whole.positions.tolist(), whole.fingerprints.tolist(),
    )  # fmt: skip


def test_density() -> None:
    """Of random text a sixth of the fingerprints is kept; by fingerprint alone it would be 2 / (W + 1)."""
    tokens = np.random.default_rng(2).integers(0, 65_536, 200_000).astype(np.uint16)
    assert len(winnow(tokens)) / len(tokens) == pytest.approx(0.165, rel=0.01)


@given(ids | few_ids)
def test_thinning_keeps_ordinary_anchors(tokens: list[int]) -> None:
    """What is left is part of what was there, and different neighbours all stay."""
    anchors = winnow(array(tokens))
    thinned = thin(anchors)
    assert set(thinned.positions.tolist()) <= set(anchors.positions.tolist())
    if len(set(anchors.fingerprints.tolist())) == len(anchors):
        assert thinned.positions.tolist() == anchors.positions.tolist()


@pytest.mark.parametrize("cycle", [1, 2, 5, W])
def test_a_long_repetition_does_not_flood_the_index(cycle: int) -> None:
    """A megabyte of one token or a short cycle has at most 2 W anchors of one fingerprint."""
    tokens = array(list(range(cycle)) * (100_000 // cycle))
    assert len(thin(winnow(tokens))) <= 2 * W


def test_thinning_nothing() -> None:
    """No anchors stay no anchors."""
    none = thin(Anchors(np.empty(0, np.uint64), np.empty(0, np.int64)))
    assert len(none) == 0


@given(st.lists(st.tuples(st.integers(0, 2), st.sampled_from([1, W, W + 1]), st.integers(1, 3 * W)), max_size=6))
def test_thinning_keeps_the_first_and_the_last_of_each_run(groups: list[tuple[int, int, int]]) -> None:
    """Of neighbours with one fingerprint, at most W tokens apart, the first W and the last W are left."""
    runs: list[list[tuple[int, int]]] = []
    position = 0
    for value, gap, count in groups:
        for _ in range(count):
            position += gap
            if not runs or runs[-1][-1][0] != value or position - runs[-1][-1][1] > W:
                runs.append([])
            runs[-1].append((value, position))
    left = [each for run in runs for at, each in enumerate(run) if at < W or len(run) - at <= W]
    values, positions = zip(*(each for run in runs for each in run), strict=True) if runs else ((), ())
    thinned = thin(Anchors(np.array(values, np.uint64), np.array(positions, np.int64)))
    assert list(zip(thinned.fingerprints.tolist(), thinned.positions.tolist(), strict=True)) == left
