"""Endpoints for programs: check a text, and ask how the server is doing; those for works are in `works`."""

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
from provenance.server.metrics import CONTENT_TYPE, Metrics
from provenance.server.openapi import describe_api
from provenance.service.pool import OverloadedError
from provenance.service.service import Service
from provenance.version import VERSION

_FIELDS = {
    "text": (str, "a string"), "prompt": (str | None, "a string or null"), "passages": (bool, "true or false"),
    "format": (str | None, "a string or null"),
}  # fmt: skip
_MEDIA = {
    "html": "text/html", "html-fragment": "text/html", "markdown": "text/markdown", "json": "application/json",
    "spdx": "application/ld+json", "openai-annotations": "application/json",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class API:
    """Endpoints that check texts and describe the server."""

    service: Service
    metrics: Metrics

    def routes(self) -> list[Route]:
        """Return the routes."""
        return [
            Route("/check", self.check, methods=["POST"]),
            Route("/health", self.health),
            Route("/metrics", self.count),
            Route("/openapi.json", self.describe),
        ]

    async def check(self, request: Request) -> Response:
        """Return the report on a text."""
        try:
            media_type = request.headers.get("content-type", "")
            asked = _read_question(media_type, await request.body(), self._list_formats())
        except ValueError as wrong:
            return error(400, "invalid_request", str(wrong))
        try:
            report = await self.service.check(
                asked["text"], prompt=asked.get("prompt"), passages=asked.get("passages", False), impatient=True
            )
        except PolicyViolationError as refused:
            report = refused.report
        if (name := asked.get("format")) is None:
            # In a thread, because the report on a long text takes so long that other requests would wait.
            return await asyncio.to_thread(lambda: JSON(report.to_dict()))
        text = await asyncio.to_thread(lambda: encodable(report.render(name)))
        return Response(text, media_type=_MEDIA.get(name, "text/plain"))

    def _list_formats(self) -> tuple[str, ...]:
        return tuple(sorted(self.service.checker.plugins.renderers))

    async def health(self, request: Request) -> Response:
        """Return whether texts can be checked: 200 or 503."""
        health = await self.service.health()
        answer: dict[str, Any] = {"live": True, "ready": health.ready, "provenance": VERSION}
        if health.coverage:
            answer["coverage"] = health.coverage.to_dict()
        if health.reason:
            # `/health` needs no key, and a reason may have paths of this machine.
            is_known = self.service.settings.keys is None or "key" in request.scope.get("state", {})
            hidden = "the database cannot be used; ask again with a key for more"
            answer["reason"] = health.reason if is_known else hidden
        return JSON(answer, status_code=200 if health.ready else 503)

    async def count(self, _: Request) -> Response:
        """Return the counters as Prometheus reads them."""
        return Response(self.metrics.page(await self.service.health()), headers={"content-type": CONTENT_TYPE})

    async def describe(self, _: Request) -> Response:
        """Return the description of the API."""
        return JSON(describe_api(self._list_formats()))


async def answer_failure(_: Request, failure: Exception) -> Response:
    """Answer a request for which the database cannot be used, or that comes while too many others wait."""
    if isinstance(failure, OverloadedError):
        return error(503, "overloaded", str(failure), {"retry-after": "1"})
    assert isinstance(failure, ProvenanceError)  # noqa: S101  # the kind that it is registered for
    return error(503, "not_checked", str(failure), {"retry-after": "10"})


def _read_question(media_type: str, body: bytes, formats: tuple[str, ...]) -> dict[str, Any]:
    """Return the fields of a request to check a text.

    Raises:
        ValueError: the request cannot be answered. The message has names from the body, and never its text.
    """
    if media_type.partition(";")[0].strip().lower() != "application/json":
        raise ValueError("send JSON, and say so: Content-Type: application/json")
    try:
        fields = json.loads(body.decode("utf-8"))
    except UnicodeDecodeError as broken:
        raise ValueError(f"the body is not UTF-8 at byte {broken.start}") from None
    except json.JSONDecodeError as broken:
        raise ValueError(f"the body is not JSON: {broken.msg} at character {broken.pos}") from None
    except (ValueError, RecursionError):
        raise ValueError("the body is JSON with a number that is too long, or nested too deeply") from None
    if not isinstance(fields, dict) or not isinstance(fields.get("text"), str):
        raise ValueError('the body must be an object with the string "text"')
    for name, value in fields.items():
        if name not in _FIELDS:
            raise ValueError(f"there is no field {name!r:.80}; there are {', '.join(_FIELDS)}")
        kind, words = _FIELDS[name]
        if not isinstance(value, kind):
            raise ValueError(f'"{name}" must be {words}')
    if fields.get("format") not in (None, *formats):
        raise ValueError(f"no plugin renders the format {fields['format']!r:.80}; known formats: {', '.join(formats)}")
    return fields
