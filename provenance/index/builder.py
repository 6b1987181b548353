"""How does a batch of works become one segment file?

`build_segment` is the unit of work: the same function runs in this process, in a worker process and in a cluster's
task. It knows nothing of the catalogue; what it returns is what the catalogue needs to register the file.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
import xxhash
from numpy.typing import NDArray

from provenance.errors import UsageError
from provenance.index import format as layout
from provenance.models import Document, Keep
from provenance.shingles import GUARANTEE, Anchors, thin, winnow
from provenance.text import Tokenizer

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

TEXT_BLOCK = 1 << 14
"""Characters of text that are compressed together, and read together when a passage's context is shown."""
LONGEST_SEGMENT = 1 << 31
_CANARIES = 8
_POSTINGS_PER_PREFIX = 8


@dataclass(frozen=True, slots=True)
class Built:
    """One document of a built segment.

    Attributes:
        ordinal: its place in the segment; None where it was too short to be winnowed and lives as a phrase.
        tokens, characters: its length. phrase, text: its tokens, little-endian uint16, and text where it is a phrase.
    """

    ordinal: int | None
    tokens: int
    characters: int
    phrase: bytes | None = None
    text: str | None = None


@dataclass(frozen=True, slots=True)
class SegmentSummary:
    """What `build_segment` made.

    Attributes:
        path: the file; None where every document was a phrase, or had no words, and no file was written.
        works, tokens, size, digest: of the file. documents: one for each document, in order.
        canaries: (fingerprint, position) pairs that a sound segment must find.
    """

    path: Path | None
    works: int
    tokens: int
    size: int
    digest: str
    documents: tuple[Built, ...]
    canaries: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class TextBlock:
    """A compressed piece of a work's text, which begins at a token and a character of the work."""

    token: int
    character: int
    data: bytes


def build_segment(
    documents: Iterable[Document], path: Path, *, tokenizer: Tokenizer, keep: Keep = Keep.TEXT
) -> SegmentSummary:
    """Write the segment of some documents to `path`, durably, and say what is in it.

    Memory: about 20 bytes for each token of the batch, plus one document. The file appears under its name only when it
    is whole.

    Raises:
        UsageError: the keep level is not supported, or the batch is too large for one segment.
        OSError: the file cannot be written; nothing is left behind.
    """
    if keep is Keep.FINGERPRINTS:
        raise UsageError("keep=fingerprints is not supported yet; use tokens (no readable text is kept) or text")
    with _written(path, tokenizer.digest, keep) as writer:
        built = tuple(_add(writer, document.text, tokenizer) for document in documents)
    return writer.summary(path, built)


def copy_segment(
    contents: Iterable[tuple[NDArray[np.uint16], Iterable[TextBlock]]], path: Path, *, tokenizer_digest: str, keep: Keep
) -> SegmentSummary:
    """Write the segment of some contents of other segments, as `Segment.content` gives them, to `path`.

    Memory, durability and errors are those of `build_segment`; the summary lists no documents.
    """
    with _written(path, tokenizer_digest, keep) as writer:
        for tokens, blocks in contents:
            writer.add(tokens, blocks)
    return writer.summary(path, ())


@contextmanager
def _written(path: Path, tokenizer_digest: str, keep: Keep) -> Iterator[_Writer]:
    """Give a writer, and put its file in place when it is whole; a file without works is left out."""
    building = path.with_suffix(".building")
    try:
        with building.open("wb") as file:
            writer = _Writer(file, tokenizer_digest, keep)
            yield writer
            if writer.works:
                writer.finish()
                os.fsync(file.fileno())
        if writer.works:
            building.replace(path)
    finally:
        building.unlink(missing_ok=True)


def _add(writer: _Writer, text: str, tokenizer: Tokenizer) -> Built:
    """Take one document's text in, or say that it is a phrase."""
    blocks = list(tokenizer.encode_blocks(text, TEXT_BLOCK))
    tokens = np.concatenate([ids for _, ids in blocks])
    if len(tokens) < GUARANTEE:
        return Built(None, len(tokens), len(text), tokens.astype("<u2").tobytes(), text)
    return Built(writer.add(tokens, _compressed(blocks)), len(tokens), len(text))


def _compressed(blocks: Iterable[tuple[str, NDArray[np.uint16]]]) -> Iterator[TextBlock]:
    token, character = 0, 0
    compressor = zstd.ZstdCompressor()
    for block, ids in blocks:
        data = compressor.compress(block.encode("utf-8", "surrogatepass"), zstd.ZstdCompressor.FLUSH_FRAME)
        yield TextBlock(token, character, data)
        token, character = token + len(ids), character + len(block)


class _Writer:
    """Collects works and writes the sections; text goes to the file at once, the rest when all works are in."""

    def __init__(self, file: BinaryIO, tokenizer_digest: str, keep: Keep) -> None:
        self._file, self._tokenizer_digest, self._keep = file, tokenizer_digest, keep
        self._sections: dict[str, layout.Section] = {}
        self._starts = [0]
        self._tokens: list[NDArray[np.uint16]] = []
        self._fingerprints: list[NDArray[np.uint64]] = []
        self._positions: list[NDArray[np.uint32]] = []
        self._blocks: list[tuple[int, int, int]] = []
        self._text_bytes = 0
        self._text_checksum = xxhash.xxh3_64()
        self._sorted = Anchors(np.empty(0, np.uint64), np.empty(0, np.int64))
        self._size, self._digest = 0, ""
        file.write(layout.header())

    @property
    def works(self) -> int:
        return len(self._starts) - 1

    @property
    def tokens(self) -> int:
        return self._starts[-1]

    def add(self, tokens: NDArray[np.uint16], blocks: Iterable[TextBlock]) -> int:
        """Take in a work's tokens, and its text where that is kept; return its ordinal."""
        if self.tokens + len(tokens) > LONGEST_SEGMENT:
            raise UsageError(f"a segment holds at most {LONGEST_SEGMENT:,} tokens; give build_segment fewer documents")
        anchors = thin(winnow(tokens))
        self._fingerprints.append(anchors.fingerprints)
        self._positions.append((anchors.positions + self.tokens).astype(np.uint32))
        if self._keep is Keep.TEXT:
            self._write_text(blocks)
        self._tokens.append(tokens)
        self._starts.append(self.tokens + len(tokens))
        return self.works - 1

    def _write_text(self, blocks: Iterable[TextBlock]) -> None:
        for block in blocks:
            self._blocks.append((self.tokens + block.token, block.character, self._text_bytes))
            self._file.write(block.data)
            self._text_checksum.update(block.data)
            self._text_bytes += len(block.data)

    def finish(self) -> None:
        """Write everything that is left."""
        if self._keep is Keep.TEXT:
            self._sections["text"] = layout.Section(
                layout.HEADER.size, self._text_bytes, self._text_checksum.intdigest()
            )
            table = np.array([*self._blocks, (0, 0, self._text_bytes)], np.uint64)
            self._write("block_tokens", table[:-1, 0])
            self._write("block_chars", table[:-1, 1])
            self._write("block_bytes", table[:, 2])
        prefix_bits = self._write_postings()
        self._write("starts", np.array(self._starts, np.uint32))
        self._write("tokens", np.concatenate(self._tokens))
        footer = layout.Footer(
            self._tokenizer_digest, self._keep, self.works, self.tokens, prefix_bits, self._sections
        ).to_bytes()
        self._pad()
        self._file.write(footer)
        self._file.write(layout.tail(footer))
        self._file.flush()
        self._size, self._digest = self._file.tell(), f"{layout.checksum(layout.header() + footer):016x}"

    def summary(self, path: Path, documents: tuple[Built, ...]) -> SegmentSummary:
        """Return what has become of the file at `path`."""
        if not self.works:
            return SegmentSummary(None, 0, 0, 0, "", documents, ())
        return SegmentSummary(path, self.works, self.tokens, self._size, self._digest, documents, self._canaries())

    def _write_postings(self) -> int:
        fingerprints, positions = np.concatenate(self._fingerprints), np.concatenate(self._positions)
        self._fingerprints, self._positions = [], []
        order = np.argsort(fingerprints, kind="stable")
        fingerprints, positions = fingerprints[order], positions[order]
        self._sorted = Anchors(fingerprints, positions.astype(np.int64))
        bits = prefix_bits_for(len(fingerprints))
        prefixes = np.arange(1 << bits, dtype=np.uint64) << np.uint64(64 - bits)
        directory = np.append(np.searchsorted(fingerprints, prefixes), len(fingerprints))
        self._write("directory", directory)
        self._write("residuals", residuals(fingerprints, bits))
        self._write("positions", positions)
        return bits

    def _canaries(self) -> tuple[tuple[int, int], ...]:
        """Return some postings, spread over the fingerprints."""
        chosen = np.linspace(0, len(self._sorted) - 1, _CANARIES).astype(np.int64)
        pairs = zip(self._sorted.fingerprints[chosen].tolist(), self._sorted.positions[chosen].tolist(), strict=True)
        return tuple(dict.fromkeys(pairs))

    def _write(self, name: str, values: NDArray[np.generic]) -> None:
        self._pad()
        data = np.ascontiguousarray(values, layout.DTYPES[name])
        self._sections[name] = layout.Section(self._file.tell(), data.nbytes, layout.checksum(data.data.cast("B")))
        self._file.write(data.data)

    def _pad(self) -> None:
        self._file.write(bytes(-self._file.tell() % layout.ALIGNMENT))


def prefix_bits_for(postings: int) -> int:
    """Return how many bits of a fingerprint the directory resolves, so that a prefix has about 8 postings."""
    return max(4, min(28, (postings // _POSTINGS_PER_PREFIX).bit_length()))


def residuals(fingerprints: NDArray[np.uint64], prefix_bits: int) -> NDArray[np.uint16]:
    """Return the 16 bits of each fingerprint after its prefix, uint16."""
    return ((fingerprints << np.uint64(prefix_bits)) >> np.uint64(48)).astype(np.uint16)
