"""Reading of sources: finds files, lets reader plugins read them, and fills in what the caller declared.

Folders that a reader unpacks are walked in the same way. Documents from them are named by the file that was unpacked.
Names do not depend on the folder that the caller is in, nor on how the path is written.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import quote

from provenance import licences
from provenance.errors import InputError, PluginError
from provenance.hookspecs import Reader, Unpacked
from provenance.plugins import Plugins
from provenance.sources.discover import discover, place_of
from provenance.works import DEFAULT_COLLECTION, Basis, Claim, Document, Role

MAX_DEPTH = 2
"""How many levels of archives within archives are unpacked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Declared:
    """What the caller says of all works of a source; what a work says itself goes before.

    Attributes:
        licence: for works that say nothing about theirs; it becomes a claim with the basis `default`.
        collection: the data set that the works belong to; by default, the name of the source's file or folder. What
            records say of it is a label.
        role: how a check treats all of them.
    """

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
    reading = _SourceReader(plugins, leave_out.absolute() if leave_out else None, _read_default(declared.licence))
    for source in sources:
        collection = declared.collection or place_of(Path(_locate(source).name))
        yield from reading.read_source(source, replace(declared, collection=collection), depth=0)


@dataclass(frozen=True, slots=True)
class _SourceReader:
    """Reader of a source and of the folders that are unpacked from it."""

    plugins: Plugins
    left_out: Path | None
    default: tuple[Claim, ...]

    def read_source(self, source: Path, declared: Declared, *, depth: int) -> Iterator[Document | InputError]:
        located = _locate(source)
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
            address = (located / found.relative_to(source)).as_uri()
            for item in _guard_reader(reader, found):
                if isinstance(item, Unpacked):
                    yield from self._read_unpacked(item, found, address, declared, depth + 1)
                elif isinstance(item, InputError):
                    yield item
                else:
                    yield self.fill_in(item, found, source, address, declared)

    def _read_unpacked(
        self, unpacked: Unpacked, path: Path, address: str, declared: Declared, depth: int
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
        )
        temporary = _locate(unpacked.folder).as_uri()
        for item in self.read_source(unpacked.folder, inner, depth=depth):
            inside = _strip_folder(item.place or "", place_of(unpacked.folder))
            place = f"{place_of(path)}:{inside}" if inside else place_of(path)  # such as `books.zip:a.txt`
            if isinstance(item, InputError):
                yield InputError(item.message, place)
                continue
            name = _strip_folder(item.id or "", temporary)
            yield replace(
                item,
                id=f"{unpacked.id or f'{address}!/'}{name}" if name else item.id,
                licence=item.licence or unpacked.licence,
                source=item.source or (f"{unpacked.source}{quote(inside)}" if unpacked.source and inside else None),
                declarations=item.declarations + unpacked.declarations,
                place=place,
            )

    def fill_in(self, document: Document, path: Path, source: Path, address: str, declared: Declared) -> Document:
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
            identifier = identifier or address
        elif not (identifier or document.source or declared.source) and (document.place or "").startswith(f"{place}:"):
            line = str(document.place).removeprefix(place)
            # With the absolute path, because a file of the same name in another folder is another one.
            identifier = f"{address}{line}"
        return replace(
            document,
            file=path if is_whole else document.file,
            root=source if is_whole and path != source else document.root,
            id=identifier,
            title=title or declared.title,
            authors=document.authors or declared.authors,
            year=document.year if document.year is not None else declared.year,
            source=document.source or declared.source,
            collection=declared.collection or DEFAULT_COLLECTION,
            role=declared.role or document.role,
            claims=(*document.claims, *self.default),
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


def _locate(source: Path) -> Path:
    """Return the absolute path of a source, the same one however it is written and from wherever it is named.

    A link keeps its own name, since it may lead to another file tomorrow; the folders before it are those it lies in.
    """
    try:
        if source.name in {"", ".."}:  # such as `.`, which has no name of its own
            return Path(os.path.realpath(source))
        return Path(os.path.realpath(source.parent), source.name)
    except ValueError:  # a NUL, which `discover` reports
        return source.absolute()


def _read_default(licence: str | None) -> tuple[Claim, ...]:
    """Return what the operator says about the licence of works that say nothing, as a claim."""
    if not licence:
        return ()
    reading, option = licences.read(licence), "--licence"
    return (
        Claim(
            status=reading.status, licence=reading.licence, basis=Basis.DEFAULT, who=option,
            evidence=f"{option} {licence}", confidence=reading.confidence,
        ),
    )  # fmt: skip


def _strip_folder(name: str, folder: str) -> str | None:
    """Return what follows the name of a folder; None where the name is not of something in it.

    >>> _strip_folder("/tmp/x/a/b.txt:7", "/tmp/x")
    'a/b.txt:7'
    """
    return name.removeprefix(f"{folder}/") if name.startswith(f"{folder}/") else None
