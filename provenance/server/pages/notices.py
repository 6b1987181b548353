"""What does a citation lead to? The page with a work's notice, and all that is to be said of one passage, as JSON.

Both come from the database alone: nothing that anybody had checked is kept.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import BaseRoute, Route

from provenance import licences, notices
from provenance.database import Database
from provenance.errors import InputError
from provenance.openai.answers import JSON, error
from provenance.reports import Finding
from provenance.server.pages.finding import asked_finding, in_the_source
from provenance.server.pages.layout import Layout, notice_page, title, work_page
from provenance.server.pages.library import evidence, find, gone, telling, texts
from provenance.service.service import Service

_MOST_OTHERS = 50


def routes(service: Service, layout: Layout) -> list[BaseRoute]:
    """Return the routes of the notices."""
    pages = _Notices(service, layout)
    return [Route("/notices", pages.of_finding, methods=["POST"]), Route("/notices/{key}", pages.of_work)]


@dataclass(frozen=True, slots=True)
class _Notices:
    service: Service
    layout: Layout

    @telling
    async def of_work(self, request: Request) -> HTMLResponse:
        """Answer with the notice of one work."""
        key, language = request.path_params["key"], self.service.checker.language
        work = await self.service.ask(lambda database: find(database, key))
        if work is None:
            return gone(self.layout, request)
        return self.layout.page(
            request, "notice.html", work=work, notice=notices.of_work(work, language), language=language,
            duties=notices.duty_words(licences.terms(work).duties, language), texts=texts(work, language),
            warning=notices.warning(licences.terms(work), language), statements=tuple(evidence(work.claims)),
        )  # fmt: skip

    async def of_finding(self, request: Request) -> Response:
        """Answer a finding of a report with all that is to be said of it: `details`."""
        try:
            value = json.loads(await request.body())
            told = await self.service.ask(lambda database: self._told(value, database))
        except (ValueError, RecursionError, InputError) as wrong:
            return error(400, "invalid_request", notices.clean(str(wrong), 500))
        return JSON(told) if told else error(404, "not_found", "the work is no longer in the database")

    def _told(self, value: object, database: Database) -> dict[str, Any] | None:
        language = self.service.checker.language
        finding = asked_finding(value, database, language)
        return None if finding is None else details(finding, database, language)


def details(finding: Finding, database: Database, language: str) -> dict[str, Any]:
    """Return what is shown of a finding once somebody asks for it, as JSON; every word of it is safe to show."""
    work, notice = finding.passage.origin, notices.full(finding, language=language)
    statements, quote = evidence(database.catalogue.claims(work.key)), in_the_source(finding, database)
    return {
        "language": language, "licence": licences.links(notices.licence_label(work, language)),
        "source": notices.web_address(work.source), "overlap": notices.overlap(finding, language=language),
        "notice": [notice.heading, *notice.lines], "advice": notice.advice,
        "duties": notices.duty_words(finding.duties, language), "page": notice_page(work), "work": work_page(work),
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
