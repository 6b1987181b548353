"""Detector of what the metadata of a package say about the works in it: Python, npm, Rust, and `debian/copyright`.

The nearest folder with metadata that name a licence speaks for all works below it, and its claim is an inherited one. A
paragraph of a Debian copyright file that names some files speaks for these alone.
"""

from __future__ import annotations

from pathlib import Path

from provenance.hookspecs import Surroundings, hookimpl
from provenance.works import Basis, Claim, Detection, Document
from provenance_plugins.detectors._deb822 import find_paragraph
from provenance_plugins.detectors._findings import BESIDE, add_copyright_sign, claim_field, place_beside
from provenance_plugins.detectors._licence_files import find_licence_folders, is_licence_file
from provenance_plugins.detectors._manifests import MANIFESTS

_EVERYTHING = {"*", "**", "./*"}


@hookimpl
def provenance_detect_licences(document: Document, surroundings: Surroundings) -> Detection | None:
    """Return what the nearest package metadata and Debian's copyright file say."""
    if document.file is None or is_licence_file(document.file.name):
        return None
    groups = find_licence_folders(document, surroundings)
    if not groups:
        return None
    # A paragraph of Debian's file about this path says more than the metadata of its package.
    for folder in surroundings.folders(document):
        if "debian" in surroundings.subfolders(folder):
            path, inside = folder / "debian" / "copyright", document.file.relative_to(folder).as_posix()
            if paragraph := find_paragraph(inside, surroundings.read(path) or ""):
                basis = Basis.INHERITED if _EVERYTHING & set(paragraph.patterns) else Basis.DETECTED
                place = place_beside(path, document)
                claim = claim_field(paragraph.licence, field="License", place=place, basis=basis, factor=BESIDE)
                return Detection(claims=(claim,), copyright=tuple(map(add_copyright_sign, paragraph.copyright)))
    folders = [folder for group in groups for folder in group]
    # All works below the same folders get the same answer of the metadata.
    return surroundings.once(("detect-packages", groups), lambda: _read_metadata(folders, document, surroundings))


def _read_metadata(folders: list[Path], document: Document, surroundings: Surroundings) -> Detection | None:
    """Return the claim of the nearest metadata that name a licence, and the authors of the nearest that name any."""
    claims: tuple[Claim, ...] = ()
    authors: tuple[str, ...] = ()
    for folder in folders:
        for name, read in MANIFESTS.items():  # the most official first
            if name not in surroundings.files(folder):
                continue
            manifest = read(surroundings.read(folder / name) or "")
            authors = authors or manifest.authors
            if manifest.licence and manifest.field and not claims:
                field, place = manifest.field, place_beside(folder / name, document)
                claim = claim_field(manifest.licence, field=field, place=place, basis=Basis.INHERITED, factor=BESIDE)
                claims = (claim,)
        if claims:
            break
    return Detection(claims=claims, authors=authors) if claims or authors else None
