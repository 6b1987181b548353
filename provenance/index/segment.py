"""What does a segment file hold, and where does it hold these fingerprints?

The reader of the layout in `format`. A segment is immutable: any number of threads and processes may map it at once.
"""

from __future__ import annotations

import mmap
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from provenance.errors import SegmentError, TokenizerMismatchError
from provenance.index import format as layout
from provenance.index.builder import TextBlock, prefix_bits_for, residuals
from provenance.models import Keep
from provenance.text import Tokenizer, Tokens

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

_LARGEST_BLOCK = 1 << 23
_DECODED_BLOCKS = 256


@dataclass(frozen=True, slots=True)
class Postings:
    """Where some fingerprints occur in a segment.

    Attributes:
        queries: int64 (h,), ascending: which of the fingerprints asked for. positions: int64 (h,), the token.
    """

    queries: NDArray[np.int64]
    positions: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class _Block:
    text: str
    tokens: Tokens


class Segment:
    """One open segment file.

    Args:
        path: the file. tokenizer_digest: the SHA-256 of the tokenizer in use.

    Attributes:
        footer: what the file says of itself. digest: the checksum of header and footer, which covers those of all
            sections: the same as in the `SegmentSummary`.

    Raises:
        SegmentError: the file is missing, cut short, of another format or damaged.
        TokenizerMismatchError: it was built with another tokenizer.
    """

    def __init__(self, path: Path, *, tokenizer_digest: str) -> None:
        self.name = path.name
        self._map = _mapped(path)
        self.footer, self.digest = self._read_footer()
        if self.footer.tokenizer != tokenizer_digest:
            raise TokenizerMismatchError(
                f"segment {self.name} was built with tokenizer {self.footer.tokenizer[:12]}…, this release has "
                f"{tokenizer_digest[:12]}…: use the release that wrote it, or ingest the works into a new database"
            )
        self._decode_block = lru_cache(maxsize=_DECODED_BLOCKS)(self._decode_block_uncached)

    def _read_footer(self) -> tuple[layout.Footer, str]:
        size, least = len(self._map), layout.HEADER.size + layout.TAIL.size
        if size < least:
            raise layout.damaged(self.name, f"it is {size:,} bytes long, shorter than any segment")
        layout.check_header(self._map[: layout.HEADER.size], self.name)
        length, checksum, zeros, magic = layout.TAIL.unpack(self._map[size - layout.TAIL.size :])
        if magic != layout.TAIL_MAGIC or zeros or length > min(layout.LONGEST_FOOTER, size - least):
            raise layout.damaged(self.name, "its end is missing or has something after it")
        footer = self._map[size - layout.TAIL.size - length : size - layout.TAIL.size]
        if layout.checksum(layout.header() + footer) != checksum:
            raise layout.damaged(self.name, "the checksum of its footer does not match")
        try:
            read = layout.Footer.from_bytes(footer)
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            raise layout.damaged(self.name, f"its footer cannot be read ({error})") from error
        self._check_shape(read, size - layout.TAIL.size - length)
        return read, f"{checksum:016x}"

    def _check_shape(self, footer: layout.Footer, end: int) -> None:
        reached = layout.HEADER.size
        for name, section in footer.sections.items():
            width = np.dtype(layout.DTYPES.get(name, "u1")).itemsize
            outside = section.offset < 0 or section.length < 0 or section.offset + section.length > end
            if outside or section.length % width or section.offset % width:
                raise layout.damaged(self.name, f"its section {name} does not fit into the file")
            reached = max(reached, section.offset + section.length)
        if not 0 <= end - reached < layout.ALIGNMENT:
            raise layout.damaged(self.name, "there is something between its sections and its footer")
        missing = [name for name in layout.REQUIRED if name not in footer.sections]
        if missing:
            raise layout.damaged(self.name, f"it has no section {missing[0]}")
        postings = footer.sections["positions"].length // 4
        directory = 4 * ((1 << prefix_bits_for(postings)) + 1)
        if (
            footer.prefix_bits != prefix_bits_for(postings)
            or footer.sections["directory"].length != directory
            or footer.sections["residuals"].length != 2 * postings
        ):
            raise layout.damaged(self.name, "its directory does not fit its postings")

    def _section(self, name: str) -> NDArray[np.generic]:
        section = self.footer.sections[name]
        view = memoryview(self._map)[section.offset : section.offset + section.length]
        if layout.checksum(view) != section.checksum:
            raise layout.damaged(self.name, f"the checksum of its section {name} does not match")
        return np.frombuffer(view, layout.DTYPES[name])

    @cached_property
    def starts(self) -> NDArray[np.uint32]:
        """The token at which each work begins, and the number of tokens, uint32 (w + 1,)."""
        return self._section("starts").astype(np.uint32, copy=False)

    @cached_property
    def tokens(self) -> NDArray[np.uint16]:
        """All tokens, uint16 (t,)."""
        return self._section("tokens").astype(np.uint16, copy=False)

    @cached_property
    def _directory(self) -> NDArray[np.uint32]:
        return self._section("directory").astype(np.uint32, copy=False)

    @cached_property
    def _residuals(self) -> NDArray[np.uint16]:
        return self._section("residuals").astype(np.uint16, copy=False)

    @cached_property
    def _positions(self) -> NDArray[np.uint32]:
        return self._section("positions").astype(np.uint32, copy=False)

    @cached_property
    def _blocks(self) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
        tokens, chars, places = (
            self._section(name).astype(np.int64) for name in ("block_tokens", "block_chars", "block_bytes")
        )
        return tokens, chars, places

    @cached_property
    def _text(self) -> NDArray[np.uint8]:
        return self._section("text").astype(np.uint8, copy=False)

    def find(self, fingerprints: NDArray[np.uint64]) -> Postings:
        """Return all postings of some fingerprints, uint64 (q,), all looked up at once.

        Two fingerprints that differ only in the bits not stored are taken for one (about once in 10,000 look-ups);
        whoever asks compares the tokens.
        """
        bits = self.footer.prefix_bits
        prefixes = (fingerprints >> np.uint64(64 - bits)).view(np.int64)
        begins = self._directory.take(prefixes).astype(np.int64)
        counts = self._directory.take(prefixes + 1) - begins
        ends = counts.cumsum()
        places = np.arange(ends[-1] if len(ends) else 0) + (begins + counts - ends).repeat(counts)
        equal = (self._residuals.take(places) == residuals(fingerprints, bits).repeat(counts)).nonzero()[0]
        queries = ends.searchsorted(equal, side="right")
        return Postings(queries, self._positions.take(places.take(equal)).astype(np.int64))

    def ordinals(self, positions: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return which work each token position belongs to, int64, same shape."""
        return np.searchsorted(self.starts, positions, side="right").astype(np.int64) - 1

    def content(self, ordinal: int) -> tuple[NDArray[np.uint16], Iterator[TextBlock]]:
        """Return a work's tokens, uint16 (t,), and its blocks of text, of which there are none where it is not kept."""
        tokens = self.tokens[int(self.starts[ordinal]) : int(self.starts[ordinal + 1])]
        return tokens, self._text_of(ordinal) if self.footer.keep is Keep.TEXT else iter(())

    def _text_of(self, ordinal: int) -> Iterator[TextBlock]:
        tokens, chars, places = self._blocks
        base = int(self.starts[ordinal])
        first, end = self._first_blocks[ordinal : ordinal + 2].tolist()
        for block in range(first, end):
            data = self._text[int(places[block]) : int(places[block + 1])].tobytes()
            yield TextBlock(int(tokens[block]) - base, int(chars[block]), data)

    @cached_property
    def _first_blocks(self) -> NDArray[np.int64]:
        """The first block of text of each work, and the number of blocks, int64 (w + 1,).

        Told by the character and not by the token, since a block may have no token.
        """
        chars = self._blocks[1]
        return np.append(np.flatnonzero(chars == 0), len(chars))

    def span(self, ordinal: int, token_start: int, token_end: int, tokenizer: Tokenizer) -> tuple[int, int] | None:
        """Return the code-point offsets in a work of a run of its tokens; None where its text is not kept."""
        if self.footer.keep is not Keep.TEXT:
            return None
        base = int(self.starts[ordinal])
        start, _ = self._place(base + token_start, tokenizer)
        _, end = self._place(base + token_end - 1, tokenizer)
        return start, end

    def _place(self, token: int, tokenizer: Tokenizer) -> tuple[int, int]:
        """Return the offsets in its work of one token of the segment."""
        block = self._block_of(token)
        first_tokens, first_chars, _ = self._blocks
        tokens = self._decode_block(block, tokenizer).tokens
        within, offset = token - int(first_tokens[block]), int(first_chars[block])
        return offset + int(tokens.starts[within]), offset + int(tokens.ends[within])

    def excerpt(self, ordinal: int, token_start: int, token_end: int, tokenizer: Tokenizer, *, around: int = 0) -> str:
        """Return the text of a run of a work's tokens, with up to `around` characters of its blocks on both sides.

        Raises:
            SegmentError: the text is not kept.
        """
        if self.footer.keep is not Keep.TEXT:
            raise SegmentError(f"segment {self.name} does not keep text; ingest the works with --keep text")
        base = int(self.starts[ordinal])
        first = self._block_of(base + token_start)
        last = self._block_of(base + token_end - 1)
        text = "".join(self._decode_block(block, tokenizer).text for block in range(first, last + 1))
        offset = int(self._blocks[1][first])
        start, _ = self._place(base + token_start, tokenizer)
        _, end = self._place(base + token_end - 1, tokenizer)
        return text[max(0, start - offset - around) : end - offset + around]

    def _block_of(self, token: int) -> int:
        return int(np.searchsorted(self._blocks[0], token, side="right")) - 1

    def _decode_block_uncached(self, block: int, tokenizer: Tokenizer) -> _Block:
        _, _, places = self._blocks
        data = self._text[int(places[block]) : int(places[block + 1])].tobytes()
        text = zstd.ZstdDecompressor().decompress(data, _LARGEST_BLOCK).decode("utf-8", "surrogatepass")
        return _Block(text, tokenizer.encode_with_offsets(text))

    def verify(self) -> None:
        """Check every section's checksum and that the sections fit each other.

        Raises:
            SegmentError: something is damaged.
        """
        for name in self.footer.sections:
            self._section(name)
        consistent = (
            len(self.starts) == self.footer.works + 1
            and int(self.starts[-1]) == self.footer.tokens == len(self.tokens)
            and int(self._directory[-1]) == len(self._positions) == len(self._residuals)
        )
        if not consistent:
            raise layout.damaged(self.name, "its sections do not fit each other")

    def has(self, canaries: Iterable[tuple[int, int]]) -> bool:
        """Are all these (fingerprint, position) pairs found?"""
        pairs = list(canaries)
        if not pairs:
            return True
        found = self.find(np.array([fingerprint for fingerprint, _ in pairs], np.uint64))
        wanted = np.array([position for _, position in pairs])
        return set(found.queries[found.positions == wanted[found.queries]].tolist()) == set(range(len(pairs)))


def _mapped(path: Path) -> mmap.mmap:
    try:
        with path.open("rb") as file:
            return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    except FileNotFoundError:
        raise SegmentError(
            f"segment {path.name} is missing from {path.parent}: restore it from a backup, or ingest its works again"
        ) from None
    except ValueError:
        raise layout.damaged(path.name, "it is empty") from None
    except OSError as error:
        raise SegmentError(f"segment {path} cannot be read: {error.strerror}") from error
