"""Front page, on which a person checks a text, and the routes of all pages.

Every page works without a script. The scripts in `static` add checks while a person types, and the conversation with
the model behind the server. `Guard` decides who may see a page before a request comes here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import HTMLResponse
from starlette.routing import BaseRoute, Route

from provenance import notices
from provenance.errors import PolicyViolationError, ProvenanceError
from provenance.reports import Report
from provenance.server.pages import library
from provenance.server.pages import notices as notice_pages
from provenance.server.pages.layout import Layout
from provenance.service.service import Service

_MOST_FIELDS = 8  # of a form; ours have two


def routes(service: Service) -> list[BaseRoute]:
    """Return the routes of all pages for people, and of the files that they need."""
    layout = Layout()
    front = _Front(service, layout)
    return [
        Route("/", front.empty, methods=["GET"]),
        Route("/", front.check, methods=["POST"]),
        *library.routes(service, layout),
        *notice_pages.routes(service, layout),
        layout.files(),
    ]


@dataclass(frozen=True, slots=True)
class _Front:
    service: Service
    layout: Layout

    async def empty(self, request: Request) -> HTMLResponse:
        """Answer with the page and no text on it."""
        return self._make_page(request, "", "")

    async def check(self, request: Request) -> HTMLResponse:
        """Answer a form with the same page, the text marked."""
        body = (await request.body()).decode("utf-8", "replace")
        pairs = parse_qsl(body, keep_blank_values=True, errors="replace")[:_MOST_FIELDS]
        # A browser sends every line end as CR LF; a report counts the characters of what was typed.
        fields = {name: value.replace("\r\n", "\n") for name, value in pairs}
        text, prompt = fields.get("text", ""), fields.get("prompt", "")
        try:
            report = await self.service.check(text, prompt=prompt or None)
        except PolicyViolationError as refused:
            report = cast(Report, refused.report)
        except ProvenanceError as error:
            report = self.service.checker.unchecked(text, str(error))
        return self._make_page(request, text, prompt, report, status=200 if report.checked else 503)

    def _make_page(
        self, request: Request, text: str, prompt: str, report: Report | None = None, *, status: int = 200
    ) -> HTMLResponse:
        return self.layout.page(
            request,
            "front.html",
            status=status,
            text=text,
            prompt=prompt,
            sheet=None if report is None else make_sheet(report),
            conversation=self.service.settings.upstream is not None,
        )


def make_sheet(report: Report) -> dict[str, object]:
    """Return what a page shows of a report."""
    footnotes = notices.notes(report)
    return {
        "report": report,
        "headline": notices.headline(report),
        "lead": notices.lead(report),
        "pieces": list(notices.pieces(report, footnotes)),
        "cards": [(notices.card(note, report.text, report.language), note.findings[0]) for note in footnotes],
        "texts": notices.fold_texts(footnotes, report.language),
        "silence": notices.silence_line(report),
        "silences": list(notices.silences(report)),
        "coverage": notices.coverage_line(report.coverage, report.language),
    }
