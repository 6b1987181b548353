"""A run is extended exactly as far as its tokens are equal, however far that is."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from provenance.fingerprints import winnow
from provenance.index import Column, Segment, build_segment
from provenance.match import exact, find_exact_matches
from provenance.match.exact import count_equal
from provenance.works import Document, Keep
from tests.database.samples import TOKENIZER, words
from tests.strategies import examples


def counted(text: np.ndarray, corpus: np.ndarray, place: int, position: int, limit: int, direction: int) -> int:
    """Oracle: one token after another."""
    for count in range(limit):
        offset = count if direction > 0 else -1 - count
        if text[place + offset] != corpus[position + offset]:
            return count
    return limit


@settings(max_examples=examples(150), deadline=None)
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
    found = count_equal(text, column, places, positions, np.array(limits, np.int64), direction)
    expected = [counted(text, corpus, *pair, limit, direction) for pair, limit in zip(pairs, limits, strict=True)]
    assert found.tolist() == expected


@pytest.mark.parametrize(("copies", "seeds"), [(1, 1), (3, 3)])
def test_a_run_is_extended_once(tmp_path: Path, copies: int, seeds: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many anchors lie in a run, one of them is extended, in either direction."""
    path = tmp_path / "one.seg"
    build_segment([Document(text=words(0, 200))], path, tokenizer=TOKENIZER, keep=Keep.TOKENS)
    ids = TOKENIZER.encode(" other words between ".join([words(0, 200)] * copies))
    segment = Segment(path, tokenizer_digest=TOKENIZER.digest)
    anchors, extended = winnow(ids, segment.sampling), []

    def counting(tokens: np.ndarray, column: Column, places: np.ndarray, *rest: np.ndarray | int) -> np.ndarray:
        extended.append(len(places))
        return count_equal(tokens, column, places, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(exact, "count_equal", counting)
    found = find_exact_matches(ids, anchors, segment)
    assert len(found) == copies
    assert len(anchors) > 20 * copies
    assert extended == [seeds, seeds]
