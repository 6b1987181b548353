"""Small folders of files, and what the detectors find in them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from provenance.plugins import Plugins, get_plugin_manager
from provenance.sources import Declared, documents
from provenance.sources.detect import Detector
from provenance.works import Claim, Document

Detected = Mapping[str, Document]
Look = Callable[..., Detected]


@pytest.fixture(scope="session")
def plugins() -> Plugins:
    return get_plugin_manager()


@pytest.fixture
def look(tmp_path: Path, plugins: Plugins) -> Look:
    """Write files into a folder, ingest it, and return the documents by their path in it."""

    def detected(files: Mapping[str, str], *, source: str = "") -> Detected:
        for name, text in files.items():
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).write_text(text, encoding="utf-8")
        detector = Detector(plugins)
        items = documents([tmp_path / source], plugins, Declared())
        found = (detector.add_detections(item) for item in items if isinstance(item, Document))
        return {each.file.relative_to(tmp_path).as_posix() if each.file else each.id or "": each for each in found}

    return detected


def said(document: Document) -> list[tuple[str | None, str, str | None, float]]:
    """What each claim says: who, on what basis, which licence or status, how sure."""
    return [(c.who, c.basis.value, c.licence or c.status.value, c.confidence) for c in document.claims]


def only(document: Document) -> Claim:
    """The one claim about a document."""
    (claim,) = document.claims
    return claim
