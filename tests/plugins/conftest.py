"""Small distributions on disk, found by the same mechanism as installed ones."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from importlib.metadata import EntryPoints, distributions
from pathlib import Path
from textwrap import dedent

import pytest

from provenance import plugins as pluginmanager


class Site:
    """A folder of distributions, like `site-packages`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def add(self, name: str, version: str, plugins: Mapping[str, str], **modules: str) -> None:
        """Install a distribution: its plugins by entry point name, its modules with their source."""
        info = self.folder / f"{name.replace('-', '_')}-{version}.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
        lines = "".join(f"{plugin} = {module}\n" for plugin, module in plugins.items())
        (info / "entry_points.txt").write_text(f"[provenance]\n{lines}")
        for module, source in modules.items():
            (self.folder / f"{module}.py").write_text(dedent(source))

    def find_entry_points(self) -> EntryPoints:
        found = (point for dist in distributions(path=[str(self.folder)]) for point in dist.entry_points)
        return EntryPoints(point for point in found if point.group == pluginmanager.GROUP)


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    """An empty site that is all that is installed."""
    site = Site(tmp_path / "site")
    site.folder.mkdir()
    before = set(sys.modules)
    monkeypatch.syspath_prepend(str(site.folder))
    monkeypatch.setattr(pluginmanager, "find_entry_points", site.find_entry_points)
    monkeypatch.delenv(pluginmanager.DISABLED_VARIABLE, raising=False)
    pluginmanager._load_plugins.cache_clear()  # other modules may have had the same names
    yield site
    pluginmanager._load_plugins.cache_clear()
    for name in set(sys.modules) - before:
        if str(getattr(sys.modules[name], "__file__", "")).startswith(str(site.folder)):
            del sys.modules[name]
