"""Reader of PDF files, one work a file; needs the extra `pdf`.

The text is what the file itself gives for each page. A scan without a layer of text is refused; pictures are not read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from importlib.util import find_spec
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

from provenance.errors import InputError
from provenance.hookspecs import Reader, hookimpl
from provenance.works import Document
from provenance_plugins.readers._damage import silence_logger, stop_at_damage
from provenance_plugins.readers._dublin_core import describe_work
from provenance_plugins.readers._extras import explain_missing_library
from provenance_plugins.readers._input import format_place, read_bytes
from provenance_plugins.readers._markup import parse_xml
from provenance_plugins.readers._statements import clean_statements

if TYPE_CHECKING:
    from pypdf import PdfReader

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
_INFORMATION = {"/Title": "title", "/Author": "creator", "/CreationDate": "date"}


@hookimpl
def provenance_register_readers(register: Callable[[Reader], None]) -> None:
    """Register the reader for PDF files."""
    register(Reader(name="pdf", suffixes=(".pdf",), read=read))


def read(path: Path) -> Iterator[Document | InputError]:
    """Yield the file as one document, or the reason why it cannot be one."""
    place = format_place(path)
    if find_spec("pypdf") is None or find_spec("lxml") is None:
        yield explain_missing_library("PDF", "pypdf", "pdf", place=place)
    else:
        yield from stop_at_damage(_read_file(path, place), "not PDF, or damaged", place=place)


def _read_file(path: Path, place: str) -> Iterator[Document]:
    """Yield the file as a work.

    Raises:
        InputError: the file is encrypted, has too many bytes, pages or characters, or is without text.
    """
    from pypdf import PdfReader  # noqa: PLC0415 - an extra

    silence_logger("pypdf")
    pdf = PdfReader(BytesIO(read_bytes(path, limit=MAX_FILE)))
    if pdf.is_encrypted:
        raise InputError("encrypted; give a copy without a password", place=place)
    if len(pdf.pages) > MAX_PAGES:
        raise InputError(f"more than {MAX_PAGES:,} pages; split it into several works", place=place)
    pages, size = [], 0
    for page in pdf.pages:
        # The text of a page may hold NULs, which a database does not take.
        pages.append(page.extract_text().replace("\0", "\ufffd").strip())
        size += len(pages[-1])
        if size > MAX_TEXT:  # each page may draw the same large object
            raise InputError(f"more than {MAX_TEXT:,} characters; split it into several works", place=place)
    text = "\n\n".join(filter(None, pages))
    if not text:
        raise InputError("empty: holds no text, perhaps a scan; run text recognition on it first", place=place)
    information: Mapping[str, object] = pdf.metadata or {}
    given = ((name, information.get(key)) for key, name in _INFORMATION.items())
    known = clean_statements((name, str(value)) for name, value in given if value is not None)
    xmp = clean_statements(_read_xmp(pdf, place))
    rights = tuple(pair for pair in xmp if pair[0] in _RIGHTS.values())
    # XMP goes first: it is the newer form, and can say more.
    yield describe_work(text, xmp, known, rights=rights, place=place)


def _read_xmp(pdf: PdfReader, place: str) -> Iterator[tuple[str, str | None]]:
    """Yield the statements of the XMP packet, if it can be parsed.

    A property is an attribute, or an element with an address, with the items of a list, or with words.
    """
    stream = pdf.root_object.get("/Metadata")
    data = stream.get_object().get_data() if stream is not None else b""
    if not data or len(data) > MAX_XMP:
        return
    try:
        root = parse_xml(data.strip(b"\0 \r\n"), place=place)  # some programs pad the packet
    except InputError:
        return
    for element in root.iter():
        yield from ((_XMP[name], value) for name, value in element.attrib.items() if name in _XMP)
        if (term := _XMP.get(element.tag)) is not None:
            yield term, element.get(f"{_RDF}resource", "")
            items = list(element.iter(f"{_RDF}li"))
            yield from ((term, "".join(item.itertext())) for item in items or [element])
