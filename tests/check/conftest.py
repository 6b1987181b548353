"""Databases to check against."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from provenance import Checker, Document
from tests.database.samples import filled

MakeChecker = Callable[..., Checker]


@pytest.fixture
def checker_of(tmp_path: Path) -> Iterator[MakeChecker]:
    """Give a function that makes a checker on a new database of some documents."""
    opened = []

    def make(*documents: Document, keep: str = "text", trusted: bool = False) -> Checker:
        database = filled(tmp_path / f"db{len(opened)}", *documents, keep=keep, trusted=trusted)
        opened.append(database)
        return Checker(database)

    yield make
    for database in opened:
        database.close()


@pytest.fixture
def trusted_of(checker_of: MakeChecker) -> MakeChecker:
    """Give a function that makes a checker on works that the operator vouches for."""
    return partial(checker_of, trusted=True)
