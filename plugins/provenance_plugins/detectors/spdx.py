"""Finds SPDX tags in a work, or in the `.license` file beside it, and what REUSE annotations say of it.

A `.license` file goes before the tags in the work itself. A part under a licence of its own (a REUSE snippet) makes
that licence hold for the work besides its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace

from provenance import licences
from provenance.hookspecs import Surroundings, hookimpl
from provenance.works import Claim, Detection, Document, LicenceStatus
from provenance_plugins.detectors._findings import claim, line_of, marked, place_beside, place_in
from provenance_plugins.detectors._reuse import Annotation, Precedence, annotations_of
from provenance_plugins.detectors._spdx_tags import Tag, tags

LONGEST = 4_000_000
"""Characters of a work that are looked through."""
_SNIPPET_ALONE = 0.4


@dataclass(frozen=True, slots=True)
class _Said:
    """One licence expression, with its place; `is_part`: it is said of a part of the work only."""

    expression: str
    place: str
    is_part: bool = False


@hookimpl
def provenance_detect_licences(document: Document, surroundings: Surroundings) -> Detection | None:
    """Return what the work's tags and annotations say."""
    own = _own(document, surroundings)
    about = tuple(annotations_of(document, surroundings)) if document.root else ()
    if not own and not about:
        return None
    if about and about[-1].precedence is Precedence.OVERRIDE:
        own = ([], [])
    said, lines = own or ([], [])
    counting = tuple(_counting(about, is_licensed=any(not each.is_part for each in said)))
    said += [_Said(each, place_beside(row.place, document)) for row in counting for each in row.licences]
    lines += [line for row in _counting(about, is_licensed=bool(lines)) for line in row.copyright]
    return Detection(claims=tuple(_claim(said)), copyright=tuple(dict.fromkeys(map(marked, lines))))


def _own(document: Document, surroundings: Surroundings) -> tuple[list[_Said], list[str]] | None:
    """Return the licences and copyright lines of the `.license` file, else of the work; None where there are none."""
    if document.file and document.root:
        beside = document.file.with_name(f"{document.file.name}.license")
        if beside.name in surroundings.files(beside.parent):
            text = surroundings.read(beside) or ""
            place = place_beside(beside, document)
            return _split(tags(text), lambda tag: f"{place}:{line_of(text, tag.position)}")
    text = document.text[:LONGEST]
    if "SPDX-" not in text or (document.file and document.file.name.endswith(".license")):
        return None
    found = tags(text)
    return _split(found, lambda tag: place_in(document, text, tag.position)) if found else None


def _split(found: Iterable[Tag], place_of: Callable[[Tag], str]) -> tuple[list[_Said], list[str]]:
    said = [_Said(tag.value, place_of(tag), tag.in_snippet) for tag in found if tag.name == "licence"]
    return said, [tag.value for tag in found if tag.name == "copyright"]


def _counting(about: Iterable[Annotation], *, is_licensed: bool) -> Iterator[Annotation]:
    """Yield the annotations that count, where the work says something itself or does not: of the closest only one."""
    about = tuple(about)
    closest = [row for row in about if row.precedence is Precedence.CLOSEST]
    is_silent = not is_licensed and not any(row.precedence is Precedence.OVERRIDE for row in about)
    for row in about:
        if row.precedence is not Precedence.CLOSEST or (is_silent and row is closest[-1]):
            yield row


def _claim(said: list[_Said]) -> Iterator[Claim]:
    """Yield the claim that all expressions together amount to: all of them hold."""
    known = [each for each in said if licences.read(each.expression).status is not LicenceStatus.UNKNOWN]
    kept = list({each.expression: each for each in reversed(known or said[:1])}.values())[::-1]
    if not kept:
        return
    joined = kept[0].expression if len(kept) == 1 else " AND ".join(f"({each.expression})" for each in kept)
    reading = licences.read(joined)
    if all(each.is_part for each in kept):
        reading = replace(reading, confidence=min(reading.confidence, _SNIPPET_ALONE))
    quote = "; ".join(f"SPDX-License-Identifier: {each.expression[:200]}" for each in kept)
    yield claim(reading, quote=quote, place=", ".join(dict.fromkeys(each.place for each in kept)))
