"""Reader of Hugging Face datasets on disk: Arrow files, one work a row; needs the extra `datasets`.

Takes a folder that `save_to_disk` wrote, with or without splits, or a single `.arrow` file. The licence in
`dataset_info.json` is that of the dataset: it is declared beside what a row says of itself, and never instead.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

from provenance.errors import InputError
from provenance.hookspecs import Reader, hookimpl
from provenance.works import Document
from provenance_plugins.readers._damage import stop_at_damage
from provenance_plugins.readers._extras import explain_missing_library
from provenance_plugins.readers._input import format_place, open_regular, read_bytes
from provenance_plugins.readers._statements import Statements, clean_statements
from provenance_plugins.readers._tables import choose_columns, read_rows

_INFO = "dataset_info.json"
_MAX_INFO = 1 << 24


@hookimpl
def provenance_register_readers(register: Callable[[Reader], None]) -> None:
    """Register the reader for datasets."""
    markers = (("dataset_dict.json",), (_INFO, "state.json"))
    register(Reader(name="dataset", suffixes=(".arrow",), read=read, folder_markers=markers))


def read(path: Path) -> Iterator[Document | InputError]:
    """Yield a document for each usable row of a file, or of all files of a folder, and an error for each other one."""
    place = format_place(path)
    if find_spec("pyarrow") is None:
        yield explain_missing_library("a dataset", "pyarrow", "datasets", place=place)
        return
    files = {path: place}
    if path.is_dir():
        # The folder is searched, since the list in the dataset's own files is untrusted; a link could lead out of it.
        found = sorted((*path.glob("*.arrow"), *path.glob("*/*.arrow")))
        found = [file for file in found if not file.is_symlink() and not file.parent.is_symlink()]
        files = {file: f"{place}:{format_place(file.relative_to(path))}" for file in found}
    if not files:
        yield InputError("empty: a dataset without Arrow files; nothing to ingest", place=place)
    for file, inside in files.items():
        yield from stop_at_damage(_read_file(file, inside), "not Arrow, or damaged after row {}", place=inside)


def _read_file(path: Path, place: str) -> Iterator[Document | InputError]:
    """Yield the rows of a stream, which `datasets` writes, or of a file with an index.

    Raises:
        InputError: the table is empty, or lacks a column that holds the text.
    """
    from pyarrow import ipc  # noqa: PLC0415 - an extra of 170 MB

    declared = _read_licence(path.parent)
    count = 0
    with open_regular(path) as raw:
        is_indexed = raw.read(6) == b"ARROW1"
        raw.seek(0)
        with ipc.open_file(raw) if is_indexed else ipc.open_stream(raw) as table:
            # Only the stream can be iterated over.
            batches = map(table.get_batch, range(table.num_record_batches)) if is_indexed else table
            for batch in batches:
                batch.validate(full=True)  # offsets that lead out of a buffer would be followed otherwise
                chosen = batch.select(choose_columns(batch.schema.names, place))
                for item in read_rows(chosen, count, place=place, folder=path.parent):
                    if isinstance(item, Document):
                        yield replace(item, declarations=item.declarations + declared)
                    else:
                        yield item
                count += batch.num_rows
    if not count:
        raise InputError("empty: holds no rows; nothing to ingest", place=place)


def _read_licence(folder: Path) -> Statements:
    """Return what the dataset says about its own licence; nothing where the file is missing or broken."""
    path = folder / _INFO
    if path.is_symlink() or not path.is_file():
        return ()
    try:
        info = json.loads(read_bytes(path, limit=_MAX_INFO))
    except (InputError, ValueError, RecursionError):
        return ()
    licence = info.get("license") if isinstance(info, dict) else None
    return clean_statements([("dataset_info license", licence)]) if isinstance(licence, str) else ()
