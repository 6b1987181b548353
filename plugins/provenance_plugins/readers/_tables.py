"""Rows of tables as works, for the readers of Parquet and Arrow. `_records` knows what the columns mean."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from provenance.errors import InputError
from provenance.works import Document
from provenance_plugins.readers._records import COLUMNS, TEXTS, to_document

if TYPE_CHECKING:
    from pyarrow import RecordBatch


def choose_columns(names: Iterable[str], place: str) -> list[str]:
    """Return the columns that mean something.

    Raises:
        InputError: none of them holds the text.
    """
    there = set(names)
    if not {*TEXTS, "path"} & there:
        found = repr(sorted(there)[:20])[:500]
        raise InputError(f"no column 'text' among {found}; rename the one that holds it", place=place)
    return [name for name in COLUMNS if name in there]


def read_rows(batch: RecordBatch, before: int, *, place: str, folder: Path) -> Iterator[Document | InputError]:
    """Yield the work of each row, or what is wrong with the row.

    Args:
        batch: some rows of a table, with chosen columns only.
        before: how many rows of the table precede the batch.
        place: the table, for messages.
        folder: what the paths in the rows are relative to.
    """
    for position in range(batch.num_rows):
        row_place = f"{place}:row {before + position + 1}"
        try:
            # One value at a time: a string that is not UTF-8 costs its row, not the batch.
            row = {name: batch.column(name)[position].as_py() for name in batch.schema.names}
            item: Document | InputError = to_document(row, place=row_place, folder=folder)
        except InputError as error:
            item = error
        except (ValueError, OverflowError) as error:  # strings that are not UTF-8, dates beyond Python's
            item = InputError(f"a value that cannot be read ({error}); correct or remove the row", place=row_place)
        yield item  # outside `try`, so that an error of the caller is not taken for one of the row
