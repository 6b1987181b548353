"""Reader of REUSE annotations, in `REUSE.toml` files and the older `.reuse/dep5` (https://reuse.software/spec-3.3/).

It finds the annotations of one file in the folders above it, from the ingested folder down. `precedence` says how an
annotation goes together with the file's own tags: `closest` speaks only where the file is silent, `aggregate` adds to
them, `override` goes before them.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from pathlib import Path

from provenance.hookspecs import Surroundings
from provenance.works import Document
from provenance_plugins.detectors._deb822 import find_paragraph
from provenance_plugins.detectors._globs import matches

_MAX_ANNOTATIONS, _MAX_VALUES, _MAX_TEXT = 1_000, 100, 256_000


class Precedence(StrEnum):
    """How an annotation goes together with what the file says itself."""

    CLOSEST = "closest"
    AGGREGATE = "aggregate"
    OVERRIDE = "override"


@dataclass(frozen=True, slots=True)
class Annotation:
    """Licences and copyright lines of all files whose paths match a pattern.

    Attributes:
        patterns: the patterns of the paths; one match is enough.
        precedence: how the annotation goes together with what the file says itself.
        licences: licence expressions; all of them hold.
        copyright: the lines about copyright.
        place: the file that has the annotation.
    """

    patterns: tuple[str, ...]
    precedence: Precedence
    licences: tuple[str, ...]
    copyright: tuple[str, ...]
    place: Path


def find_annotations(document: Document, surroundings: Surroundings) -> Iterator[Annotation]:
    """Yield the annotations of a work's file, the outermost folder first; after an `override` nothing counts."""
    file = document.file
    for folder in reversed(surroundings.folders(document)):
        inside = file.relative_to(folder).as_posix() if file else ""
        found: list[Annotation] = []
        if "REUSE.toml" in surroundings.files(folder):
            path = folder / "REUSE.toml"
            # Of several annotations in a file that match, the last one counts.
            for row in reversed(parse_reuse_toml(surroundings.read(path) or "", path)):
                if any(matches(inside, pattern) for pattern in row.patterns):
                    found.append(row)
                    break
        if ".reuse" in surroundings.subfolders(folder):
            path = folder / ".reuse" / "dep5"
            if paragraph := find_paragraph(inside, surroundings.read(path) or ""):
                licences = (paragraph.licence,)
                found.append(Annotation(paragraph.patterns, Precedence.AGGREGATE, licences, paragraph.copyright, path))
        for annotation in found:
            yield annotation
            if annotation.precedence is Precedence.OVERRIDE:
                return


@lru_cache(maxsize=64)  # each file below the folder asks for the same text
def parse_reuse_toml(text: str, place: Path) -> tuple[Annotation, ...]:
    """Return the annotations of a `REUSE.toml` of version 1; none where it is broken."""
    if len(text) > _MAX_TEXT:
        return ()
    try:
        table = tomllib.loads(text)
    except (ValueError, RecursionError):  # nested lists in a hostile file exhaust the stack
        return ()
    rows = table.get("annotations")
    if table.get("version") != 1 or not isinstance(rows, list):
        return ()
    found = []
    for row in rows[:_MAX_ANNOTATIONS]:
        if isinstance(row, dict):
            precedence = row.get("precedence")
            found.append(
                Annotation(
                    patterns=_read_strings(row.get("path")),
                    precedence=Precedence(precedence) if precedence in list(Precedence) else Precedence.CLOSEST,
                    licences=_read_strings(row.get("SPDX-License-Identifier")),
                    copyright=_read_strings(row.get("SPDX-FileCopyrightText")),
                    place=place,
                )
            )
    return tuple(found)


def _read_strings(value: object) -> tuple[str, ...]:
    """Return the strings of a field that holds one or several."""
    values = value if isinstance(value, list) else [value]
    return tuple(each for each in values[:_MAX_VALUES] if isinstance(each, str))
