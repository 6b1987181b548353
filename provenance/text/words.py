"""Table of words with the tokens of each.

Running text consists of words seen before: looking them up in a table is several times faster than cutting each into
pieces again. A block's words are looked up all at once, by a 64-bit hash of each: its bytes, eight at a time, as two
numbers of 32 bits, each times a random number of 64 (the multilinear hash of J. L. Carter and M. N. Wegman, 1979). Two
different words have the same hash with a chance of at most 2^-32, even words that an attacker chose.
"""

from __future__ import annotations

import os
import threading
from dataclasses import dataclass
from itertools import chain
from typing import Any, Protocol

import numpy as np
import xxhash
from numpy.typing import NDArray

from provenance.text.normalizer import SPACE, Codes

_BITS = 20  # the top bits of a hash are its slot
_SLOTS = 1 << _BITS
_MOST_WORDS = 400_000  # of a million slots, so that the next free one is near
_MOST_TOKENS = 4_000_000
_LONG_WORD = 64  # in code points; a longer word is hashed by itself
_LANE = 8  # bytes of a word that one multiplication takes
_MASKS = np.array([(1 << 8 * size) - 1 for size in range(_LANE + 1)], np.uint64)
_LOW, _HIGH = np.uint64(0xFFFFFFFF), np.uint64(32)
_CODECS = {1: "latin-1", 2: "utf-16-le", 4: "utf-32-le"}
_COUNT_BITS = 24  # of a packed place: the number of tokens; the rest is where they begin
_COUNT_MASK = np.uint64((1 << _COUNT_BITS) - 1)

_Narrowed = NDArray[np.unsignedinteger[Any]]
"""Code points of one, two or four bytes each: as many as the largest of the text takes."""


class Cutter(Protocol):
    """Cuts one word into pieces: returns the ids, begins and ends of its tokens."""

    def match(self, word: str, /) -> tuple[list[int], list[int], list[int]]:
        """Return the ids, begins and ends of a word's tokens."""


@dataclass(frozen=True, slots=True)
class Found:
    """The tokens of a normalised text: t tokens in v words.

    Attributes:
        places: int64 (t,), the index of each token in the table's flat arrays.
        starts: int64 (v,), where each word begins among the code points.
        counts: int64 (v,), how many tokens each word has.
    """

    places: NDArray[np.int64]
    starts: NDArray[np.int64]
    counts: NDArray[np.int64]

    def owners(self) -> NDArray[np.int64]:
        """Return the index of each token's word, int64 (t,)."""
        return np.repeat(np.arange(len(self.counts)), self.counts)


class WordTable:
    """An open-addressing hash table from words to their tokens, which are in flat arrays that double as they fill.

    A slot is a word's key and, packed into one number, where its tokens begin and how many there are. The factors of
    the hash are drawn anew in each process, so that an attacker cannot prepare words that collide. Threads may look
    words up while another adds one: arrays are replaced, never shortened, and a slot gets its key last.

    Attributes:
        ids: uint16, the tokens of all words, one word after another.
        begins: int32, where each token begins in its word, in code points.
        ends: int32, where it ends.
    """

    def __init__(self, cutter: Cutter) -> None:
        self._cutter = cutter
        self._lock = threading.Lock()
        pairs = np.frombuffer(os.urandom(16 * (4 * _LONG_WORD // _LANE + 2)), np.uint64).reshape(-1, 2)
        *self._factors, self._seeds, (self._seed, _) = [tuple(pair | np.uint64(1)) for pair in pairs]
        self._slots = np.zeros((_SLOTS, 2), np.uint64)
        self._cells = self._slots.data  # one cell is read several times faster than from an array
        self._words = self._used = 0
        self.ids = np.zeros(1 << 13, np.uint16)
        self.begins = np.zeros(1 << 13, np.int32)
        self.ends = np.zeros(1 << 13, np.int32)

    def __len__(self) -> int:
        return self._words

    @property
    def is_full(self) -> bool:
        """Whether this table is to be given up for a new one."""
        return self._words > _MOST_WORDS or self._used > _MOST_TOKENS

    def find(self, codes: Codes) -> Found:
        """Return the tokens of a normalised text, in order; words not met before are cut and added."""
        largest = int(codes.max(initial=0)) if codes.itemsize > 1 else 0
        narrow = codes.astype(np.min_scalar_type(largest), copy=False)  # fewer bytes, fewer lanes to multiply
        inside = np.zeros(len(codes) + 2, np.bool_)
        np.not_equal(narrow, SPACE, out=inside[1:-1])
        # Where a word begins and where one ends take turns.
        edges = np.flatnonzero(inside[1:] != inside[:-1])
        starts, ends = edges.reshape(-1, 2).T.copy()
        packed = self._find_packed(narrow, starts, ends)
        firsts, counts = (packed >> np.uint64(_COUNT_BITS)).astype(np.int64), (packed & _COUNT_MASK).astype(np.int64)
        reached = np.cumsum(counts)
        places = np.repeat(firsts - reached + counts, counts)
        return Found(places + np.arange(len(places)), starts, counts)

    def _find_packed(self, codes: _Narrowed, starts: NDArray[np.int64], ends: NDArray[np.int64]) -> NDArray[np.uint64]:
        """Return the packed place of each word: probe all words' slots at once, then again those that collided."""
        keys = self._hash_words(codes, starts, ends)
        slots = (keys >> np.uint64(64 - _BITS)).astype(np.int64)
        rows = self._slots.take(slots, axis=0)  # several times faster than indexing
        packed, other = rows[:, 1], np.flatnonzero(rows[:, 0] != keys)
        if not len(other):
            return packed
        if len(missing := self._find_missing(keys, slots, other)):
            text = codes.astype(codes.dtype.newbyteorder("<"), copy=False).tobytes().decode(_CODECS[codes.itemsize])
            spans = zip(starts[missing].tolist(), ends[missing].tolist(), strict=True)
            self._add_words(keys[missing].tolist(), [text[start:end] for start, end in spans])
        slots = slots[other]
        while len(other):
            rows = self._slots.take(slots, axis=0)
            packed[other] = rows[:, 1]
            left = rows[:, 0] != keys[other]
            other, slots = other[left], (slots[left] + 1) % _SLOTS
        return packed

    def _find_missing(
        self, keys: NDArray[np.uint64], slots: NDArray[np.int64], other: NDArray[np.int64]
    ) -> NDArray[np.int64]:
        """Return one occurrence of each word that is not in the table: it meets a free slot before its key."""
        missing = [np.empty(0, np.int64)]
        slots = slots[other]
        while len(other):
            found = self._slots[slots, 0]
            missing.append(other[found == 0])
            left = (found != 0) & (found != keys[other])
            other, slots = other[left], (slots[left] + 1) % _SLOTS
        # A word can occur many times in a text: one occurrence of each key is enough.
        candidates = np.concatenate(missing)
        return candidates[np.unique(keys[candidates], return_index=True)[1]]

    def _hash_words(self, codes: _Narrowed, starts: NDArray[np.int64], ends: NDArray[np.int64]) -> NDArray[np.uint64]:
        """Return a hash of each word, uint64, never 0.

        It differs with the bytes that the text's widest code point takes, so a word may be in the table three times.
        """
        # The eight bytes from each code point on, as one number each: the lanes overlap.
        padded = np.zeros(len(codes) + _LANE, codes.dtype.newbyteorder("<"))
        padded[: len(codes)] = codes
        lanes = np.ndarray((len(codes),), "<u8", padded, strides=(codes.itemsize,)).astype(np.uint64)
        rest = np.minimum(ends - starts, _LONG_WORD) * codes.itemsize
        hashes = _multiply_halves(lanes.take(starts) & _MASKS.take(rest, mode="clip"), *self._factors[0])
        if codes.itemsize > 1:
            hashes += self._seeds[codes.itemsize // 4]
        longer = np.flatnonzero(rest > _LANE)
        for lane, pair in enumerate(self._factors[1:], 1):
            if not len(longer):
                break
            left = rest[longer] - lane * _LANE
            values = lanes.take(starts[longer] + lane * (_LANE // codes.itemsize)) & _MASKS.take(left, mode="clip")
            hashes[longer] += _multiply_halves(values, *pair)
            longer = longer[left > _LANE]
        # Factors for words of any length cannot be kept, so long words, which are rare, get a keyed hash each.
        for word in np.flatnonzero(ends - starts > _LONG_WORD).tolist():
            data = codes[starts[word] : ends[word]].tobytes()
            hashes[word] = xxhash.xxh3_64_intdigest(data, int(self._seed))
        return hashes | np.uint64(1)  # 0 is the key of a free slot

    def _add_words(self, keys: list[int], words: list[str]) -> None:
        """Cut words and put each into its slot, or the next free one; one that another thread has added stays."""
        with self._lock:
            new = [i for i, key in enumerate(keys) if not self._cells[self._slot_of(key), 0]]
            cut = [self._cutter.match(words[i]) for i in new]
            first, used = self._used, self._used + sum(len(ids) for ids, _, _ in cut)
            self.ids, self.begins, self.ends = (_grow_array(each, used) for each in (self.ids, self.begins, self.ends))
            self.ids[first:used] = list(chain.from_iterable(ids for ids, _, _ in cut))
            self.begins[first:used] = list(chain.from_iterable(begins for _, begins, _ in cut))
            self.ends[first:used] = list(chain.from_iterable(ends for _, _, ends in cut))
            # Counted before a slot points there: after an interrupt, later words must not overwrite these.
            self._words, self._used = self._words + len(cut), used
            for i, (ids, _, _) in zip(new, cut, strict=True):
                slot = self._slot_of(keys[i])
                # The key comes last: a thread that sees it finds the place, and the tokens there.
                self._cells[slot, 1] = (first << _COUNT_BITS) | len(ids)
                self._cells[slot, 0] = keys[i]
                first += len(ids)

    def _slot_of(self, key: int) -> int:
        """Return the slot that has the key, or else the free one where it belongs."""
        slot = key >> (64 - _BITS)
        while self._cells[slot, 0] not in (0, key):
            slot = (slot + 1) % _SLOTS
        return slot


def _multiply_halves(values: NDArray[np.uint64], low: np.uint64, high: np.uint64) -> NDArray[np.uint64]:
    """Return the sum of each value's two halves, each times its factor."""
    return (values & _LOW) * low + (values >> _HIGH) * high


def _grow_array(array: NDArray[Any], size: int) -> NDArray[Any]:
    if size <= len(array):
        return array
    grown = np.zeros(max(size, 2 * len(array)), array.dtype)
    grown[: len(array)] = array
    return grown
