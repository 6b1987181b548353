"""Our own plugins come through the public door: the entry points that `pyproject.toml` announces."""

from __future__ import annotations

import pickle
import tomllib
from pathlib import Path

from provenance.plugins import get_plugin_manager
from provenance.policy import PolicySettings
from provenance.reports import PluginInfo, Reason, Verdict
from tests.notices.builders import a_passage, a_work
from tests.plugins.conftest import Site

ROOT = Path(__file__).parents[2]


def announced() -> dict[str, str]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    points: dict[str, str] = project["entry-points"]["provenance"]
    return points


def test_every_plugin_that_we_announce_loads_and_takes_part(site: Site) -> None:
    """Each entry point of ours names a module that implements a hook, and together they offer what the docs say."""
    site.add("licence-provenance", "0.1.0", announced())
    plugins = get_plugin_manager()
    assert plugins.infos == tuple(PluginInfo(name=name, version="0.1.0") for name in sorted(announced()))
    assert {"terminal", "text", "markdown", "html", "json"} <= set(plugins.renderers)
    assert {reader.name for reader in plugins.readers} == {
        "text", "jsonl", "parquet", "zip", "tar", "html", "epub", "pdf", "warc", "git", "dataset",
    }  # fmt: skip
    verdict = plugins.judge(a_passage(a_work(), counted_tokens=1), PolicySettings())
    assert isinstance(verdict, Verdict)
    assert verdict.reason is Reason.TOO_SHORT


def test_each_file_has_the_reader_that_knows_it(site: Site) -> None:
    """Suffixes lead to the right one of our readers, whatever their case."""
    site.add("licence-provenance", "0.1.0", announced())
    plugins = get_plugin_manager()
    names = {
        "jsonl": ("a.jsonl", "a.NDJSON", "a.jsonl.gz", "a.jsonl.zst", "a.ndjson.zst"),
        "parquet": ("a.parquet", "A.Parquet"),
        "text": ("a.txt", "LICENSE", "a.json", "a.json.gz", "a.py", "a.jsonl.bak"),
        "zip": ("a.zip", "a-1.0-py3-none-any.whl", "a.JAR"),
        "tar": ("a.tar", "a.tar.gz", "a.tgz", "a.tar.bz2", "a.tar.xz", "a.tar.zst"),
        "html": ("a.html", "a.htm", "a.xhtml"),
        "warc": ("a.warc", "a.warc.gz", "a.warc.wet.gz"),
        "epub": ("a.epub",),
        "pdf": ("a.PDF",),
        "dataset": ("data-00000-of-00001.arrow",),
    }
    chosen = {
        reader: tuple(name for name in group if getattr(plugins.reader_for(Path(name)), "name", None) == reader)
        for reader, group in names.items()
    }
    assert chosen == names


def test_readers_and_renderers_can_be_sent_to_another_process(site: Site) -> None:
    """Worker processes get readers, and reports take their renderers along, by pickle."""
    site.add("licence-provenance", "0.1.0", announced())
    plugins = get_plugin_manager()
    assert pickle.loads(pickle.dumps(plugins.readers)) == plugins.readers
    assert pickle.loads(pickle.dumps(plugins.renderers)) == plugins.renderers
