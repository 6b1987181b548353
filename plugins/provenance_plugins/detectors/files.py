"""Finds what LICENSE, COPYING, NOTICE and AUTHORS files beside and above a work say, inside the ingested folder.

The nearest folder with a licence file wins, whatever stands further up. What such a file says is said of the work too,
as far as nobody says otherwise, so the claims are inherited ones.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from provenance import licences
from provenance.hookspecs import Surroundings, hookimpl
from provenance.licences import Reading
from provenance.works import Basis, Claim, Detection, Document, LicenceStatus
from provenance_plugins.detectors._copyright_lines import copyright_lines
from provenance_plugins.detectors._findings import BESIDE, claim, place_beside
from provenance_plugins.detectors._licence_files import homes, is_authors_file, is_licence_file, is_notice_file
from provenance_plugins.detectors._recognition import Recognised, in_licence_file, quoted, together

_MOST_FILES = 12
_READ = 400_000
_EACH_NAMED = re.compile(r"licen[cs]e[-_.](?!txt|md|rst)[a-z0-9.+-]+", re.IGNORECASE)
_NAME = re.compile(r"[-*•\s]*(?P<name>[^\W\d_][^<>()\[\]{}:;@\n]{2,60}?)\s*(?:[<(\[].*|,? https?:.*)?", re.DOTALL)
_MOST_AUTHORS = 50


@hookimpl
def provenance_detect_licences(document: Document, surroundings: Surroundings) -> Detection | None:
    """Return what the nearest licence, notice and authors files say."""
    if document.file is None or is_licence_file(document.file.name) or document.file.parent.name == "LICENSES":
        return None  # a licence is not under itself
    around = homes(document, surroundings)
    if not around:
        return None
    return surroundings.once(("detect-files", around), lambda: _said(document, around, surroundings))


def _said(document: Document, around: tuple[tuple[Path, ...], ...], surroundings: Surroundings) -> Detection | None:
    licence_files = _nearest(around, surroundings, is_licence_file)
    texts = [(path, (surroundings.read(path) or "")[:_READ]) for path in licence_files]
    notices = [surroundings.read(path) for path in _nearest(around, surroundings, is_notice_file)]
    authors = [surroundings.read(path) for path in _nearest(around, surroundings, is_authors_file)]
    found = Detection(
        claims=_claims([(path, text) for path, text in texts if text.strip()], document),
        copyright=tuple(dict.fromkeys(line for _, text in texts for line in copyright_lines(text))),
        notice="\n\n".join(notice.strip() for notice in notices if notice) or None,
        authors=_names("\n".join(filter(None, authors))),
    )
    return found if found != Detection() else None


def _nearest(
    around: tuple[tuple[Path, ...], ...], surroundings: Surroundings, is_wanted: Callable[[str], bool]
) -> list[Path]:
    for folders in around:
        found = [folder / name for folder in folders for name in sorted(surroundings.files(folder)) if is_wanted(name)]
        if found:
            return found[:_MOST_FILES]
    return []


def _claims(texts: list[tuple[Path, str]], document: Document) -> tuple[Claim, ...]:
    read = [(path, text, in_licence_file(text)) for path, text in texts]
    found = [(path, said) for path, _, said in read if said is not None]
    if not found:
        return tuple(_unread(path, text, document) for path, text, _ in read[:1])
    place = ", ".join(place_beside(path, document) for path, _ in found)
    if len(found) > 1 and all(_EACH_NAMED.fullmatch(path.name) for path, _ in texts):
        said: Recognised | None = _choice([each for _, each in found])
    else:
        said = together(each for _, each in found)
    if said is None:
        return ()
    return (claim(said.reading, quote=said.quote, place=place, basis=Basis.INHERITED, factor=BESIDE),)


def _unread(path: Path, text: str, document: Document) -> Claim:
    """Return the claim that there is a licence, which nobody understands: it hides those further up."""
    first = next((line.strip() for line in text.splitlines() if line.strip()), "")[:100]
    reading = Reading(status=LicenceStatus.UNKNOWN, licence=first, confidence=0.0)
    return claim(reading, quote=quoted(first), place=place_beside(path, document), basis=Basis.INHERITED)


def _choice(found: list[Recognised]) -> Recognised:
    """Return the choice that is offered where each licence has a file of its own, as `LICENSE-MIT`."""
    expressions = dict.fromkeys(f"({each.reading.licence})" for each in found if each.reading.licence)
    reading = licences.read(" OR ".join(expressions))
    least = min(each.reading.confidence for each in found)
    question = "whether one of them may be chosen" if len(expressions) > 1 else None
    reading = replace(reading, confidence=min(reading.confidence, least), question=question)
    return Recognised(reading, ", ".join(each.quote for each in found), 0)


def _names(text: str) -> tuple[str, ...]:
    """Return the names in a list of authors: lines of a few words that begin with a capital, without addresses."""
    lines = (line.strip() for line in text[:_READ].splitlines() if len(line) < 200)
    matches = (_NAME.fullmatch(line) for line in lines)
    names = (match["name"].strip(" .,-") for match in matches if match)
    likely = (name for name in names if name[:1].isupper() and 2 <= len(name.split()) <= 5 and not name.endswith("."))
    return tuple(dict.fromkeys(likely))[:_MOST_AUTHORS]
