"""Which bytes does a file that nobody vouches for hold?

Opens regular files only, so that a FIFO never blocks and a device is never read, and bounds what is taken into memory:
a parser that believes a damaged length gets what is there, and no memory for the rest. It does not decode and knows
nothing of works.
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

_SMALL = 1 << 20  # what is asked for at once without a look at the file's size


class _Regular(io.BufferedReader):
    """A file that never makes room for more than it holds, whatever it is asked for.

    Python makes room before it reads: a damaged length of a terabyte would be a `MemoryError`, or be lent by the
    system.
    """

    def read(self, size: int | None = -1, /) -> bytes:
        if size is not None and size > _SMALL and (whole := os.fstat(self.fileno()).st_size):
            size = min(size, max(whole - self.tell(), 0))
        return super().read(size)


def place_of(path: Path) -> str:
    """Return the path as a string that can be encoded, whatever bytes the file's name is made of."""
    return str(path).encode("utf-8", "backslashreplace").decode("utf-8")


def open_regular(path: Path) -> BinaryIO:
    """Open a regular file for reading bytes.

    Raises:
        InputError: it is missing, may not be read, or is a folder, FIFO, socket or device.
    """
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise InputError("not a regular file; give a file that holds text", place=place_of(path))
        return _Regular(io.FileIO(path))
    except (OSError, ValueError) as error:
        raise unreadable(path, error) from error


def unreadable(path: Path, error: Exception) -> InputError:
    """Translate what the operating system says about a file."""
    said = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return InputError(f"cannot be read ({said}); check its name and permissions", place=place_of(path))


def read_bytes(path: Path, *, limit: int = MAX_BYTES) -> bytes:
    """Return the whole content of a regular file.

    Raises:
        InputError: it cannot be read, or is larger than `limit` bytes.
    """
    with open_regular(path) as file:
        try:
            data = file.read(limit + 1)
        except OSError as error:
            raise unreadable(path, error) from error
    if len(data) > limit:
        raise InputError(f"larger than {limit:,} bytes; split it into several works", place=place_of(path))
    return data
