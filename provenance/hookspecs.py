"""The hooks a plugin may implement. A plugin is a module named by an entry point in the group `provenance`.

Each hook has at least one implementation in `plugins/provenance_plugins/`, registered through the same door.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import pluggy

from provenance.config import PolicySettings
from provenance.errors import InputError
from provenance.models import Document, Passage, Renderer, Verdict
from provenance.notices import BundleRenderer

hookspec = pluggy.HookspecMarker("provenance")
hookimpl = pluggy.HookimplMarker("provenance")


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
