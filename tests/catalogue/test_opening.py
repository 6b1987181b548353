"""Opening a catalogue where something is in the way: the disk, another process, a damaged file, no server."""

import os
import shutil
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from provenance.catalogue import Catalogue, Location, engine, upgrade
from provenance.catalogue.schema import REVISIONS
from provenance.errors import DatabaseBusyError, DatabaseError, DatabaseNotFoundError
from tests.catalogue.builders import a_batch, a_claim, a_work

Open = Callable[..., Catalogue]


def path_of(url: str) -> Path:
    """Return the file of an SQLite URL."""
    return Path(url.removeprefix("sqlite:///"))


@pytest.fixture
def filled(sqlite_url: str) -> str:
    """Give the URL of a closed SQLite catalogue with one work."""
    with Catalogue.open(sqlite_url, create=True) as catalogue:
        catalogue.commit(a_batch(a_work("a")))
    return sqlite_url


@contextmanager
def without_permission(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Make a folder read-only; permissions do not bind root, so `os.access` is told as well."""
    allowed = os.access
    monkeypatch.setattr(os, "access", lambda path, mode: mode != os.W_OK and allowed(path, mode))
    folder.chmod(0o555)
    yield
    folder.chmod(0o755)
    monkeypatch.setattr(os, "access", allowed)


def test_nothing_there(sqlite_url: str) -> None:
    """Opening what is not there is an error that makes nothing."""
    for read_only in (False, True):
        with pytest.raises(DatabaseNotFoundError, match=r"no database at /.*/catalogue\.sqlite; `provenance ingest`"):
            Catalogue.open(sqlite_url, read_only=read_only)
    with pytest.raises(DatabaseNotFoundError):
        Catalogue.open(sqlite_url, create=True, read_only=True)
    assert not path_of(sqlite_url).parent.exists()


def test_a_folder_is_no_database(tmp_path: Path) -> None:
    """A folder in place of the file is an error."""
    with pytest.raises(DatabaseNotFoundError, match="is not a file"):
        Catalogue.open(f"sqlite:///{tmp_path}")


@pytest.mark.parametrize("create", [False, True])
def test_a_file_of_another_kind(tmp_path: Path, create: bool) -> None:
    """A file that is no database is named, and left as it is."""
    path = tmp_path / "notes.txt"
    path.write_text("Call me Ishmael. " * 100)
    with pytest.raises(DatabaseNotFoundError, match=r"notes\.txt: the file is not a database"):
        Catalogue.open(f"sqlite:///{path}", create=create)
    assert path.read_text() == "Call me Ishmael. " * 100


def test_a_name_with_odd_characters(tmp_path: Path) -> None:
    """Nothing in a file's name is taken for a part of the URL."""
    for name in ("a b?mode=ro&x.sqlite", "100%25.sqlite", "ü#鯨.sqlite", os.fsdecode(b"\xff.sqlite")):
        with Catalogue.open(f"sqlite:///{tmp_path / name}", create=True) as catalogue:
            assert catalogue.revision() == 0
        assert (tmp_path / name).is_file()


def test_creating_what_is_there(filled: str, opened: Open) -> None:
    """Asking to create a catalogue that is there opens it."""
    assert opened(filled, create=True).state().works == 1


def test_reading_only(url: str, opened: Open) -> None:
    """A catalogue opened for reading only reads, and refuses every change."""
    opened(url, create=True).commit(a_batch(a_work("a")))
    reader = opened(url, read_only=True)
    assert reader.read_only
    assert len(reader.works_at([Location("one", 0)])[Location("one", 0)]) == 1
    for change in (
        lambda: reader.commit(a_batch(a_work("b"))),
        lambda: reader.withdraw(1),
        lambda: reader.add_claim(1, a_claim()),
        lambda: reader.log_check(b"", 0, 0, 0),
    ):
        with pytest.raises(DatabaseError, match="it was opened for reading only; open it without `read_only`"):
            change()


def test_a_read_only_folder(filled: str, opened: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    """In a read-only folder a catalogue reads, leaves no file behind, and says why it does not write."""
    folder = path_of(filled).parent
    with without_permission(folder, monkeypatch):
        catalogue = opened(filled)
        assert catalogue.read_only
        assert catalogue.state().works == 1
        with pytest.raises(DatabaseError, match=rf"catalogue {folder}/.*: the file or its folder is read-only"):
            catalogue.withdraw(a_work("a").key)
        assert upgrade(filled) == REVISIONS[-1]
        assert [path.name for path in folder.iterdir()] == ["catalogue.sqlite"]


def test_a_read_only_file(filled: str, opened: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that may not be written is read."""
    allowed, path = os.access, path_of(filled)
    monkeypatch.setattr(os, "access", lambda asked, mode: Path(asked) != path and allowed(asked, mode))
    catalogue = opened(filled, create=True)
    assert catalogue.read_only
    assert catalogue.state().works == 1


def test_a_read_only_folder_that_another_process_writes(
    filled: str, opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where we may not write but somebody else does, we see what they commit."""
    writer = opened(filled)
    writer.commit(a_batch(a_work("b"), segments=()))
    with without_permission(path_of(filled).parent, monkeypatch):
        reader = opened(filled)
        assert (reader.read_only, reader.state().works) == (True, 2)
        writer.commit(a_batch(a_work("c"), segments=()))
        assert reader.state().works == 3


def test_changes_that_cannot_be_read(filled: str, opened: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    """A read-only copy with changes still in its log is an error; without them works would be missing silently."""
    opened(filled).commit(a_batch(a_work("b"), segments=()))
    copy = path_of(filled).parent.parent / "copy" / "catalogue.sqlite"
    copy.parent.mkdir()
    for suffix in ("", "-wal"):
        shutil.copy(f"{path_of(filled)}{suffix}", f"{copy}{suffix}")
    with (
        without_permission(copy.parent, monkeypatch),
        pytest.raises(DatabaseError, match=r"has changes in catalogue\.sqlite-wal that cannot be read"),
    ):
        Catalogue.open(f"sqlite:///{copy}")
    assert opened(f"sqlite:///{copy}").state().works == 2


def test_creating_in_a_read_only_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A catalogue cannot be made where nothing may be written."""
    with (
        without_permission(tmp_path, monkeypatch),
        pytest.raises(DatabaseError, match=r"no database can be made in .* read-only; choose another folder"),
    ):
        Catalogue.open(f"sqlite:///{tmp_path}/catalogue.sqlite", create=True)


def test_a_file_in_place_of_the_folder(tmp_path: Path) -> None:
    """A folder that cannot be made is named."""
    (tmp_path / "db").touch()
    with pytest.raises(DatabaseError, match=f"{tmp_path}/db cannot be made: File exists"):
        Catalogue.open(f"sqlite:///{tmp_path}/db/catalogue.sqlite", create=True)


def test_a_damaged_file(filled: str) -> None:
    """Damage is an error that names the file, never an empty answer."""
    path = path_of(filled)
    content = bytearray(path.read_bytes())
    content[4096:] = b"\x55" * (len(content) - 4096)
    path.write_bytes(content)
    with pytest.raises(DatabaseError, match=f"catalogue {path}: .*damaged; restore it"):
        Catalogue.open(filled)


def test_a_missing_table(filled: str, opened: Open) -> None:
    """A table that is gone is damage too."""
    with closing(sqlite3.connect(path_of(filled))) as connection:
        connection.execute("DROP TABLE segment_members")
    with pytest.raises(DatabaseError, match="no such table: segment_members; it is damaged"):
        opened(filled).state()


def test_a_full_disk(filled: str, opened: Open) -> None:
    """A batch for which there is no space changes nothing, and the next one that fits goes in."""
    catalogue = opened(filled)
    with catalogue._begin_reading() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar()
        connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")
    before = catalogue.state()
    works = [a_work(f"w{n}", title="x" * 500) for n in range(500)]
    with pytest.raises(DatabaseError, match="the disk is full; nothing was changed"):
        catalogue.commit(a_batch(*works, segments=()))
    assert catalogue.state() == before
    with catalogue._begin_reading() as connection:
        connection.exec_driver_sql("PRAGMA max_page_count = 1000000")
    assert catalogue.commit(a_batch(*works, segments=())).added == 500


def test_two_writers(url: str, opened: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    """While one process writes, readers go on, and a second writer waits and then says who is in the way."""
    monkeypatch.setattr(engine, "BUSY_TIMEOUT", 50)
    first, second = opened(url, create=True), opened(url)
    first.commit(a_batch(a_work("a")))
    with first._begin_writing() as connection:
        connection.exec_driver_sql("UPDATE meta SET value = '41' WHERE key = 'generation'")
        assert second.state().works == 1
        with pytest.raises(DatabaseBusyError, match="another process is writing to it; try again"):
            second.withdraw(a_work("a").key)
        assert second.revision() == 1
        assert opened(url, create=True).revision() == 1
    assert second.withdraw(a_work("a").key)
    assert first.revision() == 42


def test_writers_in_turn(url: str, opened: Open) -> None:
    """Two open catalogues that write in turn see each other's works, claims and revision."""
    first, second = opened(url, create=True), opened(url)
    assert first.commit(a_batch(a_work("a"))).revision == 1
    assert second.commit(a_batch(a_work("b"), segments=())).revision == 2
    assert first.add_claim(a_work("b").key, a_claim("ISC", days=1)).licence == "ISC"
    assert second.state() == first.state()


@pytest.mark.slow
def test_a_forked_process_makes_its_own_connection(filled: str) -> None:
    """A catalogue that is open when a process forks can be used in both."""
    program = (
        "import os, sys\nfrom provenance.catalogue import Catalogue\ncatalogue = Catalogue.open(sys.argv[1])\n"
        "catalogue.revision()\nchild = os.fork()\nassert catalogue.state().works == 1\n"
        "if not child:\n    catalogue.close()\n    os._exit(0)\n"
        "assert os.waitpid(child, 0)[1] == 0\ncatalogue.close()\n"
    )
    subprocess.run([sys.executable, "-c", program, filled], check=True, cwd=Path(__file__).parents[2])


def test_no_such_server_database(postgres_url: str) -> None:
    """A database that the server does not have is named, with how to make it."""
    with pytest.raises(DatabaseNotFoundError, match="the server has no such database; create one with `createdb`"):
        Catalogue.open(postgres_url.replace("/catalogue?", "/elsewhere?"), create=True)


def test_no_server(tmp_path: Path) -> None:
    """Where no server answers, the error says where it looked, without the password."""
    pytest.importorskip("psycopg")
    with pytest.raises(DatabaseError) as caught:
        Catalogue.open(f"postgresql://ann:s3cret@/db?host={tmp_path}")
    message = str(caught.value)
    assert "check that the server runs and that the URL is right" in message
    assert "ann:***@" in message
    assert "s3cret" not in message


def test_a_server_that_is_killed(postgres_url: str, opened: Open) -> None:
    """A connection that the server has closed is made anew for the next question."""
    catalogue, other = opened(postgres_url, create=True), opened(postgres_url)
    with other._begin_reading() as connection:
        connection.exec_driver_sql(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
    assert catalogue.revision() == 0


def test_two_create_one_catalogue(url: str, opened: Open) -> None:
    """Of two that create the same catalogue at once, both get it."""
    revisions: list[int] = []

    def create() -> None:
        revisions.append(opened(url, create=True).revision())

    threads = [threading.Thread(target=create) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert revisions == [0, 0, 0]
