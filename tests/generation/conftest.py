"""Fixtures: one tiny model of each sort for the whole folder, and a fresh checker for each test."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from tests.generation.tiny import FakeChecker, a_llama, a_t5, a_tokenizer

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
