"""A run is extended exactly as far as its tokens are equal, however far that is."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from provenance.align.runs import _extension
from provenance.index import Column


def counted(text: np.ndarray, corpus: np.ndarray, place: int, position: int, limit: int, direction: int) -> int:
    """Oracle: one token after another."""
    for count in range(limit):
        offset = count if direction > 0 else -1 - count
        if text[place + offset] != corpus[position + offset]:
            return count
    return limit


@settings(max_examples=150, deadline=None)
@given(
    length=st.integers(1, 1_500),
    changed=st.lists(st.integers(0, 1_499), max_size=6),
    seeds=st.lists(st.tuples(st.integers(0, 1_500), st.integers(-2, 2)), min_size=1, max_size=12),
    direction=st.sampled_from([-1, 1]),
)
def test_as_many_tokens_are_counted_as_a_loop_counts(
    length: int, changed: list[int], seeds: list[tuple[int, int]], direction: int
) -> None:
    """For seeds on and off the diagonal of a copy with changed tokens, up to the limits on both sides."""
    text = np.arange(length, dtype=np.uint16)
    corpus = text.copy()
    corpus[[at for at in changed if at < length]] += 1
    pairs = [(min(place, length), min(max(min(place, length) + shift, 0), length)) for place, shift in seeds]
    limits = [min(pair) if direction < 0 else length - max(pair) for pair in pairs]
    places, positions = np.array(pairs, np.int64).T
    column = Column(memoryview(corpus.tobytes()), "tokens", "x", np.empty(0, np.uint64))
    found = _extension(text, column, places, positions, np.array(limits, np.int64), direction)
    expected = [counted(text, corpus, *pair, limit, direction) for pair, limit in zip(pairs, limits, strict=True)]
    assert found.tolist() == expected
