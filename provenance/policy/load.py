"""Loader of the policy that holds in a folder, with the place where each value was given.

From weak to strong: the preset, a file, variables of the environment, arguments. The file is the one that is named,
else `$PROVENANCE_POLICY`, else `provenance.toml` in the working directory, else `[tool.provenance]` in its
`pyproject.toml`.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections import defaultdict
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

from provenance.errors import ConfigError
from provenance.policy.settings import DEFAULT_PRESET, PLAIN, PRESETS, PolicySettings, Rule
from provenance.policy.toml_positions import places
from provenance.policy.values import Key, Said, plain_value, policy_values
from provenance.works import Family, LicenceStatus

POLICY_FILE = "provenance.toml"
POLICY_VARIABLE = "PROVENANCE_POLICY"
VARIABLES = {
    "PROVENANCE_PRESET": "preset",
    "PROVENANCE_MIN_TOKENS": "min_tokens",
    "PROVENANCE_MIN_BITS": "min_bits",
    "PROVENANCE_MIN_WHOLE_WORK_TOKENS": "min_whole_work_tokens",
    "PROVENANCE_MIN_WHOLE_WORK_BITS": "min_whole_work_bits",
    "PROVENANCE_MIN_SHORT_WORK_SHARE": "min_short_work_share",
    "PROVENANCE_MIN_SHORT_WORK_WORDS": "min_short_work_words",
    "PROVENANCE_MIN_SHORT_WORK_BITS": "min_short_work_bits",
    "PROVENANCE_QUOTATION_WORDS": "quotation_words",
    "PROVENANCE_COMMONPLACE_CREATORS": "commonplace_creators",
    "PROVENANCE_COMMONPLACE_TOKENS": "commonplace_tokens",
    "PROVENANCE_OWN_COLLECTIONS": "own_collections",
    "PROVENANCE_OWN_CREATORS": "own_creators",
    "PROVENANCE_LANGUAGE": "language",
}
"""Variables of the environment for single values; several names have commas between them."""

_PROJECT_FILE = "pyproject.toml"
_LARGEST = 1 << 20
_WHERE = re.compile(r"(.*) \(at (?:line (\d+), column (\d+)|end of document)\)", re.DOTALL)
_K = TypeVar("_K", bound=str)


def load_policy(
    path: str | os.PathLike[str] | None = None,
    *,
    folder: str | os.PathLike[str] = ".",
    environment: Mapping[str, str] | None = None,
    **arguments: Any,
) -> PolicySettings:
    """Return the policy that holds in a folder.

    Args:
        path: the file to read; without it the file is looked for.
        folder: where to look.
        environment: variables, by default those of the process.
        arguments: settings by name, tables and `preset` too, that override all others; None where one is not given.

    Raises:
        ConfigError: a value cannot be used; names file, line and column, or the variable.
    """
    variables = os.environ if environment is None else environment
    named = path or variables.get(POLICY_VARIABLE)
    file = Path(named) if named else _find_file(Path(folder))
    said = {**(_read_file(file) if file else {}), **_read_environment(variables)}
    given = {name: value for name, value in arguments.items() if value is not None}
    said |= policy_values(given, lambda _: "argument")
    return _build_settings(said, file)


def read_policy(path: Path) -> PolicySettings:
    """Return what one file says, and nothing else.

    Raises:
        ConfigError: it cannot be read, or names line and column of what cannot be used.
    """
    return _build_settings(_read_file(path), path)


def _find_file(folder: Path) -> Path | None:
    if (own := folder / POLICY_FILE).is_file():
        return own
    project = folder / _PROJECT_FILE
    # Most project files never mention us: those are not parsed, and may even be broken.
    if not project.is_file() or "provenance" not in (text := _read_text(project)):
        return None
    return None if _find_section(_parse_toml(text, project)) is None else project


def _read_file(path: Path) -> dict[Key, Said]:
    text = _read_text(path)
    table = _parse_toml(text, path)
    prefix: Key = ()
    if path.name == _PROJECT_FILE:
        section = _find_section(table)
        if section is None:
            raise ConfigError(f"{path} has no table [tool.provenance]; write one, or name another file")
        table, prefix = section, ("tool", "provenance")
    where = places(text)

    def place_of(key: Key) -> str:
        line, column = where.get((*prefix, *key), (1, 1))
        return f"{path}:{line}:{column}"

    return policy_values(table, place_of)


def _read_text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            data = file.read(_LARGEST + 1)
        if len(data) > _LARGEST:
            raise ConfigError(f"{path} is larger than {_LARGEST:,} bytes; a policy is a page")
        return data.decode("utf-8").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path} is not UTF-8 at byte {error.start}; save it as UTF-8") from None
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror or error}; name a policy file with --policy") from None


def _parse_toml(text: str, path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        found = _WHERE.fullmatch(str(error))
        what = found[1] if found else str(error)
        # "at end of document" has no numbers: they are those of the last character.
        end = text.count("\n") + 1, len(text.rpartition("\n")[2]) + 1
        line, column = (found[2], found[3]) if found and found[2] else end
        raise ConfigError(f"{path}:{line}:{column}: this is not TOML: {what}") from None
    except ValueError:  # not a fault of the syntax, but Python's limit against numbers that take long to read
        raise ConfigError(f"{path}: a number in it has too many digits for a setting") from None
    except RecursionError:
        raise ConfigError(f"{path}: this is nested too deeply to be a policy") from None


def _find_section(project: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return the table `[tool.provenance]` of a project file."""
    tool = project.get("tool")
    section = tool.get("provenance") if isinstance(tool, dict) else None
    return section if isinstance(section, dict) else None


def _read_environment(variables: Mapping[str, str]) -> dict[Key, Said]:
    """Return what the variables say; an empty one says nothing."""
    said: dict[Key, Said] = {}
    for variable, name in VARIABLES.items():
        if words := variables.get(variable, "").strip():
            place, kind = f"${variable}", PLAIN.get(name)
            value: object = words
            if kind == "tuple[str, ...]":
                value = [part.strip() for part in words.split(",") if part.strip()]
            elif kind in {"int", "float"}:
                with suppress(ValueError):  # words that are not a number stay words, and `plain_value` refuses them
                    value = int(words) if kind == "int" else float(words)
            said[name,] = Said(plain_value(name, value, place), place)
    return said


def _build_settings(said: Mapping[Key, Said], source: Path | None) -> PolicySettings:
    """Return the settings of the preset with what was said instead."""
    preset = said.get(("preset",))
    base = PRESETS[preset.value if preset else DEFAULT_PRESET]
    changes: dict[str, Any] = {key[0]: each.value for key, each in said.items() if len(key) == 1}
    actions = {LicenceStatus(key[1]): each.value for key, each in said.items() if key[0] == "actions"}
    statuses = {LicenceStatus(key): rule for key, rule in _collect_rules(said, "statuses").items()}
    families = {Family(key): rule for key, rule in _collect_rules(said, "families").items()}
    return replace(
        base, **changes, actions={**base.actions, **actions},
        statuses=_change_rules(statuses, base.statuses),
        families=_change_rules(families, base.families),
        collections=_change_rules(_collect_rules(said, "collections"), base.collections),
        source=str(source) if source else None,
        places={".".join(key): each.place for key, each in said.items()},
    )  # fmt: skip


def _collect_rules(said: Mapping[Key, Said], table: str) -> dict[str, dict[str, Any]]:
    """Return what is said in one table of rules, by the name of the rule and of its setting."""
    rules: dict[str, dict[str, Any]] = defaultdict(dict)
    for key, each in said.items():
        if key[0] == table:
            rules[key[1]][key[2]] = each.value
    return rules


def _change_rules(said: Mapping[_K, Mapping[str, Any]], base: Mapping[_K, Rule]) -> dict[_K, Rule]:
    """Return the rules of a preset with what was said instead."""
    return {**base, **{key: replace(base.get(key, Rule()), **changes) for key, changes in said.items()}}
