"""What can a program ask? To check a text, for a work, and how the server is doing."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from provenance.errors import PolicyViolationError, ProvenanceError
from provenance.notices import encodable
from provenance.openai.answers import JSON, error
from provenance.reports import Report
from provenance.server.metrics import CONTENT_TYPE, Metrics
from provenance.server.openapi import description
from provenance.service.pool import OverloadedError
from provenance.service.service import Service
from provenance.version import VERSION

_FIELDS = {"text": str, "prompt": str | None, "passages": bool, "format": str | None}
_MEDIA = {
    "html": "text/html", "html-fragment": "text/html", "markdown": "text/markdown", "json": "application/json",
    "spdx": "application/ld+json", "openai-annotations": "application/json",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class API:
    """The endpoints."""

    service: Service
    metrics: Metrics

    def routes(self) -> list[Route]:
        """Return where they are."""
        return [
            Route("/check", self.check, methods=["POST"]),
            Route("/health", self.health),
            Route("/metrics", self.counters),
            Route("/openapi.json", self.described),
        ]

    async def check(self, request: Request) -> Response:
        """Return the report on a text."""
        try:
            asked = _asked(request.headers.get("content-type", ""), await request.body(), self._formats())
        except ValueError as wrong:
            return error(400, "invalid_request", str(wrong))
        try:
            report = await self.service.check(
                asked["text"], prompt=asked.get("prompt"), passages=asked.get("passages", False), impatient=True
            )
        except PolicyViolationError as refused:
            report = refused.report
        return await asyncio.to_thread(_rendered, report, asked.get("format"))  # of a long text it takes its time

    def _formats(self) -> tuple[str, ...]:
        return tuple(sorted(self.service.checker.plugins.renderers))

    async def health(self, request: Request) -> Response:
        """Return whether texts can be checked: 200 or 503."""
        health = await self.service.health()
        told: dict[str, Any] = {"live": True, "ready": health.ready, "provenance": VERSION}
        if health.coverage:
            told["coverage"] = health.coverage.to_dict()
        if health.reason:
            known = self.service.settings.keys is None or "key" in request.scope.get("state", {})
            told["reason"] = health.reason if known else "the database cannot be used; ask again with a key for more"
        return JSON(told, status_code=200 if health.ready else 503)

    async def counters(self, _: Request) -> Response:
        """Return the counters as Prometheus reads them."""
        return Response(self.metrics.page(await self.service.health()), headers={"content-type": CONTENT_TYPE})

    async def described(self, _: Request) -> Response:
        """Return the description of the API."""
        return JSON(description(self._formats()))


async def unavailable(_: Request, failed: Exception) -> Response:
    """Answer where the database cannot be used, or too many ask."""
    if isinstance(failed, OverloadedError):
        return error(503, "overloaded", str(failed), {"retry-after": "1"})
    assert isinstance(failed, ProvenanceError)  # noqa: S101  # as it is registered
    return error(503, "not_checked", str(failed), {"retry-after": "10"})


def _rendered(report: Report, format: str | None) -> Response:
    if format is None:
        return JSON(report.to_dict())
    return Response(encodable(report.render(format)), media_type=_MEDIA.get(format, "text/plain"))


def _asked(kind: str, body: bytes, formats: tuple[str, ...]) -> dict[str, Any]:
    """Return what the body asks for.

    Raises:
        ValueError: says what is wrong with it, and nothing that stands in it but names.
    """
    if kind.partition(";")[0].strip().lower() != "application/json":
        raise ValueError("send JSON, and say so: Content-Type: application/json")
    asked = _parsed(body)
    if not isinstance(asked, dict) or not isinstance(asked.get("text"), str):
        raise ValueError('the body must be an object with the string "text"')
    for name, value in asked.items():
        if name not in _FIELDS:
            raise ValueError(f"there is no field {name!r:.80}; there are {', '.join(_FIELDS)}")
        if not isinstance(value, _FIELDS[name]):
            raise ValueError(f'"{name}" must be {_WORDS[name]}')
    if asked.get("format") not in (None, *formats):
        raise ValueError(f"no plugin renders the format {asked['format']!r:.80}; known formats: {', '.join(formats)}")
    return asked


_WORDS = {"text": "a string", "prompt": "a string or null", "passages": "true or false", "format": "a string or null"}


def _parsed(body: bytes) -> Any:
    try:
        return json.loads(body.decode("utf-8"))
    except UnicodeDecodeError as broken:
        raise ValueError(f"the body is not UTF-8 at byte {broken.start}") from None
    except json.JSONDecodeError as broken:
        raise ValueError(f"the body is not JSON: {broken.msg} at character {broken.pos}") from None
    except (ValueError, RecursionError):
        raise ValueError("the body is JSON with a number that is too long, or nested too deeply") from None
