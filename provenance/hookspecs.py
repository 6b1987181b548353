"""The hooks a plugin may implement. A plugin is a module named by an entry point in the group `provenance`.

Each hook has at least one implementation in `plugins/provenance_plugins/`, registered through the same door.
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
    """A folder of files that a reader took out of one file, or out of a folder that is a whole.

    The files are found and read like those of any folder. When the reader is asked for the next item it may remove
    them.

    Attributes:
        folder: where the files lie now; nothing in it may be a link that leads out.
        id, source: what the path of a file in the folder is appended to, percent-encoded, for its id and its source.
        title, authors, year, licence, declarations: hold for every file that does not say it itself.
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
    """Reads one file, or a folder that is a whole, into documents.

    Yields a `Document` for each work, an `Unpacked` for files that other readers should read, and an `InputError` for
    each thing that could not be read; what comes after it is still read. Raises nothing for bad input.
    """

    def __call__(self, path: Path, /) -> Iterator[Document | InputError | Unpacked]:
        """Yield what the file holds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """A way to read files of one kind.

    Attributes:
        name: for messages. suffixes: the endings it reads, lower case with the dot (`.jsonl.gz`), the longest match
        wins; a reader with the suffix `""` reads whatever nobody else does. read: see `Read`.
        wholes: the marks of folders that it reads as one thing; each is a set of paths that are all there in such a
        folder (`(".git/HEAD",)`). The walk hands the folder to `read` and does not enter it.
    """

    name: str
    suffixes: tuple[str, ...]
    read: Read
    wholes: tuple[tuple[str, ...], ...] = ()


class Surroundings(Protocol):
    """What lies around a work in the folder that is being ingested: its only way to the disk that a detector needs.

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
    """Say what to do about one passage, or None to leave it to the others. The strictest verdict wins."""


@hookspec
def provenance_detect_licences(document: Document, surroundings: Surroundings) -> Detection | None:
    """Say what a work, or what lies around it, says about its licence and its makers; None where that is nothing."""
