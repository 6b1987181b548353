"""N-gram fingerprints of token arrays, and the winnowing that picks anchors among them.

An algorithm to be read in one sitting; everything is vectorised over all tokens at once. It knows nothing of words,
works' metadata or files.

Winnowing: S. Schleimer, D. S. Wilkerson, A. Aiken, "Winnowing: local algorithms for document fingerprinting", SIGMOD
2003. If the first, in some order, of every w consecutive shingles is kept, two texts that share a run of n + w - 1
tokens share a kept shingle, because the run holds a whole window, and the choice depends on that window alone.

An example with w = 4, where the order is that of the numbers themselves:

    fingerprints   77 74 42 17 98 50 17 98  8 88 67 39 77 74 42 17 98
    first of each window of 4:  17 17 17 17 17 8 8 8 8 39 39 39 17 17
    kept at the places 3, 6, 8, 11, 15:  17 17 8 39 17

The order decides how many are kept. By fingerprint alone it is 2 / (w + 1) of them. Here shingles whose smallest token
(by a hash) is in the middle come first, then those where it is at an end, then all others, each by fingerprint:
neighbours then seldom come before each other, and a sixth fewer are kept. The order is that of R. Groot Koerkamp,
D. Liu, G. E. Pibiri, "The open-closed mod-minimizer algorithm", 2025, with pieces of one token.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from provenance.works import Sensitivity

_Number = TypeVar("_Number", np.uint32, np.uint64)

# Well below 2^16, so that a place in a chunk fits into 16 bits; and small enough for the processor's cache.
_CHUNK = 1 << 15
_MARGIN = 1 << 8
"""More tokens than any guarantee, by which chunks overlap."""
# The golden ratio, as in SplitMix64: an odd number whose powers are spread over all 64 bits.
_BASE = 0x9E3779B97F4A7C15
_SHIFT_30, _SHIFT_27, _SHIFT_31 = np.uint64(30), np.uint64(27), np.uint64(31)
_MIX_1 = np.uint64(0xBF58476D1CE4E5B9)
_MIX_2 = np.uint64(0x94D049BB133111EB)

_FIRST, _SECOND, _LAST = (np.uint64(rank << 62) for rank in range(3))
_PLACES = np.arange(_CHUNK + _MARGIN, dtype=np.uint32)
_PLACE_BITS = np.uint32(0xFFFF)


@dataclass(frozen=True, slots=True)
class Sampling:
    """Which shingles of a text are picked, and of how many tokens they are.

    Attributes:
        n: tokens of a shingle.
        w: shingles of a window, of each of which one is picked.
    """

    n: int
    w: int

    @property
    def guarantee(self) -> int:
        """Every shared run of this many tokens shares a picked shingle."""
        return self.n + self.w - 1

    @property
    def ranks(self) -> NDArray[np.uint64]:
        """For each place of the smallest token in a shingle the top bits of its order, uint64 (n,)."""
        ranks = np.full(self.n, _LAST)
        ranks[[0, -1]] = _SECOND
        ranks[(self.n - 1) // 2] = _FIRST
        return ranks


SAMPLINGS: Mapping[Sensitivity, Sampling] = {Sensitivity.FINE: Sampling(5, 4), Sensitivity.WIDE: Sampling(8, 9)}


@dataclass(frozen=True, slots=True)
class Anchors:
    """The picked fingerprints of a token array.

    Attributes:
        fingerprints: uint64 (a,).
        positions: int64 (a,), ascending: the token at which each shingle begins.
    """

    fingerprints: NDArray[np.uint64]
    positions: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.positions)


def fingerprints(tokens: NDArray[np.uint16], n: int) -> NDArray[np.uint64]:
    """Return the fingerprint of each shingle of n tokens, uint64 (max(0, t - n + 1),).

    A polynomial over the token ids modulo 2^64, built by doubling (pairs, fours, eights; a fifth token is added to a
    four), then mixed so that every bit depends on every token (finaliser of SplitMix64, G. L. Steele et al. 2014). Ids
    count from 1, so that no two runs of the id 0 look alike.

    Args:
        tokens: uint16 (t,).
        n: from 1 on.
    """
    if len(tokens) < n:
        return np.empty(0, np.uint64)
    ids = tokens.astype(np.uint64) + np.uint64(1)
    hashes, width = ids, 1
    # h(ab) = h(a) * base^|b| + h(b), so the hash of 2 w tokens takes two of w tokens. Overflow is the modulus.
    for bit in f"{n:b}"[1:]:
        doubled = hashes[:-width] * _power(width)
        doubled += hashes[width:]
        hashes, width = doubled, 2 * width
        if bit == "1":
            hashes = hashes[:-1] * _power(1)
            hashes += ids[width:]
            width += 1
    return mix_bits(hashes)


@cache
def _power(exponent: int) -> np.uint64:
    return np.uint64(pow(_BASE, exponent, 1 << 64))


def fingerprint_shingles(shingles: NDArray[np.uint16]) -> NDArray[np.uint64]:
    """Return the fingerprint of each row of tokens, uint64 (s,), as `fingerprints` does for those of one text.

    Args:
        shingles: uint16 (s, n).
    """
    hashes = np.zeros(len(shingles), np.uint64)
    for column in shingles.T:
        hashes = hashes * _power(1) + (column.astype(np.uint64) + np.uint64(1))
    return mix_bits(hashes)


def phrase_fingerprint(tokens: NDArray[np.uint16]) -> int:
    """Return one fingerprint of all tokens of a work too short to be winnowed."""
    return int(fingerprints(tokens, len(tokens))[0])


def mix_bits(hashes: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Mix each number in place, so that every bit depends on every other (SplitMix64); no two become one."""
    hashes ^= hashes >> _SHIFT_30
    hashes *= _MIX_1
    hashes ^= hashes >> _SHIFT_27
    hashes *= _MIX_2
    hashes ^= hashes >> _SHIFT_31
    return hashes


def winnow(tokens: NDArray[np.uint16], sampling: Sampling) -> Anchors:
    """Return the anchors of one work or one checked text.

    A shingle is the first of some window exactly if its place in the order survives taking the minimum over each window
    and then the maximum over the windows that hold it (a morphological opening): 5 3 8 6 with w = 2 has the minima
    3 3 6, whose maxima are 3 3 6 6; so 3 and 6 are picked, at their places.

    A text shorter than the guarantee holds no window and gets no anchors.

    Args:
        tokens: uint16 (t,).
        sampling: of the index in which the anchors are, or are looked up.
    """
    overlap = sampling.guarantee - 1  # so that the chunks' windows are, together, the windows of the whole
    if len(tokens) <= _CHUNK + overlap:
        return _winnow_chunk(tokens, sampling)
    starts = range(0, len(tokens) - overlap, _CHUNK)
    chunks = [_winnow_chunk(tokens[start : start + _CHUNK + overlap], sampling) for start in starts]
    positions = np.concatenate([chunk.positions + start for chunk, start in zip(chunks, starts, strict=True)])
    # The overlap holds shingles of two chunks, which may have been picked in both.
    positions, first = np.unique(positions, return_index=True)
    return Anchors(np.concatenate([chunk.fingerprints for chunk in chunks])[first], positions)


def _winnow_chunk(tokens: NDArray[np.uint16], sampling: Sampling) -> Anchors:
    n, w = sampling.n, sampling.w
    hashes = fingerprints(tokens, n)
    if len(hashes) < w:
        return Anchors(np.empty(0, np.uint64), np.empty(0, np.int64))
    # The place of each shingle's smallest token: 16 bits of the token's hash above 16 of its place, so that one minimum
    # compares both, and of equal tokens the first counts.
    smallest = _TOKEN_ORDER.take(tokens)
    smallest |= _PLACES[: len(tokens)]
    smallest = _slide_extremum(np.minimum, smallest, n)
    smallest &= _PLACE_BITS
    smallest -= _PLACES[: len(smallest)]
    # A number for each shingle, the smaller the earlier it comes: two bits of rank, then its fingerprint. It depends on
    # nothing but the shingle's own tokens, so that two texts that share a run order it alike.
    order = hashes >> np.uint64(2)
    order |= sampling.ranks.take(smallest)
    minima = _slide_extremum(np.minimum, order, w)
    padded = np.zeros(len(minima) + 2 * (w - 1), np.uint64)
    padded[w - 1 : len(padded) - w + 1] = minima
    positions = (order == _slide_extremum(np.maximum, padded, w)).nonzero()[0]
    return Anchors(hashes.take(positions), positions)


_TOKEN_ORDER = (mix_bits(np.arange(1, (1 << 16) + 1, dtype=np.uint64)) >> np.uint64(48) << np.uint64(16)).astype(
    np.uint32
)
"""For each token id 16 bits of a hash, above 16 that are free."""


def _slide_extremum(extremum: np.ufunc, values: NDArray[_Number], width: int) -> NDArray[_Number]:
    """Return the extremum of each window of `width` values, in log2(width) passes."""
    reach = 1
    while 2 * reach <= width:
        values = extremum(values[:-reach], values[reach:])
        reach *= 2
    # `values` now covers `reach` <= width; two of them that overlap cover the width, since an extremum may count twice.
    return extremum(values[: len(values) - (width - reach)], values[width - reach :]) if reach < width else values


def thin(anchors: Anchors, w: int) -> Anchors:
    """Return the anchors without the interior of runs of one repeated fingerprint.

    In a stretch that repeats one token, or a cycle of up to w tokens, every window has the same smallest fingerprint,
    so that a megabyte of it would put the same anchor into the index a hundred thousand times. The first and last w
    of such a run are kept: any shared run inside it still meets one of them with all its tokens to the left and right.

    With w = 2, the fingerprints 5 7 7 7 7 7 3 at the places 0 to 6 become 5 7 7 7 7 3, at 0 1 2 4 5 6.

    Args:
        anchors: of one work.
        w: of the sampling that picked them.
    """
    hashes, positions = anchors.fingerprints, anchors.positions
    if len(hashes) <= 2 * w:
        return anchors
    # A gap of more than w tokens ends a run: windows between the two have another smallest fingerprint.
    begins = np.concatenate(([True], (hashes[1:] != hashes[:-1]) | (np.diff(positions) > w)))
    run = np.cumsum(begins) - 1
    first = np.flatnonzero(begins)
    last = np.append(first[1:], len(hashes)) - 1
    place = np.arange(len(hashes))
    keep = (place - first[run] < w) | (last[run] - place < w)
    return Anchors(hashes[keep], positions[keep])
