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
from provenance.models import Document
from provenance_plugins.files import open_regular, place_of
from provenance_plugins.records import COLUMNS, to_document

if TYPE_CHECKING:
    from pyarrow import RecordBatch
    from pyarrow.parquet import ParquetFile

_ROWS = 64  # a row may hold a whole book


@hookimpl
def provenance_register_readers(register: Callable[[Reader], None]) -> None:
    """Register the reader for Parquet files."""
    register(Reader(name="parquet", suffixes=(".parquet",), read=read))


def read(path: Path) -> Iterator[Document | InputError]:
    """Yield a document for each usable row, and an error for each other one."""
    place = place_of(path)
    try:
        from pyarrow import ArrowException, parquet  # noqa: PLC0415 - an extra of 170 MB
    except ImportError:
        remedy = "pip install 'licence-provenance[parquet]'"
        yield InputError(f"Parquet needs pyarrow, which is not installed; run: {remedy}", place=place)
        return
    number = 0
    try:
        with open_regular(path) as raw, parquet.ParquetFile(raw) as table:
            for number, (batch, position) in enumerate(_rows(table, place), 1):
                yield _document(batch, position, place=f"{place}:row {number}", folder=path.parent)
    except InputError as error:
        yield error
    except (ArrowException, OSError) as error:
        said = str(error).partition("\n")[0][:200]
        yield InputError(f"not Parquet, or damaged after row {number} ({said}); fetch the file again", place=place)


def _rows(table: ParquetFile, place: str) -> Iterator[tuple[RecordBatch, int]]:
    """Yield each row as a batch and a position in it.

    Raises:
        InputError: there are no rows, or no column that holds the text.
    """
    names = set(table.schema_arrow.names)
    columns = [name for name in COLUMNS if name in names]
    if not {"text", "path"}.intersection(columns):
        found = repr(sorted(names)[:20])[:500]
        raise InputError(f"no column 'text' among {found}; rename the one that holds it", place=place)
    if table.metadata.num_rows == 0:
        raise InputError("empty: holds no rows; nothing to ingest", place=place)
    for batch in table.iter_batches(batch_size=_ROWS, columns=columns):
        for position in range(batch.num_rows):
            yield batch, position


def _document(batch: RecordBatch, position: int, *, place: str, folder: Path) -> Document | InputError:
    try:
        # One value at a time: a string that is not UTF-8 costs its row, not the batch.
        row = {name: batch.column(name)[position].as_py() for name in batch.schema.names}
        return to_document(row, place=place, folder=folder)
    except InputError as error:
        return error
    except (ValueError, OverflowError) as error:  # strings that are not UTF-8, dates beyond Python's
        return InputError(f"a value that cannot be read ({error}); correct or remove the row", place=place)
