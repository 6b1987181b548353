"""What do `REUSE.toml` files and the older `.reuse/dep5` say of one path? (https://reuse.software/spec-3.3/)

The annotations above a file, from the ingested folder down. How they go together with what the file says itself is
`precedence`: `closest` speaks only where the file is silent, `aggregate` adds to it, `override` goes before it.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from pathlib import Path
from typing import Any

from provenance.hookspecs import Surroundings
from provenance.works import Document
from provenance_plugins.detectors._deb822 import paragraph_for
from provenance_plugins.detectors._globs import matches

_MOST_ANNOTATIONS, _MOST_VALUES, _LONGEST = 1_000, 100, 256_000


class Precedence(StrEnum):
    """Which goes before: what is said about a file here, or what the file says itself."""

    CLOSEST = "closest"
    AGGREGATE = "aggregate"
    OVERRIDE = "override"


@dataclass(frozen=True, slots=True)
class Annotation:
    """What is said of the files that match one of the patterns; `place` is the file that says so."""

    patterns: tuple[str, ...]
    precedence: Precedence
    licences: tuple[str, ...]
    copyright: tuple[str, ...]
    place: Path


def annotations_of(document: Document, surroundings: Surroundings) -> Iterator[Annotation]:
    """Yield what is said of a work's file, the outermost folder first; after an `override` nothing counts."""
    file = document.file
    for folder in reversed(surroundings.folders(document)):
        inside = file.relative_to(folder).as_posix() if file else ""
        for found in (_in_toml(folder, inside, surroundings), _in_dep5(folder, inside, surroundings)):
            if found is not None:
                yield found
                if found.precedence is Precedence.OVERRIDE:
                    return


def _in_toml(folder: Path, inside: str, surroundings: Surroundings) -> Annotation | None:
    if "REUSE.toml" not in surroundings.files(folder):
        return None
    path = folder / "REUSE.toml"
    said = parsed(surroundings.read(path) or "", path)
    return next((each for each in reversed(said) if any(matches(inside, glob) for glob in each.patterns)), None)


@lru_cache(maxsize=64)
def parsed(text: str, place: Path) -> tuple[Annotation, ...]:
    """Return the annotations of a `REUSE.toml` of version 1; none where it is broken."""
    if len(text) > _LONGEST:
        return ()
    try:
        table = tomllib.loads(text)
    except (ValueError, RecursionError):
        return ()
    rows = table.get("annotations")
    if table.get("version") != 1 or not isinstance(rows, list):
        return ()
    return tuple(_annotation(row, place) for row in rows[:_MOST_ANNOTATIONS] if isinstance(row, dict))


def _annotation(row: dict[str, Any], place: Path) -> Annotation:
    precedence = row.get("precedence", "closest")
    return Annotation(
        patterns=_strings(row.get("path")),
        precedence=Precedence(precedence) if precedence in list(Precedence) else Precedence.CLOSEST,
        licences=_strings(row.get("SPDX-License-Identifier")),
        copyright=_strings(row.get("SPDX-FileCopyrightText")),
        place=place,
    )


def _strings(value: object) -> tuple[str, ...]:
    """Return the strings of a field that holds one or several."""
    values = value if isinstance(value, list) else [value]
    return tuple(each for each in values[:_MOST_VALUES] if isinstance(each, str))


def _in_dep5(folder: Path, inside: str, surroundings: Surroundings) -> Annotation | None:
    if ".reuse" not in surroundings.subfolders(folder):
        return None
    path = folder / ".reuse" / "dep5"
    paragraph = paragraph_for(inside, surroundings.read(path) or "")
    if paragraph is None:
        return None
    return Annotation(paragraph.patterns, Precedence.AGGREGATE, (paragraph.licence,), paragraph.copyright, path)
