"""Reads JSON Lines, plain or compressed, one work a line.

A line that cannot be used is reported with its number and the next one is read; a truncated archive gives everything
before the cut. One line is in memory at a time, and never more of it than `MAX_BYTES`. What the fields mean is
`records`.
"""

from __future__ import annotations

import gzip
import json
import sys
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

from provenance.errors import InputError
from provenance.hookspecs import Reader, hookimpl
from provenance.works import Document
from provenance_plugins.readers._input import MAX_BYTES, open_regular, place_of
from provenance_plugins.readers._records import to_document

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

_SKIP = 1 << 20
_DAMAGED = (OSError, zlib.error, zstd.ZstdError)


class _Readable(Protocol):
    def readline(self, size: int, /) -> bytes: ...


@hookimpl
def provenance_register_readers(register: Callable[[Reader], None]) -> None:
    """Register the reader for JSON Lines files."""
    endings = (".jsonl", ".ndjson")
    register(Reader(name="jsonl", suffixes=tuple(e + c for e in endings for c in ("", ".gz", ".zst")), read=read))


def read(path: Path, *, limit: int = MAX_BYTES) -> Iterator[Document | InputError]:
    """Yield a document for each usable line, and an error for each other one; blank lines are nothing."""
    place, number, found = place_of(path), 0, False
    try:
        with _open(path) as file:
            for number, line in enumerate(_lines(file, limit), 1):
                if line is None or line.strip():
                    found = True
                    yield _document(line, place=f"{place}:{number}", folder=path.parent, limit=limit)
    except InputError as error:
        yield error
    except EOFError:
        yield InputError(f"truncated after line {number}; fetch the file again", place=place)
    except _DAMAGED as error:
        yield InputError(f"damaged after line {number} ({error}); fetch the file again", place=place)
    else:
        if not found:
            yield InputError("empty: holds no records; nothing to ingest", place=place)


@contextmanager
def _open(path: Path) -> Iterator[_Readable]:
    """Open a file for reading lines of bytes, decompressed by its suffix."""
    with open_regular(path) as raw:
        match path.suffix.lower():
            case ".gz":
                with gzip.open(raw) as file:
                    yield file
            case ".zst":
                with zstd.ZstdFile(raw) as compressed:
                    yield compressed
            case _:
                yield raw


def _lines(file: _Readable, limit: int) -> Iterator[bytes | None]:
    """Yield each line, or None for one longer than `limit` bytes, which is skipped without being kept."""
    while line := file.readline(limit + 1):
        if len(line) <= limit or line.endswith(b"\n"):
            yield line
            continue
        while (rest := file.readline(_SKIP)) and not rest.endswith(b"\n"):
            pass
        yield None


def _document(line: bytes | None, *, place: str, folder: Path, limit: int) -> Document | InputError:
    try:
        if line is None:
            raise InputError(f"line longer than {limit:,} bytes; split the work", place=place)
        return to_document(_parse(line, place), place=place, folder=folder)
    except InputError as error:
        return error


def _parse(line: bytes, place: str) -> Any:
    """Return the value that a line of JSON stands for.

    Raises:
        InputError: it is not UTF-8, not JSON, or JSON that no record of a work can need.
    """
    try:
        return json.loads(line.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        message = f"not valid UTF-8 at byte {error.start} of the line; save the file as UTF-8"
        raise InputError(message, place=place) from error
    except json.JSONDecodeError as error:
        column = min(error.pos, len(error.doc.rstrip())) + 1  # the line's end is no place to look for a mistake
        message = f"not valid JSON at column {column}: {error.msg}; correct or remove the line"
        raise InputError(message, place=place) from error
    except RecursionError as error:
        raise InputError("JSON nested too deeply; remove what is nested", place=place) from error
    except ValueError as error:  # a number of more digits than Python converts
        raise InputError(f"JSON that cannot be read: {error}; shorten the number", place=place) from error
