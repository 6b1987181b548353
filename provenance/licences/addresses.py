"""Licences and statements by their addresses on the web.

Addresses are compared with those we know and never fetched. `https` or `http`, a language or `legalcode` at the end
make no difference.
"""

from __future__ import annotations

import re
from functools import cache

from provenance.licences import spdx
from provenance.licences.expressions import parse
from provenance.licences.names import Sense, find_name, status_sense, tables
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
    """Return the first address in a text whose licence is known, as it is written there, with what it means."""
    for match in _ADDRESS.finditer(text):
        if sense := _read_address(_END.sub("", match[1])):
            return match[0], sense
    return None


def _read_address(address: str) -> Sense | None:
    """Return what an address without its scheme and ending means."""
    lowered = address.lower()
    if match := _CC.fullmatch(lowered):
        sense = cc_licence(match["parts"].split("-"), match["version"], match["port"])
        return sense and Sense(licence=sense.licence, confidence=1.0)
    if match := _CC_ZERO.fullmatch(lowered):
        lowered = match[1]
    if match := _STATEMENT.fullmatch(address):
        rows = {name.lower(): row for name, row in tables()["rightsstatements"].items()}
        row = rows.get(match["code"].lower())
        return status_sense(row) if row else None
    if name := _list_known_addresses().get(lowered):
        return _read_name(name)
    # A page of a catalogue of licences: its last part is the licence.
    return _read_name(address.rsplit("/", 1)[-1]) if lowered.startswith(_CATALOGUES) else None


@cache
def _list_known_addresses() -> dict[str, str]:
    return {_END.sub("", address).lower(): name for address, name in tables()["addresses"].items()}


def _read_name(name: str) -> Sense | None:
    listed = spdx.licence(name)
    if listed and not spdx.is_deprecated(listed) and parse(listed):
        return Sense(licence=listed)
    return find_name(name) or gnu(name)
