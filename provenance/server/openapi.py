"""How is the API described to programs? OpenAPI 3.1; a test holds it to the routes and to real answers.

The document is `provenance/data/openapi.json`; the schema of a report, which ships by itself, is put into it.
"""

from __future__ import annotations

import json
from functools import cache
from importlib import resources
from typing import Any

from provenance.version import VERSION


@cache
def description(formats: tuple[str, ...]) -> dict[str, Any]:
    """Return the document of a server whose plugins render these formats."""
    document: dict[str, Any] = json.loads(_data("openapi.json"))
    document["info"]["version"] = VERSION
    document["components"]["schemas"]["Report"] = _report()
    asked = document["paths"]["/check"]["post"]["requestBody"]["content"]["application/json"]["schema"]
    asked["properties"]["format"]["enum"] = [None, *formats]
    return document


def _report() -> dict[str, Any]:
    """Return the schema of reports, with its references as they are in the larger document."""
    moved = _data("report.schema.json").replace('"#/$defs/', '"#/components/schemas/Report/$defs/')
    return {name: value for name, value in json.loads(moved).items() if name not in ("$schema", "$id")}


def _data(name: str) -> str:
    return resources.files("provenance").joinpath("data", name).read_text(encoding="utf-8")
