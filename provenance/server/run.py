"""How is the app run? By uvicorn, in one process or several, until it is told to stop."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import signal
import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import h11
import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.supervisors import Multiprocess

from provenance.check import Checker
from provenance.database import Database
from provenance.errors import ProvenanceError
from provenance.plugins import get_plugin_manager
from provenance.policy import PolicySettings
from provenance.reports import Coverage
from provenance.server.app import build_app
from provenance.server.logs import log_to_stderr
from provenance.service.service import Service
from provenance.service.settings import ServeSettings

_HEADER_SECONDS = 15.0
_IDLE_SECONDS = 30
_BACKLOG = 2048
_START_SECONDS = 120
"""A process that gives no sign of life for so long is replaced; one that starts on a busy machine gives none."""


class CannotServeError(ProvenanceError):
    """The address cannot be listened on."""


@dataclass(frozen=True, slots=True)
class Deployment:
    """All that a process needs to make the app; called, it does, in a process that another one began.

    Attributes:
        database: its folder. policy: what is judged by. disabled: plugins that are left out.
    """

    database: str
    policy: PolicySettings
    settings: ServeSettings
    disabled: tuple[str, ...] = ()

    def __call__(self) -> ASGIApp:
        """Return the app."""
        log_to_stderr()
        _end_with_parent()
        return build_app(self.service())

    def service(self) -> Service:
        """Open the database and return what all of the app shares.

        Raises:
            ProvenanceError: the database or a plugin cannot be used.
        """
        plugins = get_plugin_manager(disabled=self.disabled)
        database = Database.open(self.database, catalogue=self.settings.catalogue, read_only=True)
        return Service(Checker(database, self.policy, plugins=plugins), self.settings)


def listen(host: str, port: int) -> socket.socket:
    """Return a socket that listens.

    It names its protocol, since asyncio sends only what comes from such a socket at once: else an answer in two pieces
    waits 40 ms for the client to acknowledge the first.

    Raises:
        CannotServeError: the port is taken, or the address is not this machine's.
    """
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    except OSError as error:
        raise _cannot(host, port, error) from None
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, os.name == "posix")
        listening.bind(address)
        listening.listen(_BACKLOG)
    except OSError as error:
        listening.close()
        raise _cannot(host, port, error) from None
    listening.set_inheritable(True)
    return listening


def _cannot(host: str, port: int, error: OSError) -> CannotServeError:
    why = error.strerror or str(error)
    return CannotServeError(f"cannot listen on port {port} of {host}: {why}; name another with --port, or --host")


def run(
    deployment: Deployment,
    listening: socket.socket,
    *,
    workers: int = 1,
    grace: float = 30.0,
    ready: Callable[[Coverage], None] = lambda _: None,
) -> None:
    """Serve until SIGTERM or Ctrl-C; then answers that have begun may end.

    Args:
        ready: is told what is searched, once it is known that the app can be made.
        workers: processes; each maps the same files. grace: for how many seconds answers may go on.

    Raises:
        ProvenanceError: the app cannot be made.
    """
    service = deployment.service()
    app = build_app(service)
    ready(service.database.snapshot().coverage())
    options: dict[str, Any] = {
        "http": _InTime, "ws": "none", "lifespan": "on", "log_config": None, "access_log": False,
        "server_header": False, "timeout_keep_alive": _IDLE_SECONDS, "timeout_graceful_shutdown": int(grace),
        "timeout_worker_healthcheck": _START_SECONDS,
    }  # fmt: skip
    if workers == 1:
        log_to_stderr()
        _run_one(uvicorn.Server(uvicorn.Config(app, **options)), listening)
    else:
        service.close()
        log_to_stderr()
        config = uvicorn.Config(deployment, factory=True, workers=workers, **options)
        Multiprocess(config, [listening]).run()


def _run_one(server: uvicorn.Server, listening: socket.socket) -> None:
    """Run a server; it stops at a signal, and then sends that on to whoever was there: to us, who are done."""

    def stop(*_: object) -> None:
        server.should_exit = True

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
    server.run([listening])


def _end_with_parent() -> None:
    """Let a process that serves with others end where the one that began it was killed."""
    if parent := multiprocessing.parent_process():

        def follow() -> None:
            parent.join()
            os.kill(os.getpid(), signal.SIGTERM)

        threading.Thread(target=follow, daemon=True).start()


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
