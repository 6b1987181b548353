"""Which licence or statement stands at an address?

Addresses are compared with those we know and never fetched. `https` or `http`, a language or
`legalcode` at the end make no difference.
"""

from __future__ import annotations

import re
from functools import cache

from provenance.licences import spdx
from provenance.licences.expressions import parse
from provenance.licences.names import Sense, named, status_sense, tables
from provenance.licences.patterns import cc_licence, gnu

_ADDRESS = re.compile(
    r"(?:(?:https?:)?//(?:www\.)?|\bwww\.|(?<![\w/.@-]))((?:[a-z0-9-]{1,40}\.){1,3}[a-z]{2,10}(?:/[^\s\"'<>()\[\]]{0,200})?)",
    re.I,
)
_END = re.compile(r"(?:\.[a-z]{2}(?=\.html))?(?:\.html?|\.txt|\.php|\.md)?[/.,;]*(?:[?#].*)?$", re.I)
_CC = re.compile(
    r"creativecommons\.org/licenses/(?P<parts>(?:by|nc|nd|sa)(?:-(?:by|nc|nd|sa)){0,3})/(?P<version>\d\.\d)"
    r"(?:/(?P<port>[a-z]{2,3}))?(?:/(?:deed|legalcode)(?:\.[\w-]+)?)?"
)
_CC_ZERO = re.compile(r"(creativecommons\.org/publicdomain/(?:zero|mark)/1\.0)(?:/.*)?")
_STATEMENT = re.compile(r"rightsstatements\.org/(?:vocab|page)/(?P<code>[A-Za-z-]+)(?:/\d\.\d)?", re.I)
_CATALOGUES = (
    "opensource.org/license", "spdx.org/licenses/", "choosealicense.com/licenses/", "gnu.org/licenses/",
    "gnu.org/copyleft/",
)  # fmt: skip


def find(text: str) -> tuple[str, Sense] | None:
    """Return the first address in a text whose licence is known, as it stands there, with what it means."""
    for match in _ADDRESS.finditer(text):
        if sense := _at(_END.sub("", match[1])):
            return match[0], sense
    return None


def _at(address: str) -> Sense | None:
    lowered = address.lower()
    if match := _CC.fullmatch(lowered):
        sense = cc_licence(match["parts"].split("-"), match["version"], match["port"])
        return sense and Sense(licence=sense.licence, confidence=1.0)
    if match := _CC_ZERO.fullmatch(lowered):
        lowered = match[1]
    if match := _STATEMENT.fullmatch(address):
        return _statement(match["code"])
    if name := _known().get(lowered):
        return _named(name)
    if lowered.startswith(_CATALOGUES):
        return _named(address.rsplit("/", 1)[-1])
    return None


@cache
def _known() -> dict[str, str]:
    return {_END.sub("", address).lower(): name for address, name in tables()["addresses"].items()}


def _statement(code: str) -> Sense | None:
    rows = {name.lower(): row for name, row in tables()["rightsstatements"].items()}
    row = rows.get(code.lower())
    return status_sense(row) if row else None


def _named(name: str) -> Sense | None:
    listed = spdx.licence(name)
    if listed and not spdx.deprecated(listed) and parse(listed):
        return Sense(licence=listed)
    return named(name) or gnu(name)
