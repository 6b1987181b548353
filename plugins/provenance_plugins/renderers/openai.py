"""Renderer of the findings as annotations of a chat completion: a JSON list of OpenAI's `url_citation` objects.

An app puts the list into `message.annotations`, in one piece also where the content is streamed.
`provenance.notices.citations` makes the annotations, for the proxy too; here they leave out the quotation, since the
content is beside them.
"""

from __future__ import annotations

import json
from collections.abc import Callable

from provenance.hookspecs import hookimpl
from provenance.notices import citations, encodable
from provenance.reports import Renderer, Report


@hookimpl
def provenance_register_renderers(register: Callable[[str, Renderer], None]) -> None:
    """Offer the format `openai-annotations`."""
    register("openai-annotations", render)


def render(report: Report) -> str:
    """Return the list as JSON."""
    annotations = [citation.in_chat(quoted=False) for citation in citations(report)]
    return encodable(json.dumps(annotations, ensure_ascii=False, indent=2))
