"""Reader of web archives (WARC): each page of HTML or plain text as a work; needs the extra `warc`.

Records are read one after the other, each unpacked up to the largest size of a page. Reservations in a record's HTTP
headers become signals. Nothing is fetched, and a server's `robots.txt` is passed over.
"""

from __future__ import annotations

import gzip
import re
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from dataclasses import replace
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from provenance.errors import InputError
from provenance.hookspecs import Reader, hookimpl
from provenance.works import Document, Signal
from provenance_plugins.readers import _gutenberg
from provenance_plugins.readers._damage import silence_logger, stop_at_damage
from provenance_plugins.readers._extras import explain_missing_library
from provenance_plugins.readers._input import format_place, open_regular
from provenance_plugins.readers._pages import read_page
from provenance_plugins.readers._statements import clean_statements, find_clear_licence, parse_web_address
from provenance_plugins.readers.html import MAX_PAGE
from provenance_plugins.readers.text import decode_text

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
    place = format_place(path)
    if find_spec("warcio") is None or find_spec("lxml") is None:
        yield explain_missing_library("WARC", "warcio", "warc", place=place)
    else:
        what = "not a web archive, or damaged after record {}"
        yield from stop_at_damage(_read_records(path, place), what, place=place)


def _read_records(path: Path, place: str) -> Iterator[Document | InputError | None]:
    """Yield one item for each record: the page, what is wrong with the page, or None for any other record.

    Raises:
        InputError: the file lacks a page, ends within a record, or a record is not as long as it says.
    """
    from warcio.archiveiterator import ArchiveIterator  # noqa: PLC0415 - an extra

    silence_logger("warcio")
    number, has_page, passed = 0, False, None
    is_packed = path.suffix.lower() == ".gz"
    with open_regular(path) as raw, gzip.open(raw) if is_packed else nullcontext(raw) as file:
        records = ArchiveIterator(_Unpacked(file) if is_packed else file)
        records.INC_RECORD = ""  # what it would print for a wrong length, which is an error below
        for number, record in enumerate(records, 1):
            if record.format != "warc":  # warcio takes nearly any line for the beginning of an ARC file
                raise InputError("not a web archive in the format WARC; convert it", place=place)
            if not _is_whole(record) or _is_page(record):
                has_page = True
                yield _read_page(record, place=f"{place}:record {number}")
            else:
                passed = record
                yield None
        # warcio skips the rest of a record without a look at its length: the last one may have been cut.
        if records.next_line or (passed is not None and getattr(passed.raw_stream, "limit", 0) > 0):
            raise InputError(f"truncated after record {number}; fetch the file again", place=place)
        if records.err_count:
            raise InputError("damaged: a record is not as long as it says; fetch the file again", place=place)
    if not has_page:
        raise InputError("holds no page of HTML or plain text; nothing to ingest", place=place)


class _Unpacked:
    """The bytes of a packed file; a cut is an error, where warcio would take an EOFError for the end."""

    def __init__(self, file: Any) -> None:
        self._file = file

    def read(self, size: int = _PIECE) -> bytes:
        try:
            data: bytes = self._file.read1(size)
        except EOFError as error:
            raise OSError("the packed data ends early") from error
        return data


def _is_whole(record: Record) -> bool:
    """Return whether a record has a type and a length, as the format demands."""
    length = record.rec_headers.get_header("Content-Length") or ""
    return bool(record.rec_headers.get_header("WARC-Type")) and length.isascii() and length.isdigit()


def _is_page(record: Record) -> bool:
    """Return whether a record is a page that the server had, or the text that was made of one."""
    if record.rec_type == "response":
        was_there = record.http_headers is not None and record.http_headers.get_statuscode() == "200"
        is_readable = was_there and _get_media_type(record) in {*_HTML, _TEXT}
    else:
        is_readable = record.rec_type == "conversion" and _get_media_type(record) == _TEXT
    return is_readable and urlsplit(_get_url(record)).path != "/robots.txt"


def _read_page(record: Record, *, place: str) -> Document | InputError:
    try:
        if not _is_whole(record):
            raise InputError("damaged: lacks its type or its length; fetch the file again", place=place)
        data = record.content_stream().read(MAX_PAGE + 1)
        if len(data) > MAX_PAGE:
            raise InputError(f"larger than {MAX_PAGE:,} bytes; it is no page", place=place)
        while record.raw_stream.read(_PIECE):  # the content may be packed and end before the record does
            pass
        if getattr(record.raw_stream, "limit", 0) > 0:
            raise InputError("truncated: the file ends within it; fetch the file again", place=place)
        if _get_media_type(record) == _TEXT:
            document = _gutenberg.trim_ebook(Document(text=decode_text(data, place=place), place=place))
        else:
            document = read_page(data, place=place, content_type=_get_header(record, "Content-Type"))
            # A page may not take another site's name.
            if urlsplit(document.source or "").hostname != urlsplit(_get_url(record)).hostname:
                document = replace(document, source=None)
    except InputError as error:
        return error
    # The HTTP header `Link` may have several links. RSL is a feed of terms for machines, not a licence for people.
    links = (link.partition(">") for link in _get_header(record, "Link").split(",") if "<" in link)
    licences = clean_statements(
        ("Link rel=license", address.strip().lstrip("<"))
        for address, _, rest in links
        if "license" in re.split(r'[\s"=;]', rest.lower()) and "rsl" not in rest
    )
    url = parse_web_address(_get_url(record))
    return replace(
        document,
        source=document.source or url,
        licence=document.licence or find_clear_licence(licences),
        signals=tuple(_list_signals(record, url)),
        declarations=document.declarations + licences,
    )


def _list_signals(record: Record, url: str | None) -> Iterator[Signal]:
    """Yield the reservations in the HTTP headers, with the time at which the page was fetched."""
    try:
        moment = datetime.fromisoformat(record.rec_headers.get_header("WARC-Date"))
        fetched = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, TypeError):  # TypeError: there is no date
        fetched = None
    for name, kind in _SIGNALS.items():
        for _, value in clean_statements([(name, _get_header(record, name))]):
            yield Signal(kind=kind, value=value, url=url, observed_at=fetched)


def _get_media_type(record: Record) -> str:
    media_type = _get_header(record, "Content-Type") or record.rec_headers.get_header("Content-Type") or ""
    return str(media_type).partition(";")[0].strip().lower()


def _get_header(record: Record, name: str) -> str:
    return str(record.http_headers.get_header(name) or "") if record.http_headers else ""


def _get_url(record: Record) -> str:
    # The grammar of WARC 1.0 puts the address between angle brackets, and some crawlers write it so.
    return str(record.rec_headers.get_header("WARC-Target-URI") or "").strip("<>")
