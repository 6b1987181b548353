"""Damaged files: whatever happened to one, a reader says so, and the others of the same ingest are read.

Each byte of a small sound file is changed in several ways, and the file is cut at each length.
"""

from __future__ import annotations

import gzip
import io
import re
import sys
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from provenance.errors import InputError
from provenance.hookspecs import Reader
from provenance.plugins import Plugins
from provenance.sources.read import Declared, documents
from provenance.works import Document
from provenance_plugins.readers import archive as reader_archive
from provenance_plugins.readers import dataset, epub, html, jsonl, pdf, warc
from provenance_plugins.readers import parquet as reader_parquet
from provenance_plugins.readers import text as reader_text
from provenance_plugins.readers._damage import stop_at_damage
from provenance_plugins.readers._input import open_regular
from tests.readers import test_reader_archive as archives

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

READERS: list[Reader] = []
for module in (
    reader_archive, dataset, epub, html, jsonl, reader_parquet, pdf, reader_text,
    warc,
):  # fmt: skip
    module.provenance_register_readers(READERS.append)
NEIGHBOUR = "A sound file beside it."
TEXT = "One two, déjà vu.\n"

IS_LINK = rb"(?s)PK\x01\x02.{34}(....)"
MEMBERS = {"a.txt": b"one one", "b.txt": b"two"}
RECORDS = b'{"text": "one", "authors": ["A"]}\n{"text": "two", "year": 1899}\n'
PAGE = (
    b"<html lang=en><head><meta charset=utf-8><title>T</title></head><body>"
    b"<p>One &amp; <i>two</i> \xc3\xa9.</body></html>"
)
CONTAINER = b'<container><rootfile full-path="p.opf"/></container>'
PACKAGE = (
    b'<package xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title>T</dc:title><item id="a" href="a.html" '
    b'media-type="text/html"/><itemref idref="a"/></package>'
)


def a_zip(**members: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return file.getvalue()


def a_tar(folder: Path) -> bytes:
    """An archive with no more blocks at its end than the standard asks for."""
    path = archives.tarred(folder / "made.tar", *MEMBERS.items())
    return path.read_bytes()[: 4 * 512 + 2 * 512]


def an_arrow(*, indexed: bool) -> bytes:
    pa = pytest.importorskip("pyarrow", reason="the extra `datasets` is not installed")
    table = pa.table({"text": ["one", "two"], "authors": [["A"], None]})
    made = pa.BufferOutputStream()
    with (pa.ipc.new_file if indexed else pa.ipc.new_stream)(made, table.schema) as writer:
        writer.write_table(table)
    return bytes(made.getvalue())


def a_parquet() -> bytes:
    pa = pytest.importorskip("pyarrow", reason="the extra `parquet` is not installed")
    parquet = pytest.importorskip("pyarrow.parquet")
    made = io.BytesIO()
    parquet.write_table(pa.table({"text": ["one", "two"]}), made, store_schema=False, write_statistics=False)
    return made.getvalue()


def a_pdf(folder: Path) -> bytes:
    pytest.importorskip("lxml", reason="the extra `pdf` is not installed")
    pytest.importorskip("pypdf", reason="the extra `pdf` is not installed")
    from tests.readers import test_reader_pdf as papers

    return papers.written(folder / "made.pdf", "It sang.", Title="T").read_bytes()


def a_warc(folder: Path) -> bytes:
    pytest.importorskip("lxml", reason="the extra `warc` is not installed")
    pytest.importorskip("warcio", reason="the extra `warc` is not installed")
    from tests.readers import test_reader_warc as webs

    archive = webs.Archive(folder / "made.warc")
    archive.add("https://a.example/1", b"<p>Words", webs.HTML)
    archive.add("https://a.example/2", b"Plain words.", webs.PLAIN)
    archive.read()
    return archive.path.read_bytes()


def a_book(folder: Path) -> bytes:
    pytest.importorskip("lxml", reason="the extra `epub` is not installed")
    return a_zip(**{"META-INF/container.xml": CONTAINER, "p.opf": PACKAGE, "a.html": b"<p>It sang."})


def a_page(folder: Path) -> bytes:
    pytest.importorskip("lxml", reason="the extra `html` is not installed")
    return PAGE


@dataclass(frozen=True)
class Kind:
    """A sound file: how it is made, and the texts that it holds.

    `silent` are patterns of bytes that say which works there are: where one of these is changed, or the file is cut
    there, another sound file is left, which says nothing of what is missing.
    """

    make: Callable[[Path], bytes]
    texts: tuple[str, ...]
    silent: tuple[bytes, ...] = ()


KINDS = {
    "a.zip": Kind(lambda folder: a_zip(**MEMBERS), ("one one", "two"), (IS_LINK,)),
    "a.tar": Kind(a_tar, ("one one", "two")),
    "a.tar.gz": Kind(lambda folder: gzip.compress(a_tar(folder), mtime=0), ("one one", "two")),
    "a.tar.zst": Kind(lambda folder: zstd.compress(a_tar(folder)), ("one one", "two")),
    "a.jsonl": Kind(lambda folder: RECORDS, ("one", "two"), (rb"}(\n){",)),
    "a.jsonl.gz": Kind(lambda folder: gzip.compress(RECORDS, mtime=0), ("one", "two")),
    "a.jsonl.zst": Kind(lambda folder: zstd.compress(RECORDS), ("one", "two")),
    "a.html": Kind(a_page, ("One & two é.",)),
    "a.txt": Kind(lambda folder: TEXT.encode(), (TEXT,)),
    "a.epub": Kind(a_book, ("It sang.",)),
    "a.pdf": Kind(a_pdf, ("It sang.",)),
    "a.warc": Kind(
        a_warc, ("Words", "Plain words."),
        (rb"WARC-Type(: response\r)", rb"Target-URI(: https://)", rb"(HTTP/1.1 200 OK\r\nContent-Type: [a-z/]*[;\r])",
         rb"Words(\r\n\r\n)"),
    ),
    "a.arrow": Kind(lambda folder: an_arrow(indexed=False), ("one", "two")),
    "b.arrow": Kind(lambda folder: an_arrow(indexed=True), ("one", "two")),
    "a.parquet": Kind(lambda folder: a_parquet(), ("one", "two")),
}  # fmt: skip
SLOW = {"a.tar", "a.pdf", "a.warc", "a.arrow", "b.arrow", "a.parquet", "a.epub", "a.zip"}


def damages(whole: bytes) -> Iterator[tuple[int, bytes]]:
    """The file with each byte changed, and cut at each length, each with the place; of padding only the ends."""
    for place, byte in enumerate(whole):
        if whole[max(place - 32, 0) : place + 32] == bytes(64):
            continue
        for other in sorted({0x00, 0x7F, 0xFF, byte ^ 0x01} - {byte}):
            yield place, whole[:place] + bytes([other]) + whole[place + 1 :]
        yield place, whole[:place]


def told(folder: Path, *readers: Reader) -> tuple[list[str], list[InputError]]:
    """The works that an ingest of a folder takes in, and what it says of the rest."""
    plugins = Plugins(infos=(), readers=readers or tuple(READERS), renderers={}, judges={})
    items = list(documents([folder], plugins, Declared()))
    works = [item.text for item in items if isinstance(item, Document)]
    return works, [item for item in items if isinstance(item, InputError)]


def complaints(folder: Path, name: str, damaged: bytes, works: int, *readers: Reader) -> list[str]:
    """What is wrong with how a damaged file, and the sound one beside it, are read."""
    (folder / name).write_bytes(damaged)
    found, errors = told(folder, *readers)
    wrong = [f"in a wrong place: {error}" for error in errors if not error.place.startswith(str(folder / name))]
    wrong += [f"no remedy: {error}" for error in errors if "; " not in error.message]
    if found.pop() != NEIGHBOUR:
        wrong.append("the sound file is not read")
    return wrong + ["a work is lost without a word"] * (len(found) < works and not errors)


@pytest.mark.parametrize("name", [pytest.param(n, marks=pytest.mark.slow) if n in SLOW else n for n in KINDS])
def test_a_damaged_file_costs_only_itself(tmp_path: Path, name: str) -> None:
    """Whatever byte is changed or missing, its works come or an error with its place, and its neighbour is read."""
    kind, folder = KINDS[name], tmp_path / "in"
    folder.mkdir()
    (folder / "z.txt").write_text(NEIGHBOUR)
    whole = kind.make(tmp_path)
    (folder / name).write_bytes(whole)
    assert told(folder) == ([*kind.texts, NEIGHBOUR], [])
    spans = [match.span(1) for pattern in kind.silent for match in re.finditer(pattern, whole)]
    assert bool(spans) == bool(kind.silent)
    wrong = [
        (place, damaged[place : place + 1], complaint)
        for place, damaged in damages(whole)
        for complaint in complaints(folder, name, damaged, len(kind.texts))
        if complaint != "a work is lost without a word" or not any(a <= place <= b for a, b in spans)
    ]
    assert wrong == []


def test_a_reader_that_says_nothing_is_noticed(tmp_path: Path) -> None:
    """A work that is lost, an error of another place or without remedy, and a neighbour that is not read."""
    (tmp_path / "z.txt").write_text(NEIGHBOUR)
    text = Reader(name="text", suffixes=("",), read=reader_text.read)

    def by(*items: Document | InputError) -> list[str]:
        return complaints(tmp_path, "a.x", b"", 1, Reader(name="x", suffixes=(".x",), read=lambda _: iter(items)), text)

    place = f"{tmp_path}/a.x"
    assert by(Document(text="w", place=place)) == by(InputError("broken; mend it", place)) == []
    assert by() == ["a work is lost without a word"]
    assert by(InputError("broken; mend it", "b")) == ["in a wrong place: b: broken; mend it"]
    assert by(InputError("broken", place)) == [f"no remedy: {place}: broken"]
    every = Reader(name="x", suffixes=("",), read=lambda _: iter([Document(text="w", place=place)]))
    assert complaints(tmp_path, "a.x", b"", 1, every) == ["the sound file is not read"]


def test_what_a_parser_raises_ends_the_items_with_one_error() -> None:
    """What was read before is kept, a record that is passed over counts, and an error of ours stays as it is."""
    work = Document(text="w")

    def items(error: Exception) -> Iterator[Document | None]:
        yield work
        yield None
        raise error

    foreign = stop_at_damage(items(MemoryError()), "damaged after record {}", place="a.x")
    assert [str(item) for item in foreign] == [str(work), "a.x: damaged after record 2 (MemoryError); fetch it again"]
    ours = InputError("empty; leave it out", place="a.x")
    assert list(stop_at_damage(items(ours), "damaged after record {}", place="a.x")) == [work, ours]


def test_a_length_beyond_the_file_takes_no_memory(tmp_path: Path) -> None:
    """A parser that asks for a terabyte is given what is there, and Python makes no room for the rest."""
    path = tmp_path / "a"
    path.write_bytes(b"abc")
    with open_regular(path) as file:
        assert (file.read(1 << 40), file.read(1 << 40), file.seek(1), file.read(1 << 62)) == (b"abc", b"", 1, b"bc")
