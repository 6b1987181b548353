"""Fingerprints and winnowing, against the definitions and the theorem."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from provenance import fingerprints as shingles
from provenance.fingerprints import SAMPLINGS, Anchors, Sampling, fingerprint_shingles, fingerprints, thin, winnow
from provenance.works import Sensitivity

few_ids = st.lists(st.integers(0, 3), max_size=120)
ids = st.lists(st.integers(0, 65_535), max_size=120)
many_ids = st.lists(st.integers(0, 99), min_size=60, max_size=120)
MASK = (1 << 64) - 1
FINE, WIDE = SAMPLINGS[Sensitivity.FINE], SAMPLINGS[Sensitivity.WIDE]
samplings = st.sampled_from([FINE, WIDE])


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
    last = len(shingle) - 1
    return {last // 2: 0, 0: 1, last: 1}.get(hashes.index(min(hashes)), 2), fingerprint(shingle) >> 2


def picked(tokens: Sequence[int], sampling: Sampling) -> set[int]:
    """Oracle: the places of all shingles that are the first, in order, of some window of w."""
    n, w = sampling.n, sampling.w
    hashes = [order(tokens[at : at + n]) for at in range(len(tokens) - n + 1)]
    places = set()
    for begin in range(len(hashes) - w + 1):
        window = hashes[begin : begin + w]
        places |= {begin + at for at, value in enumerate(window) if value == min(window)}
    return places


@given(ids | few_ids, st.integers(1, 20))
def test_a_fingerprint_is_a_polynomial_that_is_then_mixed(tokens: list[int], n: int) -> None:
    """Each shingle's fingerprint is what the definition gives, whatever stands around it."""
    assert fingerprints(array(tokens), n).tolist() == [
        fingerprint(tokens[at : at + n]) for at in range(len(tokens) - n + 1)
    ]


@given(ids | few_ids, st.integers(1, 20))
def test_shingles_one_by_one_have_the_same_fingerprints(tokens: list[int], n: int) -> None:
    """The fingerprint of a shingle does not depend on whether it is given alone or in its text."""
    rows = [tokens[at : at + n] for at in range(len(tokens) - n + 1)]
    alone = fingerprint_shingles(np.array(rows, np.uint16).reshape(-1, n))
    assert alone.tolist() == fingerprints(array(tokens), n).tolist()


def test_known_fingerprints() -> None:
    """They are part of the file format: a change of these numbers makes every database useless."""
    assert [hex(value) for value in fingerprints(array(range(10)), 8).tolist()] == [
        hex(fingerprint(range(at, at + 8))) for at in range(3)
    ]
    assert (Sampling(5, 4), Sampling(8, 9)) == (FINE, WIDE)
    assert (FINE.guarantee, WIDE.guarantee) == (8, 16)
    assert fingerprints(array([0] * 8), 8).tolist() != fingerprints(array([1] * 8), 8).tolist()


@pytest.mark.parametrize("n", [5, 8])
def test_different_shingles_have_different_fingerprints(n: int) -> None:
    """Among a hundred thousand shingles of near-equal tokens there is no collision."""
    tokens = np.random.default_rng(1).integers(0, 4, 100_000).astype(np.uint16)
    windows = np.lib.stride_tricks.sliding_window_view(tokens, n)
    assert len(np.unique(fingerprints(tokens, n))) == len(np.unique(windows, axis=0))


@given(ids | few_ids | many_ids, samplings)
def test_anchors_are_the_first_of_their_windows(tokens: list[int], sampling: Sampling) -> None:
    """Winnowing picks exactly the places that are the first of some window, ascending, with their fingerprints."""
    anchors = winnow(array(tokens), sampling)
    assert anchors.positions.tolist() == sorted(picked(tokens, sampling))
    assert anchors.fingerprints.tolist() == [fingerprint(tokens[at : at + sampling.n]) for at in anchors.positions]


@pytest.mark.parametrize("sampling", [FINE, WIDE])
@given(ids | few_ids, ids | few_ids, st.data(), ids, ids)
def test_texts_that_share_a_run_share_an_anchor(
    sampling: Sampling, a: list[int], b: list[int], data: st.DataObject, c: list[int], d: list[int]
) -> None:
    """Any run of the guaranteed length in two texts has an anchor at the same place of the run in both."""
    run = data.draw(st.lists(st.integers(0, 65_535), min_size=sampling.guarantee, max_size=40))
    inside = []
    for before, after in ((a, c), (b, d)):
        positions = winnow(array(before + run + after), sampling).positions - len(before)
        inside.append({int(at) for at in positions if 0 <= at <= len(run) - sampling.n})
    assert inside[0] & inside[1]


@pytest.mark.parametrize("sampling", [FINE, WIDE])
def test_a_short_text_has_no_anchors(sampling: Sampling) -> None:
    """Below the guaranteed length there is no whole window."""
    for length in range(sampling.guarantee):
        assert len(winnow(array(range(length)), sampling)) == 0
    assert len(winnow(array(range(sampling.guarantee)), sampling)) >= 1


@settings(deadline=None)
@given(st.integers(16, 40), st.lists(st.integers(0, 5), max_size=200), samplings)
def test_cutting_into_chunks_changes_nothing(chunk: int, tokens: list[int], sampling: Sampling) -> None:
    """A long text that is winnowed piece by piece has the anchors of the whole."""
    whole = winnow(array(tokens), sampling)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(shingles, "_CHUNK", chunk)
        pieces = winnow(array(tokens), sampling)
    assert (pieces.positions.tolist(), pieces.fingerprints.tolist()) == (
        whole.positions.tolist(), whole.fingerprints.tolist(),
    )  # fmt: skip


@pytest.mark.parametrize(("sampling", "share"), [(FINE, 0.343), (WIDE, 0.165)])
def test_density(sampling: Sampling, share: float) -> None:
    """Of random text a sixth of the fingerprints is kept, or a third; by fingerprint alone it would be 2 / (w + 1)."""
    tokens = np.random.default_rng(2).integers(0, 65_536, 200_000).astype(np.uint16)
    assert len(winnow(tokens, sampling)) / len(tokens) == pytest.approx(share, rel=0.01)


@given(ids | few_ids, samplings)
def test_thinning_keeps_ordinary_anchors(tokens: list[int], sampling: Sampling) -> None:
    """What is left is part of what was there, and different neighbours all stay."""
    anchors = winnow(array(tokens), sampling)
    thinned = thin(anchors, sampling.w)
    assert set(thinned.positions.tolist()) <= set(anchors.positions.tolist())
    if len(set(anchors.fingerprints.tolist())) == len(anchors):
        assert thinned.positions.tolist() == anchors.positions.tolist()


@pytest.mark.parametrize("cycle", [1, 2, 4, 9])
@pytest.mark.parametrize("sampling", [FINE, WIDE])
def test_a_long_repetition_does_not_flood_the_index(sampling: Sampling, cycle: int) -> None:
    """A megabyte of one token or a short cycle has at most 2 w anchors of one fingerprint."""
    tokens = array(list(range(cycle)) * (100_000 // cycle))
    anchors = thin(winnow(tokens, sampling), sampling.w)
    if cycle <= sampling.w:
        assert len(anchors) <= 2 * sampling.w
    else:  # a longer cycle is no repetition
        assert len(anchors) > 10_000


def test_thinning_nothing() -> None:
    """No anchors stay no anchors."""
    none = thin(Anchors(np.empty(0, np.uint64), np.empty(0, np.int64)), WIDE.w)
    assert len(none) == 0


W = WIDE.w


@given(st.lists(st.tuples(st.integers(0, 2), st.sampled_from([1, W, W + 1]), st.integers(1, 3 * W)), max_size=6))
def test_thinning_keeps_the_first_and_the_last_of_each_run(groups: list[tuple[int, int, int]]) -> None:
    """Of neighbours with one fingerprint, at most w tokens apart, the first w and the last w are left."""
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
    thinned = thin(Anchors(np.array(values, np.uint64), np.array(positions, np.int64)), W)
    assert list(zip(thinned.fingerprints.tolist(), thinned.positions.tolist(), strict=True)) == left
