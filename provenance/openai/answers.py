"""Answers of the HTTP server: JSON, and errors in the shape that clients of OpenAI's API read."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from starlette.responses import Response


class JSON(Response):
    """An object as JSON, in ASCII, so that half a surrogate pair in a text cannot break it."""

    media_type = "application/json"

    def render(self, content: Any) -> bytes:
        """Return the bytes."""
        return json.dumps(content, allow_nan=False, separators=(",", ":")).encode("ascii")


def error(status: int, code: str, message: str, headers: Mapping[str, str] | None = None) -> JSON:
    """Return an error.

    Args:
        status: the HTTP status.
        code: one word for programs.
        message: what is wrong and what to do next, for people.
        headers: further headers of the answer.
    """
    kind = "server_error" if status >= 500 else "invalid_request_error"
    content = {"error": {"message": message, "type": kind, "param": None, "code": code}}
    return JSON(content, status_code=status, headers=headers)
