"""Reads pages of HTML, one work a file; needs the extra `html`.

What is text and what the page says about itself is `markup` and `pages`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path

from provenance.errors import InputError
from provenance.hookspecs import Reader, hookimpl
from provenance.works import Document
from provenance_plugins.readers._extras import missing
from provenance_plugins.readers._input import place_of, read_bytes
from provenance_plugins.readers._pages import page

MAX_PAGE = 1 << 24
"""The largest page: 16 MiB."""


@hookimpl
def provenance_register_readers(register: Callable[[Reader], None]) -> None:
    """Register the reader for pages."""
    register(Reader(name="html", suffixes=(".html", ".htm", ".xhtml"), read=read))


def read(path: Path) -> Iterator[Document | InputError]:
    """Yield the page as one document, or the reason why it cannot be one."""
    place = place_of(path)
    if find_spec("lxml") is None:
        yield missing("HTML", "lxml", "html", place=place)
        return
    try:
        yield page(read_bytes(path, limit=MAX_PAGE), place=place)
    except InputError as error:
        yield error
