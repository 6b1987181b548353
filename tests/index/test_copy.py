"""A segment copied from others is the segment that the works themselves would have made."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from provenance.index import copy_segment, writer
from provenance.thresholds import LEAST_RUN
from provenance.works import Keep
from tests.database.samples import TOKENIZER, WHALE, tokens_of
from tests.index.conftest import built, opened
from tests.strategies import examples, running_text

TEXTS = st.lists(running_text(min_words=20), min_size=1, max_size=5)


@settings(max_examples=examples(40), deadline=None)
@given(texts=TEXTS, chosen=st.sets(st.integers(0, 4)), keep=st.sampled_from(Keep))
def test_a_copy_is_byte_for_byte_what_the_works_make(tmp_path_factory, texts, chosen, keep) -> None:
    """Copying some works of a segment gives the very file that building it from them gives, whatever their blocks."""
    folder: Path = tmp_path_factory.mktemp("copies")
    long = [text for text in [*texts, "... " * 30 + WHALE + " ..." * 30] if len(tokens_of(text)) >= LEAST_RUN]
    kept = [ordinal for ordinal in range(len(long)) if ordinal in chosen] or [len(long) - 1]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(writer, "TEXT_BLOCK", 40)
        built(folder / "all.seg", *long, keep=keep)
        expected = built(folder / "some.seg", *(long[ordinal] for ordinal in kept), keep=keep)
    whole = opened(folder / "all.seg")
    contents = (whole.content(ordinal) for ordinal in kept)
    copied = copy_segment(
        contents, folder / "copy.seg", tokenizer_digest=TOKENIZER.digest, keep=keep, sampling=whole.sampling
    )
    assert (folder / "copy.seg").read_bytes() == (folder / "some.seg").read_bytes()
    assert (copied.digest, copied.canaries, copied.size) == (expected.digest, expected.canaries, expected.size)
    assert (copied.works, copied.tokens, copied.documents) == (expected.works, expected.tokens, ())
