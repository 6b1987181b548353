"""Reads Parquet tables, one work a row; needs the extra `parquet`.

Only the columns that `records` understands are read, a batch at a time. A row that cannot be used is reported with its
number and the next one is read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from provenance.errors import InputError
from provenance.hookspecs import Reader, hookimpl
from provenance.works import Document
from provenance_plugins.readers._damage import damaged
from provenance_plugins.readers._extras import missing
from provenance_plugins.readers._input import open_regular, place_of
from provenance_plugins.readers._tables import ROWS, columns_of, document_of

if TYPE_CHECKING:
    from pyarrow import RecordBatch
    from pyarrow.parquet import ParquetFile


@hookimpl
def provenance_register_readers(register: Callable[[Reader], None]) -> None:
    """Register the reader for Parquet files."""
    register(Reader(name="parquet", suffixes=(".parquet",), read=read))


def read(path: Path) -> Iterator[Document | InputError]:
    """Yield a document for each usable row, and an error for each other one."""
    place = place_of(path)
    try:
        from pyarrow import parquet  # noqa: PLC0415 - an extra of 170 MB
    except ImportError:
        yield missing("Parquet", "pyarrow", "parquet", place=place)
        return
    number = 0
    try:
        with open_regular(path) as raw, parquet.ParquetFile(raw) as table:
            for number, (batch, position) in enumerate(_rows(table, place), 1):
                yield document_of(batch, position, place=f"{place}:row {number}", folder=path.parent)
    except InputError as error:
        yield error
    except Exception as error:  # pyarrow promises no set of errors for damaged files
        yield damaged(f"not Parquet, or damaged after row {number}", error, place=place)


def _rows(table: ParquetFile, place: str) -> Iterator[tuple[RecordBatch, int]]:
    """Yield each row as a batch and a position in it.

    Raises:
        InputError: there are no rows, fewer than the table says, or no column that holds the text.
    """
    names = set(table.schema_arrow.names)
    columns = columns_of(names, place)
    if table.metadata.num_rows == 0:
        raise InputError("empty: holds no rows; nothing to ingest", place=place)
    count = 0
    for batch in table.iter_batches(batch_size=ROWS, columns=columns):
        count += batch.num_rows
        for position in range(batch.num_rows):
            yield batch, position
    if count < table.metadata.num_rows:  # the pages of a column end early, which pyarrow takes for its end
        message = f"damaged: holds {count:,} of the {table.metadata.num_rows:,} rows that it says; fetch it again"
        raise InputError(message, place=place)
