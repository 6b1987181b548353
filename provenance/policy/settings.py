"""What counts as substantial, what is then done, and where the database is. Values, and sets of them with a name."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

from provenance.errors import ConfigError
from provenance.reports import Action
from provenance.works import Family, LicenceStatus

DEFAULT_DATABASE = "provenance-db"
DEFAULT_LANGUAGE = "en"
DEFAULT_PRESET = "default"
LEAST = {"commonplace_creators": 2}
"""The least that a number may be, where it is not 0."""


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
    """What is different for some works; what is None here is as for all others.

    Attributes:
        action: what is done. min_tokens, min_bits: from where on; whole short works keep their own thresholds.

    Raises:
        ConfigError: a threshold is negative.
    """

    action: Action | None = None
    min_tokens: int | None = None
    min_bits: float | None = None

    def __post_init__(self) -> None:
        _require_least(self, "min_tokens", "min_bits")

    def to_dict(self) -> dict[str, Any]:
        """Return what the rule says."""
        return {name: value for name, value in asdict(self).items() if value is not None}


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicySettings:
    """What counts as substantial, and what is then done.

    Attributes:
        min_tokens: a passage is substantial from this many tokens (32 are about 150 characters of English, 32
            characters of Chinese).
        min_bits: and from this much information; below it the wording is commonplace.
        min_whole_work_tokens, min_whole_work_bits: the same for a whole short work.
        commonplace_creators: what stands in works of this many unrelated creators is nobody's own wording.
        own_collections: works of these collections belong to the operator and need no notice.
        own_creators: so do works of these authors; case, accents and punctuation of the names do not matter.
        actions: what is done for each licence status.
        statuses, families, collections: rules for works of these, the later named going before the earlier. The action
            for a status stands in `actions` alone.
        language: in which notices are worded: a code such as `de`.
        preset: the set of values that those which nobody gave come from, see `PRESETS`.
        source: the file that was read, if any. places: where each value that was given stands, by its dotted name.

    Raises:
        ConfigError: a threshold is negative, `commonplace_creators` is less than 2, or a status has two actions.
    """

    min_tokens: int = 32
    min_bits: float = 128.0
    min_whole_work_tokens: int = 4
    min_whole_work_bits: float = 64.0
    commonplace_creators: int = 8
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
        _require_least(self, *_THRESHOLDS, *LEAST)
        for name in (status.value for status, rule in self.statuses.items() if rule.action):
            raise ConfigError(f"statuses.{name}.action cannot be used; the action of a status is actions.{name}")
        object.__setattr__(self, "actions", {**_default_actions(), **self.actions})

    @staticmethod
    def from_file(path: str | os.PathLike[str]) -> PolicySettings:
        """Return what a TOML file says, in a `pyproject.toml` under `[tool.provenance]`.

        Raises:
            ConfigError: the file cannot be read, or names line and column of what cannot be used.
        """
        from provenance.policy.load import read_policy  # noqa: PLC0415  # it makes these settings

        return read_policy(Path(path))

    def place(self, *name: str) -> str:
        """Return where a value was given: a line of a file, a variable, or the preset.

        >>> PolicySettings().place("actions", "licensed")
        'default'
        """
        if given := self.places.get(".".join(name)):
            return given
        if self.value(*name) != PRESETS.get(self.preset, _DEFAULTS).value(*name):
            return "argument"
        return DEFAULT_PRESET if self.preset == DEFAULT_PRESET else f"preset {self.preset}"

    def value(self, *name: str) -> object:
        """Return one value by its name, such as "families", "copyleft", "action"; None where nothing is said."""
        value: Any = getattr(self, name[0])
        for part in name[1:]:
            value = value.get(part) if isinstance(value, dict) else getattr(value, part, None)
        return value

    def to_dict(self) -> dict[str, Any]:
        """Return the settings as they stand in a report."""
        settings = {each.name: getattr(self, each.name) for each in fields(self) if each.name != "places"}
        for name, value in settings.items():
            if isinstance(value, tuple):
                settings[name] = list(value)
        settings["actions"] = {status.value: action.value for status, action in self.actions.items()}
        for name in ("statuses", "families", "collections"):
            settings[name] = {str(key): rule.to_dict() for key, rule in getattr(self, name).items()}
        return settings


_THRESHOLDS = ("min_tokens", "min_bits", "min_whole_work_tokens", "min_whole_work_bits")


def _require_least(settings: PolicySettings | Rule, *names: str) -> None:
    for name in names:
        value, least = getattr(settings, name), LEAST.get(name, 0)
        if value is not None and not value >= least:
            raise ConfigError(f"{name} is {value}; it must be {least} or more")


_DEFAULTS = PolicySettings()

PRESETS: Mapping[str, PolicySettings] = {
    "default": _DEFAULTS,
    "strict": PolicySettings(
        preset="strict",
        min_tokens=20,
        min_bits=80.0,
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
        actions={LicenceStatus.UNKNOWN: Action.IGNORE},
    ),
    "code": PolicySettings(
        preset="code",
        min_tokens=65,
        min_bits=260.0,
        min_whole_work_tokens=16,
        min_whole_work_bits=128.0,
        commonplace_creators=4,
    ),
}
"""Settings for some uses, by name; whatever a policy says goes before them."""
