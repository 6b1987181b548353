"""The shipped model is read as SentencePiece reads it."""

from __future__ import annotations

from importlib.resources import files

import numpy as np
import pytest
import sentencepiece

from provenance.text.pieces import read_pieces

MODEL = files("provenance") / "data" / "tokenizer.model"


def test_the_pieces_are_those_that_sentencepiece_reads() -> None:
    """The same pieces in the same order, with the same scores to the bit."""
    model = sentencepiece.SentencePieceProcessor(model_proto=MODEL.read_bytes())
    names, scores = read_pieces(MODEL.read_bytes())
    assert names == model.id_to_piece(list(range(model.vocab_size())))
    assert scores.tobytes() == np.array([model.get_score(i) for i in range(len(names))], np.float32).tobytes()


@pytest.mark.parametrize("damaged", ["0a0e 0b05", "0a0e 0a053c756e6b3e 16", "0a80010a"])
def test_another_layout_is_refused(damaged: str) -> None:
    """What is not laid out as the documentation says is no model of ours."""
    with pytest.raises(ValueError, match="piece 0 of the tokenizer's model"):
        read_pieces(bytes.fromhex(damaged) + bytes(128))
