"""The example plugin is installed as a stranger's would be, and takes part."""

from __future__ import annotations

import csv
import importlib.util
import io
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.plugins.conftest import Site

ROOT = Path(__file__).parents[2]
USE = """
import json
from provenance.policy import PolicySettings
from provenance.works import LicenceStatus
from provenance.plugins import get_plugin_manager
from tests.notices.builders import a_finding, a_passage, a_report, a_work

plugins = get_plugin_manager()
formula = a_work("f", title="=HYPERLINK(1)", authors=("Ada", "Bo"), licence="MIT", source="https://a.example/,x")
unknown = a_work("u", status=LicenceStatus.UNKNOWN)

def judged(work, **changes):
    return plugins.judge(a_passage(work, **changes), PolicySettings())

print(json.dumps({
    "plugins": [info.to_dict() for info in plugins.infos],
    "csv": plugins.renderers["csv"](a_report("x" * 90, a_finding(a_passage(formula)))),
    "unknown": judged(unknown).action,
    "short": judged(unknown, counted_tokens=31).action,
    "licensed": judged(formula).action,
}))
"""


@pytest.fixture(scope="module")
def used(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What a fresh interpreter sees with the example installed beside our own distribution."""
    for needed in ("pip", "hatchling"):
        if importlib.util.find_spec(needed) is None:
            pytest.skip(f"{needed} is not installed; it comes with the extra `dev`")
    folder = tmp_path_factory.mktemp("example")
    own = Site(folder / "own")
    own.folder.mkdir()
    own.add("licence-provenance", "0.1.0", {"policy-default": "provenance_plugins.policy"})
    target = folder / "site"
    install = ["pip", "install", "--quiet", "--no-deps", "--no-index", "--no-build-isolation", "--target", str(target)]
    _run("-m", *install, str(ROOT / "examples" / "plugin"), cwd=folder)
    path = (own.folder, target, ROOT, ROOT / "plugins")
    result: dict[str, Any] = json.loads(_run("-c", USE, cwd=folder, path=path))
    return result


def _run(*arguments: str, cwd: Path, path: tuple[Path, ...] = ()) -> str:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "PROVENANCE_"))}
    environment = {**kept, "PYTHONPATH": os.pathsep.join(map(str, path)), "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    command = [sys.executable, *arguments]
    done = subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_it_takes_part_after_our_own_plugins(used: dict[str, Any]) -> None:
    """Installing the distribution is all it takes; its version is on record."""
    assert used["plugins"] == [
        {"name": "policy-default", "version": "0.1.0"},
        {"name": "house-caution", "version": "1.0.0"},
        {"name": "house-csv", "version": "1.0.0"},
    ]


def test_its_format_gives_a_row_per_finding_with_formulas_disarmed(used: dict[str, Any]) -> None:
    """The CSV reads back as a header and the finding, whatever a work is called."""
    (row,) = csv.DictReader(io.StringIO(used["csv"]))
    notice = row.pop("notice")
    assert row == {
        "start": "0", "end": "40", "action": "annotate", "status": "licensed", "licence": "MIT",
        "title": "'=HYPERLINK(1)", "authors": "Ada; Bo", "source": "https://a.example/,x",
    }  # fmt: skip
    assert notice.startswith("Matches text in")


def test_its_policy_adds_caution_and_nothing_else(used: dict[str, Any]) -> None:
    """A substantial passage of unknown licence is raised to a warning; all else stays as the default policy has it."""
    assert (used["unknown"], used["short"], used["licensed"]) == ("warn", "ignore", "annotate")
