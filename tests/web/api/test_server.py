"""The real server: its process, its address, its end, and clients that are slow."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn

from provenance.cli import main
from provenance.server import run as server
from provenance.service.keys import new_key
from tests.database.samples import TIMES
from tests.web.proxy.scripted import served, whole

WAIT = 60
"""Seconds after which a test gives up; never what it judges by."""


@dataclass
class Running:
    """A server that runs, with its first line and its address."""

    process: subprocess.Popen[str]
    line: str
    log: Path

    @property
    def url(self) -> str:
        return self.line.partition(": ")[0]

    @property
    def place(self) -> tuple[str, int]:
        host, _, port = self.url.removeprefix("http://").rpartition(":")
        return host.strip("[]"), int(port)

    def stop(self) -> tuple[int, list[dict[str, Any]]]:
        """Send SIGTERM and return exit code and log."""
        self.process.send_signal(signal.SIGTERM)
        return self.ended()

    def ended(self) -> tuple[int, list[dict[str, Any]]]:
        self.process.communicate(timeout=WAIT)
        return self.process.returncode, [json.loads(line) for line in self.log.read_text(encoding="utf-8").splitlines()]

    def killed(self) -> None:
        """Wait until nobody holds its output any more, neither it nor a process that it began."""
        self.process.kill()
        self.process.communicate(timeout=WAIT)


Start = Callable[..., Running]


@pytest.fixture
def start(folder: Path, tmp_path: Path) -> Iterator[Start]:
    """Start `provenance serve` with some options."""
    started: list[Running] = []
    clean = {name: value for name, value in os.environ.items() if not name.startswith("PROVENANCE_")}

    def run(*options: str, program: Sequence[str] = ("-m", "provenance", "serve"), **variables: str) -> Running:
        command = [sys.executable, *program, "--db", str(folder), "--port", "0", *options]
        path = tmp_path / f"log{len(started)}"
        with path.open("w", encoding="utf-8") as log:
            process = subprocess.Popen(
                command,
                env={**clean, **variables},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )
        assert process.stdout
        started.append(Running(process, process.stdout.readline().rstrip(), path))
        return started[-1]

    yield run
    for running in started:
        running.killed()


def opened(running: Running) -> socket.socket:
    return socket.create_connection(running.place, timeout=WAIT)


def wait_until_deaf(running: Running) -> None:
    """Wait until the server lets nobody in any more."""
    with contextlib.suppress(OSError):
        while True:
            opened(running).close()


def half(body: bytes = b'{"text": "x"}') -> tuple[bytes, bytes]:
    """A request in two halves."""
    head = b"POST /check HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n"
    return head + b"content-length: %d\r\nconnection: close\r\n\r\n" % len(body) + body[:5], body[5:]


def everything(connection: socket.socket) -> bytes:
    """All that comes until the other side closes."""
    return b"".join(iter(lambda: connection.recv(65536), b""))


def test_it_says_what_it_serves_and_stops_when_told(start: Start) -> None:
    """The first line has address, works and a warning; after SIGTERM it ends with 0, and the log is JSON."""
    running = start()
    words = r"http://127\.0\.0\.1:\d+: page, API; 4 works, \d+ tokens; no keys: whoever reaches this address may use it"
    assert re.fullmatch(words, running.line)
    report = httpx.post(f"{running.url}/check", json={"text": TIMES}).json()
    assert [each["sources"][0]["work"]["id"] for each in report["findings"]] == ["books/times.txt"]
    code, log = running.stop()
    assert code == 0
    assert [(each["route"], each["status"]) for each in log if each["message"] == "request"] == [("/check", 200)]


def test_what_has_begun_may_end(start: Start) -> None:
    """After SIGTERM nobody new is let in, and a request that is half there is still answered."""
    running = start()
    first, rest = half()
    with opened(running) as connection:
        connection.sendall(first)
        assert httpx.get(f"{running.url}/health").status_code == 200  # so the half before it is there
        running.process.send_signal(signal.SIGTERM)
        wait_until_deaf(running)
        connection.sendall(rest)
        assert everything(connection).startswith(b"HTTP/1.1 200 OK\r\n")
    assert running.ended()[0] == 0


def test_a_stream_that_has_begun_may_end(start: Start) -> None:
    """After SIGTERM an answer that is being written goes on until it is whole, and then the server is gone."""
    running = start(program=[str(Path(__file__).with_name("streaming_server.py"))])
    with httpx.stream("GET", f"{running.url}/stream", timeout=WAIT) as answer:
        pieces = answer.iter_text()
        told = [next(pieces)]
        running.process.send_signal(signal.SIGTERM)
        wait_until_deaf(running)
        assert running.process.stdin
        running.process.stdin.write("and ended\n")
        running.process.stdin.flush()
        assert "".join([*told, *pieces]) == "begun, and ended\n"
    assert running.ended()[0] == 0


def test_nobody_can_keep_it_from_stopping(start: Start) -> None:
    """A request that does not end is broken off when the time is over."""
    running = start("--grace", "1")
    with opened(running) as connection:
        connection.sendall(half()[0])
        assert httpx.get(f"{running.url}/health").status_code == 200
        code, log = running.stop()
    assert code == 0
    assert [each["status"] for each in log if each.get("route") == "/check"] == [499]


def test_control_c_is_an_end_too(start: Start) -> None:
    """Ctrl-C stops it as SIGTERM does."""
    running = start()
    assert httpx.get(f"{running.url}/health").status_code == 200
    running.process.send_signal(signal.SIGINT)
    assert running.ended()[0] == 0


@pytest.mark.long
def test_several_processes(start: Start) -> None:
    """Several processes serve one address; they see a change at once, and all end together."""
    running = start("--workers", "2")
    assert {httpx.get(f"{running.url}/health", timeout=WAIT).status_code for _ in range(10)} == {200}
    code, log = running.stop()
    assert code == 0
    assert len({each["message"] for each in log if each["message"].startswith("Started server process")}) == 2
    assert len([each for each in log if each["message"].startswith("Finished server process")]) == 2


@pytest.mark.long
def test_processes_end_with_the_one_that_began_them(start: Start) -> None:
    """Where the first process is killed none of the others is left over."""
    running = start("--workers", "2")
    assert httpx.get(f"{running.url}/health", timeout=WAIT).status_code == 200
    running.killed()
    with pytest.raises(ConnectionRefusedError):
        opened(running)


def test_a_port_that_is_taken(start: Start, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It is named, with what to do; nothing is served."""
    port = start().place[1]
    assert main(["serve", "--db", str(folder), "--port", str(port)]) == 3
    told = f"cannot listen on port {port} of 127.0.0.1: Address already in use; name another with --port, or --host"
    assert capsys.readouterr() == ("", f"provenance: {told}\n")
    assert main(["serve", "--db", str(folder), "--host", "no.such.host.invalid", "--no-keys"]) == 3
    assert "cannot listen on port 8000 of no.such.host.invalid" in capsys.readouterr().err


def test_a_database_that_cannot_be_used(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A server does not start on what is not there, whatever it does about what breaks later."""
    assert main(["serve", "--db", str(tmp_path / "none")]) == 3
    assert capsys.readouterr().err.startswith(f"provenance: there is no provenance database at {tmp_path / 'none'};")


def test_other_machines_need_keys(start: Start, folder: Path, tmp_path: Path) -> None:
    """An address that others can reach is served with keys, or where the operator says that there are none."""
    refused = start("--host", "0.0.0.0")
    refused.process.wait(WAIT)
    assert (refused.process.returncode, refused.line, refused.log.read_text(encoding="utf-8")) == (
        2, "", "provenance: others can reach 0.0.0.0, and there are no keys: make one with `provenance serve --new-key "
        "NAME` and name the file with --keys, or say --no-keys\n",
    )  # fmt: skip
    free = start("--host", "0.0.0.0", "--no-keys")
    port = free.place[1]
    assert httpx.get(f"http://127.0.0.1:{port}/works", headers={"host": "any.example"}).status_code == 200
    key, lines = new_key("me", ("read",))
    (tmp_path / "keys.toml").write_text(lines, encoding="utf-8")
    locked = start(PROVENANCE_KEYS=str(tmp_path / "keys.toml"), PROVENANCE_HOST="localhost")
    assert "no keys" not in locked.line
    assert httpx.get(f"{locked.url}/works").status_code == 401
    assert httpx.get(f"{locked.url}/works", headers={"authorization": f"Bearer {key}"}).status_code == 200


def test_only_names_of_this_machine(start: Start) -> None:
    """On a loopback address the server answers to no name that somebody pointed here, but to its public one."""
    running = start("--public-url", "https://notices.example/lp")
    hosts = {"localhost": 200, "notices.example": 200, "evil.example": 421}
    told = {host: httpx.get(f"{running.url}/works", headers={"host": host}).status_code for host in hosts}
    assert told == hosts


def test_a_new_key(capsys: pytest.CaptureFixture[str]) -> None:
    """The lines for the file go to standard output, the key only to whoever looks on."""
    assert main(["serve", "--new-key", "ci", "--right", "check", "--right", "read"]) == 0
    out, err = capsys.readouterr()
    assert re.fullmatch(r'\[\[key\]\]\nname = "ci"\nsha256 = "[0-9a-f]{64}"\nrights = \["check", "read"\]\n', out)
    assert re.fullmatch(r"the key, which is shown only now: lp_[\w-]{43}\n", err)
    assert main(["serve", "--new-key", "a b"]) == 2
    assert capsys.readouterr().err.startswith("provenance: argument: name is 'a b'; it must be 1 to 64")


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--keys", "none.toml"], "none.toml: No such file or directory; name a file of keys with --keys"),
        (["--keys", "none.toml", "--no-keys"], "--keys and --no-keys exclude each other; leave one out"),
        (["--upstream", "ftp://x"], "--upstream is 'ftp://x'; it must be an address such as http://127.0.0.1:8000/v1"),
        (
            ["--public-url", "x.example"],
            "--public-url is 'x.example'; it must be an address such as http://127.0.0.1:8000/v1",
        ),
        (
            ["--upstream", "http://x:y"],
            "--upstream is 'http://x:y'; it must be an address such as http://127.0.0.1:8000/v1",
        ),
        (["--policy", "none.toml"], "none.toml: No such file or directory; name a policy file with --policy"),
    ],
)
def test_options_that_cannot_be_meant(
    options: list[str], words: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """They are refused before anything is opened."""
    assert main(["serve", "--db", str(folder), *options]) == 2
    assert capsys.readouterr().err == f"provenance: {words}\n"


def test_without_the_extra(folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the server's packages are missing the command says what to install."""
    monkeypatch.setitem(sys.modules, "uvicorn", None)
    monkeypatch.delitem(sys.modules, "provenance.server.run")
    monkeypatch.delattr("provenance.server.run")
    assert main(["serve", "--db", str(folder)]) == 2
    assert capsys.readouterr().err == (
        "provenance: import of uvicorn halted; None in sys.modules; the server needs "
        "`pip install 'licence-provenance[serve]'`\n"
    )


@pytest.mark.long
def test_a_thousand_slow_clients(start: Start) -> None:
    """Clients that have begun to ask, and say no more, keep nobody else waiting, and cost it nothing when they go."""
    running = start()
    with contextlib.ExitStack() as stack:
        for number in range(1000):
            connection = stack.enter_context(opened(running))
            connection.sendall((b"GET /health HT", half()[0])[number % 2])
        reports = [httpx.post(f"{running.url}/check", json={"text": TIMES}, timeout=WAIT).json() for _ in range(20)]
        assert {len(report["findings"]) for report in reports} == {1}
    assert httpx.get(f"{running.url}/health").status_code == 200
    assert running.stop()[0] == 0


async def _app(scope: Any, receive: Any, send: Any) -> None:
    if scope["type"] == "http":
        while (await receive()).get("more_body"):
            pass
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body"})


async def _talk(*said: bytes) -> list[bytes]:
    """Say some things to a server, each when the last was answered or at once; return what it says until it closes."""
    with server.listen("127.0.0.1", 0) as listening:
        config = uvicorn.Config(
            _app, http=server._TimedProtocol, lifespan="off", log_config=None, timeout_keep_alive=WAIT
        )
        running = uvicorn.Server(config)
        serving = asyncio.create_task(running._serve([listening]))
        reader, writer = await asyncio.open_connection(*listening.getsockname())
        told = []
        for each in said:
            writer.write(each)
            if each.endswith(b"\r\n\r\n"):
                told.append((await reader.readuntil(b"\r\n\r\n"))[:20])
        told.append(await reader.read())
        writer.close()
        running.should_exit = True
        await serving
    return told


def test_pieces_of_an_answer_do_not_wait() -> None:
    """What is written to a client goes out at once, and not when the piece before has been acknowledged."""

    async def scene() -> int:
        told: asyncio.Future[int] = asyncio.get_running_loop().create_future()

        async def connected(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            told.set_result(writer.get_extra_info("socket").getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
            writer.close()

        listening = server.listen("127.0.0.1", 0)
        async with await asyncio.start_server(connected, sock=listening):
            _, writer = await asyncio.open_connection(*listening.getsockname())
            writer.close()
            return await told

    assert asyncio.run(scene()) == 1


@pytest.mark.parametrize("said", [(), (b"GET / HT",), (b"GET / HTTP/1.1\r\nhost: x\r\n\r\n", b"GET ")], ids=len)
def test_who_does_not_say_what_they_want(said: tuple[bytes, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    """A connection on which the head of a request does not come in time is closed, also after an answer."""
    monkeypatch.setattr(server, "_HEADER_SECONDS", 0.05)
    answers = [b"HTTP/1.1 204 No Cont"] if len(said) == 2 else []
    assert asyncio.run(_talk(*said)) == [*answers, b""]


def test_the_upstream_gets_the_key_of_the_environment(start: Start) -> None:
    """The operator's key for the upstream replaces the one that a client sends."""
    upstream = whole({"data": []})
    with served(upstream) as there:
        running = start("--upstream", f"{there}/v1", PROVENANCE_UPSTREAM_KEY="theirs")
        httpx.get(f"{running.url}/v1/models", headers={"authorization": "Bearer mine"})
    assert [dict(scope["headers"])[b"authorization"] for scope in upstream.scopes] == [b"Bearer theirs"]
