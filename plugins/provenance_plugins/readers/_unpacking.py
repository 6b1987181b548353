"""Bounds for unpacking an untrusted archive into a folder, for all formats of archives.

No name of a member leads out of the folder, and only regular files are written. Unpacking stops where an archive holds
more than an honest one would: in bytes, in number of members, or in proportion to its own size.
"""

from __future__ import annotations

import posixpath
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Protocol

from provenance.errors import InputError
from provenance_plugins.readers._input import MAX_BYTES

MAX_UNPACKED = 1 << 31
"""The most that one archive may hold: 2 GiB."""
MAX_RATIO = 200
"""How many times its own size an archive may hold, beyond `FREE` bytes."""
MAX_MEMBERS = 250_000
FREE = 1 << 24
"""What any archive may hold, however small it is: 16 MiB."""

_PIECE = 1 << 20  # bytes of a member that are in memory at a time
_REMEDY = "unpack it yourself if you trust it, and give the folder"


class Readable(Protocol):
    """The bytes of a member that are still to be read."""

    def read(self, size: int, /) -> bytes:
        """Return at most `size` bytes; none at the end."""


class LimitError(InputError):
    """An archive holds more than is unpacked; nothing more of it is read."""


class Unpacking:
    """The writing of one archive's members into an empty folder.

    Args:
        folder: the folder.
        place: the archive, for messages.
        packed: the size of the archive in bytes.
        limit: the largest size of a member in bytes.
    """

    def __init__(self, folder: Path, *, place: str, packed: int, limit: int = MAX_BYTES) -> None:
        self.place = place
        self._folder = folder
        self._limit = limit
        # Honest text is packed to a fifth, zeros to a thousandth: a ratio stops a bomb long before the bound in bytes.
        self._left = min(MAX_UNPACKED, FREE + MAX_RATIO * packed)
        self._members = 0

    def wants(self, name: str) -> bool:
        """Count a member, and return whether it is to be read: hidden files and folders are passed over.

        Raises:
            LimitError: there are too many.
        """
        self._members += 1
        if self._members > MAX_MEMBERS:
            raise LimitError(f"more than {MAX_MEMBERS:,} members; {_REMEDY}", place=self.place)
        return not any(part.startswith(".") and part not in {".", ".."} for part in PurePosixPath(name).parts)

    def write(self, name: str, content: Readable) -> None:
        """Write a member.

        Raises:
            InputError: its name leads out of the folder or cannot be a file's, or it is too large for a work.
            LimitError: with it the archive is too large.
        """
        if not is_inside(name):
            raise self.error(name, "leads out of the archive; it is passed over")
        target = self._folder / PurePosixPath(name)
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            file = target.open("xb")  # never over a member of the same name
        except FileExistsError:
            raise self.error(name, "clashes with another member; only the first is read") from None
        except OSError as error:
            raise self.error(name, f"cannot be unpacked ({error.strerror}); rename it") from error
        try:
            size = 0
            with file:
                while piece := content.read(_PIECE):
                    size += len(piece)
                    self._spend(len(piece), f"{self.place}:{make_printable(name)}")
                    if size > self._limit:
                        raise self.error(name, f"larger than {self._limit:,} bytes; split it into several works")
                    file.write(piece)
        except BaseException:
            target.unlink()  # half a member would be read as a whole work
            raise

    def check_link(self, name: str, target: str) -> None:
        """Check a link, which is then passed over: its target is read under its own name.

        Raises:
            InputError: it leads out of the archive.
        """
        end = posixpath.normpath(posixpath.join(posixpath.dirname(name), target))
        if not is_inside(end):
            raise self.error(name, f"is a link out of the archive, to {target[:200]!r}; it is not followed")

    def read_rest(self, rest: Readable) -> None:
        """Read what follows the last member, so that its checksum is checked.

        Raises:
            LimitError: with it the archive is too large.
        """
        while piece := rest.read(_PIECE):
            self._spend(len(piece), self.place)

    def error(self, name: str, message: str) -> InputError:
        """Return the error for a member."""
        return InputError(message, place=f"{self.place}:{make_printable(name)}")

    def _spend(self, size: int, place: str) -> None:
        self._left -= size
        if self._left < 0:
            message = f"holds more than {MAX_UNPACKED:,} bytes or {MAX_RATIO} times its own size; {_REMEDY}"
            raise LimitError(message, place=place)


def is_inside(name: str) -> bool:
    """Return whether a member's name stays in the archive's folder, on any system.

    >>> [is_inside(name) for name in ("a/b.txt", "./a", "/a", "../a", "a/../../b", "C:\\\\a", "a\\0b", "", ".")]
    [True, True, False, False, False, False, False, False, False]
    """
    # Python's Windows paths take both slashes for separators, and see drives and shares.
    windows = PureWindowsPath(name)
    return not (
        "\0" in name or windows.anchor or name.startswith("/") or ".." in windows.parts or not PurePosixPath(name).parts
    )


def make_printable(name: str) -> str:
    """Return a member's name as a string that can be encoded, and that fits a line."""
    return name[:500].encode("utf-8", "backslashreplace").decode("utf-8")
