"""Documents that cannot be used, options, and how much is kept."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from provenance import Checker, Database, Document
from provenance.errors import InputError, UsageError
from provenance.plugins import get_plugin_manager
from provenance.sources import Declared, documents
from provenance.works import Keep, Signal
from tests.database.samples import HAIKU, MOTTO, TIMES, WHALE, everything_in, found, segments, words


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


def test_as_much_is_kept_as_was_last_asked_for(database: Database) -> None:
    """Ingesting with more or less kept indexes the text anew, and what was kept before goes with compaction."""
    works = [Document(text=TIMES, id="t"), Document(text=MOTTO, id="m")]
    levels = []
    for keep in ("tokens", Keep.TEXT, "fingerprints", "fingerprints"):
        result = database.ingest(works, keep=keep)
        (passage,) = Checker(database).check(TIMES, passages=True).passages or ()
        levels.append((passage.sources[0].work.keep.value, passage.sources[0].start, result.unchanged))
    assert levels == [("tokens", None, 0), ("text", 0, 2), ("fingerprints", None, 2), ("fingerprints", None, 2)]
    database.compact()
    (segment,) = database.snapshot().segments.values()
    assert segment.footer.keep is Keep.FINGERPRINTS


@pytest.mark.parametrize("keep", Keep)
def test_only_keep_text_keeps_text(database: Database, keep: Keep) -> None:
    """Words of a long and of a short work are in some file of the database, once unpacked, or else in none."""
    database.ingest(
        [Document(text=words(10, 60), id="l"), Document(text="quixotic zephyr jabberwock", id="s")], keep=keep
    )
    database.close()
    data = everything_in(database.folder)
    kept = [word in data for word in (b"zq10", b"zq35", b"zq69", b"quixotic", b"zephyr", b"jabberwock")]
    assert kept == [keep is Keep.TEXT] * 6


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"keep": "everything"}, "keep is 'everything'; it must be one of fingerprints, tokens, text"),
        ({"workers": 0}, "workers is 0; it must be 1 or more"),
    ],
)  # fmt: skip
def test_options_that_cannot_be_meant(database: Database, options: dict[str, object], message: str) -> None:
    """A wrong option is a usage error, and nothing is changed."""
    with pytest.raises(UsageError) as caught:
        database.ingest(Document(text=TIMES), **options)  # type: ignore[arg-type]
    assert str(caught.value) == message
    assert (database.catalogue.revision(), segments(database)) == (0, [])


def test_progress_is_told(database: Database) -> None:
    """After each document the characters and works so far are passed on."""
    told: list[tuple[int, int]] = []
    database.ingest([Document(text=TIMES), Document(text=HAIKU)], progress=lambda *done: told.append(done))
    assert told == [(len(TIMES), 1), (len(TIMES) + len(HAIKU), 2)]


def test_nothing_to_ingest_changes_nothing(database: Database) -> None:
    """An empty run does not raise the revision."""
    assert (database.ingest([]).added, database.catalogue.revision()) == (0, 0)


def test_a_vendor_folder_counts_below_the_ingested_one(tmp_path: Path) -> None:
    """A project that is itself kept in a folder called vendor is no copy; what it keeps in one is."""
    root = tmp_path / "vendor" / "kettle"
    for name in ("pot.py", "pot/Externals/lid.py", "deps/spout.py", "module_utils.py"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(words(0, 30))
    with zipfile.ZipFile(tmp_path / "packed.zip", "w") as packed:
        packed.writestr("a/3rdparty/b.txt", words(0, 30))
        packed.writestr("a/b.txt", words(0, 30))
    sources = [root, root / "pot.py", tmp_path / "packed.zip"]
    found = [item for item in documents(sources, get_plugin_manager(), Declared()) if isinstance(item, Document)]
    carried = [(str(item.source_id).rpartition("/")[2], item.is_carried) for item in found]
    assert sorted(carried) == [
        ("b.txt", False), ("b.txt", True), ("lid.py", True), ("module_utils.py", False), ("pot.py", False),
        ("pot.py", False), ("spout.py", True),
    ]  # fmt: skip
