"""The example page: what its README says, run as it stands."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.web.pages.site import ROOT

FOLDER = ROOT / "examples/page"


@pytest.fixture
def picture(monkeypatch: pytest.MonkeyPatch) -> Any:
    spec = importlib.util.spec_from_file_location("picture", FOLDER / "picture.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(sys.path))
    return module


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("chromium") is None, reason="there is no chromium")
def test_the_picture_can_be_taken_again(picture: Any, tmp_path: Path) -> None:
    """The script ingests and serves by the commands of the README, and leaves a picture like the one shown there."""
    code = f"import picture, pathlib; picture.take(pathlib.Path({str(tmp_path / 'page.png')!r}))"
    subprocess.run([sys.executable, "-c", code], cwd=FOLDER, check=True, timeout=120)
    taken, shown = (path.read_bytes() for path in (tmp_path / "page.png", FOLDER / "page.png"))
    assert taken[:24] == shown[:24]  # a PNG of this width and height
    assert 50_000 < len(shown) <= 200_000


def test_the_script_runs_what_the_readme_says(picture: Any) -> None:
    """The commands to paste are those with which the picture is taken, but for where the database lies."""
    pasted = [line[2:] for line in (FOLDER / "README.md").read_text("utf-8").splitlines() if line.startswith("$ ")]
    assert pasted[:2] == [f"provenance ingest {picture.WORKS.relative_to(ROOT)} --trusted", "provenance serve"]
