"""Reader of files of claims: JSON Lines, one claim a line. It does not look up the works that they name."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from provenance.errors import InputError
from provenance.works import Basis

STATED_BASES = tuple(basis.value for basis in Basis if basis is not Basis.DEFAULT)
"""What a person may say that a claim rests on; the default is what `provenance ingest --licence` says."""

_LONGEST = 1 << 20  # bytes of a line
_FIELDS = ("id", "licence", "license", "evidence", "who", "basis", "confidence")


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """A claim about one work's licence, as it is written.

    Attributes:
        work_id: the work's id or key.
        licence: the licence, in any spelling.
        evidence: what shows it.
        who: the person or program that says so.
        basis: one of `STATED_BASES`.
        confidence: 0 to 1; None is the default of the basis.
        place: file and line, for messages; empty for the options of the command.
    """

    work_id: str
    licence: str
    evidence: str | None
    who: str | None
    basis: str
    confidence: float | None
    place: str


def read_statements(path: Path, defaults: Mapping[str, Any]) -> Iterator[Statement | InputError]:
    """Yield the statement of each line, or what is wrong with it; blank lines are passed over.

    Args:
        path: the file.
        defaults: evidence, who, basis and confidence for lines that do not say them.

    Raises:
        InputError: the file cannot be read.
    """
    try:
        with path.open("rb") as file:
            number = 0
            # A byte more than is allowed shows that a line is too long; no line is read whole for that.
            while line := file.readline(_LONGEST + 1):
                number += 1
                if line.strip():
                    try:
                        yield _read_statement(line, defaults, f"{path}:{number}")
                    except InputError as error:
                        yield error
                while len(line) > _LONGEST and not line.endswith(b"\n"):  # pass over its rest
                    line = file.readline(_LONGEST + 1)
    except OSError as error:
        raise InputError(f"{error.strerror or error}; name a JSON Lines file", place=str(path)) from None


def _read_statement(line: bytes, defaults: Mapping[str, Any], place: str) -> Statement:
    fields = _parse_object(line, place)

    def read_string(name: str) -> str | None:
        value = fields.get(name)
        if value is not None and not isinstance(value, str):
            raise InputError(f"{name!r} is {value!r:.80}; wanted a string", place=place)
        return value

    licence = read_string("licence") or read_string("license")
    work_id = read_string("id")
    if not work_id or not licence:
        raise InputError(f"no {'licence' if work_id else 'id'!r}; a claim needs both", place=place)
    evidence, who, basis = read_string("evidence"), read_string("who"), read_string("basis")
    if basis is not None and basis not in STATED_BASES:
        raise InputError(f"'basis' is {basis!r:.80}; it must be one of {', '.join(STATED_BASES)}", place=place)
    confidence = fields.get("confidence")
    if confidence is not None:
        # `true` is the number 1 to Python, and is nobody's confidence.
        if isinstance(confidence, bool) or not isinstance(confidence, int | float) or not 0 <= confidence <= 1:
            raise InputError(f"'confidence' is {confidence!r:.80}; wanted a number from 0 to 1", place=place)
        confidence = float(confidence)
    return Statement(
        work_id=work_id,
        licence=licence,
        evidence=evidence or defaults["evidence"],
        who=who or defaults["who"],
        basis=basis or defaults["basis"],
        confidence=defaults["confidence"] if confidence is None else confidence,
        place=place,
    )


def _parse_object(line: bytes, place: str) -> dict[str, Any]:
    if len(line) > _LONGEST:
        raise InputError(f"the line is longer than {_LONGEST:,} bytes; one line is one claim", place=place)
    try:
        value = json.loads(line.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise InputError(f"not UTF-8 at byte {error.start} of the line; convert it", place=place) from None
    except (ValueError, RecursionError) as error:  # ValueError: also a number with too many digits for Python
        raise InputError(f"not JSON: {error}", place=place) from None
    if not isinstance(value, dict):
        raise InputError('not an object; write {"id": …, "licence": …}', place=place)
    if unknown := sorted(value.keys() - set(_FIELDS)):
        raise InputError(
            f"{unknown[0]!r:.80} is not a field of a claim; the fields are {', '.join(_FIELDS)}", place=place
        )
    return value
