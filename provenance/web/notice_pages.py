"""What does a citation lead to? The page with a work's notice, and all that is to be said of one passage, as JSON.

Both come from the database alone: nothing that anybody had checked is kept.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse
from starlette.routing import BaseRoute, Route

from provenance import notices
from provenance.errors import InputError, ProvenanceError
from provenance.licences import duties
from provenance.models import Finding
from provenance.web.library import evidence, find, gone, telling, texts
from provenance.web.pages_finding import asked_finding, in_the_source
from provenance.web.pages_layout import BodyTooLargeError, Layout, body, notice_page, title, work_page
from provenance.web.service import Service

_MOST_OTHERS = 50
_HEADERS = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}


def routes(service: Service, layout: Layout) -> list[BaseRoute]:
    """Return the routes of the notices."""
    pages = _Notices(service, layout)
    return [Route("/notices", pages.of_finding, methods=["POST"]), Route("/notices/{key}", pages.of_work)]


@dataclass(frozen=True, slots=True)
class _Notices:
    service: Service
    layout: Layout

    @telling
    def of_work(self, request: Request) -> HTMLResponse:
        """Answer with the notice of one work."""
        work = find(self.service.database, request.path_params["key"])
        if work is None:
            return gone(self.layout, request)
        language = self.service.checker.language
        return self.layout.page(
            request, "notice.html", work=work, notice=notices.of_work(work, language), language=language,
            duties=notices.duty_words(duties(work.status, work.licence), language), texts=texts(work, language),
            warning=notices.warning(work, language), statements=tuple(evidence(work.claims)),
        )  # fmt: skip

    async def of_finding(self, request: Request) -> JSONResponse:
        """Answer a finding of a report with all that is to be said of it: `details`."""
        try:
            value = json.loads(await body(request, self.service.settings.max_body))
            told = await run_in_threadpool(self._told, value)
        except BodyTooLargeError as error:
            return _refused(413, str(error))
        except (ValueError, RecursionError, InputError) as error:
            return _refused(400, str(error))
        except ProvenanceError as error:
            return _refused(503, str(error))
        if told is None:
            return _refused(404, "The work is no longer in the database.")
        return JSONResponse(told, headers=_HEADERS)

    def _told(self, value: object) -> dict[str, Any] | None:
        finding = asked_finding(value, self.service.database, self.service.checker.language)
        return None if finding is None else details(finding, self.service)


def details(finding: Finding, service: Service) -> dict[str, Any]:
    """Return what is shown of a finding once somebody asks for it, as JSON; every word of it is safe to show."""
    database, language, work = service.database, service.checker.language, finding.passage.origin
    note = notices.Note(number=1, positions=(0,), findings=(finding,))
    card, quote = notices.card(note, "", language), in_the_source(finding, database)
    statements = evidence(database.catalogue.claims(work.key))
    return {
        "language": language, "tone": card.tone, "title": card.title, "by": card.by, "licence": card.licence,
        "source": notices.web_address(work.source), "facts": [[fact.label, fact.pieces] for fact in card.facts],
        "duties": notices.duty_words(finding.duties, language), "advice": card.advice,
        "notice": notices.full(finding, language=language).text, "page": notice_page(work), "work": work_page(work),
        "statements": [asdict(statement) for statement in statements],
        "in_source": None if quote is None else asdict(quote), "others": _others(finding, language),
        "texts": [[text.licence, text.text] for text in texts(work, language)],
    }  # fmt: skip


def _others(finding: Finding, language: str) -> list[dict[str, str]]:
    works = [source.work for source in finding.sources[1 : _MOST_OTHERS + 1]]
    return [
        {"title": title(work), "licence": notices.licence_label(work, language), "page": work_page(work)}
        for work in works
    ]


def _refused(status: int, why: str) -> JSONResponse:
    return JSONResponse({"error": notices.clean(why, 500)}, status, _HEADERS)
