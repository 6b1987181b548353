"""Table of a model's vocabulary by what its entries write, to find those that would write one of some words next.

The table of a tokenizer is made once, the first time that it is needed. Its strings are normalised as `text` does, so
that case, accents and white space make no difference. It does not know why a word must not be written.
"""

from __future__ import annotations

import threading
from bisect import bisect_left
from collections.abc import Collection, Iterator, Sequence
from itertools import chain, takewhile
from typing import Any
from weakref import WeakKeyDictionary

from provenance.text import load_tokenizer

_BATCH = 4096
_MOST_REMEMBERED = 4096
_REPLACED = "\ufffd"  # decoders write this for bytes that are no whole character
_LONGEST_CHARACTER = 4  # bytes in UTF-8

# Byte-level tokenizers write a letter for each byte: its own if it is visible, else one from U+0100 on, in order.
_VISIBLE = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
_INVISIBLE = [byte for byte in range(0x100) if byte not in _VISIBLE]
_BYTES = {chr(byte): byte for byte in _VISIBLE} | {chr(0x100 + at): byte for at, byte in enumerate(_INVISIBLE)}


class _Entries:
    """Entries by the letters of their first word.

    Attributes:
        open: those whose word may continue in what is written next.
        closed: those whose word has ended.
    """

    def __init__(self) -> None:
        self.open: dict[str, list[int]] = {}
        self.closed: dict[str, list[int]] = {}
        self._words: list[str] | None = None
        self._known: dict[str, frozenset[int]] = {}

    def add(self, letters: str, entry: int) -> None:
        """Add an entry, as it is normalised."""
        first, *others = letters.split()
        part = self.closed if others or letters.endswith(" ") else self.open
        part.setdefault(first, []).append(entry)

    def find_beginnings(self, piece: str) -> frozenset[int]:
        """Return the entries that write a word which begins with a token, or the beginning of such a word.

        Args:
            piece: the letters of the token.
        """
        found = self._known.get(piece)
        if found is None:
            # Each step asks for the same few pieces again; the bound keeps a table small that lives for long.
            if len(self._known) >= _MOST_REMEMBERED:
                self._known = {}
            found = self._known[piece] = frozenset(self._list_beginnings(piece))
        return found

    def _list_beginnings(self, piece: str) -> Iterator[int]:
        """Yield the entries of `find_beginnings`."""
        for end in range(1, len(piece)):
            yield from self.open.get(piece[:end], ())
        if self._words is None:
            self._words = sorted(self.open.keys() | self.closed.keys())
        vocabulary = load_tokenizer().vocabulary
        # Words with one beginning are neighbours in the sorted list.
        for at in range(bisect_left(self._words, piece), len(self._words)):
            word = self._words[at]
            if not word.startswith(piece):
                return
            # Of the words that begin with these letters, only those count whose first token is this one: "cafe" may be
            # a token of its own, and then it does not begin with the token "caf".
            if word == piece or vocabulary.spelled(vocabulary.match(word)[0]) == piece:
                yield from self.open.get(word, ())
                yield from self.closed.get(word, ())


class LimitVocabulary:
    """The entries of one tokenizer.

    Attributes:
        size: the number of entries.
        glued: those that continue the word before them.
    """

    def __init__(self, tokenizer: Any) -> None:
        self._apart, self._joined = _Entries(), _Entries()  # with something before the first word, and without
        self._partial: dict[int, bytes] = {}
        self._by_first_bytes: dict[bytes, list[int]] = {}
        self.size = len(tokenizer)
        normalize = load_tokenizer().normalizer.normalize
        special = set(tokenizer.all_special_ids)
        for entry, text in enumerate(_decode_entries(tokenizer)):
            letters = str(normalize(text))
            if entry in special:
                continue
            if _REPLACED in text and (written := _read_bytes(tokenizer, entry)):
                self._partial[entry] = written
                self._by_first_bytes.setdefault(written.lstrip(), []).append(entry)
            if letters.strip():
                (self._apart if letters.startswith(" ") else self._joined).add(letters, entry)
        self.glued = frozenset(chain(*self._joined.open.values(), *self._joined.closed.values()))
        continuing = {entry for entry, written in self._partial.items() if _continues_character(written)}
        self._not_continuing = frozenset(range(self.size)) - continuing

    def find_entries(self, pieces: Collection[str], *, in_word: bool, pending: bytes = b"") -> frozenset[int]:
        """Return the entries that would begin a word with one of these tokens.

        Args:
            pieces: the tokens' letters.
            in_word: whether the text ends in a word that may continue.
            pending: the bytes of a character that the text ends in and that is not complete.
        """
        if pending:
            blocked = frozenset(self._find_completing(pieces, pending, in_word=in_word))
            return blocked | self._not_continuing if blocked else blocked  # the character must become another one
        # In a word, an entry without a space before it continues that word.
        parts = (self._apart,) if in_word else (self._apart, self._joined)
        found = [part.find_beginnings(piece) for piece in pieces for part in parts]
        # The bytes of a token that is one character are blocked from the first on: once that is written, blocking the
        # next would leave the character incomplete.
        characters = [piece.encode() for piece in pieces if len(piece) == 1]
        beginnings = [written[:end] for written in characters for end in range(1, len(written))]
        return frozenset(chain.from_iterable(self._by_first_bytes.get(each, ()) for each in beginnings)).union(*found)

    def read_pending(self, ids: Sequence[int]) -> bytes:
        """Return the bytes that the last of these entries write of a character that is not complete."""
        partial = takewhile(self._partial.__contains__, reversed(ids[-_LONGEST_CHARACTER:]))
        written = b"".join(self._partial[entry] for entry in reversed(list(partial)))
        for start in range(max(0, len(written) - _LONGEST_CHARACTER + 1), len(written)):
            # 0xC0 and above is the first byte of a character of several; "ignore" gives nothing if bytes are missing.
            if written[start] >= 0xC0 and not written[start:].decode("utf-8", "ignore"):
                return written[start:]
        return b""

    def _find_completing(self, pieces: Collection[str], pending: bytes, *, in_word: bool) -> Iterator[int]:
        """Yield the entries whose bytes complete a character that begins one of the tokens."""
        normalize = load_tokenizer().normalizer.normalize
        for entry, written in self._partial.items():
            text = (pending + written).decode("utf-8", "ignore") if _continues_character(written) else ""
            letters = str(normalize(text))
            if letters.strip() and (letters.startswith(" ") or not in_word):
                one = _Entries()
                one.add(letters, entry)
                for piece in pieces:
                    yield from one.find_beginnings(piece)


_tables: WeakKeyDictionary[Any, LimitVocabulary] = WeakKeyDictionary()
_making = threading.Lock()


def get_limit_vocabulary(tokenizer: Any) -> LimitVocabulary:
    """Return the table of a tokenizer, made at the first call."""
    with _making:
        table = _tables.get(tokenizer)
        if table is None or table.size != len(tokenizer):  # an application may add tokens
            table = _tables[tokenizer] = LimitVocabulary(tokenizer)
        return table


def _continues_character(written: bytes) -> bool:
    """Return whether these bytes continue a character, as in UTF-8 the bytes 0x80 to 0xBF do."""
    return written[0] & 0xC0 == 0x80


def _decode_entries(tokenizer: Any) -> Iterator[str]:
    """Yield what each entry writes after another one; at the beginning of a text some tokenizers leave a space out."""
    before = tokenizer("a", add_special_tokens=False)["input_ids"][-1:]
    begin = len(tokenizer.decode(before))
    for first in range(0, len(tokenizer), _BATCH):
        rows = [[*before, entry] for entry in range(first, min(first + _BATCH, len(tokenizer)))]
        yield from (text[begin:] for text in tokenizer.decode(rows))


def _read_bytes(tokenizer: Any, entry: int) -> bytes:
    """Return the bytes of an entry whose name says them: `<0xE6>`, or a letter for each byte; else none."""
    name = tokenizer.convert_ids_to_tokens(entry) or ""
    if len(name) == 6 and name.startswith("<0x") and name.endswith(">"):
        return bytes([int(name[3:5], 16)])
    values = [_BYTES.get(letter) for letter in name]
    return bytes(value for value in values if value is not None) if None not in values else b""
