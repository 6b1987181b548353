"""Terms of a work: what its licence asks for, read once from the work's licence status and expression.

AND adds duties up. OR leaves the choice to the reader: the duties are those of the alternative that asks for the least.
Renderers still show the whole expression, and nothing here says which alternative to choose.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from functools import lru_cache
from types import MappingProxyType

from provenance.licences.expressions import Branch, Operator, parse
from provenance.licences.table import Duty, address, licence_terms, sort_duties
from provenance.works import Family, LicenceStatus, Work

_LINK_PIECE = re.compile(r"[^\s()]+|[\s()]+")
_RANK = {family: rank for rank, family in enumerate(Family)}
_CREDIT = frozenset({Duty.ATTRIBUTION, Duty.COPYRIGHT_LINE, Duty.INDICATE_CHANGES, Duty.NO_ENDORSEMENT})
_STATUSES = frozenset(LicenceStatus)
_WITHOUT_LICENCE = (LicenceStatus.CONFLICTING, LicenceStatus.UNKNOWN, LicenceStatus.ALL_RIGHTS_RESERVED)


class DutyClass(IntEnum):
    """How much is asked of who repeats a work, the mildest first: works of one class do not contradict each other."""

    FREE = 0
    PERMISSIVE = 1
    COPYLEFT = 2
    RESTRICTED = 3
    RESERVED = 4


_CLASSES = {
    Family.PUBLIC_DOMAIN: DutyClass.FREE,
    Family.UNCONDITIONAL: DutyClass.FREE,
    Family.ATTRIBUTION: DutyClass.PERMISSIVE,
    Family.CREATIVE_COMMONS: DutyClass.PERMISSIVE,
    Family.PERMISSIVE: DutyClass.PERMISSIVE,
    Family.APACHE: DutyClass.PERMISSIVE,
    Family.SHARE_ALIKE: DutyClass.COPYLEFT,
    Family.WEAK_COPYLEFT: DutyClass.COPYLEFT,
    Family.COPYLEFT: DutyClass.COPYLEFT,
    Family.NETWORK_COPYLEFT: DutyClass.COPYLEFT,
    Family.RESTRICTED: DutyClass.RESTRICTED,
    Family.OTHER: DutyClass.RESTRICTED,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What may be done with a work, and what must be done in return.

    Only a licence has duties: without one, permission is missing, and no duty makes up for that. While the sources
    conflict nothing can be chosen, and the duties are those of all claimed licences. `licences`, `has_choice`,
    `families`, `exceptions` and `pages` describe the expression itself under every status.

    Attributes:
        status: the work's licence status.
        licences: the ids to comply with, each once; of alternatives, the least demanding.
        has_choice: True where the expression offers alternatives (an OR).
        families: of these licences, each once, in their order.
        duties: what is asked for, as values of `Duty` in the order of the vocabulary.
        exceptions: the exceptions in the expression, each once.
        texts: those of the licences whose text must be shown with the work.
        pages: the address where a person reads about a licence or exception, by id; without those that have none.
        is_public_domain: True where no rights are left: the work is in the public domain, or every licence of the
            expression dedicates it to the public (CC0).
    """

    status: LicenceStatus
    licences: tuple[str, ...]
    has_choice: bool
    families: tuple[Family, ...]
    duties: tuple[str, ...]
    exceptions: tuple[str, ...]
    texts: tuple[str, ...]
    pages: Mapping[str, str]
    is_public_domain: bool

    @property
    def is_licensed(self) -> bool:
        """Whether a licence is known."""
        return self.status is LicenceStatus.LICENSED

    @property
    def is_credit_enough(self) -> bool:
        """Whether naming a work does most of what its licence asks for, if a text repeats the work word for word.

        It does where the licence asks for attribution, and not for its text, a NOTICE file, or anything about other
        works. The licence is to be named too, which fits into the same line.
        """
        return self.is_licensed and Duty.ATTRIBUTION in self.duties and _CREDIT.issuperset(self.duties)


def terms(work: Work) -> Terms:
    """Return the terms of a work."""
    return read_terms(work.status, work.licence)


@lru_cache(maxsize=1024)
def read_terms(status: LicenceStatus, expression: str | None) -> Terms:
    """Return the terms of a work with this licence status and expression.

    An expression that cannot be parsed gives terms without licences. That of a conflict lists the claimed ones with ";"
    between.

    >>> read_terms(LicenceStatus.LICENSED, "MIT OR GPL-2.0-only").duties
    ('attribution', 'copyright-line', 'licence-text')
    >>> read_terms(LicenceStatus.LICENSED, "(GPL-2.0-only OR MIT) AND ISC").licences
    ('MIT', 'ISC')
    """
    parsed = parse(expression) if expression else None
    licences = tuple(dict.fromkeys(_choose_least(parsed.tree))) if parsed else ()
    families = tuple(dict.fromkeys(licence_terms(licence).family for licence in licences))
    has_choice = parsed is not None and parsed.has_choice
    exceptions = parsed.exceptions if parsed else ()
    is_licensed = status is LicenceStatus.LICENSED
    binding: tuple[str, ...] = licences if is_licensed else ()
    if status is LicenceStatus.CONFLICTING:
        claims = filter(None, map(parse, (expression or "").split(";")))
        binding = tuple(licence for claim in claims for licence in claim.licences)
    dedicated = is_licensed and not has_choice and families == (Family.PUBLIC_DOMAIN,)
    return Terms(
        status=status, licences=licences, has_choice=has_choice, families=families,
        duties=tuple(duty.value for duty in _collect_duties(binding)), exceptions=exceptions,
        texts=tuple(key for key in licences if is_licensed and Duty.LICENCE_TEXT in licence_terms(key).duties),
        pages=MappingProxyType({key: page for key in (*licences, *exceptions) if (page := address(key))}),
        is_public_domain=status is LicenceStatus.PUBLIC_DOMAIN or dedicated,
    )  # fmt: skip


def _choose_least(tree: str | Branch) -> tuple[str, ...]:
    """Return the licences of a tree, of each OR those of its least demanding part.

    That is the part whose strictest licence has the mildest family, then the one with the fewest duties.
    """
    if isinstance(tree, str):
        return (tree,)
    parts = map(_choose_least, tree.parts)
    if tree.operator is Operator.AND:
        return tuple(licence for part in parts for licence in part)
    # `min` keeps the first of equal parts, so the order of the expression decides between them.
    return min(
        parts, key=lambda part: (max(_RANK[licence_terms(key).family] for key in part), len(_collect_duties(part)))
    )


def _collect_duties(licences: tuple[str, ...]) -> tuple[Duty, ...]:
    return sort_duties(duty for licence in licences for duty in licence_terms(licence).duties)


@lru_cache(maxsize=1024)
def demands(status: LicenceStatus, expression: str | None) -> int:
    """Return how much a work asks for, as a number to order works by; 0 where no rights are left.

    A licence asks for as much as its strictest family. A missing permission asks for more: least where the sources
    conflict, most where all rights are reserved, since that is certain.

    >>> demands(LicenceStatus.LICENSED, "MIT") < demands(LicenceStatus.LICENSED, "AGPL-3.0-only")
    True
    """
    asked = read_terms(status, expression)
    if asked.is_public_domain:
        return 0
    if asked.is_licensed:
        return 1 + max((_RANK[family] for family in asked.families), default=len(_RANK))
    return len(_RANK) + _WITHOUT_LICENCE.index(status) + 1


@lru_cache(maxsize=1024)
def duty_class(status: LicenceStatus, expression: str | None) -> DutyClass | None:
    """Return the class of duties of a work; None where its licence is unknown, which contradicts nothing.

    OR counts as its mildest part, AND as its strictest. Of a work whose own claims conflict, the strictest one counts.
    A licence that cannot be read, or that the table does not list, may forbid anything.

    >>> duty_class(LicenceStatus.LICENSED, "GPL-3.0-only OR (MIT AND Apache-2.0)").name
    'PERMISSIVE'
    >>> duty_class(LicenceStatus.CONFLICTING, "MIT; all-rights-reserved").name
    'RESERVED'
    """
    if status is LicenceStatus.UNKNOWN:
        return None
    if status is LicenceStatus.PUBLIC_DOMAIN:
        return DutyClass.FREE
    if status is LicenceStatus.ALL_RIGHTS_RESERVED:
        return DutyClass.RESERVED
    if status is LicenceStatus.CONFLICTING:
        words = [word.strip() for word in (expression or "").split(";")]
        # A claim without an expression is named by its status, see `catalogue.claims`.
        claims = [
            duty_class(LicenceStatus(word), None) if word in _STATUSES else duty_class(LicenceStatus.LICENSED, word)
            for word in words
        ]
        return max((claim for claim in claims if claim is not None), default=DutyClass.RESTRICTED)
    # `read_terms` has taken the mildest part of every OR, and the classes are in the order of the families.
    families = read_terms(status, expression).families
    return max((_CLASSES[family] for family in families), default=DutyClass.RESTRICTED)


def links(expression: str) -> tuple[tuple[str, str | None], ...]:
    """Cut an expression into pieces, each with the address of its licence or exception, or None.

    Joined, the pieces are the expression; any other text is one piece.

    >>> links("MIT OR LicenseRef-x")
    (('MIT', 'https://spdx.org/licenses/MIT.html'), (' OR LicenseRef-x', None))
    """
    if parse(expression) is None:
        return ((expression, None),)
    pieces: list[tuple[str, str | None]] = []
    for word in _LINK_PIECE.findall(expression):
        target = None if word.upper() in {"AND", "OR", "WITH"} else address(word)
        if target is None and pieces and pieces[-1][1] is None:
            pieces[-1] = (pieces[-1][0] + word, None)  # unlinked neighbours are one piece
        else:
            pieces.append((word, target))
    return tuple(pieces)
