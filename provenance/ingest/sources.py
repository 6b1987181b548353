"""What do the named sources hold? Finds files, lets readers read them, and fills in what the caller declared."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from provenance.errors import InputError, PluginError
from provenance.hookspecs import Reader
from provenance.ingest.discover import discover, place_of
from provenance.models import DEFAULT_COLLECTION, Document
from provenance.pluginmanager import Plugins


@dataclass(frozen=True, slots=True, kw_only=True)
class Declared:
    """What the caller says of all works of a source; what a work says of itself goes before."""

    title: str | None = None
    authors: tuple[str, ...] = ()
    year: int | None = None
    source: str | None = None
    licence: str | None = None
    collection: str | None = None


def documents(
    sources: Iterable[Path], plugins: Plugins, declared: Declared, *, leave_out: Path | None = None
) -> Iterator[Document | InputError]:
    """Yield the documents of files and folders, and an error for each thing that cannot be read.

    Args:
        leave_out: a folder that is no source although it may lie in one: the database's own.
    """
    hidden = leave_out.absolute() if leave_out else None
    for source in sources:
        for found in discover(source):
            if isinstance(found, InputError):
                yield found
            elif hidden and found.absolute().is_relative_to(hidden) and found != source:
                continue
            elif (reader := plugins.reader_for(found)) is None:
                yield InputError("no plugin reads files of this kind; see `provenance plugins`", place=str(found))
            else:
                for item in _read(reader, found):
                    yield item if isinstance(item, InputError) else _completed(item, found, source, declared)


def _read(reader: Reader, path: Path) -> Iterator[Document | InputError]:
    """Let a reader read, and say whose fault it is if it breaks its promise to raise nothing.

    Raises:
        PluginError: the reader failed.
    """
    try:
        yield from reader.read(path)
    except Exception as error:
        message = f"the reader {reader.name!r} failed on {path}: {type(error).__name__}: {error}; nothing was ingested"
        raise PluginError(message, plugin=reader.name) from error


def _completed(document: Document, path: Path, source: Path, declared: Declared) -> Document:
    place = place_of(path)
    title, identifier = document.title, document.id
    if document.place == place:
        inside = path.relative_to(source).as_posix() if path != source else path.name
        title = title or _title(inside, declared.title, is_folder=path != source)
        identifier = identifier or path.absolute().as_uri()
    elif not (identifier or document.source or declared.source) and (document.place or "").startswith(f"{place}:"):
        line = str(document.place).removeprefix(place)  # the same name in another folder is another file
        identifier = f"{path.absolute().as_uri()}{line}"
    is_whole = document.place == place
    said: dict[str, Any] = {
        "file": path if is_whole else document.file,
        "root": source if is_whole and path != source else document.root,
        "id": identifier,
        "title": title or declared.title,
        "authors": document.authors or declared.authors,
        "year": document.year if document.year is not None else declared.year,
        "source": document.source or declared.source,
        "licence": document.licence or declared.licence,
        "collection": declared.collection or document.collection or DEFAULT_COLLECTION,
    }
    is_complete = all(getattr(document, name) == value for name, value in said.items())
    return document if is_complete else replace(document, **said)


def _title(inside: str, declared: str | None, *, is_folder: bool) -> str:
    """A file of a folder is called by its place in it, under the declared title if there is one."""
    if not declared:
        return inside
    return f"{declared}: {inside}" if is_folder else declared
