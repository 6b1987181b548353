"""The database changes, breaks and is mended while a server is up."""

from __future__ import annotations

import contextlib
import re
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from provenance import Database, Document
from provenance.errors import DatabaseError, SegmentError
from provenance.live import StreamChecker
from provenance.reports import PluginInfo, Report
from tests.database.samples import CODE, KINGDOMS, TIMES, WHALE, filled
from tests.web.api.conftest import Serve

TIMES_ID, NEW = "books/times.txt", Document(text=KINGDOMS, id="new", licence="MIT")


def ids(client: TestClient, text: str) -> list[str]:
    """The works that a text is credited to; it must have been checked."""
    told = client.post("/check", json={"text": text}).json()
    assert "error" not in told
    return [finding["sources"][0]["work"]["id"] for finding in told["findings"]]


def health(client: TestClient) -> tuple[int, bool, int | None, str]:
    """Status, readiness, revision and reason."""
    answer = client.get("/health")
    told = answer.json()
    return answer.status_code, told["ready"], told.get("coverage", {}).get("revision"), told.get("reason", "")


def streamed(client: TestClient) -> Report:
    """The report on a text that was streamed."""
    stream: StreamChecker = client.service.stream()  # type: ignore[attr-defined]  # of the fixture
    stream.feed(TIMES)
    return stream.close()


def test_works_that_come_later(client: TestClient, folder: Path) -> None:
    """What another process ingests, withdraws and compacts counts at the next request."""
    assert ids(client, KINGDOMS) == []
    with Database.open(folder) as database:
        database.ingest(NEW)
        assert ids(client, KINGDOMS) == ["new"]
        assert health(client) == (200, True, 2, "")
        database.withdraw(database.find_work("new"))
        assert ids(client, KINGDOMS) == []
        database.compact()
        assert ids(client, TIMES) == [TIMES_ID]
        assert health(client) == (200, True, 4, "")


def test_a_folder_that_is_replaced(client: TestClient, folder: Path, tmp_path: Path) -> None:
    """A new database of the same revision, moved into the place of the old one, is the one that counts."""
    assert (ids(client, TIMES), ids(client, KINGDOMS)) == ([TIMES_ID], [])
    filled(tmp_path / "next", NEW).close()
    begun = client.service.stream()  # type: ignore[attr-defined]  # of the fixture
    folder.rename(tmp_path / "old")
    (tmp_path / "next").rename(folder)
    assert (ids(client, TIMES), ids(client, KINGDOMS)) == ([], ["new"])
    assert client.get("/works").json()["works"][0]["id"] == "new"
    assert health(client) == (200, True, 1, "")
    begun.feed(TIMES)
    assert [each.passage.origin.id for each in begun.close().findings] == [TIMES_ID]  # as it was when it began


@contextlib.contextmanager
def removed(folder: Path) -> Iterator[str]:
    """The whole folder is gone."""
    away = folder.with_name("away")
    folder.rename(away)
    yield f"there is no provenance database at {folder}"
    away.rename(folder)


@contextlib.contextmanager
def damaged(folder: Path) -> Iterator[str]:
    """A byte of the segment is another one."""
    (path,) = (folder / "segments").iterdir()
    whole = path.read_bytes()
    with path.open("r+b") as file:
        file.seek(40)
        file.write(bytes([whole[40] ^ 1]))
    yield f"segment {path.name} is damaged"
    path.unlink()
    path.write_bytes(whole)


@contextlib.contextmanager
def cut(folder: Path) -> Iterator[str]:
    """The segment is a shorter file now, as a copy that was broken off."""
    (path,) = (folder / "segments").iterdir()
    whole = path.read_bytes()
    path.unlink()
    path.write_bytes(whole[:-1000])
    yield f"segment {path.name} is"
    path.write_bytes(whole)


@contextlib.contextmanager
def without_segment(folder: Path) -> Iterator[str]:
    """The segment is gone."""
    (path,) = (folder / "segments").iterdir()
    path.rename(folder / "aside")
    yield f"segment {path.name} is missing"
    (folder / "aside").rename(path)


@contextlib.contextmanager
def without_catalogue(folder: Path) -> Iterator[str]:
    """The catalogue is gone."""
    path = folder / "catalogue.sqlite"
    path.rename(folder / "aside")
    yield f"there is no database at {path}"
    (folder / "aside").rename(path)


@contextlib.contextmanager
def nonsense(folder: Path) -> Iterator[str]:
    """Something else lies in the place of the catalogue."""
    path = folder / "catalogue.sqlite"
    path.rename(folder / "aside")
    path.write_bytes(b"no database at all" * 1000)
    yield f"catalogue {path}: the file is not a database"
    path.unlink()
    (folder / "aside").rename(path)


@contextlib.contextmanager
def newer(folder: Path) -> Iterator[str]:
    """Another release has taken the database over."""
    with changed(folder, "9999") as before:
        yield "was written by a newer release" if before else ""


@contextlib.contextmanager
def changed(folder: Path, version: str) -> Iterator[str]:
    path = folder / "catalogue.sqlite"
    shutil.copy(path, folder / "aside")
    with contextlib.closing(sqlite3.connect(folder / "aside", isolation_level=None)) as connection:
        (before,) = connection.execute("SELECT version_num FROM alembic_version").fetchone()
        connection.execute("UPDATE alembic_version SET version_num = ?", (version,))
    path.rename(folder / "before")
    (folder / "aside").rename(path)
    yield before
    (folder / "before").rename(path)


FAULTS = [removed, damaged, cut, without_segment, without_catalogue, nonsense, newer]


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.__name__)
def test_open(serve: Serve, folder: Path, fault: Any) -> None:
    """Each report says that the text was not checked and why, health too, until the database is mended."""
    client = serve(when_broken="open")
    assert ids(client, TIMES) == [TIMES_ID]
    with fault(folder) as words:
        answer = client.post("/check", json={"text": TIMES})
        assert (answer.status_code, answer.json()["findings"], answer.json()["coverage"]["canaries"]) == (
            200, [], "unchecked",
        )  # fmt: skip
        status, ready, revision, reason = health(client)
        assert (status, ready, revision) == (503, False, None)
        assert words in answer.json()["error"]
        assert words in reason
        assert "provenance_ready 0.0" in client.get("/metrics").text
        works = client.get("/works")
        assert (works.status_code, works.headers["retry-after"]) == (503, "10")
        assert words in works.json()["error"]["message"]
    assert ids(client, TIMES) == [TIMES_ID]
    assert health(client) == (200, True, 1, "")


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.__name__)
def test_a_stream_goes_on(serve: Serve, folder: Path, fault: Any) -> None:
    """Where it is open, an answer that is being written goes out, and its report says why it was not checked."""
    client = serve(when_broken="open")
    with fault(folder) as words:
        report = streamed(client)
        assert (report.text, report.findings) == (TIMES, ())
        assert words in (report.error or "")
        assert 'provenance_unchecked_total{reason="stream"} 1.0' in client.get("/metrics").text
    assert health(client)[1]
    assert [each.passage.origin.id for each in streamed(client).findings] == [TIMES_ID]


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.__name__)
def test_closed(serve: Serve, folder: Path, fault: Any) -> None:
    """Nobody gets a report without a check, and a stream raises, until the database is mended."""
    client = serve(when_broken="closed")
    with fault(folder) as words:
        answer = client.post("/check", json={"text": TIMES})
        assert (answer.status_code, answer.json()["error"]["code"]) == (503, "not_checked")
        assert words in answer.json()["error"]["message"]
        with pytest.raises(DatabaseError, match=re.escape(words)):
            streamed(client)
    assert ids(client, TIMES) == [TIMES_ID]
    assert [each.passage.origin.id for each in streamed(client).findings] == [TIMES_ID]


_LOCK = """
import fcntl, sys
with open(sys.argv[1], "r+b") as file:
    fcntl.lockf(file, fcntl.LOCK_EX, 8, 120)  # all the locks that SQLite keeps for a log
    print("locked", flush=True)
    sys.stdin.read()
"""


@contextlib.contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Another process keeps the catalogue to itself."""
    command = [sys.executable, "-c", _LOCK, str(folder / "catalogue.sqlite-shm")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        assert process.stdout.readline() == "locked\n"
        yield


@pytest.mark.slow  # SQLite gives up after ten seconds
@pytest.mark.parametrize("when_broken", ["open", "closed"])
def test_a_catalogue_that_is_locked(serve: Serve, folder: Path, when_broken: str) -> None:
    """Whoever asks is told that the database is locked, until it is not."""
    client = serve(when_broken=when_broken)
    assert ids(client, TIMES) == [TIMES_ID]
    with locked(folder):
        answer = client.post("/check", json={"text": TIMES})
        words = f"catalogue {folder / 'catalogue.sqlite'}: another process is writing to it"
        assert answer.status_code == (200 if when_broken == "open" else 503)
        assert words in (answer.json()["error"] if when_broken == "open" else answer.json()["error"]["message"])
        assert health(client)[3] == "the database does not answer in time; does another process keep it locked?"
    while not health(client)[1]:
        pass
    assert ids(client, TIMES) == [TIMES_ID]


def test_a_catalogue_that_is_locked_for_longer(serve: Serve, folder: Path) -> None:
    """Nobody waits longer than a check may take; an answer of a model goes out, and its report says why it may."""
    client = serve(max_seconds=0.2)
    assert ids(client, TIMES) == [TIMES_ID]
    with locked(folder):
        answer = client.post("/check", json={"text": TIMES})
        assert (answer.status_code, answer.json()["error"]["code"]) == (503, "overloaded")
        report = client.portal.call(client.service.check, TIMES)  # type: ignore[union-attr, attr-defined]  # the fixture's
        assert report.error == "this took longer than 0.2 seconds; try again later or with less, or raise --max-seconds"
        assert health(client)[3] == "the database does not answer in time; does another process keep it locked?"
    while not health(client)[1]:
        pass
    assert ids(client, TIMES) == [TIMES_ID]


def test_a_segment_of_a_new_generation_that_is_damaged(client: TestClient, folder: Path) -> None:
    """What is ingested and damaged before anybody checked is found too, and the old works wait for it to be mended."""
    with Database.open(folder) as database:
        before = set((folder / "segments").iterdir())
        database.ingest([NEW, Document(text=CODE * 3, id="code", licence="MIT")])
    (path,) = set((folder / "segments").iterdir()) - before
    whole = path.read_bytes()
    path.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    assert path.name in client.post("/check", json={"text": TIMES}).json()["error"]
    assert path.name in health(client)[3]
    path.write_bytes(whole)
    assert (ids(client, TIMES), ids(client, KINGDOMS)) == ([TIMES_ID], ["new"])


def test_why_texts_were_not_checked_is_counted(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    """The reason is one of a few words; a defect of ours counts as one, and is not an error for who asks."""
    checker: Any = client.service.checker  # type: ignore[attr-defined]  # of the fixture
    for error in (SegmentError("s"), DatabaseError("d"), KeyError("k")):
        monkeypatch.setattr(checker, "check", _raising(error))
        assert client.post("/check", json={"text": WHALE}).json()["error"]
    counted = [line for line in client.get("/metrics").text.splitlines() if "unchecked_total{" in line]
    assert counted == [
        f'provenance_unchecked_total{{reason="{word}"}} 1.0' for word in ("damaged", "database", "internal")
    ]


def _raising(error: Exception) -> Any:
    def check(*_: Any, **__: Any) -> None:
        raise error

    return check


def test_plugins_stay_those_that_were_chosen(folder: Path, serve: Serve) -> None:
    """A database that is opened anew is checked by the same plugins and policy."""
    client = serve()
    before = client.post("/check", json={"text": TIMES}).json()
    (folder / "segments").rename(folder / "aside")
    assert "error" in client.post("/check", json={"text": TIMES}).json()
    (folder / "aside").rename(folder / "segments")
    assert client.post("/check", json={"text": TIMES}).json() == before
    assert PluginInfo(**before["plugins"][0])
