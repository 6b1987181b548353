"""Reader of the pieces in a SentencePiece model, with their probabilities.

We read the shipped file ourselves: SentencePiece also builds what it cuts with, which we do not use, and takes five
times as long. A test compares what both read.
"""

from __future__ import annotations

from itertools import count

import numpy as np
from numpy.typing import NDArray

_PIECE, _NAME, _SCORE = 0x0A, 0x0A, 0x15
"""Protocol Buffers' keys for a field and its type: a message, a string, a float."""


def read_pieces(model: bytes) -> tuple[list[str], NDArray[np.float32]]:
    r"""Return the pieces of a model in the order of their ids, and the natural logarithm of each one's probability.

    The file is a message of Protocol Buffers, `ModelProto` in `sentencepiece_model.proto`. It begins with the pieces;
    sizes are below 128 and therefore one byte each. This is the first piece of ours, "<unk>" with 0.0, of kind 2:

        0a 0e   0a 05 3c 75 6e 6b 3e   15 00 00 00 00   18 02

    >>> read_pieces(bytes.fromhex("0a0e 0a053c756e6b3e 1500000000 1802 1200"))
    (['<unk>'], array([0.], dtype=float32))

    Raises:
        ValueError: a piece has another layout.
    """
    names: list[str] = []
    scores: list[bytes] = []
    at = 0
    for number in count():
        if model[at] != _PIECE:
            break
        # size byte, then key and size of the name, the name, then the key of the score
        size, name = model[at + 1], at + 4
        score = name + model[at + 3]
        if size > 127 or model[at + 2] != _NAME or model[score] != _SCORE:
            raise ValueError(f"piece {number} of the tokenizer's model is not laid out as expected")
        names.append(model[name:score].decode())
        scores.append(model[score + 1 : score + 5])
        at += 2 + size  # fields behind the score, such as the kind, are passed over
    return names, np.frombuffer(b"".join(scores), "<f4").astype(np.float32)
