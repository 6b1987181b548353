"""Makers of claims: each puts what a detector found about a licence together with its words, place and confidence."""

from __future__ import annotations

import re
from pathlib import Path

from provenance import licences
from provenance.licences import Reading
from provenance.works import Basis, Claim, Document, Scope

_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f]+")
BESIDE = 0.9
"""How sure it is that a file beside a work speaks about this work too."""


def make_claim(
    reading: Reading,
    *,
    quote: str,
    place: str,
    basis: Basis = Basis.DETECTED,
    factor: float = 1.0,
    scope: Scope = Scope.WORK,
) -> Claim:
    """Return the claim that words at a place make; `factor` is how sure it is that they are about this work."""
    # The words come from a stranger's file: control characters could move the cursor of a reader's terminal.
    evidence = f"{_CONTROLS.sub(' ', quote)} ({place})"
    return Claim(
        status=reading.status, licence=reading.licence, basis=basis, evidence=evidence,
        confidence=round(reading.confidence * factor, 3), scope=scope,
    )  # fmt: skip


def claim_field(
    value: str, *, field: str, place: str, basis: Basis, factor: float = 1.0, scope: Scope = Scope.WORK
) -> Claim:
    """Return the claim of a metadata field that has a licence string as its value."""
    shown = " ".join(value[:200].split())
    return make_claim(
        licences.read(value), quote=f"{field}: {shown}", place=place, basis=basis, factor=factor, scope=scope
    )


def line_number(text: str, position: int) -> int:
    """Return the number of the line of a position in a text, from 1."""
    return text.count("\n", 0, position) + 1


def place_in(document: Document, text: str, position: int) -> str:
    """Return where a position of a document's text is, for people."""
    return f"{document.place or document.source_id}:{line_number(text, position)}"


def place_beside(path: Path, document: Document) -> str:
    """Return the place of a file in the ingested folder, as a string that can be encoded."""
    inside = path.relative_to(document.root).as_posix() if document.root else path.name
    # A file name may hold bytes that are not UTF-8; Python has them as lone surrogates.
    return inside.encode("utf-8", "backslashreplace").decode("utf-8")


def add_copyright_sign(line: str) -> str:
    """Return a line as a copyright line; some formats give the year and the holder alone."""
    return line if line.casefold().startswith(("©", "(c)", "copyright")) else f"© {line}"
