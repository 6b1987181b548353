"""Reader of EPUB books: the chapters in reading order as one work; needs the extra `epub`.

A book is a ZIP archive of XHTML pages with a package file that describes it. Only the pages that the package names are
read, within bounds, and nothing that those pages name in turn.
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
from provenance_plugins.readers._damage import stop_at_damage
from provenance_plugins.readers._dublin_core import describe_work
from provenance_plugins.readers._extras import explain_missing_library
from provenance_plugins.readers._input import format_place, open_regular
from provenance_plugins.readers._markup import extract_text, local_name, parse_html, parse_xml
from provenance_plugins.readers._statements import clean_statements

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
    place = format_place(path)
    if find_spec("lxml") is None:
        yield explain_missing_library("EPUB", "lxml", "epub", place=place)
    else:
        yield from stop_at_damage(_read_book(path, place), "not an EPUB book, or damaged", place=place)


def _read_book(path: Path, place: str) -> Iterator[Document]:
    """Yield the book.

    Raises:
        InputError: a part is missing, too large or broken, a chapter is encrypted, or the chapters are without text.
    """
    with open_regular(path) as file, ZipFile(file) as archive:
        book = _Book(archive, place)
        text = "\n\n".join(filter(None, (book.read_chapter(name) for name in book.list_chapters())))
    if not text:
        raise InputError("empty: a book without text; nothing to ingest", place=place)
    core = clean_statements((local_name(term), "".join(term.itertext())) for term in book.package.iter(f"{_DC}*"))
    rights = clean_statements((f"dc:{name}", value) for name, value in core if name == "rights")
    links = clean_statements(
        (f"link {rel}", link.get("href"))
        for link in book.package.iter("{*}link")
        for rel in link.get("rel", "").split()
        if rel in {"cc:license", "dcterms:license"}
    )
    yield _gutenberg.trim_ebook(describe_work(text, core, rights=rights, links=links, place=place))


class _Book:
    """The parts of a book, read within the bounds of a part and of all parts together.

    Attributes:
        package: the root of the package file, which describes the book and lists its parts.
    """

    def __init__(self, archive: ZipFile, place: str) -> None:
        self._place = place
        self._archive = archive
        self._left = MAX_BOOK
        roots = (element for element in self.parse_part(_CONTAINER).iter() if local_name(element) == "rootfile")
        name = next(filter(None, (root.get("full-path") for root in roots)), None)
        if name is None:
            raise InputError(f"{_CONTAINER} names no package; fetch it again", place=place)
        self.package = self.parse_part(name)
        self._folder = posixpath.dirname(name)

    def list_chapters(self) -> list[str]:
        """Return the names of the pages in reading order, each once, without those that only list the others.

        Raises:
            InputError: one of them is encrypted.
        """
        names = {}
        for item in self.package.iter("{*}item"):
            is_page = item.get("media-type") in _PAGES and "nav" not in item.get("properties", "").split()
            if is_page and item.get("id") and item.get("href"):
                # Addresses are relative to the package file; names in the archive have no `..`.
                names[item.get("id")] = posixpath.normpath(posixpath.join(self._folder, unquote(item.get("href"))))
        order = (names.get(reference.get("idref")) for reference in self.package.iter("{*}itemref"))
        chapters = list(dict.fromkeys(name for name in order if name))
        if _ENCRYPTION in self._archive.NameToInfo:
            parts = (part for part in self.parse_part(_ENCRYPTION).iter() if local_name(part) == "cipherreference")
            # Fonts are often encrypted in books that anybody may read.
            if encrypted := {unquote(part.get("URI", "")) for part in parts} & set(chapters):
                message = f"encrypted ({min(encrypted)!r} and others); give a copy without protection"
                raise InputError(message, place=self._place)
        return chapters

    def read_chapter(self, name: str) -> str:
        """Return the text of a page."""
        data, place = self.read_part(name), f"{self._place}:{name[:200]}"
        try:
            root = parse_xml(data, place=place)
        except InputError:
            root = parse_html(data, place=place)  # most reading programs take it, so books are not always well-formed
        bodies = (element for element in root.iter() if local_name(element) == "body")
        return extract_text(next(bodies, root))

    def parse_part(self, name: str) -> Element:
        return parse_xml(self.read_part(name), place=f"{self._place}:{name[:200]}")

    def read_part(self, name: str) -> bytes:
        """Return the bytes of a part.

        Raises:
            InputError: there is none of this name, or it is too large.
        """
        if name not in self._archive.NameToInfo:
            raise InputError(f"has no part {name[:200]!r}, which it names; fetch it again", place=self._place)
        limit = min(MAX_PART, self._left)
        with self._archive.open(name) as file:
            data = file.read(limit + 1)  # the size that the archive states may be wrong
        if len(data) > limit:
            message = f"{name[:200]!r} is larger than {MAX_PART:,} bytes, or all parts than {MAX_BOOK:,}"
            raise InputError(f"{message}; split the book", place=self._place)
        self._left -= len(data)
        return data
