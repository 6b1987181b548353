"""What counts as substantial, what is then done, and where the database is. Values only."""

from __future__ import annotations

import os
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from provenance.errors import ConfigError
from provenance.models import Action, LicenceStatus

DEFAULT_DATABASE = "provenance-db"
DEFAULT_LANGUAGE = "en"


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
class PolicySettings:
    """What counts as substantial, and what is then done.

    Attributes:
        min_tokens: a passage is substantial from this many tokens (32 are about 150 characters of English, 32
            characters of Chinese).
        min_bits: and from this much information; below it the wording is commonplace.
        min_whole_work_tokens, min_whole_work_bits: the same for a whole short work.
        commonplace_creators: what stands in works of this many unrelated creators is nobody's own wording.
        own_collections: works of these collections belong to the operator and need no notice.
        actions: what is done for each licence status.
        language: in which notices are worded: a code such as `de`.

    Raises:
        ConfigError: a threshold is negative, or `commonplace_creators` is less than 2.
    """

    min_tokens: int = 32
    min_bits: float = 128.0
    min_whole_work_tokens: int = 4
    min_whole_work_bits: float = 40.0
    commonplace_creators: int = 8
    own_collections: tuple[str, ...] = ()
    actions: dict[LicenceStatus, Action] = field(default_factory=_default_actions)
    language: str = field(default_factory=default_language)

    def __post_init__(self) -> None:
        for name in ("min_tokens", "min_bits", "min_whole_work_tokens", "min_whole_work_bits"):
            if getattr(self, name) < 0:
                raise ConfigError(f"{name} is {getattr(self, name)}; it must be 0 or more")
        if self.commonplace_creators < 2:
            raise ConfigError(f"commonplace_creators is {self.commonplace_creators}; it must be 2 or more")
        object.__setattr__(self, "actions", {**_default_actions(), **self.actions})

    def to_dict(self) -> dict[str, Any]:
        """Return the settings as they stand in a report."""
        settings = {each.name: getattr(self, each.name) for each in fields(self)}
        settings["own_collections"] = list(self.own_collections)
        settings["actions"] = {status.value: action.value for status, action in self.actions.items()}
        return settings
