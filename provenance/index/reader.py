"""Reader of segment files: looks up fingerprints, and gives the tokens and the text of works.

Reads the layout in `format`. A segment is immutable: any number of threads and processes may map it at once.

An example with two works of 120 and 180 tokens: `starts` is 0 120 300. A posting at position 130 is in work 1, at its
token 10, since 120 <= 130 < 300.
"""

from __future__ import annotations

import mmap
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from provenance.errors import SegmentError, TokenizerMismatchError, UsageError
from provenance.fingerprints import Anchors, Sampling, fingerprint_shingles, thin, winnow
from provenance.index import format as layout
from provenance.index.columns import Column
from provenance.index.postings import Postings, PostingTable, cut_fingerprints, prefix_bits_for, rest_bytes_for
from provenance.index.text_blocks import InconsistentError, KeptText, TextBlock
from provenance.index.writer import Content
from provenance.reports import Quote
from provenance.text import Tokenizer
from provenance.works import Keep

_NO_COUNTS = np.empty(0, np.int64)
_NO_TOKENS = np.empty(0, np.uint16)


class Segment:
    """One open segment file.

    Args:
        path: the file.
        tokenizer_digest: the SHA-256 of the tokenizer in use.

    Attributes:
        footer: what the file says of itself.
        sampling: which shingles of the works it has.
        digest: the checksum of header and footer, which covers those of all sections: the same as in the
            `SegmentSummary`.

    Raises:
        SegmentError: the file is missing, cut short, of another format or damaged. Every method raises it too where it
            reads a part of the file that is damaged.
        TokenizerMismatchError: it was built with another tokenizer.
    """

    def __init__(self, path: Path, *, tokenizer_digest: str) -> None:
        self.name = path.name
        self._map = _map_file(path)
        self.footer, self.digest = self._read_footer()
        self.sampling = self.footer.words.sampling
        if self.footer.tokenizer != tokenizer_digest:
            raise TokenizerMismatchError(
                f"segment {self.name} was built with tokenizer {self.footer.tokenizer[:12]}…, this release has "
                f"{tokenizer_digest[:12]}…: use the release that wrote it, or ingest the works into a new database"
            )
        table = self._section_bytes("checksums")
        if layout.checksum(table) != self.footer.checksum:
            raise self._damage_error("the checksum of its section checksums does not match")
        checksums = np.frombuffer(table, layout.DTYPES["checksums"]).astype(np.uint64, copy=False)
        self._columns: dict[str, Column] = {}
        reached = 0
        for name, section in self.footer.sections.items():
            if name != "checksums":
                ours = checksums[reached : reached + section.blocks]
                self._columns[name] = Column(self._section_bytes(name), name, self.name, ours)
                reached += section.blocks

    def _read_footer(self) -> tuple[layout.Footer, str]:
        """Return the footer, and the checksum of header and footer."""
        size, least = len(self._map), layout.HEADER.size + layout.TAIL.size
        if size < least:
            raise self._damage_error(f"it is {size:,} bytes long, shorter than any segment")
        header = self._map[: layout.HEADER.size]
        layout.check_header(header, self.name)
        length, checksum, zeros, magic = layout.TAIL.unpack(self._map[size - layout.TAIL.size :])
        if magic != layout.TAIL_MAGIC or zeros or length > min(layout.LONGEST_FOOTER, size - least):
            raise self._damage_error("its end is missing or has something after it")
        footer = self._map[size - layout.TAIL.size - length : size - layout.TAIL.size]
        if layout.checksum(header + footer) != checksum:
            raise self._damage_error("the checksum of its footer does not match")
        try:
            read = layout.Footer.from_bytes(footer)
        # Its checksum is right, but another program may have written it: any field may be missing or of any type.
        except (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError) as error:
            raise self._damage_error(f"its footer cannot be read ({error})") from error
        self._check_sections(read, size - layout.TAIL.size - length)
        return read, f"{checksum:016x}"

    def _check_sections(self, footer: layout.Footer, end: int) -> None:
        """Check that the sections are in the file, which has its footer at `end`, and that their lengths agree."""
        # A footer with a right checksum may still have been forged: no offset or length is used before this.
        others = {f"{stream}." for stream in footer.streams if stream != layout.WORDS}
        ours = {name for name in footer.sections if not name.startswith(tuple(others))}
        if ours != {*layout.REQUIRED[footer.keep], "checksums"}:
            raise self._damage_error("its sections are not those of its keep level")
        reached = layout.HEADER.size
        for name, section in footer.sections.items():
            width = layout.dtype_of(name).itemsize
            outside = section.offset < 0 or section.length < 0 or section.offset + section.length > end
            if outside or section.length % width or section.offset % width:
                raise self._damage_error(f"its section {name} does not fit into the file")
            reached = max(reached, section.offset + section.length)
        if not 0 <= end - reached < layout.ALIGNMENT:
            raise self._damage_error("there is something between its sections and its footer")
        lengths = {name: section.length for name, section in footer.sections.items()}
        postings = lengths["positions"] // 4
        bits = prefix_bits_for(postings, footer.keep)
        blocks = sum(section.blocks for name, section in footer.sections.items() if name != "checksums")
        wanted = {"directory": 4 * ((1 << bits) + 1), "residuals": 2 * postings}
        wanted |= {"starts": 4 * (footer.works + 1), "checksums": 8 * blocks}
        if footer.keep is Keep.FINGERPRINTS:
            wanted["rests"] = rest_bytes_for(bits) * postings
        else:
            wanted |= {"tokens": 2 * footer.tokens, "counts": 2 * lengths["seen"]}
        if footer.words.prefix_bits != bits or any(lengths[name] != length for name, length in wanted.items()):
            raise self._damage_error("its sections do not fit each other")

    def _section_bytes(self, name: str) -> memoryview:
        section = self.footer.sections[name]
        return memoryview(self._map)[section.offset : section.offset + section.length]

    @contextmanager
    def _blame_damage(self, tokenizer: Tokenizer | None = None) -> Iterator[None]:
        """Report inconsistent sections as damage, and a mistake of our own code as what it is.

        Sections may contradict each other though all their checksums are right. What then fails is an index or a
        shape, as in any mistake of ours: so the whole segment is verified before it is blamed.
        """
        try:
            yield
        except (IndexError, ValueError):
            self.verify(tokenizer)  # reads the whole file, but only once in the life of a damaged one
            raise

    def _damage_error(self, what: str) -> SegmentError:
        return layout.damage_error(self.name, what)

    @cached_property
    def starts(self) -> NDArray[np.int64]:
        """The token at which each work begins, and the number of tokens, int64 (w + 1,)."""
        starts = self._columns["starts"][:].astype(np.int64)
        if starts[0] or starts[-1] != self.footer.tokens or (np.diff(starts) <= 0).any():
            raise self._damage_error("its works do not follow each other")
        return starts

    @property
    def tokens(self) -> Column:
        """All tokens, uint16 (t,). There are none where only fingerprints are kept."""
        return self._columns["tokens"]

    @cached_property
    def frequencies(self) -> tuple[NDArray[np.uint16], NDArray[np.int64]]:
        """Which tokens occur, uint16 (v,), ascending, and how often, int64 (v,); empty where tokens are not kept."""
        if self.footer.keep is Keep.FINGERPRINTS:
            return _NO_TOKENS, _NO_COUNTS
        return self._columns["seen"][:].astype(np.uint16), self._columns["counts"][:].astype(np.int64)

    @cached_property
    def _posting_table(self) -> PostingTable:
        columns = self._columns
        return PostingTable(
            self.footer.words.prefix_bits, columns["directory"], columns["residuals"], columns["positions"],
            columns.get("rests"),
        )  # fmt: skip

    @cached_property
    def _kept_text(self) -> KeptText | None:
        if self.footer.keep is not Keep.TEXT:
            return None
        return KeptText(*(self._columns[name] for name in ("block_tokens", "block_chars", "block_bytes", "text")))

    def find(self, fingerprints: NDArray[np.uint64]) -> Postings:
        """Return the postings of some fingerprints, uint64 (q,), all looked up at once.

        Of a fingerprint with more than `MOST` of them it gives the range that they are in, for `positions`. Two
        fingerprints that differ only in bits that are not stored are taken for one: about once in 10,000 look-ups
        where tokens are kept, so that the caller can compare them, and once in a million where they are not.
        """
        with self._blame_damage():
            found = self._posting_table.find(fingerprints)
        return Postings(found.queries, self._require_inside(found.positions), found.crowded)

    @property
    def postings(self) -> int:
        """The number of its postings."""
        return self.footer.sections["positions"].length // 4

    def read_part(self, part: int, bits: int) -> tuple[NDArray[np.uint64], NDArray[np.int64]]:
        """Return the postings whose fingerprints begin with some bits: fingerprints, uint64 (p,), and positions, int64.

        The parts of all segments, one after another, are a walk through the index in the order of fingerprints. These
        are cut to the bits that every segment can tell, so that those of different segments can be compared.

        Args:
            part: what the fingerprints begin with.
            bits: how many bits that are, from 1 on.
        """
        free = self.footer.words.prefix_bits - bits
        first, end = (part << free, part + 1 << free) if free >= 0 else (part >> -free, (part >> -free) + 1)
        with self._blame_damage():
            fingerprints, positions = self._posting_table.read_prefixes(first, end)
        self._require_inside(positions)
        if self.footer.keep is not Keep.FINGERPRINTS:  # what is stored of them is less than the tokens tell
            n = self.sampling.n
            column = self.tokens.verify_at(positions, positions + n - 1)
            shingles = [column.take(positions + offset) for offset in range(n)]
            fingerprints = fingerprint_shingles(np.stack(shingles, axis=1))
        fingerprints = cut_fingerprints(fingerprints)
        if free >= 0:
            return fingerprints, positions
        inside = fingerprints >> np.uint64(64 - bits) == part
        return fingerprints[inside], positions[inside]

    def positions(self, begin: int, end: int) -> NDArray[np.int64]:
        """Return the token positions of a range of postings, int64, ascending for one fingerprint."""
        return self._require_inside(self._columns["positions"][begin:end].astype(np.int64))

    def _require_inside(self, positions: NDArray[np.int64]) -> NDArray[np.int64]:
        if len(positions) and positions.max() + self.sampling.n > self.footer.tokens:
            raise self._damage_error("a posting lies outside its works")
        return positions

    def ordinals(self, positions: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return which work each token position belongs to, int64, same shape."""
        return np.searchsorted(self.starts, positions, side="right").astype(np.int64, copy=False) - 1

    def content(self, ordinal: int, sampling: Sampling | None = None) -> Content:
        """Return what the segment holds of a work, for a copy in another segment.

        Args:
            ordinal: the work.
            sampling: how that segment samples its works, if not as this one does; tokens are needed then.
        """
        begin, end = self.starts[ordinal : ordinal + 2].tolist()
        if self.footer.keep is Keep.FINGERPRINTS:
            first, last = np.searchsorted(self._all_anchors.positions, (begin, end)).tolist()
            positions = self._all_anchors.positions[first:last] - begin
            return Content(end - begin, Anchors(self._all_anchors.fingerprints[first:last], positions), _NO_TOKENS)
        tokens = self.tokens[begin:end].astype(np.uint16, copy=False)
        blocks: tuple[TextBlock, ...] = ()
        if self._kept_text:
            with self._blame_damage():
                blocks = tuple(self._kept_text.of_work(ordinal, begin))
        sampling = sampling or self.sampling
        return Content(end - begin, thin(winnow(tokens, sampling), sampling.w), tokens, blocks)

    @cached_property
    def _all_anchors(self) -> Anchors:
        with self._blame_damage():
            return self._posting_table.anchors()

    def span(self, ordinal: int, token_start: int, token_end: int, tokenizer: Tokenizer) -> tuple[int, int] | None:
        """Return the code-point offsets in a work of a run of its tokens; None where its text is not kept."""
        if self._kept_text is None:
            return None
        base = int(self.starts[ordinal])
        with self._blame_damage(tokenizer):
            return self._kept_text.span(base + token_start, base + token_end, tokenizer)

    def quote(
        self, ordinal: int, token_start: int, token_end: int, tokenizer: Tokenizer, *, around: int
    ) -> Quote | None:
        """Return the text of a run of a work's tokens, with up to `around` characters of its blocks on both sides.

        None where the text is not kept.

        Raises:
            UsageError: the work does not have these tokens.
        """
        base, last = (int(start) for start in self.starts[ordinal : ordinal + 2])
        if not 0 <= token_start < token_end <= last - base:
            raise UsageError(f"the work has no tokens {token_start} to {token_end}, only {last - base}")
        if self._kept_text is None:
            return None
        with self._blame_damage(tokenizer):
            return self._kept_text.quote(base + token_start, base + token_end, tokenizer, around)

    def verify(self, tokenizer: Tokenizer | None = None) -> None:
        """Read everything, and check that the sections fit each other.

        Args:
            tokenizer: counts the tokens of the kept text too, which takes longer than all else.

        Raises:
            SegmentError: something is damaged.
        """
        values = {name: column[:] for name, column in self._columns.items()}
        directory = values["directory"].astype(np.int64)
        ends = int(directory[0]), int(directory[-1])
        outside = values["positions"].astype(np.int64).max(initial=0) + self.sampling.n > self.starts[-1]
        if ends != (0, len(values["positions"])) or (np.diff(directory) < 0).any() or outside:
            raise self._damage_error("its sections do not fit each other")
        if self._kept_text:
            try:
                self._kept_text.verify(self.starts, tokenizer)
            except InconsistentError as error:
                raise self._damage_error("its sections do not fit each other") from error

    def finds_canaries(self, canaries: Iterable[tuple[int, int]]) -> bool:
        """Are all these (fingerprint, position) pairs found?"""
        pairs = list(canaries)
        if not pairs:
            return True
        found = self.find(np.array([fingerprint for fingerprint, _ in pairs], np.uint64))
        wanted = np.array([position for _, position in pairs])
        # Of a crowded fingerprint only the range is known: its position is looked for there.
        seen = set(found.queries[found.positions == wanted[found.queries]].tolist())
        seen |= {query for query, lies in found.crowded.items() if wanted[query] in self.positions(*lies)}
        return seen == set(range(len(pairs)))


def _map_file(path: Path) -> mmap.mmap:
    try:
        with path.open("rb") as file:
            return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    except FileNotFoundError:
        raise SegmentError(
            f"segment {path.name} is missing from {path.parent}: restore it from a backup, or ingest its works again"
        ) from None
    except ValueError:  # what `mmap` says of a file without bytes
        raise layout.damage_error(path.name, "it is empty") from None
    except OSError as error:
        raise SegmentError(f"segment {path} cannot be read: {error.strerror}; check its permissions") from error
