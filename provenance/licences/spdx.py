"""The SPDX list of licences and exceptions: ids, their spelling, and names.

This is our own copy (`provenance/data/SPDX.md` says where it is from), since that of the parser library is older. The
list does not say what a licence asks for.
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
def _read_list() -> dict[str, Any]:
    # The file has 45 kB, so it is read when first needed, and once.
    listing: dict[str, Any] = json.loads((files("provenance") / "data" / "spdx.json").read_bytes())
    return listing


@cache
def _list_spellings(part: str) -> dict[str, str]:
    return {key.lower(): key for key in _read_list()[part]}


def version() -> str:
    """Return the version of the list."""
    return str(_read_list()["version"])


def licences() -> dict[str, str]:
    """Return the names of all listed licences, by id, deprecated ones included."""
    return dict(_read_list()["licences"])


def exceptions() -> dict[str, str]:
    """Return the names of all listed exceptions, by id."""
    return dict(_read_list()["exceptions"])


def licence(text: str) -> str | None:
    """Return a listed licence's id as SPDX spells it, or None where the list has none.

    >>> licence("apache-2.0")
    'Apache-2.0'
    """
    return _list_spellings("licences").get(text.lower())


def exception(text: str) -> str | None:
    """Return a listed exception's id as SPDX spells it, or None where the list has none."""
    return _list_spellings("exceptions").get(text.lower())


def is_deprecated(key: str) -> bool:
    """Say whether SPDX advises against using this id."""
    return key in _read_list()["deprecated"]
