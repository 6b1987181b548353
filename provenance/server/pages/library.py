"""Library pages: a search of the works, and a page for each with its claims and signals."""

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
from provenance.licences import terms
from provenance.server.pages.layout import Layout
from provenance.service.service import Service
from provenance.works import Claim, Work

PER_PAGE = 50
_LAST_PAGE = 1_000_000
_KEY = re.compile(r"[0-9a-f]{16}")
_LONGEST_FIELD, _LONGEST_QUOTE = 200, 500  # characters that are shown


def routes(service: Service, layout: Layout) -> list[BaseRoute]:
    """Return the routes of the library."""
    library = _Library(service, layout)
    return [Route("/library", library.search), Route("/library/{key}", library.work)]


_Handler = Callable[[Any, Request], Awaitable[HTMLResponse]]


def show_failure(handler: _Handler) -> _Handler:
    """Let a method that makes a page, of an object with a `layout`, answer with an error page if the database fails."""

    @wraps(handler)
    async def answer(self: Any, request: Request) -> HTMLResponse:
        try:
            return await handler(self, request)
        except ProvenanceError as error:
            layout: Layout = self.layout
            return layout.error_page(request, "The database cannot be read", str(error), status=503)

    return answer


@dataclass(frozen=True, slots=True)
class _Library:
    service: Service
    layout: Layout

    @show_failure
    async def search(self, request: Request) -> HTMLResponse:
        """Answer with the works that match a query, a page of them."""
        query = notices.clean(request.query_params.get("q", ""), _LONGEST_FIELD)
        given = request.query_params.get("page", "1")
        # Seven digits at most, because Python refuses to read a number of thousands.
        is_number = given.isascii() and given.isdecimal() and len(given) < 8
        page = max(1, min(int(given), _LAST_PAGE)) if is_number else 1
        skipped = (page - 1) * PER_PAGE

        def search_works(database: Database) -> dict[str, Any]:
            # One more than is shown tells whether there is a next page.
            works = database.catalogue.search(query or None, limit=PER_PAGE + 1, offset=skipped)
            return {"works": works, "coverage": database.snapshot().coverage()}

        found = await self.service.ask(search_works)
        return self.layout.page(
            request, "library.html", query=query, page=page, first=skipped + 1, most=PER_PAGE, **found
        )

    @show_failure
    async def work(self, request: Request) -> HTMLResponse:
        """Answer with all that the database says of one work."""

        def describe_work(database: Database) -> dict[str, Any] | None:
            work = find_work(database, request.path_params["key"])
            if work is None:
                return None
            signals = []
            for signal in database.catalogue.signals(work.key):
                seen = f", seen {notices.date(signal.observed_at)}" if signal.observed_at else ""
                where = f", {signal.url}" if signal.url else ""
                signals.append(notices.clean(f"{signal.kind}: {signal.value}{where}{seen}", _LONGEST_QUOTE))
            return {
                "work": work, "notice": notices.of_work(work),
                "texts": notices.licence_texts([work], notices.messages().language),
                "duties": notices.duty_words(terms(work).duties),
                "statements": tuple(list_statements(database.catalogue.claims(work.key))), "signals": tuple(signals),
            }  # fmt: skip

        found = await self.service.ask(describe_work)
        return self.layout.page(request, "work.html", **found) if found else page_not_found(self.layout, request)


def find_work(database: Database, key: str) -> Work | None:
    """Return the work with a key in 16 hexadecimal digits; None where there is none."""
    if not _KEY.fullmatch(key) or int(key, 16) >= 2**63:  # a key is a signed number in the database
        return None
    number = int(key, 16)
    return database.catalogue.works([number]).get(number)


def page_not_found(layout: Layout, request: Request) -> HTMLResponse:
    """Return the page for a work that is not, or no longer, in the database."""
    why = "It was never in this database, or it has been withdrawn from it."
    return layout.error_page(request, "There is no such work here", why, status=404)


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """A claim as it is shown; its words are safe to show.

    Attributes:
        when: the date.
        licence: the licence, or the status where there is none.
        basis: one of `Basis`.
        who: the person or program that says so.
        evidence: what shows it.
        confidence: 0 to 1.
        counts: whether the work's licence rests on it.
    """

    when: str
    licence: str
    basis: str
    who: str
    evidence: str
    confidence: float
    counts: bool


def list_statements(claims: tuple[Claim, ...]) -> Iterator[Statement]:
    """Yield the claims about a work's licence, newest first."""
    counting = select_deciding(claims)
    for claim in reversed(claims):
        yield Statement(
            when=notices.date(claim.when),
            licence=notices.clean(claim.licence or "", _LONGEST_FIELD) or claim.status.value,
            basis=claim.basis.value,
            who=notices.clean(claim.who or "", _LONGEST_FIELD),
            evidence=notices.clean(claim.evidence or "", _LONGEST_QUOTE),
            confidence=claim.confidence,
            counts=claim in counting,
        )
