"""Normaliser of text, which keeps where in the caller's string each character came from.

Applies the frozen table of rules for single code points, which `tools/normalization_rules.py` made, with NumPy. It also
rejoins words that were hyphenated at a line's end. Tokens are made in `tokenizer`.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray

Codes = NDArray[np.uint8] | NDArray[np.uint32]
"""The code points of a text: uint8 if all of it is ASCII, else uint32."""

CODE_POINTS = 0x110000
SPACE = ord(" ")
HYPHENS = "-\u2010\u00ad"

_LINE_END_HYPHEN = re.compile(rf"(?<=[^\W\d_])[{HYPHENS}]\r?\n(?=[^\W\d_])")
_CARRIAGE_RETURN = 0x0D
_SEARCHES = (1 << 7, 1 << 12)  # nearly all words are short, so look close by first
_LONGEST_WORD = 1 << 20
_ODD = np.uint32(1 << 31)  # marks a character that becomes none or several code points


@dataclass(frozen=True)
class Normalized:
    """A normalised text of m code points, made from a string of n.

    Attributes:
        codes: uint8 or uint32 (m,), the code points; words are separated by one or more spaces.
        lengths: uint8 (n,), how many code points each character of the string became; None where each became one.
    """

    codes: Codes
    lengths: NDArray[np.uint8] | None = None

    def __str__(self) -> str:
        return self.codes.astype("<u4").tobytes().decode("utf-32-le")

    def origins(self) -> NDArray[np.int64]:
        """Return the index in the string of the character that each code point came from, int64 (m,)."""
        if self.lengths is None:
            return np.arange(len(self.codes))
        return np.repeat(np.arange(len(self.lengths)), self.lengths)

    def nexts(self) -> NDArray[np.int64]:
        """Return for each character of the string the next one that left a trace, n for the last: int64 (n,)."""
        if self.lengths is None:
            return np.arange(1, len(self.codes) + 1)
        kept = np.flatnonzero(self.lengths)
        nexts = np.full(len(self.lengths), len(self.lengths))
        nexts[kept[:-1]] = kept[1:]
        return nexts


class Normalizer:
    """The rules as tables over all code points.

    Args:
        codes: uint32 (r,), the code points that have a rule.
        lengths: uint8 (r,), how many code points each becomes.
        replacements: uint32 (lengths.sum(),), what they become, one after another.
    """

    def __init__(self, codes: NDArray[np.uint32], lengths: NDArray[np.uint8], replacements: NDArray[np.uint32]) -> None:
        # Direct tables over all code points: one look-up a character, with no search. `_begin` and `_length` find the
        # replacement, `_first` has its first code point, which is all there is for nearly every character.
        self._replacements = replacements
        self._begin = np.zeros(CODE_POINTS, np.uint32)
        self._begin[codes] = np.cumsum(lengths, dtype=np.uint32) - lengths
        self._length = np.ones(CODE_POINTS, np.uint8)
        self._length[codes] = lengths
        self._first = np.arange(CODE_POINTS, dtype=np.uint32)
        replaced = codes[lengths > 0]
        self._first[replaced] = replacements[self._begin[replaced]]
        # The rules leave out NUL and lone surrogates: they count as spaces.
        self._first[0] = self._first[0xD800:0xE000] = SPACE
        self._separates = (self._first == SPACE) & (self._length > 0)
        self._first[self._length != 1] |= _ODD
        # No block begins at a hyphen: a word that is hyphenated there could not be rejoined.
        self._separates[[ord(hyphen) for hyphen in HYPHENS]] = False
        self._binds = np.zeros(CODE_POINTS, np.bool_)
        self._binds[[ord(character) for character in HYPHENS + "\r"]] = True
        self._ascii = bytes(self._first[:128].astype(np.uint8)) + bytes(128)

    @classmethod
    def load(cls) -> "Normalizer":
        """Return the normaliser that ships with the package."""
        with files("provenance").joinpath("data/normalization.npz").open("rb") as file:
            tables = np.load(file, allow_pickle=False)
            return cls(tables["codes"], tables["lengths"], tables["replacements"])

    def normalize(self, text: str) -> Normalized:
        """Return the normalised text. Lone surrogates and NUL count as spaces.

        `normalize("ﬁn")` has the codes of "fin" and the lengths 2, 1.
        """
        hyphens = _find_line_end_hyphens(text)
        if text.isascii() and not hyphens:
            return Normalized(np.frombuffer(text.encode("ascii").translate(self._ascii), np.uint8))
        codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32)
        firsts = self._first.take(codes)
        if not hyphens and firsts.max(initial=0) < _ODD:
            return Normalized(firsts)
        odd = np.flatnonzero(firsts >= _ODD)
        lengths = np.ones(len(codes), np.uint8)
        lengths[odd] = self._length[codes[odd]]
        for start, end in hyphens:
            lengths[start:end] = 0
        return self._expand_codes(codes, firsts & ~_ODD, lengths)

    def _expand_codes(
        self, codes: NDArray[np.uint32], firsts: NDArray[np.uint32], lengths: NDArray[np.uint8]
    ) -> Normalized:
        """Repeat each character's first code point as often as it has code points, then correct the others."""
        expanded = np.repeat(firsts, lengths)
        odd = np.flatnonzero(lengths != 1)
        sizes = lengths[odd].astype(np.int64)
        starts = odd + np.cumsum(sizes - 1) - (sizes - 1)
        several = np.flatnonzero(sizes > 1)
        starts, begins, left = starts[several], self._begin[codes[odd[several]]], sizes[several]
        for place in range(1, int(left.max(initial=0))):
            longer = left > place  # characters that have a code point at this place at all
            starts, begins, left = starts[longer], begins[longer], left[longer]
            expanded[starts + place] = self._replacements[begins + place]
        return Normalized(expanded, lengths)

    def words(self, text: str) -> list[str]:
        """Return the normalised words of a text, in order."""
        return str(self.normalize(text)).split()

    def blocks(self, text: str, size: int) -> Iterator[str]:
        """Cut a text into consecutive blocks of about `size` characters, never inside a word.

        Normalising the blocks one by one gives what normalising the whole gives. A word of more than a million
        characters is cut all the same, so that memory stays bounded.
        """
        start = 0
        while len(text) - start > size:
            end = self._find_cut(text, start, start + size)
            yield text[start:end]
            start = end
        if start < len(text) or not text:
            yield text[start:]

    def settled(self, text: str) -> int:
        """Return the length of the beginning of a text that later words cannot change: up to the last boundary.

        `settled("two wo")` is 3: "wo" may become "words", and "two" may not.
        """
        low = max(1, len(text) - _SEARCHES[0])
        for start in (low, 1):
            if (found := self._find_boundaries(text, start, len(text))).size:
                return start + int(found[-1])
        return 0

    def _find_cut(self, text: str, start: int, near: int) -> int:
        """Return the last boundary before `near`, else the first one after it, else the end of the longest word."""
        for reach in _SEARCHES:
            low = max(start + 1, near - reach)
            if (found := self._find_boundaries(text, low, near)).size:
                return low + int(found[-1])
        end = min(start + _LONGEST_WORD, len(text))
        found = self._find_boundaries(text, near, end)
        return near + int(found[0]) if found.size else end

    def _find_boundaries(self, text: str, low: int, high: int) -> NDArray[np.intp]:
        """Return where a block may begin: where words are separated, but not between a hyphen and its line break."""
        codes = np.frombuffer(text[low - 1 : high].encode("utf-32-le", "surrogatepass"), np.uint32)
        return np.flatnonzero(self._separates[codes[1:]] & ~(self._binds[codes[:-1]] & (codes[1:] <= _CARRIAGE_RETURN)))


def with_halves_joined(text: str) -> str:
    """Return a text in which neighbouring halves of a character (surrogates) are that character.

    >>> with_halves_joined("a\\ud83d\\ude00 \\ud83d") == "a\\U0001f600 \\ud83d"
    True
    """
    return text if text.isascii() else text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")


def _find_line_end_hyphens(text: str) -> list[tuple[int, int]]:
    """Return the spans of hyphen and line break inside words: `exam-⏎ple` is one word."""
    hyphens = [hyphen for hyphen in HYPHENS if hyphen in text]  # one character is found many times faster than two
    breaks = ("\n", "\r\n") if "\r" in text else ("\n",)
    if not any(hyphen + end in text for hyphen in hyphens for end in breaks):
        return []
    return [match.span() for match in _LINE_END_HYPHEN.finditer(text)]
