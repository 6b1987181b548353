"""Reader of Parquet tables, one work a row; needs the extra `parquet`.

Only the columns that `_records` understands are read, a batch at a time. A row that cannot be used is reported with its
number, and the next one is read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path

from provenance.errors import InputError
from provenance.hookspecs import Reader, hookimpl
from provenance.works import Document
from provenance_plugins.readers._damage import stop_at_damage
from provenance_plugins.readers._extras import explain_missing_library
from provenance_plugins.readers._input import format_place, open_regular
from provenance_plugins.readers._tables import choose_columns, read_rows

_BATCH = 64  # rows that are in memory at a time: each may hold a whole book


@hookimpl
def provenance_register_readers(register: Callable[[Reader], None]) -> None:
    """Register the reader for Parquet files."""
    register(Reader(name="parquet", suffixes=(".parquet",), read=read))


def read(path: Path) -> Iterator[Document | InputError]:
    """Yield a document for each usable row, and an error for each other one."""
    place = format_place(path)
    if find_spec("pyarrow") is None:
        yield explain_missing_library("Parquet", "pyarrow", "parquet", place=place)
    else:
        yield from stop_at_damage(_read_table(path, place), "not Parquet, or damaged after row {}", place=place)


def _read_table(path: Path, place: str) -> Iterator[Document | InputError]:
    """Yield the rows of a table.

    Raises:
        InputError: the table is empty, has fewer rows than it says, or lacks a column that holds the text.
    """
    from pyarrow import parquet  # noqa: PLC0415 - an extra of 170 MB

    with open_regular(path) as raw, parquet.ParquetFile(raw) as table:
        columns = choose_columns(table.schema_arrow.names, place)
        total = table.metadata.num_rows
        if total == 0:
            raise InputError("empty: holds no rows; nothing to ingest", place=place)
        count = 0
        for batch in table.iter_batches(batch_size=_BATCH, columns=columns):
            yield from read_rows(batch, count, place=place, folder=path.parent)
            count += batch.num_rows
        if count < total:  # the pages of a column end early, which pyarrow takes for its end
            message = f"damaged: holds {count:,} of the {total:,} rows that it says; fetch it again"
            raise InputError(message, place=place)
