"""Which entries of a model's vocabulary would write one of these words next?

The table of a tokenizer is made once, the first time that it is needed. Its strings are normalised as `text` does, so
that case, accents and white space make no difference. It does not know why a word must not be written.
"""

from __future__ import annotations

import threading
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, takewhile
from typing import Any
from weakref import WeakKeyDictionary

from provenance.text import load_tokenizer

_BATCH = 4096
_MOST_REMEMBERED = 4096
_REPLACED = "\ufffd"
_LONGEST_CHARACTER = 4


class _Entries:
    """Entries by the letters of their first word.

    Attributes:
        open: those in which the word may go on in what is written next. closed: those in which it has ended.
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

    def all(self) -> frozenset[int]:
        """Return all entries."""
        return frozenset(chain(*self.open.values(), *self.closed.values()))

    def beginning(self, piece: str) -> frozenset[int]:
        """Return the entries that write a word which begins with a token, or the beginning of such a word.

        Args:
            piece: the letters of the token.
        """
        found = self._known.get(piece)
        if found is None:
            if len(self._known) >= _MOST_REMEMBERED:
                self._known = {}
            found = self._known[piece] = frozenset(self._beginning(piece))
        return found

    def _beginning(self, piece: str) -> Iterator[int]:
        for end in range(1, len(piece)):
            yield from self.open.get(piece[:end], ())
        for word in self._from(piece):
            if word == piece or _first_piece(word) == piece:
                yield from self.open.get(word, ())
                yield from self.closed.get(word, ())

    def _from(self, piece: str) -> Iterator[str]:
        if self._words is None:
            self._words = sorted(self.open.keys() | self.closed.keys())
        for at in range(bisect_left(self._words, piece), len(self._words)):
            if not self._words[at].startswith(piece):
                return
            yield self._words[at]


class LimitVocabulary:
    """The entries of one tokenizer.

    Attributes:
        size: their number. glued: those that go on with the word before them.
    """

    def __init__(self, tokenizer: Any) -> None:
        self._apart, self._joined = _Entries(), _Entries()  # with something before the first word, and without
        self._partial: dict[int, bytes] = {}
        self._beginnings: dict[bytes, list[int]] = {}
        self.size = len(tokenizer)
        normalize = load_tokenizer().normalizer.normalize
        special = set(tokenizer.all_special_ids)
        for entry, text in enumerate(_strings(tokenizer)):
            letters = str(normalize(text))
            if entry in special:
                continue
            if _REPLACED in text and (written := _bytes_of(tokenizer, entry)):
                self._partial[entry] = written
                self._beginnings.setdefault(written.lstrip(), []).append(entry)
            if letters.strip():
                (self._apart if letters.startswith(" ") else self._joined).add(letters, entry)
        self.glued = self._joined.all()
        continuing = {entry for entry, written in self._partial.items() if _continues(written)}
        self._not_continuing = frozenset(range(self.size)) - continuing

    def entries(self, pieces: Iterable[str], *, in_word: bool, pending: bytes = b"") -> frozenset[int]:
        """Return the entries that would begin a word with one of these tokens.

        Args:
            pieces: the tokens' letters. in_word: whether the text ends in a word that may go on.
            pending: the bytes of a character that the text ends in and that is not complete.
        """
        if pending:
            barred = frozenset(self._completing(pieces, pending, in_word=in_word))
            return barred | self._not_continuing if barred else barred  # the character must become another one
        parts = (self._apart,) if in_word else (self._apart, self._joined)
        found = [part.beginning(piece) for piece in pieces for part in parts]
        return frozenset(self._first_bytes(pieces)).union(*found)

    def pending(self, ids: Sequence[int]) -> bytes:
        """Return the bytes that the last of these entries write of a character that is not complete."""
        partial = takewhile(self._partial.__contains__, reversed(ids[-_LONGEST_CHARACTER:]))
        written = b"".join(self._partial[entry] for entry in reversed(list(partial)))
        for start in range(max(0, len(written) - _LONGEST_CHARACTER + 1), len(written)):
            if written[start] >= 0xC0 and not written[start:].decode("utf-8", "ignore"):
                return written[start:]
        return b""

    def _first_bytes(self, pieces: Iterable[str]) -> Iterator[int]:
        """Yield the entries whose bytes begin a character that is a token; it would be left incomplete later."""
        for written in (piece.encode() for piece in pieces if len(piece) == 1):
            for end in range(1, len(written)):
                yield from self._beginnings.get(written[:end], ())

    def _completing(self, pieces: Iterable[str], pending: bytes, *, in_word: bool) -> Iterator[int]:
        """Yield the entries whose bytes make a character complete that begins one of the tokens."""
        wanted = tuple(pieces)
        normalize = load_tokenizer().normalizer.normalize
        for entry, written in self._partial.items():
            text = (pending + written).decode("utf-8", "ignore") if _continues(written) else ""
            letters = str(normalize(text))
            if letters.strip() and (letters.startswith(" ") or not in_word):
                one = _Entries()
                one.add(letters, entry)
                for piece in wanted:
                    yield from one.beginning(piece)


_tables: WeakKeyDictionary[Any, LimitVocabulary] = WeakKeyDictionary()
_making = threading.Lock()


def limit_vocabulary(tokenizer: Any) -> LimitVocabulary:
    """Return the table of a tokenizer, made at the first call."""
    with _making:
        table = _tables.get(tokenizer)
        if table is None or table.size != len(tokenizer):
            table = _tables[tokenizer] = LimitVocabulary(tokenizer)
        return table


def _continues(written: bytes) -> bool:
    """Do these bytes go on with a character?"""
    return written[0] & 0xC0 == 0x80


def _first_piece(word: str) -> str:
    vocabulary = load_tokenizer().vocabulary
    return vocabulary.spelled(vocabulary.match(word)[0])


def _strings(tokenizer: Any) -> Iterator[str]:
    """Yield what each entry writes after another one; at the beginning of a text some tokenizers leave a space out."""
    before = tokenizer("a", add_special_tokens=False)["input_ids"][-1:]
    begin = len(tokenizer.decode(before))
    for first in range(0, len(tokenizer), _BATCH):
        rows = [[*before, entry] for entry in range(first, min(first + _BATCH, len(tokenizer)))]
        yield from (text[begin:] for text in tokenizer.decode(rows))


def _bytes_of(tokenizer: Any, entry: int) -> bytes:
    """Return the bytes of an entry whose name says them: `<0xE6>`, or letters that stand for one byte each."""
    name = tokenizer.convert_ids_to_tokens(entry) or ""
    if len(name) == 6 and name.startswith("<0x") and name.endswith(">"):
        return bytes([int(name[3:5], 16)])
    values = [_BYTES.get(letter) for letter in name]
    return bytes(value for value in values if value is not None) if None not in values else b""


def _letters_of_bytes() -> dict[str, int]:
    """Return the letters that byte-level tokenizers write for bytes: their own where they are visible."""
    visible = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    others = (byte for byte in range(0x100) if byte not in visible)
    return {chr(byte): byte for byte in visible} | {chr(0x100 + at): byte for at, byte in enumerate(others)}


_BYTES = _letters_of_bytes()
