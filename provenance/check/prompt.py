"""Which tokens of an answer had the user supplied?

Those in a run of at least N tokens that the prompt has too, shorter works that stand whole in both, and what comes back
edited: where around a token half of the text is aligned with the prompt in runs of two tokens or more. A corrected
misprint in every fifth word leaves hardly a run of N tokens, and is still the user's text.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from rapidfuzz.distance import LCSseq

from provenance.fingerprints import N, fingerprints

_BLOCK = 256
"""So many tokens are aligned at a time."""
_MARGIN = 32
"""How far the prompt may run ahead of a block or lag behind it; and within how many tokens half must be aligned."""
_SEED = 4
_MOST_SEEDS = 8
"""Seeds that stand in the prompt more often than that do not tell where a block comes from."""
_PLACES = 3
"""From so many places of the prompt a block may come."""

_Seeds = tuple[NDArray[np.uint64], NDArray[np.int64]]
"""Four tokens as one number, ascending, and where each stands."""


class Prompt:
    """What the user had supplied, made ready once for all the texts that are compared with it.

    Args:
        tokens: uint16 (p,).
    """

    def __init__(self, tokens: NDArray[np.uint16]) -> None:
        self.tokens = tokens

    @cached_property
    def fingerprints(self) -> NDArray[np.uint64]:
        """The fingerprints of its shingles, each once, ascending: uint64."""
        return np.unique(fingerprints(self.tokens))

    @cached_property
    def seeds(self) -> _Seeds:
        """Its runs of four tokens, in order of their value, and where each stands."""
        places = np.argsort(_quads(self.tokens), kind="stable")
        return _quads(self.tokens)[places], places


def supplied(
    tokens: NDArray[np.uint16],
    prompt: Prompt,
    phrases: Iterable[tuple[int, int]] = (),
    matched: Iterable[tuple[int, int]] = (),
) -> NDArray[np.bool_]:
    """Return which of the t tokens the prompt has too.

    Args:
        tokens: uint16 (t,). phrases: the half-open token offsets of short works in the text.
        matched: those of everything in it that matters; only there is looked for what was edited.
    """
    mask = np.zeros(len(tokens), np.bool_)
    shared = _among(fingerprints(tokens), prompt.fingerprints)
    for offset in range(N if len(shared) else 0):
        mask[offset : offset + len(shared)] |= shared
    for start, end in phrases:
        if end - start < N and _occurs(tokens[start:end], prompt.tokens):
            mask[start:end] = True
    wanted = np.zeros(len(tokens), np.bool_)
    for start, end in matched:
        wanted[start:end] = True
    return mask | _edited(tokens, prompt, wanted & ~mask)


def _among(values: NDArray[np.uint64], known: NDArray[np.uint64]) -> NDArray[np.bool_]:
    """Return which values are among some that ascend, bool; the time does not grow with how many are known."""
    if not len(known):
        return np.zeros(len(values), np.bool_)
    places = np.minimum(np.searchsorted(known, values), len(known) - 1)
    among: NDArray[np.bool_] = known[places] == values
    return among


def _occurs(tokens: NDArray[np.uint16], prompt: NDArray[np.uint16]) -> bool:
    if not 0 < len(tokens) <= len(prompt):
        return False
    windows = np.lib.stride_tricks.sliding_window_view(prompt, len(tokens))
    return bool((windows == tokens).all(axis=1).any())


def _edited(tokens: NDArray[np.uint16], prompt: Prompt, wanted: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return which tokens stand where half of the text is aligned with the prompt, bool (t,)."""
    equal = np.zeros(len(tokens), np.bool_)
    if len(prompt.tokens) < _SEED or not wanted.any():
        return equal
    for start in range(0, len(tokens), _BLOCK):
        if wanted[start : start + _BLOCK].any():
            begin, end = max(0, start - _MARGIN), min(len(tokens), start + _BLOCK + _MARGIN)
            for at, size in _aligned(tokens[begin:end], prompt):
                equal[begin + at : begin + at + size] = True
    window = np.ones(_MARGIN)
    among = np.convolve(np.ones(len(tokens)), window)[_MARGIN // 2 :][: len(tokens)]
    dense: NDArray[np.bool_] = np.convolve(equal, window)[_MARGIN // 2 :][: len(tokens)] >= among / 2
    return dense


def _quads(tokens: NDArray[np.uint16]) -> NDArray[np.uint64]:
    """Return each four tokens in a row as one number, uint64."""
    wide, count = tokens.astype(np.uint64), max(0, len(tokens) - _SEED + 1)
    quads = np.zeros(count, np.uint64)
    for offset in range(_SEED):
        quads = quads << np.uint64(16) | wide[offset : offset + count]
    return quads


def _aligned(block: NDArray[np.uint16], prompt: Prompt) -> Iterator[tuple[int, int]]:
    """Yield the runs of two tokens or more that a block has in common with places of the prompt: begin and length."""
    for diagonal in _diagonals(block, prompt.seeds):
        there = prompt.tokens[max(0, diagonal) : max(0, diagonal + len(block) + 2 * _MARGIN)]
        for run in LCSseq.editops(block.tolist(), there.tolist()).as_matching_blocks():
            if run.size >= 2:
                yield run.a, run.size


def _diagonals(block: NDArray[np.uint16], seeds: _Seeds) -> Iterator[int]:
    """Yield the differences of place between prompt and block at which most seeds lie, the most first."""
    quads, places = _quads(block), seeds[1]
    first, last = np.searchsorted(seeds[0], quads), np.searchsorted(seeds[0], quads, side="right")
    times = np.where(last - first <= _MOST_SEEDS, last - first, 0)
    at = np.repeat(np.arange(len(quads)), times)
    nth = np.arange(len(at)) - np.repeat(np.cumsum(times) - times, times)
    diagonals = np.sort(places[np.repeat(first, times) + nth] - at)
    for _ in range(_PLACES):
        if not len(diagonals):
            return
        near = np.searchsorted(diagonals, diagonals + 2 * _MARGIN, side="right") - np.arange(len(diagonals))
        best = int(near.argmax())
        yield int(diagonals[best])
        diagonals = np.delete(diagonals, slice(best, best + int(near[best])))
