"""Ingesting: what is the same work, what replaces what, and what is said about bad documents."""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from provenance import Checker, Database, Document
from provenance.errors import DatabaseBusyError, DatabaseError, DatabaseNotFoundError, InputError, UsageError
from provenance.ingest import IngestResult, examine, ingestion
from provenance.ingest import database as database_module
from provenance.models import Keep, Signal
from tests.ingest.samples import HAIKU, LANGUAGES, SWANN, TIMES, WHALE, filled, tokens_of, words


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    with Database.open(tmp_path / "db", create=True) as opened:
        yield opened


def found(database: Database, text: str) -> list[str]:
    """The ids of all works that a text repeats, before exemptions and policy."""
    passages = Checker(database).check(text, passages=True).passages
    assert passages is not None
    return sorted({source.work.id for passage in passages for source in passage.sources})


def counts(result: IngestResult) -> tuple[int, int, int]:
    return result.added, result.replaced, result.unchanged


def segments(database: Database) -> list[str]:
    return sorted(path.name for path in (database.folder / "segments").iterdir())


def test_the_result(database: Database) -> None:
    """The result counts works, tokens and characters, and carries the new generation."""
    result = database.ingest([Document(text=TIMES, licence="MIT"), Document(text=HAIKU), Document(text="  ", id="x")])
    (problem,) = result.problems
    assert str(problem) == "x: the text is empty; passed over"
    tokens = len(tokens_of(TIMES)) + len(tokens_of(HAIKU))
    expected = IngestResult(
        added=2, replaced=0, unchanged=0, tokens=tokens, characters=len(TIMES) + len(HAIKU), generation=1,
        problems=(problem,), warnings=(),
    )  # fmt: skip
    assert result == expected


def test_the_same_work_again_changes_nothing(database: Database) -> None:
    """Ingesting a second time is an update without a new index file, and every work is found once."""
    documents = [Document(text=TIMES, id="t"), Document(text=HAIKU, id="h"), Document(text=WHALE)]
    assert counts(database.ingest(documents)) == (3, 0, 0)
    before = segments(database)
    assert counts(database.ingest(documents)) == (0, 0, 3)
    assert segments(database) == before
    assert found(database, TIMES) == ["t"]
    assert found(database, HAIKU) == ["h"]
    assert database.snapshot().state.works == 3


@pytest.mark.parametrize(("old", "new"), [(TIMES, WHALE), (HAIKU, WHALE), (TIMES, HAIKU)])
def test_a_work_under_the_same_id_is_replaced(database: Database, old: str, new: str) -> None:
    """After a new edition the old text is no longer found and the new one is, long or short."""
    assert counts(database.ingest(Document(text=old, id="w", title="Old"))) == (1, 0, 0)
    assert counts(database.ingest(Document(text=new, id="w", title="New"))) == (0, 1, 0)
    assert (found(database, old), found(database, new)) == ([], ["w"])
    assert [work.title for work in database.catalogue.search()] == ["New"]
    assert counts(database.ingest(Document(text=old, id="w"))) == (0, 1, 0)
    assert (found(database, old), found(database, new)) == (["w"], [])


def test_the_source_is_the_name_of_a_work_without_an_id(database: Database) -> None:
    """Without an id the source stands for the work: the same source again replaces it."""
    database.ingest(Document(text=TIMES, source="https://e.org/1"))
    assert counts(database.ingest(Document(text=WHALE, source="https://e.org/1"))) == (0, 1, 0)
    assert (found(database, TIMES), found(database, WHALE)) == ([], ["https://e.org/1"])


def test_the_same_content_from_another_source_is_another_source(database: Database) -> None:
    """One passage then has two sources, and the text is stored once."""
    database.ingest([Document(text=TIMES, id="a"), Document(text=HAIKU, id="c")])
    before = segments(database)
    database.ingest([Document(text=TIMES, id="b"), Document(text=HAIKU, id="d")])
    assert segments(database) == before
    assert (found(database, TIMES), found(database, HAIKU)) == (["a", "b"], ["c", "d"])
    database.withdraw(database.find_work("a"))
    assert found(database, TIMES) == ["b"]


def test_chapters_that_name_one_source_do_not_replace_each_other(database: Database) -> None:
    """Documents without an id that share a source are numbered, the same way each time."""
    chapters = [Document(text=text, source="https://e.org/book") for text in LANGUAGES.values()]
    assert counts(database.ingest(chapters)) == (6, 0, 0)
    assert counts(database.ingest(chapters)) == (0, 0, 6)
    ids = sorted(work.id for work in database.catalogue.search())
    assert ids == ["https://e.org/book", *(f"https://e.org/book#{number}" for number in range(2, 7))]


def test_the_same_text_twice_without_a_name_is_one_work(database: Database) -> None:
    """In one run as in two, a nameless text is known by its content."""
    assert counts(database.ingest([Document(text=TIMES), Document(text=TIMES)])) == (1, 0, 0)
    assert counts(database.ingest(Document(text=TIMES))) == (0, 0, 1)


def test_one_id_twice_in_a_run_is_warned_of(database: Database) -> None:
    """The later document counts, and a warning names both places."""
    result = database.ingest([Document(text=TIMES, id="x", place="a:1"), Document(text=WHALE, id="x", place="a:2")])
    assert result.warnings == ("a:1 and a:2 have the same id 'x'; the later one counts",)
    assert (found(database, TIMES), found(database, WHALE)) == ([], ["x"])


def test_the_same_id_in_another_collection_is_another_work(database: Database) -> None:
    """An id is unique in its collection only."""
    database.ingest([Document(text=TIMES, id="x", collection="a"), Document(text=WHALE, id="x", collection="b")])
    assert database.snapshot().state.works == 2


def test_an_unknown_licence_is_kept_as_given(database: Database) -> None:
    """It is stored as it stands, with the status unknown and a warning that says how to put it right."""
    result = database.ingest(Document(text=TIMES, id="x", licence="Do What Thou Wilt", place="b.jsonl:7"))
    (warning,) = result.warnings
    assert warning.startswith("b.jsonl:7: the licence 'Do What Thou Wilt' is kept with the status unknown, because")
    (work,) = database.catalogue.search()
    assert (work.status, work.licence) == ("unknown", "Do What Thou Wilt")


def test_a_reservation_is_recorded_and_is_no_licence(database: Database) -> None:
    """A signal seen at the source is kept beside the work, whose licence stays unknown."""
    signal = Signal(kind="tdmrep", value="1", url="https://e.org/tdmrep.json")
    database.ingest(Document(text=TIMES, id="x", signals=(signal,)))
    (work,) = database.catalogue.search()
    assert (work.status, work.licence) == ("unknown", None)
    assert [(s.kind, s.value) for s in database.catalogue.signals(work.key)] == [("tdmrep", "1")]


@pytest.mark.parametrize(
    ("document", "message"),
    [
        (Document(text=""), "document: the text is empty; passed over"),
        (Document(text=" \n\u3000", title="T"), "T: the text is empty; passed over"),
        (Document(text="…!?", id="d"), "d: there is no word in it that could be matched; passed over"),
        (Document(text="a\0b", id="d"), "d: text has a NUL character at 1; a text has none, so this is passed over"),
        (Document(text="word", id="d", title="\0"),
         "d: title has a NUL character at 0; a text has none, so this is passed over"),
        (Document(text="word", id="d", authors=("a", "b\0")),
         "d: authors has a NUL character at 3; a text has none, so this is passed over"),
    ],
)  # fmt: skip
def test_a_document_that_cannot_be_used(database: Database, document: Document, message: str) -> None:
    """It is passed over with one line that names it; the others are taken in."""
    result = database.ingest([document, InputError("elsewhere", place="p"), Document(text=TIMES, id="t")])
    assert sorted(map(str, result.problems)) == sorted([message, "p: elsewhere"])
    assert (result.added, found(database, TIMES)) == (1, ["t"])


def test_lone_surrogates_anywhere(database: Database) -> None:
    """Half characters in text and metadata from a program neither stop an ingest nor break a match."""
    odd = "\ud800"
    database.ingest([
        Document(text=f"{TIMES} {odd} {WHALE}", id=f"i{odd}", title=odd, authors=(odd,), source=odd, licence=odd,
                 copyright=odd, notice=odd, language=odd, collection=odd, place=odd),
        Document(text=f"{HAIKU} {odd} short", id="h", signals=(Signal(kind=odd, value=odd),)),
    ])  # fmt: skip
    report = Checker(database).check(f"{odd}{WHALE}{odd}")
    (finding,) = report.findings
    assert (finding.start, finding.end) == (1, len(WHALE))
    for format_ in ("json", "html", "markdown", "text", "terminal"):
        assert report.render(format_).encode("utf-8")
    assert found(database, f"{HAIKU} short") == ["h"]


def test_more_may_be_kept_later(database: Database) -> None:
    """Ingesting with more kept indexes the text anew; with less it stays as it is."""
    work = Document(text=TIMES, id="t")
    levels = []
    for keep in ("tokens", Keep.TEXT, "tokens"):
        database.ingest(work, keep=keep)
        (passage,) = Checker(database).check(TIMES, passages=True).passages or ()
        levels.append((passage.sources[0].work.keep.value, passage.sources[0].start))
    assert levels == [("tokens", None), ("text", 0), ("text", 0)]


def test_keep_tokens_keeps_no_text(database: Database) -> None:
    """With keep=tokens no word of a long or short work is in any file of the database."""
    database.ingest(
        [Document(text=words(10, 60), id="l"), Document(text="quixotic zephyr jabberwock", id="s")], keep="tokens"
    )
    database.close()
    for path in database.folder.rglob("*"):
        data = path.read_bytes() if path.is_file() else b""
        assert b"zq1" not in data
        assert b"zephyr" not in data


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"keep": "everything"}, "keep is 'everything'; it must be one of fingerprints, tokens, text"),
        ({"keep": "fingerprints"},
         "keep=fingerprints is not supported yet; use tokens (no readable text is kept) or text"),
        ({"workers": 0}, "workers is 0; it must be 1 or more"),
    ],
)  # fmt: skip
def test_options_that_cannot_be_meant(database: Database, options: dict[str, object], message: str) -> None:
    """A wrong option is a usage error, and nothing is changed."""
    with pytest.raises(UsageError) as caught:
        database.ingest(Document(text=TIMES), **options)  # type: ignore[arg-type]
    assert str(caught.value) == message
    assert (database.catalogue.generation(), segments(database)) == (0, [])


def test_progress_is_told(database: Database) -> None:
    """After each document the characters and works so far are passed on."""
    told: list[tuple[int, int]] = []
    database.ingest([Document(text=TIMES), Document(text=HAIKU)], progress=lambda *done: told.append(done))
    assert told == [(len(TIMES), 1), (len(TIMES) + len(HAIKU), 2)]


def test_nothing_to_ingest_changes_nothing(database: Database) -> None:
    """An empty run does not raise the generation."""
    assert (counts(database.ingest([])), database.catalogue.generation()) == ((0, 0, 0), 0)


def library() -> list[Document]:
    named = [Document(text=text, id=name, licence="MIT") for name, text in LANGUAGES.items()]
    others = [Document(text=words(number * 40, 40), id=f"w{number}") for number in range(6)]
    return [*named, Document(text=HAIKU, id="haiku"), Document(text=WHALE, id="again"), *others]


def reports(database: Database) -> list[dict[str, object]]:
    """What checks of several texts find, without what may differ between runs."""
    texts = [" ".join([*LANGUAGES.values(), HAIKU]), words(30, 60), words(200, 100), SWANN]
    found = [Checker(database).check(text, passages=True).to_dict() for text in texts]
    return [{key: report[key] for key in ("text", "findings", "exempt", "passages")} for report in found]


@pytest.mark.parametrize("workers", [1, 2])
def test_many_segments_give_the_same_reports_as_one(tmp_path: Path, monkeypatch, workers: int) -> None:
    """How works are spread over segments, and who built them, cannot be seen in a report."""
    with filled(tmp_path / "one", *library()) as one:
        expected = reports(one)
        assert len(segments(one)) == 1
    monkeypatch.setattr(ingestion, "BATCH_WORKS", 3)
    with Database.open(tmp_path / "many", create=True) as many:
        many.ingest(library(), workers=workers)
        assert len(segments(many)) == 5
        assert reports(many) == expected


def test_batches_are_cut_by_characters_too(database: Database, monkeypatch) -> None:
    """A batch ends when it has enough characters."""
    monkeypatch.setattr(ingestion, "BATCH_CHARACTERS", 300)
    database.ingest([Document(text=words(n * 40, 40), id=str(n)) for n in range(6)])
    assert len(segments(database)) > 1


class StoppedError(Exception):
    pass


def documents_that_stop() -> Iterator[Document]:
    yield Document(text=TIMES, id="new")
    yield Document(text=WHALE, id="newer")
    raise StoppedError


def test_a_failure_in_the_middle_changes_nothing(database: Database, monkeypatch) -> None:
    """If the documents' source fails, what had been built is removed and the database is as it was."""
    database.ingest(Document(text=SWANN, id="old"))
    before = segments(database)
    monkeypatch.setattr(ingestion, "BATCH_WORKS", 1)
    with pytest.raises(StoppedError):
        database.ingest(documents_that_stop())
    assert (segments(database), database.catalogue.generation()) == (before, 1)
    assert (found(database, TIMES), found(database, SWANN)) == ([], ["old"])


def test_an_error_after_the_commit_loses_nothing(database: Database, monkeypatch) -> None:
    """If the commit went through and the answer was lost, the committed files stay."""
    commit = database.catalogue.commit

    def interrupted(batch):  # type: ignore[no-untyped-def]
        commit(batch)
        raise KeyboardInterrupt

    monkeypatch.setattr(database.catalogue, "commit", interrupted)
    with pytest.raises(KeyboardInterrupt):
        database.ingest(Document(text=TIMES, id="t"))
    assert found(database, TIMES) == ["t"]
    assert [trouble for _, trouble in examine(database.folder) if trouble] == []


def _die(*_: object) -> None:
    import os

    os._exit(1)


def test_a_worker_that_dies_is_named_as_the_cause(database: Database, monkeypatch) -> None:
    """When a worker process is killed the ingest ends with a remedy, and nothing is changed."""
    monkeypatch.setattr(ingestion, "BATCH_WORKS", 1)
    monkeypatch.setattr("provenance.ingest.building._build", _die)
    with pytest.raises(DatabaseError, match="a worker process died while it built a segment; nothing was changed: "):
        database.ingest([Document(text=TIMES), Document(text=WHALE)], workers=2)
    assert (database.catalogue.generation(), segments(database)) == (0, [])


def test_a_second_writer_waits_and_then_gives_up(database: Database, monkeypatch) -> None:
    """Only one process writes; another one is told which, and the first goes on undisturbed."""
    monkeypatch.setattr(database_module, "WAIT_SECONDS", 0)
    with database.writing(), Database.open(database.folder) as other:
        for change in (lambda: other.ingest(Document(text=TIMES)), lambda: other.withdraw(None)):  # type: ignore[arg-type]
            with pytest.raises(DatabaseBusyError, match=r"is being written by process \d+; wait until it is done"):
                change()
    assert database.ingest(Document(text=TIMES)).added == 1


def test_left_over_files_go_with_the_next_change(database: Database) -> None:
    """Files that the catalogue does not name are no part of the database."""
    database.ingest(Document(text=TIMES, id="t"))
    live = segments(database)
    for name in ("0123.seg", "4567.building"):
        (database.folder / "segments" / name).write_bytes(b"half")
    assert found(database, TIMES) == ["t"]
    database.ingest(Document(text=HAIKU))
    assert segments(database) == live


def test_read_only(tmp_path: Path) -> None:
    """A database opened for reading refuses every change."""
    filled(tmp_path / "db", Document(text=TIMES, id="t")).close()
    with Database.open(tmp_path / "db", read_only=True) as database:
        assert found(database, TIMES) == ["t"]
        for change in (
            lambda: database.ingest(Document(text=WHALE)),
            lambda: database.withdraw(database.find_work("t")),
        ):
            with pytest.raises(DatabaseError, match="is read-only: open a copy in a folder that can be written"):
                change()


def test_a_database_whose_catalogue_is_gone_is_not_overwritten(tmp_path: Path) -> None:
    """Index files without a catalogue may belong to one on a server: they are never taken for left-overs."""
    filled(tmp_path / "db", Document(text=TIMES)).close()
    for path in (tmp_path / "db").glob("catalogue.sqlite*"):
        path.unlink()
    (segment,) = (tmp_path / "db" / "segments").iterdir()
    with pytest.raises(DatabaseNotFoundError, match=r"has index files, but no catalogue\.sqlite that says which works"):
        Database.open(tmp_path / "db", create=True)
    assert segment.exists()


def test_a_folder_of_other_things_is_left_alone(tmp_path: Path) -> None:
    """A database is made in an empty or new folder only."""
    (tmp_path / "file.txt").write_text("mine")
    with pytest.raises(DatabaseNotFoundError, match="is not empty and no provenance database; name an empty or new"):
        Database.open(tmp_path, create=True)
    with pytest.raises(
        DatabaseNotFoundError, match=r"file\.txt is a file, not a provenance database \(which is a folder\)"
    ):
        Database.open(tmp_path / "file.txt", create=True)
    assert [path.name for path in tmp_path.iterdir()] == ["file.txt"]


def _ingest_whale(folder: Path) -> None:
    with Database.open(folder) as database:
        database.ingest(Document(text=WHALE, id="w"))


def test_what_another_process_ingests_is_seen_at_the_next_check(database: Database) -> None:
    """A checker that is open finds works that another process has committed in the meantime."""
    checker = Checker(database)
    assert checker.check(WHALE).coverage.works == 0
    process = multiprocessing.get_context("spawn").Process(target=_ingest_whale, args=(database.folder,))
    process.start()
    process.join()
    report = checker.check(WHALE)
    assert (len(report.findings), report.coverage.works, report.coverage.generation) == (1, 1, 1)


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from((TIMES, WHALE, HAIKU)), st.booleans()), max_size=8))
def test_a_database_is_what_was_last_said_of_each_id(tmp_path_factory, steps: list[tuple[str, str, bool]]) -> None:
    """After any ingests and withdrawals exactly the works that are left are found, each by its present text."""
    expected: dict[str, str] = {}
    with Database.open(tmp_path_factory.mktemp("steps") / "db", create=True) as database:
        for name, text, stays in steps:
            if stays:
                database.ingest(Document(text=text, id=name))
                expected[name] = text
            elif name in expected:
                database.withdraw(database.find_work(name))
                del expected[name]
        for text in (TIMES, WHALE, HAIKU):
            assert found(database, text) == sorted(name for name, held in expected.items() if held == text)
        assert database.snapshot().state.works == len(expected)
        assert [trouble for _, trouble in examine(database.folder) if trouble] == []
