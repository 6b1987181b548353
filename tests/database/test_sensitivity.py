"""How densely works are sampled: a property of the database, kept by every ingest and changed by `compact` alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from provenance import Checker, Database, Document, Keep, Sensitivity, UsageError
from provenance.fingerprints import SAMPLINGS, Sampling
from tests.database.samples import SWANN, TIMES, WHALE, filled, found, words

EDITED = " ".join("quince" if number % 6 == 3 else word for number, word in enumerate(WHALE.split()))
"""Every sixth word is another: no eight tokens in a row are left of most of it."""


def list_samplings(database: Database) -> list[Sampling]:
    return [segment.sampling for segment in database.snapshot().segments.values()]


@pytest.mark.parametrize("sensitivity", Sensitivity)
def test_later_works_are_sampled_like_the_first(tmp_path: Path, sensitivity: Sensitivity) -> None:
    """An ingest that says nothing goes on as the database began, and one that says something else is refused."""
    (other,) = set(Sensitivity) - {sensitivity}
    with Database.open(tmp_path / "db", create=True) as database:
        database.ingest(Document(text=WHALE, id="w"), sensitivity=sensitivity)
        database.ingest(Document(text=TIMES, id="t"))
        assert list_samplings(database) == [SAMPLINGS[sensitivity]] * 2
        revision = database.snapshot().state.revision
        with pytest.raises(UsageError, match=f"sensitivity is {other}; the database has {sensitivity}: leave it out, "):
            database.ingest(Document(text=SWANN, id="s"), sensitivity=other.value)
        assert database.snapshot().state.revision == revision
        with pytest.raises(UsageError, match="sensitivity is 'coarse'; it must be one of fine, wide"):
            database.ingest(Document(text=SWANN, id="s"), sensitivity="coarse")


def test_a_database_is_fine_unless_it_keeps_fingerprints_alone(tmp_path: Path) -> None:
    """From the many fingerprints of a fine index a text could be put together, so that is refused where no text is."""
    with Database.open(tmp_path / "db", create=True) as database:
        for keep in Keep:
            database.ingest(Document(text=f"{WHALE} {keep}", id=keep.value), keep=keep)
        fine, wide = SAMPLINGS[Sensitivity.FINE], SAMPLINGS[Sensitivity.WIDE]
        levels = {each.footer.keep: each.sampling for each in database.snapshot().segments.values()}
        assert levels == {Keep.TEXT: fine, Keep.TOKENS: fine, Keep.FINGERPRINTS: wide}
        with pytest.raises(UsageError, match="with keep=fingerprints it can only be wide"):
            database.ingest(Document(text=TIMES), keep="fingerprints", sensitivity="fine")
        assert {match.origin.id for match in Checker(database).check(WHALE, passages=True).passages or ()} <= set(Keep)


@pytest.mark.parametrize("keep", [Keep.TEXT, Keep.TOKENS])
def test_compaction_samples_anew(tmp_path: Path, keep: Keep) -> None:
    """What only a fine index finds is found after it; fingerprints alone stay as they are; and back again."""
    with filled(tmp_path / "db", Document(text=TIMES, id="t"), keep="fingerprints") as database:
        database.ingest(Document(text=f"{WHALE} {words(0, 400)}", id="w"), keep=keep, sensitivity="wide")
        assert found(database, EDITED) == []
        assert found(database, WHALE) == ["w"]
        result = database.compact(sensitivity="fine")
        assert (result.segments_before, result.segments_after, result.contents_removed) == (2, 2, 0)
        assert set(list_samplings(database)) == set(SAMPLINGS.values())
        assert (found(database, EDITED), found(database, WHALE), found(database, TIMES)) == (["w"], ["w"], ["t"])
        assert database.compact().bytes_before == result.bytes_after
        assert found(database, EDITED) == ["w"]
        database.compact(sensitivity=Sensitivity.WIDE)
        assert (found(database, EDITED), found(database, WHALE)) == ([], ["w"])
