"""Postings lie in order of all that is stored of a fingerprint, to the last bit: those of one are found by halving."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from provenance.index.columns import Column
from provenance.index.postings import (
    MOST,
    PostingTable,
    cut_fingerprints,
    in_order,
    residuals,
    rest_byte,
    rest_bytes_for,
    stored_bits,
)
from provenance.works import Keep
from tests.strategies import examples

PREFIX_BITS = 4


@st.composite
def close_together(draw: st.DrawFn, bits: int) -> np.ndarray:
    """Fingerprints of which many differ in the last few of their first bits only, or not even there."""
    some = draw(st.lists(st.integers(0, (1 << 64) - 1), min_size=1, max_size=3))
    at = st.integers(max(0, 62 - bits), 66 - bits).filter(lambda shift: shift < 64)
    changes = draw(st.lists(st.tuples(st.sampled_from(some), at, st.integers(0, 3)), min_size=1, max_size=40))
    return np.array([(start ^ (by << shift)) % (1 << 64) for start, shift, by in changes], np.uint64)


@settings(max_examples=examples(40))
@given(data=st.data(), bits=st.sampled_from((1, 2, 20, 24, 44, 60, 63)))
def test_the_order_is_that_of_the_first_bits(data: st.DataObject, bits: int) -> None:
    """Those that agree in them stay as they stood, whether or not the other bits leave room for an index."""
    values = data.draw(close_together(bits))
    expected = sorted(range(len(values)), key=lambda i: int(values[i]) >> (64 - bits))
    assert in_order(values, bits).tolist() == expected


@pytest.mark.parametrize("count", [15, 16, 17, 40])
def test_an_index_fits_exactly_or_not(count: int) -> None:
    """With 60 bits of order four are left: enough to number 16 fingerprints, and not 17."""
    values = np.arange(count, dtype=np.uint64)[::-1] << np.uint64(3)
    expected = sorted(range(count), key=lambda i: int(values[i]) >> 4)
    assert in_order(values, 60).tolist() == expected


def column(values: Any, name: str, kind: str) -> Column:
    return Column(memoryview(np.array(values, kind).tobytes()), name, "x", np.empty(0, np.uint64))


def table(values: np.ndarray, keep: Keep) -> tuple[PostingTable, np.ndarray]:
    """The postings of some fingerprints, the n-th of which stands at token n, and the fingerprints as they lie."""
    values = cut_fingerprints(values) if keep is Keep.FINGERPRINTS else values
    order = in_order(values, stored_bits(PREFIX_BITS, keep))
    lying = values[order]
    sizes = np.bincount((lying >> np.uint64(64 - PREFIX_BITS)).astype(np.int64), minlength=1 << PREFIX_BITS)
    planes = [rest_byte(lying, PREFIX_BITS, nth) for nth in range(rest_bytes_for(PREFIX_BITS))]
    rests = column(np.concatenate(planes), "rests", "u1") if keep is Keep.FINGERPRINTS else None
    return PostingTable(
        PREFIX_BITS, column([0, *np.cumsum(sizes)], "directory", "<u4"),
        column(residuals(lying, PREFIX_BITS), "residuals", "<u2"), column(order, "positions", "<u4"), rests,
    ), lying  # fmt: skip


@settings(max_examples=examples(40))
@given(data=st.data(), keep=st.sampled_from(Keep), times=st.sampled_from((1, MOST, MOST + 1)))
def test_a_fingerprint_is_found_among_its_neighbours(data: st.DataObject, keep: Keep, times: int) -> None:
    """Each has all postings that agree with it in what is stored and no others, however crowded their prefix is.

    What has more than `MOST` lies side by side, from where to where is said.
    """
    bits = stored_bits(PREFIX_BITS, keep)
    values = np.repeat(data.draw(close_together(bits)), data.draw(st.sampled_from((1, times))))
    postings, lying = table(values, keep)
    asked = np.unique(values)
    found = postings.find(asked)
    free = np.uint64(64 - bits)
    for query, fingerprint in enumerate(asked):
        equal = np.flatnonzero(values >> free == fingerprint >> free)
        if len(equal) > MOST:
            begin, end = found.crowded[query]
            assert (lying[begin:end] >> free == fingerprint >> free).all()
            assert end - begin == len(equal)
        assert sorted(found.positions[found.queries == query]) == ([] if len(equal) > MOST else equal.tolist())
    assert set(found.crowded) <= set(range(len(asked)))
