"""Readers of package metadata: the licence and the authors that a package declares.

They read `METADATA` and `PKG-INFO` (Python), `pyproject.toml`, `package.json` (npm) and `Cargo.toml` (Rust). Each is a
function from a text to a `Manifest`; a broken file gives an empty one. Where these files lie is not known here.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from email.parser import HeaderParser
from typing import Any

_MAX_TEXT, _MAX_ITEMS, _MAX_VALUE, _MAX_NAME = 256_000, 50, 1_000, 300
_PERSON = re.compile(r"([^<(]+)")
_POINTER = re.compile(r"see licen[sc]e in|\bfile:|^unlicensed$|^unknown$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Manifest:
    """The licence and the authors that metadata declare.

    Attributes:
        field: the name of the field that has the licence.
        licence: the licence as it is written there.
        authors: their names, without addresses.
    """

    field: str | None = None
    licence: str | None = None
    authors: tuple[str, ...] = ()


def read_python_metadata(text: str) -> Manifest:
    """Return what `METADATA` or `PKG-INFO` say: the expression, else the classifiers' licence, else the License field.

    A short License field goes before the classifiers, since some of those only name a family ("BSD License").
    """
    headers = HeaderParser().parsestr(text[:_MAX_TEXT])
    # In `Author-email` only the parts with an address in brackets have a name as well.
    named = (part for part in headers.get("Author-email", "").split(",") if "<" in part)
    authors = _strip_addresses((headers.get("Author") or ",".join(named)).split(",")[:_MAX_ITEMS])
    classified = " AND ".join(
        line.rsplit(" :: ", 1)[-1]
        for line in headers.get_all("Classifier", [])[:_MAX_VALUE]
        if line.startswith("License ::") and not line.endswith(":: OSI Approved")
    )
    for field in ("License-Expression", "License"):
        value = " ".join((headers.get(field) or "").split())
        # Many packages have the whole text of their licence in the License field.
        if value and value.upper() != "UNKNOWN" and (len(value) < 100 or not classified):
            return Manifest(field, value[:_MAX_VALUE], authors)
    return Manifest("Classifier" if classified else None, classified or None, authors)


def read_pyproject(text: str) -> Manifest:
    """Return what `pyproject.toml` says: an expression, a text, or what Poetry's own table has."""
    table = _parse_toml(text)
    project, poetry = _as_table(table.get("project")), _as_table(_as_table(table.get("tool")).get("poetry"))
    authors = [_as_table(each).get("name") for each in _as_list(project.get("authors"))]
    stated = project.get("license")
    stated = stated.get("text") if isinstance(stated, Mapping) else stated
    return _make_manifest(
        "project.license", stated or poetry.get("license"), authors or _as_list(poetry.get("authors"))
    )


def read_package_json(text: str) -> Manifest:
    """Return what `package.json` says, older forms included: an object with a type, and a list of them as a choice."""
    try:
        value = json.loads(text) if len(text) <= _MAX_TEXT else None
    except (ValueError, RecursionError):  # nested lists in a hostile file exhaust the stack
        value = None
    package = _as_table(value)
    licences = (_type_of(each) for each in _as_list(package.get("licenses")))
    choice = " OR ".join(f"({each})" for each in licences if isinstance(each, str))
    author = package.get("author")
    people = [*_as_list(author if isinstance(author, list) else [author]), *_as_list(package.get("contributors"))]
    authors = [each.get("name") if isinstance(each, Mapping) else each for each in people]
    return _make_manifest("license", _type_of(package.get("license")) or choice, authors)


def _type_of(licence: object) -> object:
    """Return the type of a licence that is an object, as npm once wrote it; else the licence itself."""
    return licence.get("type") if isinstance(licence, Mapping) else licence


def read_cargo(text: str) -> Manifest:
    """Return what `Cargo.toml` says; a value that it takes from its workspace is in the same file or further up."""
    table = _parse_toml(text)
    package = _as_table(table.get("package")) or _as_table(_as_table(table.get("workspace")).get("package"))
    licence = package.get("license")
    # Crates once wrote "MIT/Apache-2.0" for a choice.
    stated = licence.replace("/", " OR ") if isinstance(licence, str) else None
    return _make_manifest("package.license", stated, _as_list(package.get("authors")))


def _make_manifest(field: str, licence: object, authors: list[Any]) -> Manifest:
    """Return a manifest of values of any type; a pointer to a file does not count as a licence."""
    stated = licence.strip()[:_MAX_VALUE] if isinstance(licence, str) else ""
    people = _strip_addresses([each for each in authors[:_MAX_ITEMS] if isinstance(each, str)])
    if not stated or _POINTER.search(stated):
        return Manifest(authors=people)
    return Manifest(field, stated, people)


def _strip_addresses(names: list[str]) -> tuple[str, ...]:
    """Return names without their addresses, each once."""
    found = (match[1].strip(" \"'") for name in names if (match := _PERSON.match(name.strip()[:_MAX_NAME])))
    return tuple(dict.fromkeys(name for name in found if name and "@" not in name))


def _parse_toml(text: str) -> Mapping[str, Any]:
    """Return the table that a text holds; an empty one where the text is broken or too long."""
    try:
        return tomllib.loads(text) if len(text) <= _MAX_TEXT else {}
    except (ValueError, RecursionError):
        return {}


def _as_table(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _as_list(value: object) -> list[Any]:
    return value[:_MAX_ITEMS] if isinstance(value, list) else []


MANIFESTS: Mapping[str, Callable[[str], Manifest]] = {
    "METADATA": read_python_metadata,
    "PKG-INFO": read_python_metadata,
    "pyproject.toml": read_pyproject,
    "package.json": read_package_json,
    "Cargo.toml": read_cargo,
}
"""The reader of each file, the most official first."""
