"""Reader of HTML pages, one work a file; needs the extra `html`.

`_markup` decides what is text, and `_pages` what the page says about itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path

from provenance.errors import InputError
from provenance.hookspecs import Reader, hookimpl
from provenance.works import Document
from provenance_plugins.readers._extras import explain_missing_library
from provenance_plugins.readers._input import format_place, read_bytes
from provenance_plugins.readers._pages import read_page

MAX_PAGE = 1 << 24
"""The largest page: 16 MiB."""


@hookimpl
def provenance_register_readers(register: Callable[[Reader], None]) -> None:
    """Register the reader for pages."""
    register(Reader(name="html", suffixes=(".html", ".htm", ".xhtml"), read=read))


def read(path: Path) -> Iterator[Document | InputError]:
    """Yield the page as one document, or the reason why it cannot be one."""
    place = format_place(path)
    if find_spec("lxml") is None:
        yield explain_missing_library("HTML", "lxml", "html", place=place)
        return
    try:
        yield read_page(read_bytes(path, limit=MAX_PAGE), place=place)
    except InputError as error:
        yield error
