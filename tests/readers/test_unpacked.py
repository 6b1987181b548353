"""From a source to documents: folders that are a whole, and what readers unpack."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from provenance.errors import InputError
from provenance.hookspecs import Reader, Unpacked
from provenance.plugins import Plugins
from provenance.sources.read import Declared, documents
from provenance.works import Document
from provenance_plugins.readers import archive as reader_archive
from provenance_plugins.readers import jsonl, text

TEXT = Reader(name="text", suffixes=("",), read=text.read)
ZIP = Reader(name="zip", suffixes=reader_archive.ZIPS, read=reader_archive.read_zip)
JSONL = Reader(name="jsonl", suffixes=(".jsonl",), read=jsonl.read)


def found(source: Path, *readers: Reader, declared: Declared | None = None) -> list[Document | InputError]:
    plugins = Plugins(infos=(), readers=(TEXT, ZIP, JSONL, *readers), renderers={}, judges={})
    return list(documents([source], plugins, declared or Declared()))


def zipped(**members: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, data in members.items():
            archive.writestr(name.replace("__", "/").replace("_", "."), data)
    return file.getvalue()


def test_a_member_is_named_by_the_archive_and_its_path(tmp_path: Path) -> None:
    """Nothing of the temporary folder is in a document; the caller's words hold for members, the archive's name too."""
    path = tmp_path / "a b.zip"
    path.write_bytes(zipped(one__x_txt=b"x", w_jsonl=b'{"text": "y"}\n{"text": "z", "id": "z"}\n'))
    declared = Declared(title="T", authors=("A",), year=1900, licence="MIT")
    items = [item for item in found(path, declared=declared) if isinstance(item, Document)]
    common = {"authors": ("A",), "year": 1900, "collection": "a b.zip", "claims": items[0].claims}
    assert [(claim.licence, claim.basis) for claim in items[0].claims] == [("MIT", "default")]
    assert items == [
        Document(text="x", title="T: one/x.txt", id=f"{path.as_uri()}!/one/x.txt", place=f"{path}:one/x.txt", **common),  # type: ignore[arg-type]
        Document(text="y", title="T", id=f"{path.as_uri()}!/w.jsonl:1", place=f"{path}:w.jsonl:1", **common),  # type: ignore[arg-type]
        Document(text="z", title="T", id="z", place=f"{path}:w.jsonl:2", **common),  # type: ignore[arg-type]
    ]  # fmt: skip


def test_what_cannot_be_read_in_an_archive_has_its_place_there(tmp_path: Path) -> None:
    """A person can find the member again, and the others come."""
    path = tmp_path / "a.zip"
    path.write_bytes(zipped(bad_txt=b"\0", good_txt=b"g"))
    error, work = found(path)
    assert str(error) == f"{path}:bad.txt: binary: NUL at byte 0; leave it out, or save it as UTF-8 if it is text"
    assert work == Document(
        text="g", title="good.txt", id=f"{path.as_uri()}!/good.txt", place=f"{path}:good.txt", collection="a.zip"
    )


def test_an_archive_in_an_archive_is_read_and_one_in_that_is_not(tmp_path: Path) -> None:
    """Depth is bounded, so that archives cannot multiply for ever."""
    path = tmp_path / "a.zip"
    inner = zipped(x_txt=b"x", c_zip=zipped(y_txt=b"y"))
    path.write_bytes(zipped(b_zip=inner))
    error, work = found(path)
    assert str(error) == f"{path}:b.zip:c.zip: packed more than 2 times over; unpack it yourself"
    assert work == Document(
        text="x", title="x.txt", id=f"{path.as_uri()}!/b.zip!/x.txt", place=f"{path}:b.zip:x.txt", collection="a.zip"
    )  # fmt: skip


def whole(inside: Path, **said: object) -> Reader:
    """A reader of folders with a file `mark` that hands out another folder."""

    def read(path: Path) -> Iterator[Document | InputError | Unpacked]:
        yield Unpacked(folder=inside, **said)  # type: ignore[arg-type]

    return Reader(name="whole", suffixes=(), read=read, folder_markers=(("sub/mark",),))


def test_a_folder_with_the_mark_goes_to_its_reader(tmp_path: Path) -> None:
    """The walk does not enter it; what the reader says of the whole goes before the caller's words for its files."""
    for name in ("in/a b.txt", "src/w/sub/mark", "src/w/other.txt", "src/z.txt"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(name)
    said = {"id": "w#", "source": "https://w.example/", "title": "W", "authors": ("B",), "year": 1, "licence": "MIT",
            "declarations": (("a", "b"),)}  # fmt: skip
    declared = Declared(title="T", authors=("A",), year=2, licence="0BSD", source="https://a.example")
    place = f"{tmp_path}/src/w:a b.txt"
    items = found(tmp_path / "src", whole(tmp_path / "in", **said), declared=declared)
    assert [item.claims[0].licence for item in items if isinstance(item, Document)] == ["0BSD", "0BSD"]
    assert [replace(item, claims=()) for item in items if isinstance(item, Document)] == [
        Document(
            text="in/a b.txt", title="W: a b.txt", id="w#a%20b.txt", source="https://w.example/a%20b.txt",
            authors=("B",), year=1, licence="MIT", declarations=(("a", "b"),), place=place, collection="src",
        ),
        Document(
            text="src/z.txt", title="T: z.txt", id=f"{tmp_path.as_uri()}/src/z.txt", source="https://a.example",
            authors=("A",), year=2, place=f"{tmp_path}/src/z.txt", collection="src",
        ),
    ]  # fmt: skip


def test_a_mark_by_way_of_a_link_is_none(tmp_path: Path) -> None:
    """A link could make any folder look like a whole, and lead anywhere."""
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere/mark").write_text("x")
    (tmp_path / "src").mkdir()
    (tmp_path / "src/a.txt").write_text("a")
    (tmp_path / "src/sub").symlink_to("../elsewhere")
    assert [getattr(item, "text", None) for item in found(tmp_path / "src", whole(tmp_path))] == ["a", None]


def test_names_do_not_depend_on_where_one_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file, folder, archive or record has one collection and id, however its path is written; another has others."""
    for name in ("real/src/a.txt", "real/src/sub/b.txt"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(name)
    (tmp_path / "real/c.zip").write_bytes(zipped(x_txt=b"x"))
    (tmp_path / "real/r.jsonl").write_text('{"text": "r"}\n{"text": "s", "collection": "theirs"}')
    (tmp_path / "link").symlink_to("real")

    def names(*sources: str) -> list[tuple[str, str]]:
        items = [item for source in sources for item in found(Path(source))]
        return [(item.collection, item.id or "") for item in items if isinstance(item, Document)]

    monkeypatch.chdir(tmp_path)
    base = (tmp_path / "real").as_uri()
    expected = [
        ("src", f"{base}/src/a.txt"), ("src", f"{base}/src/sub/b.txt"), ("c.zip", f"{base}/c.zip!/x.txt"),
        ("r.jsonl", f"{base}/r.jsonl:1"), ("r.jsonl", f"{base}/r.jsonl:2"),
    ]  # fmt: skip
    assert names("real/src", "real/c.zip", "real/r.jsonl") == expected
    assert names(*(str(tmp_path / "real" / name) for name in ("src", "c.zip", "r.jsonl"))) == expected
    assert names("link/src/", "real/../link/c.zip", "./link/r.jsonl") == expected
    monkeypatch.chdir(tmp_path / "real/src/sub")
    assert names("..", "../../c.zip", "../../../link/r.jsonl") == expected
    monkeypatch.chdir(tmp_path / "real/src")
    assert names(".", "../c.zip", "../r.jsonl") == expected
    assert names("a.txt") == [("a.txt", f"{base}/src/a.txt")]


def test_the_operator_names_the_collection_and_the_record_only_labels(tmp_path: Path) -> None:
    """What a record says of its collection decides nothing; --collection does."""
    (tmp_path / "r.jsonl").write_text('{"text": "r", "id": "1", "collection": "A"}')
    for said, collection in ((None, "r.jsonl"), ("B", "B")):
        (work,) = found(tmp_path / "r.jsonl", declared=Declared(collection=said))
        assert isinstance(work, Document)
        assert (work.collection, work.label, work.id) == (collection, "A", "1")
