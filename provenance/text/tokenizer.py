"""Tokenizer: the tokens of a text, and where each is in it.

The vocabulary, its scores and the normalisation rules are those of the SentencePiece model that ships with the package.
Each word is cut into the longest pieces that the vocabulary has, from left to right (MaxMatch, as in WordPiece), and no
piece spans two words. That gives two properties by construction, without ties or rounded sums:

* the tokens of a word do not depend on its neighbours: the tokens of "A B" are those of "A" and those of "B";
* cutting a text at a token boundary leaves the tokens on both sides as they were, so that the text of a passage
  tokenises to exactly the tokens that matched.

`words` has a table of the words that were met before.
"""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from itertools import islice, takewhile

import numpy as np
from numpy.typing import NDArray

from provenance.text.normalizer import SPACE, Normalizer
from provenance.text.pieces import read_pieces
from provenance.text.words import WordTable

BLOCK = 1 << 16
_LONGEST_CHARACTER = 4
"""Maximum number of bytes of a character in UTF-8."""


@dataclass(frozen=True, slots=True)
class Tokens:
    """The tokens of a string.

    Attributes:
        ids: uint16 (t,), the tokens.
        starts: int32 (t,), code-point offsets into the string. Tokens made from one character (the bytes of a rare one,
            the letters of a ligature) have the same or overlapping offsets.
        ends: int32 (t,), half-open.
        heads: bool (t,), whether a word begins at the token.
    """

    ids: NDArray[np.uint16]
    starts: NDArray[np.int32]
    ends: NDArray[np.int32]
    heads: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.ids)

    def is_clean(self) -> NDArray[np.bool_]:
        """Return bool (t + 1,): which boundaries between tokens do not cut a character in two."""
        # The slice keeps a text without tokens at its one boundary.
        return np.concatenate(([True], self.starts[1:] >= self.ends[:-1], [True]))[-len(self.ids) - 1 :]


class Vocabulary:
    """The pieces of the shipped model, see `pieces`.

    Attributes:
        bits: float32 (v,), the information in each token: minus log2 of its probability in the training texts.
    """

    def __init__(self, names: list[str], scores: NDArray[np.float32]) -> None:
        if len(names) > 65_535:
            raise ValueError(f"a vocabulary of {len(names)} pieces does not fit into uint16")
        special = [i for i, name in enumerate(names) if name.startswith("<")]  # no symbol is part of a word
        self._names = names
        self._pieces = {name: i for i, name in enumerate(names)}
        self._bytes = [self._pieces[f"<0x{byte:02X}>"] for byte in range(256)]
        self._values = {piece: byte for byte, piece in enumerate(self._bytes)}
        for i in special:
            del self._pieces[names[i]]
        self._longest = max(map(len, self._pieces))
        # The scores are natural logarithms. Byte tokens have none of their own: they count as the 8 bits that they are.
        self.bits = scores / np.float32(-np.log(2))
        self.bits[special] = 8.0

    def __len__(self) -> int:
        return len(self.bits)

    def spelled(self, ids: Sequence[int]) -> str:
        """Return the letters of the first token, or the character that the first byte tokens make; "" inside one.

        With the piece "un" as 7, `spelled([7, 9])` is "un".
        """
        if not ids or ids[0] not in self._values:
            return self._names[ids[0]] if ids else ""
        spelled = bytes(self._values[each] for each in takewhile(self._values.__contains__, ids[:_LONGEST_CHARACTER]))
        # 0b10xxxxxx is a byte that continues a character.
        return spelled.decode("utf-8", "ignore")[:1] if spelled[0] & 0xC0 != 0x80 else ""

    def match(self, word: str) -> tuple[list[int], list[int], list[int]]:
        """Return the ids, begins and ends of a word's pieces; a character in no piece becomes its UTF-8 bytes.

        With the pieces "un" and "happy", `match("unhappy")` gives their ids, begins [0, 2] and ends [2, 7].
        """
        if (whole := self._pieces.get(word)) is not None:
            return [whole], [0], [len(word)]
        ids: list[int] = []
        begins: list[int] = []
        ends: list[int] = []
        begin, length = 0, len(word)
        while begin < length:
            for end in range(min(begin + self._longest, length), begin, -1):
                piece = self._pieces.get(word[begin:end])
                if piece is not None:
                    found = [piece]
                    break
            else:
                found = [self._bytes[byte] for byte in word[begin].encode()]
            ids += found
            begins += [begin] * len(found)
            ends += [end] * len(found)
            begin = end
        return ids, begins, ends


class Tokenizer:
    """Text to tokens. Safe to share between threads.

    Attributes:
        vocabulary: the pieces that words are cut into.
        normalizer: the normaliser of texts.
        digest: SHA-256 of the model file, in hexadecimal: the tokenizer's identity in every segment.
    """

    def __init__(self, vocabulary: Vocabulary, normalizer: Normalizer, digest: str) -> None:
        self.vocabulary = vocabulary
        self.normalizer = normalizer
        self.digest = digest
        self._table = WordTable(vocabulary)

    def _get_table(self) -> WordTable:
        # A full table is dropped as a whole: words that are common come back with the next texts.
        if self._table.is_full:
            self._table = WordTable(self.vocabulary)
        return self._table

    def encode(self, text: str) -> NDArray[np.uint16]:
        """Return the token ids of a text, uint16 (t,)."""
        parts = [ids for _, ids in self.encode_blocks(text, BLOCK)]
        return np.concatenate(parts) if len(parts) > 1 else parts[0]

    def encode_blocks(self, text: str, size: int) -> Iterator[tuple[str, NDArray[np.uint16]]]:
        """Yield the blocks of a text, see `Normalizer.blocks`, each with its token ids: uint16 (t,).

        Blocks are looked up several at once, since a call of NumPy costs much more than it does for a few words.
        """
        blocks = self.normalizer.blocks(text, size)
        while group := list(islice(blocks, max(1, BLOCK // size))):
            table = self._get_table()
            codes = [self.normalizer.normalize(block).codes for block in group]
            space = np.full(1, SPACE, np.uint8)  # so that no word spans two blocks
            found = table.find(np.concatenate([part for code in codes for part in (code, space)]))
            ids = table.ids.take(found.places)
            # The first word of a block is the first that begins at or after the end of the block before.
            ends = np.cumsum([len(code) + 1 for code in codes[:-1]])
            reached = np.concatenate(([0], np.cumsum(found.counts)))[np.searchsorted(found.starts, ends)]
            yield from zip(group, np.split(ids, reached) if len(group) > 1 else [ids], strict=True)

    def encode_with_offsets(self, text: str) -> Tokens:
        """Return the tokens of a text with their places in it."""
        parts: list[Tokens] = []
        start = 0
        for block in self.normalizer.blocks(text, BLOCK):
            table = self._get_table()
            normalized = self.normalizer.normalize(block)
            found = table.find(normalized.codes)
            owners = found.owners()
            begins = found.starts[owners] + table.begins[found.places]
            ends = found.starts[owners] + table.ends[found.places]
            if normalized.lengths is not None:
                # A token ends where the next character begins that is kept: dropped ones belong to the token before.
                origins = normalized.origins()
                begins, ends = origins[begins], normalized.nexts()[origins[ends - 1]]
            heads = np.diff(owners, prepend=-1) > 0
            begins, ends = (begins + start).astype(np.int32), (ends + start).astype(np.int32)
            parts.append(Tokens(table.ids[found.places], begins, ends, heads))
            start += len(block)
        if len(parts) == 1:
            return parts[0]
        return Tokens(
            np.concatenate([part.ids for part in parts]),
            np.concatenate([part.starts for part in parts]),
            np.concatenate([part.ends for part in parts]),
            np.concatenate([part.heads for part in parts]),
        )


@lru_cache(maxsize=1)
def tokenizer_digest() -> str:
    """Return the SHA-256 of the shipped model file, in hexadecimal, without reading its pieces."""
    return hashlib.sha256(_read_model()).hexdigest()


@lru_cache(maxsize=1)
def load_tokenizer() -> Tokenizer:
    """Return the tokenizer that ships with the package (about 50 ms the first time, then shared)."""
    return Tokenizer(Vocabulary(*read_pieces(_read_model())), Normalizer.load(), tokenizer_digest())


def _read_model() -> bytes:
    return (files("provenance") / "data" / "tokenizer.model").read_bytes()
