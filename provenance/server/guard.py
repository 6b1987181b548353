"""Who may ask what? Refuses requests for other hosts, from other sites' pages, and without the right key."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from provenance.openai.answers import JSON, error
from provenance.service.keys import Key, Keys
from provenance.service.settings import ServeSettings

_SAFE = {"GET", "HEAD", "OPTIONS"}
_OPEN = {"/health", "/openapi.json"}
_SHOWN = ("/notices/", "/static/")
"""What a reader sees who follows a citation: a page, by the key of a work, and what it looks like."""
_RIGHTS = (("/v1", "generate"), ("/chat", "generate"), ("/metrics", "metrics"), ("/check", "check"))


def right_for(method: str, path: str) -> str | None:
    """Return the right that a request needs, one of `RIGHTS`; None where everybody may.

    Whatever is not named here is a page or a work: to see it is `read`, to send it something is `check`.
    """
    if path in _OPEN or (method in _SAFE and path.startswith(_SHOWN)):
        return None
    for prefix, right in _RIGHTS:
        if path == prefix or path.startswith(f"{prefix}/"):
            return right
    return "read" if method in _SAFE else "check"


@dataclass(frozen=True, slots=True)
class Guard:
    """Lets a request through, or answers it with 401, 403 or 421."""

    app: ASGIApp
    settings: ServeSettings

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] == "http" and (refusal := self._refusal(scope)):
            await refusal(scope, receive, send)
        else:
            await self.app(scope, receive, send)

    def _refusal(self, scope: Scope) -> JSON | None:
        headers = Headers(scope=scope)
        return (
            _wrong_host(headers.get("host", ""), self.settings.hosts)
            or _cross_site(scope["method"], headers)
            or self._locked(scope, headers)
        )

    def _locked(self, scope: Scope, headers: Headers) -> JSON | None:
        keys = self.settings.keys
        right = right_for(scope["method"], scope["path"].removeprefix(scope.get("root_path", "")))
        owner = keys.owner(headers.get("authorization")) if keys else None
        if owner:
            scope.setdefault("state", {})["key"] = owner
        return _not_allowed(keys, owner, right)


def _not_allowed(keys: Keys | None, owner: Key | None, right: str | None) -> JSON | None:
    if keys is None or right is None or (owner and right in owner.rights):
        return None
    if owner:
        message = f"this key has no right to {right}; ask the operator of this server for one that has"
        return error(403, "forbidden", message)
    message = "send a key of this server as `Authorization: Bearer KEY`, or as the password of HTTP Basic"
    return error(401, "unauthorized", message, {"www-authenticate": 'Basic realm="provenance", charset="UTF-8"'})


def _wrong_host(host: str, allowed: tuple[str, ...]) -> JSON | None:
    if not allowed or _name(host) in allowed:
        return None
    message = f"this server answers to {', '.join(allowed)}; start it with --public-url if it has another name"
    return error(421, "wrong_host", message)


def _name(host: str) -> str:
    """Return the name in a header `Host`, without the port; empty where it is none."""
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return ""


def _cross_site(method: str, headers: Headers) -> JSON | None:
    """Refuse what a page of another site lets a browser send: it comes with the reader's own key."""
    site, origin = headers.get("sec-fetch-site"), headers.get("origin")
    if method in _SAFE:
        foreign = site in ("cross-site", "same-site") and headers.get("sec-fetch-mode") != "navigate"
    elif site:
        foreign = site not in ("same-origin", "none")
    else:
        foreign = origin is not None and (_place(origin) != headers.get("host", "").lower())
    if not foreign:
        return None
    message = "this server takes requests from programs and from its own pages, not from those of other sites"
    return error(403, "cross_site", message)


def _place(origin: str) -> str:
    """Return host and port of an origin as a header `Host` has them; empty where it has none, as in `null`."""
    return origin.lower().partition("://")[2]
