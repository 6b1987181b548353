"""Reads EPUB books: the chapters in reading order as one work; needs the extra `epub`.

A book is a ZIP archive of XHTML pages with a package file that describes it. Only the pages that the package names are
read, a bounded amount of them, and nothing that they name in turn.
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote
from zipfile import ZipFile

from provenance.errors import InputError
from provenance.hookspecs import Reader, hookimpl
from provenance.works import Document
from provenance_plugins.readers import _gutenberg
from provenance_plugins.readers._damage import damaged
from provenance_plugins.readers._extras import missing
from provenance_plugins.readers._input import open_regular, place_of
from provenance_plugins.readers._markup import local_name, parse_html, parse_xml, text_of
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
else:
    Element = Any

MAX_PART = 1 << 26
"""The largest part of a book: 64 MiB."""
MAX_BOOK = 1 << 28
"""The most that all parts of a book may hold: 256 MiB."""

_CONTAINER = "META-INF/container.xml"
_ENCRYPTION = "META-INF/encryption.xml"
_DC = "{http://purl.org/dc/elements/1.1/}"
_PAGES = frozenset({"application/xhtml+xml", "text/html", "application/x-dtbook+xml"})


@hookimpl
def provenance_register_readers(register: Callable[[Reader], None]) -> None:
    """Register the reader for EPUB books."""
    register(Reader(name="epub", suffixes=(".epub",), read=read))


def read(path: Path) -> Iterator[Document | InputError]:
    """Yield the book as one document, or the reason why it cannot be one."""
    place = place_of(path)
    if find_spec("lxml") is None:
        yield missing("EPUB", "lxml", "epub", place=place)
        return
    try:
        with open_regular(path) as file, ZipFile(file) as archive:
            yield _book(_Parts(archive, place))
    except InputError as error:
        yield error
    except Exception as error:  # zipfile promises no set of errors for damaged files
        yield damaged("not an EPUB book, or damaged", error, place=place)


class _Parts:
    """The parts of a book, of which no more is read than one book needs."""

    def __init__(self, archive: ZipFile, place: str) -> None:
        self.place = place
        self._archive = archive
        self._left = MAX_BOOK

    def has(self, name: str) -> bool:
        return name in self._archive.NameToInfo

    def read(self, name: str) -> bytes:
        """Return the bytes of a part.

        Raises:
            InputError: there is none of this name, or it is too large.
        """
        if not self.has(name):
            raise InputError(f"has no part {name[:200]!r}, which it names; fetch it again", place=self.place)
        limit = min(MAX_PART, self._left)
        with self._archive.open(name) as file:
            data = file.read(limit + 1)
        if len(data) > limit:
            message = f"{name[:200]!r} is larger than {MAX_PART:,} bytes, or all parts than {MAX_BOOK:,}"
            raise InputError(f"{message}; split the book", place=self.place)
        self._left -= len(data)
        return data

    def xml(self, name: str) -> Element:
        return parse_xml(self.read(name), place=f"{self.place}:{name[:200]}")


def _book(parts: _Parts) -> Document:
    package_name = _package_name(parts)
    package = parts.xml(package_name)
    chapters = _chapters(package, posixpath.dirname(package_name))
    if locked := _locked(parts) & set(chapters):
        raise InputError(f"encrypted ({min(locked)!r} and others); give a copy without protection", place=parts.place)
    text = "\n\n".join(filter(None, (_text(parts, name) for name in chapters)))
    if not text:
        raise InputError("empty: a book without text; nothing to ingest", place=parts.place)
    return _gutenberg.trimmed(_described(package, text, parts.place))


def _package_name(parts: _Parts) -> str:
    for element in parts.xml(_CONTAINER).iter():
        if local_name(element) == "rootfile" and element.get("full-path"):
            return str(element.get("full-path"))
    raise InputError(f"{_CONTAINER} names no package; fetch it again", place=parts.place)


def _chapters(package: Element, folder: str) -> list[str]:
    """Return the names of the pages in reading order, each once, without those that only list the others."""
    names = {}
    for item in package.iter("{*}item"):
        is_page = item.get("media-type") in _PAGES and "nav" not in item.get("properties", "").split()
        if is_page and item.get("id") and item.get("href"):
            names[item.get("id")] = posixpath.normpath(posixpath.join(folder, unquote(item.get("href"))))
    order = (names.get(reference.get("idref")) for reference in package.iter("{*}itemref"))
    return list(dict.fromkeys(name for name in order if name))


def _locked(parts: _Parts) -> set[str]:
    """Return the names of the parts that are encrypted; fonts often are, in books that anybody may read."""
    if not parts.has(_ENCRYPTION):
        return set()
    references = (element for element in parts.xml(_ENCRYPTION).iter() if local_name(element) == "cipherreference")
    return {unquote(element.get("URI", "")) for element in references}


def _text(parts: _Parts, name: str) -> str:
    data, place = parts.read(name), f"{parts.place}:{name[:200]}"
    try:
        root = parse_xml(data, place=place)
    except InputError:
        root = parse_html(data, place=place)  # most reading programs take it, so books are not always well-formed
    bodies = [element for element in root.iter() if local_name(element) == "body"]
    return text_of(bodies[0] if bodies else root)


def _described(package: Element, text: str, place: str) -> Document:
    core = statements((local_name(element), "".join(element.itertext())) for element in package.iter(f"{_DC}*"))
    rights = statements((f"dc:{name}", value) for name, value in core if name == "rights")
    linked = statements((f"link {rel}", link.get("href")) for link in package.iter("{*}link")
                        for rel in link.get("rel", "").split() if rel in {"cc:license", "dcterms:license"})  # fmt: skip
    return Document(
        text=text,
        title=next(iter(_all(core, "title")), None),
        authors=tuple(_all(core, "creator")),
        year=year_of(_all(core, "date")),
        source=next((each for each in [*_all(core, "source"), *_all(core, "identifier")] if web_address(each)), None),
        licence=clear_licence(linked) or clear_licence(rights),
        copyright=copyright_line(rights),
        language=next((each[:100] for each in _all(core, "language")), None),
        declarations=statements([*linked, *rights]),
        place=place,
    )


def _all(core: Statements, name: str) -> list[str]:
    return [value for key, value in core if key == name]
