"""What do the named sources hold? Finds files, lets readers read them, and fills in what the caller declared.

What a reader unpacks is walked in the same way; it is named by the file that it came out of.
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
"""How often something may be unpacked out of what was unpacked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Declared:
    """What the caller says of all works of a source; what a work says of itself goes before."""

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
        leave_out: a folder that is no source although it may lie in one: the database's own.
    """
    walk = _Walk(plugins, leave_out.absolute() if leave_out else None)
    for source in sources:
        yield from walk.documents(source, declared, depth=0)


@dataclass(frozen=True, slots=True)
class _Walk:
    """The way through a source and what is unpacked out of it."""

    plugins: Plugins
    hidden: Path | None

    def documents(self, source: Path, declared: Declared, *, depth: int) -> Iterator[Document | InputError]:
        for found in discover(source, self._is_whole):
            if isinstance(found, InputError):
                yield found
            elif self.hidden and found.absolute().is_relative_to(self.hidden) and found != source:
                continue
            elif (reader := self._reader(found)) is None:
                yield InputError("no plugin reads files of this kind; see `provenance plugins`", place=str(found))
            else:
                yield from self._read(reader, found, source, declared, depth)

    def _read(
        self, reader: Reader, path: Path, source: Path, declared: Declared, depth: int
    ) -> Iterator[Document | InputError]:
        for item in _items(reader, path):
            if isinstance(item, Unpacked):
                yield from self._unpacked(item, path, declared, depth + 1)
            else:
                yield item if isinstance(item, InputError) else _completed(item, path, source, declared)

    def _unpacked(self, whole: Unpacked, path: Path, declared: Declared, depth: int) -> Iterator[Document | InputError]:
        """Yield what lies in an unpacked folder, under the names that it has in the whole."""
        if depth > MAX_DEPTH:
            yield InputError(f"packed more than {MAX_DEPTH} times over; unpack it yourself", place=place_of(path))
            return
        for item in self.documents(whole.folder, _also_declared(whole, declared), depth=depth):
            place = _place(item.place, whole, path)
            yield InputError(item.message, place) if isinstance(item, InputError) else _named(item, whole, path, place)

    def _reader(self, path: Path) -> Reader | None:
        return self.plugins.reader_for_folder(path) if path.is_dir() else self.plugins.reader_for(path)

    def _is_whole(self, folder: Path) -> bool:
        return self.plugins.reader_for_folder(folder) is not None


def _items(reader: Reader, path: Path) -> Iterator[Document | InputError | Unpacked]:
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
        "role": declared.role or document.role,
    }
    is_complete = all(getattr(document, name) == value for name, value in said.items())
    return document if is_complete else replace(document, **said)


def _title(inside: str, declared: str | None, *, is_folder: bool) -> str:
    """A file of a folder is called by its place in it, under the declared title if there is one."""
    if not declared:
        return inside
    return f"{declared}: {inside}" if is_folder else declared


def _also_declared(whole: Unpacked, declared: Declared) -> Declared:
    """Return what holds for the files of a whole: what it says of itself goes before what the caller says."""
    return replace(
        declared,
        title=whole.title or declared.title,
        authors=whole.authors or declared.authors,
        year=whole.year if whole.year is not None else declared.year,
        source=None if whole.source else declared.source,
        licence=whole.licence or declared.licence,
    )


def _named(document: Document, whole: Unpacked, path: Path, place: str) -> Document:
    """Return a document out of a whole with the id, source and place that it has there."""
    inside = _inside(document.place or "", place_of(whole.folder))
    identifier = _inside(document.id or "", whole.folder.absolute().as_uri())
    return replace(
        document,
        id=f"{whole.id or f'{path.absolute().as_uri()}!/'}{identifier}" if identifier else document.id,
        source=document.source or (f"{whole.source}{quote(inside)}" if whole.source and inside else None),
        declarations=document.declarations + whole.declarations,
        place=place,
    )


def _place(place: str | None, whole: Unpacked, path: Path) -> str:
    """Return `books.zip:a.txt` for a file that was unpacked somewhere, so that a person finds it again."""
    inside = _inside(place or "", place_of(whole.folder))
    return f"{place_of(path)}:{inside}" if inside else place_of(path)


def _inside(name: str, folder: str) -> str | None:
    """Return what follows the name of a folder; None where the name is not of something in it.

    >>> _inside("/tmp/x/a/b.txt:7", "/tmp/x")
    'a/b.txt:7'
    """
    return name.removeprefix(f"{folder}/") if name.startswith(f"{folder}/") else None
