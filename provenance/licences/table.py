"""Table of what each common licence asks for.

Reads `provenance/data/duties.toml`, which a lawyer can read and compare. One licence id at a time: `terms` reads
expressions with AND and OR, and `texts` has the licences' texts.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from functools import cache, lru_cache
from importlib.resources import files

from provenance.licences import spdx
from provenance.works import Family


class Duty(StrEnum):
    """One thing a licence asks for; duties are listed in the order of these members."""

    ATTRIBUTION = "attribution"
    COPYRIGHT_LINE = "copyright-line"
    LICENCE_TEXT = "licence-text"
    NOTICE_FILE = "notice-file"
    INDICATE_CHANGES = "indicate-changes"
    SHARE_ALIKE = "share-alike"
    SAME_LICENCE = "same-licence"
    DISCLOSE_SOURCE = "disclose-source"
    NO_COMMERCIAL = "no-commercial"
    NO_DERIVATIVES = "no-derivatives"
    NO_ENDORSEMENT = "no-endorsement"


@dataclass(frozen=True, slots=True)
class LicenceTerms:
    """What one licence asks for.

    Attributes:
        family: its family.
        duties: its duties, in the order of `Duty`.
    """

    family: Family
    duties: tuple[Duty, ...]


@dataclass(frozen=True, slots=True)
class Group:
    """Licences that ask for the same.

    Attributes:
        terms: what they ask for.
        licences: the ids as in the table, placeholders included.
        note: what this rests on.
    """

    terms: LicenceTerms
    licences: tuple[str, ...]
    note: str


_PLACEHOLDERS = {
    # Versions with the country of a port, and GNU's words for later versions.
    "{cc}": r"(?:1\.0|2\.[015]|3\.0|4\.0)(?:-[a-z]{2,3})?",
    "{gnu}": r"(?:-only|-or-later|\+)?",
}
# The least that nearly every licence wants, so that too much is asked for rather than too little.
_UNLISTED = LicenceTerms(Family.OTHER, (Duty.ATTRIBUTION, Duty.COPYRIGHT_LINE, Duty.LICENCE_TEXT))
_CREATIVE_COMMONS = re.compile(
    r"(?:LicenseRef-)?CC-(?P<parts>(?:BY-)?(?:NC-)?(?:SA|ND|BY|NC))-(?P<version>\d\.\d)(?:-(?P<port>[A-Z]{2,3}))?",
    re.IGNORECASE | re.ASCII,
)
_DEEDS = {"CC0-1.0": "publicdomain/zero/1.0", "CC-PDM-1.0": "publicdomain/mark/1.0"}


def sort_duties(duties: Iterable[Duty]) -> tuple[Duty, ...]:
    """Return duties, each once, in the order of the vocabulary."""
    asked = frozenset(duties)
    return tuple(duty for duty in Duty if duty in asked)


@cache
def groups() -> tuple[Group, ...]:
    """Return the table."""
    table = tomllib.loads((files("provenance") / "data" / "duties.toml").read_text(encoding="utf-8"))
    return tuple(
        Group(
            terms=LicenceTerms(Family(row["family"]), sort_duties(map(Duty, row["duties"]))),
            licences=tuple(row["licences"]),
            note=row["note"],
        )
        for row in table["group"]
    )


def pattern(licence: str) -> str:
    """Return one entry of the table as a regular expression for ids in lower case."""
    parts = re.split(r"(\{\w+\})", licence)
    return "".join(_PLACEHOLDERS[part] if part in _PLACEHOLDERS else re.escape(part.lower()) for part in parts)


@cache
def _compile_rules() -> tuple[dict[str, LicenceTerms], tuple[tuple[re.Pattern[str], LicenceTerms], ...]]:
    entries = [(licence, group.terms) for group in groups() for licence in group.licences]
    plain = {licence.lower(): terms for licence, terms in entries if "{" not in licence}
    patterns = ((re.compile(pattern(licence), re.ASCII), terms) for licence, terms in entries if "{" in licence)
    return plain, tuple(patterns)


@lru_cache(maxsize=4096)
def licence_terms(licence: str) -> LicenceTerms:
    """Return what one licence id asks for; to be safe, an id that the table does not list asks for credit and its text.

    >>> [str(duty) for duty in licence_terms("CC-BY-4.0").duties]
    ['attribution', 'copyright-line', 'indicate-changes', 'no-endorsement']
    """
    plain, patterns = _compile_rules()
    # "MPL-1.1+" asks for what "MPL-1.1" does, unless the table has it too.
    for key in dict.fromkeys((licence.lower(), licence.lower().removesuffix("+"))):
        if found := plain.get(key):
            return found
        for rule, asked in patterns:
            if rule.fullmatch(key):
                return asked
    return _UNLISTED


def address(licence: str) -> str | None:
    """Return the page where a person reads about one licence or exception; None for what SPDX does not list.

    >>> address("CC-BY-SA-3.0-AT")
    'https://creativecommons.org/licenses/by-sa/3.0/at/'
    """
    if deed := _DEEDS.get(licence.upper()):
        return f"https://creativecommons.org/{deed}/"
    if match := _CREATIVE_COMMONS.fullmatch(licence):
        path = "/".join(filter(None, (match["parts"], match["version"], match["port"])))
        return f"https://creativecommons.org/licenses/{path.lower()}/"
    listed = spdx.licence(licence) or spdx.exception(licence) or spdx.licence(licence.removesuffix("+"))
    return f"https://spdx.org/licenses/{listed}.html" if listed else None
