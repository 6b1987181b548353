"""Fixtures: one tiny model of each sort for the whole folder, and a fresh checker for each test."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import torch

from provenance import Checker, Database, Document
from tests.generation.tiny import WORK, FakeChecker, a_llama, a_t5, a_tokenizer

torch.set_num_threads(1)  # threads cost these models more than they give


@pytest.fixture(scope="session")
def tokenizer() -> Any:
    return a_tokenizer()


@pytest.fixture(scope="session")
def llama() -> Any:
    return a_llama()


@pytest.fixture(scope="session")
def t5() -> Any:
    return a_t5()


@pytest.fixture
def checker() -> FakeChecker:
    return FakeChecker()


@pytest.fixture(scope="session")
def moby(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Checker]:
    """A checker that knows one work."""
    database = Database.open(tmp_path_factory.mktemp("moby") / "db", create=True)
    database.ingest(Document(text=WORK, title="Moby-Dick", authors=("Herman Melville",), licence="CC-BY-4.0"))
    yield Checker(database)
    database.close()
