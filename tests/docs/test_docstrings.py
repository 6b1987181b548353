"""Examples in docstrings: all of them hold."""

from __future__ import annotations

import doctest
import importlib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCES = [(ROOT / "provenance", ROOT), (ROOT / "plugins/provenance_plugins", ROOT / "plugins")]
WITH_EXAMPLES = sorted(
    ".".join(path.relative_to(root).with_suffix("").parts).removesuffix(".__init__")
    for folder, root in SOURCES
    for path in folder.rglob("*.py")
    if ">>> " in path.read_text(encoding="utf-8")
)


@pytest.mark.slow
@pytest.mark.parametrize("name", WITH_EXAMPLES)
def test_examples_in_docstrings_hold(name: str) -> None:
    """What an example prints is what it says."""
    done = doctest.testmod(importlib.import_module(name))
    assert done.failed == 0
    assert done.attempted
