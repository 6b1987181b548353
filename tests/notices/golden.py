"""Comparing a whole output with the file that holds what it should be.

After a wanted change, `PROVENANCE_GOLDEN=write pytest tests/notices tests/renderers` writes the files anew; read the
difference before you commit it.
"""

from __future__ import annotations

import os
from pathlib import Path


def assert_golden(output: str, path: Path) -> None:
    """Compare the output with the file, character by character."""
    if os.environ.get("PROVENANCE_GOLDEN") == "write":
        path.parent.mkdir(exist_ok=True)
        path.write_text(output, encoding="utf-8", newline="")
    assert output == path.read_bytes().decode()
