"""GNU and Creative Commons licences, in the many ways to write their names.

Both are families whose names are put together from parts: kind, version, later versions; attribution, non-commercial
and the rest, version, country. `names` has the names without such parts.
"""

from __future__ import annotations

import re

from provenance.licences import spdx
from provenance.licences.expressions import licence_id
from provenance.licences.names import FAMILY_ONLY, SURE, Sense, key

VERSION_OPEN = 0.7
"""How sure a GNU licence is if the name does not say whether later versions hold too."""
ONLY_OR_LATER = "whether only this version or any later one"
_CC_UNVERSIONED = 0.6

_GNU = re.compile(
    r"(?:gnu )?(?:(?P<AGPL>affero general public|affero gpl|affero|agpl)"
    r"|(?P<LGPL>(?:lesser|library|library or lesser|lesser or library) general public|lesser gpl|library gpl|lgpl)"
    r"|(?P<GPL>general public|gpl)|(?P<GFDL>free documentation|fdl|gfdl))"
    r"(?: (?P<before>no invariants?|niv))?(?: (?P<version>\d(?:\.\d)?))?"
    r"(?P<tail>\+| only)?(?: (?P<after>no invariants?|niv))?"
)
# Replaced in this order; the parts then read "cc by nc sa 4.0 us".
_CC_WORDS = (
    (re.compile(r"\bcreative commons\b"), "cc"),
    (re.compile(r"\bccby\b"), "cc by"),
    (re.compile(r"\battribution\b"), "by"),
    (re.compile(r"\bnon ?commercial\b"), "nc"),
    (re.compile(r"\bno ?deriv(?:atives?|s|ative works)?\b"), "nd"),
    (re.compile(r"\bshare ?alike\b"), "sa"),
    (re.compile(r"\bunited states\b|\busa\b"), "us"),
    (re.compile(r"\bunited kingdom\b"), "uk"),
    (re.compile(r"\b(?:international|unported|generic|intl|public|and)\b"), " "),
)
_CC = re.compile(
    r"(?P<cc>cc )?(?:(?P<first>\d(?:\.\d)?) )?(?P<parts>by(?: (?:nc|sa|nd))*)(?: (?P<version>\d(?:\.\d)?))?"
    r"(?: (?P<port>[a-z]{2,3}))?"
)


def gnu(name: str) -> Sense | None:
    """Return the GNU licence that a name means, or None.

    >>> gnu("GNU Affero General Public License v3 or later").licence, gnu("GPLv2").licence, gnu("LGPL").licence
    ('AGPL-3.0-or-later', 'GPL-2.0', 'LicenseRef-LGPL')
    """
    match = _GNU.fullmatch(key(name))
    if match is None:
        return None
    kind = next(kind for kind in ("AGPL", "LGPL", "GPL", "GFDL") if match[kind])
    invariants = "-no-invariants" if match["before"] or match["after"] else ""
    if not match["version"]:
        return Sense(licence=f"LicenseRef-{kind}{invariants}", confidence=FAMILY_ONLY, question="which version")
    base = f"{kind}-{_complete_version(match['version'])}"
    tail = {"+": "-or-later", " only": "-only"}.get(match["tail"] or "", "")
    if tail:
        licence = spdx.licence(f"{base}{invariants}{tail}")
        return Sense(licence=licence) if licence else None
    licence = spdx.licence(base)
    return Sense(licence=licence, confidence=VERSION_OPEN, question=ONLY_OR_LATER) if licence else None


def _complete_version(version: str) -> str:
    return version if "." in version else f"{version}.0"


def creative_commons(name: str) -> Sense | None:
    """Return the Creative Commons licence that a name means, or None; CC0 and the public domain mark are `names`.

    >>> creative_commons("Creative Commons Attribution-NonCommercial 4.0 International").licence
    'CC-BY-NC-4.0'
    """
    text = key(name)
    for word, short in _CC_WORDS:
        text = word.sub(short, text)
    match = _CC.fullmatch(" ".join(text.split()))
    if match is None or not (match["cc"] or match["version"]):
        return None
    return cc_licence(match["parts"].split(), match["version"] or match["first"], match["port"])


def cc_licence(parts: list[str], version: str | None, port: str | None) -> Sense | None:
    """Return the Creative Commons licence of these parts (`by`, `nc`, `sa`, `nd`), or None where they make none."""
    if {"sa", "nd"} <= set(parts):  # share-alike is about adaptations, which ND does not allow
        return None
    name = "-".join(("CC", *(part.upper() for part in ("by", "nc", "sa", "nd") if part in parts)))
    if version is None:
        if port or "by" not in parts:
            return None
        return Sense(licence=f"LicenseRef-{name}", confidence=_CC_UNVERSIONED, question="which version")
    licence = licence_id("-".join(filter(None, (name, _complete_version(version), port and port.upper()))))
    return Sense(licence=licence, confidence=SURE) if licence else None
