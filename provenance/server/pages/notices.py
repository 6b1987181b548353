"""Pages that a citation leads to: the notice of a work, and the details of one finding, as JSON.

Both come from the database alone, because no text that was checked is kept.
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
from provenance.server.pages.finding import quote_source, read_finding
from provenance.server.pages.layout import Layout, notice_page, title, work_page
from provenance.server.pages.library import find_work, list_statements, page_not_found, show_failure
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

    @show_failure
    async def of_work(self, request: Request) -> HTMLResponse:
        """Answer with the notice of one work."""
        key, language = request.path_params["key"], self.service.checker.language
        work = await self.service.ask(lambda database: find_work(database, key))
        if work is None:
            return page_not_found(self.layout, request)
        return self.layout.page(
            request, "notice.html", work=work, notice=notices.of_work(work, language), language=language,
            duties=notices.duty_words(licences.terms(work).duties, language),
            texts=notices.licence_texts([work], language), warning=notices.warning(licences.terms(work), language),
            statements=tuple(list_statements(work.claims)),
        )  # fmt: skip

    async def of_finding(self, request: Request) -> Response:
        """Answer a finding of a report with its details."""
        language = self.service.checker.language

        def describe_finding(database: Database, value: object) -> dict[str, Any] | None:
            finding = read_finding(value, database, language)
            return None if finding is None else describe(finding, database, language)

        try:
            value = json.loads(await request.body())
            answer = await self.service.ask(lambda database: describe_finding(database, value))
        except (ValueError, RecursionError, InputError) as wrong:
            return error(400, "invalid_request", notices.clean(str(wrong), 500))
        return JSON(answer) if answer else error(404, "not_found", "the work is no longer in the database")


def describe(finding: Finding, database: Database, language: str) -> dict[str, Any]:
    """Return what a page shows of a finding when a reader opens it, as JSON; all of its words are safe to show."""
    passage, notice = finding.passage, notices.full(finding, language=language)
    work, credited = passage.origin, passage.works_to_credit
    statements, quote = list_statements(database.catalogue.claims(work.key)), quote_source(finding, database)
    others = [source.work for source in finding.sources[1 : _MOST_OTHERS + 1]]  # the first is the origin
    return {
        "language": language, "licence": licences.links(notices.licences_label(passage, language)),
        # the sources of works that disagree are in the notice
        "source": None if passage.is_disputed else notices.web_address(work.source),
        "overlap": notices.overlap(finding, language=language),
        "notice": [notice.heading, *notice.lines], "advice": notice.advice,
        "duties": notices.duty_words(finding.duties, language), "page": notice_page(work), "work": work_page(work),
        "statements": [asdict(statement) for statement in statements],
        "in_source": None if quote is None else asdict(quote),
        "others": [
            {"title": title(other), "licence": notices.licence_label(other, language), "page": work_page(other)}
            for other in others
        ],
        "texts": [[text.licence, text.text] for text in notices.licence_texts(credited, language)],
    }  # fmt: skip
