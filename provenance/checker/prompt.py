"""Which tokens of an answer had the user supplied?

Those in a run of at least N tokens that the prompt has too, and shorter works that stand whole in both.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from provenance.shingles import N, fingerprints


def supplied(
    tokens: NDArray[np.uint16], prompt: NDArray[np.uint16], phrases: Iterable[tuple[int, int]] = ()
) -> NDArray[np.bool_]:
    """Return which of the t tokens the prompt has too.

    Args:
        tokens: uint16 (t,). prompt: uint16 (p,). phrases: the half-open token offsets of short works in the text.
    """
    mask = np.zeros(len(tokens), np.bool_)
    shared = np.isin(fingerprints(tokens), fingerprints(prompt))
    for offset in range(N if len(shared) else 0):
        mask[offset : offset + len(shared)] |= shared
    for start, end in phrases:
        if end - start < N and _occurs(tokens[start:end], prompt):
            mask[start:end] = True
    return mask


def _occurs(tokens: NDArray[np.uint16], prompt: NDArray[np.uint16]) -> bool:
    if not 0 < len(tokens) <= len(prompt):
        return False
    windows = np.lib.stride_tricks.sliding_window_view(prompt, len(tokens))
    return bool((windows == tokens).all(axis=1).any())
