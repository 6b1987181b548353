"""What does an expression ask for as a whole?

AND adds duties up. OR leaves the choice to the reader, so the duties of all alternatives are given and `choice` says
so: nothing here picks one silently.
"""

from __future__ import annotations

import re
from functools import lru_cache

from provenance.licences.expressions import parse
from provenance.licences.table import Duty, Family, address, terms
from provenance.models import LicenceStatus

_DEDUCIBLE = (LicenceStatus.LICENSED, LicenceStatus.CONFLICTING)
_WORD = re.compile(r"[^\s()]+|[\s()]+")


@lru_cache(maxsize=1024)
def families(expression: str | None) -> tuple[Family, ...]:
    """Return the families of the licences in an expression, each once, in the order in which they stand there."""
    parsed = parse(expression) if expression else None
    return tuple(dict.fromkeys(terms(licence).family for licence in parsed.licences)) if parsed else ()


@lru_cache(maxsize=1024)
def duties(status: LicenceStatus, expression: str | None) -> tuple[str, ...]:
    """Return everything that the licences in an expression ask for, in the words of `Duty`.

    Only a licence has duties: where none is known, permission is missing, and no duty makes up for that.

    >>> duties(LicenceStatus.LICENSED, "MIT")
    ('attribution', 'copyright-line', 'licence-text')
    """
    parsed = parse(expression) if expression and status in _DEDUCIBLE else None
    if parsed is None:
        return ()
    asked = {duty for licence in parsed.licences for duty in terms(licence).duties}
    return tuple(duty.value for duty in Duty if duty in asked)


def choice(expression: str | None) -> bool:
    """Say whether the reader may choose between licences."""
    parsed = parse(expression) if expression else None
    return parsed is not None and parsed.choice


def is_public_domain_like(status: LicenceStatus, expression: str | None) -> bool:
    """Say whether nobody's rights are left: in the public domain, or dedicated to it by every licence named (CC0)."""
    if status is LicenceStatus.PUBLIC_DOMAIN:
        return True
    return status is LicenceStatus.LICENSED and families(expression) == (Family.PUBLIC_DOMAIN,)


def links(expression: str) -> tuple[tuple[str, str | None], ...]:
    """Cut an expression into pieces, each with the address of its licence, or None; joined they are the expression.

    >>> links("MIT OR LicenseRef-x")
    (('MIT', 'https://spdx.org/licenses/MIT.html'), (' OR LicenseRef-x', None))
    """
    if parse(expression) is None:
        return ((expression, None),)
    pieces: list[tuple[str, str | None]] = []
    for word in _WORD.findall(expression):
        target = None if word.upper() in {"AND", "OR", "WITH"} or not word.strip(" \t\r\n()") else address(word)
        if target is None and pieces and pieces[-1][1] is None:
            pieces[-1] = (pieces[-1][0] + word, None)
        else:
            pieces.append((word, target))
    return tuple(pieces)
