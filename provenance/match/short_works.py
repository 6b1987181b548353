"""Which works too short to be winnowed stand whole in a checked text?

An Aho-Corasick automaton over token ids (A. V. Aho, M. J. Corasick, 1975; the pyahocorasick library): one pass over the
text, whatever the number of phrases. A phrase counts only as whole words: "art" does not stand in "heart".

Of phrases whose tokens are not kept there is only a fingerprint: each run of so many tokens of the text is hashed, and
looked up among those of this length, of which there are fewer than the guaranteed one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from operator import itemgetter

import ahocorasick
import numpy as np

from provenance.fingerprints import windows
from provenance.text import Tokens

_Keys = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class PhraseMatch:
    """A phrase in a checked text.

    Attributes:
        start, end: half-open token offsets into the text. keys: the works that consist of these words, ascending.
    """

    start: int
    end: int
    keys: tuple[int, ...]


class PhraseBook:
    """All phrases of a database.

    Args:
        phrases: the key of each work, with its tokens as little-endian uint16; those without tokens are passed over.
        hashed: the key of each work of which only this is kept, with the number of its tokens and their fingerprint.
    """

    def __init__(self, phrases: Iterable[tuple[int, bytes]], hashed: Iterable[tuple[int, int, int]] = ()) -> None:
        works: dict[bytes, list[int]] = {}
        for key, tokens in phrases:
            if tokens:
                works.setdefault(tokens, []).append(key)
        self._automaton = ahocorasick.Automaton(ahocorasick.STORE_ANY, ahocorasick.KEY_SEQUENCE)
        for tokens, keys in works.items():
            ids = tuple(np.frombuffer(tokens, "<u2").tolist())
            self._automaton.add_word(ids, (len(ids), tuple(sorted(keys))))
        self._automaton.make_automaton()
        self._hashed: dict[int, dict[int, _Keys]] = {}
        for key, length, fingerprint in sorted(hashed):
            same = self._hashed.setdefault(length, {})
            same[fingerprint] = (*same.get(fingerprint, ()), key)
        self._fingerprints = {n: np.array(sorted(of_length), np.uint64) for n, of_length in self._hashed.items()}
        self._size = len(works) + sum(map(len, self._hashed.values()))

    def __len__(self) -> int:
        return self._size

    def find(self, tokens: Tokens) -> Iterator[PhraseMatch]:
        """Yield the phrases in a text, by their ends.

        One that lies within another is yielded too, one that overlaps itself is not: "ha ha" stands twice in
        "ha ha ha ha".
        """
        if not self._size:
            return
        heads = np.append(tokens.heads, True)
        reached: dict[_Keys, int] = {}
        found = [(last + 1 - length, last + 1, keys) for last, (length, keys) in self._spelt(tokens)]
        for start, end, keys in sorted([*found, *self._sounding(tokens)], key=itemgetter(1, 0)):
            if heads[start] and heads[end] and start >= reached.get(keys, 0):
                reached[keys] = end
                yield PhraseMatch(start, end, keys)

    def _spelt(self, tokens: Tokens) -> Iterator[tuple[int, tuple[int, _Keys]]]:
        """Yield the last token, and length and keys, of each phrase whose tokens are kept."""
        if len(self._automaton):
            yield from self._automaton.iter(tuple(tokens.ids.tolist()))

    def _sounding(self, tokens: Tokens) -> Iterator[tuple[int, int, _Keys]]:
        """Yield start, end and keys of each phrase of which the fingerprint is kept."""
        for length, wanted in self._fingerprints.items():
            hashes = windows(tokens.ids, length)
            for start in np.flatnonzero(np.isin(hashes, wanted)).tolist():
                yield start, start + length, self._hashed[length][int(hashes[start])]
