"""Middleware of the server: who may send a request, how large it may be, and which headers an answer has.

`Guard` refuses requests for other hosts, from pages of other sites, and without the right key. `Limits` bounds the body
of a request. `SecurityHeaders` restricts what a browser does with an answer.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from provenance.openai.answers import JSON, error
from provenance.service.settings import ServeSettings

SECURITY = {
    "content-security-policy": (
        "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'"
    ),
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "cache-control": "no-store",
}
"""Headers of every answer: a browser may run, load and frame only what is ours, and keeps no text that was checked."""

_SAFE_METHODS = {"GET", "HEAD", "OPTIONS"}
_PUBLIC_PATHS = {"/health", "/openapi.json"}
_PUBLIC_FOLDERS = ("/notices/", "/static/")
"""What a reader sees who follows a citation: the page of one work, named by its key, and the files that it loads."""
_RIGHTS = (("/v1", "generate"), ("/chat", "generate"), ("/metrics", "metrics"), ("/check", "check"))
_CLOSE = {"connection": "close"}  # the rest of the body would be read as the next request


def right_for(method: str, path: str) -> str | None:
    """Return the right that a request needs, one of `RIGHTS`; None where none is needed.

    All other paths are pages and works: to see one is `read`, to send it something is `check`.
    """
    if path in _PUBLIC_PATHS or (method in _SAFE_METHODS and path.startswith(_PUBLIC_FOLDERS)):
        return None
    for prefix, right in _RIGHTS:
        if path == prefix or path.startswith(f"{prefix}/"):
            return right
    return "read" if method in _SAFE_METHODS else "check"


@dataclass(frozen=True, slots=True)
class Guard:
    """Lets a request through, or answers it with 401, 403 or 421."""

    app: ASGIApp
    settings: ServeSettings

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        answer: ASGIApp = self.app
        if scope["type"] == "http":
            headers = Headers(scope=scope)
            # The host and the site come first, so that pages of other sites cannot try out keys.
            answer = (
                _refuse_host(headers.get("host", ""), self.settings.hosts)
                or _refuse_other_sites(scope["method"], headers)
                or self._refuse_without_right(scope, headers)
                or self.app
            )
        await answer(scope, receive, send)

    def _refuse_without_right(self, scope: Scope, headers: Headers) -> JSON | None:
        keys = self.settings.keys
        right = right_for(scope["method"], scope["path"].removeprefix(scope.get("root_path", "")))
        owner = keys.owner(headers.get("authorization")) if keys else None
        if owner:  # also where none is needed: the log names it, and `/health` tells it more
            scope.setdefault("state", {})["key"] = owner
        if keys is None or right is None or (owner and right in owner.rights):
            return None
        if owner:
            message = f"this key has no right to {right}; ask the operator of this server for one that has"
            return error(403, "forbidden", message)
        message = "send a key of this server as `Authorization: Bearer KEY`, or as the password of HTTP Basic"
        return error(401, "unauthorized", message, {"www-authenticate": 'Basic realm="provenance", charset="UTF-8"'})


def _refuse_host(host: str, allowed: tuple[str, ...]) -> JSON | None:
    """Refuse a request for a name that is not ours.

    A page of another site may have its own name resolve to this machine (DNS rebinding); to the browser we are then
    the same site.
    """
    try:
        name = urlsplit(f"//{host}").hostname or ""  # without the port
    except ValueError:  # brackets that do not match
        name = ""
    if not allowed or name in allowed:
        return None
    message = f"this server answers to {', '.join(allowed)}; start it with --public-url if it has another name"
    return error(421, "wrong_host", message)


def _refuse_other_sites(method: str, headers: Headers) -> JSON | None:
    """Refuse what a page of another site lets a browser send, because it would come with the reader's own key."""
    site, origin = headers.get("sec-fetch-site"), headers.get("origin")
    if method in _SAFE_METHODS:
        # A reader may follow a link to us; another page may not load from us.
        is_foreign = site in ("cross-site", "same-site") and headers.get("sec-fetch-mode") != "navigate"
    elif site:
        is_foreign = site not in ("same-origin", "none")
    else:
        # An old browser sends only `Origin`, and a program neither. The origin `null` has no host.
        is_foreign = origin is not None and origin.lower().partition("://")[2] != headers.get("host", "").lower()
    if not is_foreign:
        return None
    message = "this server takes requests from programs and from its own pages, not from those of other sites"
    return error(403, "cross_site", message)


class _RefusedError(Exception):
    """Ends the reading of a body, with the answer to it."""

    def __init__(self, answer: JSON) -> None:
        super().__init__()
        self.answer = answer


@dataclass(frozen=True, slots=True)
class Limits:
    """Refuses bodies that are too large (413) or come too slowly (408).

    Attributes:
        app: the app behind it.
        most: bytes of a body, counted as they come in; a header may say anything.
        seconds: time for the whole body.
    """

    app: ASGIApp
    most: int
    seconds: float

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        body, has_begun = _Body(self, receive), False

        async def send_on(message: Message) -> None:
            nonlocal has_begun
            has_begun = True
            await send(message)

        try:
            length = Headers(scope=scope).get("content-length", "")
            # Cut to 20 digits: Python takes long to read a number of thousands of digits, and then refuses.
            if length.isascii() and length.isdecimal() and int(length[:20]) > self.most:
                raise _RefusedError(self.refuse_size())
            await self.app(scope, body.receive, send_on)
        except _RefusedError as refused:
            if not has_begun:  # a second answer would break the protocol
                await refused.answer(scope, receive, send)

    def refuse_size(self) -> JSON:
        """Return the answer to a body that is too large."""
        message = f"the body is larger than {self.most:,} bytes; send less, or raise --max-body"
        return error(413, "body_too_large", message, _CLOSE)

    def refuse_delay(self) -> JSON:
        """Return the answer to a body that did not arrive in time."""
        message = f"the body did not arrive within {self.seconds:g} seconds; send it again"
        return error(408, "body_too_slow", message, _CLOSE)


class _Body:
    """Counts and times the messages of a body, until it is whole."""

    def __init__(self, limits: Limits, receive: Receive) -> None:
        self._limits = limits
        self._receive = receive
        self._size = 0
        self._is_whole = False
        self._deadline = asyncio.get_running_loop().time() + limits.seconds

    async def receive(self) -> Message:
        """Return the next message."""
        if self._is_whole:  # what follows is only the client's end, and an answer may take its time
            return await self._receive()
        try:
            async with asyncio.timeout_at(self._deadline):
                message = await self._receive()
        except TimeoutError:
            raise _RefusedError(self._limits.refuse_delay()) from None
        self._size += len(message.get("body", b""))
        if self._size > self._limits.most:
            raise _RefusedError(self._limits.refuse_size())
        self._is_whole = not message.get("more_body", False)
        return message


@dataclass(frozen=True, slots=True)
class SecurityHeaders:
    """Adds `SECURITY` to every answer; a header that the answer has already stays."""

    app: ASGIApp

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""

        async def send_on(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in SECURITY.items():
                    headers.setdefault(name, value)
            await send(message)

        await self.app(scope, receive, send_on)
