"""How much does a run of tokens say, in bits?"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


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
