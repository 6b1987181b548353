"""Reads web archives (WARC): each page of HTML or plain text as a work; needs the extra `warc`.

Records are read one after the other, unpacked no further than a page may be large. Reservations in a record's HTTP
headers become signals. Nothing is fetched, and what a server said of robots is no work.
"""

from __future__ import annotations

import gzip
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO
from urllib.parse import urlsplit

from provenance.errors import InputError
from provenance.hookspecs import Reader, hookimpl
from provenance.works import Document, Signal
from provenance_plugins.readers import _gutenberg
from provenance_plugins.readers._damage import damaged, quiet
from provenance_plugins.readers._decoding import decode
from provenance_plugins.readers._extras import missing
from provenance_plugins.readers._input import open_regular, place_of
from provenance_plugins.readers._pages import page
from provenance_plugins.readers._statements import Statements, clear_licence, statements, web_address
from provenance_plugins.readers.html import MAX_PAGE

if TYPE_CHECKING:
    from warcio.recordloader import ArcWarcRecord as Record
else:
    Record = Any

_HTML = frozenset({"text/html", "application/xhtml+xml"})
_TEXT = "text/plain"
_PIECE = 1 << 16
_SIGNALS = {
    "tdm-reservation": "tdmrep", "tdm-policy": "tdmrep-policy", "x-robots-tag": "robots", "content-usage": "aipref",
}  # fmt: skip


@hookimpl
def provenance_register_readers(register: Callable[[Reader], None]) -> None:
    """Register the reader for web archives."""
    register(Reader(name="warc", suffixes=(".warc", ".warc.gz", ".wet", ".wet.gz"), read=read))


def read(path: Path) -> Iterator[Document | InputError]:
    """Yield a document for each page, and an error for each one that cannot be read."""
    place = place_of(path)
    if find_spec("warcio") is None or find_spec("lxml") is None:
        yield missing("WARC", "warcio", "warc", place=place)
        return
    from warcio.archiveiterator import ArchiveIterator  # noqa: PLC0415 - an extra

    quiet("warcio")
    number, found, passed = 0, False, None
    try:
        with _opened(path) as file:
            records = ArchiveIterator(file)
            records.INC_RECORD = ""  # what it would print for a wrong length; `_check_end` says so
            for number, record in enumerate(records, 1):
                if record.format != "warc":  # warcio takes nearly any line for the beginning of an ARC file
                    raise InputError("not a web archive in the format WARC; convert it", place=place)
                if not _is_whole(record) or _is_page(record):
                    found = True
                    yield _document(record, place=f"{place}:record {number}")
                else:
                    passed = record
            _check_end(records, passed, number, place)
    except InputError as error:
        yield error
    except Exception as error:  # warcio promises no set of errors for damaged files
        yield damaged(f"not a web archive, or damaged after record {number}", error, place=place)
    else:
        if not found:
            yield InputError("holds no page of HTML or plain text; nothing to ingest", place=place)


@contextmanager
def _opened(path: Path) -> Iterator[BinaryIO | _Unpacked]:
    with open_regular(path) as raw:
        if path.suffix.lower() == ".gz":
            with gzip.open(raw) as file:
                yield _Unpacked(file)
        else:
            yield raw


class _Unpacked:
    """The bytes of a packed file; being cut off is an error, where warcio would take an EOFError for the end."""

    def __init__(self, file: gzip.GzipFile) -> None:
        self._file = file

    def read(self, size: int = _PIECE) -> bytes:
        try:
            return self._file.read1(size)
        except EOFError as error:
            raise OSError("the packed data ends early") from error


def _is_whole(record: Record) -> bool:
    """Return whether a record says what it is and how long, as every one must."""
    length = record.rec_headers.get_header("Content-Length") or ""
    return bool(record.rec_headers.get_header("WARC-Type")) and length.isascii() and length.isdigit()


def _check_end(records: Any, passed: Record | None, number: int, place: str) -> None:
    """Look for damage that warcio passes over.

    Args:
        passed: the last record that was passed over.

    Raises:
        InputError: the file ends within a record, or a record is not as long as it says.
    """
    if records.next_line or (passed is not None and getattr(passed.raw_stream, "limit", 0) > 0):
        raise InputError(f"truncated after record {number}; fetch the file again", place=place)
    if records.err_count:
        raise InputError("damaged: a record is not as long as it says; fetch the file again", place=place)


def _is_page(record: Record) -> bool:
    """Return whether a record is what somebody wrote: a page that was there, or the text made of one."""
    if record.rec_type == "response":
        answered = record.http_headers is not None and record.http_headers.get_statuscode() == "200"
        readable = answered and _media_type(record) in {*_HTML, _TEXT}
    else:
        readable = record.rec_type == "conversion" and _media_type(record) == _TEXT
    return readable and urlsplit(_url(record)).path != "/robots.txt"


def _document(record: Record, *, place: str) -> Document | InputError:
    try:
        if not _is_whole(record):
            raise InputError("damaged: lacks its type or its length; fetch the file again", place=place)
        data = _payload(record, place)
        document = _plain(data, place) if _media_type(record) == _TEXT else _page(record, data, place)
    except InputError as error:
        return error
    linked, url = _linked(record), web_address(_url(record))
    return replace(
        document,
        source=document.source or url,
        licence=document.licence or clear_licence(linked),
        signals=tuple(_signals(record, url)),
        declarations=document.declarations + linked,
    )


def _payload(record: Record, place: str) -> bytes:
    data: bytes = record.content_stream().read(MAX_PAGE + 1)
    if len(data) > MAX_PAGE:
        raise InputError(f"larger than {MAX_PAGE:,} bytes; it is no page", place=place)
    while record.raw_stream.read(_PIECE):
        pass
    if getattr(record.raw_stream, "limit", 0) > 0:
        raise InputError("truncated: the file ends within it; fetch the file again", place=place)
    return data


def _plain(data: bytes, place: str) -> Document:
    text = decode(data, place=place)
    if not text or text.isspace():
        raise InputError("empty: holds no text; nothing to ingest", place=place)
    return _gutenberg.trimmed(Document(text=text, place=place))


def _page(record: Record, data: bytes, place: str) -> Document:
    document = page(data, place=place, content_type=_header(record, "Content-Type"))
    on_site = urlsplit(document.source or "").hostname == urlsplit(_url(record)).hostname
    return document if on_site else replace(document, source=None)  # a page may not take another site's name


def _linked(record: Record) -> Statements:
    """Return what the HTTP header `Link` says is the licence, where it is one for people."""
    links = (link.partition(">") for link in _header(record, "Link").split(",") if "<" in link)
    return statements(
        ("Link rel=license", address.strip().lstrip("<"))
        for address, _, rest in links
        if "license" in rest.replace('"', " ").replace("=", " ").replace(";", " ").lower().split() and "rsl" not in rest
    )


def _signals(record: Record, url: str | None) -> Iterator[Signal]:
    when = _when(record)
    for name, kind in _SIGNALS.items():
        for _, value in statements([(name, _header(record, name))]):
            yield Signal(kind=kind, value=value, url=url, observed_at=when)


def _when(record: Record) -> datetime | None:
    with suppress(ValueError, TypeError):
        moment = datetime.fromisoformat(record.rec_headers.get_header("WARC-Date"))
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return None


def _media_type(record: Record) -> str:
    said = _header(record, "Content-Type") or record.rec_headers.get_header("Content-Type") or ""
    return str(said).partition(";")[0].strip().lower()


def _header(record: Record, name: str) -> str:
    return str(record.http_headers.get_header(name) or "") if record.http_headers else ""


def _url(record: Record) -> str:
    return str(record.rec_headers.get_header("WARC-Target-URI") or "").strip("<>")
