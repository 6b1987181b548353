"""What does a person see in a browser? The page on which a text is checked, and the way to all other pages.

Every page is made here whole and works without a script; the scripts in `static` add checking while one types, and the
conversation with the model behind the server. Who may see what is decided before a request comes here.
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

_FIELDS = 8


def routes(service: Service) -> list[BaseRoute]:
    """Return the routes of all pages for people, and of the files that they need."""
    layout = Layout()
    front = _Front(service, layout)
    return [
        Route("/", front.empty, methods=["GET"]),
        Route("/", front.checked, methods=["POST"]),
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
        return self._page(request, "", "")

    async def checked(self, request: Request) -> HTMLResponse:
        """Answer a form with the same page, the text marked."""
        fields = _fields(await request.body())
        text, prompt = fields.get("text", ""), fields.get("prompt", "")
        report = await self._report(text, prompt)
        return self._page(request, text, prompt, report, status=200 if report.checked else 503)

    async def _report(self, text: str, prompt: str) -> Report:
        try:
            return await self.service.check(text, prompt=prompt or None)
        except PolicyViolationError as refused:
            return cast(Report, refused.report)
        except ProvenanceError as failed:
            return self.service.checker.unchecked(text, str(failed))

    def _page(
        self, request: Request, text: str, prompt: str, report: Report | None = None, *, status: int = 200
    ) -> HTMLResponse:
        return self.layout.page(
            request,
            "front.html",
            status=status,
            text=text,
            prompt=prompt,
            sheet=None if report is None else sheet(report),
            conversation=self.service.settings.upstream is not None,
        )


def sheet(report: Report) -> dict[str, object]:
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


def _fields(data: bytes) -> dict[str, str]:
    """Return the fields of a form, line ends as they were typed: a browser sends all of them as CR LF."""
    pairs = parse_qsl(data.decode("utf-8", "replace"), keep_blank_values=True, errors="replace")[:_FIELDS]
    return {name: value.replace("\r\n", "\n") for name, value in pairs}
