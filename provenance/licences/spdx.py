"""Which licence ids and exceptions does SPDX list, and how does it spell and name them?

Our own copy of the list (`provenance/data/SPDX.md` says where it is from), not the parser library's, which is older.
Nothing here says what a licence asks for.
"""

from __future__ import annotations

import json
import re
from functools import cache
from importlib.resources import files
from typing import Any

OWN_REFERENCE = re.compile(r"(?:DocumentRef-[A-Za-z0-9.-]+:)?LicenseRef-[A-Za-z0-9.-]+", re.ASCII)
OWN_ADDITION = re.compile(r"(?:DocumentRef-[A-Za-z0-9.-]+:)?AdditionRef-[A-Za-z0-9.-]+", re.ASCII)


@cache
def _listing() -> dict[str, Any]:
    listing: dict[str, Any] = json.loads((files("provenance") / "data" / "spdx.json").read_bytes())
    return listing


@cache
def _spellings(part: str) -> dict[str, str]:
    return {key.lower(): key for key in _listing()[part]}


def version() -> str:
    """Return the version of the list."""
    return str(_listing()["version"])


def licences() -> dict[str, str]:
    """Return the names of all listed licences, by id, deprecated ones included."""
    return dict(_listing()["licences"])


def exceptions() -> dict[str, str]:
    """Return the names of all listed exceptions, by id."""
    return dict(_listing()["exceptions"])


def licence(text: str) -> str | None:
    """Return a listed licence's id as SPDX spells it, or None where the list has none.

    >>> licence("apache-2.0")
    'Apache-2.0'
    """
    return _spellings("licences").get(text.lower())


def exception(text: str) -> str | None:
    """Return a listed exception's id as SPDX spells it, or None where the list has none."""
    return _spellings("exceptions").get(text.lower())


def deprecated(key: str) -> bool:
    """Say whether SPDX advises against using this id."""
    return key in _listing()["deprecated"]
