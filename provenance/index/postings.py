"""At which tokens does a fingerprint stand? A directory by prefix, and the bits after it.

The top bits of a fingerprint are its place in the directory, the next 16 are stored, in order, beside the token
position. Where the tokens are not kept, some more bytes are: two fingerprints that differ in what is stored cannot be
told apart by comparing tokens there, and the fingerprint must be known to be moved into a larger segment.

A shingle of boilerplate stands in thousands of works. All its postings are stored, but a look-up gives only the first
`MOST` works that have it, and says how many postings there are; so the time of a check stays bounded, and nothing is
lost when the works that were given are withdrawn.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from provenance.index.columns import Column
from provenance.shingles import Anchors

MOST = 64
"""Of a fingerprint with more postings than this a look-up gives this many works."""
KNOWN_BITS = 44
"""How much of a fingerprint is known at least where tokens are not kept."""
_PER_PREFIX = 16
_RESIDUAL_BITS = 16
_STEP = 4 * MOST
_STEPS = 16
"""How often the next postings are looked at for one more work."""
_BOTH_ENDS = np.arange(2)


@dataclass(frozen=True, slots=True)
class Postings:
    """Where some fingerprints occur in a segment.

    Attributes:
        queries: int64 (h,), ascending: which of the fingerprints asked for. positions: int64 (h,), the token.
        crowded: how many postings each of those fingerprints has of which not all are given, by query.
    """

    queries: NDArray[np.int64]
    positions: NDArray[np.int64]
    crowded: dict[int, int]


def prefix_bits_for(postings: int) -> int:
    """Return how many bits of a fingerprint the directory resolves, so that a prefix has 8 to 16 postings."""
    return max(4, min(28, (postings // _PER_PREFIX).bit_length()))


def rest_bytes_for(prefix_bits: int) -> int:
    """Return how many bytes after the residual are stored where tokens are not kept."""
    return max(0, -(-(KNOWN_BITS - _RESIDUAL_BITS - prefix_bits) // 8))


def after_prefix(fingerprints: NDArray[np.uint64], prefix_bits: int, rest_bytes: int) -> NDArray[np.uint64]:
    """Return the bits of each fingerprint that are stored, as a number, uint64."""
    dropped = 64 - _RESIDUAL_BITS - 8 * rest_bytes
    return (fingerprints << np.uint64(prefix_bits)) >> np.uint64(dropped)


def known(fingerprints: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Return the fingerprints cut to `KNOWN_BITS`, as they are wherever tokens are not kept, uint64."""
    return fingerprints & np.uint64((1 << 64) - (1 << (64 - KNOWN_BITS)))


@dataclass(frozen=True, slots=True)
class PostingTable:
    """The postings of one segment.

    Attributes:
        directory, residuals, positions: see the layout. rests: None where tokens are kept. ordinals: says which work
        each token position belongs to.
    """

    prefix_bits: int
    directory: Column
    residuals: Column
    positions: Column
    rests: Column | None
    ordinals: Callable[[NDArray[np.int64]], NDArray[np.int64]]

    @property
    def rest_bytes(self) -> int:
        """Return how many bytes of each fingerprint stand in `rests`."""
        return 0 if self.rests is None else rest_bytes_for(self.prefix_bits)

    def find(self, fingerprints: NDArray[np.uint64], dead: NDArray[np.int64]) -> Postings:
        """Return the postings of some fingerprints, uint64 (q,), all looked up at once.

        Args:
            dead: the works that are passed over where not all postings are given, int64, ascending.

        Raises:
            IndexError, ValueError: the columns do not fit each other.
        """
        prefixes = (fingerprints >> np.uint64(64 - self.prefix_bits)).view(np.int64)
        bounds = self.directory.take(prefixes[:, None] + _BOTH_ENDS).astype(np.int64)
        begins, ends = bounds[:, 0], bounds[:, 1]
        stored = self._after_prefix(fingerprints)
        counts = ends - begins
        crowd: dict[int, NDArray[np.int64]] = {}
        crowded: dict[int, int] = {}
        for query in (counts > MOST).nonzero()[0].tolist():
            begin, end = self._equal(int(begins[query]), int(ends[query]), stored[query])
            if end - begin > MOST:
                crowd[query], crowded[query] = self._some(begin, end, dead), end - begin
                end = begin
            ends[query], counts[query] = end, end - begin
        reached = counts.cumsum()
        places = np.arange(reached[-1] if len(reached) else 0) + (ends - reached).repeat(counts)
        equal = (self._stored(places) == stored.repeat(counts)).nonzero()[0]
        queries = reached.searchsorted(equal, side="right")
        positions = self.positions.take(places.take(equal)).astype(np.int64)
        return _with_crowd(queries, positions, crowd, crowded) if crowd else Postings(queries, positions, crowded)

    def _after_prefix(self, fingerprints: NDArray[np.uint64]) -> NDArray[np.uint64]:
        """Return what would be stored of some fingerprints, uint64."""
        if self.rests is not None:
            fingerprints = known(fingerprints)
        return after_prefix(fingerprints, self.prefix_bits, self.rest_bytes)

    def _stored(self, places: NDArray[np.int64]) -> NDArray[np.uint64]:
        """Return what is stored of the fingerprints of some postings, uint64."""
        stored = self.residuals.take(places).astype(np.uint64)
        for plane in range(self.rest_bytes):
            assert self.rests is not None  # noqa: S101 - or there would be no plane
            stored <<= np.uint64(8)
            stored |= self.rests.take(places + plane * len(self.residuals))
        return stored

    def _equal(self, begin: int, end: int, stored: np.uint64) -> tuple[int, int]:
        """Return which of the postings of one prefix, half-open, have this after it: its bytes are in order."""
        every, bits = len(self.residuals), 8 * self.rest_bytes
        begin, end = _narrowed(self.residuals, 0, begin, end, int(stored) >> bits)
        for plane in range(self.rest_bytes):
            assert self.rests is not None  # noqa: S101 - as above
            byte = int(stored) >> (bits - 8 * (plane + 1)) & 0xFF
            begin, end = _narrowed(self.rests, plane * every, begin, end, byte)
        return begin, end

    def _some(self, begin: int, end: int, dead: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return one posting of each of the first `MOST` live works among some postings, as far as one looks."""
        positions = self.positions[begin : begin + MOST].astype(np.int64)
        if not len(dead) and (np.diff(self.ordinals(positions)) > 0).all():
            return positions
        for step, first in enumerate(range(begin, end, _STEP)):
            more = self.positions[first : min(first + _STEP, end)].astype(np.int64)
            positions = np.concatenate([positions, more]) if step else more
            ordinals, index = np.unique(self.ordinals(positions), return_index=True)
            positions = positions[index[~np.isin(ordinals, dead)]]
            if len(positions) >= (MOST if step < _STEPS else 1):
                break
        return positions[:MOST]

    def works(self, fingerprint: np.uint64, dead: NDArray[np.int64]) -> int:
        """Return how many live works have a fingerprint with more than `MOST` postings."""
        prefix = int(fingerprint >> np.uint64(64 - self.prefix_bits))
        begin, end = self.directory[prefix : prefix + 2].tolist()
        begin, end = self._equal(begin, end, self._after_prefix(np.array([fingerprint]))[0])
        ordinals = np.unique(self.ordinals(self.positions[begin:end].astype(np.int64)))
        return len(ordinals) - int(np.isin(ordinals, dead).sum())

    def anchors(self) -> Anchors:
        """Return all postings in order of their positions, the fingerprints as far as they are stored.

        Memory: about 40 bytes for each posting.
        """
        ends = self.directory[:].astype(np.int64)
        prefixes = np.arange(1 << self.prefix_bits).repeat(ends[1:] - ends[:-1])
        fingerprints = prefixes.astype(np.uint64) << np.uint64(64 - self.prefix_bits)
        kept = 64 - self.prefix_bits - _RESIDUAL_BITS - 8 * self.rest_bytes
        fingerprints |= self._stored(np.arange(len(self.residuals))) << np.uint64(kept)
        positions = self.positions[:].astype(np.int64)
        order = np.argsort(positions, kind="stable")
        return Anchors(known(fingerprints[order]), positions[order])


def _narrowed(column: Column, offset: int, begin: int, end: int, wanted: int) -> tuple[int, int]:
    """Return where a value stands in a part of a column that is in order, half-open, counted from `offset`."""
    part = column[offset + begin : offset + end]
    value = part.dtype.type(wanted)
    return begin + int(part.searchsorted(value, "left")), begin + int(part.searchsorted(value, "right"))


def _with_crowd(
    queries: NDArray[np.int64],
    positions: NDArray[np.int64],
    crowd: dict[int, NDArray[np.int64]],
    crowded: dict[int, int],
) -> Postings:
    every = np.concatenate([queries, *(np.full(len(found), query) for query, found in crowd.items())])
    order = np.argsort(every, kind="stable")
    return Postings(every[order], np.concatenate([positions, *crowd.values()])[order], crowded)
