"""Damage: whatever happens to a segment file is found and named, by `doctor` and by the check that would use it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from provenance import Checker, Database
from provenance.database import examine
from provenance.errors import SegmentError, TokenizerMismatchError
from provenance.fingerprints import winnow
from provenance.index import Segment, writer
from provenance.index import format as layout
from provenance.index.postings import PostingTable
from provenance.index.text_blocks import KeptText
from provenance.works import Document, Keep
from tests.database.samples import KINGDOMS, TIMES, TOKENIZER, WHALE, filled
from tests.index.conftest import built, opened

SECTIONS = (
    "starts",
    "directory",
    "residuals",
    "positions",
    "tokens",
    "seen",
    "counts",
    "checksums",
    "block_tokens",
    "block_chars",
    "block_bytes",
    "text",
)
TEXTS = (TIMES, WHALE, KINGDOMS)


class Shelf:
    """A database of three works in one segment, and the bytes of that."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        filled(folder, *(Document(text=text, id=text[:9], licence="MIT") for text in TEXTS)).close()
        (self.path,) = (folder / "segments").iterdir()
        self.data = self.path.read_bytes()
        self.footer = opened(self.path).footer
        self.before = self.found()

    def found(self) -> list[tuple[int, int, list[object]]]:
        """Return what checks of all three works find; raises what they raise."""
        with Database.open(self.folder) as database:
            checker = Checker(database)
            reports = [checker.check(text) for text in TEXTS]
        return [(f.start, f.end, [(s.start, s.end) for s in f.sources]) for r in reports for f in r.findings]

    def write(self, data: bytes) -> None:
        self.path.unlink(missing_ok=True)  # a new file, as an earlier one may still be mapped
        self.path.write_bytes(data)

    def troubles(self) -> list[str]:
        return [trouble for _, trouble in examine(self.folder) if trouble]


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Shelf:
    return Shelf(tmp_path_factory.mktemp("shelf") / "db")


def flipped(data: bytes, at: int, mask: int = 0x10) -> bytes:
    return data[:at] + bytes([data[at] ^ mask]) + data[at + 1 :]


def test_every_byte_counts_but_the_padding(shelf: Shelf) -> None:
    """Header, sections, footer and tail make up the file; what is left between them is less than 64 bytes each."""
    length = layout.TAIL.unpack(shelf.data[-layout.TAIL.size :])[0]
    covered = layout.HEADER.size + layout.TAIL.size + length + sum(s.length for s in shelf.footer.sections.values())
    padding = len(shelf.data) - covered
    assert set(shelf.footer.sections) == set(SECTIONS)
    assert 0 <= padding < layout.ALIGNMENT * (len(SECTIONS) + 1)


@pytest.mark.parametrize("section", SECTIONS)
@pytest.mark.parametrize("place", [0, 0.5, 1])
def test_a_flipped_byte_in_a_section(shelf: Shelf, section: str, place: float) -> None:
    """A wrong byte at the beginning, in the middle or at the end of a section is an error in doctor and in a check."""
    where = shelf.footer.sections[section]
    shelf.write(flipped(shelf.data, where.offset + int(place * (where.length - 1))))
    what = f"block {int(place * (where.blocks - 1))} of its section {section}"
    what = "its section checksums" if section == "checksums" else what
    message = (
        f"segment {shelf.path.name} is damaged: the checksum of {what} does not match; restore the file from a backup, "
        "or ingest its works again (`provenance doctor` lists what is affected)"
    )
    assert shelf.troubles() == [message]
    if section not in {"seen", "counts"}:
        with pytest.raises(SegmentError) as caught:
            shelf.found()
        assert str(caught.value) == message


@pytest.mark.parametrize(
    ("damage", "what"),
    [
        (lambda data: flipped(data, 0), "it does not begin as a segment does"),
        (lambda data: flipped(data, 20), "its header has something where zeros belong"),
        (lambda data: flipped(data, len(data) - 40), "the checksum of its footer does not match"),
        (lambda data: flipped(data, len(data) - 32), "the checksum of its footer does not match"),
        (lambda data: flipped(data, len(data) - 20), "the checksum of its footer does not match"),
        (lambda data: flipped(data, len(data) - 12), "its end is missing or has something after it"),
        (lambda data: flipped(data, len(data) - 1), "its end is missing or has something after it"),
        (lambda data: data[:-1], "its end is missing or has something after it"),
        (lambda data: data[: len(data) // 2], "its end is missing or has something after it"),
        (lambda data: data + b"\0", "its end is missing or has something after it"),
        (lambda data: data + data, "there is something between its sections and its footer"),
        (lambda data: b"", "it is empty"),
        (lambda data: data[:95], "it is 95 bytes long, shorter than any segment"),
        (lambda data: bytes(len(data)), "it does not begin as a segment does"),
    ],
)  # fmt: skip
def test_damage_of_the_whole_file(shelf: Shelf, damage: Callable[[bytes], bytes], what: str) -> None:
    """Header, footer, tail and length are checked when the database is opened; the message names file and remedy."""
    shelf.write(damage(shelf.data))
    with pytest.raises(SegmentError) as caught:
        Database.open(shelf.folder)
    said = str(caught.value)
    assert what in said
    assert said.startswith(f"segment {shelf.path.name} ")
    assert "restore the file from a backup, or ingest its works again" in said
    assert shelf.troubles() == [said]


def test_a_missing_file(shelf: Shelf) -> None:
    """A segment that is not there is an error that names it, its folder and the remedy."""
    shelf.path.unlink(missing_ok=True)
    with pytest.raises(SegmentError) as caught:
        Database.open(shelf.folder)
    assert str(caught.value) == (
        f"segment {shelf.path.name} is missing from {shelf.path.parent}: restore it from a backup, or ingest its works "
        "again"
    )
    assert shelf.troubles() == [str(caught.value)]


def test_another_sound_file_under_the_name(shelf: Shelf, tmp_path: Path) -> None:
    """A segment that is whole, but not the one that was indexed, is not searched."""
    built(tmp_path / "other.seg", WHALE)
    shelf.write((tmp_path / "other.seg").read_bytes())
    with pytest.raises(SegmentError, match="is not the file that was indexed under this name; restore that") as caught:
        shelf.found()
    assert shelf.troubles() == [str(caught.value)]


def test_another_format_version(shelf: Shelf) -> None:
    """A segment of a later format says so, and is not called damaged."""
    shelf.write(shelf.data[:8] + b"\5" + shelf.data[9:])
    with pytest.raises(SegmentError) as caught:
        Database.open(shelf.folder)
    assert str(caught.value) == (
        f"segment {shelf.path.name} has format 5; this release reads formats 3 and 4: "
        "use the release that wrote it, or ingest the works again"
    )


def test_another_tokenizer(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    """A database indexed with another tokenizer is refused when it is opened, and doctor says so."""
    shelf.write(shelf.data)
    monkeypatch.setattr("provenance.database.snapshot.tokenizer_digest", lambda: "e" * 64)
    with pytest.raises(TokenizerMismatchError, match="this release has eeeeeeeeeeee…") as caught:
        Database.open(shelf.folder)
    assert shelf.troubles() == [str(caught.value)]


def rewritten(data: bytes, footer: bytes) -> bytes:
    length = layout.TAIL.unpack(data[-layout.TAIL.size :])[0]
    return data[: -layout.TAIL.size - length] + footer + layout.tail(footer)


@pytest.mark.parametrize(
    "footer",
    [b"", b"[]", b"null", b"{}", b"\xff", b'{"sections": []}', b'{"sections": {"starts": 5}}', b'{"sections": {}}',
     b'{"sections": {"starts": ["x", 0, 0]}}', b"[" * 50_000],
)  # fmt: skip
def test_a_footer_that_is_none(path: Path, footer: bytes) -> None:
    """A footer with a right checksum but without the right fields is damage, not a crash."""
    path.write_bytes(rewritten(path.read_bytes(), footer))
    with pytest.raises(SegmentError, match=r"segment one\.seg is damaged: "):
        opened(path)


@pytest.mark.parametrize("name", ["starts", "directory", "residuals", "positions", "tokens", "text"])
@pytest.mark.parametrize("change", [(-64, 0), (1 << 60, 0), (0, 1 << 60), (0, -(1 << 60)), (1, 0), (0, 3)])
def test_a_section_that_lies_elsewhere(path: Path, name: str, change: tuple[int, int]) -> None:
    """A footer whose sections lie outside the file, or do not fit each other, is damage."""
    segment = opened(path)
    footer, old = segment.footer, segment.footer.sections[name]
    moved = layout.Section(old.offset + change[0], old.length + change[1])
    changed = replace(footer, sections={**footer.sections, name: moved})
    path.write_bytes(rewritten(path.read_bytes(), changed.to_bytes()))
    with pytest.raises(SegmentError, match=r"segment one\.seg is damaged: "):
        opened(path).verify()


@pytest.mark.parametrize("by", [-1, 1])
@pytest.mark.parametrize(
    ("keep", "name"),
    [(keep, name) for keep in Keep for name in ("starts", "directory", "residuals", "positions", "checksums")]
    + [(keep, name) for keep in (Keep.TOKENS, Keep.TEXT) for name in ("tokens", "seen", "counts")]
    + [(Keep.FINGERPRINTS, "rests")],
)
def test_a_section_of_one_element_more_or_less(tmp_path: Path, keep: Keep, name: str, by: int) -> None:
    """Each length follows from the others, of which all are sound: nothing is read of a file where one does not."""
    path = tmp_path / "one.seg"
    built(path, keep=keep)
    footer = opened(path).footer
    section = footer.sections[name]
    width = np.dtype(layout.DTYPES[name]).itemsize
    changed = replace(section, length=section.length + by * width)
    forged = replace(footer, sections={**footer.sections, name: changed})
    path.write_bytes(rewritten(path.read_bytes(), forged.to_bytes()))
    with pytest.raises(SegmentError, match="is damaged: its sections do not fit each other"):
        opened(path)


@pytest.mark.parametrize("by", [-1, 1])
@pytest.mark.parametrize("number", ["works", "tokens"])
def test_a_number_that_does_not_fit_the_sections(path: Path, number: str, by: int) -> None:
    """What the footer says of works, tokens and prefixes follows from the lengths of the sections."""
    footer = opened(path).footer
    forged = replace(footer, **{number: getattr(footer, number) + by})
    path.write_bytes(rewritten(path.read_bytes(), forged.to_bytes()))
    with pytest.raises(SegmentError, match="is damaged: its sections do not fit each other"):
        opened(path)


@pytest.mark.parametrize("by", [-1, 1])
def test_prefix_bits_that_do_not_fit_the_sections(path: Path, by: int) -> None:
    """So does how many bits the directory resolves."""
    footer = opened(path).footer
    stream = replace(footer.words, prefix_bits=footer.words.prefix_bits + by)
    path.write_bytes(rewritten(path.read_bytes(), replace(footer, streams={"words": stream}).to_bytes()))
    with pytest.raises(SegmentError, match="is damaged: its sections do not fit each other"):
        opened(path)


@pytest.mark.parametrize("streams", [{}, {"words": layout.Stream(0, 9, 4)}, {"words": layout.Stream(6, 1 << 40, 4)}])
def test_a_sampling_that_no_release_has(path: Path, streams: dict[str, layout.Stream]) -> None:
    """Shingles of no token, or windows of a billion, come from no program of ours."""
    footer = opened(path).footer
    path.write_bytes(rewritten(path.read_bytes(), replace(footer, streams=streams).to_bytes()))
    with pytest.raises(SegmentError, match="is damaged: its footer cannot be read"):
        opened(path)


def test_a_stream_of_a_later_release_is_passed_over(path: Path) -> None:
    """Works are found in a segment that has another stream too, of which only the checksums are verified."""
    whole, data = opened(path), path.read_bytes()
    footer = whole.footer
    anchors = winnow(TOKENIZER.encode(TIMES), whole.sampling)
    found = whole.find(anchors.fingerprints).positions.tolist()
    checksums = footer.sections["checksums"]
    body = data[: checksums.offset]
    more = bytes(range(256)) * 70  # two blocks of a section that nobody here can read
    table = data[checksums.offset : checksums.offset + checksums.length]
    table += layout.block_checksums(memoryview(more)).tobytes()
    padding = bytes(-len(more) % layout.ALIGNMENT)
    at = checksums.offset + len(more) + len(padding)
    sections = {name: each for name, each in footer.sections.items() if name != "checksums"}
    sections |= {
        "code.positions": layout.Section(checksums.offset, len(more)),
        "checksums": layout.Section(at, len(table)),
    }
    streams = {**footer.streams, "code": layout.Stream(24, 9, 4)}
    later = replace(footer, streams=streams, sections=sections, checksum=layout.checksum(table))
    written = later.to_bytes()
    end = bytes(-len(table) % layout.ALIGNMENT)
    path.write_bytes(body + more + padding + table + end + written + layout.tail(written))
    segment = opened(path)
    segment.verify(TOKENIZER)
    assert segment.find(anchors.fingerprints).positions.tolist() == found
    unnamed = replace(later, streams=footer.streams).to_bytes()
    path.write_bytes(body + more + padding + table + end + unnamed + layout.tail(unnamed))
    with pytest.raises(SegmentError, match="its sections are not those of its keep level"):
        opened(path)


def test_a_missing_section(path: Path) -> None:
    """A footer without a section that every segment has is damage."""
    footer = opened(path).footer
    changed = replace(footer, sections={name: each for name, each in footer.sections.items() if name != "starts"})
    path.write_bytes(rewritten(path.read_bytes(), changed.to_bytes()))
    with pytest.raises(SegmentError, match="its sections are not those of its keep level"):
        opened(path)


def forged(path: Path, section: str) -> Segment:
    """A segment whose checksums are right, and one section of which contradicts the others."""
    original = writer._Writer._write_section

    def write(self: writer._Writer, name: str, values: np.ndarray) -> None:
        original(self, name, values[::-1].copy() if name == section else values)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(writer._Writer, "_write_section", write)
        patch.setattr(writer, "TEXT_BLOCK", 100)
        built(path)
    return opened(path)


def quoted(segment: Segment) -> None:
    for ordinal in range(segment.footer.works):
        segment.quote(ordinal, 0, 9, TOKENIZER, around=0)


@pytest.mark.parametrize(
    ("section", "use"),
    [
        ("directory", lambda segment: segment.find(winnow(TOKENIZER.encode(TIMES), segment.sampling).fingerprints)),
        ("block_tokens", quoted),
        ("block_bytes", quoted),
    ],
)
def test_sections_that_contradict_each_other_are_damage(
    tmp_path: Path, section: str, use: Callable[[Segment], object]
) -> None:
    """An error while such a segment is read is reported as damage, which doctor finds too."""
    segment = forged(tmp_path / "one.seg", section)
    with pytest.raises(SegmentError, match=r"segment one\.seg is damaged: its sections do not fit each other"):
        use(segment)
    with pytest.raises(SegmentError, match=r"segment one\.seg is damaged: its sections do not fit each other"):
        segment.verify()


@pytest.mark.parametrize("kind", [IndexError, ValueError])
@pytest.mark.parametrize("method", ["find", "anchors", "of_work", "span", "quote"])
def test_a_mistake_of_ours_is_not_called_damage(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: type[Exception], method: str
) -> None:
    """An error of our own code while a sound segment is read is raised as it is: no one restores a file for it."""

    def fail(*_: object) -> None:
        raise kind("a mistake")

    monkeypatch.setattr(PostingTable if method in ("find", "anchors") else KeptText, method, fail)
    built(tmp_path / "one.seg", keep=Keep.FINGERPRINTS if method == "anchors" else Keep.TEXT)
    segment = opened(tmp_path / "one.seg")
    use = {
        "find": lambda: segment.find(winnow(TOKENIZER.encode(TIMES), segment.sampling).fingerprints),
        "anchors": lambda: segment.content(0),
        "of_work": lambda: list(segment.content(0).blocks),
        "span": lambda: segment.span(0, 0, 5, TOKENIZER),
        "quote": lambda: segment.quote(0, 0, 5, TOKENIZER, around=5),
    }
    with pytest.raises(kind, match="a mistake"):
        use[method]()


def test_a_checksum_that_is_wrong_explains_an_error_of_our_code(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the file is damaged as well, that is what is reported."""
    footer = opened(path).footer
    path.write_bytes(flipped(path.read_bytes(), footer.sections["counts"].offset))
    monkeypatch.setattr(PostingTable, "find", lambda *_: np.empty(0)[1])
    segment = opened(path)
    with pytest.raises(SegmentError, match="the checksum of block 0 of its section counts does not match"):
        segment.find(winnow(TOKENIZER.encode(TIMES), segment.sampling).fingerprints)
