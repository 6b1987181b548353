"""Running of the app by uvicorn, in one process or several, until a signal stops it."""

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

_HEADER_SECONDS = 15.0  # for the head of a request
_IDLE_SECONDS = 30
_BACKLOG = 2048
_START_SECONDS = 120
"""A process that gives no sign of life for this time is replaced. It gives none while it starts."""


class CannotServeError(ProvenanceError):
    """The address cannot be listened on."""


@dataclass(frozen=True, slots=True)
class Deployment:
    """Values that a process needs to make the app; uvicorn pickles them for the processes that it starts.

    Attributes:
        database: the database's folder.
        policy: the policy of all checks.
        settings: the server's settings.
        disabled: names of plugins that are left out.
    """

    database: str
    policy: PolicySettings
    settings: ServeSettings
    disabled: tuple[str, ...] = ()

    def __call__(self) -> ASGIApp:
        """Return the app, in a process that another one started."""
        log_to_stderr()
        if parent := multiprocessing.parent_process():
            # A parent that was killed cannot stop us.
            def stop_with_parent() -> None:
                parent.join()
                os.kill(os.getpid(), signal.SIGTERM)

            threading.Thread(target=stop_with_parent, daemon=True).start()
        return build_app(self.open_service())

    def open_service(self) -> Service:
        """Open the database and return the service that all endpoints share.

        Raises:
            ProvenanceError: the database or a plugin cannot be used.
        """
        plugins = get_plugin_manager(disabled=self.disabled)
        database = Database.open(self.database, catalogue=self.settings.catalogue, read_only=True)
        return Service(Checker(database, self.policy, plugins=plugins), self.settings)


def listen(host: str, port: int) -> socket.socket:
    """Return a socket that listens.

    Args:
        host: a name or address of this machine.
        port: the port; 0 lets the system choose one.

    Raises:
        CannotServeError: the port is taken, or the address is not this machine's.
    """
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        # With its protocol named, because asyncio sets TCP_NODELAY only then: else an answer in two pieces waits 40 ms
        # for the client to acknowledge the first.
        listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    except OSError as error:
        raise _make_error(host, port, error) from None
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, os.name == "posix")
        listening.bind(address)
        listening.listen(_BACKLOG)
    except OSError as error:
        listening.close()
        raise _make_error(host, port, error) from None
    listening.set_inheritable(True)
    return listening


def _make_error(host: str, port: int, error: OSError) -> CannotServeError:
    why = error.strerror or str(error)
    return CannotServeError(f"cannot listen on port {port} of {host}: {why}; name another with --port, or --host")


def run(
    deployment: Deployment, listening: socket.socket, *, workers: int = 1, grace: float = 30.0,
    ready: Callable[[Coverage], None] = lambda _: None,
) -> None:  # fmt: skip
    """Serve until SIGTERM or Ctrl-C; then answers that have begun may end.

    Args:
        deployment: the values that the app is made of.
        listening: the socket, from `listen`.
        workers: number of processes; all map the same files.
        grace: seconds that answers may take after the signal.
        ready: a function that is called once with what is searched, when the app could be made.

    Raises:
        ProvenanceError: the app cannot be made.
    """
    service = deployment.open_service()
    app = build_app(service)
    ready(service.database.snapshot().coverage())
    options: dict[str, Any] = {
        "http": _TimedProtocol, "ws": "none", "lifespan": "on", "log_config": None, "access_log": False,
        "server_header": False, "timeout_keep_alive": _IDLE_SECONDS, "timeout_graceful_shutdown": int(grace),
        "timeout_worker_healthcheck": _START_SECONDS,
    }  # fmt: skip
    log_to_stderr()
    if workers > 1:
        service.close()  # each process opens the database itself
        config = uvicorn.Config(deployment, factory=True, workers=workers, **options)
        Multiprocess(config, [listening]).run()
        return
    server = uvicorn.Server(uvicorn.Config(app, **options))

    # uvicorn sends a signal on, after it has stopped, to the handler that was there before: the default one would end
    # us with the exit code of a failure.
    def stop(*_: object) -> None:
        server.should_exit = True

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
    server.run([listening])


class _TimedProtocol(H11Protocol):
    """HTTP with a time limit for the head of a request, which uvicorn lacks: it waits for ever."""

    _timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as in uvicorn itself
        super().connection_made(transport)
        self._update_timer()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        self._update_timer()

    def connection_lost(self, exc: Exception | None) -> None:
        self._cancel_timer()
        super().connection_lost(exc)

    def _update_timer(self) -> None:
        """Start the timer where the head of a request has still to come; cancel it where it is there."""
        if self.conn.their_state is not h11.IDLE or self.conn.our_state is not h11.IDLE:
            self._cancel_timer()
        elif self._timer is None:
            self._timer = self.loop.call_later(_HEADER_SECONDS, self.transport.close)

    def _cancel_timer(self) -> None:
        if self._timer:
            self._timer.cancel()
            self._timer = None
