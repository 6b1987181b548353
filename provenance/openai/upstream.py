"""Proxy to an OpenAI-compatible server: requests and answers are forwarded byte for byte.

`Upstream` is an ASGI app that knows nothing of licences; `proxy` puts the middleware in front of it. It reads no
faster than the client does, ends its request when the client goes away, follows no redirect, and takes no settings
from the environment, where a `.netrc` would add passwords to requests.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote, urlsplit

from provenance.errors import ConfigError
from provenance.openai.asgi import Headers, Receive, Scope, Send, drop_headers, read_header
from provenance.openai.bodies import GoneError
from provenance.openai.faults import FaultError, answer_fault
from provenance.openai.middleware import LicenceMiddleware
from provenance.service.service import Service

if TYPE_CHECKING:
    import httpx

_LOG = logging.getLogger("provenance.server")
_HOP_BY_HOP = (
    b"connection", b"keep-alive", b"proxy-authenticate", b"proxy-authorization", b"proxy-connection", b"te",
    b"trailer", b"transfer-encoding", b"upgrade",
)  # fmt: skip


def proxy(service: Service) -> LicenceMiddleware:
    """Return the ASGI app that forwards to the upstream of the settings and annotates its answers.

    Mount it under `/v1`. Its `aclose` closes the connections; as the root app of a server it does so itself.

    Raises:
        ConfigError: the settings name no upstream, or its address cannot be used.
    """
    settings = service.settings
    if settings.upstream is None:
        raise ConfigError("there is no upstream; name one, such as --upstream http://127.0.0.1:8000/v1")
    upstream = Upstream(settings.upstream, timeout=settings.upstream_timeout, key=settings.upstream_key)
    return LicenceMiddleware(upstream, service=service, pages=True)


class Upstream:
    """Forwards requests to one server.

    Args:
        url: its base URL, as clients of OpenAI's API take it; without a path `/v1` is added.
        timeout: seconds that the server may be silent.
        key: the server's API key; by default the client's is sent.

    Raises:
        ConfigError: url is not an http or https address.
    """

    def __init__(self, url: str, *, timeout: float = 300.0, key: str | None = None) -> None:
        parts = urlsplit(url)
        if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query or parts.fragment:
            raise ConfigError(f"the upstream is {url!r}; it must be an address such as http://127.0.0.1:8000/v1")
        self._base = f"{parts.scheme}://{parts.netloc}{parts.path.rstrip('/') or '/v1'}"
        # For messages: an address may have a password.
        self._shown = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"
        self._timeout = timeout
        self._key = key
        self._client: httpx.AsyncClient | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request.

        Raises:
            FaultError: the upstream broke off in the middle of an answer.
        """
        if scope["type"] == "lifespan":
            await receive()
            await send({"type": "lifespan.startup.complete"})
            await receive()
            await self.aclose()
            await send({"type": "lifespan.shutdown.complete"})
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
        elif scope["type"] == "http":
            await self._forward_request(scope, receive, send)

    async def aclose(self) -> None:
        """Close the connections."""
        client, self._client = self._client, None
        if client:
            await client.aclose()

    async def _forward_request(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Forward a request, until it is answered or its client has gone."""
        body = _Body(receive)
        answering = asyncio.ensure_future(self._answer(scope, body, send))
        watching = asyncio.ensure_future(body.wait_until_gone())
        try:
            await asyncio.wait({answering, watching}, return_when=asyncio.FIRST_COMPLETED)
            if answering.done():
                answering.result()
        finally:
            answering.cancel()
            watching.cancel()
            await asyncio.gather(answering, watching, return_exceptions=True)

    async def _answer(self, scope: Scope, body: _Body, send: Send) -> None:
        import httpx  # noqa: PLC0415  # the extra `serve`

        has_begun = False
        try:
            request = self._new_request(scope, body)
            response = await self._open_client().send(request, stream=True, follow_redirects=False)
            has_begun = True
            try:
                headers = end_to_end(response.headers.raw)
                await send({"type": "http.response.start", "status": response.status_code, "headers": headers})
                async for data in response.aiter_raw():
                    await send({"type": "http.response.body", "body": data, "more_body": True})
            finally:
                await response.aclose()
            await send({"type": "http.response.body", "body": b"", "more_body": False})
        except (GoneError, OSError):  # the client's side: httpx has errors of its own for the other
            return
        except FaultError as fault:
            await answer_fault(send, fault)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            translated = self._translate_error(error)
            _LOG.warning("%s (%s: %s)", translated, type(error).__name__, error)
            if has_begun:  # it is too late for a status: the middleware tells of it in the stream
                raise translated from None
            await answer_fault(send, translated)

    def _new_request(self, scope: Scope, body: _Body) -> httpx.Request:
        """Return the request as the upstream gets it.

        Raises:
            FaultError: its path leads out of the base URL.
        """
        import httpx  # noqa: PLC0415  # the extra `serve`

        raw = scope.get("raw_path")
        path = raw.decode("latin-1") if raw else quote(scope["path"])
        path = path.removeprefix(scope.get("root_path", "")).removeprefix("/v1")
        # The path goes on as it was written; only for this look is it decoded, so that no %2e%2e gets through.
        parts = unquote(path).split("/")
        if parts[0] or "." in parts or ".." in parts:
            raise FaultError(404, "not_found", "there is nothing at such a path")
        query = scope.get("query_string", b"").decode("latin-1")
        url = f"{self._base}{path}{'?' if query else ''}{query}"
        headers = drop_headers(end_to_end(scope["headers"]), b"host", b"expect", b"licence-events")
        if self._key is not None:
            headers = [*drop_headers(headers, b"authorization"), (b"authorization", f"Bearer {self._key}".encode())]
        elif "key" in (scope.get("state") or {}):  # the client's was one of ours
            headers = drop_headers(headers, b"authorization")
        return httpx.Request(scope["method"], url, headers=headers, content=body.content(scope["headers"]))

    def _open_client(self) -> httpx.AsyncClient:
        import httpx  # noqa: PLC0415  # the extra `serve`

        if self._client is None:
            self._client = httpx.AsyncClient(
                timeout=httpx.Timeout(self._timeout, pool=None),
                limits=httpx.Limits(max_connections=None, max_keepalive_connections=100),
                trust_env=False,
            )
        return self._client

    def _translate_error(self, error: Exception) -> FaultError:
        import httpx  # noqa: PLC0415  # the extra `serve`

        if isinstance(error, (httpx.ConnectError, httpx.ConnectTimeout)):
            message = f"{self._shown} cannot be reached; start the model server there, or name another with --upstream"
            return FaultError(502, "upstream_unreachable", message)
        if isinstance(error, httpx.TimeoutException):
            message = f"{self._shown} was silent for {self._timeout:g} seconds; ask for less, or allow it more time"
            return FaultError(504, "upstream_silent", message)
        if isinstance(error, httpx.InvalidURL):
            return FaultError(404, "not_found", "there is nothing at such a path")
        return FaultError(502, "upstream_broke_off", f"{self._shown} broke its answer off; its own log may say why")


class _Body:
    """A request's body as it passes, and the news that its client has gone. Only one may await `receive` at a time."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._sent = asyncio.Event()

    def content(self, headers: Headers) -> AsyncIterator[bytes] | None:
        """Return the body as it comes; None where the headers announce none."""
        if (
            read_header(headers, b"content-length") is not None
            or read_header(headers, b"transfer-encoding") is not None
        ):
            return self._stream()
        self._sent.set()
        return None

    async def _stream(self) -> AsyncIterator[bytes]:
        """Yield the body as it comes.

        Raises:
            GoneError: the client went away before its end.
        """
        more = True
        while more:
            message = await self._receive()
            if message["type"] == "http.disconnect":
                raise GoneError
            yield message.get("body", b"")
            more = message.get("more_body", False)
        self._sent.set()

    async def wait_until_gone(self) -> None:
        """Return when the client has gone."""
        await self._sent.wait()
        while (await self._receive())["type"] != "http.disconnect":
            pass


def end_to_end(headers: Headers) -> list[tuple[bytes, bytes]]:
    """Return the headers that are meant for the server or client at the other end, not for the next hop."""
    named = b",".join(value for name, value in headers if name.lower() == b"connection").lower().split(b",")
    return drop_headers(headers, *_HOP_BY_HOP, *(name.strip() for name in named))
