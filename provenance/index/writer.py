"""Writer of segment files.

`build_segment` is the unit of work: the same function runs in this process, in a worker process and in a cluster's
task. It knows nothing of the catalogue; what it returns is what the catalogue needs to register the file.

An example: of documents with 120, 9 and 180 tokens the first and the third become the works 0 and 1 of the segment,
with `starts` 0 120 300; an anchor at token 10 of the third is stored at position 130. The second has fewer tokens than
`LEAST_SAMPLED`, so the summary returns it as a phrase, and nothing of it is in the file.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from provenance.errors import UsageError
from provenance.fingerprints import SAMPLINGS, Anchors, Sampling, phrase_fingerprint, thin, winnow
from provenance.index import format as layout
from provenance.index.postings import (
    cut_fingerprints,
    in_order,
    prefix_bits_for,
    residuals,
    rest_byte,
    rest_bytes_for,
    stored_bits,
)
from provenance.index.sketch import sketch
from provenance.index.text_blocks import TextBlock, compress_blocks
from provenance.text import Tokenizer
from provenance.thresholds import LEAST_SAMPLED
from provenance.works import Document, Keep, Sensitivity

TEXT_BLOCK = 1 << 14
"""Characters of text that are compressed together, and read together when a passage's context is shown."""
LONGEST_SEGMENT = (1 << 32) - 1
"""In tokens: positions, and the end of the last work, are u32."""
_CANARIES = 8


@dataclass(frozen=True, slots=True)
class Built:
    """One document of a built segment.

    Attributes:
        ordinal: its number in the segment; None where it is too short to be winnowed, and becomes a phrase.
        tokens: its length.
        characters: its length.
        phrase: the tokens of a phrase, little-endian uint16.
        text: the text of a phrase.
        fingerprint: that of a phrase whose tokens and text are not kept.
        sketch: that of its anchors; a phrase has none.
    """

    ordinal: int | None
    tokens: int
    characters: int
    phrase: bytes | None = None
    text: str | None = None
    fingerprint: int | None = None
    sketch: bytes | None = None


@dataclass(frozen=True, slots=True)
class SegmentSummary:
    """What `build_segment` made.

    Attributes:
        path: the file; None where every document was a phrase, or had no words, and no file was written.
        works: their number in the file.
        tokens: their number in the file.
        size: of the file, in bytes.
        digest: the checksum of the file's header and footer.
        documents: one for each document, in order.
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
class Content:
    """What a segment holds of a work, for a copy in another segment.

    Attributes:
        length: in tokens.
        anchors: those that the index stores.
        tokens: uint16 (length,), and none where only fingerprints are kept.
        blocks: its text, if that is kept.
    """

    length: int
    anchors: Anchors
    tokens: NDArray[np.uint16]
    blocks: Iterable[TextBlock] = ()


def build_segment(
    documents: Iterable[Document],
    path: Path,
    *,
    tokenizer: Tokenizer,
    keep: Keep = Keep.TEXT,
    sensitivity: Sensitivity | None = None,
) -> SegmentSummary:
    """Write the segment of some documents to `path`, durably, and return a summary of it.

    Memory: about 20 bytes for each token of the batch, plus one document. The file appears under its name only when it
    is whole.

    Raises:
        UsageError: the batch is too large for one segment.
        OSError: the file cannot be written; nothing is left behind.
    """
    with _open_writer(path, tokenizer.digest, keep, SAMPLINGS[sensitivity or keep.sensitivity]) as writer:
        built = tuple(_add_document(writer, document.text, tokenizer) for document in documents)
    return writer.summary(path, built)


def copy_segment(
    contents: Iterable[Content], path: Path, *, tokenizer_digest: str, keep: Keep, sampling: Sampling
) -> SegmentSummary:
    """Write the segment of some contents of other segments of this keep level, as `Segment.content` gives them.

    Memory, durability and errors are those of `build_segment`; the summary lists no documents.
    """
    with _open_writer(path, tokenizer_digest, keep, sampling) as writer:
        for content in contents:
            writer.add(content)
    return writer.summary(path, ())


@contextmanager
def _open_writer(path: Path, tokenizer_digest: str, keep: Keep, sampling: Sampling) -> Iterator[_Writer]:
    """Give a writer, and put its file in place when it is whole; a file without works is not written."""
    # Under another name until it is whole: a process that is killed leaves no half of a segment under a right name.
    building = path.with_suffix(".building")
    try:
        with building.open("wb") as file:
            writer = _Writer(file, tokenizer_digest, keep, sampling)
            yield writer
            if writer.works:
                writer.finish()
                os.fsync(file.fileno())
        if writer.works:
            building.replace(path)
    finally:
        building.unlink(missing_ok=True)


def _add_document(writer: _Writer, text: str, tokenizer: Tokenizer) -> Built:
    """Add the text of a document to the segment, unless it is a phrase."""
    # A function, so that the blocks of one document are freed before the next is read.
    blocks = list(tokenizer.encode_blocks(text, TEXT_BLOCK))
    tokens = np.concatenate([ids for _, ids in blocks])
    if len(tokens) >= LEAST_SAMPLED:
        anchors = thin(winnow(tokens, writer.sampling), writer.sampling.w)
        content = Content(len(tokens), anchors, tokens, compress_blocks(blocks))
        numbers = sketch(anchors, tokens)
        return Built(writer.add(content), len(tokens), len(text), sketch=numbers)
    if writer.keep is Keep.FINGERPRINTS:
        return Built(None, len(tokens), len(text), fingerprint=phrase_fingerprint(tokens))
    return Built(None, len(tokens), len(text), tokens.astype("<u2").tobytes(), text)


class _Writer:
    """Collects works and writes the sections; text goes to the file at once, the rest when all works are in."""

    def __init__(self, file: BinaryIO, tokenizer_digest: str, keep: Keep, sampling: Sampling) -> None:
        self._file, self._tokenizer_digest = file, tokenizer_digest
        self.keep, self.sampling = keep, sampling
        self._sections: dict[str, layout.Section] = {}
        self._checksums: list[NDArray[np.uint64]] = []
        self._starts = [0]
        self._tokens: list[NDArray[np.uint16]] = []
        self._fingerprints: list[NDArray[np.uint64]] = []
        self._positions: list[NDArray[np.uint32]] = []
        self._blocks: list[tuple[int, int, int]] = []
        self._text = _StreamedSection(file)
        self._canaries: tuple[tuple[int, int], ...] = ()
        self._size, self._digest = 0, ""
        file.write(layout.header())

    @property
    def works(self) -> int:
        return len(self._starts) - 1

    @property
    def tokens(self) -> int:
        return self._starts[-1]

    def add(self, content: Content) -> int:
        """Add a work, as far as it is to be kept; return its ordinal."""
        if self.tokens + content.length > LONGEST_SEGMENT:
            raise UsageError(f"a segment holds at most {LONGEST_SEGMENT:,} tokens; give build_segment fewer documents")
        self._fingerprints.append(content.anchors.fingerprints)
        self._positions.append((content.anchors.positions + self.tokens).astype(np.uint32))
        if self.keep is Keep.TEXT:
            for block in content.blocks:
                self._blocks.append((self.tokens + block.token, block.character, self._text.length))
                self._text.write(block.data)
        if self.keep is not Keep.FINGERPRINTS:
            self._tokens.append(content.tokens)
        self._starts.append(self.tokens + content.length)
        return self.works - 1

    def finish(self) -> None:
        """Write everything that is left."""
        if self.keep is Keep.TEXT:
            # The text was written as it came, right after the header, and is the first section.
            self._sections["text"] = layout.Section(layout.HEADER.size, self._text.length)
            self._checksums.append(self._text.checksums())
            table = np.array([*self._blocks, (0, 0, self._text.length)], np.uint64)
            self._write_section("block_tokens", table[:-1, 0])
            self._write_section("block_chars", table[:-1, 1])
            self._write_section("block_bytes", table[:, 2])
        prefix_bits = self._write_postings()
        self._write_section("starts", np.array(self._starts, np.uint32))
        if self.keep is not Keep.FINGERPRINTS:
            tokens = np.concatenate(self._tokens)
            counts = np.bincount(tokens)
            seen = np.flatnonzero(counts)
            self._write_section("tokens", tokens)
            self._write_section("seen", seen)
            self._write_section("counts", counts[seen])
        self._write_end(prefix_bits)

    def summary(self, path: Path, documents: tuple[Built, ...]) -> SegmentSummary:
        """Return the summary of the file, which is now at `path`; to be called after `finish`."""
        if not self.works:
            return SegmentSummary(None, 0, 0, 0, "", documents, ())
        canaries = tuple(dict.fromkeys(self._canaries))
        return SegmentSummary(path, self.works, self.tokens, self._size, self._digest, documents, canaries)

    def _write_postings(self) -> int:
        """Write the postings in order of all that is stored of their fingerprints; return the prefix bits."""
        fingerprints, positions = np.concatenate(self._fingerprints), np.concatenate(self._positions)
        self._fingerprints, self._positions = [], []  # frees the pieces before the sort makes copies
        if self.keep is Keep.FINGERPRINTS:
            fingerprints = cut_fingerprints(fingerprints)
        bits = prefix_bits_for(len(fingerprints), self.keep)
        # A stable order, so that the positions of one fingerprint ascend.
        order = in_order(fingerprints, stored_bits(bits, self.keep))
        fingerprints, positions = fingerprints.take(order), positions.take(order)
        chosen = np.linspace(0, len(order) - 1, _CANARIES).astype(np.int64)
        self._canaries = tuple(zip(fingerprints[chosen].tolist(), positions[chosen].tolist(), strict=True))
        sizes = np.bincount((fingerprints >> np.uint64(64 - bits)).view(np.int64), minlength=1 << bits)
        self._write_section("directory", np.concatenate(([0], sizes.cumsum())))
        self._write_section("residuals", residuals(fingerprints, bits))
        if self.keep is Keep.FINGERPRINTS:
            # By planes: the first byte of every posting, then the second, so that a look-up compares one at a time.
            planes = [rest_byte(fingerprints, bits, plane) for plane in range(rest_bytes_for(bits))]
            self._write_section("rests", np.concatenate([np.empty(0, np.uint8), *planes]))
        self._write_section("positions", positions)
        return bits

    def _write_section(self, name: str, values: NDArray[np.generic]) -> None:
        self._align()
        data = np.ascontiguousarray(values, layout.DTYPES[name]).data.cast("B")
        self._sections[name] = layout.Section(self._file.tell(), len(data))
        self._checksums.append(layout.block_checksums(data))
        self._file.write(data)

    def _write_end(self, prefix_bits: int) -> None:
        """Write the checksums of all sections, the footer and the tail."""
        checksums = np.concatenate(self._checksums).astype("<u8").tobytes()
        self._align()
        self._sections["checksums"] = layout.Section(self._file.tell(), len(checksums))
        self._file.write(checksums)
        words = layout.Stream(self.sampling.n, self.sampling.w, prefix_bits)
        footer = layout.Footer(
            self._tokenizer_digest, self.keep, self.works, self.tokens, {layout.WORDS: words}, self._sections,
            layout.checksum(checksums),
        )  # fmt: skip
        data = footer.to_bytes()
        self._align()
        self._file.write(data)
        self._file.write(layout.tail(data))
        self._file.flush()
        self._size, self._digest = self._file.tell(), f"{layout.checksum(layout.header() + data):016x}"

    def _align(self) -> None:
        self._file.write(bytes(-self._file.tell() % layout.ALIGNMENT))


class _StreamedSection:
    """A section that is written piece by piece, without being held in memory."""

    def __init__(self, file: BinaryIO) -> None:
        self._file, self._unfinished = file, bytearray()  # the block that is not full yet, to be checksummed when it is
        self._checksums: list[NDArray[np.uint64]] = []
        self.length = 0

    def write(self, data: bytes) -> None:
        """Append to it."""
        self._file.write(data)
        self.length += len(data)
        self._unfinished += data
        whole = len(self._unfinished) // layout.BLOCK * layout.BLOCK
        if whole:
            self._checksums.append(layout.block_checksums(memoryview(bytes(self._unfinished[:whole]))))
            del self._unfinished[:whole]

    def checksums(self) -> NDArray[np.uint64]:
        """Return the checksum of each block of it."""
        return np.concatenate([*self._checksums, layout.block_checksums(memoryview(bytes(self._unfinished)))])
