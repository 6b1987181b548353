"""What does the proxy cost? `proxy.py WORKS... [--db DB] [--requests 300] [--streams 50] [--clients 1000] [--json]`.

A scripted upstream, the proxy and the clients have a process each. The upstream writes answers of 500 tokens, a chunk
of about five characters each; every answer is 350 words of one of WORKS among words of others. Without --db the works
are ingested first; with it they only serve as texts.

- first chunk: from the request to the first bytes of an answer of ten tokens, 200 of them a second, over connections
  that are kept, by turns without and with the proxy. "added" is the difference of the medians, and of the 95th
  percentiles.
- streams: so many answers at once. At full speed the upstream writes as fast as it can; paced, 50 tokens a second in
  each, and "late" is by how much longer the longest of them took with the proxy.
- slow clients: as many answers of 100 tokens, begun within five seconds, to clients that read 1 kB every 50 ms.

CPU is what the proxy itself took for a token of the streams at full speed, memory its own at its largest, with the
database.

Others at work on the machine make every figure larger than it is; without and with the proxy are measured in one run.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import json
import multiprocessing
import os
import random
import resource
import socket
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import provenance
from provenance.plugins import get_plugin_manager
from provenance.sources import Declared, documents

TOKENS, COPIED_WORDS = 500, 350
PACE = 0.02
SLOW_READ, SLOW_PAUSE = 1024, 0.05
END = b"0\r\n\r\n"
Figures = dict[str, Any]


# --- the upstream ----------------------------------------------------------------------------------------------------


def chunks(text: str) -> list[bytes]:
    """Return the body of an answer, a piece for each token, as HTTP has it."""
    size = max(1, -(-len(text) // TOKENS))
    tokens = [text[start : start + size] for start in range(0, len(text), size)]
    deltas = [*({"content": token} for token in tokens), {}]
    events = [
        {"id": "1", "object": "chat.completion.chunk", "created": 1, "model": "scripted",
         "choices": [{"index": 0, "delta": delta, "finish_reason": None if delta else "stop"}]}
        for delta in deltas
    ]  # fmt: skip
    written = [f"data: {json.dumps(event)}\n\n".encode() for event in events] + [b"data: [DONE]\n\n"]
    return [f"{len(each):x}\r\n".encode() + each + b"\r\n" for each in written]


def texts(works: Sequence[Path], number: int) -> list[str]:
    """Return answers that repeat works."""
    rng = random.Random(7)
    words = [item.text.split() for item in documents(works, get_plugin_manager(), Declared())
             if isinstance(item, provenance.Document)]  # fmt: skip
    words = [each for each in words if len(each) > 2 * COPIED_WORDS]
    assert words, "no work is long enough"
    found = []
    for _ in range(number):
        copied, other = rng.choice(words), rng.choice(words)
        start = rng.randrange(len(copied) - COPIED_WORDS)
        noise = [rng.choice(other) for _ in range(100)]
        found.append(" ".join(noise[:50] + copied[start : start + COPIED_WORDS] + noise[50:])[: 5 * TOKENS])
    return found


async def upstream(listening: socket.socket, works: Sequence[Path]) -> None:
    """Serve scripted answers; a request says in `pace` how many seconds there are between `tokens` tokens."""
    answers = itertools.cycle([chunks(text) for text in texts(works, 100)])
    head = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while asked := await request(reader):
            pace, begun = asked["pace"], time.monotonic()
            writer.write(head)
            whole = next(answers)
            for number, chunk in enumerate([*whole[: asked["tokens"]], *whole[-2:]], 1):
                writer.write(chunk)
                await writer.drain()
                wait = begun + number * pace - time.monotonic()
                await asyncio.sleep(max(0, wait))
            writer.write(END)
        writer.close()

    server = await asyncio.start_server(answer, sock=listening)
    await server.serve_forever()


async def request(reader: asyncio.StreamReader) -> dict[str, Any] | None:
    """Read a request and return its body; None where the client has gone."""
    try:
        head = (await reader.readuntil(b"\r\n\r\n")).lower()
        length = int(head.partition(b"content-length:")[2].partition(b"\r\n")[0])
        return dict(json.loads(await reader.readexactly(length)))
    except (asyncio.IncompleteReadError, ConnectionError):
        return None


# --- the proxy -------------------------------------------------------------------------------------------------------


def proxy(listening: socket.socket, database: Path, address: str) -> None:
    """Serve the proxy as `provenance serve` does."""
    import uvicorn
    from starlette.applications import Starlette
    from starlette.routing import Mount

    from provenance.openai import proxy as proxy_of
    from provenance.service import ServeSettings, Service

    service = Service(provenance.Checker(provenance.Database.open(database)), ServeSettings(upstream=address))
    forwarding = proxy_of(service)

    @asynccontextmanager
    async def lifespan(_: Starlette) -> Any:
        yield
        await forwarding.aclose()

    app = Starlette(routes=[Mount("/v1", forwarding)], lifespan=lifespan)
    config = uvicorn.Config(app, log_level="warning", access_log=False, backlog=2048)
    uvicorn.Server(config).run(sockets=[listening])


# --- the clients -----------------------------------------------------------------------------------------------------


@dataclass
class Client:
    """Asks over one connection that it keeps."""

    address: tuple[str, int]
    reader: asyncio.StreamReader | None = None
    writer: asyncio.StreamWriter | None = None

    async def ask(self, pace: float, tokens: int = TOKENS, *, slow: bool = False) -> tuple[float, float, int]:
        """Return the seconds to the first bytes of an answer and to its end, and how many tokens it had."""
        if self.writer is None:
            self.reader, self.writer = await asyncio.open_connection(
                *self.address, limit=SLOW_READ if slow else 1 << 16
            )
        assert self.reader is not None
        request = {"messages": [{"role": "user", "content": "Go on."}], "stream": True, "pace": pace, "tokens": tokens}
        body = json.dumps(request).encode()
        begun = time.perf_counter()
        self.writer.write(b"POST /v1/chat/completions HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\n"
                          b"content-length: %d\r\n\r\n" % len(body) + body)  # fmt: skip
        first, seen, tail = 0.0, 0, b""
        while not tail.endswith(END):
            data = await self.reader.read(SLOW_READ if slow else 1 << 16)
            assert data, "the answer broke off"
            seen += (tail + data).count(b'"content": ')
            tail = (tail + data)[-10:]
            if not first and b"data:" in data:
                first = time.perf_counter() - begun
            if slow:
                await asyncio.sleep(SLOW_PAUSE)
        return first, time.perf_counter() - begun, seen


def milliseconds(times: list[float]) -> Figures:
    twentieths = statistics.quantiles(times, n=20)
    return {"median_ms": round(twentieths[9] * 1e3, 2), "p95_ms": round(twentieths[-1] * 1e3, 2)}


async def first_chunks(direct: Client, proxied: Client, requests: int) -> Figures:
    """Measure both by turns."""
    times: tuple[list[float], list[float]] = ([], [])
    for number in range(requests + 10):
        for client, seen in zip((direct, proxied), times, strict=True):
            first, _, _ = await client.ask(0.005, 10)
            if number >= 10:
                seen.append(first)
    without, with_ = map(milliseconds, times)
    added = {name: round(with_[name] - without[name], 2) for name in without}
    return {"without": without, "with": with_, "added": added}


async def together(
    address: tuple[str, int], streams: int, pace: float, *, within: float = 0.0, slow: bool = False
) -> Figures:
    """Measure so many answers at once; they begin within so many seconds."""

    async def one(number: int) -> tuple[float, float, int]:
        await asyncio.sleep(within * number / streams)
        return await Client(address).ask(pace, 100 if slow else TOKENS, slow=slow)

    begun = time.perf_counter()
    answers = await asyncio.gather(*map(one, range(streams)))
    took = time.perf_counter() - begun
    tokens = sum(tokens for _, _, tokens in answers)
    return {
        "answers": len(answers), "tokens": tokens, "seconds": round(took, 2), "tokens_a_second": round(tokens / took),
        "longest_s": round(max(whole for _, whole, _ in answers), 2),
    }  # fmt: skip


# --- all together ----------------------------------------------------------------------------------------------------


def started(run: Callable[..., None], *arguments: Any) -> tuple[tuple[str, int], int]:
    """Start a server in a process of its own; return its address and the process's id."""
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)  # else asyncio lets writes wait
    listening.bind(("127.0.0.1", 0))
    listening.listen(2048)
    process = multiprocessing.get_context("fork").Process(target=run, args=(listening, *arguments), daemon=True)
    process.start()
    address = listening.getsockname()
    listening.close()
    assert process.pid
    return address, process.pid


def largest(pid: int) -> int:
    """Return the most memory that a process has held, in MB."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    return int(status.partition("VmHWM:")[2].split()[0]) // 1024


def cpu(pid: int) -> float:
    """Return the seconds of CPU that a process has taken."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def measured(works: Sequence[Path], database: Path, requests: int, streams: int, clients: int) -> Figures:
    """Measure everything."""
    model, _ = started(lambda listening, paths: asyncio.run(upstream(listening, paths)), works)
    address, pid = started(proxy, database, f"http://{model[0]}:{model[1]}/v1")

    async def all_of_it() -> Figures:
        first = await first_chunks(Client(model), Client(address), requests)
        begun = cpu(pid)
        full = {"without": await together(model, streams, 0.0), "with": await together(address, streams, 0.0)}
        each = (cpu(pid) - begun) / full["with"]["tokens"]
        paced = {"without": await together(model, streams, PACE), "with": await together(address, streams, PACE)}
        before = largest(pid)
        slow = await together(address, clients, 0.0, within=5.0, slow=True)
        return {
            "first_chunk": first, "streams_at_full_speed": full, "streams_paced": paced, "cpu_us": round(each * 1e6),
            "slow_clients": {**slow, "memory_before_mb": before, "memory_mb": largest(pid)},
        }  # fmt: skip

    return asyncio.run(all_of_it())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("works", nargs="+", type=Path)
    parser.add_argument("--db", type=Path)
    parser.add_argument("--requests", type=int, default=300)
    parser.add_argument("--streams", type=int, default=50)
    parser.add_argument("--clients", type=int, default=1000)
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    with tempfile.TemporaryDirectory() as folder:
        database = arguments.db or Path(folder) / "db"
        if arguments.db is None:
            with provenance.Database.open(database, create=True) as made:
                made.ingest(documents(arguments.works, get_plugin_manager(), Declared()))
        figures = measured(arguments.works, database, arguments.requests, arguments.streams, arguments.clients)
    print(json.dumps(figures) if arguments.json else table(figures))


def table(figures: Figures) -> str:
    """Return the figures as the documents show them."""
    first, full, paced, cpu_us, slow = figures.values()
    ways, late = ("without", "with"), paced["with"]["longest_s"] - paced["without"]["longest_s"]
    more = slow["memory_mb"] - slow["memory_before_mb"]
    rows = [
        ["first chunk, median", *(f"{first[way]['median_ms']} ms" for way in (*ways, "added"))],
        ["first chunk, p95", *(f"{first[way]['p95_ms']} ms" for way in (*ways, "added"))],
        [f"{full['with']['answers']} streams at full speed",
         *(f"{full[way]['tokens_a_second']:,} tokens/s" for way in ways), f"{cpu_us} µs of CPU a token"],
        [f"{paced['with']['answers']} streams at 50 tokens/s",
         *(f"{paced[way]['tokens_a_second']:,} tokens/s" for way in ways), f"{late:.2f} s late after 10"],
        [f"{slow['answers']:,} slow clients, all answered", "", f"{slow['seconds']} s",
         f"{more} MB, to {slow['memory_mb']} MB"],
    ]  # fmt: skip
    lines = ["| | without | with | added |", "|---|---|---|---|", *(f"| {' | '.join(row)} |" for row in rows)]
    return "\n".join(lines)


if __name__ == "__main__":
    main()
