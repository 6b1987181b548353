"""Which files does a source name?

A folder is walked in sorted order, the same each time, without what is hidden (`.git`, `.DS_Store`). Links are never
used to walk: one to a file that the walk meets anyway is skipped, so that nothing comes twice; one to a hidden file of
the same folder is followed, since that is where some tools keep the content; one that leads out, nowhere, or round in
a circle is reported. A folder that a reader takes as one thing is yielded as it is. It opens no file.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator
from pathlib import Path

from provenance.errors import InputError

_Found = list[Path] | Path | InputError


def discover(source: Path, is_whole: Callable[[Path], bool] | None = None) -> Iterator[Path | InputError]:
    """Yield each file of a source, and an error for each thing in it that cannot be one; the rest still comes.

    Args:
        source: a file, which is yielded as it is, or a folder. It may be a link, as somebody named it on purpose.
        is_whole: says of a folder whether it is yielded like a file, and not walked.
    """
    try:
        mode = source.stat().st_mode
        root = source.resolve(strict=True)
    except (OSError, RuntimeError, ValueError) as error:
        yield _unreadable(source, error)
        return
    if stat.S_ISDIR(mode):
        yield from _walk(source, root, is_whole)
    else:
        yield _regular(source, mode)


def _walk(folder: Path, root: Path, is_whole: Callable[[Path], bool] | None) -> Iterator[Path | InputError]:
    """Walk with a list of what is to do, as folders may lie deeper than Python calls."""

    def entered(path: Path) -> _Found:
        return path if is_whole and is_whole(path) else _entries(path)

    waiting = [folder]
    while waiting:
        path = waiting.pop()
        found = _look(path, root, entered) if path is not folder else entered(folder)
        if isinstance(found, list):
            waiting.extend(reversed(found))
        elif found is not None:
            yield found


def _look(path: Path, root: Path, entered: Callable[[Path], _Found]) -> _Found | None:
    """Return a folder's entries, a file or whole, an error, or None for a link that adds nothing."""
    try:
        mode = path.lstat().st_mode
    except OSError as error:
        return _unreadable(path, error)
    if stat.S_ISLNK(mode):
        return _follow(path, root)
    return entered(path) if stat.S_ISDIR(mode) else _regular(path, mode)


def _entries(folder: Path) -> list[Path] | InputError:
    try:
        with os.scandir(folder) as entries:
            names = sorted(entry.name for entry in entries if not entry.name.startswith("."))
    except OSError as error:
        return _unreadable(folder, error)
    return [folder / name for name in names]


def _regular(path: Path, mode: int) -> Path | InputError:
    if stat.S_ISREG(mode):
        return path
    return InputError("neither a file nor a folder (a FIFO, socket or device); leave it out", place=place_of(path))


def _follow(link: Path, root: Path) -> Path | InputError | None:
    try:
        target = link.resolve(strict=True)
        mode = target.stat().st_mode
    except (OSError, RuntimeError) as error:  # RuntimeError: a loop of links, before Python 3.13
        return InputError(f"a link that cannot be followed ({_said(error)}); mend or remove it", place=place_of(link))
    if not target.is_relative_to(root):
        return InputError("a link out of the folder; give its target as a source of its own", place=place_of(link))
    if link.parent.resolve().is_relative_to(target):
        return InputError("a link back to a folder that it is in, a loop; remove it", place=place_of(link))
    if not any(part.startswith(".") for part in target.relative_to(root).parts):
        return None
    if stat.S_ISDIR(mode):
        return InputError("a link to a hidden folder; give its target as a source of its own", place=place_of(link))
    return _regular(link, mode)


def _unreadable(path: Path, error: Exception) -> InputError:
    return InputError(f"cannot be read ({_said(error)}); check its name and permissions", place=place_of(path))


def _said(error: Exception) -> str:
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return "a loop of links" if isinstance(error, RuntimeError) else str(error)


def place_of(path: Path) -> str:
    """Return the path as a string that can be encoded, whatever bytes the file's name is made of."""
    return str(path).encode("utf-8", "backslashreplace").decode("utf-8")
