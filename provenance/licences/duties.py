"""What does an expression ask for as a whole?

AND adds duties up. OR leaves the choice to the reader: the duties given are those of the alternative that asks for the
least, `least` names it, and the expression itself goes on showing all of them. Nothing here says which one to choose.
"""

from __future__ import annotations

import re
from functools import lru_cache

from provenance.licences.expressions import Branch, Operator, parse
from provenance.licences.table import Duty, address, ordered, terms
from provenance.works import Family, LicenceStatus

_WORD = re.compile(r"[^\s()]+|[\s()]+")
_EXCEPTION = re.compile(r"\bWITH ([^\s()]+)")
_RANK = {family: rank for rank, family in enumerate(Family)}
_CREDIT = frozenset({Duty.ATTRIBUTION, Duty.COPYRIGHT_LINE, Duty.INDICATE_CHANGES, Duty.NO_ENDORSEMENT})
_WITHOUT_LICENCE = (LicenceStatus.CONFLICTING, LicenceStatus.UNKNOWN, LicenceStatus.ALL_RIGHTS_RESERVED)


@lru_cache(maxsize=1024)
def least(expression: str | None) -> tuple[str, ...]:
    """Return the licences to keep to, where of several alternatives the least demanding is chosen.

    It is the one whose most demanding licence has the mildest family, then the fewest duties, then the first.

    >>> least("(GPL-2.0-only OR MIT) AND ISC")
    ('MIT', 'ISC')
    """
    parsed = parse(expression) if expression else None
    return tuple(dict.fromkeys(_least(parsed.tree))) if parsed else ()


def _least(tree: str | Branch) -> tuple[str, ...]:
    if isinstance(tree, str):
        return (tree,)
    chosen = map(_least, tree.parts)
    if tree.operator is Operator.OR:
        return min(chosen, key=_weight)
    return tuple(licence for part in chosen for licence in part)


def _weight(licences: tuple[str, ...]) -> tuple[int, int]:
    return max(_RANK[terms(licence).family] for licence in licences), len(_asked(licences))


def _asked(licences: tuple[str, ...]) -> tuple[Duty, ...]:
    return ordered(duty for licence in licences for duty in terms(licence).duties)


@lru_cache(maxsize=1024)
def families(expression: str | None) -> tuple[Family, ...]:
    """Return the families of the licences to keep to, each once, in the order in which they stand there."""
    return tuple(dict.fromkeys(terms(licence).family for licence in least(expression)))


@lru_cache(maxsize=1024)
def duties(status: LicenceStatus, expression: str | None) -> tuple[str, ...]:
    """Return what an expression asks for, in the words of `Duty`.

    Only a licence has duties: where none is known, permission is missing, and no duty makes up for that. While the
    sources conflict nothing can be chosen, and the duties of all claimed licences (with ";" between them) are given.

    >>> duties(LicenceStatus.LICENSED, "MIT OR GPL-2.0-only")
    ('attribution', 'copyright-line', 'licence-text')
    """
    if status is LicenceStatus.LICENSED:
        licences = least(expression)
    elif status is LicenceStatus.CONFLICTING:
        licences = tuple(licence for claimed in (expression or "").split(";") for licence in _named(claimed))
    else:
        licences = ()
    return tuple(duty.value for duty in _asked(licences))


def _named(expression: str) -> tuple[str, ...]:
    parsed = parse(expression.strip())
    return parsed.licences if parsed else ()


def choice(expression: str | None) -> bool:
    """Say whether the reader may choose between licences."""
    parsed = parse(expression) if expression else None
    return parsed is not None and parsed.choice


@lru_cache(maxsize=1024)
def exceptions(expression: str | None) -> tuple[str, ...]:
    """Return the exceptions that come with the licences of an expression, each once.

    >>> exceptions("GPL-2.0-only WITH Classpath-exception-2.0 OR MIT")
    ('Classpath-exception-2.0',)
    """
    parsed = parse(expression) if expression else None
    return tuple(dict.fromkeys(_EXCEPTION.findall(parsed.text))) if parsed else ()


def is_public_domain_like(status: LicenceStatus, expression: str | None) -> bool:
    """Say whether nobody's rights are left: in the public domain, or dedicated to it by every licence named (CC0)."""
    if status is LicenceStatus.PUBLIC_DOMAIN:
        return True
    licensed = status is LicenceStatus.LICENSED and not choice(expression)
    return licensed and families(expression) == (Family.PUBLIC_DOMAIN,)


def credit_suffices(status: LicenceStatus, expression: str | None) -> bool:
    """Say whether whoever names a work that they repeat word for word has done the most of what its licence asks for.

    So it is where it asks for attribution, and not for a licence's text, a notice file, or anything of other works. The
    licence is to be named too; that is a matter of the same line.

    >>> credit_suffices(LicenceStatus.LICENSED, "CC-BY-4.0"), credit_suffices(LicenceStatus.LICENSED, "MIT")
    (True, False)
    """
    asked = set(duties(status, expression))
    return status is LicenceStatus.LICENSED and Duty.ATTRIBUTION in asked and asked <= _CREDIT


@lru_cache(maxsize=1024)
def demands(status: LicenceStatus, expression: str | None) -> int:
    """Return how much a work asks for, to compare works by: 0 where nobody's rights are left.

    A licence asks for as much as its most demanding family. Where none is known, or the sources conflict, permission
    is missing, which is more; where all rights are reserved that is certain.

    >>> demands(LicenceStatus.LICENSED, "MIT") < demands(LicenceStatus.LICENSED, "AGPL-3.0-only")
    True
    """
    if is_public_domain_like(status, expression):
        return 0
    if status is LicenceStatus.LICENSED:
        return 1 + max((_RANK[family] for family in families(expression)), default=len(_RANK))
    return len(_RANK) + _WITHOUT_LICENCE.index(status) + 1


def links(expression: str) -> tuple[tuple[str, str | None], ...]:
    """Cut an expression into pieces, each with the address of its licence or exception, or None.

    Joined they are the expression.

    >>> links("MIT OR LicenseRef-x")
    (('MIT', 'https://spdx.org/licenses/MIT.html'), (' OR LicenseRef-x', None))
    """
    if parse(expression) is None:
        return ((expression, None),)
    pieces: list[tuple[str, str | None]] = []
    for word in _WORD.findall(expression):
        target = address(word) if _is_name(word) else None
        if target is None and pieces and pieces[-1][1] is None:
            pieces[-1] = (pieces[-1][0] + word, None)
        else:
            pieces.append((word, target))
    return tuple(pieces)


def _is_name(word: str) -> bool:
    return word.upper() not in {"AND", "OR", "WITH"} and bool(word.strip(" \t\r\n()"))
