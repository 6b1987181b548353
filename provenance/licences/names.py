"""Licences by their names.

Names are looked up in `provenance/data/licence-names.toml` and among SPDX's own, after case, punctuation and filler
words were taken away. `patterns` reads names that are put together from parts (GNU, Creative Commons).
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from typing import Any

from provenance.licences import spdx
from provenance.works import LicenceStatus

SURE = 0.95
"""How sure it is that a name which means one licence means it here."""
FAMILY_ONLY = 0.5
"""How sure a licence is if only its family is named."""

# "or any later version" in many wordings: all of them become a plus.
_LATER = re.compile(
    r",? ?[ (-](?:or|and)[ -](?:\(?at your (?:option|choice)\)?,? )?(?:\(?any )?"
    r"(?:later|newer|greater|above|higher|up)\b(?:[ -]versions?\b)?\)?"
)
_AT_LEAST = re.compile(r"\(?>= ?(\d{1,2}(?:\.\d{1,2})?)\)?")
_NOISE = re.compile(r"[^\w.+?]+")
_VERSION_MARK = re.compile(r"\b(?:version|ver|v)\b\.? ?(?=\d)|(?<=[a-z])v(?=\d)")
_SEAM = re.compile(r"(?<=[a-z])(?=\d)|(?<=\d)(?=[a-z])")
# The noughts at the end of a version: "2.0" is "2", but "2.0.1" keeps its own.
_NOUGHT = re.compile(r"(?<=\d)(?:\.0)+(?![\d.]*\d)")
_NOTHING = re.compile(r"[\w\s.?-]*")
_FILLERS = frozenset(
    {"the", "a", "license", "licenses", "licensed", "licensing", "under", "of", "version", "terms", "v"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sense:
    """What a string, or a part of one, means.

    Attributes:
        status: what is known.
        licence: the expression where the status is `licensed`, else None.
        confidence: from 0 to 1.
        question: what the string leaves open, as in "which version".
    """

    status: LicenceStatus = LicenceStatus.LICENSED
    licence: str | None = None
    confidence: float = SURE
    question: str | None = None

    def weaker(self, confidence: float, question: str | None = None) -> Sense:
        """Return the same sense with at most this confidence, and with one more question left open."""
        questions = dict.fromkeys(filter(None, (self.question, question)))
        return replace(self, confidence=min(self.confidence, confidence), question="; ".join(questions) or None)


def with_plus(text: str) -> str:
    """Return the text in lower case with each "or any later version", and each ">=", written as a plus.

    >>> with_plus("GPL-2.0-or-later"), with_plus("GPL v3 or (at your option) any later version")
    ('gpl-2.0+', 'gpl v3+')
    """
    return _LATER.sub("+", _AT_LEAST.sub(r"\1+", " ".join(text.casefold().replace("_", " ").split())))


def key(name: str) -> str:
    """Return a name without everything that makes no difference.

    >>> key("The Apache Licence, Version 2.0"), key("AGPLv3+"), key("cc0-1.0")
    ('apache 2', 'agpl 3+', 'cc 0 1')
    """
    text = _NOISE.sub(" ", with_plus(name.replace("'", "")).replace("licence", "license"))
    text = _SEAM.sub(" ", _VERSION_MARK.sub(" ", text))
    text = _NOUGHT.sub("", text).replace(" +", "+")
    return " ".join(word for word in (word.strip(".") for word in text.split()) if word not in _FILLERS)


@cache
def tables() -> dict[str, Any]:
    """Return the file of names as it is."""
    return tomllib.loads((files("provenance") / "data" / "licence-names.toml").read_text(encoding="utf-8"))


def senses() -> Iterator[tuple[str, Sense]]:
    """Yield every name in our file with what it means."""
    for licence, names in tables()["certain"].items():
        yield from ((name, Sense(licence=licence)) for name in names)
    for row in tables()["open"]:
        sense = Sense(licence=row["licence"], confidence=row.get("confidence", FAMILY_ONLY), question=row["question"])
        yield from ((name, sense) for name in row["names"])
    for row in tables()["status"]:
        yield from ((name, status_sense(row)) for name in row["names"])


def status_sense(row: dict[str, Any]) -> Sense:
    """Return what a row of the file that gives a status means."""
    return Sense(
        status=LicenceStatus(row["status"]), confidence=row.get("confidence", 1.0), question=row.get("question")
    )  # fmt: skip


@cache
def _senses_by_name() -> dict[str, Sense | None]:
    """Return what each name means, ours before SPDX's; None where SPDX lists two licences of one name."""
    listed: dict[str, Sense | None] = {}
    for licence, name in spdx.licences().items():
        if not spdx.is_deprecated(licence):
            for spelling in {key(name), key(licence)}:
                listed[spelling] = None if spelling in listed else Sense(licence=licence)
    return {**listed, **{key(name): sense for name, sense in senses()}}


@cache
def _exceptions_by_name() -> dict[str, str]:
    listed = {key(name): exception for exception, name in spdx.exceptions().items()}
    ours = ((key(name), exception) for exception, names in tables()["exceptions"].items() for name in names)
    return listed | dict(ours)


def find_name(name: str) -> Sense | None:
    """Return what a name means, or None where it is not known.

    >>> find_name("New BSD License").licence
    'BSD-3-Clause'
    """
    spelling = key(name)
    # Marks alone are not a name. Filler words alone ("the licence") leave nothing either, but the table may have them.
    if not spelling and not _NOTHING.fullmatch(name):
        return None
    return _senses_by_name().get(spelling)


def exception(name: str) -> str | None:
    """Return the exception that a name means, or None where SPDX lists none of this name."""
    return spdx.exception(name) or _exceptions_by_name().get(key(name))
