"""Information of tokens, in bits: how much a passage says.

The probability of a token is its frequency in the database, smoothed with the shipped vocabulary: as if the database
held P = 2^20 more tokens with the vocabulary's frequencies (additive smoothing with a prior). A small database stays
close to the vocabulary's figures; one of a billion tokens goes by its own.

Example: the vocabulary gives a token 10 bits, that is a probability of 2^-10. A database of 3 * 2^20 tokens has it
3,072 times. The smoothed probability is (3,072 + 2^20 * 2^-10) / (3 * 2^20 + 2^20) = 4,096 / 2^22 = 2^-10: 10 bits. If
the database had it 31,744 times, it would be 32,768 / 2^22 = 2^-7, and the token says only 7 bits.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

PRIOR = 1 << 20
"""How many tokens the vocabulary's own figures weigh."""

Frequencies = tuple[NDArray[np.uint16], NDArray[np.int64]]
"""The tokens that occur, each once, and how often each does."""


def estimate_token_bits(frequencies: Iterable[Frequencies], prior: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the information of each token in a database, float32 (v,): -log2 ((c + P * 2^-b) / (C + P)).

    Here c is the count of the token, C the count of all tokens, b the token's information in the prior, and P is
    `PRIOR`. Where nothing is counted the result is b.

    Args:
        frequencies: of each segment.
        prior: float32 (v,), the information of each token of the vocabulary.
    """
    counts = np.zeros(len(prior))
    for tokens, times in frequencies:
        is_known = tokens < len(prior)  # a segment file from elsewhere may name tokens that do not exist
        counts[tokens[is_known]] += times[is_known]
    share = (counts + PRIOR * np.exp2(-prior.astype(np.float64))) / (counts.sum() + PRIOR)
    bits: NDArray[np.float32] = -np.log2(share).astype(np.float32)
    return bits


def count_bits(ids: NDArray[np.uint16], token_bits: NDArray[np.float32]) -> float:
    """Return how much a sequence of tokens says, in bits.

    Each token counts with its bits, but a token that follows the same token as before says nothing new: of
    "ha ha ha ha" only the first two count.

    Args:
        ids: uint16 (t,).
        token_bits: float32 (v,), the information of each token of the vocabulary.
    """
    # each token with the one before it, as one number; before the first one there is a 0
    pairs = (np.concatenate(([0], ids[:-1])).astype(np.uint32) << np.uint32(16)) | ids
    _, first = np.unique(pairs, return_index=True)
    return float(token_bits[ids[first]].sum())
