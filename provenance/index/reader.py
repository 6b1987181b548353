"""What does a segment file hold, and where does it hold these fingerprints?

The reader of the layout in `format`. A segment is immutable: any number of threads and processes may map it at once.
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
from provenance.fingerprints import Anchors, N, thin, winnow
from provenance.index import format as layout
from provenance.index.columns import Column
from provenance.index.postings import Postings, PostingTable, prefix_bits_for, rest_bytes_for
from provenance.index.text_blocks import InconsistentError, KeptText, TextBlock
from provenance.index.writer import Content
from provenance.reports import Quote
from provenance.text import Tokenizer
from provenance.works import Keep

_NOBODY = np.empty(0, np.int64)
_NO_TOKENS = np.empty(0, np.uint16)


class Segment:
    """One open segment file.

    Args:
        path: the file. tokenizer_digest: the SHA-256 of the tokenizer in use.

    Attributes:
        footer: what the file says of itself. digest: the checksum of header and footer, which covers those of all
            sections: the same as in the `SegmentSummary`.

    Raises:
        SegmentError: the file is missing, cut short, of another format or damaged. Every method raises it too where it
            comes upon a part of the file that is damaged.
        TokenizerMismatchError: it was built with another tokenizer.
    """

    def __init__(self, path: Path, *, tokenizer_digest: str) -> None:
        self.name = path.name
        self._map = _mapped(path)
        self.footer = self._read_footer()
        self.digest = self.footer.digest
        if self.footer.tokenizer != tokenizer_digest:
            raise TokenizerMismatchError(
                f"segment {self.name} was built with tokenizer {self.footer.tokenizer[:12]}…, this release has "
                f"{tokenizer_digest[:12]}…: use the release that wrote it, or ingest the works into a new database"
            )
        self._columns = self._read_columns()

    def _read_footer(self) -> layout.Footer:
        size, least = len(self._map), layout.HEADER.size + layout.TAIL.size
        if size < least:
            raise self._damaged(f"it is {size:,} bytes long, shorter than any segment")
        layout.check_header(self._map[: layout.HEADER.size], self.name)
        length, checksum, zeros, magic = layout.TAIL.unpack(self._map[size - layout.TAIL.size :])
        if magic != layout.TAIL_MAGIC or zeros or length > min(layout.LONGEST_FOOTER, size - least):
            raise self._damaged("its end is missing or has something after it")
        footer = self._map[size - layout.TAIL.size - length : size - layout.TAIL.size]
        if layout.checksum(layout.header() + footer) != checksum:
            raise self._damaged("the checksum of its footer does not match")
        try:
            read = layout.Footer.from_bytes(footer)
        except (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError) as error:
            raise self._damaged(f"its footer cannot be read ({error})") from error
        self._check_places(read, size - layout.TAIL.size - length)
        self._check_shape(read)
        return read

    def _check_places(self, footer: layout.Footer, end: int) -> None:
        if set(footer.sections) != {*layout.REQUIRED[footer.keep], "checksums"}:
            raise self._damaged("its sections are not those of its keep level")
        reached = layout.HEADER.size
        for name, section in footer.sections.items():
            width = np.dtype(layout.DTYPES[name]).itemsize
            outside = section.offset < 0 or section.length < 0 or section.offset + section.length > end
            if outside or section.length % width or section.offset % width:
                raise self._damaged(f"its section {name} does not fit into the file")
            reached = max(reached, section.offset + section.length)
        if not 0 <= end - reached < layout.ALIGNMENT:
            raise self._damaged("there is something between its sections and its footer")

    def _check_shape(self, footer: layout.Footer) -> None:
        """Check that the lengths of the sections fit each other."""
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
        if footer.prefix_bits != bits or any(lengths[name] != length for name, length in wanted.items()):
            raise self._damaged("its sections do not fit each other")

    def _read_columns(self) -> dict[str, Column]:
        table = self._bytes("checksums")
        if layout.checksum(table) != self.footer.checksum:
            raise self._damaged("the checksum of its section checksums does not match")
        checksums = np.frombuffer(table, layout.DTYPES["checksums"]).astype(np.uint64, copy=False)
        columns = {}
        reached = 0
        for name, section in self.footer.sections.items():
            if name != "checksums":
                ours = checksums[reached : reached + section.blocks]
                columns[name] = Column(self._bytes(name), name, self.name, ours)
                reached += section.blocks
        return columns

    def _bytes(self, name: str) -> memoryview:
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
            self.verify(tokenizer)
            raise

    def _damaged(self, what: str) -> SegmentError:
        return layout.damaged(self.name, what)

    @cached_property
    def starts(self) -> NDArray[np.int64]:
        """The token at which each work begins, and the number of tokens, int64 (w + 1,)."""
        starts = self._columns["starts"][:].astype(np.int64)
        if starts[0] or starts[-1] != self.footer.tokens or (np.diff(starts) <= 0).any():
            raise self._damaged("its works do not follow each other")
        return starts

    @property
    def tokens(self) -> Column:
        """All tokens, uint16 (t,). There are none where only fingerprints are kept."""
        return self._columns["tokens"]

    @cached_property
    def frequencies(self) -> tuple[NDArray[np.uint16], NDArray[np.int64]]:
        """Which tokens occur, uint16 (v,), ascending, and how often, int64 (v,); empty where tokens are not kept."""
        if self.footer.keep is Keep.FINGERPRINTS:
            return _NO_TOKENS, _NOBODY
        return self._columns["seen"][:].astype(np.uint16), self._columns["counts"][:].astype(np.int64)

    @cached_property
    def _postings(self) -> PostingTable:
        columns = self._columns
        return PostingTable(
            self.footer.prefix_bits, columns["directory"], columns["residuals"], columns["positions"],
            columns.get("rests"),
        )  # fmt: skip

    @cached_property
    def _text(self) -> KeptText | None:
        if self.footer.keep is not Keep.TEXT:
            return None
        return KeptText(*(self._columns[name] for name in ("block_tokens", "block_chars", "block_bytes", "text")))

    def find(self, fingerprints: NDArray[np.uint64]) -> Postings:
        """Return the postings of some fingerprints, uint64 (q,), all looked up at once.

        Of a fingerprint with more than `MOST` of them it says where they lie, see `positions`. Two fingerprints that
        differ only in the bits not stored are taken for one (about once in 10,000 look-ups where tokens are kept, and
        can be compared; once in a million where they are not).
        """
        with self._blame_damage():
            found = self._postings.find(fingerprints)
        return Postings(found.queries, self._inside(found.positions), found.crowded)

    def positions(self, begin: int, end: int) -> NDArray[np.int64]:
        """Return the token positions of some postings that lie side by side, int64, ascending for one fingerprint."""
        return self._inside(self._columns["positions"][begin:end].astype(np.int64))

    def _inside(self, positions: NDArray[np.int64]) -> NDArray[np.int64]:
        if len(positions) and positions.max() + N > self.footer.tokens:
            raise self._damaged("a posting lies outside its works")
        return positions

    def ordinals(self, positions: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return which work each token position belongs to, int64, same shape."""
        return np.searchsorted(self.starts, positions, side="right").astype(np.int64, copy=False) - 1

    def content(self, ordinal: int) -> Content:
        """Return what is held of a work, to be taken into another segment."""
        begin, end = self.starts[ordinal : ordinal + 2].tolist()
        if self.footer.keep is Keep.FINGERPRINTS:
            first, last = np.searchsorted(self._anchors.positions, (begin, end)).tolist()
            positions = self._anchors.positions[first:last] - begin
            return Content(end - begin, Anchors(self._anchors.fingerprints[first:last], positions), _NO_TOKENS)
        tokens = self.tokens[begin:end].astype(np.uint16, copy=False)
        blocks = self._blocks_of(self._text, ordinal, begin) if self._text else ()
        return Content(end - begin, thin(winnow(tokens)), tokens, blocks)

    def _blocks_of(self, text: KeptText, ordinal: int, begin: int) -> Iterator[TextBlock]:
        with self._blame_damage():
            yield from text.of_work(ordinal, begin)

    @cached_property
    def _anchors(self) -> Anchors:
        with self._blame_damage():
            return self._postings.anchors()

    def span(self, ordinal: int, token_start: int, token_end: int, tokenizer: Tokenizer) -> tuple[int, int] | None:
        """Return the code-point offsets in a work of a run of its tokens; None where its text is not kept."""
        if self._text is None:
            return None
        base = int(self.starts[ordinal])
        with self._blame_damage(tokenizer):
            return self._text.span(base + token_start, base + token_end, tokenizer)

    def quote(
        self, ordinal: int, token_start: int, token_end: int, tokenizer: Tokenizer, *, around: int
    ) -> Quote | None:
        """Return the text of a run of a work's tokens, with up to `around` characters of its blocks on both sides.

        None where the text is not kept.

        Raises:
            UsageError: the work has no such tokens.
        """
        base, last = (int(start) for start in self.starts[ordinal : ordinal + 2])
        if not 0 <= token_start < token_end <= last - base:
            raise UsageError(f"the work has no tokens {token_start} to {token_end}, only {last - base}")
        if self._text is None:
            return None
        with self._blame_damage(tokenizer):
            return self._text.quote(base + token_start, base + token_end, tokenizer, around)

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
        outside = values["positions"].astype(np.int64).max(initial=0) + N > self.starts[-1]
        if ends != (0, len(values["positions"])) or (np.diff(directory) < 0).any() or outside:
            raise self._damaged("its sections do not fit each other")
        if self._text:
            try:
                self._text.verify(self.starts, tokenizer)
            except InconsistentError as error:
                raise self._damaged("its sections do not fit each other") from error

    def has(self, canaries: Iterable[tuple[int, int]]) -> bool:
        """Are all these (fingerprint, position) pairs found?"""
        pairs = list(canaries)
        if not pairs:
            return True
        found = self.find(np.array([fingerprint for fingerprint, _ in pairs], np.uint64))
        wanted = np.array([position for _, position in pairs])
        seen = set(found.queries[found.positions == wanted[found.queries]].tolist())
        seen |= {query for query, lies in found.crowded.items() if wanted[query] in self.positions(*lies)}
        return seen == set(range(len(pairs)))


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
        raise SegmentError(f"segment {path} cannot be read: {error.strerror}; check its permissions") from error
