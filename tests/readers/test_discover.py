"""Finding the files of a source: what comes, in which order, and what is reported and passed over."""

from __future__ import annotations

import inspect
import os
import socket
import sys
from pathlib import Path

import pytest

from provenance.errors import InputError
from provenance.sources.discover import discover


def write(folder: Path, *names: str) -> None:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)


def found(source: Path) -> list[str]:
    """Each file as its path in the source, each error as `! path: message`."""
    shown = []
    for item in discover(source):
        if isinstance(item, InputError):
            shown.append(f"! {Path(item.place).relative_to(source)}: {item.message}")
        else:
            assert item.read_text()
            shown.append(str(item.relative_to(source)))
    return shown


def test_a_file_is_itself(tmp_path: Path) -> None:
    """A source that is a file is that file, hidden or not, and a link to one is followed."""
    write(tmp_path, ".hidden.txt")
    (tmp_path / "link.txt").symlink_to(".hidden.txt")
    assert list(discover(tmp_path / ".hidden.txt")) == [tmp_path / ".hidden.txt"]
    assert list(discover(tmp_path / "link.txt")) == [tmp_path / "link.txt"]


def test_a_folder_is_walked_in_sorted_order_without_what_is_hidden(tmp_path: Path) -> None:
    """Every visible file comes once, always in the same order."""
    write(tmp_path, "b.txt", "a/z.txt", "a/b/c.txt", "c/d.txt", ".git/config", "a/.DS_Store", "A.txt")
    (tmp_path / "empty").mkdir()
    assert found(tmp_path) == ["A.txt", "a/b/c.txt", "a/z.txt", "b.txt", "c/d.txt"]


def test_a_link_as_the_source_is_followed(tmp_path: Path) -> None:
    """Somebody named it, so a folder behind a link is walked."""
    write(tmp_path, "real/a.txt")
    (tmp_path / "link").symlink_to("real")
    assert found(tmp_path / "link") == ["a.txt"]


def test_links_inside_the_folder_give_nothing_twice(tmp_path: Path) -> None:
    """A link to what is walked anyway is skipped; one to a hidden file is the only way to it, and is followed."""
    write(tmp_path, "real/a.txt", ".store/content")
    (tmp_path / "0-file").symlink_to("real/a.txt")
    (tmp_path / "1-folder").symlink_to("real")
    (tmp_path / "2-content").symlink_to(".store/content")
    assert found(tmp_path) == ["2-content", "real/a.txt"]


def test_links_that_lead_astray_are_reported_and_the_rest_comes(tmp_path: Path) -> None:
    """Out of the folder, round in a circle, or nowhere: each is one error with its place."""
    write(tmp_path, "outside/secret.txt", "in/a.txt", "in/sub/z.txt", "in/.store/x")
    links = {
        "b-out": "../outside/secret.txt", "c-out": "../outside", "d-up": ".", "e-self": "e-self", "f-none": "gone",
        "sub/g-back": "../sub", "h-hidden": ".store", "i-dev": "/dev/null",
    }  # fmt: skip
    for name, target in links.items():
        (tmp_path / "in" / name).symlink_to(target)
    out = "a link out of the folder; give its target as a source of its own"
    loop = "a link back to a folder that it is in, a loop; remove it"
    shown = found(tmp_path / "in")
    assert shown[4].startswith("! e-self: a link that cannot be followed (")
    assert shown[:4] + shown[5:] == [
        "a.txt", f"! b-out: {out}", f"! c-out: {out}", f"! d-up: {loop}",
        "! f-none: a link that cannot be followed (No such file or directory); mend or remove it",
        "! h-hidden: a link to a hidden folder; give its target as a source of its own",
        f"! i-dev: {out}", f"! sub/g-back: {loop}", "sub/z.txt",
    ]  # fmt: skip


def test_what_is_neither_file_nor_folder_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A FIFO or a socket is never opened."""
    write(tmp_path, "a.txt", "z.txt")
    os.mkfifo(tmp_path / "fifo")
    with socket.socket(socket.AF_UNIX) as server:
        monkeypatch.chdir(tmp_path)  # a socket's path must be short
        server.bind("sock")
        message = "neither a file nor a folder (a FIFO, socket or device); leave it out"
        assert found(tmp_path) == ["a.txt", f"! fifo: {message}", f"! sock: {message}", "z.txt"]
    assert [str(item) for item in discover(tmp_path / "fifo")] == [f"{tmp_path / 'fifo'}: {message}"]


def test_a_source_that_is_not_there_is_reported(tmp_path: Path) -> None:
    """A missing source is an error with its name, and so is a name that no system can have."""
    (missing,) = discover(tmp_path / "gone")
    (impossible,) = discover(tmp_path / "a\0b")
    assert (
        str(missing) == f"{tmp_path}/gone: cannot be read (No such file or directory); check its name and permissions"
    )
    assert isinstance(impossible, InputError)


def test_a_folder_without_permission_is_reported_and_the_rest_comes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One closed folder does not stop the walk."""
    write(tmp_path, "a.txt", "closed/b.txt", "z.txt")
    scandir = os.scandir

    def guarded(path: Path) -> object:
        # root may open everything, so the refusal is made here
        if Path(path).name == "closed":
            raise PermissionError(13, "Permission denied", str(path))
        return scandir(path)

    monkeypatch.setattr(os, "scandir", guarded)
    message = "cannot be read (Permission denied); check its name and permissions"
    assert found(tmp_path) == ["a.txt", f"! closed: {message}", "z.txt"]


def test_the_walk_does_not_recurse(tmp_path: Path) -> None:
    """Folders may lie deeper than Python calls."""
    depth = 200
    folder = tmp_path.joinpath(*["d"] * depth)
    folder.mkdir(parents=True)
    write(folder, "a.txt")
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(len(inspect.stack(0)) + depth // 2)
    try:
        files = list(discover(tmp_path))
    finally:
        sys.setrecursionlimit(before)
    assert files == [folder / "a.txt"]


def test_a_file_name_that_is_not_utf8_is_found(tmp_path: Path) -> None:
    """A file is read whatever bytes its name is made of, and an error about it can be printed."""
    name = os.fsdecode(b"caf\xe9.txt")
    (tmp_path / name).write_text("x")
    (tmp_path / f"{name}2").symlink_to("gone")
    path, error = discover(tmp_path)
    assert path == tmp_path / name
    assert isinstance(error, InputError)
    assert error.place.encode().endswith(rb"caf\udce9.txt2")
