"""Reads any file that no other reader claims as one work: its whole text, nothing else.

Title, authors and licence come from the caller; this reader only decides whether the file is text and what it says. Of
an e-book of Project Gutenberg it takes the work, and what the header says about it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from provenance.errors import InputError
from provenance.hookspecs import Reader, hookimpl
from provenance.works import Document
from provenance_plugins.readers import _gutenberg
from provenance_plugins.readers._decoding import decode
from provenance_plugins.readers._input import place_of, read_bytes


@hookimpl
def provenance_register_readers(register: Callable[[Reader], None]) -> None:
    """Register the reader for whatever nobody else reads."""
    register(Reader(name="text", suffixes=("",), read=read))


def read(path: Path) -> Iterator[Document | InputError]:
    """Yield the file as one document, or the reason why it cannot be one."""
    try:
        yield _gutenberg.trimmed(Document(text=read_text(path), place=place_of(path)))
    except InputError as error:
        yield error


def read_text(path: Path) -> str:
    """Return the text of a file exactly as it stands there, line ends included, without a byte order mark.

    Raises:
        InputError: the file cannot be read, is too large, is not text, or is empty.
    """
    text = decode(read_bytes(path), place=place_of(path))
    if not text or text.isspace():
        raise InputError("empty: holds no text; nothing to ingest", place=place_of(path))
    return text
