"""Reader of text files: the whole text of a file as one work; takes each file that no other reader claims.

Title, authors and licence come from the caller; this reader only decides whether the file is text, and decodes it. Of
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
from provenance_plugins.readers._input import format_place, read_bytes


@hookimpl
def provenance_register_readers(register: Callable[[Reader], None]) -> None:
    """Register the reader for all files that no other reader claims."""
    register(Reader(name="text", suffixes=("",), read=read))


def read(path: Path) -> Iterator[Document | InputError]:
    """Yield the file as one document, or the reason why it cannot be one."""
    try:
        yield _gutenberg.trim_ebook(Document(text=read_text(path), place=format_place(path)))
    except InputError as error:
        yield error


def read_text(path: Path) -> str:
    """Return the text of a file with its line ends as they are, without a byte order mark.

    Raises:
        InputError: the file cannot be read, is too large, is not text, or is empty.
    """
    return decode_text(read_bytes(path), place=format_place(path))


def decode_text(data: bytes, *, place: str) -> str:
    """Return the text of bytes.

    Raises:
        InputError: the bytes are not text, or hold nothing but white space.
    """
    text = decode(data, place=place)
    if not text or text.isspace():
        raise InputError("empty: holds no text; nothing to ingest", place=place)
    return text
