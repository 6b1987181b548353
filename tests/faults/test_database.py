"""Bad databases and bad disks: one clear line with place and remedy, the right exit code, nothing lost."""

from __future__ import annotations

import shutil
import sqlite3
from pathlib import Path

import pytest

from provenance import Checker, Database, Document
from provenance.cli import main
from provenance.database import examine
from provenance.errors import DatabaseError
from tests.database.samples import TIMES, WHALE, filled, words
from tests.faults.conftest import Command, Ended, Mount


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A database with one long work."""
    filled(tmp_path / "db", Document(text=TIMES, id="t", licence="MIT")).close()
    return tmp_path / "db"


def check(provenance: Command, folder: Path, **options: list[str]) -> Ended:
    return provenance("check", "-", "--db", folder, "--format", "text", stdin=TIMES.encode(), **options)


def ids(folder: Path, text: str) -> list[str]:
    with Database.open(folder) as database:
        return [finding.passage.origin.id for finding in Checker(database).check(text).findings]


def test_a_folder_that_is_no_database(tmp_path: Path, provenance: Command) -> None:
    """Checking says how to make one; ingesting leaves a folder of other things alone."""
    other = tmp_path / "other"
    other.mkdir()
    (other / "mine.txt").write_text(TIMES)
    assert check(provenance, other) == Ended(
        3, "", f"provenance: {other} is a folder, but no provenance database; make one with `provenance ingest SOURCE "
        f"--db {other}`, or name another with --db\n",
    )  # fmt: skip
    assert provenance("ingest", other / "mine.txt", "--db", other) == Ended(
        3, "", f"provenance: {other} is not empty and no provenance database; name an empty or new folder with --db\n"
    )
    assert [path.name for path in other.iterdir()] == ["mine.txt"]


@pytest.mark.parametrize("command", [["check", "-"], ["works"], ["stats"], ["ingest", "x.txt"], ["db", "upgrade"]])
def test_a_newer_schema(folder: Path, provenance: Command, command: list[str]) -> None:
    """A database of a newer release is refused by every command, with what to install."""
    with sqlite3.connect(folder / "catalogue.sqlite") as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()
    assert provenance(*command, "--db", folder) == Ended(
        3, "", f"provenance: catalogue {folder / 'catalogue.sqlite'}: its schema 9999 was written by a newer release; "
        "run `pip install --upgrade licence-provenance`\n",
    )  # fmt: skip
    assert provenance("doctor", "--db", folder).code == 3


def test_a_damaged_segment(folder: Path, provenance: Command) -> None:
    """A flipped byte and a missing file end check, stats and doctor with 3 and the file's name."""
    (path,) = (folder / "segments").iterdir()
    data = path.read_bytes()
    path.write_bytes(data[:-40] + bytes([data[-40] ^ 1]) + data[-39:])
    for _ in range(2):
        for command in (["check", "-"], ["stats"], ["works"]):
            ended = provenance(*command, "--db", folder)
            assert (ended.code, ended.out) == (3, "")
            assert ended.err.startswith(f"provenance: segment {path.name} is ")
        ended = provenance("doctor", "--db", folder)
        assert ended.code == 3
        assert f"BAD segment {path.name}" in ended.out
        path.unlink(missing_ok=True)


def test_a_damaged_segment_is_mended_by_its_backup(folder: Path, provenance: Command, tmp_path: Path) -> None:
    """The remedy in the message works: the file from a backup, put back."""
    (path,) = (folder / "segments").iterdir()
    shutil.copy(path, tmp_path / "backup")
    path.unlink()
    assert check(provenance, folder).code == 3
    shutil.copy(tmp_path / "backup", path)
    assert check(provenance, folder).code == 1
    assert provenance("doctor", "--db", folder).code == 0


@pytest.mark.parametrize("content", [b"", b"not sqlite at all, but long enough to be a header of one, for sure " * 20])
def test_a_catalogue_that_is_no_database(folder: Path, provenance: Command, content: bytes) -> None:
    """A catalogue file that something else has overwritten is named, with exit code 3."""
    for path in folder.glob("catalogue.sqlite*"):
        path.unlink()
    (folder / "catalogue.sqlite").write_bytes(content)
    ended = check(provenance, folder)
    assert (ended.code, ended.out) == (3, "")
    assert ended.err.startswith(f"provenance: catalogue {folder / 'catalogue.sqlite'}: ")
    assert len(ended.err.splitlines()) == 1


def test_a_database_that_may_not_be_written(folder: Path, provenance: Command, bound: list[str]) -> None:
    """Who may only read can check; ingesting says that the database cannot be written."""
    for path in (folder, *folder.rglob("*")):
        path.chmod(0o555 if path.is_dir() else 0o444)
    ended = check(provenance, folder, prefix=bound)
    assert (ended.code, ended.err) == (1, "")
    (folder.parent / "w.txt").write_text(WHALE)
    ended = provenance("ingest", "w.txt", "--db", folder, prefix=bound)
    assert (ended.code, ended.out) == (3, "")
    assert ended.err == (f"provenance: database {folder} is read-only: open a copy in a folder that can be written\n")


def test_a_read_only_disk(tmp_path: Path, disk: Mount, provenance: Command) -> None:
    """On a read-only disk checks work and changes are refused."""
    place = disk("disk", "size=16m")
    filled(place / "db", Document(text=TIMES, id="t", licence="MIT")).close()
    disk("disk", "ro", remount=True)
    ended = check(provenance, place / "db")
    assert (ended.code, ended.err) == (1, "")
    (tmp_path / "w.txt").write_text(WHALE)
    assert provenance("ingest", "w.txt", "--db", place / "db") == Ended(
        3, "", f"provenance: database {place / 'db'} is read-only: open a copy in a folder that can be written\n"
    )
    assert provenance("ingest", "w.txt", "--db", place / "new") == Ended(
        3, "", f"provenance: database {place / 'new'} cannot be made: Read-only file system\n"
    )
    assert provenance("doctor", "--db", place / "db").code == 0


@pytest.mark.parametrize("room", [0, 40_000, 200_000, 600_000])
def test_a_full_disk(tmp_path: Path, disk: Mount, room: int) -> None:
    """When the disk is full an ingest changes nothing and says so; with room again it succeeds."""
    place = disk("disk", "size=3m")
    filled(place / "db", Document(text=TIMES, id="t", licence="MIT")).close()
    works = [Document(text=words(n * 4000, 4000), id=str(n), licence="MIT") for n in range(40)]
    free = shutil.disk_usage(place).free
    (place / "ballast").write_bytes(bytes(max(0, free - room)))
    with pytest.raises(DatabaseError) as caught, Database.open(place / "db") as database:
        database.ingest(works)
    said = str(caught.value)
    assert str(place / "db") in said
    assert "nothing was changed" in said or "check the disk and its free space" in said
    (place / "ballast").unlink()
    assert ids(place / "db", TIMES) == ["t"]
    assert [trouble for _, trouble in examine(place / "db") if trouble] == []
    disk("disk", "size=200m", remount=True)
    with Database.open(place / "db") as database:
        assert database.ingest(works).added == 40
    assert ids(place / "db", works[39].text) == ["39"]
    assert {path.suffix for path in (place / "db" / "segments").iterdir()} == {".seg"}


@pytest.mark.long
def test_two_writers_at_once(folder: Path, provenance: Command) -> None:
    """While one process writes another one waits, is told who writes, and changes nothing; checks go on."""
    (folder.parent / "w.txt").write_text(WHALE)
    with Database.open(folder) as database, database.writing():
        ended = provenance("ingest", "w.txt", "--db", folder)
        assert (ended.code, ended.out) == (3, "")
        assert ended.err.startswith(f"provenance: database {folder} is being written by process ")
        assert ended.err.endswith("wait until it is done, then try again\n")
        assert check(provenance, folder).code == 1
    assert provenance("ingest", "w.txt", "--db", folder).code == 0


def test_the_catalogue_of_another_folder_is_refused(tmp_path: Path) -> None:
    """A change through the wrong catalogue would remove this folder's segments as left-overs."""
    filled(tmp_path / "mine", Document(text=WHALE)).close()
    filled(tmp_path / "other", Document(text=TIMES)).close()
    foreign = f"sqlite:///{tmp_path / 'other' / 'catalogue.sqlite'}"
    before = sorted((tmp_path / "mine" / "segments").iterdir())
    for create in (True, False):
        with pytest.raises(DatabaseError, match="is not that of the database"):
            Database.open(tmp_path / "mine", create=create, catalogue=foreign)
    assert sorted((tmp_path / "mine" / "segments").iterdir()) == before


def test_doctor_finds_a_damaged_row_of_the_catalogue(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A page of the SQLite file that was overwritten is found, though no check has touched it."""
    filled(tmp_path / "db", *(Document(text=WHALE, id=str(i)) for i in range(2_000))).close()
    file = tmp_path / "db" / "catalogue.sqlite"
    data = bytearray(file.read_bytes())
    middle = len(data) // 2 // 4096 * 4096
    data[middle : middle + 4096] = bytes(4096)
    file.write_bytes(bytes(data))
    assert main(["doctor", "--db", str(tmp_path / "db")]) == 3
    assert "catalogue" in capsys.readouterr().out
