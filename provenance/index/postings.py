"""At which tokens does a fingerprint stand? A directory by prefix, and the bits after it.

The top bits of a fingerprint are its place in the directory, the next 16 are stored, in order, beside the token
position. Where the tokens are not kept, some more bytes are: two fingerprints that differ in what is stored cannot be
told apart by comparing tokens there, and the fingerprint must be known to be moved into a larger segment.

A shingle of boilerplate stands in thousands of works. All its postings are stored, but beyond `MOST` of them a look-up
only says where they lie, so that whoever asks can look at as many as are needed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from provenance.fingerprints import Anchors
from provenance.index.columns import Column
from provenance.works import Keep

MOST = 64
"""Of a fingerprint with more postings than this a look-up does not give them, but says where they lie."""
KNOWN_BITS = 44
"""How much of a fingerprint is known at least where tokens are not kept."""
_PER_PREFIX = {Keep.FINGERPRINTS: 16, Keep.TOKENS: 8, Keep.TEXT: 8}
"""Postings of one prefix, at most, on average. Fewer are faster; where fingerprints are all there is they are small."""
_RESIDUAL_BITS = 16


@dataclass(frozen=True, slots=True)
class Postings:
    """Where some fingerprints occur in a segment.

    Attributes:
        queries: int64 (h,), ascending: which of the fingerprints asked for. positions: int64 (h,), the token.
        crowded: by query, between which places in the column of positions, half-open, those of more than `MOST` lie.
    """

    queries: NDArray[np.int64]
    positions: NDArray[np.int64]
    crowded: dict[int, tuple[int, int]]


def prefix_bits_for(postings: int, keep: Keep) -> int:
    """Return how many bits of a fingerprint the directory resolves, so that a prefix has about 6 postings, or 12."""
    return max(4, min(28, (postings // _PER_PREFIX[keep]).bit_length()))


def rest_bytes_for(prefix_bits: int) -> int:
    """Return how many bytes after the residual are stored where tokens are not kept."""
    return max(0, -(-(KNOWN_BITS - _RESIDUAL_BITS - prefix_bits) // 8))


def residuals(fingerprints: NDArray[np.uint64], prefix_bits: int) -> NDArray[np.uint16]:
    """Return the 16 bits of each fingerprint after the prefix, uint16."""
    return ((fingerprints << np.uint64(prefix_bits)) >> np.uint64(64 - _RESIDUAL_BITS)).astype(np.uint16)


def rest_byte(fingerprints: NDArray[np.uint64], prefix_bits: int, nth: int) -> NDArray[np.uint8]:
    """Return the n-th byte of each fingerprint after the residual, uint8."""
    before = prefix_bits + _RESIDUAL_BITS + 8 * nth
    return ((known(fingerprints) << np.uint64(before)) >> np.uint64(56)).astype(np.uint8)


def stored_bits(prefix_bits: int, keep: Keep) -> int:
    """Return how many bits of a fingerprint can be told from where and how its posting is stored."""
    return max(KNOWN_BITS, prefix_bits + _RESIDUAL_BITS) if keep is Keep.FINGERPRINTS else prefix_bits + _RESIDUAL_BITS


def in_order(fingerprints: NDArray[np.uint64], bits: int) -> NDArray[np.int64]:
    """Return the order of some fingerprints by their first bits, those that agree in them as they stand, int64.

    Where the bits leave room for an index, both are sorted as one number, which takes half the time.
    """
    free = np.uint64(64 - bits)
    if len(fingerprints) > 1 << (64 - bits):
        return np.argsort(fingerprints >> free, kind="stable")
    keys = (fingerprints >> free << free) | np.arange(len(fingerprints), dtype=np.uint64)
    keys.sort()
    return (keys & ((np.uint64(1) << free) - np.uint64(1))).view(np.int64)


def known(fingerprints: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Return the fingerprints cut to `KNOWN_BITS`, as they are wherever tokens are not kept, uint64."""
    return fingerprints & np.uint64((1 << 64) - (1 << (64 - KNOWN_BITS)))


@dataclass(frozen=True, slots=True)
class PostingTable:
    """The postings of one segment.

    Attributes:
        directory, residuals, positions: see the layout. rests: None where tokens are kept.
    """

    prefix_bits: int
    directory: Column
    residuals: Column
    positions: Column
    rests: Column | None

    def find(self, fingerprints: NDArray[np.uint64]) -> Postings:
        """Return the postings of some fingerprints, uint64 (q,), all looked up at once.

        Raises:
            IndexError, ValueError: the columns do not fit each other.
        """
        prefixes = (fingerprints >> np.uint64(64 - self.prefix_bits)).view(np.int64)
        directory = self.directory.verified(prefixes, prefixes + 1)
        begins, ends = directory.take(prefixes).astype(np.int64), directory.take(prefixes + 1).astype(np.int64)
        counts = ends - begins
        crowded: dict[int, tuple[int, int]] = {}
        for query in (counts > MOST).nonzero()[0].tolist():
            begin, end = self._equal(int(begins[query]), int(ends[query]), fingerprints[query : query + 1])
            if end - begin > MOST:
                crowded[query] = begin, end
                end = begin
            begins[query], ends[query], counts[query] = begin, end, end - begin
        queries, places = self._same(fingerprints, begins, ends, counts)
        return Postings(queries, self.positions.take(places).astype(np.int64), crowded)

    def _same(
        self,
        fingerprints: NDArray[np.uint64],
        begins: NDArray[np.int64],
        ends: NDArray[np.int64],
        counts: NDArray[np.int64],
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return which fingerprint, and which posting, of those between begin and end that agree after the prefix."""
        reached = counts.cumsum()
        places = np.arange(reached[-1] if len(reached) else 0) + (ends - reached).repeat(counts)
        wanted = residuals(fingerprints, self.prefix_bits).repeat(counts)
        same = (self.residuals.verified(begins, ends).take(places) == wanted).nonzero()[0]
        queries, places = reached.searchsorted(same, side="right"), places.take(same)
        for plane, rests in enumerate(self._planes()):
            same = rests.take(places) == rest_byte(fingerprints, self.prefix_bits, plane).take(queries)
            queries, places = queries[same], places[same]
        return queries, places

    def _planes(self) -> list[NDArray[np.uint8]]:
        """Return the bytes after the residual of all postings: the first of each, then the second, if there are any."""
        if self.rests is None or not len(self.rests):
            return []
        return list(self.rests[:].reshape(-1, len(self.residuals)))

    def _equal(self, begin: int, end: int, fingerprint: NDArray[np.uint64]) -> tuple[int, int]:
        """Return which of the postings of one prefix, half-open, have this after it: all of them are in order."""
        wanted = residuals(fingerprint, self.prefix_bits)
        begin, end = _narrowed(self.residuals[begin:end], begin, wanted)
        for plane, rests in enumerate(self._planes()):
            begin, end = _narrowed(rests[begin:end], begin, rest_byte(fingerprint, self.prefix_bits, plane))
        return begin, end

    def anchors(self) -> Anchors:
        """Return all postings in order of their positions, the fingerprints as far as they are stored.

        Memory: about 40 bytes for each posting.
        """
        ends = self.directory[:].astype(np.int64)
        fingerprints = np.arange(1 << self.prefix_bits, dtype=np.uint64).repeat(ends[1:] - ends[:-1])
        free = 64 - self.prefix_bits
        fingerprints <<= np.uint64(free)
        for column in (self.residuals[:], *self._planes()):
            free -= 8 * column.itemsize
            fingerprints |= column.astype(np.uint64) << np.uint64(free)
        positions = self.positions[:].astype(np.int64)
        order = np.argsort(positions, kind="stable")
        return Anchors(known(fingerprints[order]), positions[order])


def _narrowed(part: NDArray[Any], begin: int, wanted: NDArray[Any]) -> tuple[int, int]:
    """Return where a value, in an array of one, stands in a part, in order, of a column that begins at `begin`."""
    first, last = part.searchsorted(wanted, "left"), part.searchsorted(wanted, "right")
    return begin + int(first[0]), begin + int(last[0])
