"""Renderer of the report as one JSON object, as `report.schema.json` describes it: for programs."""

from __future__ import annotations

import json
from collections.abc import Callable

from provenance.hookspecs import hookimpl
from provenance.notices import encodable
from provenance.reports import Renderer, Report


@hookimpl
def provenance_register_renderers(register: Callable[[str, Renderer], None]) -> None:
    """Offer the format `json`."""
    register("json", render)


def render(report: Report) -> str:
    """Return the report as indented JSON that can be written as UTF-8."""
    return encodable(json.dumps(report.to_dict(), ensure_ascii=False, indent=2))
