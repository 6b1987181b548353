"""Texts of the files that the `path` of a record names.

A record is untrusted: its path may not be absolute, climb out by `..`, or lead out through a link.
"""

from __future__ import annotations

from pathlib import Path, PureWindowsPath

from provenance.errors import InputError
from provenance_plugins.readers.text import read_text


def read_linked(path: str, *, folder: Path) -> str:
    """Return the text of the file at `path`, relative to `folder`.

    Raises:
        InputError: the path leaves the folder, or the file cannot be read as text.
    """
    shown, place = f"'path' {path[:200]!r}", str(folder)
    # A Windows path is absolute by its drive as well, and both systems must refuse the same datasets.
    windows = PureWindowsPath(path)
    if Path(path).is_absolute() or windows.anchor or ".." in windows.parts:
        raise InputError(f"{shown} must be relative to the dataset's folder, without '..'", place=place)
    try:
        root = folder.resolve(strict=True)
        target = (root / path).resolve(strict=True)
    except (OSError, RuntimeError, ValueError) as error:  # RuntimeError: a loop of links, before Python 3.13
        reason = error.strerror if isinstance(error, OSError) and error.strerror else "a loop of links"
        raise InputError(f"{shown} cannot be followed ({reason}); check the file", place=place) from error
    # Only the resolved path shows where the links on the way lead.
    if not target.is_relative_to(root):
        raise InputError(f"{shown} leads out of the dataset's folder; copy the file into it", place=place)
    try:
        return read_text(target)
    except InputError as error:
        raise InputError(f"{shown}: {error.message}", place=error.place) from error
