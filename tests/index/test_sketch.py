"""Sketches: the same numbers however a work is kept, and as much in common as the works have."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from provenance.fingerprints import Anchors, fingerprints
from provenance.index import sketch
from provenance.index.sketch import SKETCH
from provenance.licences import text as licence_text
from provenance.works import Keep
from tests.database.samples import TOKENIZER, WHALE, words
from tests.index.conftest import built, opened
from tests.strategies import examples

ANCHORS = st.lists(st.integers(0, 2**64 - 1), max_size=300).map(lambda numbers: np.array(numbers, np.uint64))


def sketch_of(numbers: np.ndarray) -> bytes:
    """The sketch of a work of which only anchors are kept."""
    return sketch(Anchors(numbers, np.arange(len(numbers))), np.empty(0, np.uint16))


def values(numbers: bytes | None) -> list[int]:
    assert numbers is not None
    return [int(value) for value in np.frombuffer(numbers, "<u8")]


@given(ANCHORS, st.randoms())
@settings(max_examples=examples(100))
def test_a_sketch_is_of_the_set_of_anchors(anchors, random) -> None:
    """Neither order nor repetition changes a sketch; it is ascending, and has all anchors where they are few."""
    again = [*anchors.tolist(), *anchors.tolist()[::2]]
    random.shuffle(again)
    assert sketch_of(np.array(again, np.uint64)) == sketch_of(anchors)
    numbers = values(sketch_of(anchors))
    assert numbers == sorted(set(numbers))
    assert len(numbers) <= SKETCH


@given(ANCHORS, ANCHORS)
@settings(max_examples=examples(100))
def test_a_sketch_of_both_is_made_of_the_sketches_of_each(one, other) -> None:
    """The least values of a union are among the least values of its parts: that is what a join relies on."""
    both = values(sketch_of(np.concatenate((one, other))))
    assert both == sorted({*values(sketch_of(one)), *values(sketch_of(other))})[:SKETCH]


@pytest.mark.parametrize("keep", list(Keep))
def test_what_is_kept_of_a_work_does_not_change_its_sketch(tmp_path: Path, keep: Keep) -> None:
    """At ingest, and from what a segment has kept of the work, it is that of the text; a phrase has none."""
    texts = (words(0, 400), WHALE, "Too short.")
    summary = built(tmp_path / "kept.seg", *texts, keep=keep)
    text = built(tmp_path / "text.seg", *texts, sensitivity=keep.sensitivity)
    sketches = [document.sketch for document in summary.documents]
    assert sketches == [document.sketch for document in text.documents]
    assert [numbers and len(numbers) for numbers in sketches] == [8 * SKETCH, len(sketches[1] or b""), None]
    segment = opened(tmp_path / "kept.seg")
    contents = [segment.content(ordinal) for ordinal in (0, 1)]
    assert [sketch(content.anchors, content.tokens) for content in contents] == sketches[:2]


def test_licence_texts_are_in_no_sketch() -> None:
    """A work has the sketch of what it adds to a licence text; a licence text alone has hardly any."""
    licence, own = licence_text("Apache-2.0") or "", words(0, 400)
    sampled = [make_sketch(text, n) for text in (licence, own, f"{licence} {own}") for n in (5, 8)]
    for alone, ours, both in (sampled[::2], sampled[1::2]):
        assert len(alone) <= 3  # those whose shingle of a licence would reach beyond the end
        assert len(set(ours) & set(both)) >= SKETCH - 2


def make_sketch(text: str, n: int) -> list[int]:
    """The values of a sketch of all shingles of n tokens of a text."""
    tokens = TOKENIZER.encode(text)
    shingles = fingerprints(tokens, n)
    assert len(shingles) > 300
    return values(sketch(Anchors(shingles, np.arange(len(shingles))), tokens))
