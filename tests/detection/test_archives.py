"""What lies beside a work in an archive speaks for it as in a folder."""

from __future__ import annotations

import zipfile
from pathlib import Path

from provenance.plugins import Plugins
from provenance.sources import Declared, documents
from provenance.sources.detect import Detector
from provenance.works import Document
from tests.detection.conftest import said
from tests.detection.test_texts import mit


def test_a_licence_file_in_an_archive_counts_for_what_is_in_it(tmp_path: Path, plugins: Plugins) -> None:
    """The claim names the file by its place in the archive; what lies beside the archive says nothing."""
    source = tmp_path / "in"
    source.mkdir()
    with zipfile.ZipFile(source / "works.zip", "w") as archive:
        archive.writestr("LICENSE", mit())
        archive.writestr("sub/a.txt", "It was a bright cold day in April.\n")
    (source / "LICENSE").write_text("The Moon Accord\n", encoding="utf-8")
    detector = Detector(plugins)
    items = documents([source], plugins, Declared())
    found = {str(d.title): detector.add_detections(d) for d in items if isinstance(d, Document)}
    assert said(found["sub/a.txt"]) == [("detect-files", "inherited", "MIT", 0.9)]
    assert found["sub/a.txt"].claims[0].evidence == "100% of the text of MIT (LICENSE)"
