"""Checks of single values, alike for a policy made in Python, read from TOML or given by variables."""

from __future__ import annotations

import difflib
import sys
from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Any, NoReturn

from provenance.errors import ConfigError
from provenance.reports import Action
from provenance.works import Family, LicenceStatus

LEAST = {"commonplace_creators": 2}
"""The least that a number may be, for those where it is not 0."""
MOST = {"min_short_work_share": 1.0}
"""The most that a number may be, for those that have a most."""
KINDS = ("int", "float", "str", "tuple[str, ...]")
"""The annotations of fields that `convert_value` knows; they are strings because of `from __future__`."""

TABLES: Mapping[str, type[StrEnum] | None] = {"statuses": LicenceStatus, "families": Family, "collections": None}
"""The tables of rules, with the words that may be their keys; a collection may have any name."""


def require_table(value: object, name: str, place: str = "") -> Mapping[Any, Any]:
    """Return a table, that is a mapping.

    Raises:
        ConfigError: it is none.
    """
    if not isinstance(value, Mapping):
        _refuse(name, value, "a table", place)
    return value


def require_choice(value: object, allowed: Iterable[str], name: str, place: str = "") -> str:
    """Return a word that must be one of some.

    Raises:
        ConfigError: it is another one; names the nearest of those allowed.
    """
    words = [str(each) for each in allowed]
    if not isinstance(value, str) or value not in words:
        near = difflib.get_close_matches(value, words, n=1) if isinstance(value, str) else []
        _refuse(name, value, f"one of {', '.join(words)}", place, near)
    return str(value)


def convert_action(status: object, action: object, place: str = "") -> tuple[LicenceStatus, Action]:
    """Return an entry of `actions`.

    Raises:
        ConfigError: there is no such status, or no such action.
    """
    known = LicenceStatus(require_choice(status, LicenceStatus, "a licence status", place))
    return known, Action(require_choice(action, Action, f"actions.{known}", place))


def convert_rule_name(table: str, name: object, place: str = "") -> str:
    """Return a key of one of the tables of rules, as its enumeration has it.

    Raises:
        ConfigError: the table cannot have it.
    """
    if kind := TABLES[table]:
        return kind(require_choice(name, kind, f"one of the {table}", place))
    return str(convert_value(name, "str", f"a name in {table}", place))


def require_known(name: object, known: Iterable[str], what: str, place: str = "") -> None:
    """Refuse an unknown name of a setting.

    Raises:
        ConfigError: names the nearest one, and all.
    """
    names = list(known)
    if name not in names:
        near = difflib.get_close_matches(str(name), names, n=1)
        hint = f"; did you mean {near[0]}?" if near else "."
        raise ConfigError(f"{_lead(place)}there is no {what} called {name!r:.80}{hint} There are {', '.join(names)}")


def convert_value(value: object, kind: str, name: str, place: str = "") -> Any:
    """Return a value as its field has it.

    Args:
        value: as it was given.
        kind: the annotation of the field, one of `KINDS`.
        name: the setting.
        place: where it was given; empty in Python, where the traceback says it.

    Raises:
        ConfigError: it is of another kind, or out of range.
    """
    # To Python `true` is the number 1, to TOML it is not.
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if kind == "int":
        least = LEAST.get(name, 0)
        if not isinstance(value, int) or not is_number or value < least:
            _refuse(name, value, f"a whole number, {least} or more", place)
        return value
    if kind == "float":
        # Not `math.isfinite`: a whole number can be too large for a float. Comparisons refuse nan too.
        most = MOST.get(name.rpartition(".")[2], sys.float_info.max)
        if not isinstance(value, int | float) or not is_number or not 0 <= value <= most:
            wanted = "a number, 0 or more" if most == sys.float_info.max else f"a number from 0 to {most:g}"
            _refuse(name, value, wanted, place)
        return float(value)
    if kind == "str":
        if not isinstance(value, str):
            _refuse(name, value, "a string", place)
        return value
    # One string is an iterable of strings too: its letters would be taken for names.
    if not isinstance(value, list | tuple) or not all(isinstance(each, str) for each in value):
        _refuse(name, value, "a list of strings", place)
    return tuple(value)


def _refuse(name: str, value: object, wanted: str, place: str, near: Iterable[str] = ()) -> NoReturn:
    shown = f'"{value:.80}"' if isinstance(value, str) else f"{value!r:.80}"
    hint = "".join(f"; did you mean {word}?" for word in near)
    raise ConfigError(f"{_lead(place)}{name} is {shown}; it must be {wanted}{hint}")


def _lead(place: str) -> str:
    return f"{place}: " if place else ""
