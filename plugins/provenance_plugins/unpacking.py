"""Which files of an archive may be written into a folder, and how much of them?

Keeps to the folder whatever the members are called, writes regular files only, and stops where an archive holds more
than anybody's: in bytes, in number, or in proportion to its own size. It knows no archive format.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import BinaryIO, Protocol

from provenance.errors import InputError
from provenance_plugins.files import MAX_BYTES

MAX_UNPACKED = 1 << 31
"""The most that one archive may hold: 2 GiB."""
MAX_RATIO = 200
"""How many times its own size an archive may hold, beyond `FREE` bytes."""
MAX_MEMBERS = 250_000
FREE = 1 << 24
"""What any archive may hold, however small it is: 16 MiB."""

_PIECE = 1 << 20
_REMEDY = "unpack it yourself if you trust it, and give the folder"


class Readable(Protocol):
    """What is left of a member."""

    def read(self, size: int, /) -> bytes:
        """Return at most so many bytes; none at the end."""


class LimitError(InputError):
    """An archive holds more than is unpacked; nothing more of it is read."""


class Unpacking:
    """The writing of one archive's members into an empty folder.

    Args:
        folder: where to. place: the archive, for messages. packed: its own size in bytes.
        limit: how large a member may be.
    """

    def __init__(self, folder: Path, *, place: str, packed: int, limit: int = MAX_BYTES) -> None:
        self.place = place
        self._folder = folder
        self._limit = limit
        self._left = min(MAX_UNPACKED, FREE + MAX_RATIO * packed)
        self._members = 0

    def wants(self, name: str) -> bool:
        """Count a member, and return whether it is for the eye: hidden files are nobody's works.

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
        file, target = self._create(name)
        try:
            with file:
                for piece in self._pieces(name, content):
                    file.write(piece)
        except BaseException:
            target.unlink()  # half a member is none
            raise

    def link(self, name: str, target: str) -> None:
        """Pass a link over: what it leads to is read where it lies.

        Raises:
            InputError: it leads out of the archive.
        """
        end = posixpath.normpath(posixpath.join(posixpath.dirname(name), target))
        if not is_inside(end):
            raise self.error(name, f"is a link out of the archive, to {target[:200]!r}; it is not followed")

    def pass_over(self, rest: Readable) -> None:
        """Read what stands after the last member, so that it is checked.

        Raises:
            LimitError: with it the archive is too large.
        """
        while piece := rest.read(_PIECE):
            self._take(len(piece), self.place)

    def error(self, name: str, message: str) -> InputError:
        """Return what is wrong with a member, in its place."""
        return InputError(message, place=f"{self.place}:{printable(name)}")

    def _create(self, name: str) -> tuple[BinaryIO, Path]:
        if not is_inside(name):
            raise self.error(name, "leads out of the archive; it is passed over")
        target = self._folder / PurePosixPath(name)
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            return target.open("xb"), target
        except FileExistsError:
            raise self.error(name, "clashes with another member; only the first is read") from None
        except OSError as error:
            raise self.error(name, f"cannot be unpacked ({error.strerror}); rename it") from error

    def _pieces(self, name: str, content: Readable) -> Iterator[bytes]:
        size = 0
        while piece := content.read(_PIECE):
            size += len(piece)
            self._take(len(piece), f"{self.place}:{printable(name)}")
            if size > self._limit:
                raise self.error(name, f"larger than {self._limit:,} bytes; split it into several works")
            yield piece

    def _take(self, size: int, place: str) -> None:
        self._left -= size
        if self._left < 0:
            message = f"holds more than {MAX_UNPACKED:,} bytes or {MAX_RATIO} times its own size; {_REMEDY}"
            raise LimitError(message, place=place)


def is_inside(name: str) -> bool:
    """Return whether a member's name stays in the archive's folder, on any system.

    >>> [is_inside(name) for name in ("a/b.txt", "./a", "/a", "../a", "a/../../b", "C:\\\\a", "a\\0b", "", ".")]
    [True, True, False, False, False, False, False, False, False]
    """
    windows = PureWindowsPath(name)
    return not (
        "\0" in name or windows.anchor or name.startswith("/") or ".." in windows.parts or not PurePosixPath(name).parts
    )


def printable(name: str) -> str:
    """Return a member's name as a string that can be encoded, and that fits a line."""
    return name[:500].encode("utf-8", "backslashreplace").decode("utf-8")
