"""Reader of JSON Lines, plain or compressed, one work a line.

A line that cannot be used is reported with its number, and the next one is read. A truncated file gives the works
before the cut. One line is in memory at a time, and never more of it than `MAX_BYTES`. `_records` knows what the fields
mean.
"""

from __future__ import annotations

import gzip
import json
import sys
import zlib
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any, BinaryIO, Protocol

from provenance.errors import InputError
from provenance.hookspecs import Reader, hookimpl
from provenance.works import Document
from provenance_plugins.readers._input import MAX_BYTES, format_place, open_regular
from provenance_plugins.readers._records import to_document

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

_SKIP = 1 << 20  # bytes of a line that is too long which are in memory at a time
_DAMAGED = (OSError, zlib.error, zstd.ZstdError)


class _Readable(Protocol):
    def readline(self, size: int, /) -> bytes: ...


_COMPRESSIONS: dict[str, Callable[[BinaryIO], AbstractContextManager[Any]]] = {
    "": nullcontext, ".gz": gzip.open, ".zst": zstd.ZstdFile,
}  # fmt: skip


@hookimpl
def provenance_register_readers(register: Callable[[Reader], None]) -> None:
    """Register the reader for JSON Lines files."""
    suffixes = tuple(ending + packed for ending in (".jsonl", ".ndjson") for packed in _COMPRESSIONS)
    register(Reader(name="jsonl", suffixes=suffixes, read=read))


def read(path: Path, *, limit: int = MAX_BYTES) -> Iterator[Document | InputError]:
    """Yield a document for each usable line, and an error for each other one; blank lines are passed over."""
    place, number, is_empty = format_place(path), 0, True
    decompress = _COMPRESSIONS.get(path.suffix.lower(), nullcontext)
    try:
        with open_regular(path) as raw, decompress(raw) as file:
            for number, line in enumerate(_iterate_lines(file, limit), 1):
                if line is None or line.strip():
                    is_empty = False
                    yield _read_line(line, place=f"{place}:{number}", folder=path.parent, limit=limit)
    except InputError as error:
        yield error
    except EOFError:
        yield InputError(f"truncated after line {number}; fetch the file again", place=place)
    except _DAMAGED as error:
        yield InputError(f"damaged after line {number} ({error}); fetch the file again", place=place)
    else:
        if is_empty:
            yield InputError("empty: holds no records; nothing to ingest", place=place)


def _iterate_lines(file: _Readable, limit: int) -> Iterator[bytes | None]:
    """Yield each line, or None for one longer than `limit` bytes, which is skipped without being kept."""
    while line := file.readline(limit + 1):
        if len(line) <= limit or line.endswith(b"\n"):  # the line's end is not counted
            yield line
            continue
        while (rest := file.readline(_SKIP)) and not rest.endswith(b"\n"):
            pass
        yield None


def _read_line(line: bytes | None, *, place: str, folder: Path, limit: int) -> Document | InputError:
    """Return the work of a line, or what is wrong with the line; None is one longer than `limit` bytes."""
    if line is None:
        return InputError(f"line longer than {limit:,} bytes; split the work", place=place)
    try:
        value = json.loads(line.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        message = f"not valid UTF-8 at byte {error.start} of the line; save the file as UTF-8"
    except json.JSONDecodeError as error:
        # An error at the end of the text would be shown behind the line's end, where nobody finds a mistake.
        column = min(error.pos, len(error.doc.rstrip())) + 1
        message = f"not valid JSON at column {column}: {error.msg}; correct or remove the line"
    except RecursionError:
        message = "JSON nested too deeply; remove what is nested"
    except ValueError as error:  # a number of more digits than Python converts
        message = f"JSON that cannot be read: {error}; shorten the number"
    else:
        try:
            return to_document(value, place=place, folder=folder)
        except InputError as error:
            return error
    return InputError(message, place=place)
