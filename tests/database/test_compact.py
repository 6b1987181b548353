"""Compaction: what is dead leaves the disk, small segments become few, and no check can tell."""

from __future__ import annotations

import threading
from pathlib import Path
from unittest import mock

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from provenance import Checker, Database, Document
from provenance.catalogue import Replacement
from provenance.database import Snapshot, compact, examine, ingest
from provenance.errors import DatabaseError, SegmentError
from provenance.index import Segment
from provenance.reports import Quote
from provenance.text import tokenizer_digest
from tests.database.samples import HAIKU, LANGUAGES, SWANN, TIMES, TOKENIZER, WHALE, filled, found, segments, words
from tests.strategies import examples

TEXTS = (WHALE, TIMES, SWANN, HAIKU, words(0, 40), words(20, 200))
QUERIES = (" ".join([WHALE, HAIKU, SWANN]), TIMES, words(10, 100))


def reports(database: Database) -> list[object]:
    """What checks of several texts say, without the revision, and without bits: dead contents count for these."""
    said = [Checker(database).check(text, passages=True).to_dict() for text in QUERIES]
    for report in said:
        for passage in (*report["findings"], *report["passages"]):
            del passage["bits"]
    return [{name: part for name, part in report.items() if name != "coverage"} for report in said]


def opened(database: Database) -> list[Segment]:
    return [
        Segment(database.folder / "segments" / name, tokenizer_digest=tokenizer_digest()) for name in segments(database)
    ]


def trouble(database: Database, withdrawn: str | None = None) -> list[str]:
    return [wrong for _, wrong in examine(database.folder, withdrawn=withdrawn) if wrong]


def in_files(folder: Path, piece: bytes) -> list[str]:
    return [path.name for path in folder.rglob("*") if path.is_file() and piece in path.read_bytes()]


STEPS = st.one_of(
    st.tuples(st.just("ingest"), st.sampled_from("abcd"), st.sampled_from(TEXTS), st.sampled_from(("text", "tokens"))),
    st.tuples(st.just("withdraw"), st.sampled_from("abcd"), st.none(), st.none()),
    st.tuples(st.just("compact"), st.none(), st.none(), st.none()),
)


@pytest.mark.long
@settings(max_examples=examples(20), deadline=None)
@given(st.lists(STEPS, min_size=2, max_size=9), st.sampled_from((80, 400, 1 << 26)))
def test_no_report_tells_whether_a_database_was_compacted(tmp_path_factory, steps, largest: int) -> None:
    """After any ingests, replacements, withdrawals and compactions all reports are those of a twin never compacted."""
    folder = tmp_path_factory.mktemp("twins")
    with (
        Database.open(folder / "one", create=True) as one,
        Database.open(folder / "twin", create=True) as twin,
        pytest.MonkeyPatch.context() as patch,
    ):
        patch.setattr(compact, "LARGEST_SEGMENT", largest)
        for step, name, text, keep in [*steps, ("compact", None, None, None)]:
            if step == "compact":
                one.compact()
                continue
            for database in (one, twin):
                if step == "ingest":
                    database.ingest(Document(text=text, id=name, licence="MIT"), keep=keep, readmit=True)
                elif works := database.catalogue.find_works(name):
                    database.withdraw(works[0])
        assert reports(one) == reports(twin)
        assert one.snapshot().state.deleted == {}
        assert trouble(one) == []
        before = segments(one)
        one.compact()
        assert segments(one) == before


def test_nothing_deleted_is_left_and_segments_are_few(database: Database, monkeypatch) -> None:
    """Merged segments have only what works have, of one keep level, within the limit unless one work has more."""
    monkeypatch.setattr(ingest, "BATCH_WORKS", 2)
    monkeypatch.setattr(compact, "LARGEST_SEGMENT", 600)
    database.ingest([Document(text=words(100 * n, 30 + n), id=f"w{n}") for n in range(12)])
    database.ingest([Document(text=words(5_000 + 100 * n, 40), id=f"t{n}") for n in range(4)], keep="tokens")
    database.ingest(Document(text=words(9_000, 400), id="large"))
    for name in ("w3", "w4", "t0"):
        database.withdraw(database.find_work(name))
    database.ingest(Document(text=WHALE, id="w5"))
    result = database.compact()
    assert (result.segments_before, result.contents_removed, result.wiped) == (10, 4, True)
    assert len(segments(database)) == result.segments_after < 10
    alive = {state.footer.keep: 0 for state in opened(database)}
    for segment in opened(database):
        alive[segment.footer.keep] += segment.footer.works
        assert segment.footer.tokens <= 600 or segment.footer.works == 1
    assert alive == {"text": 11, "tokens": 3}
    assert result.bytes_after == sum(path.stat().st_size for path in (database.folder / "segments").iterdir())
    assert found(database, words(9_000, 400)) == ["large"]


def test_a_withdrawn_work_is_in_no_file_after_compaction(database: Database) -> None:
    """Text, tokens and NOTICE of a withdrawn work and of a withdrawn phrase are in no file of the folder."""
    notice, motto = "Of an Unrepeatable Notice", "Qwyx vvorp zanthe"
    database.ingest([Document(text=WHALE, id="w", notice=notice), Document(text=TIMES, id="t")])
    database.ingest([Document(text=motto, id="m", notice=notice)])
    tokens = [TOKENIZER.encode(text)[:16].astype("<u2").tobytes() for text in (WHALE, motto)]
    pieces = [notice.encode(), motto.encode(), *tokens]
    assert all(in_files(database.folder, piece) for piece in pieces)
    for name in ("w", "m"):
        database.withdraw(database.find_work(name))
    assert "its tokens are still in segment" in trouble(database, WHALE)[0]
    database.compact()
    assert [in_files(database.folder, piece) for piece in pieces] == [[]] * 4
    kept = [segment.quote(0, 0, len(segment.tokens), TOKENIZER, around=0) for segment in opened(database)]
    assert kept == [Quote(prefix="", exact=TIMES[:-1], suffix="")]
    assert (trouble(database, WHALE), trouble(database, motto)) == ([], [])


def test_a_proof_finds_every_place_where_a_text_may_be(database: Database) -> None:
    """A dead member, a work under another id, a phrase and a left-over file are each named; a quotation is not."""
    whale, other = Document(text=WHALE, id="w"), Document(text=f"{WHALE} Amen.", id="o")
    database.ingest([whale, other, Document(text=HAIKU, id="h"), Document(text=WHALE[:110] + words(0, 90), id="q")])
    key = f"{database.find_work('o').key:016x}"
    database.withdraw(database.find_work("w"))
    first, second = trouble(database, WHALE)
    assert first.endswith("where no check reads them (run `provenance compact`)")
    assert (
        second == f"its tokens are in the work {key} (run `provenance works withdraw {key}`, then `provenance compact`)"
    )
    database.withdraw(database.find_work("o"))
    database.compact()
    assert trouble(database, WHALE) == []
    assert "its tokens are in the work" in trouble(database, HAIKU)[0]
    (database.folder / "segments" / "x.building").write_bytes(b"half")
    assert trouble(database, WHALE)[0].startswith("x.building cannot be searched: it is left over")
    assert "no word" in trouble(database, " \n")[0]


def test_content_that_no_work_ever_had_goes_too(database: Database) -> None:
    """A text whose document was given up after it was built is in the segment, but in no work: it is removed."""
    key = Document(text="", id="w").key
    with mock.patch.object(ingest.Ingestion, "_settle_names", lambda self: self._run.documents.pop(key)):
        database.ingest([Document(text=WHALE, id="w"), Document(text=TIMES, id="t")])
    assert database.compact().contents_removed == 1
    assert np.diff(opened(database)[0].starts).tolist() == [len(TOKENIZER.encode(TIMES))]


def test_readers_go_on_with_what_they_have_open(database: Database) -> None:
    """A snapshot taken before a compaction reads its removed files; the next check sees the new ones."""
    database.ingest([Document(text=text, id=name) for name, text in LANGUAGES.items()])
    checker = Checker(database)
    before, snapshot = checker.check(SWANN).to_dict(), database.snapshot()
    database.withdraw(database.find_work("code"))
    database.compact()
    (old,) = snapshot.segments.values()
    assert old.quote(0, 0, 3, TOKENIZER, around=0) == Quote(prefix="", exact="Call me Ishmael", suffix="")
    assert checker.check(SWANN).to_dict()["findings"] == before["findings"]


def test_a_file_that_goes_while_a_snapshot_is_loaded(database: Database, monkeypatch) -> None:
    """If a compaction removes a file between the state and its opening, the new state is loaded instead."""
    database.ingest([Document(text=WHALE, id="w"), Document(text=TIMES, id="t")])
    database.withdraw(database.find_work("t"))
    stale, state = database.catalogue.state(), database.catalogue.state
    answers = [stale]
    database.compact()
    monkeypatch.setattr(database.catalogue, "state", lambda: answers.pop() if answers else state())
    snapshot = Snapshot.load(database.catalogue, database.folder / "segments", None)
    assert list(snapshot.segments) == segments(database) != [record.name for record in stale.segments]


def test_checks_during_compactions_miss_nothing(database: Database) -> None:
    """While another thread replaces, withdraws and compacts, every check finds the works that stay."""
    database.ingest([Document(text=WHALE, id="w"), Document(text=TIMES, id="t")])
    rounds_done = threading.Event()

    def change() -> None:
        with Database.open(database.folder) as writer:
            for number in range(12):
                writer.ingest(Document(text=words(number * 50, 50), id="moving"))
                writer.compact()
        rounds_done.set()

    thread = threading.Thread(target=change)
    thread.start()
    checker, seen = Checker(database), []
    while not rounds_done.is_set():
        passages = checker.check(f"{WHALE} {TIMES}", passages=True).passages
        seen.append([passage.origin.id for passage in passages or ()])
    thread.join()
    assert seen.count(["w", "t"]) == len(seen)


def test_a_replaced_file_that_is_gone_already(database: Database, monkeypatch) -> None:
    """Somebody removes the old file right after the commit: compaction has nothing left to do, and no failure."""
    database.ingest([Document(text=WHALE, id="w"), Document(text=TIMES, id="t")])
    database.withdraw(database.find_work("t"))
    replace = database.catalogue.replace_segments

    def replace_and_remove(replacement: Replacement) -> None:
        replace(replacement)
        for name in replacement.old:
            (database.folder / "segments" / name).unlink()

    monkeypatch.setattr(database.catalogue, "replace_segments", replace_and_remove)
    assert database.compact().contents_removed == 1
    assert (trouble(database), found(database, WHALE)) == ([], ["w"])


@pytest.mark.parametrize("broken", ["copy_segment", "flush"])
def test_a_failure_changes_nothing(database: Database, monkeypatch, broken: str) -> None:
    """If a new segment cannot be written the old ones stay, and nothing is left over."""
    database.ingest([Document(text=WHALE, id="w"), Document(text=TIMES, id="t")])
    database.withdraw(database.find_work("t"))
    before = (segments(database), database.catalogue.revision())

    def fail(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(compact, broken, fail)
    with pytest.raises(DatabaseError, match="No space left on device; nothing was changed"):
        database.compact()
    assert (segments(database), database.catalogue.revision()) == before
    assert found(database, WHALE) == ["w"]


def test_a_damaged_segment_is_not_copied(tmp_path: Path) -> None:
    """A flipped token is found before anything is written, and the old files stay."""
    with filled(tmp_path / "db", Document(text=WHALE, id="w"), Document(text=TIMES, id="t")) as database:
        database.withdraw(database.find_work("t"))
        (name,) = segments(database)
        (segment,) = opened(database)
        path = database.folder / "segments" / name
        data = bytearray(path.read_bytes())
        data[segment.footer.sections["tokens"].offset] ^= 1
        path.write_bytes(bytes(data))
        with pytest.raises(SegmentError, match="checksum of block 0 of its section tokens"):
            database.compact()
        assert segments(database) == [name]
