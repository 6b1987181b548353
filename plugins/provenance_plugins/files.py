"""Which bytes does a file that nobody vouches for hold?

Opens regular files only, so that a FIFO never blocks and a device is never read, and bounds what is taken into memory.
It does not decode and knows nothing of works.
"""

from __future__ import annotations

import stat
from pathlib import Path
from typing import BinaryIO

from provenance.errors import InputError

MAX_BYTES = 1 << 29
"""The largest single work, as a file or as a line: 512 MiB."""


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
        return path.open("rb")
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
