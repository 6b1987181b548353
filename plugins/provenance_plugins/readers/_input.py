"""Bytes of untrusted files, read within bounds.

Only regular files are opened, so that a FIFO never blocks and a device is never read. What is taken into memory is
bounded by what the file holds, even where a parser believes a damaged length. Nothing here decodes or knows works.
"""

from __future__ import annotations

import io
import os
import stat
from pathlib import Path
from typing import BinaryIO

from provenance.errors import InputError

MAX_BYTES = 1 << 29
"""The largest single work, as a file or as a line: 512 MiB."""

_SMALL = 1 << 20  # up to here a parser gets the room that it asks for, without a look at the file's size


class _BoundedFile(io.BufferedReader):
    """A file that never makes room for more bytes than it holds.

    Python makes room before it reads: a damaged length of a terabyte would be a `MemoryError`, or the system would
    promise memory that it lacks.
    """

    def read(self, size: int | None = -1, /) -> bytes:
        # Files of /proc have size 0 and still hold bytes: for them nothing can be bounded.
        if size is not None and size > _SMALL and (whole := os.fstat(self.fileno()).st_size):
            size = min(size, max(whole - self.tell(), 0))
        return super().read(size)


def format_place(path: Path) -> str:
    """Return the path as a string that can be encoded; bytes of a name that are not UTF-8 become escapes."""
    return str(path).encode("utf-8", "backslashreplace").decode("utf-8")


def open_regular(path: Path) -> BinaryIO:
    """Open a regular file for reading bytes.

    Raises:
        InputError: it is missing, may not be read, or is a folder, FIFO, socket or device.
    """
    try:
        # Before it is opened: opening a FIFO would wait for a writer.
        if not stat.S_ISREG(path.stat().st_mode):
            raise InputError("not a regular file; give a file that holds text", place=format_place(path))
        return _BoundedFile(io.FileIO(path))
    except (OSError, ValueError) as error:  # ValueError: the path holds a NUL
        raise translate_os_error(path, error) from error


def translate_os_error(path: Path, error: Exception) -> InputError:
    """Return the error of a reader for what the operating system says about a file."""
    reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return InputError(f"cannot be read ({reason}); check its name and permissions", place=format_place(path))


def read_bytes(path: Path, *, limit: int = MAX_BYTES) -> bytes:
    """Return the whole content of a regular file.

    Raises:
        InputError: it cannot be read, or is larger than `limit` bytes.
    """
    with open_regular(path) as file:
        try:
            data = file.read(limit + 1)
        except OSError as error:
            raise translate_os_error(path, error) from error
    if len(data) > limit:
        raise InputError(f"larger than {limit:,} bytes; split it into several works", place=format_place(path))
    return data
