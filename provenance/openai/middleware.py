"""ASGI middleware that adds licence notices to answers in the formats of OpenAI's API.

`LicenceMiddleware` rewrites the answers of the app that it wraps to `POST …/chat/completions` and `POST …/responses`,
streamed or not, and lets everything else through as it is. It buffers the request, since the prompt is in it. Of an
answer that streams it buffers only what cannot be sent yet, and of any other the whole. It needs no framework.
"""

from __future__ import annotations

import os
import re

from provenance import notices
from provenance.check import Checker
from provenance.database import Database
from provenance.openai.asgi import App, Receive, Scope, Send, drop_headers, read_header
from provenance.openai.bodies import GoneError, Replay, read_body
from provenance.openai.exchange import Exchange
from provenance.openai.faults import FaultError, answer_fault
from provenance.openai.reply import CHAT, RESPONSES, Reply, Wire
from provenance.openai.request import wants_text
from provenance.openai.sse import read_json_object
from provenance.openai.wording import Wording
from provenance.policy import default_database, load_policy
from provenance.service.service import Service
from provenance.service.settings import ServeSettings
from provenance.works import Work

_WIRES = {"/chat/completions": CHAT, "/responses": RESPONSES}
_HOST = re.compile(r"[A-Za-z0-9._\-]+(:\d+)?|\[[0-9A-Fa-f:.]+\](:\d+)?")


class LicenceMiddleware:
    """Adds licence notices to the answers of the wrapped app that have one of the formats of OpenAI's API.

    Args:
        app: any ASGI app.
        service: checks the texts; by default one is made from the environment, as the server starts: the database that
            `$PROVENANCE_DB` names, the policy that holds in the working directory.
        pages: the server has pages `/notices/{id}` on works, for citations of works without an address.

    Raises:
        ProvenanceError: as the server starts: the database is missing, or it cannot be used.
    """

    def __init__(self, app: App, *, service: Service | None = None, pages: bool = False) -> None:
        self.app = app
        self._service = service
        self._pages = pages

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] == "lifespan":
            self._open_service()
        wire = None
        if scope["type"] == "http" and scope["method"] == "POST":
            path = scope["path"].rstrip("/")
            wire = next((wire for end, wire in _WIRES.items() if path.endswith(end)), None)
        if wire is None:
            await self.app(scope, receive, send)
            return
        try:
            body = await read_body(receive, scope["headers"], self._open_service().settings.max_body)
        except FaultError as fault:
            await answer_fault(send, fault)
        except GoneError:
            return
        else:
            await self._annotate(wire, scope, Replay(body, receive), body, send)

    async def aclose(self) -> None:
        """Close the wrapped app, where it can be closed."""
        if close := getattr(self.app, "aclose", None):
            await close()

    async def _annotate(self, wire: Wire, scope: Scope, receive: Replay, body: bytes, send: Send) -> None:
        exchange = self._new_exchange(wire, scope, read_json_object(body) or {})
        # Since version 2.4 of ASGI, sending to a client that has gone is an error.
        version = scope.get("asgi", {}).get("spec_version", "2.0")
        strict = tuple(version.split(".")) >= ("2", "4")
        reply = Reply(wire, exchange, send, receive.end, strict=strict)
        # A compressed answer could not be read.
        headers = [*drop_headers(scope["headers"], b"accept-encoding"), (b"accept-encoding", b"identity")]
        try:
            await self.app({**scope, "headers": headers}, receive, reply)
        except FaultError as fault:
            await reply.fail(fault)
        except Exception:
            if not reply.cut_off:  # else the app complains that its answer was cut off
                raise
        finally:
            await reply.close()

    def _new_exchange(self, wire: Wire, scope: Scope, request: dict[str, object]) -> Exchange:
        service = self._open_service()
        several = request.get("n")
        return Exchange(
            service=service,
            prompt=wire.prompt(request),
            wording=Wording(
                address_of(service.settings, scope if self._pages else None),
                footer=service.settings.footer and wants_text(request),
            ),
            live=(read_header(scope["headers"], b"licence-events") or "").lower() == "on",
            several=isinstance(several, int) and several > 1,
        )

    def _open_service(self) -> Service:
        if self._service is None:
            self._service = service_from_environment()
        return self._service


def service_from_environment() -> Service:
    """Return a service for the database and the policy that the environment names.

    Raises:
        ProvenanceError: they cannot be used.
    """
    catalogue = os.environ.get("PROVENANCE_CATALOGUE") or None
    settings = ServeSettings(catalogue=catalogue, public_url=os.environ.get("PROVENANCE_PUBLIC_URL") or None)
    database = Database.open(default_database(), catalogue=catalogue, read_only=True)
    return Service(Checker(database, load_policy()), settings)


def address_of(settings: ServeSettings, scope: Scope | None) -> notices.Address:
    """Return where a reader learns more of a work: at its own address, else on a page of ours, else by its name alone.

    Args:
        settings: have the address of this server, where the operator has set it.
        scope: of the request, where the server that it came to has pages on works; None without such pages.
    """
    base = settings.public_url
    if base is None and scope is not None:
        host = read_header(scope["headers"], b"host") or ""
        if _HOST.fullmatch(host):  # the client may have written anything, and the address goes into links
            path = scope.get("root_path", "").removesuffix("/v1")
            base = f"{scope.get('scheme', 'http')}://{host}{path}"
    if base is None:
        return notices.work_name
    pages = f"{base.rstrip('/')}/notices"

    def address(work: Work) -> str:
        return notices.web_address(work.source) or f"{pages}/{work.key:016x}"

    return address
