"""Servers to ask, without a network: the app itself, called."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from provenance import Checker, Database, Document, PolicySettings
from provenance.server.app import build_app
from provenance.service.service import Service
from provenance.service.settings import ServeSettings
from tests.database.samples import MOTTO, SWANN, TIMES, WHALE, filled

WORKS = (
    Document(
        text=TIMES, id="books/times.txt", title="A Tale of Two Cities", authors=["Charles Dickens"], year=1859,
        licence="CC-BY-4.0", source="https://example.org/t", collection="books",
    ),
    Document(text=WHALE, id="books/whale.txt", title="Moby-Dick", licence="public-domain", collection="books"),
    Document(text=SWANN, id="same", title="Swann", licence="MIT", copyright="Copyright 1913 M. P.", collection="one"),
    Document(text=MOTTO, id="same", title="<b>Motto</b>", licence="all-rights-reserved", collection="two"),
)  # fmt: skip

Serve = Callable[..., TestClient]


@pytest.fixture(scope="session")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database of `WORKS`, to be copied."""
    folder = tmp_path_factory.mktemp("shelf") / "db"
    filled(folder, *WORKS).close()
    return folder


@pytest.fixture
def folder(shelf: Path, tmp_path: Path) -> Path:
    """A database of `WORKS` of the test's own."""
    return Path(shutil.copytree(shelf, tmp_path / "db"))


@pytest.fixture
def serve(folder: Path) -> Iterator[Serve]:
    """Give a function that starts the app with some settings and returns a client; its service is `client.service`."""
    with contextlib.ExitStack() as stack:

        def start(policy: PolicySettings | None = None, **settings: Any) -> TestClient:
            checker = Checker(Database.open(folder, read_only=True), policy)
            service = Service(checker, ServeSettings(**settings))
            client = TestClient(build_app(service), raise_server_exceptions=False)
            client.service = service  # type: ignore[attr-defined]
            return stack.enter_context(client)

        yield start


@pytest.fixture
def client(serve: Serve) -> TestClient:
    """A client of the app as it is by default."""
    return serve()
