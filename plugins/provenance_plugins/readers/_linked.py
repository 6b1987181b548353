"""Which file inside its folder does a record's `path` name, and what does it say?

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
    shown = f"'path' {path[:200]!r}"
    target = _resolve(path, folder, shown)
    try:
        return read_text(target)
    except InputError as error:
        raise InputError(f"{shown}: {error.message}", place=error.place) from error


def _resolve(path: str, folder: Path, shown: str) -> Path:
    place = str(folder)
    # A Windows path is absolute by its drive as well, and both systems must refuse the same datasets.
    windows = PureWindowsPath(path)
    if Path(path).is_absolute() or windows.anchor or ".." in windows.parts:
        raise InputError(f"{shown} must be relative to the dataset's folder, without '..'", place=place)
    try:
        root = folder.resolve(strict=True)
        target = (root / path).resolve(strict=True)
    except (OSError, RuntimeError, ValueError) as error:  # RuntimeError: a loop of links, before Python 3.13
        raise InputError(f"{shown} cannot be followed ({_said(error)}); check the file", place=place) from error
    if not target.is_relative_to(root):
        raise InputError(f"{shown} leads out of the dataset's folder; copy the file into it", place=place)
    return target


def _said(error: Exception) -> str:
    return error.strerror if isinstance(error, OSError) and error.strerror else "a loop of links"
