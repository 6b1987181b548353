"""What is written down about each request? One line of JSON; never a text, a prompt, a query or a key.

Set up by `serve`; an app that mounts ours decides itself what becomes of the logger `provenance.server`.
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
_PROXIED = {"/v1/chat/completions", "/v1/responses", "/v1/models"}
_METHODS = {"GET", "HEAD", "POST", "OPTIONS", "PUT", "PATCH", "DELETE"}


@dataclass(slots=True)
class Record:
    """One request and its answer.

    Attributes:
        route: the pattern of the path, never the path itself. status: 499 where the client went before the answer came.
        received, sent: bytes of body. key: whose. findings: in the reports that went out. unchecked: why texts were
        not checked.
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

    def line(self) -> dict[str, Any]:
        """Return what is logged."""
        optional = {"key": self.key, "unchecked": self.unchecked}
        return {
            "id": self.id, "method": self.method, "route": self.route, "status": self.status,
            "seconds": round(self.seconds, 6), "received": self.received, "sent": self.sent,
            "findings": self.findings, **{name: value for name, value in optional.items() if value},
        }  # fmt: skip


_CURRENT: ContextVar[Record | None] = ContextVar("provenance_request", default=None)


def note(report: Report, unchecked: str | None) -> None:
    """Write a report down with the request that it belongs to."""
    if record := _CURRENT.get():
        record.findings += len(report.findings)
        record.unchecked += [unchecked] if unchecked else []


@dataclass(frozen=True, slots=True)
class Recorder:
    """Gives each request an id, logs it when its answer has gone out, and answers 500 where nobody else did.

    Attributes:
        told: is called with each finished record.
    """

    app: ASGIApp
    told: Callable[[Record], None]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        record = Record(_id(scope), scope["method"] if scope["method"] in _METHODS else "other")
        token, begun = _CURRENT.set(record), time.perf_counter()
        try:
            await self._answered(record, scope, receive, send)
        finally:
            _CURRENT.reset(token)
            record.seconds = time.perf_counter() - begun
            record.route, record.key = _route(scope), _owner(scope)
            self.told(record)
            LOGGER.info("request", extra={"record": record.line()})

    async def _answered(self, record: Record, scope: Scope, receive: Receive, send: Send) -> None:
        async def receiving() -> Message:
            message = await receive()
            record.received += len(message.get("body", b""))
            return message

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                record.status = message["status"]
                MutableHeaders(scope=message)["x-request-id"] = record.id
            record.sent += len(message.get("body", b""))
            await send(message)

        try:
            await self.app(scope, receiving, sending)
        except ClientDisconnect:
            pass  # nobody is there to answer
        except Exception as broken:
            LOGGER.error("internal error", extra={"record": {"id": record.id, **_where(broken)}})
            if record.status != 499:  # it has begun: all that can be done is to break off
                raise
            answer = error(500, "internal_error", f"a defect of this server; its log has more under {record.id}")
            await answer(scope, receive, sending)


def _id(scope: Scope) -> str:
    given = Headers(scope=scope).get("x-request-id", "")
    return given if _GIVEN_ID.fullmatch(given) else uuid.uuid4().hex[:16]


def _route(scope: Scope) -> str:
    """Return the pattern that the path fits, as one of a few: "none" where there is none."""
    if scope["path"] in _PROXIED:
        return str(scope["path"])
    pattern = getattr(scope.get("route"), "path", None)
    return str(pattern) if pattern else "none"


def _owner(scope: Scope) -> str | None:
    owner = scope.get("state", {}).get("key")
    return owner.name if owner else None


def _where(broken: BaseException) -> dict[str, Any]:
    """Return what kind of error it was and where; not what it says, which may be a text."""
    frames = traceback.extract_tb(broken.__traceback__)
    return {"error": type(broken).__name__, "at": [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames]}


class JSONLines(logging.Formatter):
    """One object a line."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        moment = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        told: dict[str, Any] = {"time": moment, "level": record.levelname.lower(), "message": record.getMessage()}
        told |= getattr(record, "record", {})
        if record.exc_info and record.exc_info[1]:
            told |= _where(record.exc_info[1])
        return json.dumps(told, ensure_ascii=True)


def log_to_stderr() -> None:
    """Let what we and uvicorn log go to stderr, as lines of JSON."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JSONLines())
    for name in ("provenance", "uvicorn.error"):
        logger = logging.getLogger(name)
        logger.handlers, logger.propagate = [handler], False
        logger.setLevel(logging.INFO)
