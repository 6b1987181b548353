"""Another distribution installs a package `provenance` too: whoever has both is told so."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ADVICE = "Run `pip uninstall provenance licence-provenance`, then `pip install licence-provenance`."
COMMAND = "from provenance_plugins.command import run; run()"


def run_python(site: Path, code: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run code with a folder in which packages are installed before all others."""
    start = f"import sys; sys.path[:0] = [{str(site)!r}]; {code}"
    return subprocess.run(
        [sys.executable, "-c", start, *arguments], capture_output=True, text=True, check=False, cwd=site
    )


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """A folder with our two packages, as pip installs them."""
    copy = tmp_path / "site[1]"  # a path may hold what a pattern is made of
    copy.mkdir()
    (copy / "provenance_plugins").symlink_to(ROOT / "plugins/provenance_plugins")
    (copy / "provenance").mkdir()
    for path in (ROOT / "provenance").iterdir():
        if path.name == "__init__.py":  # a copy, since a file knows its place by its own path
            (copy / "provenance/__init__.py").write_bytes(path.read_bytes())
        else:
            (copy / "provenance" / path.name).symlink_to(path)
    (copy / "licence_provenance-0.1.0.dist-info").mkdir()
    return copy


def test_ours_alone_runs(site: Path) -> None:
    """The command and the package know their own files, and those of distributions with a similar name."""
    (site / "provenance_tools-1.0.dist-info").mkdir()
    done = run_python(site, COMMAND, "--version")
    assert (done.returncode, done.stdout) == (0, "provenance, version 0.1.0\n"), done.stderr
    assert run_python(site, "import provenance; print(provenance.Action.LIMIT)").stdout == "limit\n"


@pytest.mark.parametrize("kind", ["dist-info", "egg-info"])
def test_both_with_our_package_on_top(site: Path, kind: str) -> None:
    """Ours was installed last: neither the command nor an import goes on."""
    other = site / f"provenance-0.14.1.{kind}"
    other.mkdir()
    done = run_python(site, COMMAND, "--version")
    assert (done.returncode, done.stdout) == (3, "")
    assert done.stderr.startswith(f"provenance: {other} belongs to another distribution")
    assert done.stderr.endswith(f"{ADVICE}\n")
    imported = run_python(site, "import provenance")
    assert imported.returncode == 1
    assert f"ImportError: {other} belongs to another distribution" in imported.stderr
    assert ADVICE in imported.stderr


def test_both_with_the_other_package_on_top(site: Path) -> None:
    """The other one was installed last: the command says so, and imports none of it."""
    (site / "provenance-0.14.1.dist-info").mkdir()
    (site / "provenance/__init__.py").write_text("raise SystemExit('the other one ran')", encoding="utf-8")
    done = run_python(site, COMMAND, "--version")
    assert done.returncode == 3
    assert ADVICE in done.stderr
