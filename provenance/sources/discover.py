"""Search for files: yields each file that a source names, and opens none of them.

A folder is walked in sorted order, the same each time, without hidden entries (`.git`, `.DS_Store`). A folder that a
reader takes as one thing is yielded as it is. Links are never walked through. A link to a file that the walk meets
anyway is skipped, so that no file comes twice. A link to a hidden file of the same folder is followed, because some
tools keep the content there. A link that leads out of the folder, to nothing, or back to a folder around it is
reported.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator
from pathlib import Path

from provenance.errors import InputError


def discover(source: Path, is_whole: Callable[[Path], bool] | None = None) -> Iterator[Path | InputError]:
    """Yield each file of a source, and an error for each thing in it that cannot be one; the rest still comes.

    Args:
        source: a file, which is yielded as it is, or a folder. It may be a link, because the caller named it.
        is_whole: returns of a folder whether it is yielded like a file, and not walked.
    """
    try:
        mode = source.stat().st_mode
        root = source.resolve(strict=True)
    except (OSError, RuntimeError, ValueError) as error:
        yield _unreadable_error(source, error)
        return
    if stat.S_ISDIR(mode):
        yield from _walk_folder(source, root, is_whole)
    else:
        yield _require_regular(source, mode)


def _walk_folder(folder: Path, root: Path, is_whole: Callable[[Path], bool] | None) -> Iterator[Path | InputError]:
    # A list of what is still to do, because folders may be nested deeper than Python calls functions.
    waiting = [folder]
    while waiting:
        path = waiting.pop()
        try:
            # The folder that the caller named is walked even if it is a link.
            mode = (path.stat() if path is folder else path.lstat()).st_mode
            if stat.S_ISLNK(mode):
                if (found := _check_link(path, root)) is not None:
                    yield found
            elif not stat.S_ISDIR(mode):
                yield _require_regular(path, mode)
            elif is_whole and is_whole(path):
                yield path
            else:
                with os.scandir(path) as entries:
                    names = sorted(entry.name for entry in entries if not entry.name.startswith("."))
                waiting.extend(path / name for name in reversed(names))  # the last is taken first
        except OSError as error:
            yield _unreadable_error(path, error)


def _require_regular(path: Path, mode: int) -> Path | InputError:
    if stat.S_ISREG(mode):
        return path
    # Opening a FIFO would wait for a writer for ever; a device may have no end.
    return InputError("neither a file nor a folder (a FIFO, socket or device); leave it out", place=place_of(path))


def _check_link(link: Path, root: Path) -> Path | InputError | None:
    """Return the link if it is to be read as a file, None if the walk meets its target anyway, or what is wrong."""
    try:
        target = link.resolve(strict=True)
        mode = target.stat().st_mode
    except (OSError, RuntimeError) as error:  # RuntimeError: a loop of links, before Python 3.13
        why = _describe_error(error)
        return InputError(f"a link that cannot be followed ({why}); mend or remove it", place=place_of(link))
    if not target.is_relative_to(root):
        return InputError("a link out of the folder; give its target as a source of its own", place=place_of(link))
    if link.parent.resolve().is_relative_to(target):
        return InputError("a link back to a folder that it is in, a loop; remove it", place=place_of(link))
    if not any(part.startswith(".") for part in target.relative_to(root).parts):
        return None
    if stat.S_ISDIR(mode):
        return InputError("a link to a hidden folder; give its target as a source of its own", place=place_of(link))
    return _require_regular(link, mode)


def _unreadable_error(path: Path, error: Exception) -> InputError:
    why = _describe_error(error)
    return InputError(f"cannot be read ({why}); check its name and permissions", place=place_of(path))


def _describe_error(error: Exception) -> str:
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return "a loop of links" if isinstance(error, RuntimeError) else str(error)


def place_of(path: Path) -> str:
    """Return the path as a string that can be encoded, also where the file's name is not valid UTF-8."""
    return str(path).encode("utf-8", "backslashreplace").decode("utf-8")
