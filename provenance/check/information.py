"""How much does a run of tokens say, in bits?

The probability of a token is how often the database has it, smoothed with the shipped vocabulary: as if the database
held 2^20 tokens more, which occur as the vocabulary says. A small database so keeps close to the vocabulary's figures,
and one of a billion tokens goes by its own.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

PRIOR = 1 << 20
"""How many tokens the vocabulary's own figures weigh."""

Frequencies = tuple[NDArray[np.uint16], NDArray[np.int64]]
"""Which tokens occur, each once, and how often."""


def surprise(frequencies: Iterable[Frequencies], prior: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the information of each token in a database, float32 (v,): −log2 ((c + P · 2^−b) / (C + P)).

    With c the token's count, C that of all tokens, b its information in the prior, and P = `PRIOR`. Where nothing is
    counted that is b.

    Args:
        frequencies: of each segment. prior: float32 (v,), the information of each token of the vocabulary.
    """
    counts = np.zeros(len(prior))
    for tokens, times in frequencies:
        ours = tokens < len(prior)  # a file from somewhere else may say anything
        counts[tokens[ours]] += times[ours]
    share = (counts + PRIOR * np.exp2(-prior.astype(np.float64))) / (counts.sum() + PRIOR)
    bits: NDArray[np.float32] = -np.log2(share).astype(np.float32)
    return bits


def information(ids: NDArray[np.uint16], bits: NDArray[np.float32]) -> float:
    """Return how much a run of tokens says, in bits.

    Each token counts with minus log2 of its probability, but one that follows the same token as before says nothing
    new: in "ha ha ha ha" only the first two count.

    Args:
        ids: uint16 (t,). bits: float32, the information of each token of the vocabulary.
    """
    pairs = (np.concatenate(([0], ids[:-1])).astype(np.uint32) << np.uint32(16)) | ids
    _, first = np.unique(pairs, return_index=True)
    return float(bits[ids[first]].sum())
