"""Ingesting: what is the same work, and what replaces what."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from provenance import Checker, Database, Document
from provenance.database import IngestResult
from provenance.reports import Quote
from provenance.works import Basis, Claim, LicenceStatus, Role, Signal
from tests.database.samples import HAIKU, LANGUAGES, MOTTO, TIMES, WHALE, filled, found, segments, tokens_of


def counts(result: IngestResult) -> tuple[int, int, int]:
    return result.added, result.replaced, result.unchanged


def test_the_result(database: Database) -> None:
    """The result counts works, tokens and characters, and carries the new revision."""
    result = database.ingest([Document(text=TIMES, licence="MIT"), Document(text=HAIKU), Document(text="  ", id="x")])
    (problem,) = result.problems
    assert str(problem) == "x: the text is empty; passed over"
    tokens = len(tokens_of(TIMES)) + len(tokens_of(HAIKU))
    expected = IngestResult(
        added=2, replaced=0, unchanged=0, tokens=tokens, characters=len(TIMES) + len(HAIKU), revision=1,
        problems=(problem,), warnings=(), licences={"MIT": 1, "unknown": 1},
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


def test_one_id_twice_in_a_run_with_another_text(database: Database) -> None:
    """Both are kept, and a warning names both places and the new id; in another run the id is an update."""
    result = database.ingest([Document(text=TIMES, id="x", place="a:1"), Document(text=WHALE, id="x", place="a:2")])
    assert result.warnings == ("a:2 has the id 'x' of a:1 and another text; both are kept, this one as 'x#2'",)
    assert (found(database, TIMES), found(database, WHALE)) == (["x"], ["x#2"])
    assert counts(database.ingest(Document(text=HAIKU, id="x"))) == (0, 1, 0)
    assert (found(database, TIMES), found(database, HAIKU), found(database, WHALE)) == ([], ["x"], ["x#2"])


def test_the_order_of_texts_with_one_id_decides_nothing(database: Database) -> None:
    """The same source again, also in another order, changes nothing, and a curator's word stays with its text."""
    texts = [
        Document(text=text, id="x", place=place) for text, place in ((TIMES, "a:1"), (WHALE, "a:2"), (HAIKU, "a:3"))
    ]
    database.ingest(texts)
    curated = Claim(status=LicenceStatus.LICENSED, licence="MIT", basis=Basis.CURATED, who="Ann")
    database.catalogue.add_claim(database.find_work("x#2").key, curated)
    for documents in (texts, texts[::-1], [texts[1], texts[2], texts[0]]):
        assert counts(database.ingest(documents)) == (0, 0, 3)
    assert (found(database, TIMES), found(database, WHALE), found(database, HAIKU)) == (["x"], ["x#2"], ["x#3"])
    assert database.find_work("x#2").licence == "MIT"
    assert database.ingest(texts[::-1]).warnings == (
        "a:3 has the id 'x' of a:1 and another text; both are kept, this one as 'x#3'",
        "a:2 has the id 'x' of a:1 and another text; both are kept, this one as 'x#2'",
    )


NAMES = st.sampled_from(["x", "x#2", "x#2#2", None])


def texts_of(database: Database) -> dict[int, bytes]:
    return database.catalogue.content_hashes(work.key for work in database.catalogue.search())


@pytest.mark.slow
@settings(max_examples=25)
@given(st.lists(st.tuples(NAMES, st.sampled_from([TIMES, WHALE, HAIKU, MOTTO])), max_size=8), st.randoms())
def test_no_text_is_lost_to_an_id(said: list[tuple[str | None, str]], random: Random) -> None:
    """Each text of a source is in the database, whatever ids it has; the same source in any order adds none."""
    documents = [Document(text=text, id=name, source="https://e.org") for name, text in said]
    with TemporaryDirectory() as folder, Database.open(Path(folder, "db"), create=True) as database:
        database.ingest(documents)
        before = texts_of(database)
        assert set(before.values()) == {document.content_hash for document in documents}
        random.shuffle(documents)
        database.ingest(documents)
        assert set(texts_of(database).values()) == set(before.values())
        if not {"x#2", "x#2#2"} & {name for name, _ in said}:
            assert texts_of(database) == before


def test_the_same_work_said_twice_has_the_claims_of_both(database: Database) -> None:
    """One text under one id is one work; a second record can dispute its licence, and not replace it."""
    first = Document(text=TIMES, id="x", licence="all-rights-reserved", title="First", place="a:1")
    result = database.ingest([first, replace(first, licence="CC0-1.0", title="Second", place="a:2")])
    assert counts(result) == (1, 0, 0)
    (work,) = database.catalogue.search()
    assert (work.title, work.status, work.licence) == ("First", "conflicting", "all-rights-reserved; CC0-1.0")
    assert counts(database.ingest([first, first])) == (0, 0, 1)
    assert database.find_work("x").status == "all-rights-reserved"


def test_boilerplate_that_nobody_vouches_for(database: Database) -> None:
    """A record's own role is kept, and said to be without effect, once for the whole ingest."""
    works = [Document(text=text, id=text[:3], role=Role.BOILERPLATE) for text in (TIMES, WHALE)]
    assert database.ingest(works).warnings == (
        "2 works call themselves boilerplate, without effect: only the operator may say so. If they are, ingest them "
        "with --trusted (in Python, trusted=True)",
    )
    assert {work.role for work in database.catalogue.search()} == {"boilerplate"}
    assert not [finding for finding in Checker(database).check(TIMES).exempt if finding.reason == "boilerplate"]
    assert database.ingest(works, trusted=True).warnings == ()
    assert [finding.reason for finding in Checker(database).check(TIMES).exempt] == ["boilerplate"]


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
    ("keep", "quoted"), [("text", ("Call me ", "Ishmael", ". Some ye")), ("tokens", None), ("fingerprints", None)]
)
def test_a_work_is_quoted_where_its_text_is_kept(
    tmp_path: Path, keep: str, quoted: tuple[str, str, str] | None
) -> None:
    """A run of tokens comes with what stands around it; a work too short for the index comes whole."""
    with filled(tmp_path / "db", Document(text=WHALE, id="w"), Document(text=MOTTO, id="m"), keep=keep) as database:
        work, motto = database.find_work("w"), database.find_work("m")
        quote, whole = database.quote(work, 2, 3, around=9), database.quote(motto, 0, 1)
        assert quote == (quoted and Quote(prefix=quoted[0], exact=quoted[1], suffix=quoted[2]))
        assert whole == (quoted and Quote(prefix="", exact=MOTTO, suffix=""))
        database.withdraw(work)
        assert database.quote(work, 2, 3) is None
