"""Reading of sources: finds files, lets reader plugins read them, and fills in what the caller declared.

Folders that a reader unpacks are walked in the same way. Documents from them are named by the file that was unpacked.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import quote

from provenance.errors import InputError, PluginError
from provenance.hookspecs import Reader, Unpacked
from provenance.plugins import Plugins
from provenance.sources.discover import discover, place_of
from provenance.works import DEFAULT_COLLECTION, Document, Role

MAX_DEPTH = 2
"""How many levels of archives within archives are unpacked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Declared:
    """What the caller says of all works of a source; what a work says itself goes before."""

    title: str | None = None
    authors: tuple[str, ...] = ()
    year: int | None = None
    source: str | None = None
    licence: str | None = None
    collection: str | None = None
    role: Role | None = None


def documents(
    sources: Iterable[Path], plugins: Plugins, declared: Declared, *, leave_out: Path | None = None
) -> Iterator[Document | InputError]:
    """Yield the documents of files and folders, and an error for each thing that cannot be read.

    Args:
        sources: files and folders.
        plugins: the plugins whose readers read them.
        declared: what the caller says of all works.
        leave_out: a folder to pass over if it is in a source: the database's own.

    Raises:
        PluginError: a reader failed.
    """
    reading = _SourceReader(plugins, leave_out.absolute() if leave_out else None)
    for source in sources:
        yield from reading.read_source(source, declared, depth=0)


@dataclass(frozen=True, slots=True)
class _SourceReader:
    """Reader of a source and of the folders that are unpacked from it."""

    plugins: Plugins
    left_out: Path | None

    def read_source(self, source: Path, declared: Declared, *, depth: int) -> Iterator[Document | InputError]:
        for found in discover(source, lambda folder: self.plugins.reader_for_folder(folder) is not None):
            if isinstance(found, InputError):
                yield found
                continue
            if self.left_out and found.absolute().is_relative_to(self.left_out) and found != source:
                continue
            reader = self.plugins.reader_for_folder(found) if found.is_dir() else self.plugins.reader_for(found)
            if reader is None:
                yield InputError("no plugin reads files of this kind; see `provenance plugins`", place=str(found))
                continue
            for item in _guard_reader(reader, found):
                if isinstance(item, Unpacked):
                    yield from self._read_unpacked(item, found, declared, depth + 1)
                else:
                    yield item if isinstance(item, InputError) else _fill_in(item, found, source, declared)

    def _read_unpacked(
        self, unpacked: Unpacked, path: Path, declared: Declared, depth: int
    ) -> Iterator[Document | InputError]:
        """Yield what is in an unpacked folder, named as files of the archive and not of the temporary folder."""
        if depth > MAX_DEPTH:
            yield InputError(f"packed more than {MAX_DEPTH} times over; unpack it yourself", place=place_of(path))
            return
        # What the archive says of its files goes before what the caller says. Where it has a source, each of its files
        # gets one of its own below, and the caller's would be wrong for all of them.
        inner = replace(
            declared,
            title=unpacked.title or declared.title,
            authors=unpacked.authors or declared.authors,
            year=unpacked.year if unpacked.year is not None else declared.year,
            source=None if unpacked.source else declared.source,
            licence=unpacked.licence or declared.licence,
        )
        for item in self.read_source(unpacked.folder, inner, depth=depth):
            inside = _strip_folder(item.place or "", place_of(unpacked.folder))
            place = f"{place_of(path)}:{inside}" if inside else place_of(path)  # such as `books.zip:a.txt`
            if isinstance(item, InputError):
                yield InputError(item.message, place)
                continue
            name = _strip_folder(item.id or "", unpacked.folder.absolute().as_uri())
            yield replace(
                item,
                id=f"{unpacked.id or f'{path.absolute().as_uri()}!/'}{name}" if name else item.id,
                source=item.source or (f"{unpacked.source}{quote(inside)}" if unpacked.source and inside else None),
                declarations=item.declarations + unpacked.declarations,
                place=place,
            )


def _guard_reader(reader: Reader, path: Path) -> Iterator[Document | InputError | Unpacked]:
    """Yield what a reader yields, and name the reader if it breaks its promise to raise nothing.

    Raises:
        PluginError: the reader failed.
    """
    try:
        yield from reader.read(path)
    except Exception as error:
        message = f"the reader {reader.name!r} failed on {path}: {type(error).__name__}: {error}; nothing was ingested"
        raise PluginError(message, plugin=reader.name) from error


def _fill_in(document: Document, path: Path, source: Path, declared: Declared) -> Document:
    """Return a document with what the caller declared, and with a title and an id where it has none."""
    place = place_of(path)
    title, identifier = document.title, document.id
    is_whole = document.place == place  # the file is one work; else it is a line or row of the file
    if is_whole:
        # A file of a folder is called by its path in it, after the declared title if there is one.
        inside = path.relative_to(source).as_posix() if path != source else path.name
        if not title and declared.title:
            title = f"{declared.title}: {inside}" if path != source else declared.title
        title = title or inside
        identifier = identifier or path.absolute().as_uri()
    elif not (identifier or document.source or declared.source) and (document.place or "").startswith(f"{place}:"):
        line = str(document.place).removeprefix(place)
        # The absolute path, because a file of the same name in another folder is another one.
        identifier = f"{path.absolute().as_uri()}{line}"
    filled: dict[str, Any] = {
        "file": path if is_whole else document.file,
        "root": source if is_whole and path != source else document.root,
        "id": identifier,
        "title": title or declared.title,
        "authors": document.authors or declared.authors,
        "year": document.year if document.year is not None else declared.year,
        "source": document.source or declared.source,
        "licence": document.licence or declared.licence,
        "collection": declared.collection or document.collection or DEFAULT_COLLECTION,
        "role": declared.role or document.role,
    }
    # To copy a document takes longer than to compare it, and rows of a table are often complete.
    is_complete = all(getattr(document, name) == value for name, value in filled.items())
    return document if is_complete else replace(document, **filled)


def _strip_folder(name: str, folder: str) -> str | None:
    """Return what follows the name of a folder; None where the name is not of something in it.

    >>> _strip_folder("/tmp/x/a/b.txt:7", "/tmp/x")
    'a/b.txt:7'
    """
    return name.removeprefix(f"{folder}/") if name.startswith(f"{folder}/") else None
