"""Detector of SPDX tags in a work, or in the `.license` file beside it, and of REUSE annotations.

A `.license` file goes before the tags in the work itself. A part under a licence of its own (a REUSE snippet) makes
that licence hold for the work besides its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from provenance import licences
from provenance.hookspecs import Surroundings, hookimpl
from provenance.works import Claim, Detection, Document, LicenceStatus
from provenance_plugins.detectors._findings import add_copyright_sign, line_number, make_claim, place_beside
from provenance_plugins.detectors._reuse import Annotation, Precedence, find_annotations
from provenance_plugins.detectors._spdx_tags import find_tags

LONGEST = 4_000_000
"""How many characters of a work are searched for tags."""
_SNIPPET_ALONE = 0.4
"""The confidence where only parts of a work have tags."""


@dataclass(frozen=True, slots=True)
class _Expression:
    """One licence expression.

    Attributes:
        text: the expression.
        place: where it is, for people.
        is_part: it is about a part of the work only.
    """

    text: str
    place: str
    is_part: bool = False


@hookimpl
def provenance_detect_licences(document: Document, surroundings: Surroundings) -> Detection | None:
    """Return what the work's tags and annotations say."""
    own = _read_tags(document, surroundings)
    annotations = tuple(find_annotations(document, surroundings)) if document.root else ()
    if not own and not annotations:
        return None
    if annotations and annotations[-1].precedence is Precedence.OVERRIDE:
        own = ([], [])
    expressions, lines = own or ([], [])
    # Licences and copyright lines are two questions: a file that answers one of them may be silent on the other.
    is_licensed, has_copyright = any(not each.is_part for each in expressions), bool(lines)
    for row in _select_annotations(annotations, is_silent=not is_licensed):
        expressions += [_Expression(each, place_beside(row.place, document)) for each in row.licences]
    for row in _select_annotations(annotations, is_silent=not has_copyright):
        lines += row.copyright
    claims: tuple[Claim, ...] = ()
    known = [each for each in expressions if licences.read(each.text).status is not LicenceStatus.UNKNOWN]
    # All expressions hold; of equal ones the first is kept, with its place.
    kept = list({each.text: each for each in reversed(known or expressions[:1])}.values())[::-1]
    if kept:
        reading = licences.read(kept[0].text if len(kept) == 1 else " AND ".join(f"({each.text})" for each in kept))
        if all(each.is_part for each in kept):
            reading = replace(reading, confidence=min(reading.confidence, _SNIPPET_ALONE))
        quote = "; ".join(f"SPDX-License-Identifier: {each.text[:200]}" for each in kept)
        claims = (make_claim(reading, quote=quote, place=", ".join(dict.fromkeys(each.place for each in kept))),)
    return Detection(claims=claims, copyright=tuple(dict.fromkeys(map(add_copyright_sign, lines))))


def _read_tags(document: Document, surroundings: Surroundings) -> tuple[list[_Expression], list[str]] | None:
    """Return the licences and copyright lines of the `.license` file, else of the work; None where there are none."""
    text, place = document.text[:LONGEST], document.place or document.source_id
    is_beside = False
    if document.file and document.root:
        beside = document.file.with_name(f"{document.file.name}.license")
        is_beside = beside.name in surroundings.files(beside.parent)
        if is_beside:
            text, place = surroundings.read(beside) or "", place_beside(beside, document)
    # Most works have no tag at all. The tags of a `.license` file are about the file beside it.
    if not is_beside and ("SPDX-" not in text or (document.file and document.file.name.endswith(".license"))):
        return None
    tags = find_tags(text)
    if not tags and not is_beside:
        return None
    expressions = [
        _Expression(tag.value, f"{place}:{line_number(text, tag.position)}", tag.in_snippet)
        for tag in tags
        if tag.name == "licence"
    ]
    return expressions, [tag.value for tag in tags if tag.name == "copyright"]


def _select_annotations(annotations: Iterable[Annotation], *, is_silent: bool) -> Iterator[Annotation]:
    """Yield the annotations that count: of the `closest` ones only the last, and only where the work is silent."""
    rows = tuple(annotations)
    closest = [row for row in rows if row.precedence is Precedence.CLOSEST]
    is_closest_heard = is_silent and not any(row.precedence is Precedence.OVERRIDE for row in rows)
    for row in rows:
        if row.precedence is not Precedence.CLOSEST or (is_closest_heard and row is closest[-1]):
            yield row
