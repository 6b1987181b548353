"""Reading Parquet: the same fields as JSON Lines, each bad row an error with its number."""

from __future__ import annotations

import os
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from provenance.works import Document, Signal
from provenance_plugins.readers import parquet

pa = pytest.importorskip("pyarrow", reason="the extra `parquet` is not installed")
pq = pytest.importorskip("pyarrow.parquet")


def written(folder: Path, rows: list[dict[str, Any]], **types: Any) -> Path:
    path = folder / "w.parquet"
    table = pa.Table.from_pylist(rows)
    for name, kind in types.items():
        position = table.schema.get_field_index(name)
        table = table.set_column(position, name, table.column(name).cast(kind))
    pq.write_table(table, path, row_group_size=3)
    return path


def test_rows_are_works_with_all_their_fields(tmp_path: Path) -> None:
    """Lists, nested metadata, dates and numbers of every width land where JSON's do."""
    seen = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    row = {
        "id": 7, "text": "Call me Ishmael.", "authors": ["Herman Melville", None], "year": 1851, "quality": 0.5,
        "metadata": {"license": "CC-BY-4.0", "url": "https://a.example"}, "source": "books",
        "signals": [{"kind": "tdmrep", "value": "1", "observed_at": seen}],
    }  # fmt: skip
    path = written(tmp_path, [row], year=pa.int16())
    assert list(parquet.read(path)) == [
        Document(
            text="Call me Ishmael.",
            id="7",
            authors=("Herman Melville",),
            year=1851,
            source="https://a.example",
            licence="CC-BY-4.0",
            signals=(Signal(kind="tdmrep", value="1", observed_at=seen),),
            place=f"{path}:row 1",
        )
    ]


def test_a_bad_row_is_reported_with_its_number_and_the_next_is_read(tmp_path: Path) -> None:
    """Rows are counted through batches and row groups, and a bad value costs its row only."""
    rows: list[dict[str, Any]] = [{"text": f"text {number}", "licence": "MIT"} for number in range(1, 201)]
    rows[6] = {"text": None, "licence": "MIT"}
    rows[150] = {"text": "nul\0", "licence": "MIT"}
    path = written(tmp_path, rows)
    items = list(parquet.read(path))
    assert str(items.pop(150)) == f"{path}:row 151: 'text' holds a NUL at character 3; leave it out"
    assert str(items.pop(6)).startswith(f"{path}:row 7: no 'text'; each record needs")
    expected = [number for number in range(1, 201) if number not in {7, 151}]
    assert items == [Document(text=f"text {n}", licence="MIT", place=f"{path}:row {n}") for n in expected]


def test_a_string_that_is_not_utf8_costs_its_row(tmp_path: Path) -> None:
    """Damaged strings are reported one by one."""
    raw = pa.array([b"one", b"caf\xe9", b"three"], pa.binary())
    text = pa.StringArray.from_buffers(3, raw.buffers()[1], raw.buffers()[2])
    path = tmp_path / "w.parquet"
    pq.write_table(pa.table({"text": text}), path)
    first, second, third = parquet.read(path)
    assert (first, third) == (
        Document(text="one", place=f"{path}:row 1"),
        Document(text="three", place=f"{path}:row 3"),
    )
    assert str(second).startswith(f"{path}:row 2: a value that cannot be read ('utf-8' codec can't decode byte 0xe9")


def test_a_path_column_is_looked_up_beside_the_file(tmp_path: Path) -> None:
    """The same rule as in JSON Lines holds for files beside the table."""
    (tmp_path / "a.txt").write_text("from the file")
    path = written(tmp_path, [{"path": "a.txt"}, {"path": "/etc/passwd"}])
    first, second = parquet.read(path)
    assert first == Document(text="from the file", place=f"{path}:row 1")
    assert str(second) == (f"{path}:row 2: 'path' '/etc/passwd' must be relative to the dataset's folder, without '..'")


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([{"words": "x", "b": 1}], "no column 'text' among ['b', 'words']; rename the one that holds it"),
        ([], "no column 'text' among []; rename the one that holds it"),
    ],
)
def test_a_table_without_a_text_column_is_reported(tmp_path: Path, rows: list[dict[str, Any]], message: str) -> None:
    """The columns that are there are named, so that it is clear which to rename."""
    path = written(tmp_path, rows)
    assert [str(item) for item in parquet.read(path)] == [f"{path}: {message}"]


def test_a_table_without_rows_is_reported(tmp_path: Path) -> None:
    """An empty dataset is told rather than passed over."""
    path = tmp_path / "w.parquet"
    pq.write_table(pa.table({"text": pa.array([], pa.string())}), path)
    assert [str(item) for item in parquet.read(path)] == [f"{path}: empty: holds no rows; nothing to ingest"]


def test_what_is_no_parquet_or_damaged_is_reported(tmp_path: Path) -> None:
    """Bytes that are no table, a cut file and a damaged page are one error each, after the rows before it."""
    path = written(tmp_path, [{"text": f"text {number} " * 50} for number in range(300)])
    whole = path.read_bytes()
    damaged = bytearray(whole)
    damaged[len(whole) // 2 : len(whole) // 2 + 2000] = b"\xff" * 2000
    for data in (b"not a table", b"", whole[: len(whole) // 2], bytes(damaged)):
        path.write_bytes(data)
        *works, error = parquet.read(path)
        assert all(isinstance(work, Document) for work in works)
        assert str(error).startswith(f"{path}: not Parquet, or damaged after row {len(works)} (")
    assert works


def test_a_file_that_cannot_be_opened_is_reported(tmp_path: Path) -> None:
    """A FIFO or a missing file is one error and no wait."""
    os.mkfifo(tmp_path / "fifo.parquet")
    places = [str(item) for name in ("fifo", "gone") for item in parquet.read(tmp_path / f"{name}.parquet")]
    assert places == [
        f"{tmp_path}/fifo.parquet: not a regular file; give a file that holds text",
        f"{tmp_path}/gone.parquet: cannot be read (No such file or directory); check its name and permissions",
    ]


def test_without_pyarrow_the_error_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The reader loads without its extra, and tells how to get it when a table comes."""
    path = written(tmp_path, [{"text": "x"}])
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    assert [str(item) for item in parquet.read(path)] == [
        f"{path}: reading Parquet needs pyarrow: pip install 'licence-provenance[parquet]'"
    ]
