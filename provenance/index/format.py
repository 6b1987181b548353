"""Layout of the bytes of a segment file, and its header, footer and checksums.

All numbers are little-endian; every section begins at a multiple of 64 bytes; nothing in the file is executed.

    header   64 bytes  magic "PROVSEG\\0", format version u32, zeros
    section  …         one after another, padded with zeros to 64 bytes
    footer             JSON, UTF-8: {"tokenizer": sha256, "keep": …, "works": …, "tokens": …,
                       "streams": {name: {"n": …, "w": …, "prefix_bits": …}},
                       "sections": {name: [offset, length in bytes]}, "checksum": xxh3-64 of the section `checksums`}
    tail     32 bytes  length of the footer u64, xxh3-64 of header and footer u64, zeros u64, magic "GESVORP\\0"

A stream is one sampling of the works. There is `words`, of shingles of n tokens, one from each window of w. Streams of
other names are passed over; their sections have their name and a dot before their own: `code.directory`.

Sections, with w works, p postings, t < 2^32 tokens, k blocks of text, b prefix bits:

    starts       u32 (w + 1,)        the token at which each work begins, and t
    directory    u32 (2^b + 1,)      for each prefix of b bits the first posting whose fingerprint begins with it
    residuals    u16 (p,)            the 16 bits of the fingerprint after the prefix, ascending within a prefix
    positions    u32 (p,)            the token at which the posting's shingle begins, ascending for one fingerprint
  where tokens or text are kept:
    tokens       u16 (t,)            all works' tokens, one work after another
    seen         u16 (v,)            the token ids that occur, ascending
    counts       u32 (v,)            how often each of them does
  where only fingerprints are kept:
    rests        u8 (r, p)           the r bytes of the fingerprint after the residual, so that it is known to 44 bits
  where the text is kept:
    block_tokens u32 (k,)            the first token of each block of text
    block_chars  u32 (k,)            its first character, counted in its work
    block_bytes  u64 (k + 1,)        where its bytes begin in `text`, and the length of `text`
    text         u8                  the blocks, UTF-8 (lone surrogates passed), each compressed with Zstandard
  and last:
    checksums    u64                 xxh3-64 of every 16 KiB of every section before, in the order of the footer

A segment of format 3 is read too. It had one stream, whose n = 8 and w = 9 were in the header (u16 each), and whose
prefix bits were a field of the footer.

A file that ends too early, or has something after its end, does not end in a tail; a flipped bit changes a checksum.
Header, footer and `checksums` are verified when a segment is opened, each 16 KiB of the others before it is first read,
all of them by `doctor`. So opening costs little, however large the file is.
"""

from __future__ import annotations

import json
import struct
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import xxhash
from numpy.typing import NDArray

from provenance.errors import SegmentError
from provenance.fingerprints import SAMPLINGS, Sampling
from provenance.works import Keep

FORMAT = 4
_OLDER_HEADER = struct.pack("<8sIHH48x", b"PROVSEG\0", 3, 8, 9)
ALIGNMENT = 64
BLOCK = 1 << 14
"""Bytes that share a checksum."""
WORDS = "words"
"""The stream that every segment has."""
MAGIC = b"PROVSEG\0"
# The magic backwards: a file that was cut short, or that has something after its end, does not end in it.
TAIL_MAGIC = b"GESVORP\0"
HEADER = struct.Struct("<8sI52x")
TAIL = struct.Struct("<QQQ8s")
# A footer has some 700 bytes. The bound keeps a forged length from making us parse gigabytes of JSON.
LONGEST_FOOTER = 1 << 20

DTYPES = {
    "starts": "<u4", "directory": "<u4", "residuals": "<u2", "positions": "<u4", "tokens": "<u2", "seen": "<u2",
    "counts": "<u4", "rests": "u1", "block_tokens": "<u4", "block_chars": "<u4", "block_bytes": "<u8", "text": "u1",
    "checksums": "<u8",
}  # fmt: skip
_ALWAYS = ("starts", "directory", "residuals", "positions")
_TOKENS = (*_ALWAYS, "tokens", "seen", "counts")
REQUIRED = {
    Keep.FINGERPRINTS: (*_ALWAYS, "rests"),
    Keep.TOKENS: _TOKENS,
    Keep.TEXT: (*_TOKENS, "block_tokens", "block_chars", "block_bytes", "text"),
}
"""The sections of each keep level, apart from `checksums` and those of other streams than `words`."""


def dtype_of(section: str) -> np.dtype[Any]:
    """Return the type of the numbers in a section; those of streams that are passed over are bytes."""
    return np.dtype(DTYPES.get(section, "u1"))


@dataclass(frozen=True, slots=True)
class Section:
    """Offset and length of a section in its file, in bytes."""

    offset: int
    length: int

    @property
    def blocks(self) -> int:
        """Return how many checksums it has."""
        return -(-self.length // BLOCK)


@dataclass(frozen=True, slots=True)
class Stream:
    """How a stream samples the works, and how many bits of a fingerprint its directory resolves."""

    n: int
    w: int
    prefix_bits: int

    @property
    def sampling(self) -> Sampling:
        """Return which shingles are picked."""
        return Sampling(self.n, self.w)

    @classmethod
    def from_dict(cls, fields: dict[str, Any]) -> Stream:
        """Read a stream; the errors are those of `Footer.from_bytes`."""
        return cls(*(int(fields[name]) for name in ("n", "w", "prefix_bits")))


@dataclass(frozen=True, slots=True)
class Footer:
    """What a segment says of itself.

    Attributes:
        streams: by name, how each samples the works, and how many bits its directory resolves.
        checksum: that of the section `checksums`.
    """

    tokenizer: str
    keep: Keep
    works: int
    tokens: int
    streams: dict[str, Stream]
    sections: dict[str, Section]
    checksum: int

    @property
    def words(self) -> Stream:
        """Return the stream of shingles of words."""
        return self.streams[WORDS]

    def to_bytes(self) -> bytes:
        """Return the footer as it is in the file."""
        fields = {
            "tokenizer": self.tokenizer, "keep": self.keep.value, "works": self.works, "tokens": self.tokens,
            "streams": {name: asdict(stream) for name, stream in self.streams.items()}, "checksum": self.checksum,
            "sections": {name: [s.offset, s.length] for name, s in self.sections.items()},
        }  # fmt: skip
        return json.dumps(fields).encode()

    @classmethod
    def from_bytes(cls, data: bytes) -> Footer:
        """Read a footer whose checksum has been verified.

        Raises:
            ValueError: it is not one, as in the errors that follow.
            KeyError: a field is missing.
            TypeError: a field is of another type.
            AttributeError: the sections are not a table.
            OverflowError: a number is infinite.
            RecursionError: it is nested too deeply.
        """
        fields: dict[str, Any] = json.loads(data)
        sections = {name: Section(*map(int, place)) for name, place in fields["sections"].items()}
        numbers = {name: int(fields[name]) for name in ("works", "tokens", "checksum")}
        if "streams" not in fields:
            fields["streams"] = {WORDS: {"n": 8, "w": 9, "prefix_bits": fields["prefix_bits"]}}
        streams = {name: Stream.from_dict(stream) for name, stream in fields["streams"].items()}
        if streams[WORDS].sampling not in SAMPLINGS.values():
            raise ValueError(f"this release has no sampling of {streams[WORDS].sampling}")
        return cls(
            tokenizer=str(fields["tokenizer"]), keep=Keep(fields["keep"]), streams=streams, sections=sections, **numbers
        )


def header() -> bytes:
    """Return the first 64 bytes of a segment of this format."""
    return HEADER.pack(MAGIC, FORMAT)


def tail(footer: bytes) -> bytes:
    """Return the last 32 bytes of a segment with this footer."""
    return TAIL.pack(len(footer), checksum(header() + footer), 0, TAIL_MAGIC)


def checksum(data: bytes | memoryview) -> int:
    """Return the xxh3-64 of some bytes."""
    return xxhash.xxh3_64_intdigest(data)


def block_checksums(data: memoryview) -> NDArray[np.uint64]:
    """Return the checksum of each block of some bytes, uint64 (ceil(bytes / BLOCK),)."""
    return np.array([checksum(data[at : at + BLOCK]) for at in range(0, len(data), BLOCK)], np.uint64)


def check_header(data: bytes, name: str) -> None:
    """Raise SegmentError unless these 64 bytes begin a segment of this format, or of the one before."""
    magic, version = HEADER.unpack(data)
    if magic != MAGIC:
        raise damage_error(name, "it does not begin as a segment does")
    if version not in {FORMAT - 1, FORMAT}:
        raise SegmentError(
            f"segment {name} has format {version}; this release reads formats {FORMAT - 1} and {FORMAT}: "
            "use the release that wrote it, or ingest the works again"
        )
    if data not in {header(), _OLDER_HEADER}:
        raise damage_error(name, "its header has something where zeros belong")


def damage_error(name: str, what: str) -> SegmentError:
    """Return the error for a segment whose bytes are not those that were written."""
    return SegmentError(
        f"segment {name} is damaged: {what}; restore the file from a backup, or ingest its works again "
        "(`provenance doctor` lists what is affected)"
    )
