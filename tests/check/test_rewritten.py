"""Rewritten answers: what was copied is found, and what was told in one's own words is not."""

from __future__ import annotations

from pathlib import Path

import pytest

import provenance
from tests.benchmarks import rewritten


@pytest.mark.slow
def test_a_copy_is_noticed_and_own_words_are_not(tmp_path: Path) -> None:
    """Each original has a finding of its work, no answer in own words has any, and nothing is credited to another."""
    texts = rewritten.read_texts()
    works = [
        provenance.Document(text=e["text"], id=e["id"], title=e["title"], licence=rewritten.LICENCE) for e in texts
    ]
    with provenance.Database.open(tmp_path / "db", create=True) as database:
        database.ingest(works)
        results = rewritten.check_answers(database, texts)
    every = [each["id"] for each in texts]
    assert results["original"]["findings"] == every
    assert results["light"]["found"]
    assert results["none"]["found"] == []
    assert all(not found["of others"] for found in results.values())
