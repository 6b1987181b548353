"""Posting table: the tokens at which a fingerprint occurs, by a directory of prefixes and the bits after them.

The top bits of a fingerprint are its place in the directory, the next 16 are stored, in order, beside the token
position. An example with 4 bits of prefix, and the fingerprints 3A7F1…, 3A7F2… and C0001… (hexadecimal) at the tokens
12, 40 and 7:

    directory   0 0 0 0 2 2 2 2 2 2 2 2 2 3 3 3 3
    residuals   A7F1 A7F2 0001
    positions   12 40 7

To find 3A7F2…, directory[3] = 0 and directory[4] = 2 give the postings 0 and 1; of these the second has the residual
A7F2, so the answer is token 40.

Where tokens are kept, two fingerprints that agree in what is stored are told apart by comparing tokens. Where they are
not, more bytes of a fingerprint are stored: to tell it from others, and to move it into a larger segment.

A shingle of boilerplate occurs in thousands of works. All its postings are stored, but beyond `MOST` of them a look-up
gives only the range that they are in, and the caller reads as many as it needs.
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
"""Postings of one fingerprint that a look-up gives; where there are more, it gives the range that they are in."""
KNOWN_BITS = 44
"""Bits of a fingerprint that are stored at least where tokens are not kept."""
_PER_PREFIX = {Keep.FINGERPRINTS: 16, Keep.TOKENS: 8, Keep.TEXT: 8}
"""Postings of one prefix, at most, on average. Fewer are faster; a fingerprints-only segment is to be small."""
_RESIDUAL_BITS = 16


@dataclass(frozen=True, slots=True)
class Postings:
    """Where some fingerprints occur in a segment.

    Attributes:
        queries: int64 (h,), ascending: which of the fingerprints asked for.
        positions: int64 (h,), the token.
        crowded: for each query with more than `MOST` postings, the half-open range of them in the column of positions.
    """

    queries: NDArray[np.int64]
    positions: NDArray[np.int64]
    crowded: dict[int, tuple[int, int]]


def prefix_bits_for(postings: int, keep: Keep) -> int:
    """Return how many bits of a fingerprint the directory resolves, so that a prefix has about 6 postings, or 12."""
    # At least 4, so that a tiny segment is like any other; at most 28, which makes a directory of 1 GiB.
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
    return ((cut_fingerprints(fingerprints) << np.uint64(before)) >> np.uint64(56)).astype(np.uint8)


def stored_bits(prefix_bits: int, keep: Keep) -> int:
    """Return how many bits of a fingerprint can be told from where and how its posting is stored."""
    return max(KNOWN_BITS, prefix_bits + _RESIDUAL_BITS) if keep is Keep.FINGERPRINTS else prefix_bits + _RESIDUAL_BITS


def in_order(fingerprints: NDArray[np.uint64], bits: int) -> NDArray[np.int64]:
    """Return the order of some fingerprints by their first bits, int64; those that agree in them keep their order.

    Where the bits leave room for an index, both are sorted as one number, which takes half the time.
    """
    free = np.uint64(64 - bits)
    if len(fingerprints) > 1 << (64 - bits):
        return np.argsort(fingerprints >> free, kind="stable")
    keys = (fingerprints >> free << free) | np.arange(len(fingerprints), dtype=np.uint64)
    keys.sort()
    return (keys & ((np.uint64(1) << free) - np.uint64(1))).view(np.int64)


def cut_fingerprints(fingerprints: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Return the fingerprints cut to `KNOWN_BITS`, as segments without tokens store them, uint64."""
    return fingerprints & np.uint64((1 << 64) - (1 << (64 - KNOWN_BITS)))


@dataclass(frozen=True, slots=True)
class PostingTable:
    """The postings of one segment.

    Attributes:
        prefix_bits: those that the directory resolves.
        directory: see the layout in `format`.
        residuals: likewise.
        positions: likewise.
        rests: likewise; None where tokens are kept.
    """

    prefix_bits: int
    directory: Column
    residuals: Column
    positions: Column
    rests: Column | None

    def find(self, fingerprints: NDArray[np.uint64]) -> Postings:
        """Return the postings of some fingerprints, uint64 (q,), all looked up at once.

        Raises:
            IndexError: the columns do not fit each other.
            ValueError: likewise.
        """
        prefixes = (fingerprints >> np.uint64(64 - self.prefix_bits)).view(np.int64)
        directory = self.directory.verify_at(prefixes, prefixes + 1)
        begins, ends = directory.take(prefixes).astype(np.int64), directory.take(prefixes + 1).astype(np.int64)
        counts = ends - begins
        crowded: dict[int, tuple[int, int]] = {}
        # A prefix with many postings may still hold few of this fingerprint: halving finds its own range.
        for query in (counts > MOST).nonzero()[0].tolist():
            begin, end = self._narrow_to(fingerprints[query : query + 1], int(begins[query]), int(ends[query]))
            if end - begin > MOST:
                crowded[query] = begin, end
                end = begin
            begins[query], ends[query], counts[query] = begin, end, end - begin
        # All postings of all prefixes in one array: of query q the places begins[q] to ends[q], one after another.
        reached = counts.cumsum()
        places = np.arange(reached[-1] if len(reached) else 0) + (ends - reached).repeat(counts)
        wanted = residuals(fingerprints, self.prefix_bits).repeat(counts)
        same = (self.residuals.verify_at(begins, ends).take(places) == wanted).nonzero()[0]
        queries, places = reached.searchsorted(same, side="right"), places.take(same)
        for plane, rests in enumerate(self._rest_planes()):
            same = rests.take(places) == rest_byte(fingerprints, self.prefix_bits, plane).take(queries)
            queries, places = queries[same], places[same]
        return Postings(queries, self.positions.take(places).astype(np.int64), crowded)

    def _rest_planes(self) -> list[NDArray[np.uint8]]:
        """Return the bytes after the residual of all postings: the first of each, then the second, if there are any."""
        if self.rests is None or not len(self.rests):
            return []
        return list(self.rests[:].reshape(-1, len(self.residuals)))

    def _narrow_to(self, fingerprint: NDArray[np.uint64], begin: int, end: int) -> tuple[int, int]:
        """Return the range of a fingerprint, an array of one, within the range of its prefix; both half-open."""
        wanted: list[NDArray[Any]] = [residuals(fingerprint, self.prefix_bits)]
        stored: list[NDArray[Any]] = [self.residuals[begin:end]]
        for plane, rests in enumerate(self._rest_planes()):
            wanted.append(rest_byte(fingerprint, self.prefix_bits, plane))
            stored.append(rests[begin:end])
        # The postings of a prefix are in order of the first, those equal in that of the second, and so on.
        first, last = 0, end - begin
        for values, value in zip(stored, wanted, strict=True):
            left, right = (int(values[first:last].searchsorted(value, side)[0]) for side in ("left", "right"))
            first, last = first + left, first + right
        return begin + first, begin + last

    def anchors(self) -> Anchors:
        """Return all postings in order of their positions, the fingerprints as far as they are stored.

        Memory: about 40 bytes for each posting.
        """
        fingerprints, positions = self.read_prefixes(0, 1 << self.prefix_bits)
        order = np.argsort(positions, kind="stable")
        return Anchors(cut_fingerprints(fingerprints[order]), positions[order])

    def read_prefixes(self, first: int, end: int) -> tuple[NDArray[np.uint64], NDArray[np.int64]]:
        """Return the postings of some prefixes, in their order: the fingerprints as far as they are stored, and tokens.

        Args:
            first: the first prefix.
            end: the one after the last.
        """
        ends = self.directory[first : end + 1].astype(np.int64)
        fingerprints = np.arange(first, end, dtype=np.uint64).repeat(ends[1:] - ends[:-1])
        places = slice(*ends[[0, -1]].tolist())
        free = 64 - self.prefix_bits
        fingerprints <<= np.uint64(free)
        for column in (self.residuals[places], *(plane[places] for plane in self._rest_planes())):
            free -= 8 * column.itemsize
            fingerprints |= column.astype(np.uint64) << np.uint64(free)
        return fingerprints, self.positions[places].astype(np.int64)
