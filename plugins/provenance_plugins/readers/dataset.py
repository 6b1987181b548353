"""Reads Hugging Face datasets on disk: Arrow files, one work a row; needs the extra `datasets`.

Takes a folder that `save_to_disk` wrote, with or without splits, or a single `.arrow` file. The licence in
`dataset_info.json` is that of the dataset: it is declared beside what a row says of itself, and never instead.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from provenance.errors import InputError
from provenance.hookspecs import Reader, hookimpl
from provenance.works import Document
from provenance_plugins.readers._damage import damaged
from provenance_plugins.readers._extras import missing
from provenance_plugins.readers._input import open_regular, place_of, read_bytes
from provenance_plugins.readers._statements import Statements, statements
from provenance_plugins.readers._tables import ROWS, columns_of, document_of

if TYPE_CHECKING:
    from pyarrow import RecordBatch

_INFO = "dataset_info.json"
_MAX_INFO = 1 << 24


@hookimpl
def provenance_register_readers(register: Callable[[Reader], None]) -> None:
    """Register the reader for datasets."""
    markers = (("dataset_dict.json",), (_INFO, "state.json"))
    register(Reader(name="dataset", suffixes=(".arrow",), read=read, folder_markers=markers))


def read(path: Path) -> Iterator[Document | InputError]:
    """Yield a document for each usable row of a file, or of all files of a folder, and an error for each other one."""
    place = place_of(path)
    if find_spec("pyarrow") is None:
        yield missing("a dataset", "pyarrow", "datasets", place=place)
        return
    files = list(_files(path)) if path.is_dir() else [path]
    if not files:
        yield InputError("empty: a dataset without Arrow files; nothing to ingest", place=place)
    for file in files:
        inside = place_of(file.relative_to(path)) if file != path else ""
        yield from _works(file, f"{place}:{inside}" if inside else place)


def _files(folder: Path) -> Iterator[Path]:
    """Yield the Arrow files of a dataset and its splits, found by looking, not by what the dataset says."""
    for found in sorted((*folder.glob("*.arrow"), *folder.glob("*/*.arrow"))):
        if not found.is_symlink() and not found.parent.is_symlink():
            yield found


def _works(path: Path, place: str) -> Iterator[Document | InputError]:
    number = 0
    try:
        said = _dataset(path.parent)
        for number, (batch, position) in enumerate(_rows(path, place), 1):
            item = document_of(batch, position, place=f"{place}:row {number}", folder=path.parent)
            yield item if isinstance(item, InputError) else replace(item, declarations=item.declarations + said)
    except InputError as error:
        yield error
    except Exception as error:  # pyarrow promises no set of errors for damaged files
        yield damaged(f"not Arrow, or damaged after row {number}", error, place=place)
    else:
        if not number:
            yield InputError("empty: holds no rows; nothing to ingest", place=place)


def _rows(path: Path, place: str) -> Iterator[tuple[RecordBatch, int]]:
    for batch in _batches(path):
        batch.validate(full=True)  # offsets that lead out of a buffer would be followed otherwise
        chosen = batch.select(columns_of(batch.schema.names, place))
        for start in range(0, chosen.num_rows, ROWS):
            piece = chosen.slice(start, ROWS)
            for position in range(piece.num_rows):
                yield piece, position


def _batches(path: Path) -> Iterator[RecordBatch]:
    """Yield the batches of a stream, which `datasets` writes, or of a file with an index."""
    from pyarrow import ipc  # noqa: PLC0415 - an extra of 170 MB

    with open_regular(path) as raw:
        indexed = raw.read(6) == b"ARROW1"
        raw.seek(0)
        if indexed:
            with ipc.open_file(raw) as table:
                yield from (table.get_batch(number) for number in range(table.num_record_batches))
        else:
            with ipc.open_stream(raw) as stream:
                yield from stream


def _dataset(folder: Path) -> Statements:
    """Return what the dataset says of its own licence; nothing where the file is missing or broken."""
    path = folder / _INFO
    if path.is_symlink() or not path.is_file():
        return ()
    try:
        info = json.loads(read_bytes(path, limit=_MAX_INFO))
    except (InputError, ValueError, RecursionError):
        return ()
    said = info.get("license") if isinstance(info, dict) else None
    return statements([("dataset_info license", said)]) if isinstance(said, str) else ()
