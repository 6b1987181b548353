"""How much does a run of tokens say?"""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from provenance import Document
from provenance.check.information import PRIOR, count_bits, estimate_token_bits
from tests.check.conftest import MakeChecker
from tests.database.samples import TIMES, TOKENIZER, WHALE

BITS = TOKENIZER.vocabulary.bits


def seen(**counts: int) -> tuple[np.ndarray, np.ndarray]:
    return np.array([int(token[1:]) for token in counts], np.uint16), np.array(list(counts.values()), np.int64)


def test_repeated_pairs_say_nothing_new() -> None:
    """Each pair of tokens counts once, so that prose keeps nearly all of its information."""
    ha, whale = TOKENIZER.encode("ha ha ha ha ha ha"), TOKENIZER.encode(WHALE)
    assert count_bits(ha, BITS) == pytest.approx(2 * BITS[ha[0]])
    assert 0.9 * BITS[whale].sum() < count_bits(whale, BITS) <= BITS[whale].sum()


def test_without_works_the_vocabulary_speaks() -> None:
    """Where nothing is counted, as in a database of fingerprints, a token says what the shipped vocabulary says."""
    nothing = (np.empty(0, np.uint16), np.empty(0, np.int64))
    assert estimate_token_bits([], BITS) == pytest.approx(BITS, abs=1e-5)
    assert estimate_token_bits([nothing, nothing], BITS) == pytest.approx(BITS, abs=1e-5)


def test_counts_of_segments_add_up_and_outweigh_the_vocabulary() -> None:
    """With as many tokens as the prior weighs the answer lies between; with far more it is the database's own."""
    prior = np.array([1, 2, 2], np.float32)
    half = estimate_token_bits([seen(t2=PRIOR // 2), seen(t1=0, t2=PRIOR // 2)], prior)
    assert half == pytest.approx(-np.log2([0.25, 0.125, 0.625]))
    assert estimate_token_bits([seen(t0=10**12, t2=10**12)], prior)[[0, 2]] == pytest.approx([1, 1], abs=1e-4)


@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 10**15)), max_size=6))
def test_no_count_makes_a_token_impossible_or_certain(counts: list[tuple[int, int]]) -> None:
    """Whatever was counted, every token says something, and a finite lot."""
    bits = estimate_token_bits(
        [seen(**{f"t{token}": count}) for token, count in counts], np.array([1, 2, 2], np.float32)
    )
    assert np.isfinite(bits).all()
    assert (bits >= 0).all()


def test_what_a_database_is_full_of_says_less(checker_of: MakeChecker) -> None:
    """A passage has less information where the database has its words more often than other texts do."""
    few = checker_of(Document(text=TIMES, id="t", licence="MIT"))
    full = checker_of(
        Document(text=TIMES, id="t", licence="MIT"), Document(text=f"{TIMES.lower()} zqx " * 5000, id="more")
    )
    (before,), (after,) = few.check(TIMES).findings, full.check(TIMES).findings
    assert after.passage.bits < 0.9 * before.passage.bits
    assert before.passage.bits == pytest.approx(count_bits(TOKENIZER.encode(TIMES), BITS), rel=0.01)


PAIRED = st.lists(st.integers(0, 3), max_size=12)


@given(PAIRED)
def test_a_token_says_something_once_after_each_token(ids: list[int]) -> None:
    """As a loop counts: a token adds its bits the first time that it follows the token before it."""
    seen, expected = set(), 0.0
    for before, token in zip([0, *ids], ids, strict=False):
        if (before, token) not in seen:
            seen.add((before, token))
            expected += 2.0**token
    bits = np.exp2(np.arange(4)).astype(np.float32)
    assert count_bits(np.array(ids, np.uint16), bits) == expected


@given(st.lists(st.dictionaries(st.integers(0, 5), st.integers(0, 10**7), max_size=4), max_size=3))
def test_counts_are_smoothed_as_a_loop_smooths(segments: list[dict[int, int]]) -> None:
    """The probability of a token, one after another; tokens that the vocabulary does not have do not count."""
    prior = np.array([1, 2, 3, 3], np.float32)
    total = sum(count for segment in segments for token, count in segment.items() if token < 4)
    expected = []
    for token, bits in enumerate(prior.tolist()):
        count = sum(segment.get(token, 0) for segment in segments)
        expected.append(-math.log2((count + PRIOR * 2**-bits) / (total + PRIOR)))
    found = estimate_token_bits([seen(**{f"t{token}": n for token, n in each.items()}) for each in segments], prior)
    assert found.tolist() == pytest.approx(expected, rel=1e-5)


def test_the_worked_example() -> None:
    """The figures in the module's docstring."""
    for count, bits in ((3_072, 10), (31_744, 7)):
        prior = np.array([10, -math.log2(1 - 2**-10)], np.float32)
        found = estimate_token_bits([seen(t0=count, t1=3 * PRIOR - count)], prior)
        assert found[0] == pytest.approx(bits)
