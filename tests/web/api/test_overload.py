"""How many texts are checked at once, and how long one may take."""

from __future__ import annotations

import asyncio
import threading
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from provenance import Checker, Document
from provenance.cli.serve import serve
from provenance.errors import DatabaseError
from provenance.server.app import build_app
from provenance.service.pool import OverloadedError, Pool
from provenance.service.service import Service
from provenance.service.settings import ServeSettings
from provenance.service.watch import Watch
from tests.database.samples import TIMES, filled
from tests.web.api.conftest import Serve


async def _crowd(pool: Pool, gate: threading.Event, number: int) -> list[Any]:
    """Run that many functions that wait for a gate, and open it when all were asked for."""
    tasks = [asyncio.create_task(pool.run(gate.wait)) for _ in range(number)]
    await asyncio.sleep(0)
    gate.set()
    return await asyncio.gather(*tasks, return_exceptions=True)


def test_only_so_many_wait() -> None:
    """What finds no thread and no place in the queue is refused at once; the rest is done."""
    pool = Pool(2, 3, 60)
    results = asyncio.run(_crowd(pool, threading.Event(), 7))
    assert [isinstance(result, OverloadedError) for result in results] == [False] * 5 + [True] * 2
    assert str(results[5]) == "5 checks are running or waiting; try again in a moment"
    assert asyncio.run(pool.run(lambda: "and places are free again")) == "and places are free again"
    pool.close()


def test_what_takes_too_long_keeps_its_place() -> None:
    """Nobody waits longer than is allowed; the thread is not to be had until it is done, what waited is not begun."""
    pool, gate, begun = Pool(1, 1, 0.01), threading.Event(), []

    async def scene() -> list[Any]:
        late = await asyncio.gather(pool.run(gate.wait), pool.run(lambda: begun.append(1)), return_exceptions=True)
        return [*late, *await asyncio.gather(pool.run(gate.wait), pool.run(gate.wait), return_exceptions=True)]

    results = asyncio.run(scene())
    gate.set()
    pool.close()
    words = "this took longer than 0.01 seconds; try again later or with less, or raise --max-seconds"
    full = "2 checks are running or waiting; try again in a moment"
    assert [str(result) for result in results] == [words, words, words, full]
    assert begun == []


@pytest.mark.parametrize("error", [ValueError("x"), TimeoutError("its own"), DatabaseError("y")])
def test_an_error_comes_out(error: Exception) -> None:
    """What a function raises is raised, also a TimeoutError of its own."""
    pool = Pool(1, 1, 60)

    def fails() -> None:
        raise error

    with pytest.raises(type(error), match=str(error)):
        asyncio.run(pool.run(fails))
    pool.close()


@pytest.mark.parametrize("when_broken", ["open", "closed"])
def test_too_much_to_check(serve: Serve, when_broken: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who asks for a report gets 503 and when to ask again, whatever happens to answers of a model."""
    client, gate = serve(threads=1, max_waiting=0, max_seconds=0.05, when_broken=when_broken), threading.Event()
    slow(client, gate, monkeypatch)
    for message in (
        "this took longer than 0.05 seconds; try again later or with less, or raise --max-seconds",
        "1 checks are running or waiting; try again in a moment",
    ):
        answer = client.post("/check", json={"text": "x"})
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")
        assert answer.json()["error"] == {
            "message": message, "type": "server_error", "param": None, "code": "overloaded",
        }  # fmt: skip
    gate.set()


def test_an_answer_of_a_model_goes_out_unchecked(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where `when_broken` is `open`, too much to check does not stop an answer: its report says so."""
    client, gate = serve(threads=1, max_waiting=0, max_seconds=0.05), threading.Event()
    slow(client, gate, monkeypatch)
    service = client.service  # type: ignore[attr-defined]  # of the fixture
    report = client.portal.call(service.check, "x")  # type: ignore[union-attr]  # is open
    assert report.error == "this took longer than 0.05 seconds; try again later or with less, or raise --max-seconds"
    gate.set()


def slow(client: TestClient, gate: threading.Event, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let each check wait for a gate."""
    service: Any = client.service  # type: ignore[attr-defined]  # of the fixture
    check = service.checker.check
    monkeypatch.setattr(service.checker, "check", lambda *args, **options: gate.wait() and check(*args, **options))


def test_a_server_that_ends_closes_its_service(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And with it the database, and the threads of its checks."""
    closed: list[Service] = []
    close = Service.close

    def note_and_close(service: Service) -> None:
        closed.append(service)
        close(service)

    monkeypatch.setattr(Service, "close", note_and_close)
    service = Service(Checker(filled(tmp_path / "db", Document(text=TIMES, id="times"))), ServeSettings())
    with TestClient(build_app(service)):
        assert closed == []
    assert closed == [service]


def test_an_event_loop_never_waits_for_whoever_looks_at_the_files(tmp_path: Path) -> None:
    """While another thread opens the database the last checker is given at once, and asked anew afterwards."""
    with filled(tmp_path / "db", Document(text=TIMES, id="t")) as database:
        checker = Checker(database)
        watch = Watch(checker)
        given: list[Checker] = []
        with watch._lock:
            thread = threading.Thread(target=lambda: given.append(watch.glance()), daemon=True)
            thread.start()
            thread.join(30)
            assert given == [checker]
        assert watch.glance() is checker


def test_a_service_needs_no_settings_and_the_command_has_the_same_ones() -> None:
    """Every setting has a default, and where `provenance serve` has an option for it that is the option's too."""
    settings = ServeSettings()
    given = serve.make_context("serve", []).params
    shared = {field.name for field in fields(ServeSettings)} & given.keys()
    assert {"when_broken", "max_body", "upstream", "footer", "keys"} <= shared
    assert {name: given[name] for name in shared} == {name: getattr(settings, name) for name in shared}
