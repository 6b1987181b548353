"""What does each common licence ask for?

A table of rules, tried in order: a pattern for SPDX ids, the family, and the duties. One licence id at a time;
expressions with AND and OR are `duties`. The licences' texts are not here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from functools import cache


class Duty(StrEnum):
    """One thing a licence asks for; the order here is the order in which duties are listed."""

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


class Family(StrEnum):
    """Licences that a person complies with in the same way."""

    PUBLIC_DOMAIN = "public-domain"
    UNCONDITIONAL = "unconditional"
    PERMISSIVE = "permissive"
    APACHE = "apache"
    CREATIVE_COMMONS = "creative-commons"
    SHARE_ALIKE = "share-alike"
    WEAK_COPYLEFT = "weak-copyleft"
    COPYLEFT = "copyleft"
    NETWORK_COPYLEFT = "network-copyleft"
    RESTRICTED = "restricted"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Terms:
    """What one licence asks for: its family and its duties, in the order of `Duty`."""

    family: Family
    duties: tuple[Duty, ...]


@dataclass(frozen=True, slots=True)
class _Rule:
    pattern: re.Pattern[str]
    terms: Terms


def _ordered(duties: set[Duty]) -> tuple[Duty, ...]:
    return tuple(duty for duty in Duty if duty in duties)


def _rule(pattern: str, family: Family, *duties: Duty) -> _Rule:
    return _Rule(re.compile(pattern, re.IGNORECASE | re.ASCII), Terms(family, _ordered(set(duties))))


_CREDIT = (Duty.ATTRIBUTION, Duty.COPYRIGHT_LINE)
_KEEP_TEXT = (*_CREDIT, Duty.LICENCE_TEXT)
_COPYLEFT = (*_KEEP_TEXT, Duty.INDICATE_CHANGES, Duty.SAME_LICENCE, Duty.DISCLOSE_SOURCE)

_RULES = (
    _rule(r"CC0-1\.0|CC-PDDC|CC-PDM-1\.0|PDDL-1\.0|Unlicense|SAX-PD(-2\.0)?|blessing", Family.PUBLIC_DOMAIN),
    _rule(r"0BSD|MIT-0|WTFPL", Family.UNCONDITIONAL),
    _rule(r"MIT(-Modern-Variant|-feh|-CMU)?|X11|ISC", Family.PERMISSIVE, *_KEEP_TEXT),
    _rule(r"BSD-1-Clause|BSD-2-Clause(-Views)?|BSL-1\.0", Family.PERMISSIVE, *_KEEP_TEXT),
    _rule(r"BSD-3-Clause(-Clear)?|NCSA|HPND", Family.PERMISSIVE, *_KEEP_TEXT, Duty.NO_ENDORSEMENT),
    _rule(r"Zlib|Libpng|libpng-2\.0", Family.PERMISSIVE, *_KEEP_TEXT, Duty.INDICATE_CHANGES),
    _rule(r"PSF-2\.0|Python-2\.0(\.1)?", Family.PERMISSIVE, *_KEEP_TEXT, Duty.INDICATE_CHANGES, Duty.NO_ENDORSEMENT),
    _rule(r"Apache-2\.0", Family.APACHE, *_KEEP_TEXT, Duty.NOTICE_FILE, Duty.INDICATE_CHANGES, Duty.NO_ENDORSEMENT),
    _rule(r"Apache-1\.[01]", Family.PERMISSIVE, *_KEEP_TEXT, Duty.NO_ENDORSEMENT),
    _rule(r"Artistic-(1\.0(-cl8|-Perl)?|2\.0)", Family.PERMISSIVE, *_KEEP_TEXT, Duty.INDICATE_CHANGES),
    _rule(r"OFL-1\.[01](-no-RFN|-RFN)?", Family.WEAK_COPYLEFT, *_KEEP_TEXT, Duty.SAME_LICENCE, Duty.NO_ENDORSEMENT),
    _rule(r"MPL-(1\.[01]|2\.0)(-no-copyleft-exception)?", Family.WEAK_COPYLEFT, *_COPYLEFT),
    _rule(r"EPL-[12]\.0|CDDL-1\.[01]", Family.WEAK_COPYLEFT, *_COPYLEFT),
    _rule(r"LGPL-(2\.[01]|3\.0)(-only|-or-later|\+)?", Family.WEAK_COPYLEFT, *_COPYLEFT),
    _rule(r"AGPL-(1\.0|3\.0)(-only|-or-later|\+)?", Family.NETWORK_COPYLEFT, *_COPYLEFT),
    _rule(r"GPL-[123]\.0(-only|-or-later|\+)?|EUPL-1\.[012]", Family.COPYLEFT, *_COPYLEFT),
    _rule(
        r"GFDL-1\.[123](-(no-)?invariants)?(-only|-or-later)?",
        Family.SHARE_ALIKE, *_KEEP_TEXT, Duty.INDICATE_CHANGES, Duty.SAME_LICENCE,
    ),
)  # fmt: skip

_UNLISTED = Terms(Family.OTHER, _KEEP_TEXT)
_CREATIVE_COMMONS = re.compile(
    r"CC-(?P<parts>BY(-NC)?(-SA|-ND)?(-NC)?|SA|NC(-SA|-ND)?|ND(-NC)?)-(?P<version>1\.0|2\.[015]|3\.0|4\.0)(-(?P<port>[A-Z]{2,3}))?",
    re.IGNORECASE | re.ASCII,
)
_PART_DUTIES = {
    "BY": (*_CREDIT, Duty.NO_ENDORSEMENT),
    "NC": (Duty.NO_COMMERCIAL,),
    "SA": (Duty.SHARE_ALIKE,),
    "ND": (Duty.NO_DERIVATIVES,),
}
_DEEDS = {"CC0-1.0": "publicdomain/zero/1.0", "CC-PDM-1.0": "publicdomain/mark/1.0"}


@cache
def _creative_commons(parts: frozenset[str]) -> Terms:
    duties = {Duty.INDICATE_CHANGES, *(duty for part in parts for duty in _PART_DUTIES[part])}
    if parts & {"NC", "ND"}:
        return Terms(Family.RESTRICTED, _ordered(duties))
    return Terms(Family.SHARE_ALIKE if "SA" in parts else Family.CREATIVE_COMMONS, _ordered(duties))


def terms(licence: str) -> Terms:
    """Return what one licence id asks for; one that the table does not list asks, to be safe, for credit and its text.

    >>> [str(duty) for duty in terms("CC-BY-4.0").duties]
    ['attribution', 'copyright-line', 'indicate-changes', 'no-endorsement']
    """
    if match := _CREATIVE_COMMONS.fullmatch(licence):
        return _creative_commons(frozenset(match["parts"].upper().split("-")))
    return next((rule.terms for rule in _RULES if rule.pattern.fullmatch(licence)), _UNLISTED)


def listed(licence: str) -> bool:
    """Say whether the table knows this id; a few real ones are missing from the parser's own list."""
    return terms(licence) is not _UNLISTED


def address(licence: str) -> str | None:
    """Return the page where a person reads about one licence id; None for a `LicenseRef-…`, which has none.

    >>> address("CC-BY-SA-3.0-AT")
    'https://creativecommons.org/licenses/by-sa/3.0/at/'
    """
    if deed := _DEEDS.get(licence.upper()):
        return f"https://creativecommons.org/{deed}/"
    if match := _CREATIVE_COMMONS.fullmatch(licence):
        path = "/".join(filter(None, (match["parts"], match["version"], match["port"])))
        return f"https://creativecommons.org/licenses/{path.lower()}/"
    if re.fullmatch(r"[A-Za-z0-9.-]+", licence) is None or licence.lower().startswith(("licenseref-", "documentref-")):
        return None
    return f"https://spdx.org/licenses/{licence}.html"
