"""Reads PDF files, one work a file; needs the extra `pdf`.

The text is what the file says it is, page by page. A scan has none, and nothing here reads pictures.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from importlib.util import find_spec
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

from provenance.errors import InputError
from provenance.hookspecs import Reader, hookimpl
from provenance.works import Document
from provenance_plugins.readers._damage import damaged, quiet
from provenance_plugins.readers._extras import missing
from provenance_plugins.readers._input import place_of, read_bytes
from provenance_plugins.readers._markup import parse_xml
from provenance_plugins.readers._statements import (
    Statements,
    clear_licence,
    copyright_line,
    statements,
    web_address,
    year_of,
)

if TYPE_CHECKING:
    from lxml.etree import _Element as Element
    from pypdf import PdfReader
else:
    Element = Any

MAX_FILE = 1 << 28
"""The largest file: 256 MiB."""
MAX_PAGES = 20_000
MAX_TEXT = 100_000_000
"""The most characters of text."""
MAX_XMP = 1 << 20

_DC = "{http://purl.org/dc/elements/1.1/}"
_RIGHTS = {
    f"{_DC}rights": "dc:rights",
    "{http://ns.adobe.com/xap/1.0/rights/}WebStatement": "xmpRights:WebStatement",
    "{http://creativecommons.org/ns#}license": "cc:license",
}
_RDF = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"
_XMP = _RIGHTS | {f"{_DC}{name}": name for name in ("title", "creator", "date", "identifier", "source", "language")}


@hookimpl
def provenance_register_readers(register: Callable[[Reader], None]) -> None:
    """Register the reader for PDF files."""
    register(Reader(name="pdf", suffixes=(".pdf",), read=read))


def read(path: Path) -> Iterator[Document | InputError]:
    """Yield the file as one document, or the reason why it cannot be one."""
    place = place_of(path)
    if find_spec("pypdf") is None or find_spec("lxml") is None:
        yield missing("PDF", "pypdf", "pdf", place=place)
        return
    try:
        data = read_bytes(path, limit=MAX_FILE)
        yield _document(data, place)
    except InputError as error:
        yield error
    except Exception as error:  # pypdf promises no set of errors for damaged files
        yield damaged("not PDF, or damaged", error, place=place)


def _document(data: bytes, place: str) -> Document:
    from pypdf import PdfReader  # noqa: PLC0415 - an extra

    quiet("pypdf")
    pdf = PdfReader(BytesIO(data))
    if pdf.is_encrypted:
        raise InputError("encrypted; give a copy without a password", place=place)
    text = _text(pdf, place)
    said = (statements(_xmp(pdf, place)), statements(_information(pdf)))
    rights = tuple(pair for pair in said[0] if pair[0] in _RIGHTS.values())
    return Document(
        text=text,
        title=next(iter(_all(said, "title")), None),
        authors=tuple(_all(said, "creator")),
        year=year_of(_all(said, "date")),
        source=next((each for each in [*_all(said, "source"), *_all(said, "identifier")] if web_address(each)), None),
        licence=clear_licence(rights),
        copyright=copyright_line(rights),
        language=next((each[:100] for each in _all(said, "language")), None),
        declarations=rights,
        place=place,
    )


def _text(pdf: PdfReader, place: str) -> str:
    if len(pdf.pages) > MAX_PAGES:
        raise InputError(f"more than {MAX_PAGES:,} pages; split it into several works", place=place)
    pages, size = [], 0
    for page in pdf.pages:
        pages.append(page.extract_text().replace("\0", "\ufffd").strip())
        size += len(pages[-1])
        if size > MAX_TEXT:
            raise InputError(f"more than {MAX_TEXT:,} characters; split it into several works", place=place)
    text = "\n\n".join(filter(None, pages))
    if not text:
        raise InputError("empty: holds no text, perhaps a scan; run text recognition on it first", place=place)
    return text


def _information(pdf: PdfReader) -> Iterator[tuple[str, str | None]]:
    """Yield what the document information says, in the words of Dublin Core."""
    information: Mapping[str, object] = pdf.metadata or {}
    for key, name in (("/Title", "title"), ("/Author", "creator"), ("/CreationDate", "date")):
        if (value := information.get(key)) is not None:
            yield name, str(value)


def _xmp(pdf: PdfReader, place: str) -> Iterator[tuple[str, str | None]]:
    """Yield what the XMP packet says; one that is broken says nothing."""
    stream = pdf.root_object.get("/Metadata")
    data = stream.get_object().get_data() if stream is not None else b""
    if not data or len(data) > MAX_XMP:
        return
    try:
        root = parse_xml(data.strip(b"\0 \r\n"), place=place)
    except InputError:
        return
    for element in root.iter():
        for attribute, value in element.attrib.items():
            if attribute in _XMP:
                yield _XMP[attribute], value
        if element.tag in _XMP:
            yield from ((_XMP[element.tag], value) for value in _values(element))


def _values(element: Element) -> Iterator[str]:
    """Yield what a property says: an address, the items of a list, or words."""
    items = list(element.iter(f"{_RDF}li"))
    yield element.get(f"{_RDF}resource", "")
    yield from ("".join(item.itertext()) for item in items or [element])


def _all(said: Iterable[Statements], name: str) -> list[str]:
    """Return what the first description says that says anything under this name."""
    return next((found for each in said if (found := [value for key, value in each if key == name])), [])
