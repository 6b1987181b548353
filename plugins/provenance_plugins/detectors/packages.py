"""Finds what the metadata of a package say about the works in it: Python, npm, Rust, and `debian/copyright`.

The nearest folder with metadata that name a licence speaks for all that lies below it, and its claim is an inherited
one. A paragraph of a Debian copyright file that names some files speaks of these.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from provenance.hookspecs import Surroundings, hookimpl
from provenance.works import Basis, Claim, Detection, Document
from provenance_plugins.detectors._deb822 import Paragraph, paragraph_for
from provenance_plugins.detectors._findings import BESIDE, declared, marked, place_beside
from provenance_plugins.detectors._licence_files import homes, is_licence_file
from provenance_plugins.detectors._manifests import MANIFESTS

_EVERYTHING = {"*", "**", "./*"}


@hookimpl
def provenance_detect_licences(document: Document, surroundings: Surroundings) -> Detection | None:
    """Return what the nearest package metadata and Debian's copyright file say."""
    if document.file is None or is_licence_file(document.file.name):
        return None
    around = homes(document, surroundings)
    if not around:
        return None
    package = surroundings.once(("detect-packages", around), lambda: _package(document, around, surroundings))
    return _in_debian(document, surroundings) or package


def _package(document: Document, around: tuple[tuple[Path, ...], ...], surroundings: Surroundings) -> Detection | None:
    authors: tuple[str, ...] = ()
    for folder in (folder for folders in around for folder in folders):
        for name in MANIFESTS.keys() & surroundings.files(folder):
            manifest = MANIFESTS[name](surroundings.read(folder / name) or "")
            authors = authors or manifest.authors
        claims = tuple(_claims(folder, document, surroundings))
        if claims:
            return Detection(claims=claims, authors=authors)
    return Detection(authors=authors) if authors else None


def _claims(folder: Path, document: Document, surroundings: Surroundings) -> Iterator[Claim]:
    """Yield the claim of the most official metadata in a folder that name a licence."""
    for name, read in MANIFESTS.items():
        if name in surroundings.files(folder):
            manifest = read(surroundings.read(folder / name) or "")
            if manifest.licence and manifest.field:
                place = place_beside(folder / name, document)
                yield declared(
                    manifest.licence, field=manifest.field, place=place, basis=Basis.INHERITED, factor=BESIDE
                )
                return


def _in_debian(document: Document, surroundings: Surroundings) -> Detection | None:
    """Return what the nearest Debian copyright file says of a work: more than the package's metadata do."""
    for folder in surroundings.folders(document):
        if document.file and "debian" in surroundings.subfolders(folder):
            path = folder / "debian" / "copyright"
            text = surroundings.read(path) or ""
            if paragraph := paragraph_for(document.file.relative_to(folder).as_posix(), text):
                return Detection(
                    claims=(_claim(paragraph, path, document),), copyright=tuple(map(marked, paragraph.copyright))
                )
    return None


def _claim(paragraph: Paragraph, path: Path, document: Document) -> Claim:
    basis = Basis.INHERITED if _EVERYTHING & set(paragraph.patterns) else Basis.DETECTED
    place = place_beside(path, document)
    return declared(paragraph.licence, field="License", place=place, basis=basis, factor=BESIDE)
