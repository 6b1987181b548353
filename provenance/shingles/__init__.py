"""Which few fingerprints stand for a text? N-gram hashes and the winnowing that picks anchors among them.

An algorithm to be read in one sitting; everything is vectorised over all tokens at once. It knows nothing of words,
works' metadata or files.

Winnowing: S. Schleimer, D. S. Wilkerson, A. Aiken, "Winnowing: local algorithms for document fingerprinting", SIGMOD
2003. If of every w consecutive fingerprints the smallest is kept, two texts that share a run of n + w - 1 tokens share
a kept fingerprint, whatever stands around the run. Expected density: 2 / (w + 1) of the fingerprints.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

N = 8
W = 9
GUARANTEE = N + W - 1
"""Every shared run of this many tokens is found."""

_CHUNK = 1 << 16
_BASE = 0x9E3779B97F4A7C15
_POWERS = {width: np.uint64(pow(_BASE, width, 1 << 64)) for width in (1, 2, 4)}
_SHIFT_30, _SHIFT_27, _SHIFT_31 = np.uint64(30), np.uint64(27), np.uint64(31)
_MIX_1 = np.uint64(0xBF58476D1CE4E5B9)
_MIX_2 = np.uint64(0x94D049BB133111EB)


@dataclass(frozen=True, slots=True)
class Anchors:
    """The picked fingerprints of a token array.

    Attributes:
        fingerprints: uint64 (a,). positions: int64 (a,), ascending: the token at which each shingle begins.
    """

    fingerprints: NDArray[np.uint64]
    positions: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.positions)


def fingerprints(tokens: NDArray[np.uint16]) -> NDArray[np.uint64]:
    """Return the fingerprint of each shingle of N tokens, uint64 (max(0, t - N + 1),).

    A polynomial over the token ids modulo 2^64, built by doubling (pairs, fours, eights), then mixed so that every bit
    depends on every token (finaliser of SplitMix64, G. L. Steele et al. 2014). Ids count from 1, so that no two runs
    of the id 0 look alike.
    """
    if len(tokens) < N:
        return np.empty(0, np.uint64)
    hashes = tokens.astype(np.uint64) + np.uint64(1)
    width = 1
    while width < N:
        higher = hashes[:-width] * _POWERS[width]
        higher += hashes[width:]
        hashes = higher
        width *= 2
    return _mixed(hashes)


def windows(tokens: NDArray[np.uint16], length: int) -> NDArray[np.uint64]:
    """Return the fingerprint of each run of `length` tokens, uint64 (max(0, t - length + 1),); as above, but slower."""
    count = max(0, len(tokens) - length + 1)
    ids = tokens.astype(np.uint64) + np.uint64(1)
    hashes = np.zeros(count, np.uint64)
    for offset in range(length):
        hashes = hashes * _POWERS[1] + ids[offset : offset + count]
    return _mixed(hashes)


def phrase_fingerprint(tokens: NDArray[np.uint16]) -> int:
    """Return one fingerprint of all tokens of a work too short to be winnowed."""
    return int(windows(tokens, len(tokens))[0])


def _mixed(hashes: NDArray[np.uint64]) -> NDArray[np.uint64]:
    hashes ^= hashes >> _SHIFT_30
    hashes *= _MIX_1
    hashes ^= hashes >> _SHIFT_27
    hashes *= _MIX_2
    hashes ^= hashes >> _SHIFT_31
    return hashes


def winnow(tokens: NDArray[np.uint16]) -> Anchors:
    """Return the anchors of one work or one checked text.

    A fingerprint is the minimum of some window exactly if it survives taking the minimum over each window and then the
    maximum over the windows that hold it (a morphological opening): 5 3 8 6 with w = 2 has the minima 3 3 6, whose
    maxima are 3 3 6 6; so 3 and 6 are picked, at their places.

    A text shorter than the guarantee has no whole window and no anchors: such works are matched whole, as phrases.
    """
    if len(tokens) <= _CHUNK + GUARANTEE - 1:
        return _winnow_chunk(tokens)
    overlap = GUARANTEE - 1  # so that the chunks' windows are, together, the windows of the whole
    starts = range(0, len(tokens) - overlap, _CHUNK)
    chunks = [_winnow_chunk(tokens[start : start + _CHUNK + overlap]) for start in starts]
    positions = np.concatenate([chunk.positions + start for chunk, start in zip(chunks, starts, strict=True)])
    positions, first = np.unique(positions, return_index=True)
    return Anchors(np.concatenate([chunk.fingerprints for chunk in chunks])[first], positions)


def _winnow_chunk(tokens: NDArray[np.uint16]) -> Anchors:
    hashes = fingerprints(tokens)
    if len(hashes) < W:
        return Anchors(np.empty(0, np.uint64), np.empty(0, np.int64))
    minima = _sliding(np.minimum, hashes, W)
    padded = np.zeros(len(minima) + 2 * (W - 1), np.uint64)
    padded[W - 1 : 1 - W] = minima
    positions = (hashes == _sliding(np.maximum, padded, W)).nonzero()[0]
    return Anchors(hashes.take(positions), positions)


def _sliding(extremum: np.ufunc, values: NDArray[np.uint64], width: int) -> NDArray[np.uint64]:
    """Return the extremum of each window of `width` values, in log2(width) passes."""
    reach = 1
    while 2 * reach <= width:
        values = extremum(values[:-reach], values[reach:])
        reach *= 2
    return extremum(values[: len(values) - (width - reach)], values[width - reach :]) if reach < width else values


def thin(anchors: Anchors) -> Anchors:
    """Return the anchors without the interior of runs of one repeated fingerprint.

    In a stretch that repeats one token, or a cycle of up to W tokens, every window has the same smallest fingerprint,
    so that a megabyte of it would put the same anchor into the index a hundred thousand times. The first and last W
    of such a run are kept: any shared run inside it still meets one of them with all its tokens to the left and right.
    """
    hashes, positions = anchors.fingerprints, anchors.positions
    if len(hashes) <= 2 * W:
        return anchors
    begins = np.concatenate(([True], (hashes[1:] != hashes[:-1]) | (np.diff(positions) > W)))
    run = np.cumsum(begins) - 1
    first = np.flatnonzero(begins)
    last = np.append(first[1:], len(hashes)) - 1
    place = np.arange(len(hashes))
    keep = (place - first[run] < W) | (last[run] - place < W)
    return Anchors(hashes[keep], positions[keep])
