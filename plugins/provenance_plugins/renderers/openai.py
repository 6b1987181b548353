"""The findings as annotations of a chat completion: a JSON list of `url_citation` objects, as OpenAI's API has them.

An app puts the list into `message.annotations`, in one piece also where the content is streamed. What stands in an
annotation is said in `provenance.notices.citations`, which the proxy uses too; here it has no quotation, since the
content stands beside it.
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
