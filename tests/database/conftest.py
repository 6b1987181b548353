"""A new database."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from provenance import Database


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    """An open database without works."""
    with Database.open(tmp_path / "db", create=True) as opened:
        yield opened
