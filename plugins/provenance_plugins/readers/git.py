"""Reads git repositories, bare or checked out: the files of the commit at HEAD; needs the extra `git`.

Objects are read by dulwich; no git program is run, no hook, no configuration beyond the remote's address, and no object
of another repository. The files are unpacked into a temporary folder, and then found and read like any files.
"""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime
from importlib.util import find_spec
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from provenance.errors import InputError
from provenance.hookspecs import Reader, Unpacked, hookimpl
from provenance_plugins.readers._damage import damaged
from provenance_plugins.readers._input import MAX_BYTES, place_of
from provenance_plugins.readers._unpacking import LimitError, Unpacking

if TYPE_CHECKING:
    from dulwich.object_store import DiskObjectStore
    from dulwich.objects import Commit

HISTORY = 1_000
"""How many commits are asked who wrote them."""
MAX_AUTHORS = 10

_FORGES = {
    "github.com": "/blob/{}/", "gitlab.com": "/-/blob/{}/", "codeberg.org": "/src/commit/{}/",
    "bitbucket.org": "/src/{}/",
}  # fmt: skip
_SHORT = re.compile(r"[\w.-]+@([\w.-]+):(?!/)(.+)", re.ASCII)
_LARGE_FILE = b"version https://git-lfs.github.com/spec/"
_FILES = frozenset({0o100644, 0o100755, 0o100664})


@hookimpl
def provenance_register_readers(register: Callable[[Reader], None]) -> None:
    """Register the reader for git repositories."""
    register(Reader(name="git", suffixes=(), read=read, folder_markers=((".git/HEAD",), ("HEAD", "objects", "refs"))))


def read(path: Path) -> Iterator[InputError | Unpacked]:
    """Yield the unpacked files of HEAD, after an error for each one that cannot be unpacked."""
    place = place_of(path)
    if find_spec("dulwich") is None:
        remedy = "pip install 'licence-provenance[git]', or read the files as they lie there: --no-plugin reader-git"
        yield InputError(f"reading a git repository needs dulwich: {remedy}", place=place)
        return
    try:
        with TemporaryDirectory(prefix="provenance-") as name:
            yield from _unpack(path, Path(name), place)
    except InputError as error:
        yield error


def _unpack(path: Path, folder: Path, place: str) -> Iterator[InputError | Unpacked]:
    from dulwich.object_store import DiskObjectStore  # noqa: PLC0415 - an extra

    control = path / ".git" if (path / ".git").is_dir() else path
    _check_closed(control, place)
    whole = Unpacked(folder=folder)
    try:
        with closing(DiskObjectStore(str(control / "objects"), loose_object_size_limit=MAX_BYTES)) as store:
            commit = _head(store, control, place)
            whole = _described(control, store, commit, folder)
            yield from _files(store, commit, Unpacking(folder, place=place, packed=_size(control / "objects")))
    except InputError as error:
        yield error  # what was unpacked before it is good
    except Exception as error:  # dulwich promises no set of errors for damaged repositories
        yield damaged("not a git repository, or damaged", error, place=place, remedy="run: git fsck")
    if any(folder.iterdir()):
        yield whole


def _check_closed(control: Path, place: str) -> None:
    """Refuse a repository that is partly elsewhere.

    Raises:
        InputError: it borrows objects of another one, or leads out through a link.
    """
    if (control / "objects/info/alternates").exists():
        raise InputError("borrows objects of another repository; run: git repack -a -d, then remove alternates", place)
    for part in ("HEAD", "config", "packed-refs", "objects", "refs"):
        for parent, folders, files in os.walk(control / part):
            if any(Path(parent, name).is_symlink() for name in (*folders, *files)):
                raise InputError(f"has a link in {place_of(Path(parent))}; give a copy without links", place)
        if (control / part).is_symlink():
            raise InputError(f"{part} is a link; give a copy without links", place)


def _size(folder: Path) -> int:
    return sum(Path(parent, name).lstat().st_size for parent, _, files in os.walk(folder) for name in files)


def _head(store: DiskObjectStore, control: Path, place: str) -> Commit:
    from dulwich.objects import Commit  # noqa: PLC0415 - an extra
    from dulwich.refs import HEADREF, DiskRefsContainer  # noqa: PLC0415

    try:
        name = DiskRefsContainer(str(control))[HEADREF]
    except KeyError:
        raise InputError("has no commit at HEAD; nothing to ingest", place=place) from None
    commit = store[name]
    if not isinstance(commit, Commit):
        raise InputError("HEAD is no commit; run: git fsck", place=place)
    return commit


def _files(store: DiskObjectStore, commit: Commit, unpacking: Unpacking) -> Iterator[InputError]:
    for entry in store.iter_tree_contents(commit.tree):
        name = os.fsdecode(entry.path or b"")
        if entry.mode not in _FILES or entry.sha is None or not unpacking.wants(name):
            continue  # a link or a submodule: what it leads to is read where it lies
        try:
            content = store[entry.sha].as_raw_string()
            if content.startswith(_LARGE_FILE):
                raise unpacking.error(name, "kept in Git LFS, and not in the repository; ingest the file itself")
            unpacking.write(name, BytesIO(content))
        except LimitError:
            raise
        except InputError as error:
            yield error


def _described(control: Path, store: DiskObjectStore, commit: Commit, folder: Path) -> Unpacked:
    web = _web(_remote(control))
    return Unpacked(
        folder=folder,
        id=f"git+{web}#" if web else None,
        source=_source(web, commit.id.decode("ascii")) if web else None,
        title=web.rpartition("/")[2] if web else None,
        authors=_authors(store, commit),
        year=datetime.fromtimestamp(commit.author_time, UTC).year,
    )


def _remote(control: Path) -> str:
    """Return the address of the remote `origin`, without following what the configuration includes."""
    from dulwich.config import ConfigFile  # noqa: PLC0415 - an extra

    try:
        with (control / "config").open("rb") as file:
            config = ConfigFile.from_file(file, expand_includes=False)
        return config.get((b"remote", b"origin"), b"url").decode("utf-8")
    except (OSError, KeyError, ValueError):
        return ""


def _web(address: str) -> str | None:
    """Return a remote's address as one on the web, without passwords; None for a folder.

    >>> _web("git@github.com:ann/tea.git"), _web("https://ann:secret@git.example/tea.git/"), _web("/srv/tea.git")
    ('https://github.com/ann/tea', 'https://git.example/tea', None)
    """
    short = _SHORT.fullmatch(address)
    parts = urlsplit(f"ssh://{short[1]}/{short[2]}" if short else address)
    path = parts.path.strip("/").removesuffix(".git")
    if parts.scheme not in {"http", "https", "ssh", "git"} or not parts.hostname or not path or not path.isprintable():
        return None
    return f"https://{parts.hostname}/{path}"


def _source(web: str, commit: str) -> str:
    """Return what a file's path is appended to: a page of a known forge, else the form that SPDX uses."""
    forge = _FORGES.get(urlsplit(web).hostname or "")
    return web + forge.format(commit) if forge else f"git+{web}.git@{commit}#"


def _authors(store: DiskObjectStore, head: Commit) -> tuple[str, ...]:
    """Return who wrote most of the latest commits, the busiest first; programs are left out."""
    names: Counter[str] = Counter()
    seen, waiting = {head.id}, [head]
    while waiting and len(seen) <= HISTORY:
        commit = waiting.pop(0)
        names[commit.author.partition(b" <")[0].decode("utf-8", "replace").strip()[:200]] += 1
        for parent in commit.parents:
            if parent not in seen and parent in store:  # a shallow clone ends somewhere
                seen.add(parent)
                waiting.append(store[parent])  # type: ignore[arg-type]  # a parent is a commit
    return tuple(name for name, _ in names.most_common(MAX_AUTHORS) if name and not name.endswith("[bot]"))
