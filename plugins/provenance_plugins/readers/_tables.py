"""Which work does a row of a table stand for?

Shared by the readers of Parquet and Arrow. What the columns mean is `records`.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from provenance.errors import InputError
from provenance.works import Document
from provenance_plugins.readers._records import COLUMNS, TEXTS, to_document

if TYPE_CHECKING:
    from pyarrow import RecordBatch

ROWS = 64
"""How many rows are read at a time: a row may hold a whole book."""


def columns_of(names: Iterable[str], place: str) -> list[str]:
    """Return the columns that mean something.

    Raises:
        InputError: none of them holds the text.
    """
    there = set(names)
    if not {*TEXTS, "path"} & there:
        found = repr(sorted(there)[:20])[:500]
        raise InputError(f"no column 'text' among {found}; rename the one that holds it", place=place)
    return [name for name in COLUMNS if name in there]


def document_of(batch: RecordBatch, position: int, *, place: str, folder: Path) -> Document | InputError:
    """Return the work of one row, or what is wrong with the row."""
    try:
        # One value at a time: a string that is not UTF-8 costs its row, not the batch.
        row = {name: batch.column(name)[position].as_py() for name in batch.schema.names}
        return to_document(row, place=place, folder=folder)
    except InputError as error:
        return error
    except (ValueError, OverflowError) as error:  # strings that are not UTF-8, dates beyond Python's
        return InputError(f"a value that cannot be read ({error}); correct or remove the row", place=place)
