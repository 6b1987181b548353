"""How is the app run? By uvicorn, in one process or several, until it is told to stop."""

from __future__ import annotations

import asyncio
import signal
import socket
from dataclasses import dataclass
from typing import Any

import h11
import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.supervisors import Multiprocess

from provenance.checker import Checker
from provenance.config import PolicySettings
from provenance.errors import ProvenanceError
from provenance.ingest import Database
from provenance.pluginmanager import get_plugin_manager
from provenance.web.app import build_app
from provenance.web.logs import log_to_stderr
from provenance.web.service import Service
from provenance.web.settings import ServeSettings

_HEADER_SECONDS = 15.0
_IDLE_SECONDS = 30


class CannotServeError(ProvenanceError):
    """The address cannot be listened on."""


@dataclass(frozen=True, slots=True)
class Deployment:
    """All that a process needs to make the app; called, it does.

    Attributes:
        database: its folder. policy: what is judged by. disabled: plugins that are left out.
    """

    database: str
    policy: PolicySettings
    settings: ServeSettings
    disabled: tuple[str, ...] = ()

    def __call__(self) -> ASGIApp:
        """Open the database and return the app.

        Raises:
            ProvenanceError: the database or a plugin cannot be used.
        """
        log_to_stderr()
        plugins = get_plugin_manager(disabled=self.disabled)
        database = Database.open(self.database, catalogue=self.settings.catalogue, read_only=True)
        return build_app(Service(Checker(database, self.policy, plugins=plugins), self.settings))


def listen(host: str, port: int) -> socket.socket:
    """Return a socket that listens.

    Raises:
        CannotServeError: the port is taken, or the address is not this machine's.
    """
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        listening = socket.create_server((host, port), family=family, backlog=2048)
    except OSError as error:
        raise CannotServeError(
            f"cannot listen on port {port} of {host}: {error.strerror or error}; name another with --port, or --host"
        ) from None
    listening.set_inheritable(True)
    return listening


def run(deployment: Deployment, listening: socket.socket, *, workers: int = 1, grace: float = 30.0) -> None:
    """Serve until SIGTERM or Ctrl-C; then answers that have begun may end.

    Args:
        workers: processes; each maps the same files. grace: for how many seconds answers may go on.

    Raises:
        ProvenanceError: as `Deployment`, where there is one process.
    """
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: None)  # uvicorn stops by them, and then sends them on to whoever was there
    options: dict[str, Any] = {
        "http": _InTime, "ws": "none", "lifespan": "on", "log_config": None, "access_log": False,
        "server_header": False, "timeout_keep_alive": _IDLE_SECONDS, "timeout_graceful_shutdown": int(grace),
    }  # fmt: skip
    if workers == 1:
        uvicorn.Server(uvicorn.Config(deployment(), **options)).run([listening])
    else:
        log_to_stderr()
        config = uvicorn.Config(deployment, factory=True, workers=workers, **options)
        Multiprocess(config, [listening]).run()


class _InTime(H11Protocol):
    """HTTP, for clients that say in time what they want: uvicorn waits for the head of a request for ever."""

    _waiting: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as in uvicorn itself
        super().connection_made(transport)
        self._watch()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        self._watch()

    def connection_lost(self, exc: Exception | None) -> None:
        self._calm()
        super().connection_lost(exc)

    def _watch(self) -> None:
        """Begin to wait where the head of a request has still to come; stop where it is there."""
        if self.conn.their_state is not h11.IDLE or self.conn.our_state is not h11.IDLE:
            self._calm()
        elif self._waiting is None:
            self._waiting = self.loop.call_later(_HEADER_SECONDS, self.transport.close)

    def _calm(self) -> None:
        if self._waiting:
            self._waiting.cancel()
            self._waiting = None
