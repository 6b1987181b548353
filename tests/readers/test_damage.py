"""Damaged files: whatever happened to one, a reader says so, and never fails."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from provenance.errors import InputError
from provenance.hookspecs import Read, Unpacked
from provenance.models import Document
from provenance_plugins import reader_archive, reader_dataset, reader_epub, reader_pdf, reader_warc
from tests.readers import test_reader_archive as archives
from tests.readers import test_reader_dataset as datasets
from tests.readers import test_reader_epub as books
from tests.readers import test_reader_pdf as papers
from tests.readers import test_reader_warc as webs


def a_zip(path: Path) -> None:
    archives.zipped(path, {"a.txt": b"one " * 50, "b/c.txt": b"two"})


def a_tar(path: Path) -> None:
    archives.tarred(path, ("a.txt", b"one " * 50), ("b/c.txt", b"two"))


def a_web_archive(path: Path) -> None:
    archive = webs.Archive(path)
    archive.add("https://a.example/1", b"<title>T</title><p>Words", webs.HTML)
    archive.add("https://a.example/2", b"Plain words.", webs.PLAIN)
    archive.read()


KINDS: dict[str, tuple[Callable[[Path], object], Read]] = {
    "a.zip": (a_zip, reader_archive.read_zip),
    "a.tar": (a_tar, reader_archive.read_tar),
    "a.epub": (books.read, reader_epub.read),
    "a.pdf": (lambda path: papers.written(path, "It sang.", xmp=papers.XMP, Title="T"), reader_pdf.read),
    "a.warc": (a_web_archive, reader_warc.read),
    "a.arrow": (lambda path: datasets.arrow(path, [{"text": "one"}, {"text": "two"}]), reader_dataset.read),
}


@pytest.mark.parametrize("name", KINDS)
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_damaged_file_gives_works_or_errors(tmp_path: Path, name: str, data: st.DataObject) -> None:
    """Bytes changed, cut off or added make errors, never an exception that stops the other files."""
    make, read = KINDS[name]
    path = tmp_path / name
    path.unlink(missing_ok=True)
    make(path)
    content = bytearray(path.read_bytes())
    for _ in range(data.draw(st.integers(0, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    end = data.draw(st.integers(0, len(content)) | st.just(len(content)))
    path.write_bytes(bytes(content[:end]) + data.draw(st.binary(max_size=8)))
    for item in read(path):
        assert isinstance(item, Document | InputError | Unpacked)
