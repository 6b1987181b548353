"""Finder of licence wording in a text of tokens.

Finds whole licence texts, parts of them, and the notices that they tell people to put into their files. It does not say
which licence that is.

The shingles of all texts ship as a file, because making them takes half a second. `python -m
provenance.licences.wording` writes it anew where texts or tokenizer have changed, and a test compares them. It holds
the first 32 bits of each fingerprint, ascending. Chance hits (one shingle in 15,000) do no harm, since only stretches
of sixteen tokens count, nine shingles in a row.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import as_file, files

import numpy as np
from numpy.typing import NDArray

from provenance.fingerprints import fingerprints
from provenance.licences.texts import text, texts
from provenance.text import load_tokenizer
from provenance.thresholds import LEAST_LICENCE_RUN, LICENCE_SHINGLE

_FILE = "licence-shingles.npy"
_BITS = np.uint64(32)


def licence_wording(tokens: NDArray[np.uint16]) -> NDArray[np.bool_]:
    """Return which tokens are in a stretch of licence wording that is long enough, bool (t,).

    Args:
        tokens: uint16 (t,).
    """
    known = is_licence_shingle(fingerprints(tokens, LICENCE_SHINGLE))
    mask = np.zeros(len(tokens), np.bool_)
    shingles = LEAST_LICENCE_RUN - LICENCE_SHINGLE + 1
    if len(known) < shingles:
        return mask
    begins = np.lib.stride_tricks.sliding_window_view(known, shingles).all(axis=1)
    # Each stretch that begins at a token marks it and those behind it.
    for offset in range(LEAST_LICENCE_RUN):
        mask[offset : len(tokens) - LEAST_LICENCE_RUN + 1 + offset] |= begins
    return mask


def is_licence_shingle(shingles: NDArray[np.uint64]) -> NDArray[np.bool_]:
    """Return which shingles of `LICENCE_SHINGLE` tokens are licence wording, bool (s,), but for chance hits.

    Args:
        shingles: their fingerprints, uint64 (s,).
    """
    shipped = _load_shingles()
    wanted = (shingles >> _BITS).astype(np.uint32)
    found: NDArray[np.bool_] = shipped[np.searchsorted(shipped, wanted).clip(max=len(shipped) - 1)] == wanted
    return found


@cache
def _load_shingles() -> NDArray[np.uint32]:
    with as_file(files("provenance") / "data" / _FILE) as path:
        shingles: NDArray[np.uint32] = np.load(path, allow_pickle=False)
    return shingles


def compute_shingles() -> NDArray[np.uint32]:
    """Return the first 32 bits of the fingerprints of all licence texts, each once, ascending: uint32 (s,)."""
    tokenizer = load_tokenizer()
    hashes = [fingerprints(tokenizer.encode(text(licence) or ""), LICENCE_SHINGLE) for licence in texts()]
    return np.unique(np.concatenate(hashes) >> _BITS).astype(np.uint32)


if __name__ == "__main__":
    with as_file(files("provenance") / "data" / _FILE) as target:
        np.save(target, compute_shingles())
