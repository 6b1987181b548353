"""Hooks that a plugin may implement. A plugin is a module that an entry point in the group `provenance` names.

Each hook has at least one implementation in `plugins/provenance_plugins/`, which is registered by entry point too.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, TypeVar

import pluggy

from provenance.errors import InputError
from provenance.notices import BundleRenderer
from provenance.policy import PolicySettings
from provenance.reports import Passage, Renderer, Verdict
from provenance.works import Detection, Document

hookspec = pluggy.HookspecMarker("provenance")
hookimpl = pluggy.HookimplMarker("provenance")

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Unpacked:
    """A folder of files that a reader took out of one file, or out of a folder that it reads as one thing.

    The files are found and read like those of any folder. The reader may remove them when it is asked for the next
    item.

    Attributes:
        folder: where the files lie now; no link in it may lead out of it.
        id: the beginning of each file's id; the file's path in the folder follows, percent-encoded.
        source: the beginning of each file's source, in the same way.
        title: the title of every file that does not give its own; so are the next four.
        authors: the authors.
        year: the year of first publication.
        licence: the licence, in any spelling.
        declarations: machine-readable statements about rights, each as (name, value); see `Document`.
    """

    folder: Path
    id: str | None = None
    source: str | None = None
    title: str | None = None
    authors: tuple[str, ...] = ()
    year: int | None = None
    licence: str | None = None
    declarations: tuple[tuple[str, str], ...] = ()


class Read(Protocol):
    """Reads one file, or a folder that is read as one thing, into documents.

    Yields a `Document` for each work, an `Unpacked` for files that other readers should read, and an `InputError` for
    each thing that could not be read; what comes after it is still read. Raises nothing for bad input.
    """

    def __call__(self, path: Path, /) -> Iterator[Document | InputError | Unpacked]:
        """Yield what the file holds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """A way to read files of one kind.

    Attributes:
        name: the reader's name in messages.
        suffixes: the endings of file names that it reads, lower case with the dot (`.jsonl.gz`). The longest match
            wins; a reader with the suffix `""` reads the files that no other reader takes.
        read: the function that reads a file or folder; see `Read`.
        folder_markers: lists of paths. A folder that has all paths of one list (`(".git/HEAD",)`) is read as one
            thing: the walk hands it to `read` and does not enter it.
    """

    name: str
    suffixes: tuple[str, ...]
    read: Read
    folder_markers: tuple[tuple[str, ...], ...] = ()


class Surroundings(Protocol):
    """The files around a work in the folder that is being ingested; a detector needs no other access to the disk.

    It never leads out of that folder, reads no more than a mebibyte of a file, and raises nothing.
    """

    def folders(self, document: Document) -> tuple[Path, ...]:
        """Return the folders that the work's file lies in, the nearest first, the ingested one last.

        There are none for a work that is not the whole of a file in an ingested folder.
        """

    def files(self, folder: Path) -> frozenset[str]:
        """Return the names of the files in a folder; none where it cannot be read."""

    def subfolders(self, folder: Path) -> frozenset[str]:
        """Return the names of the folders in a folder, hidden ones too; none where it cannot be read."""

    def read(self, path: Path) -> str | None:
        """Return the text at the beginning of a file, or None where there is none or it lies elsewhere."""

    def once(self, key: Hashable, make: Callable[[], _T]) -> _T:
        """Return what `make` returned when it was first asked for under this key in this ingest."""


@hookspec
def provenance_register_readers(register: Callable[[Reader], None]) -> None:
    """Call `register(Reader(...))` for each kind of file that the plugin reads."""


@hookspec
def provenance_register_renderers(register: Callable[[str, Renderer], None]) -> None:
    """Call `register(name, render)` for each format; `render(report)` returns the text."""


@hookspec
def provenance_register_bundles(register: Callable[[str, BundleRenderer], None]) -> None:
    """Call `register(name, render)` for each format of a notices file; `render(bundle)` returns the text."""


@hookspec
def provenance_judge(passage: Passage, settings: PolicySettings) -> Verdict | None:
    """Return what to do about one passage, or None to leave it to other plugins. The strictest verdict wins."""


@hookspec
def provenance_detect_licences(document: Document, surroundings: Surroundings) -> Detection | None:
    """Return what a work, or a file near it, says about its licence and its makers; None where they say nothing."""
