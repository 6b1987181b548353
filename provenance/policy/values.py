"""Checker of settings: turns what TOML or a variable holds into typed values, each with its place."""

from __future__ import annotations

import difflib
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, fields
from enum import StrEnum
from typing import Any, NoReturn

from provenance.errors import ConfigError
from provenance.policy.settings import LEAST, PRESETS, PolicySettings, Rule
from provenance.reports import Action
from provenance.works import Family, LicenceStatus

Key = tuple[str, ...]
PlaceOf = Callable[[Key], str]
"""Returns the place of a key, as `provenance.toml:3:1`."""


@dataclass(frozen=True, slots=True)
class Said:
    """A value that was given, and where.

    Attributes:
        value: the checked value.
        place: where it was given, as messages name it.
    """

    value: Any
    place: str


def policy_values(table: Mapping[str, Any], place_of: PlaceOf) -> dict[Key, Said]:
    """Return each value of a table by its full name: ("min_tokens",), ("families", "copyleft", "action").

    Raises:
        ConfigError: names the place, the value, and what is allowed.
    """
    return {key: Said(value, place_of(key)) for key, value in _check_policy(table, place_of)}


def plain_value(name: str, value: object, place: str) -> Any:
    """Return the value of one setting that is not a table.

    Raises:
        ConfigError: it is of the wrong type or out of range.
    """
    if name == "preset":
        return _require_choice(value, PRESETS, name, place)
    return _convert_value(value, PLAIN[name], name, place)


def _check_policy(table: Mapping[str, Any], place_of: PlaceOf) -> Iterator[tuple[Key, Any]]:
    for name, value in table.items():
        place = place_of((name,))
        if name == "actions":
            for status, action in _require_table(value, name, place).items():
                where = place_of((name, status))
                _require_choice(status, LicenceStatus, "a licence status", where)
                yield (name, status), Action(_require_choice(action, Action, f"{name}.{status}", where))
        elif name in _KEYS:
            for kind, rule in _require_table(value, name, place).items():
                yield from _check_rule((name, kind), rule, place_of)
        else:
            _require_known(name, (*PLAIN, "preset", "actions", *_KEYS), "setting", place)
            yield (name,), plain_value(name, value, place)


def _check_rule(key: Key, rule: object, place_of: PlaceOf) -> Iterator[tuple[Key, Any]]:
    table, name = key
    if kind := _KEYS[table]:
        _require_choice(name, kind, f"one of the {table}", place_of(key))
    known = [each for each in _RULE if (table, each) != ("statuses", "action")]
    for part, value in _require_table(rule, ".".join(key), place_of(key)).items():
        place, full = place_of((*key, part)), ".".join((*key, part))
        if (table, part) == ("statuses", "action"):
            raise ConfigError(f"{place}: {full} cannot be used; the action of a status is actions.{name}")
        _require_known(part, known, f"setting of {'.'.join(key)}", place)
        if part == "action":
            yield (*key, part), Action(_require_choice(value, Action, full, place))
        else:
            yield (*key, part), _convert_value(value, _RULE[part].removesuffix(" | None"), full, place)


def _require_table(value: object, name: str, place: str) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        _refuse(name, value, "a table", place)
    return value


def _require_choice(value: object, allowed: Iterable[str], name: str, place: str) -> str:
    words = [str(each) for each in allowed]
    if value not in words:
        _refuse(name, value, f"one of {', '.join(words)}", place)
    return str(value)


def _require_known(name: str, known: Iterable[str], what: str, place: str) -> None:
    names = list(known)
    if name not in names:
        near = difflib.get_close_matches(name, names, n=1)
        hint = f"; did you mean {near[0]}?" if near else "."
        raise ConfigError(f"{place}: there is no {what} called {name!r:.80}{hint} There are {', '.join(names)}")


def _convert_value(value: object, kind: str, name: str, place: str) -> Any:
    """Return a value as its field has it, where `kind` is one of `_KINDS`."""
    # To Python `true` is the number 1, to TOML it is not.
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if kind == "int":
        least = LEAST.get(name, 0)
        if not isinstance(value, int) or not is_number or value < least:
            _refuse(name, value, f"a whole number, {least} or more", place)
        return value
    if kind == "float":
        # Not `math.isfinite`: a whole number can be too large for a float. Comparisons refuse nan too.
        if not isinstance(value, int | float) or not is_number or not 0 <= value <= sys.float_info.max:
            _refuse(name, value, "a number, 0 or more", place)
        return float(value)
    if kind == "str":
        if not isinstance(value, str):
            _refuse(name, value, "a string", place)
        return value
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        _refuse(name, value, "a list of strings", place)
    return tuple(value)


def _refuse(name: str, value: object, wanted: str, place: str) -> NoReturn:
    shown = f'"{value:.80}"' if isinstance(value, str) else f"{value!r:.80}"
    raise ConfigError(f"{place}: {name} is {shown}; it must be {wanted}")


# The annotations of fields, which are strings because of `from __future__ import annotations`.
_KINDS = ("int", "float", "str", "tuple[str, ...]")
PLAIN: Mapping[str, str] = {
    each.name: str(each.type) for each in fields(PolicySettings) if str(each.type) in _KINDS and each.name != "preset"
}
"""The settings that are not tables, with their types; without `preset`."""
_RULE: Mapping[str, str] = {each.name: str(each.type) for each in fields(Rule)}
_KEYS: Mapping[str, type[StrEnum] | None] = {"statuses": LicenceStatus, "families": Family, "collections": None}
