"""Reading datasets on disk: rows as works, and the dataset's own licence beside theirs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from provenance.errors import InputError
from provenance.plugins import Plugins
from provenance.sources.read import Declared, documents
from provenance.works import Document
from provenance_plugins.readers import dataset
from provenance_plugins.readers import text as reader_text

pa = pytest.importorskip("pyarrow", reason="the extra `datasets` is not installed")


def arrow(path: Path, rows: list[dict[str, Any]], *, indexed: bool = False) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    table = pa.Table.from_pylist(rows)
    make = pa.ipc.new_file if indexed else pa.ipc.new_stream
    with make(str(path), table.schema) as writer:
        writer.write_table(table, max_chunksize=2)
    return path


def saved(folder: Path, rows: list[dict[str, Any]], **info: object) -> Path:
    """A folder as `save_to_disk` writes it."""
    arrow(folder / "data-00000-of-00001.arrow", rows)
    (folder / "dataset_info.json").write_text(json.dumps(info))
    (folder / "state.json").write_text(json.dumps({"_data_files": [{"filename": "../../secret.arrow"}]}))
    return folder


def ingested(source: Path) -> list[Document | InputError]:
    taken: list[dataset.Reader] = []
    dataset.provenance_register_readers(taken.append)
    reader_text.provenance_register_readers(taken.append)
    plugins = Plugins(infos=(), readers=tuple(taken), renderers={}, judges={})
    return list(documents([source], plugins, Declared()))


def test_a_saved_dataset_is_its_rows(tmp_path: Path) -> None:
    """Only the Arrow files are works; a row's licence is its own, and the dataset's is declared beside it."""
    rows = [{"text": "one", "license": "MIT", "n": 1}, {"text": "two", "license": None, "n": 2}, {"text": "", "n": 3}]
    folder = saved(tmp_path / "in/set", rows, license="cc-by-4.0", description="d")
    said, file = (("dataset_info license", "cc-by-4.0"),), "data-00000-of-00001.arrow"
    *works, error = ingested(tmp_path / "in")
    assert works == [
        Document(
            text=text, licence=licence, declarations=said, collection="in", id=f"{folder.as_uri()}:{file}:row {number}",
            place=f"{folder}:{file}:row {number}",
        )
        for number, (text, licence) in enumerate([("one", "MIT"), ("two", None)], 1)
    ]  # fmt: skip
    assert str(error) == f"{folder}:{file}:row 3: 'text' is empty; nothing to ingest"


def test_the_splits_of_a_dataset_are_read_in_order(tmp_path: Path) -> None:
    """Each split is found by looking; what the dataset names, and links, lead nowhere."""
    for split in ("train", "test"):
        saved(tmp_path / "set" / split, [{"text": split}], license=7)
    (tmp_path / "set/dataset_dict.json").write_text('{"splits": ["../../etc"]}')
    arrow(tmp_path / "else/data.arrow", [{"text": "elsewhere"}])
    (tmp_path / "set/zzz").symlink_to("../else")
    found = ingested(tmp_path / "set")
    assert [(item.text, item.place, item.declarations) for item in found if isinstance(item, Document)] == [
        (split, f"{tmp_path}/set:{split}/data-00000-of-00001.arrow:row 1", ()) for split in ("test", "train")
    ]
    assert len(found) == 2


@pytest.mark.parametrize("indexed", [True, False])
def test_an_arrow_file_is_read_by_itself(tmp_path: Path, indexed: bool) -> None:
    """A stream and a file with an index hold the same works; rows are counted through batches."""
    rows = [{"content": f"text {number}"} for number in range(1, 6)]
    path = arrow(tmp_path / "a.arrow", rows, indexed=indexed)
    assert list(dataset.read(path)) == [
        Document(text=f"text {number}", place=f"{path}:row {number}") for number in range(1, 6)
    ]


def test_what_is_no_dataset_or_damaged_is_reported(tmp_path: Path) -> None:
    """Other bytes, a cut file, no rows, no text and no files are one error each, after the rows before it."""
    path = arrow(tmp_path / "a.arrow", [{"text": f"{number}" * 100} for number in range(10)])
    whole = path.read_bytes()
    for data in (b"no dataset", b"", whole[: len(whole) // 2]):
        path.write_bytes(data)
        *works, error = dataset.read(path)
        assert str(error).startswith(f"{path}: not Arrow, or damaged after row {len(works)} (")
    empty = tmp_path / "set"
    empty.mkdir()
    cases = {
        arrow(tmp_path / "b.arrow", [{"words": "x"}]): "no column 'text' among ['words']; rename the one that holds it",
        empty: "empty: a dataset without Arrow files; nothing to ingest",
    }
    for where, message in cases.items():
        assert [str(item) for item in dataset.read(where)] == [f"{where}: {message}"]
    with pa.ipc.new_stream(str(path), pa.schema({"text": pa.string()})):
        pass
    assert [str(item) for item in dataset.read(path)] == [f"{path}: empty: holds no rows; nothing to ingest"]


def test_offsets_that_lead_out_of_the_data_are_never_followed(tmp_path: Path) -> None:
    """A text that claims to be longer than the file is damage, not a look into memory."""
    path = arrow(tmp_path / "a.arrow", [{"text": "abc"}])
    data = path.read_bytes()
    offsets = (0).to_bytes(4, "little") + (3).to_bytes(4, "little")
    assert data.count(offsets) >= 1
    path.write_bytes(data.replace(offsets, (0).to_bytes(4, "little") + (1 << 30).to_bytes(4, "little")))
    (error,) = dataset.read(path)
    assert str(error).startswith(f"{path}: not Arrow, or damaged after row 0 (")


def test_without_pyarrow_the_error_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The reader loads without its extra, and tells how to get it when a dataset comes."""
    monkeypatch.setattr(dataset, "find_spec", lambda name: None)
    (error,) = dataset.read(tmp_path)
    assert str(error) == f"{tmp_path}: reading a dataset needs pyarrow: pip install 'licence-provenance[datasets]'"
