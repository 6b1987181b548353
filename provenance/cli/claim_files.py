"""What does a file of claims say? Reads JSON Lines, one claim a line; whose works they are is not asked here."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from provenance.errors import InputError
from provenance.works import Basis

_LONGEST = 1 << 20  # bytes of a line
_FIELDS = ("id", "licence", "license", "evidence", "who", "basis", "confidence")


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """What somebody says about one work's licence; `work_id` is its id or key, `place` where it is said."""

    work_id: str
    licence: str
    evidence: str | None
    who: str | None
    basis: str
    confidence: float | None
    place: str


def statements(path: Path, defaults: Mapping[str, Any]) -> Iterator[Statement | InputError]:
    """Yield what each line says, or what is wrong with it; blank lines are passed over.

    Args:
        defaults: evidence, who, basis and confidence for lines that do not say them.

    Raises:
        InputError: the file cannot be read.
    """
    try:
        with path.open("rb") as file:
            for number, line in _lines(file):
                place = f"{path}:{number}"
                try:
                    if line.strip():
                        yield _statement(_object(line, place), defaults, place)
                except InputError as error:
                    yield error
    except OSError as error:
        raise InputError(f"{error.strerror or error}; name a JSON Lines file", place=str(path)) from None


def _lines(file: Any) -> Iterator[tuple[int, bytes]]:
    """Yield the lines with their numbers; of one that is too long so much that this shows."""
    number = 0
    while line := file.readline(_LONGEST + 1):
        number += 1
        yield number, line
        while len(line) > _LONGEST and not line.endswith(b"\n"):  # pass over its rest
            line = file.readline(_LONGEST + 1)


def _object(line: bytes, place: str) -> dict[str, Any]:
    if len(line) > _LONGEST:
        raise InputError(f"the line is longer than {_LONGEST:,} bytes; one line is one claim", place=place)
    try:
        value = json.loads(line.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise InputError(f"not UTF-8 at byte {error.start} of the line; convert it", place=place) from None
    except (ValueError, RecursionError) as error:
        raise InputError(f"not JSON: {error}", place=place) from None
    if not isinstance(value, dict):
        raise InputError('not an object; write {"id": …, "licence": …}', place=place)
    if unknown := sorted(value.keys() - set(_FIELDS)):
        raise InputError(f"{unknown[0]!r:.80} is no field of a claim; those are {', '.join(_FIELDS)}", place=place)
    return value


def _statement(given: dict[str, Any], defaults: Mapping[str, Any], place: str) -> Statement:
    licence = _string(given, "licence", place) or _string(given, "license", place)
    work_id = _string(given, "id", place)
    if not work_id or not licence:
        raise InputError(f"no {'licence' if work_id else 'id'!r}; a claim needs both", place=place)
    return Statement(
        work_id=work_id,
        licence=licence,
        evidence=_string(given, "evidence", place) or defaults["evidence"],
        who=_string(given, "who", place) or defaults["who"],
        basis=_basis(given, place) or defaults["basis"],
        confidence=_confidence(given, place, defaults["confidence"]),
        place=place,
    )


def _string(given: dict[str, Any], name: str, place: str) -> str | None:
    value = given.get(name)
    if value is not None and not isinstance(value, str):
        raise InputError(f"{name!r} is {value!r:.80}; wanted a string", place=place)
    return value


def _basis(given: dict[str, Any], place: str) -> str | None:
    basis = _string(given, "basis", place)
    if basis is not None and basis not in {each.value for each in Basis}:
        raise InputError(f"'basis' is {basis!r:.80}; it must be one of {', '.join(Basis)}", place=place)
    return basis


def _confidence(given: dict[str, Any], place: str, default: float | None) -> float | None:
    value = given.get("confidence")
    if value is None:
        return default
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
        raise InputError(f"'confidence' is {value!r:.80}; wanted a number from 0 to 1", place=place)
    return float(value)
