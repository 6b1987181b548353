"""What does a package's metadata say about its licence and its authors?

`METADATA` and `PKG-INFO` (Python), `pyproject.toml`, `package.json` (npm), `Cargo.toml` (Rust). One text in, one answer
out; a broken file says nothing. Where these files lie is not known here.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from email.parser import HeaderParser
from typing import Any

_LONGEST, _MOST, _LINE, _NAME = 256_000, 50, 1_000, 300
_PERSON = re.compile(r"([^<(]+)")
_POINTER = re.compile(r"see licen[sc]e in|\bfile:|^unlicensed$|^unknown$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Manifest:
    """What metadata say: the licence with the field that it stands in, and the authors."""

    field: str | None = None
    licence: str | None = None
    authors: tuple[str, ...] = ()


def python_metadata(text: str) -> Manifest:
    """Return what `METADATA` or `PKG-INFO` say: the expression, else the classifiers' licence, else the License field.

    Classifiers that only name a family ("BSD License") yield to a field that is no longer than a line.
    """
    headers = HeaderParser().parsestr(text[:_LONGEST])
    authors = _people((headers.get("Author") or _named(headers.get("Author-email", ""))).split(",")[:_MOST])
    classified = " AND ".join(
        line.rsplit(" :: ", 1)[-1] for line in headers.get_all("Classifier", [])[:_LINE] if _is_licence(line)
    )
    for field in ("License-Expression", "License"):
        value = " ".join((headers.get(field) or "").split())
        if value and value.upper() != "UNKNOWN" and (len(value) < 100 or not classified):
            return Manifest(field, value[:_LINE], authors)
    return Manifest("Classifier" if classified else None, classified or None, authors)


def _is_licence(classifier: str) -> bool:
    return classifier.startswith("License ::") and not classifier.endswith(":: OSI Approved")


def _named(address: str) -> str:
    """Return the names in a list of addresses, without those that have none."""
    return ",".join(part for part in address.split(",") if "<" in part)


def pyproject(text: str) -> Manifest:
    """Return what `pyproject.toml` says: an expression, a text, or what Poetry's own table has."""
    table = _toml(text)
    project, poetry = _table(table, "project"), _table(_table(table, "tool"), "poetry")
    authors = [_table(each).get("name") for each in _list(project.get("authors"))] or _list(poetry.get("authors"))
    stated = project.get("license")
    stated = stated.get("text") if isinstance(stated, Mapping) else stated
    return _manifest("project.license", stated or poetry.get("license"), authors)


def package_json(text: str) -> Manifest:
    """Return what `package.json` says, older forms included: an object with a type, and a list of them as a choice."""
    try:
        table = json.loads(text) if len(text) <= _LONGEST else None
    except (ValueError, RecursionError):
        table = None
    package = _table(table)
    several = [_typed(each) for each in _list(package.get("licenses"))]
    choice = " OR ".join(f"({each})" for each in several if isinstance(each, str))
    author = package.get("author")
    people = [*_list(author if isinstance(author, list) else [author]), *_list(package.get("contributors"))]
    authors = [_table(each).get("name") if isinstance(each, Mapping) else each for each in people]
    return _manifest("license", _typed(package.get("license")) or choice, authors)


def _typed(value: object) -> object:
    return value.get("type") if isinstance(value, Mapping) else value


def cargo(text: str) -> Manifest:
    """Return what `Cargo.toml` says; what it takes from its workspace stands in the same file or further up."""
    table = _toml(text)
    package = _table(table, "package") or _table(_table(table, "workspace"), "package")
    licence = package.get("license")
    # Crates once wrote "MIT/Apache-2.0" for a choice.
    stated = licence.replace("/", " OR ") if isinstance(licence, str) else None
    return _manifest("package.license", stated, _list(package.get("authors")))


def _manifest(field: str, licence: object, authors: list[Any]) -> Manifest:
    stated = licence.strip()[:_LINE] if isinstance(licence, str) else ""
    people = _people([each for each in authors[:_MOST] if isinstance(each, str)])
    if not stated or _POINTER.search(stated):
        return Manifest(authors=people)
    return Manifest(field, stated, people)


def _people(names: list[str]) -> tuple[str, ...]:
    """Return names without their addresses."""
    found = (match[1].strip(" \"'") for name in names if (match := _PERSON.match(name.strip()[:_NAME])))
    return tuple(dict.fromkeys(name for name in found if name and "@" not in name))


def _toml(text: str) -> Mapping[str, Any]:
    try:
        return tomllib.loads(text) if len(text) <= _LONGEST else {}
    except (ValueError, RecursionError):
        return {}


def _table(value: object, name: str | None = None) -> Mapping[str, Any]:
    """Return a value, or what it has under a name, if that is a table; else an empty one."""
    if name is not None and isinstance(value, Mapping):
        value = value.get(name)
    return value if isinstance(value, Mapping) and (name is None or value) else {}


def _list(value: object) -> list[Any]:
    return value[:_MOST] if isinstance(value, list) else []


MANIFESTS: Mapping[str, Callable[[str], Manifest]] = {
    "METADATA": python_metadata,
    "PKG-INFO": python_metadata,
    "pyproject.toml": pyproject,
    "package.json": package_json,
    "Cargo.toml": cargo,
}
"""What reads each file, the most official first."""
