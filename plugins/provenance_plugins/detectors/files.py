"""Detector of what the LICENSE, COPYING, NOTICE and AUTHORS files beside and above a work say.

It looks only inside the ingested folder. The nearest folder with a licence file wins over all folders above it. Such a
file speaks for the works around it unless something nearer says otherwise, so the claims are inherited ones.
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
from provenance_plugins.detectors._copyright_lines import find_copyright_lines
from provenance_plugins.detectors._findings import BESIDE, make_claim, place_beside
from provenance_plugins.detectors._licence_files import (
    find_licence_folders,
    is_authors_file,
    is_licence_file,
    is_notice_file,
)
from provenance_plugins.detectors._recognition import (
    Recognised,
    combine_recognised,
    format_quote,
    recognise_licence_file,
)

_MAX_FILES = 12
_MAX_TEXT = 400_000
_EACH_NAMED = re.compile(r"licen[cs]e[-_.](?!txt|md|rst)[a-z0-9.+-]+", re.IGNORECASE)
_NAME = re.compile(r"[-*•\s]*(?P<name>[^\W\d_][^<>()\[\]{}:;@\n]{2,60}?)\s*(?:[<(\[].*|,? https?:.*)?", re.DOTALL)
_MAX_AUTHORS = 50


@hookimpl
def provenance_detect_licences(document: Document, surroundings: Surroundings) -> Detection | None:
    """Return what the nearest licence, notice and authors files say."""
    if document.file is None or is_licence_file(document.file.name) or document.file.parent.name == "LICENSES":
        return None  # a licence is not under itself
    groups = find_licence_folders(document, surroundings)
    if not groups:
        return None

    def detect() -> Detection | None:
        licence_files = _find_nearest(groups, surroundings, is_licence_file)
        texts = [(path, (surroundings.read(path) or "")[:_MAX_TEXT]) for path in licence_files]
        notices = [surroundings.read(path) for path in _find_nearest(groups, surroundings, is_notice_file)]
        authors = [surroundings.read(path) for path in _find_nearest(groups, surroundings, is_authors_file)]
        found = Detection(
            claims=_claim_licence([(path, text) for path, text in texts if text.strip()], document),
            copyright=tuple(dict.fromkeys(line for _, text in texts for line in find_copyright_lines(text))),
            notice="\n\n".join(notice.strip() for notice in notices if notice) or None,
            authors=list_authors("\n".join(filter(None, authors))),
        )
        return found if found != Detection() else None

    # All works below the same folders get the same answer, so a thousand files cost one look.
    return surroundings.once(("detect-files", groups), detect)


def _find_nearest(
    groups: tuple[tuple[Path, ...], ...], surroundings: Surroundings, is_wanted: Callable[[str], bool]
) -> list[Path]:
    """Return the files with a name that is wanted, of the nearest group of folders that has any."""
    for folders in groups:
        found = [folder / name for folder in folders for name in sorted(surroundings.files(folder)) if is_wanted(name)]
        if found:
            return found[:_MAX_FILES]
    return []


def _claim_licence(texts: list[tuple[Path, str]], document: Document) -> tuple[Claim, ...]:
    """Return the one claim that licence files make together, or none."""
    read = [(path, recognise_licence_file(text)) for path, text in texts]
    found = [(path, recognised) for path, recognised in read if recognised is not None]
    if texts and not found:
        # A licence that was not understood hides those further up all the same.
        path, text = texts[0]
        first = next((line.strip() for line in text.splitlines() if line.strip()), "")[:100]
        reading = Reading(status=LicenceStatus.UNKNOWN, licence=first, confidence=0.0)
        quote, place = format_quote(first), place_beside(path, document)
        return (make_claim(reading, quote=quote, place=place, basis=Basis.INHERITED),)
    if len(found) > 1 and all(_EACH_NAMED.fullmatch(path.name) for path, _ in texts):
        # A file for each licence, as `LICENSE-MIT`, offers a choice between them.
        expressions = dict.fromkeys(f"({each.reading.licence})" for _, each in found if each.reading.licence)
        reading = licences.read(" OR ".join(expressions))
        least = min(each.reading.confidence for _, each in found)
        question = "whether one of them may be chosen" if len(expressions) > 1 else None
        reading = replace(reading, confidence=min(reading.confidence, least), question=question)
        together: Recognised | None = Recognised(reading, ", ".join(each.quote for _, each in found), 0)
    else:
        together = combine_recognised(each for _, each in found)
    if together is None:
        return ()
    place = ", ".join(place_beside(path, document) for path, _ in found)
    return (make_claim(together.reading, quote=together.quote, place=place, basis=Basis.INHERITED, factor=BESIDE),)


def list_authors(text: str) -> tuple[str, ...]:
    """Return the names in a list of authors: lines of a few words that begin with a capital, without addresses.

    >>> list_authors("The authors of this library:\\n\\n* Ann Example <ann@x.org>\\n* see also https://x.org\\n")
    ('Ann Example',)
    """
    lines = (line.strip() for line in text[:_MAX_TEXT].splitlines() if len(line) < 200)
    matches = (_NAME.fullmatch(line) for line in lines)
    names = (match["name"].strip(" .,-") for match in matches if match)
    likely = (name for name in names if name[:1].isupper() and 2 <= len(name.split()) <= 5 and not name.endswith("."))
    return tuple(dict.fromkeys(likely))[:_MAX_AUTHORS]
