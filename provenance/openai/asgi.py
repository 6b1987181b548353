"""Types of an ASGI app, and its headers, without a framework, so that the middleware runs in any server."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from typing import Any

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]
Headers = Iterable[tuple[bytes, bytes]]


def read_header(headers: Headers, name: bytes) -> str | None:
    """Return the value of a header, the first of several; None where there is none.

    Args:
        headers: those of a request or an answer, in any case: HTTP/1 servers may send them as they came.
        name: in lower case.
    """
    return next((value.decode("latin-1").strip() for key, value in headers if key.lower() == name), None)


def drop_headers(headers: Headers, *names: bytes) -> list[tuple[bytes, bytes]]:
    """Return the headers but for those with one of these names, which are in lower case."""
    return [(key, value) for key, value in headers if key.lower() not in names]
