"""Description of the API in OpenAPI 3.1; a test compares it with the routes and with real answers.

The document is `provenance/data/openapi.json`; the schema of a report, which is a file of its own, is inserted.
"""

from __future__ import annotations

import json
from functools import cache
from importlib import resources
from typing import Any

from provenance.version import VERSION


@cache
def describe_api(formats: tuple[str, ...]) -> dict[str, Any]:
    """Return the document of a server whose plugins render these formats."""
    document: dict[str, Any] = json.loads(_read_data("openapi.json"))
    document["info"]["version"] = VERSION
    # References in the schema of a report count from the beginning of its file.
    schema = json.loads(_read_data("report.schema.json").replace('"#/$defs/', '"#/components/schemas/Report/$defs/'))
    document["components"]["schemas"]["Report"] = {
        name: value for name, value in schema.items() if name not in ("$schema", "$id")
    }
    asked = document["paths"]["/check"]["post"]["requestBody"]["content"]["application/json"]["schema"]
    asked["properties"]["format"]["enum"] = [None, *formats]
    return document


def _read_data(name: str) -> str:
    return resources.files("provenance").joinpath("data", name).read_text(encoding="utf-8")
