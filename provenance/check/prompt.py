"""Tokens of an answer that the user supplied in the prompt.

These are the stretches of at least 8 tokens that the prompt has too, shorter works that are whole in both, and what
comes back edited: where half of the text around a token is aligned with the prompt, in pieces of two tokens or more. A
corrected misprint in every fifth word leaves hardly a stretch of 8 tokens, and the text is still the user's.

Example, with one letter for a token: the prompt is "a b c d e f g h i j k l", the answer "a b c d x f g y i j k l". No
8 tokens in a row are equal. The seeds "a b c d" and "i j k l" are both on the diagonal 0, where also "f g" is aligned.
That is 10 of 12 tokens, more than half, so the whole answer counts as supplied.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from rapidfuzz.distance import LCSseq

from provenance.fingerprints import fingerprints
from provenance.thresholds import PROMPT_SHINGLE

_BLOCK = 256
"""Tokens aligned at a time."""
_MARGIN = 32
"""How far the prompt may run ahead of a block or lag behind it; and within how many tokens half must be aligned."""
_SEED = 4
"""Tokens of a seed; with 16 bits each they fit into one number."""
_MOST_SEEDS = 8
"""Seeds that are in the prompt more often than that do not tell where a block comes from."""
_MOST_DIAGONALS = 3
"""From how many places of the prompt a block may come."""

_Seeds = tuple[NDArray[np.uint64], NDArray[np.int64]]
"""Four tokens as one number, ascending, and where each of them is."""


class Prompt:
    """What the user supplied, indexed once for all the texts that are compared with it.

    Args:
        tokens: uint16 (p,).
    """

    def __init__(self, tokens: NDArray[np.uint16]) -> None:
        self.tokens = tokens

    @cached_property
    def fingerprints(self) -> NDArray[np.uint64]:
        """The fingerprints of its shingles, each once, ascending: uint64."""
        return np.unique(fingerprints(self.tokens, PROMPT_SHINGLE))

    @cached_property
    def seeds(self) -> _Seeds:
        """Each four tokens in a row, in order of their value, and where they are."""
        places = np.argsort(_pack_seeds(self.tokens), kind="stable")
        return _pack_seeds(self.tokens)[places], places


def mark_supplied(
    tokens: NDArray[np.uint16],
    prompt: Prompt,
    short_works: Iterable[tuple[int, int]] = (),
    matched: Iterable[tuple[int, int]] = (),
) -> NDArray[np.bool_]:
    """Return which tokens of a text the prompt has too, bool (t,).

    Args:
        tokens: uint16 (t,).
        prompt: what the user supplied.
        short_works: the half-open token offsets of short works in the text.
        matched: the half-open token offsets of all matches; edited text is looked for only there.
    """
    mask = np.zeros(len(tokens), np.bool_)
    ours, known = fingerprints(tokens, PROMPT_SHINGLE), prompt.fingerprints
    if len(ours) and len(known):
        # binary search in the prompt's sorted fingerprints: np.isin would sort both for every text
        places = np.minimum(np.searchsorted(known, ours), len(known) - 1)
        shared = known[places] == ours
        for offset in range(PROMPT_SHINGLE):
            mask[offset : offset + len(shared)] |= shared
    for start, end in short_works:
        if 0 < end - start < min(PROMPT_SHINGLE, len(prompt.tokens) + 1):
            windows = np.lib.stride_tricks.sliding_window_view(prompt.tokens, end - start)
            if (windows == tokens[start:end]).all(axis=1).any():
                mask[start:end] = True
    wanted = np.zeros(len(tokens), np.bool_)
    for start, end in matched:
        wanted[start:end] = True
    return mask | _mark_edited(tokens, prompt, wanted & ~mask)


def _mark_edited(tokens: NDArray[np.uint16], prompt: Prompt, wanted: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return which tokens are where half of the text is aligned with the prompt, bool (t,)."""
    equal = np.zeros(len(tokens), np.bool_)
    if len(prompt.tokens) < _SEED or not wanted.any():
        return equal
    for start in range(0, len(tokens), _BLOCK):
        if not wanted[start : start + _BLOCK].any():
            continue
        begin, end = max(0, start - _MARGIN), min(len(tokens), start + _BLOCK + _MARGIN)
        block = tokens[begin:end]
        for diagonal in find_diagonals(block, prompt.seeds):
            # seeds up to 2 * _MARGIN beyond the diagonal were counted for it
            there = prompt.tokens[max(0, diagonal) : max(0, diagonal + len(block) + 2 * _MARGIN)]
            for piece in LCSseq.editops(block.tolist(), there.tolist()).as_matching_blocks():
                if piece.size >= 2:  # single tokens are aligned by chance
                    equal[begin + piece.a : begin + piece.a + piece.size] = True
    window = np.ones(_MARGIN)
    around = np.convolve(np.ones(len(tokens)), window)[_MARGIN // 2 :][: len(tokens)]  # fewer at the ends of the text
    dense: NDArray[np.bool_] = np.convolve(equal, window)[_MARGIN // 2 :][: len(tokens)] >= around / 2
    return dense


def _pack_seeds(tokens: NDArray[np.uint16]) -> NDArray[np.uint64]:
    """Return each four tokens in a row as one number, uint64."""
    wide, count = tokens.astype(np.uint64), max(0, len(tokens) - _SEED + 1)
    seeds = np.zeros(count, np.uint64)
    for offset in range(_SEED):
        seeds = seeds << np.uint64(16) | wide[offset : offset + count]
    return seeds


def find_diagonals(block: NDArray[np.uint16], seeds: _Seeds) -> Iterator[int]:
    """Yield the differences of position between prompt and block at which most seeds are, the most frequent first.

    Args:
        block: uint16, a part of the text.
        seeds: of the prompt.
    """
    ours, places = _pack_seeds(block), seeds[1]
    first, last = np.searchsorted(seeds[0], ours), np.searchsorted(seeds[0], ours, side="right")
    times = np.where(last - first <= _MOST_SEEDS, last - first, 0)
    # one row for each pair of equal seeds: its place in the block, and its number among the places in the prompt
    at = np.repeat(np.arange(len(ours)), times)
    nth = np.arange(len(at)) - np.repeat(np.cumsum(times) - times, times)
    diagonals = np.sort(places[np.repeat(first, times) + nth] - at)
    for _ in range(_MOST_DIAGONALS):
        if not len(diagonals):
            return
        near = np.searchsorted(diagonals, diagonals + 2 * _MARGIN, side="right") - np.arange(len(diagonals))
        best = int(near.argmax())
        yield int(diagonals[best])
        diagonals = np.delete(diagonals, slice(best, best + int(near[best])))
