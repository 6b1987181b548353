"""Which words has a normalised text, and which tokens has each word?

Running text consists of words seen before: looking them up in a table is several times faster than cutting each into
pieces again. A block's words are looked up all at once, by a 64-bit polynomial hash of each: with the prefix sums of
value times power of the base, the hash of a part is the difference of two sums, divided by a power of the base (the
hash of R. M. Karp and M. O. Rabin, 1987, over a ring where the base has an inverse).
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import xxhash
from numpy.typing import NDArray

from provenance.text.normalizer import CODE_POINTS, SPACE, Codes

_BITS = 20
_SLOTS = 1 << _BITS
_MOST_WORDS = 400_000
_MOST_TOKENS = 4_000_000
_BASE = 0x9E3779B97F4A7C15
_LONG_WORD = 255


class Cutter(Protocol):
    """Cuts one word into pieces: returns the ids, begins and ends of its tokens."""

    def match(self, word: str, /) -> tuple[list[int], list[int], list[int]]:
        """Return the ids, begins and ends of a word's tokens."""


@dataclass(frozen=True, slots=True)
class Found:
    """The tokens of a normalised text: t tokens in v words.

    Attributes:
        places: int64 (t,), where each token stands in the table's flat arrays. owners: int64 (t,), the word it is of.
        starts: int64 (v,), where each word begins among the code points.
    """

    places: NDArray[np.int64]
    owners: NDArray[np.int64]
    starts: NDArray[np.int64]


class WordTable:
    """An open-addressing hash table from words to their tokens, which lie in flat arrays that double as they fill.

    The words' values are drawn anew in each process, so that nobody can prepare words that are taken for one another.
    Threads may look words up while another adds one: a slot's number is written before its key.

    Attributes:
        ids, begins, ends: the tokens of all words: uint16 ids, int32 code-point offsets into the word.
    """

    def __init__(self, cutter: Cutter) -> None:
        self._cutter = cutter
        self._lock = threading.Lock()
        self._values = np.random.default_rng().integers(0, 1 << 64, CODE_POINTS, np.uint64)
        self._powers, self._inverses = _powers(_BASE, 1 << 10), _powers(pow(_BASE, -1, 1 << 64), 1 << 10)
        self._keys = np.zeros(_SLOTS, np.uint64)
        self._numbers = np.full(_SLOTS, -1, np.int32)
        self._words = self._used = 0
        self._firsts = np.zeros(1 << 12, np.int64)
        self._counts = np.zeros(1 << 12, np.int64)
        self.ids = np.zeros(1 << 13, np.uint16)
        self.begins = np.zeros(1 << 13, np.int32)
        self.ends = np.zeros(1 << 13, np.int32)

    def __len__(self) -> int:
        return self._words

    @property
    def is_full(self) -> bool:
        """Should this table be given up for a new one?"""
        return self._words > _MOST_WORDS or self._used > _MOST_TOKENS

    def find(self, codes: Codes) -> Found:
        """Return the tokens of a normalised text, in order; words not met before are cut and added."""
        inside = np.zeros(len(codes) + 2, np.bool_)
        np.not_equal(codes, SPACE, out=inside[1:-1])
        edges = np.flatnonzero(inside[1:] != inside[:-1])
        starts, ends = edges[0::2], edges[1::2]
        numbers = self._look_up(codes, starts, ends)
        counts = self._counts[numbers]
        owners = np.repeat(np.arange(len(numbers)), counts)
        within = np.arange(len(owners)) - (np.cumsum(counts) - counts)[owners]
        return Found(self._firsts[numbers][owners] + within, owners, starts)

    def _look_up(self, codes: Codes, starts: NDArray[np.int64], ends: NDArray[np.int64]) -> NDArray[np.int32]:
        """Return the number of each word, int32: probe all words' slots at once, then again those that collided."""
        keys = self._hashes(codes, starts, ends)
        slots = (keys >> np.uint64(64 - _BITS)).astype(np.int64)
        numbers = self._numbers[slots]
        other = np.flatnonzero(self._keys[slots] != keys)
        while len(other):
            free = self._numbers[slots[other]] < 0
            for word in other[free].tolist():
                numbers[word] = self._add(int(keys[word]), int(slots[word]), codes[starts[word] : ends[word]])
            other = other[~free]
            slots[other] = (slots[other] + 1) % _SLOTS
            numbers[other] = self._numbers[slots[other]]
            other = other[self._keys[slots[other]] != keys[other]]
        return numbers

    def _hashes(self, codes: Codes, starts: NDArray[np.int64], ends: NDArray[np.int64]) -> NDArray[np.uint64]:
        """Return a hash of each word, uint64, never 0."""
        if len(codes) >= len(self._powers):
            size = 2 * len(codes)
            self._powers, self._inverses = _powers(_BASE, size), _powers(pow(_BASE, -1, 1 << 64), size)
        sums = np.zeros(len(codes) + 1, np.uint64)
        np.cumsum(self._values[codes] * self._powers[: len(codes)], out=sums[1:])
        hashes = (sums[ends] - sums[starts]) * self._inverses[starts]
        for word in np.flatnonzero(ends - starts > _LONG_WORD).tolist():  # where polynomials have known collisions
            hashes[word] = xxhash.xxh3_64_intdigest(codes[starts[word] : ends[word]].astype("<u4").tobytes())
        hashes ^= hashes >> np.uint64(29)
        return hashes | np.uint64(1)

    def _add(self, key: int, slot: int, codes: Codes) -> int:
        """Cut a word and put it into its slot, or the next free one; return its number."""
        with self._lock:
            while self._numbers[slot] >= 0 and self._keys[slot] != key:
                slot = (slot + 1) % _SLOTS
            if self._numbers[slot] < 0:
                number = self._store(*self._cutter.match(codes.astype("<u4").tobytes().decode("utf-32-le")))
                self._numbers[slot] = number
                self._keys[slot] = key
            return int(self._numbers[slot])

    def _store(self, ids: list[int], begins: list[int], ends: list[int]) -> int:
        number, used, end = self._words, self._used, self._used + len(ids)
        self._firsts, self._counts = _grown(self._firsts, number + 1), _grown(self._counts, number + 1)
        self.ids, self.begins, self.ends = _grown(self.ids, end), _grown(self.begins, end), _grown(self.ends, end)
        self._firsts[number], self._counts[number] = used, len(ids)
        self.ids[used:end], self.begins[used:end], self.ends[used:end] = ids, begins, ends
        self._words, self._used = number + 1, end
        return number


def _powers(base: int, size: int) -> NDArray[np.uint64]:
    """Return base^0, base^1, … modulo 2^64, uint64 (size,)."""
    powers = np.full(size, base % (1 << 64), np.uint64)
    powers[0] = 1
    return np.multiply.accumulate(powers)


def _grown(array: NDArray[Any], size: int) -> NDArray[Any]:
    if size <= len(array):
        return array
    grown = np.zeros(max(size, 2 * len(array)), array.dtype)
    grown[: len(array)] = array
    return grown
