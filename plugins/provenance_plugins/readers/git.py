"""Reader of git repositories, bare or checked out: the files of the commit at HEAD; needs the extra `git`.

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
from provenance_plugins.readers._damage import damage_error
from provenance_plugins.readers._input import MAX_BYTES, format_place
from provenance_plugins.readers._unpacking import LimitError, Unpacking

if TYPE_CHECKING:
    from dulwich.object_store import DiskObjectStore
HISTORY = 1_000
"""How many of the latest commits are searched for authors."""
MAX_AUTHORS = 10

_FORGES = {
    "github.com": "/blob/{}/", "gitlab.com": "/-/blob/{}/", "codeberg.org": "/src/commit/{}/",
    "bitbucket.org": "/src/{}/",
}  # fmt: skip
_SHORT_ADDRESS = re.compile(r"[\w.-]+@([\w.-]+):(?!/)(.+)", re.ASCII)
_LFS_POINTER = b"version https://git-lfs.github.com/spec/"
_FILES = frozenset({0o100644, 0o100755, 0o100664})  # no links, submodules or folders


@hookimpl
def provenance_register_readers(register: Callable[[Reader], None]) -> None:
    """Register the reader for git repositories."""
    register(Reader(name="git", suffixes=(), read=read, folder_markers=((".git/HEAD",), ("HEAD", "objects", "refs"))))


def read(path: Path) -> Iterator[InputError | Unpacked]:
    """Yield the unpacked files of HEAD, after an error for each one that cannot be unpacked."""
    place = format_place(path)
    if find_spec("dulwich") is None:
        remedy = "pip install 'licence-provenance[git]', or read the files as they lie there: --no-plugin reader-git"
        yield InputError(f"reading a git repository needs dulwich: {remedy}", place=place)
        return
    from dulwich.object_store import DiskObjectStore  # noqa: PLC0415 - an extra

    control = path / ".git" if (path / ".git").is_dir() else path
    with TemporaryDirectory(prefix="provenance-") as temporary:
        folder = Path(temporary)
        whole = Unpacked(folder=folder)
        try:
            _check_is_closed(control, place)
            objects = control / "objects"
            packed = sum(Path(top, name).lstat().st_size for top, _, names in os.walk(objects) for name in names)
            with closing(DiskObjectStore(str(objects), loose_object_size_limit=MAX_BYTES)) as store:
                head = _Head(store, control, place)
                whole = head.describe(folder)
                yield from head.unpack_files(Unpacking(folder, place=place, packed=packed))
        except InputError as error:
            yield error
        except Exception as error:  # dulwich promises no set of errors for damaged repositories
            yield damage_error("not a git repository, or damaged", error, place=place, remedy="run: git fsck")
        if any(folder.iterdir()):  # what was unpacked before an error is good
            yield whole


def _check_is_closed(control: Path, place: str) -> None:
    """Refuse a repository that is partly elsewhere: it could make an ingest read any file of the system.

    Raises:
        InputError: it borrows objects of another one, or leads out through a link.
    """
    if (control / "objects/info/alternates").exists():
        raise InputError("borrows objects of another repository; run: git repack -a -d, then remove alternates", place)
    for part in ("HEAD", "config", "packed-refs", "objects", "refs"):
        for parent, folders, files in os.walk(control / part):
            if any(Path(parent, name).is_symlink() for name in (*folders, *files)):
                raise InputError(f"has a link in {format_place(Path(parent))}; give a copy without links", place)
        if (control / part).is_symlink():
            raise InputError(f"{part} is a link; give a copy without links", place)


class _Head:
    """The commit at HEAD of a repository.

    Raises:
        InputError: there is none.
    """

    def __init__(self, store: DiskObjectStore, control: Path, place: str) -> None:
        from dulwich.objects import Commit  # noqa: PLC0415 - an extra
        from dulwich.refs import HEADREF, DiskRefsContainer  # noqa: PLC0415

        try:
            name = DiskRefsContainer(str(control))[HEADREF]
        except KeyError:
            raise InputError("has no commit at HEAD; nothing to ingest", place=place) from None
        commit = store[name]
        if not isinstance(commit, Commit):
            raise InputError("HEAD is no commit; run: git fsck", place=place)
        self._store = store
        self._control = control
        self._commit = commit

    def describe(self, folder: Path) -> Unpacked:
        """Return what all files of the commit have in common; the address is that of the remote `origin`."""
        from dulwich.config import ConfigFile  # noqa: PLC0415 - an extra

        try:
            with (self._control / "config").open("rb") as file:
                config = ConfigFile.from_file(file, expand_includes=False)  # an include could name any file
            web = _to_web_address(config.get((b"remote", b"origin"), b"url").decode("utf-8"))
        except (OSError, KeyError, ValueError):
            web = None
        source = None
        if web:
            # What a file's path is appended to: a page of a known forge, else the form that SPDX uses.
            number, page = self._commit.id.decode("ascii"), _FORGES.get(urlsplit(web).hostname or "")
            source = web + page.format(number) if page else f"git+{web}.git@{number}#"
        return Unpacked(
            folder=folder,
            id=f"git+{web}#" if web else None,
            source=source,
            title=web.rpartition("/")[2] if web else None,
            authors=self.rank_authors(),
            year=datetime.fromtimestamp(self._commit.author_time, UTC).year,
        )

    def rank_authors(self) -> tuple[str, ...]:
        """Return who wrote most of the latest commits, the busiest first; programs are left out."""
        names: Counter[str] = Counter()
        seen, waiting = {self._commit.id}, [self._commit]
        while waiting and len(seen) <= HISTORY:
            commit = waiting.pop(0)
            names[commit.author.partition(b" <")[0].decode("utf-8", "replace").strip()[:200]] += 1
            for parent in commit.parents:
                if parent not in seen and parent in self._store:  # a shallow clone lacks its oldest commits' parents
                    seen.add(parent)
                    waiting.append(self._store[parent])  # type: ignore[arg-type]  # a parent is a commit
        return tuple(name for name, _ in names.most_common(MAX_AUTHORS) if name and not name.endswith("[bot]"))

    def unpack_files(self, unpacking: Unpacking) -> Iterator[InputError]:
        """Write the files of the commit into a folder, and yield an error for each one that cannot be written."""
        for entry in self._store.iter_tree_contents(self._commit.tree):
            name = os.fsdecode(entry.path or b"")
            if entry.mode not in _FILES or entry.sha is None or not unpacking.wants(name):
                continue  # the target of a link is read under its own name; a submodule is a repository of its own
            try:
                content = self._store[entry.sha].as_raw_string()
                if content.startswith(_LFS_POINTER):
                    raise unpacking.error(name, "kept in Git LFS, and not in the repository; ingest the file itself")
                unpacking.write(name, BytesIO(content))
            except LimitError:
                raise
            except InputError as error:
                yield error


def _to_web_address(remote: str) -> str | None:
    """Return a remote's address as one on the web, without passwords; None for a folder.

    >>> _to_web_address("git@github.com:ann/tea.git"), _to_web_address("https://ann:secret@git.example/tea.git/")
    ('https://github.com/ann/tea', 'https://git.example/tea')
    >>> _to_web_address("/srv/tea.git") is None
    True
    """
    short = _SHORT_ADDRESS.fullmatch(remote)
    parts = urlsplit(f"ssh://{short[1]}/{short[2]}" if short else remote)
    path = parts.path.strip("/").removesuffix(".git")
    if parts.scheme not in {"http", "https", "ssh", "git"} or not parts.hostname or not path or not path.isprintable():
        return None
    return f"https://{parts.hostname}/{path}"
