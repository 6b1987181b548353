"""Application of the server: its routes, and the middleware that every request passes through."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount

from provenance.errors import ProvenanceError
from provenance.openai.answers import error
from provenance.openai.upstream import proxy
from provenance.server.api import API, answer_failure
from provenance.server.logs import Recorder, note_report
from provenance.server.metrics import Metrics
from provenance.server.middleware import Guard, Limits, SecurityHeaders
from provenance.server.pages import front
from provenance.server.works import Works
from provenance.service.service import Service


def build_app(service: Service) -> Starlette:
    """Return the server as an ASGI app; it closes the service, and with it the database, when it ends."""
    metrics, settings = Metrics(service), service.settings
    forwarding = proxy(service) if settings.upstream else None
    service.observers += [metrics.count_report, note_report]
    routes: list[BaseRoute] = [*API(service, metrics).routes(), *Works(service).routes(), *front.routes(service)]
    if forwarding:
        routes.append(Mount("/v1", forwarding))

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        yield
        if forwarding:
            await forwarding.aclose()
        service.close()

    return Starlette(
        routes=routes,
        middleware=[  # the outermost first: refusals are logged and have the headers too
            Middleware(Recorder, observe=metrics.count_request),
            Middleware(SecurityHeaders),
            Middleware(Guard, settings=settings),
            Middleware(Limits, most=settings.max_body, seconds=settings.max_seconds),
        ],
        exception_handlers={HTTPException: _answer_refusal, ProvenanceError: answer_failure},
        lifespan=lifespan,
    )


async def _answer_refusal(request: Request, refused: Exception) -> Response:
    """Answer a request that no route takes."""
    status = getattr(refused, "status_code", 404)
    if status == 404 and request.url.path.startswith("/v1/"):
        return error(404, "no_upstream", "this server has no upstream; start it with --upstream URL")
    code, words = _REFUSALS.get(status, ("refused", "this request cannot be answered"))
    return error(status, code, words, getattr(refused, "headers", None))


_REFUSALS = {
    404: ("not_found", "there is nothing here; /openapi.json lists what there is"),
    405: ("wrong_method", "this path does not take this method; /openapi.json lists those that it takes"),
}
