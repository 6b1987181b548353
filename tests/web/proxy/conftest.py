"""Works to repeat, and a service that knows them."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from provenance import Checker, Document
from provenance.service import ServeSettings, Service
from tests.database.samples import TIMES, WHALE, filled

MakeService = Callable[..., Service]


@pytest.fixture(scope="session")
def checker(tmp_path_factory: pytest.TempPathFactory) -> Checker:
    """A checker that knows the beginnings of two novels, one with an address and one without."""
    return Checker(
        filled(
            tmp_path_factory.mktemp("proxy") / "db",
            Document(text=WHALE, id="whale", title="The Whale", authors=("H. Melville",), licence="CC-BY-SA-4.0",
                     source="https://books.example/whale"),
            Document(text=TIMES, id="times", title="Two [Cities](https://evil.example)", licence="MIT"),
        )
    )  # fmt: skip


@pytest.fixture
def service_of(checker: Checker) -> MakeService:
    """Give a function that makes a service with some settings."""
    return lambda **settings: Service(checker, ServeSettings(**settings))
