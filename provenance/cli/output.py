"""Input and output of the commands: standard streams and files."""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import click

from provenance.errors import InputError, UsageError
from provenance.works import DEFAULT_COLLECTION, Document

STANDARD_INPUT = "standard input"


def read_text(file: str) -> str:
    """Return the text of a file, or of standard input for "-", exactly as it is.

    Raises:
        InputError: it cannot be read or is not UTF-8.
    """
    name = STANDARD_INPUT if file == "-" else file
    try:
        data = sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        what = f"not UTF-8 at byte {error.start} (0x{error.object[error.start]:02X}); convert it and check again"
        raise InputError(what, place=name) from None
    except OSError as error:
        raise InputError(f"{error.strerror or error}; name a text file, or - for standard input", place=name) from None


@contextmanager
def source_files(sources: Sequence[str]) -> Iterator[tuple[list[Path], Path]]:
    """Yield the sources as files, and the temporary file with what came from standard input if "-" is among them."""
    with tempfile.TemporaryDirectory() as folder:
        piped = Path(folder, "standard-input.txt")
        if "-" in sources:
            with piped.open("wb") as file:
                shutil.copyfileobj(sys.stdin.buffer, file)
        # A file that is named twice is read once.
        yield [piped if source == "-" else Path(source) for source in dict.fromkeys(sources)], piped


def rename_piped(items: Iterable[Document | InputError], piped: Path) -> Iterator[Document | InputError]:
    """Yield the items; a text from standard input gets no name from the temporary file, but from source or content."""
    for item in items:
        if item.place != str(piped):
            yield item
        elif isinstance(item, InputError):
            yield InputError(item.message, place=STANDARD_INPUT)
        else:
            title = None if item.title == piped.name else item.title
            collection = DEFAULT_COLLECTION if item.collection == piped.name else item.collection
            identifier = item.source or f"blake2b:{item.content_hash.hex()}"
            yield replace(item, id=identifier, title=title, collection=collection, place=STANDARD_INPUT)


def emit(text: str, output: str | None) -> None:
    """Write a rendered report; without colours where it does not go to a terminal.

    Raises:
        UsageError: the file cannot be written.
    """
    text = text.removesuffix("\n") + "\n"
    if output is None:
        click.echo(text, nl=False)
        return
    try:
        Path(output).write_text(click.unstyle(text), encoding="utf-8")
    except OSError as error:
        raise UsageError(f"cannot write {output}: {error.strerror or error}") from None
