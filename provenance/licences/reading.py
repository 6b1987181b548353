"""What does a declared licence string say?

One string in, one status out; it never guesses. A string that is no SPDX expression is kept as it was given, with the
status `unknown` and a warning.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from provenance.licences import expressions
from provenance.models import LicenceStatus

_NOTHING_SAID = frozenset({"", "unknown", "noassertion", "none"})
_PUBLIC_DOMAIN = frozenset({"public-domain", "cc-pdm-1.0"})
_REMEDY = "write an SPDX expression such as CC-BY-4.0, or public-domain, all-rights-reserved or unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What was read.

    Attributes:
        status: what is known. licence: the SPDX expression where it is `licensed`; the string as given where it could
        not be understood; else None. warning: what was wrong with the string and how to put it right.
    """

    status: LicenceStatus
    licence: str | None = None
    warning: str | None = None


def read(licence: str | None) -> Reading:
    """Return what a declared licence says; any string is accepted, none raises.

    >>> read("mit").licence
    'MIT'
    >>> read("public-domain").status.value
    'public-domain'
    """
    # Half a surrogate pair cannot be stored or shown.
    given = (licence or "").strip().encode("utf-8", "replace").decode()
    if len(given) > expressions.MAX_LENGTH:
        return _misread(given[: expressions.MAX_LENGTH], f"it is {len(given):,} characters long")
    word = re.sub(r"[\s_-]+", "-", given.lower())
    if word in _NOTHING_SAID:
        return Reading(status=LicenceStatus.UNKNOWN)
    if word in _PUBLIC_DOMAIN:
        return Reading(status=LicenceStatus.PUBLIC_DOMAIN)
    if word == LicenceStatus.ALL_RIGHTS_RESERVED.value:
        return Reading(status=LicenceStatus.ALL_RIGHTS_RESERVED)
    if (expression := expressions.parse(given)) is not None:
        return Reading(status=LicenceStatus.LICENSED, licence=expression.text)
    return _misread(given, "it is no SPDX licence expression")


def _misread(kept: str, trouble: str) -> Reading:
    shown = ascii(kept if len(kept) <= 80 else f"{kept[:79]}…")
    warning = f"the licence {shown} is kept with the status unknown, because {trouble}; {_REMEDY}"
    return Reading(status=LicenceStatus.UNKNOWN, licence=kept, warning=warning)
