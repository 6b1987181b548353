"""Compressed blocks of the text of works, each found by its first token and its first character.

An example: a work begins at the token 120 of its segment, and its text was cut into blocks of 100, 150 and 50 tokens.
`block_tokens` has 120 220 370 for them, `block_chars` 0 640 1555. Token 230 is the token 10 of the second block; if it
is at the characters 61 to 66 there, it is at 701 to 706 in the work.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
from numpy.typing import NDArray

from provenance.index.columns import Column
from provenance.reports import Quote
from provenance.text import Tokenizer, Tokens

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

# Bounds what a forged block unpacks to. One that we wrote has 16,384 characters, or one word of up to a million.
_LARGEST_BLOCK = 1 << 23
_DECODED_BLOCKS = 256


@dataclass(frozen=True, slots=True)
class TextBlock:
    """A compressed piece of a work's text, which begins at a token and a character of the work."""

    token: int
    character: int
    data: bytes


def compress_blocks(blocks: Iterable[tuple[str, NDArray[np.uint16]]]) -> Iterator[TextBlock]:
    """Yield the blocks of a work as they are stored; they are given as texts with their tokens."""
    token, character = 0, 0
    compressor = zstd.ZstdCompressor()
    for block, ids in blocks:
        # Lone surrogates, which JSON can bring, are no UTF-8; they must come back as they were.
        data = compressor.compress(block.encode("utf-8", "surrogatepass"), zstd.ZstdCompressor.FLUSH_FRAME)
        yield TextBlock(token, character, data)
        token, character = token + len(ids), character + len(block)


class InconsistentError(ValueError):
    """Blocks of text that contradict each other, or the rest of their segment."""


@dataclass(frozen=True, slots=True)
class _Block:
    text: str
    tokens: Tokens


class KeptText:
    """The texts of a segment's works.

    Args:
        tokens: the section `block_tokens`.
        characters: the section `block_chars`.
        places: the section `block_bytes`.
        text: the section `text`.

    Raises:
        InconsistentError: from every method, where these contradict each other.
        IndexError: from every method but `verify`, where they contradict the rest of the segment.
        ValueError: likewise.
    """

    def __init__(self, tokens: Column, characters: Column, places: Column, text: Column) -> None:
        self._columns, self._text = (tokens, characters, places), text
        self._block = lru_cache(maxsize=_DECODED_BLOCKS)(self._decode_block)

    @cached_property
    def _block_table(self) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
        tokens, characters, places = (column[:].astype(np.int64) for column in self._columns)
        ascending = (np.diff(tokens) >= 0).all() and (np.diff(places) >= 0).all()
        if not ascending or not len(tokens) == len(characters) == len(places) - 1 or places[-1] != len(self._text):
            raise InconsistentError("the blocks of text do not follow each other")
        return tokens, characters, places

    @cached_property
    def _first_blocks(self) -> NDArray[np.int64]:
        """The first block of text of each work, and the number of blocks, int64 (w + 1,)."""
        characters = self._block_table[1]
        # A work begins where the characters begin anew. Tokens would not tell: a block may be without any.
        return np.append(np.flatnonzero(characters == 0), len(characters))

    def of_work(self, ordinal: int, base: int) -> Iterator[TextBlock]:
        """Yield the blocks of a work that begins at the token `base` of the segment."""
        tokens, characters, _ = self._block_table
        first, end = self._first_blocks[ordinal : ordinal + 2].tolist()
        for block in range(first, end):
            yield TextBlock(int(tokens[block]) - base, int(characters[block]), self._block_bytes(block))

    def span(self, first: int, end: int, tokenizer: Tokenizer) -> tuple[int, int]:
        """Return the code-point offsets in its work of a run of tokens of the segment."""
        return self._token_span(first, tokenizer)[0], self._token_span(end - 1, tokenizer)[1]

    def quote(self, first: int, end: int, tokenizer: Tokenizer, around: int) -> Quote:
        """Return the text of a run of tokens, with up to `around` characters of its blocks on both sides."""
        start, stop = self.span(first, end, tokenizer)
        blocks = range(self._block_of(first), self._block_of(end - 1) + 1)
        text = "".join(self._block(block, tokenizer).text for block in blocks)
        offset = int(self._block_table[1][blocks[0]])
        start, stop = start - offset, stop - offset
        return Quote(prefix=text[max(0, start - around) : start], exact=text[start:stop], suffix=text[stop:][:around])

    def _token_span(self, token: int, tokenizer: Tokenizer) -> tuple[int, int]:
        """Return the offsets in its work of one token of the segment."""
        block = self._block_of(token)
        first_tokens, first_characters, _ = self._block_table
        tokens = self._block(block, tokenizer).tokens
        within, offset = token - int(first_tokens[block]), int(first_characters[block])
        return offset + int(tokens.starts[within]), offset + int(tokens.ends[within])

    def _block_of(self, token: int) -> int:
        return int(np.searchsorted(self._block_table[0], token, side="right")) - 1

    def _decode_block(self, block: int, tokenizer: Tokenizer) -> _Block:
        text = self._read_text(block)
        return _Block(text, tokenizer.encode_with_offsets(text))

    def _read_text(self, block: int) -> str:
        decompressor = zstd.ZstdDecompressor()
        try:
            text = decompressor.decompress(self._block_bytes(block), _LARGEST_BLOCK)
        except zstd.ZstdError as error:
            raise InconsistentError("a block of text cannot be unpacked") from error
        # Without an end of frame, the limit was reached or the data ended too early.
        if not decompressor.eof:
            raise InconsistentError("a block of text is not whole, or too large")
        try:
            return text.decode("utf-8", "surrogatepass")
        except UnicodeDecodeError as error:
            raise InconsistentError("a block of text is not UTF-8") from error

    def verify(self, starts: NDArray[np.int64], tokenizer: Tokenizer | None = None) -> None:
        """Unpack everything, and check that the blocks are as long as they are said to be.

        Args:
            starts: the token at which each work begins, and the number of tokens.
            tokenizer: counts the tokens of each block too, which takes longer than all else.

        Raises:
            InconsistentError: something does not fit.
        """
        tokens, characters, _ = self._block_table
        if not np.array_equal(tokens[self._first_blocks[:-1]], starts[:-1]):
            raise InconsistentError("the blocks of text are not those of the works")
        texts = map(self._read_text, range(len(characters)))
        if tokenizer is None:
            lengths = np.array([len(text) for text in texts], np.int64)
        else:
            pairs = [(len(text), len(tokenizer.encode_with_offsets(text))) for text in texts]
            lengths, counts = np.array(pairs, np.int64).reshape(-1, 2).T
            if not np.array_equal(counts, np.diff(tokens, append=starts[-1])):
                raise InconsistentError("the blocks of text do not have the tokens of their works")
        follows = characters[1:] != 0
        if (lengths[:-1][follows] != np.diff(characters)[follows]).any():
            raise InconsistentError("the blocks of text do not follow each other")

    def _block_bytes(self, block: int) -> bytes:
        begin, end = self._block_table[2][block : block + 2].tolist()
        return self._text[begin:end].tobytes()
