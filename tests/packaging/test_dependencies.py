"""The licences of all that the product installs, with each of its extras: `pytest -v` on this file lists them."""

from __future__ import annotations

import importlib.metadata
from collections.abc import Iterator
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from provenance import licences
from provenance.licences import Family
from provenance.works import LicenceStatus

ROOT = Path(__file__).resolve().parents[2]
OURS = "licence-provenance"
DEVELOPMENT = "dev"
FITTING = {Family.PUBLIC_DOMAIN, Family.UNCONDITIONAL, Family.ATTRIBUTION, Family.PERMISSIVE, Family.APACHE}
"""What code under Apache-2.0 may depend on without a second thought."""
FITTING_LICENCES = {"MPL-2.0"}
"""Copyleft for its own files alone: a program that imports them keeps its licence."""
NAMED = {"psycopg": "LGPL-3.0-only", "psycopg-binary": "LGPL-3.0-only"}
"""What docs/install.md names beside the extra that brings it."""


def all_extras() -> set[str]:
    return set(importlib.metadata.metadata(OURS).get_all("Provides-Extra") or ()) - {DEVELOPMENT}


def required_by(name: str, extras: set[str]) -> Iterator[Requirement]:
    """The requirements that a distribution has here, with these extras."""
    for line in importlib.metadata.requires(name) or ():
        requirement = Requirement(line)
        if requirement.marker is None or any(requirement.marker.evaluate({"extra": each}) for each in {"", *extras}):
            yield requirement


def dependencies() -> list[str]:
    """Every distribution that comes with the product or one of its extras, ours left out."""
    known: dict[str, set[str]] = {OURS: all_extras()}
    waiting = [OURS]
    while waiting:
        name = waiting.pop()
        for requirement in required_by(name, known[name]):
            needed = canonicalize_name(requirement.name)
            if needed not in known or not requirement.extras <= known[needed]:
                known[needed] = known.get(needed, set()) | requirement.extras
                waiting.append(needed)
    return sorted(known.keys() - {OURS})


def stated_licence(name: str) -> str:
    """What a distribution's metadata say: an expression, else a short field, else classifiers."""
    metadata = importlib.metadata.metadata(name)
    if expression := metadata.get("License-Expression"):
        return expression
    classifiers = [line for line in metadata.get_all("Classifier") or () if line.startswith("License ::")]
    read = [licences.read(line) for line in (metadata.get("License"), *classifiers)]
    return next((each.licence for each in read if each.status is LicenceStatus.LICENSED and each.licence), "unknown")


def fits(licence: str) -> bool:
    """Whether code under Apache-2.0 may depend on it: of a choice the mildest licence counts."""
    least = licences.read_terms(LicenceStatus.LICENSED, licence).licences
    return bool(least) and all(
        name in FITTING_LICENCES or licences.licence_terms(name).family in FITTING for name in least
    )


@pytest.mark.parametrize("name", dependencies())
def test_the_licence_of_each_dependency_fits_ours(name: str) -> None:
    """Everything is permissive, or copyleft for its own files alone, or named in the table of extras."""
    licence = stated_licence(name)
    assert NAMED.get(name) == licence or fits(licence), f"{name}: {licence}"


def test_copyleft_does_not_fit() -> None:
    """The measure can fail: licences that reach what imports them are refused, alone and together with others."""
    refused = ["GPL-3.0-only", "LGPL-3.0-only", "AGPL-3.0-or-later", "MIT AND GPL-2.0-only", "CC-BY-NC-4.0"]
    assert [licence for licence in refused if fits(licence)] == []
    assert all(fits(licence) for licence in ("MIT", "MIT OR GPL-2.0-only", "MPL-2.0 AND MIT", "PSF-2.0", "0BSD"))
    assert not fits("unknown")


def test_the_dependencies_are_all_there() -> None:
    """The list goes through extras of extras, and down to what they need in turn."""
    assert {"numpy", "torch", "lxml", "mako", "starlette", "h11", "psycopg-binary", "mpmath"} <= set(dependencies())


def test_what_is_not_permissive_is_named_beside_its_extra() -> None:
    """Whoever asks for PostgreSQL reads that its driver is under the LGPL."""
    row = next(
        line for line in (ROOT / "docs" / "install.md").read_text(encoding="utf-8").splitlines() if "`postgres`" in line
    )
    assert "LGPL" in row
