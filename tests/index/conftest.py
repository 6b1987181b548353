"""A small segment with everything in it, and a database that uses it."""

from __future__ import annotations

from pathlib import Path

import pytest

from provenance.index import Segment, SegmentSummary, build_segment
from provenance.works import Document, Keep, Sensitivity
from tests.database.samples import KINGDOMS, MOTTO, TIMES, TOKENIZER, WHALE

WORKS = (TIMES, MOTTO, WHALE, KINGDOMS)


def built(path: Path, *texts: str, keep: Keep = Keep.TEXT, sensitivity: Sensitivity | None = None) -> SegmentSummary:
    documents = [Document(text=text, id=str(number)) for number, text in enumerate(texts or WORKS)]
    return build_segment(documents, path, tokenizer=TOKENIZER, keep=keep, sensitivity=sensitivity)


def opened(path: Path) -> Segment:
    return Segment(path, tokenizer_digest=TOKENIZER.digest)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A segment file of four works, one of them a phrase."""
    built(tmp_path / "one.seg")
    return tmp_path / "one.seg"
