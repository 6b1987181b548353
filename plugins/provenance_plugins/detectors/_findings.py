"""How is what was found about a licence put into a claim? With its words, its place, and how sure it is."""

from __future__ import annotations

import re
from pathlib import Path

from provenance import licences
from provenance.licences import Reading
from provenance.works import Basis, Claim, Document

_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f]+")
BESIDE = 0.9
"""How sure it is that what stands beside a work is said of this work too."""


def claim(reading: Reading, *, quote: str, place: str, basis: Basis = Basis.DETECTED, factor: float = 1.0) -> Claim:
    """Return the claim that words at a place amount to; `factor` is how sure it is that they are said of this work."""
    evidence = f"{_CONTROLS.sub(' ', quote)} ({place})"
    return Claim(
        status=reading.status, licence=reading.licence, basis=basis, evidence=evidence,
        confidence=round(reading.confidence * factor, 3),
    )  # fmt: skip


def declared(value: str, *, field: str, place: str, basis: Basis, factor: float = 1.0) -> Claim:
    """Return the claim of a field that has a licence string for a value."""
    shown = " ".join(value[:200].split())
    return claim(licences.read(value), quote=f"{field}: {shown}", place=place, basis=basis, factor=factor)


def line_of(text: str, position: int) -> int:
    """Return the number of the line of a position in a text, from 1."""
    return text.count("\n", 0, position) + 1


def place_in(document: Document, text: str, position: int) -> str:
    """Return where a position of a document's text is, for people."""
    return f"{document.place or document.source_id}:{line_of(text, position)}"


def place_beside(path: Path, document: Document) -> str:
    """Return the place of a file in the ingested folder, as a string that can be encoded."""
    inside = path.relative_to(document.root).as_posix() if document.root else path.name
    return inside.encode("utf-8", "backslashreplace").decode("utf-8")


def marked(line: str) -> str:
    """Return a line as a copyright line, where a format gives the year and the holder alone."""
    return line if line.casefold().startswith(("©", "(c)", "copyright")) else f"© {line}"
