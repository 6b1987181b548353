"""Log of requests: one line of JSON each; never a text, a prompt, a query or a key.

`serve` sets up the logger `provenance.server`; an app that mounts ours configures that logger itself.
"""

from __future__ import annotations

import json
import logging
import re
import sys
import time
import traceback
import uuid
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from provenance.openai.answers import error
from provenance.reports import Report

LOGGER = logging.getLogger("provenance.server")

_GIVEN_ID = re.compile(r"[\w.-]{1,64}", re.ASCII)
_PROXIED_ROUTES = {"/v1/chat/completions", "/v1/responses", "/v1/models"}
_METHODS = {"GET", "HEAD", "POST", "OPTIONS", "PUT", "PATCH", "DELETE"}


@dataclass(slots=True)
class Record:
    """One request and its answer.

    Attributes:
        id: the request's id, as the answer has it too.
        method: one of HTTP's methods, or "other".
        route: the pattern of the path, never the path itself.
        status: the status of the answer; 499 where the client went before the answer came.
        seconds: time until the answer had gone out.
        received: bytes of the request's body.
        sent: bytes of the answer's body.
        key: the name of the key's owner.
        findings: the number of findings in the reports that went out.
        unchecked: the reasons why texts were not checked.
    """

    id: str
    method: str
    route: str = "none"
    status: int = 499
    seconds: float = 0.0
    received: int = 0
    sent: int = 0
    key: str | None = None
    findings: int = 0
    unchecked: list[str] = field(default_factory=list)

    def to_dict(self) -> dict[str, Any]:
        """Return the fields of the line."""
        optional = {"key": self.key, "unchecked": self.unchecked}
        return {
            "id": self.id, "method": self.method, "route": self.route, "status": self.status,
            "seconds": round(self.seconds, 6), "received": self.received, "sent": self.sent,
            "findings": self.findings, **{name: value for name, value in optional.items() if value},
        }  # fmt: skip


_CURRENT: ContextVar[Record | None] = ContextVar("provenance_request", default=None)


def note_report(report: Report, unchecked: str | None) -> None:
    """Add a report to the record of the request that it belongs to."""
    if record := _CURRENT.get():
        record.findings += len(report.findings)
        record.unchecked += [unchecked] if unchecked else []


@dataclass(frozen=True, slots=True)
class Recorder:
    """Gives each request an id, logs it when its answer has gone out, and answers 500 after a defect.

    Attributes:
        app: the app behind it.
        observe: a function that is called with each finished record.
    """

    app: ASGIApp
    observe: Callable[[Record], None]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        given = Headers(scope=scope).get("x-request-id", "")
        # An id of the client's is only kept if it cannot forge a line of the log, nor fill it.
        id_ = given if _GIVEN_ID.fullmatch(given) else uuid.uuid4().hex[:16]
        record = Record(id_, scope["method"] if scope["method"] in _METHODS else "other")
        token, begun = _CURRENT.set(record), time.perf_counter()
        try:
            await self._answer_request(record, scope, receive, send)
        finally:
            _CURRENT.reset(token)
            record.seconds = time.perf_counter() - begun
            owner = scope.get("state", {}).get("key")
            record.key = owner.name if owner else None
            if scope["path"] in _PROXIED_ROUTES:  # to Starlette, all of /v1 is one route
                record.route = scope["path"]
            else:
                record.route = getattr(scope.get("route"), "path", None) or "none"
            self.observe(record)
            LOGGER.info("request", extra={"record": record.to_dict()})

    async def _answer_request(self, record: Record, scope: Scope, receive: Receive, send: Send) -> None:
        async def count_received() -> Message:
            message = await receive()
            record.received += len(message.get("body", b""))
            return message

        async def count_sent(message: Message) -> None:
            if message["type"] == "http.response.start":
                record.status = message["status"]
                MutableHeaders(scope=message)["x-request-id"] = record.id
            record.sent += len(message.get("body", b""))
            await send(message)

        try:
            await self.app(scope, count_received, count_sent)
        except ClientDisconnect:
            pass  # the status stays 499
        except Exception as broken:
            LOGGER.error("internal error", extra={"record": {"id": record.id, **_locate_error(broken)}})
            if record.status != 499:  # the answer has begun, so all that is left is to break off
                raise
            answer = error(500, "internal_error", f"a defect of this server; its log has more under {record.id}")
            await answer(scope, receive, count_sent)


def _locate_error(broken: BaseException) -> dict[str, Any]:
    """Return the kind of an error and its place in the code; not its message, which may have a user's text."""
    frames = traceback.extract_tb(broken.__traceback__)
    return {"error": type(broken).__name__, "at": [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames]}


class JSONLines(logging.Formatter):
    """Formatter that writes one JSON object a line."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line of one record."""
        moment = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        line: dict[str, Any] = {"time": moment, "level": record.levelname.lower(), "message": record.getMessage()}
        line |= getattr(record, "record", {})
        if record.exc_info and record.exc_info[1]:
            line |= _locate_error(record.exc_info[1])
        return json.dumps(line, ensure_ascii=True)  # ASCII, because a terminal may lack other characters


def log_to_stderr() -> None:
    """Send what we and uvicorn log to stderr, as lines of JSON."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JSONLines())
    for name in ("provenance", "uvicorn.error"):
        logger = logging.getLogger(name)
        logger.handlers, logger.propagate = [handler], False
        logger.setLevel(logging.INFO)
