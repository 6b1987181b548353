"""Finder of the files that speak for the works beside them, by their names, and of the folders that have them."""

from __future__ import annotations

import re
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
# Code, data and signatures are no licence files, though `licence.py` and `LICENSE.asc` have such names.
_NO_PROSE = re.compile(
    r"\.(?:pyi?|pyc|[jt]sx?|json5?|ya?ml|toml|xml|xsd|ini|cfg|go|c|cc|cpp|h|hpp|rs|rb|php|java|kt|cs|sh|css|s?html|svg"
    r"|png|gif|jpe?g|pdf|csv|license|sha\d+|sig|asc|gz|zst|zip|zabw)$",
    re.IGNORECASE,
)
_INFO = ".dist-info"


def is_licence_file(name: str) -> bool:
    """Say whether a file of this name holds a licence.

    >>> [is_licence_file(name) for name in ("LICENSE", "COPYING.LESSER", "MIT-LICENSE.txt", "licence.py", "licensing")]
    [True, True, True, False, False]
    """
    return _LICENCE.fullmatch(name) is not None and _NO_PROSE.search(name) is None


def is_notice_file(name: str) -> bool:
    """Say whether a file of this name is what Apache-2.0 calls the NOTICE file."""
    return _NOTICE.fullmatch(name) is not None


def is_authors_file(name: str) -> bool:
    """Say whether a file of this name is a list of authors."""
    return _AUTHORS.fullmatch(name) is not None


def find_licence_folders(document: Document, surroundings: Surroundings) -> tuple[tuple[Path, ...], ...]:
    """Return the folders whose files speak for a work, the nearest first; those of one package are one group.

    Where Python packages were installed, the folder with a package's metadata is as near as the folder that the package
    lies in, and goes before the files in that folder. The package's `RECORD` says which files are its own.
    """
    folders, file = surroundings.folders(document), document.file
    if not folders or file is None:
        return ()

    def collect() -> tuple[tuple[Path, ...], ...]:
        groups: list[tuple[Path, ...]] = []
        for folder, inside in zip(folders, (file, *folders), strict=False):
            metadata = _find_owners(folder, surroundings).get(inside.name)
            if metadata is not None:
                groups.append((metadata, metadata / "licenses"))
            groups.append((folder,))
        return tuple(groups)

    # All files of a folder share one answer, except those that a package brought as single modules.
    own = file.name if file.name in _find_owners(folders[0], surroundings) else None
    return surroundings.once(("homes", folders, own), collect)


def _find_owners(folder: Path, surroundings: Surroundings) -> dict[str, Path]:
    """Return the metadata folder of each file and folder that an installed package brought."""

    def collect() -> dict[str, Path]:
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

    return surroundings.once(("owners", folder), collect)
