"""Checker of settings: turns what TOML, a variable or an argument holds into typed values, each with its place."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from provenance.errors import ConfigError
from provenance.policy.checks import (
    TABLES,
    convert_action,
    convert_rule_name,
    convert_value,
    require_choice,
    require_known,
    require_table,
)
from provenance.policy.settings import PLAIN, PRESETS, RULE, Rule
from provenance.reports import Action

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
        return require_choice(value, PRESETS, name, place)
    return convert_value(value, PLAIN[name], name, place)


def _check_policy(table: Mapping[str, Any], place_of: PlaceOf) -> Iterator[tuple[Key, Any]]:
    for name, value in table.items():
        place = place_of((name,))
        if name == "actions":
            for status, action in require_table(value, name, place).items():
                yield (name, status), convert_action(status, action, place_of((name, status)))[1]
        elif name in TABLES:
            for kind, rule in require_table(value, name, place).items():
                yield from _check_rule((name, kind), rule, place_of)
        else:
            require_known(name, (*PLAIN, "preset", "actions", *TABLES), "setting", place)
            yield (name,), plain_value(name, value, place)


def _check_rule(key: Key, rule: object, place_of: PlaceOf) -> Iterator[tuple[Key, Any]]:
    table, name = key
    convert_rule_name(table, name, place_of(key))
    known = [each for each in RULE if (table, each) != ("statuses", "action")]
    given = rule.to_dict() if isinstance(rule, Rule) else require_table(rule, ".".join(key), place_of(key))
    for part, value in given.items():
        place, full = place_of((*key, part)), ".".join((*key, part))
        if (table, part) == ("statuses", "action"):
            raise ConfigError(f"{place}: {full} cannot be used; the action of a status is actions.{name}")
        require_known(part, known, f"setting of {'.'.join(key)}", place)
        if part == "action":
            yield (*key, part), Action(require_choice(value, Action, full, place))
        else:
            yield (*key, part), convert_value(value, RULE[part].removesuffix(" | None"), full, place)
