"""Settings of a policy: what counts as substantial, and what is then done; and presets, which are sets with a name."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, fields
from operator import itemgetter
from pathlib import Path
from typing import Any

from provenance.errors import ConfigError
from provenance.policy.checks import (
    KINDS,
    TABLES,
    convert_action,
    convert_rule_name,
    convert_value,
    require_choice,
    require_known,
    require_table,
)
from provenance.reports import Action
from provenance.works import Family, LicenceStatus

DEFAULT_DATABASE = "provenance-db"
DEFAULT_LANGUAGE = "en"
DEFAULT_PRESET = "default"


def default_database() -> Path:
    """Return `$PROVENANCE_DB`, else `./provenance-db`."""
    return Path(os.environ.get("PROVENANCE_DB") or DEFAULT_DATABASE)


def default_language() -> str:
    """Return `$PROVENANCE_LANGUAGE`, else English."""
    return os.environ.get("PROVENANCE_LANGUAGE") or DEFAULT_LANGUAGE


def _default_actions() -> dict[LicenceStatus, Action]:
    return {
        LicenceStatus.LICENSED: Action.ANNOTATE,
        LicenceStatus.PUBLIC_DOMAIN: Action.IGNORE,
        LicenceStatus.ALL_RIGHTS_RESERVED: Action.WARN,
        LicenceStatus.UNKNOWN: Action.ANNOTATE,
        LicenceStatus.CONFLICTING: Action.WARN,
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """What is different for some works; a value of None is as for all others.

    Attributes:
        action: what is done; a word is taken for the action of this name.
        min_tokens: the least number of tokens of a substantial passage; whole short works keep their own thresholds.
        min_bits: the least information of one, in bits.
        min_short_work_share: the least share of a short work that is substantial; 1 is for no part of one.

    Raises:
        ConfigError: a value is of another kind, or a threshold is negative.
    """

    action: Action | None = None
    min_tokens: int | None = None
    min_bits: float | None = None
    min_short_work_share: float | None = None

    def __post_init__(self) -> None:
        if self.action is not None:
            object.__setattr__(self, "action", Action(require_choice(self.action, Action, "action")))
        for name in ("min_tokens", "min_bits", "min_short_work_share"):
            if (value := getattr(self, name)) is not None:
                object.__setattr__(self, name, convert_value(value, RULE[name].removesuffix(" | None"), name))

    def to_dict(self) -> dict[str, Any]:
        """Return what the rule says."""
        return {name: value for name, value in asdict(self).items() if value is not None}


Rules = tuple[list[tuple[str, Rule]], ...]
"""The rules in force for a work, each with its dotted name ("families.copyleft").

In the order in which they decide: those for its collection, for its licence families, for its status.
"""


@dataclass(frozen=True, slots=True)
class Threshold:
    """The least of something that a passage must have to be substantial, and which setting says so.

    Attributes:
        unit: of what: "tokens", "words", "bits" or "share", which is a part of the work.
        least: how much of it.
        said_by: the setting, with the place where it was given: "min_tokens, default".
    """

    unit: str
    least: float
    said_by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicySettings:
    """What counts as substantial, and what is then done.

    Attributes:
        min_tokens: a passage is substantial from this many tokens (32 are about 150 characters of English, 32
            characters of Chinese).
        min_bits: and from this much information; below it the wording is commonplace.
        min_whole_work_tokens: as `min_tokens`, for a whole short work.
        min_whole_work_bits: as `min_bits`, for a whole short work.
        min_short_work_share: a passage that is too short for `min_tokens` and `min_bits` is substantial too if it is
            this share of a work that is neither free nor software; 1 is for no part of one.
        min_short_work_words: and has this many words, in a unit that is alike for all languages.
        min_short_work_bits: and this much information.
        quotation_words: a longer passage of up to this many words may be a quotation too, if the text credits it.
        commonplace_creators: wording that this many families have, unrelated creators that is, may be commonplace.
        commonplace_tokens: the longest passage that may be commonplace.
        own_collections: works of these collections belong to the operator and need no notice.
        own_creators: so do works of these authors; case, accents and punctuation of the names do not matter.
        actions: what is done for each licence status.
        statuses: rules for works of a status, without an action: `actions` has that.
        families: rules for works of a licence family; they override those for statuses.
        collections: rules for works of a collection; they override those for families.
        language: of the notices, a code such as `de`.
        preset: the preset that has all values which were not given, see `PRESETS`.
        source: the file that was read, if any.
        places: where each given value was given, by its dotted name.

    In Python as in TOML a word is taken for the status, family or action of this name, and a mapping for a `Rule`; a
    single string is taken for one name of a list.

    Raises:
        ConfigError: a value is of another kind or too small, a name is unknown, or a status has two actions.
    """

    min_tokens: int = 32
    min_bits: float = 128.0
    min_whole_work_tokens: int = 4
    min_whole_work_bits: float = 64.0
    min_short_work_share: float = 0.1
    min_short_work_words: int = 10
    min_short_work_bits: float = 80.0
    quotation_words: int = 0
    commonplace_creators: int = 8
    commonplace_tokens: int = 96
    own_collections: tuple[str, ...] = ()
    own_creators: tuple[str, ...] = ()
    actions: dict[LicenceStatus, Action] = field(default_factory=_default_actions)
    statuses: dict[LicenceStatus, Rule] = field(default_factory=dict)
    families: dict[Family, Rule] = field(default_factory=dict)
    collections: dict[str, Rule] = field(default_factory=dict)
    language: str = field(default_factory=default_language)
    preset: str = DEFAULT_PRESET
    source: str | None = None
    places: Mapping[str, str] = field(default_factory=dict, compare=False, repr=False)

    def __post_init__(self) -> None:
        for name, kind in PLAIN.items():
            value = getattr(self, name)
            given = (value,) if isinstance(value, str) and kind.startswith("tuple") else value
            object.__setattr__(self, name, convert_value(given, kind, name))
        for table in TABLES:
            object.__setattr__(self, table, _convert_rules(table, getattr(self, table)))
        for name in (status.value for status, rule in self.statuses.items() if rule.action):
            raise ConfigError(f"statuses.{name}.action cannot be used; the action of a status is actions.{name}")
        actions = dict(convert_action(*entry) for entry in require_table(self.actions, "actions").items())
        object.__setattr__(self, "actions", {**_default_actions(), **actions})

    @staticmethod
    def from_file(path: str | os.PathLike[str]) -> PolicySettings:
        """Return what a TOML file says, in a `pyproject.toml` under `[tool.provenance]`.

        Raises:
            ConfigError: the file cannot be read, or names line and column of what cannot be used.
        """
        from provenance.policy.load import read_policy  # noqa: PLC0415  # it makes these settings

        return read_policy(Path(path))

    def rules_for(self, collection: str, families: Iterable[Family], status: LicenceStatus) -> Rules:
        """Return the rules in force for a work of this collection, these families and this status."""
        return (
            [(f"collections.{collection}", self.collections[collection])] if collection in self.collections else [],
            [(f"families.{family}", self.families[family]) for family in families if family in self.families],
            [(f"statuses.{status}", self.statuses[status])] if status in self.statuses else [],
        )

    def thresholds(self, rules: Rules, *, is_whole_work: bool) -> tuple[Threshold, ...]:
        """Return what a passage must have; for a whole short work there are thresholds that no rule changes."""
        if is_whole_work:
            return (
                self._threshold("tokens", (self.min_whole_work_tokens, "min_whole_work_tokens")),
                self._threshold("bits", (self.min_whole_work_bits, "min_whole_work_bits")),
            )
        return (
            self._threshold("tokens", self._choose_lowest("min_tokens", rules)),
            self._threshold("bits", self._choose_lowest("min_bits", rules)),
        )

    def short_work_thresholds(self, rules: Rules) -> tuple[Threshold, ...]:
        """Return what a passage that is too short otherwise must have of a work that is not free."""
        return (
            self._threshold("words", (self.min_short_work_words, "min_short_work_words")),
            self._threshold("bits", (self.min_short_work_bits, "min_short_work_bits")),
            self._threshold("share", self._choose_lowest("min_short_work_share", rules)),
        )

    def _threshold(self, unit: str, chosen: tuple[float, str]) -> Threshold:
        least, name = chosen
        return Threshold(unit, least, self.said_by(name))

    def _choose_lowest(self, name: str, rules: Rules) -> tuple[float, str]:
        """Return the lowest number of the first table that has one, with its dotted name; else the general value."""
        for table in rules:
            given = [(getattr(rule, name), f"{key}.{name}") for key, rule in table if getattr(rule, name) is not None]
            if given:
                return min(given, key=itemgetter(0))
        return getattr(self, name), name

    def action_by_rule(self, rules: Rules) -> tuple[Action, str] | None:
        """Return the action that a rule asks for, and which setting says so; None where no rule names an action.

        The first table decides that has one; of several rules in it, the strictest.
        """
        for table in rules:
            given = [(rule.action, f"{name}.action") for name, rule in table if rule.action is not None]
            if given:
                action, name = max(given, key=lambda each: each[0].severity)
                return action, self.said_by(name)
        return None

    def said_by(self, name: str) -> str:
        """Return a setting's dotted name with the place where it was given.

        >>> PolicySettings().said_by("actions.licensed")
        'actions.licensed, default'
        """
        return f"{name}, {self.place(name)}"

    def place(self, name: str) -> str:
        """Return where the setting of a dotted name was given: a line of a file, a variable, or the preset.

        >>> PolicySettings(min_tokens=7).place("min_tokens")
        'argument'
        """
        if given := self.places.get(name):
            return given
        if self._value(name) != PRESETS.get(self.preset, _DEFAULTS)._value(name):
            return "argument"
        return DEFAULT_PRESET if self.preset == DEFAULT_PRESET else f"preset {self.preset}"

    def _value(self, name: str) -> object:
        """Return a value by its dotted name, None where nothing is said."""
        table, _, rest = name.partition(".")
        if not rest:
            return getattr(self, name)
        if table == "actions":
            return self.actions.get(LicenceStatus(rest))
        key, _, part = rest.rpartition(".")  # the name of a collection may have dots
        return getattr(getattr(self, table).get(key), part, None)

    def to_dict(self) -> dict[str, Any]:
        """Return the settings in the report's JSON form."""
        settings = {each.name: getattr(self, each.name) for each in fields(self) if each.name != "places"}
        for name, value in settings.items():
            if isinstance(value, tuple):
                settings[name] = list(value)
        settings["actions"] = {status.value: action.value for status, action in self.actions.items()}
        for name in ("statuses", "families", "collections"):
            settings[name] = {str(key): rule.to_dict() for key, rule in getattr(self, name).items()}
        return settings


PLAIN: Mapping[str, str] = {
    each.name: str(each.type) for each in fields(PolicySettings) if str(each.type) in KINDS and each.name != "preset"
}
"""The settings that are not tables, with their types; without `preset`."""
RULE: Mapping[str, str] = {each.name: str(each.type) for each in fields(Rule)}
"""The settings of a rule, with their types."""


def _convert_rules(table: str, given: object) -> dict[str, Rule]:
    rules: dict[str, Rule] = {}
    for key, value in require_table(given, table).items():
        name = convert_rule_name(table, key)
        if isinstance(value, Rule):
            rules[name] = value
            continue
        for part in (said := require_table(value, f"{table}.{name}")):
            require_known(part, RULE, f"setting of {table}.{name}")
        rules[name] = Rule(**said)
    return rules


_DEFAULTS = PolicySettings()

PRESETS: Mapping[str, PolicySettings] = {
    "default": _DEFAULTS,
    "strict": PolicySettings(
        preset="strict",
        min_tokens=20,
        min_bits=80.0,
        min_short_work_share=0.05,
        commonplace_creators=16,
        actions={
            LicenceStatus.PUBLIC_DOMAIN: Action.ANNOTATE,
            LicenceStatus.UNKNOWN: Action.WARN,
            LicenceStatus.ALL_RIGHTS_RESERVED: Action.LIMIT,
        },
    ),
    "quiet": PolicySettings(
        preset="quiet",
        min_tokens=75,
        min_bits=300.0,
        min_whole_work_tokens=12,
        min_whole_work_bits=120.0,
        min_short_work_share=0.25,
        min_short_work_words=20,
        min_short_work_bits=120.0,
        actions={LicenceStatus.UNKNOWN: Action.IGNORE},
    ),
    "eu": PolicySettings(
        preset="eu",
        min_short_work_share=0.05,
        quotation_words=30,
        actions={LicenceStatus.UNKNOWN: Action.WARN},
    ),
    "code": PolicySettings(
        preset="code",
        min_tokens=46,
        min_bits=184.0,
        min_whole_work_tokens=11,
        min_whole_work_bits=91.0,
        min_short_work_share=1.0,
    ),
}
"""Settings for some uses, by name; what a policy says overrides them."""
