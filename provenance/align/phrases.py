"""Which works too short to be winnowed stand whole in a checked text?

An Aho-Corasick automaton over token ids (A. V. Aho, M. J. Corasick, 1975; the pyahocorasick library): one pass over the
text, whatever the number of phrases. A phrase counts only as whole words: "art" does not stand in "heart".
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import ahocorasick
import numpy as np

from provenance.text import Tokens


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
    """

    def __init__(self, phrases: Iterable[tuple[int, bytes]]) -> None:
        works: dict[bytes, list[int]] = {}
        for key, tokens in phrases:
            if tokens:
                works.setdefault(tokens, []).append(key)
        self._automaton = ahocorasick.Automaton(ahocorasick.STORE_ANY, ahocorasick.KEY_SEQUENCE)
        for tokens, keys in works.items():
            ids = tuple(np.frombuffer(tokens, "<u2").tolist())
            self._automaton.add_word(ids, (len(ids), tuple(sorted(keys))))
        self._automaton.make_automaton()
        self._size = len(works)

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
        reached: dict[tuple[int, ...], int] = {}
        for last, (length, keys) in self._automaton.iter(tuple(tokens.ids.tolist())):
            start, end = last + 1 - length, last + 1
            if heads[start] and heads[end] and start >= reached.get(keys, 0):
                reached[keys] = end
                yield PhraseMatch(start, end, keys)
