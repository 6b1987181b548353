"""Which tokens of an answer had the user supplied? Those in a run of at least N tokens that the prompt has too."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from provenance.shingles import N, fingerprints


def supplied(tokens: NDArray[np.uint16], prompt: NDArray[np.uint16]) -> NDArray[np.bool_]:
    """Return which of the t tokens stand in a run of N tokens, or in the whole text if shorter, that the prompt has.

    Args:
        tokens: uint16 (t,). prompt: uint16 (p,).
    """
    mask = np.zeros(len(tokens), np.bool_)
    if len(tokens) < N:
        return mask | _occurs(tokens, prompt)
    shared = np.isin(fingerprints(tokens), fingerprints(prompt))
    for offset in range(N):
        mask[offset : offset + len(shared)] |= shared
    return mask


def _occurs(tokens: NDArray[np.uint16], prompt: NDArray[np.uint16]) -> bool:
    if not 0 < len(tokens) <= len(prompt):
        return False
    windows = np.lib.stride_tricks.sliding_window_view(prompt, len(tokens))
    return bool((windows == tokens).all(axis=1).any())
