"""Reading web archives: pages as works, headers as signals, and archives that break off."""

from __future__ import annotations

import gzip
import io
from datetime import UTC, datetime
from pathlib import Path

import pytest

from provenance.errors import InputError
from provenance.works import Document, Signal
from provenance_plugins.readers import warc

writer = pytest.importorskip("warcio.warcwriter", reason="the extra `warc` is not installed")
headers = pytest.importorskip("warcio.statusandheaders")

WHEN = "2026-01-02T03:04:05Z"
BY = "https://creativecommons.org/licenses/by/4.0/"


class Archive:
    """A web archive in the making."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file = io.BytesIO()
        self._writer = writer.WARCWriter(self._file, gzip=False)

    def add(
        self, url: str, body: bytes, *said: tuple[str, str], kind: str = "response", status: str = "200 OK"
    ) -> None:
        http = headers.StatusAndHeaders(status, list(said), protocol="HTTP/1.1") if kind == "response" else None
        record = self._writer.create_warc_record(
            url, kind, payload=io.BytesIO(body), http_headers=http, warc_headers_dict={"WARC-Date": WHEN},
            warc_content_type="" if http else dict(said).get("Content-Type", ""),
        )  # fmt: skip
        self._writer.write_record(record)
        record.raw_stream.close()

    def read(self, cut: int | None = None) -> list[Document | InputError]:
        data = self._file.getvalue()
        packed = gzip.compress(data, mtime=0) if self.path.suffix == ".gz" else data
        self.path.write_bytes(packed[:cut])
        return list(warc.read(self.path))


HTML = ("Content-Type", "text/html; charset=windows-1252")
PLAIN = ("Content-Type", "text/plain")


@pytest.mark.parametrize("name", ["a.warc", "a.warc.gz"])
def test_pages_are_works_and_the_rest_is_none(tmp_path: Path, name: str) -> None:
    """Pages that were there, with their headers; no pictures, errors, requests, and nobody's robots.txt."""
    archive = Archive(tmp_path / name)
    said = [HTML, ("Link", f'<{BY}>; rel="license"'), ("TDM-Reservation", "1"), ("X-Robots-Tag", "noai"),
            ("tdm-policy", "https://a.example/tdm")]  # fmt: skip
    archive.add("https://a.example/1", "<title>T</title><p>Thé".encode("cp1252"), *said)
    archive.add("https://a.example/2", b"gone", HTML, status="404")
    archive.add("https://a.example/3", b"\x89PNG", ("Content-Type", "image/png"))
    archive.add("https://a.example/robots.txt", b"User-agent: *", PLAIN)
    archive.add("https://a.example/4", b"Plain words.", PLAIN)
    archive.add("https://a.example/5", b"Words of a page.", PLAIN, kind="conversion")
    when = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    signals = tuple(
        Signal(kind=kind, value=value, url="https://a.example/1", observed_at=when)
        for kind, value in (("tdmrep", "1"), ("tdmrep-policy", "https://a.example/tdm"), ("robots", "noai"))
    )
    assert archive.read() == [
        Document(
            text="Thé", title="T", source="https://a.example/1", licence=BY, signals=signals,
            declarations=(("Link rel=license", BY),), place=f"{archive.path}:record 1",
        ),
        Document(text="Plain words.", source="https://a.example/4", place=f"{archive.path}:record 5"),
        Document(text="Words of a page.", source="https://a.example/5", place=f"{archive.path}:record 6"),
    ]  # fmt: skip


def test_a_page_may_name_itself_and_no_other_site(tmp_path: Path) -> None:
    """The canonical address counts on its own site; else a page could pass itself off as another's."""
    archive = Archive(tmp_path / "a.warc")
    for url in ("https://a.example/clean", "https://b.example/clean"):
        archive.add("https://a.example/x?y=1", f"<link rel=canonical href={url}><p>x".encode(), HTML)
    sources = [item.source for item in archive.read() if isinstance(item, Document)]
    assert sources == ["https://a.example/clean", "https://a.example/x?y=1"]


def test_packed_and_chunked_answers_are_unpacked_within_bounds(tmp_path: Path) -> None:
    """What the server packed is the page; a bomb is an error, and the next page is read."""
    archive = Archive(tmp_path / "a.warc")
    packed = gzip.compress(b"<p>packed", mtime=0)
    chunked = b"%x\r\n%s\r\n0\r\n\r\n" % (len(packed), packed)
    encoding = ("Content-Encoding", "gzip")
    archive.add("https://a.example/1", chunked, HTML, encoding, ("Transfer-Encoding", "chunked"))
    archive.add("https://a.example/2", gzip.compress(b"\0" * (1 << 25)), HTML, encoding)
    archive.add("https://a.example/3", b"", HTML)
    archive.add("https://a.example/4", b"<p>last", HTML)
    first, bomb, empty, last = archive.read()
    assert [getattr(item, "text", None) for item in (first, last)] == ["packed", "last"]
    assert str(bomb) == f"{archive.path}:record 2: larger than 16,777,216 bytes; it is no page"
    assert str(empty) == f"{archive.path}:record 3: empty: holds no text; nothing to ingest"


@pytest.mark.parametrize("name", ["a.warc", "a.warc.gz"])
def test_an_archive_that_breaks_off_says_so(tmp_path: Path, name: str) -> None:
    """Wherever a file is cut, whole pages are read, half a page is not, and there is an error."""
    archive = Archive(tmp_path / name)
    for number in range(3):
        archive.add(f"https://a.example/{number}", bytes(range(32, 127)) * 40, PLAIN)
    whole = archive.read()
    assert len(whole) == 3
    size = archive.path.stat().st_size
    for cut in range(1, size - 5, max(1, size // 40)):
        *works, error = archive.read(cut)
        assert works == whole[: len(works)]
        assert isinstance(error, InputError) or [error] == whole[len(works) : len(works) + 1]
        assert isinstance(error, InputError) or name == "a.warc"  # cut between two records, nobody can tell


def test_what_is_no_web_archive_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Other bytes, nothing at all, and a missing extra are one error each."""
    path = tmp_path / "a.warc"
    path.write_bytes(b"no archive " * 100)
    assert [str(item) for item in warc.read(path)] == [f"{path}: not a web archive in the format WARC; convert it"]
    path.write_bytes(b"noarchive" * 100)
    (error,) = warc.read(path)
    assert str(error).startswith(f"{path}: not a web archive, or damaged after record 0 (")
    path.write_bytes(b"")
    assert [str(item) for item in warc.read(path)] == [
        f"{path}: holds no page of HTML or plain text; nothing to ingest"
    ]
    monkeypatch.setattr(warc, "find_spec", lambda name: None)
    assert [str(item) for item in warc.read(path)] == [
        f"{path}: reading WARC needs warcio: pip install 'licence-provenance[warc]'"
    ]
