"""Which works does the database know, and what is claimed about them? For people, in a browser."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from functools import wraps
from typing import Any

from starlette.requests import Request
from starlette.responses import HTMLResponse
from starlette.routing import BaseRoute, Route

from provenance import notices
from provenance.catalogue import select_deciding
from provenance.database import Database
from provenance.errors import ProvenanceError
from provenance.licences import duties
from provenance.server.pages.layout import Layout
from provenance.service.service import Service
from provenance.works import Claim, Work

PER_PAGE = 50
_QUERY = 200
_LAST_PAGE = 1_000_000
_KEY = re.compile(r"[0-9a-f]{16}")
_EVIDENCE = 500
_SIGNAL = 500


def routes(service: Service, layout: Layout) -> list[BaseRoute]:
    """Return the routes of the library."""
    library = _Library(service, layout)
    return [Route("/library", library.search), Route("/library/{key}", library.work)]


_Handler = Callable[[Any, Request], Awaitable[HTMLResponse]]


def telling(handler: _Handler) -> _Handler:
    """Let a page of an object with a `layout` say so where the database fails."""

    @wraps(handler)
    async def told(self: Any, request: Request) -> HTMLResponse:
        try:
            return await handler(self, request)
        except ProvenanceError as error:
            layout: Layout = self.layout
            return layout.failed(request, "The database cannot be read", str(error), status=503)

    return told


@dataclass(frozen=True, slots=True)
class _Library:
    service: Service
    layout: Layout

    @telling
    async def search(self, request: Request) -> HTMLResponse:
        """Answer with the works that match a query, a page of them."""
        query, page = notices.clean(request.query_params.get("q", ""), _QUERY), _page_number(request)
        skipped = (page - 1) * PER_PAGE

        def searched(database: Database) -> dict[str, Any]:
            works = database.catalogue.search(query or None, limit=PER_PAGE + 1, offset=skipped)
            return {"works": works, "coverage": database.snapshot().coverage()}

        found = await self.service.ask(searched)
        return self.layout.page(
            request, "library.html", query=query, page=page, first=skipped + 1, most=PER_PAGE, **found
        )

    @telling
    async def work(self, request: Request) -> HTMLResponse:
        """Answer with all that is known of one work."""
        key = request.path_params["key"]
        found = await self.service.ask(lambda database: _known(database, key))
        return self.layout.page(request, "work.html", **found) if found else gone(self.layout, request)


def _known(database: Database, key: str) -> dict[str, Any] | None:
    work = find(database, key)
    if work is None:
        return None
    return {
        "work": work, "notice": notices.of_work(work), "texts": texts(work),
        "duties": notices.duty_words(duties(work.status, work.licence)),
        "statements": tuple(evidence(database.catalogue.claims(work.key))), "signals": tuple(_signals(database, work)),
    }  # fmt: skip


def find(database: Database, key: str) -> Work | None:
    """Return the work with a key in 16 hexadecimal digits; None where there is none."""
    if not _KEY.fullmatch(key) or int(key, 16) >= 2**63:
        return None
    number = int(key, 16)
    return database.catalogue.works([number]).get(number)


def gone(layout: Layout, request: Request) -> HTMLResponse:
    """Return the page for a work that is not, or no longer, in the database."""
    why = "It was never in this database, or it has been withdrawn from it."
    return layout.failed(request, "There is no such work here", why, status=404)


def texts(work: Work, language: str = notices.messages().language) -> tuple[notices.LicenceText, ...]:
    """Return the licence texts that go with a work."""
    return notices.licence_texts([work], language)


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """A claim as it is shown, its words made safe.

    Attributes:
        counts: does the work's licence rest on it?
    """

    when: str
    licence: str
    basis: str
    who: str
    evidence: str
    confidence: float
    counts: bool


def evidence(claims: tuple[Claim, ...]) -> Iterator[Statement]:
    """Yield what is claimed about a work's licence, newest first."""
    counting = select_deciding(claims)
    for claim in reversed(claims):
        yield Statement(
            when=notices.date(claim.when),
            licence=notices.clean(claim.licence or "", _QUERY) or claim.status.value,
            basis=claim.basis.value,
            who=notices.clean(claim.who or "", _QUERY),
            evidence=notices.clean(claim.evidence or "", _EVIDENCE),
            confidence=claim.confidence,
            counts=claim in counting,
        )


def _signals(database: Database, work: Work) -> Iterator[str]:
    for signal in database.catalogue.signals(work.key):
        seen = f", seen {notices.date(signal.observed_at)}" if signal.observed_at else ""
        where = f", {signal.url}" if signal.url else ""
        yield notices.clean(f"{signal.kind}: {signal.value}{where}{seen}", _SIGNAL)


def _page_number(request: Request) -> int:
    given = request.query_params.get("page", "1")
    known = given.isascii() and given.isdecimal() and len(given) < 8
    return max(1, min(int(given), _LAST_PAGE)) if known else 1
