"""Search for works too short to have an anchor, which count only as a whole.

An Aho-Corasick automaton over token ids (A. V. Aho, M. J. Corasick, 1975; the pyahocorasick library) finds them in one
pass over the text, however many they are. They count only as whole words: "art" is not found in "heart".

Of works whose tokens are not kept there is only a fingerprint. For each length that occurs (all are below the
guaranteed length), each window of this length in the text is hashed and looked up.

Example: the works "to be" and "or not", as tokens (17, 4) and (23, 31), in the text (17, 4, 23, 31, 17, 4): "to be" is
found at 0 to 2 and 4 to 6, and "or not" at 2 to 4.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from operator import itemgetter

import ahocorasick
import numpy as np

from provenance.fingerprints import fingerprints
from provenance.text import Tokens

_Keys = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class ShortWorkMatch:
    """A short work in a checked text.

    Attributes:
        start: token offset into the text.
        end: token offset into the text, exclusive.
        keys: the works that consist of these words, ascending.
    """

    start: int
    end: int
    keys: tuple[int, ...]


class ShortWorkMatcher:
    """All short works of a database.

    Args:
        works: the key of each work, with its tokens as little-endian uint16; those without tokens are passed over.
        hashed: for works without tokens: the key, the number of tokens, and their fingerprint.
    """

    def __init__(self, works: Iterable[tuple[int, bytes]], hashed: Iterable[tuple[int, int, int]] = ()) -> None:
        by_tokens: dict[bytes, list[int]] = {}
        for key, tokens in works:
            if tokens:
                by_tokens.setdefault(tokens, []).append(key)
        self._automaton = ahocorasick.Automaton(ahocorasick.STORE_ANY, ahocorasick.KEY_SEQUENCE)
        for tokens, keys in by_tokens.items():
            ids = tuple(np.frombuffer(tokens, "<u2").tolist())
            self._automaton.add_word(ids, (len(ids), tuple(sorted(keys))))
        self._automaton.make_automaton()
        self._hashed: dict[int, dict[int, _Keys]] = {}  # by length, and then by fingerprint
        for key, length, fingerprint in sorted(hashed):
            same = self._hashed.setdefault(length, {})
            same[fingerprint] = (*same.get(fingerprint, ()), key)
        self._fingerprints = {n: np.array(sorted(of_length), np.uint64) for n, of_length in self._hashed.items()}
        self._size = len(by_tokens) + sum(map(len, self._hashed.values()))

    def __len__(self) -> int:
        return self._size

    def find(self, tokens: Tokens) -> Iterator[ShortWorkMatch]:
        """Yield the short works in a text, by their ends.

        A work within another is yielded too. Occurrences of one work do not overlap: "ha ha" is twice in "ha ha ha ha".
        """
        if not self._size:
            return
        found: list[tuple[int, int, _Keys]] = []
        if len(self._automaton):  # an empty automaton refuses to search
            for last, (length, keys) in self._automaton.iter(tuple(tokens.ids.tolist())):
                found.append((last + 1 - length, last + 1, keys))
        for length, wanted in self._fingerprints.items():
            hashes = fingerprints(tokens.ids, length)
            for start in np.flatnonzero(np.isin(hashes, wanted)).tolist():
                found.append((start, start + length, self._hashed[length][int(hashes[start])]))
        is_head = np.append(tokens.heads, True)  # whether a word begins at a token; the end of the text counts as one
        reached: dict[_Keys, int] = {}
        for start, end, keys in sorted(found, key=itemgetter(1, 0)):
            if is_head[start] and is_head[end] and start >= reached.get(keys, 0):
                reached[keys] = end
                yield ShortWorkMatch(start, end, keys)
