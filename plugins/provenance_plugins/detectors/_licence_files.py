"""Which files beside a work speak for all that lies there, and where do a package's own lie? By their names alone."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from provenance.hookspecs import Surroundings
from provenance.works import Document

_LICENCE = re.compile(
    r"(?:[a-z0-9.]{1,20}[-_])?(?:un)?licen[cs]es?(?:[-_. ][\w.+ -]{1,40})?|copying(?:[-_.][\w.+ -]{1,40})?"
    r"|copyright(?:\.\w{1,8})?|(?:mit|gpl|lgpl|agpl|bsd|apache)[-_.]?\d?\.txt",
    re.IGNORECASE,
)
_NOTICE = re.compile(r"notices?(?:\.(?:txt|md|rst))?", re.IGNORECASE)
_AUTHORS = re.compile(r"authors(?:\.(?:txt|md|rst))?", re.IGNORECASE)
_NO_PROSE = re.compile(
    r"\.(?:pyi?|pyc|[jt]sx?|json5?|ya?ml|toml|xml|xsd|ini|cfg|go|c|cc|cpp|h|hpp|rs|rb|php|java|kt|cs|sh|css|s?html|svg"
    r"|png|gif|jpe?g|pdf|csv|license|sha\d+|sig|asc|gz|zst|zip|zabw)$",
    re.IGNORECASE,
)
_INFO = ".dist-info"


def is_licence_file(name: str) -> bool:
    """Is a file of this name one that holds a licence?

    >>> [is_licence_file(name) for name in ("LICENSE", "COPYING.LESSER", "MIT-LICENSE.txt", "licence.py", "licensing")]
    [True, True, True, False, False]
    """
    return _LICENCE.fullmatch(name) is not None and _NO_PROSE.search(name) is None


def is_notice_file(name: str) -> bool:
    """Is a file of this name one that Apache-2.0 calls the NOTICE file?"""
    return _NOTICE.fullmatch(name) is not None


def is_authors_file(name: str) -> bool:
    """Is a file of this name a list of authors?"""
    return _AUTHORS.fullmatch(name) is not None


def homes(document: Document, surroundings: Surroundings) -> tuple[tuple[Path, ...], ...]:
    """Return the folders whose files speak for a work, the nearest first; those of one package stand together.

    Where Python packages were installed, the folder with a package's metadata, which its `RECORD` says, is as near as
    the one that the package lies in, and goes before what lies there itself.
    """
    folders, file = surroundings.folders(document), document.file
    if not folders or file is None:
        return ()
    # Of all files of a folder only those that a package brought, as single modules, have homes of their own.
    own = file.name if file.name in _owners(folders[0], surroundings) else None
    return surroundings.once(("homes", folders, own), lambda: tuple(_homes(file, folders, surroundings)))


def _homes(file: Path, folders: tuple[Path, ...], surroundings: Surroundings) -> Iterator[tuple[Path, ...]]:
    below = file
    for folder in folders:
        info = _owners(folder, surroundings).get(below.name)
        if info is not None:
            yield info, info / "licenses"
        yield (folder,)
        below = folder


def _owners(folder: Path, surroundings: Surroundings) -> dict[str, Path]:
    """Return the metadata folder of each file and folder that an installed package brought."""
    return surroundings.once(("owners", folder), lambda: _recorded(folder, surroundings))


def _recorded(folder: Path, surroundings: Surroundings) -> dict[str, Path]:
    owners: dict[str, Path] = {}
    infos = sorted(name for name in surroundings.subfolders(folder) if name.endswith(_INFO))
    for name in infos:
        record = surroundings.read(folder / name / "RECORD") or ""
        brought = {re.split("[/,]", line, maxsplit=1)[0] for line in record.splitlines()}
        if not record:  # a package's folder mostly has its name; alone, it is all that there is
            brought = set(surroundings.subfolders(folder)) if len(infos) == 1 else {name.split("-")[0]}
        for top in brought:
            owners.setdefault(top, folder / name)
    return owners
