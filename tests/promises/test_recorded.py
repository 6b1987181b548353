"""What 200 checks reported before the code was reordered, and what they report now.

Fifty texts (copies of the example works, whole and edited, credited and not, short ones, what the user pasted, licence
texts, ordinary sentences) are checked in four ways: whole, as a stream, through the middleware for OpenAI's format and
by the functions for chat completions. Beside them stand errors. `renames.toml` says which keys and words have another
name since. After a wanted change write the record anew and read what changed:
`PROVENANCE_RECORD=write .venv/bin/pytest tests/promises/test_recorded.py`, which prints each check that differs.
"""

from __future__ import annotations

import asyncio
import functools
import json
import os
import random
import re
import sys
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

from provenance import (
    Action,
    Checker,
    Database,
    LicenceStatus,
    PolicySettings,
    ProvenanceError,
    StreamChecker,
    load_policy,
)
from provenance.openai import LicenceMiddleware
from provenance.openai.sdk import annotate, annotate_stream
from provenance.plugins import get_plugin_manager
from provenance.service import ServeSettings, Service
from provenance.sources import Declared, documents

ROOT = Path(__file__).resolve().parents[2]
RECORD = Path(__file__).with_name("recorded") / "reports.jsonl.zst"
RENAMES = tomllib.loads((RECORD.with_name("renames.toml")).read_text(encoding="utf-8"))
PRESETS = ("default", "strict", "quiet", "code")
TEXTS = 50
ORDINARY = (
    "The kettle had been on for a while when she thought of the letter, which was still on the shelf by the door. "
    "Nobody had opened it, and by evening the question was no longer who had written it but who would read it first."
)

pytestmark = pytest.mark.slow

Case = tuple[str, str, str | None]
"""A name, a text to check, and the prompt."""


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """The example works."""
    with Database.open(tmp_path_factory.mktemp("recorded") / "db", create=True) as database:
        database.ingest(
            documents([ROOT / "examples/works/works.jsonl"], get_plugin_manager(), Declared()), trusted=True
        )
        yield database


@pytest.fixture(scope="module")
def cases() -> list[Case]:
    """Fifty texts, the same each time."""
    draw = random.Random(11)
    rows = [json.loads(line) for line in (ROOT / "examples/works/works.jsonl").read_text(encoding="utf-8").splitlines()]
    folder = ROOT / "examples/works"
    rows = [row for row in rows if (folder / row["path"]).suffix in {".txt", ".py", ".md"}]
    texts = {row["id"]: (folder / row["path"]).read_text(encoding="utf-8") for row in rows}
    credit_suffices = next(row for row in rows if row["licence"] == "CC-BY-4.0")
    made = []
    for number in range(TEXTS):
        row, other = draw.sample(rows, 2)
        row = credit_suffices if number % 8 == 3 else row
        made.append(case_of(number, draw, row, texts[row["id"]], texts[other["id"]]))
    assert len({text for _, text, _ in made}) == TEXTS
    return made


def passage(draw: random.Random, text: str, words: int) -> str:
    """A run of words of a text, with its own white space."""
    found = list(re.finditer(r"\S+", text))
    start = draw.randrange(max(1, len(found) - words))
    return text[found[start].start() : found[min(start + words, len(found)) - 1].end()]


def case_of(number: int, draw: random.Random, row: dict[str, Any], text: str, other: str) -> Case:
    """One text of one of eight kinds."""
    copy = passage(draw, text, 60)
    edited = " ".join(word if at % 9 != 5 else "otherwise" for at, word in enumerate(copy.split()))
    licence = draw.choice(sorted((ROOT / "examples/works/LICENSES").iterdir())).read_text(encoding="utf-8")
    kinds: list[Case] = [
        ("copy", f"{ORDINARY[:90]} {copy} {ORDINARY[90:]}", None),
        ("edited copy", edited, None),
        ("short copy", f"{ORDINARY} {passage(draw, text, 14)}", None),
        ("credited copy", f"{copy}\n\n({row['title']}, {row['authors'][0]}, {row['source']})", None),
        ("pasted by the user", f"You wrote: {copy}", f"What is this? {copy} Please explain."),
        ("two copies", f"{copy} {ORDINARY} {passage(draw, other, 60)}", "Tell me about both."),
        ("licence text", f"{passage(draw, licence, 80)} {copy}", None),
        ("ordinary", f"{ORDINARY} {draw.random()}", None),
    ]
    kind, checked, prompt = kinds[number % len(kinds)]
    return f"{number} {kind}", checked, prompt


def checker_of(database: Database, case: Case) -> Checker:
    """A checker with one of the presets, another one for each text."""
    return checker_with(database, PRESETS[int(case[0].split()[0]) % len(PRESETS)])


@functools.cache
def checker_with(database: Database, preset: str) -> Checker:
    return Checker(database, load_policy(None, preset=preset))


def pieces_of(text: str) -> list[str]:
    """A text as a model writes it: in pieces of 1 to 30 characters."""
    draw, pieces, at = random.Random(len(text)), [], 0
    while at < len(text):
        size = draw.randint(1, 30)
        pieces.append(text[at : at + size])
        at += size
    return pieces


def completion(text: str) -> dict[str, Any]:
    message = {"role": "assistant", "content": text}
    return {"id": "c", "object": "chat.completion", "created": 1, "model": "m",
            "choices": [{"index": 0, "message": message, "finish_reason": "stop"}]}  # fmt: skip


def chunks_of(text: str) -> list[dict[str, Any]]:
    deltas = [{"role": "assistant", "content": ""}, *({"content": piece} for piece in pieces_of(text)), {}]
    return [{"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m",
             "choices": [{"index": 0, "delta": delta, "finish_reason": None if delta else "stop"}]}
            for delta in deltas]  # fmt: skip


def check_whole(database: Database, case: Case) -> Any:
    """The report, with every passage."""
    return checker_of(database, case).check(case[1], prompt=case[2], passages=True).to_dict()


def check_stream(database: Database, case: Case) -> Any:
    """The kinds of the events in turn, and the report."""
    stream = StreamChecker(checker_of(database, case), prompt=case[2])
    events = [event for piece in pieces_of(case[1]) for event in stream.feed(piece)] + stream.end()
    said = [str(event.change) for event in events if hasattr(event, "change")]
    return {"events": said, "report": stream.close().to_dict()}


def check_adapter(database: Database, case: Case) -> Any:
    """A completion whole, and what is new in its chunks."""
    checker = checker_of(database, case)
    whole = annotate(completion(case[1]), checker, prompt=case[2])
    streamed = list(annotate_stream(chunks_of(case[1]), checker, prompt=case[2]))
    return {"whole": whole, "streamed": streamed[-2:], "chunks": len(streamed)}


def check_middleware(database: Database, case: Case) -> Any:
    """What a client reads: a completion, and the last lines of a stream."""
    service = Service(checker_of(database, case), ServeSettings())
    messages = [{"role": "user", "content": case[2] or ""}]
    whole = asyncio.run(answer_of(service, completion(case[1]), {"model": "m", "messages": messages}))
    stream = asyncio.run(answer_of(service, chunks_of(case[1]), {"model": "m", "messages": messages, "stream": True}))
    events = [json.loads(line[6:]) for line in stream.decode().splitlines() if line.startswith("data: {")]
    return {"whole": json.loads(whole), "streamed": events[-2:], "chunks": len(events)}


async def answer_of(service: Service, answer: Any, request: dict[str, Any]) -> bytes:
    """The body that comes through the middleware from an app that answers so."""
    lines = [b"data: " + json.dumps(each).encode() + b"\n\n" for each in answer] if isinstance(answer, list) else []
    body = b"".join(lines) + b"data: [DONE]\n\n" if lines else json.dumps(answer).encode()
    kind = b"text/event-stream" if lines else b"application/json"

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", kind)]})
        await send({"type": "http.response.body", "body": body})

    sent: list[bytes] = []
    asked = [{"type": "http.request", "body": json.dumps(request).encode(), "more_body": False}]

    async def receive() -> Any:
        return asked.pop() if asked else await asyncio.Event().wait()

    async def send(message: Any) -> None:
        sent.append(message.get("body", b""))

    scope = {"type": "http", "method": "POST", "path": "/v1/chat/completions", "root_path": "", "query_string": b"",
             "headers": [(b"content-type", b"application/json")], "http_version": "1.1", "scheme": "http",
             "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 80)}  # fmt: skip
    await LicenceMiddleware(app, service=service)(scope, receive, send)
    return b"".join(sent)


WAYS: dict[str, Callable[[Database, Case], Any]] = {
    "whole": check_whole, "stream": check_stream, "adapter": check_adapter, "middleware": check_middleware,
}  # fmt: skip


def check_errors(database: Database) -> dict[str, str]:
    """What is said to whoever uses it wrongly, or forbids what was found."""
    checker = Checker(database)
    ended = StreamChecker(checker)
    ended.end()
    forbidding = Checker(database, PolicySettings(actions={LicenceStatus.LICENSED: Action.RAISE}))
    text = (ROOT / "examples/answer.txt").read_text(encoding="utf-8")
    wrong: dict[str, Callable[[], Any]] = {
        "text": lambda: checker.check(5),  # type: ignore[arg-type]
        "prompt": lambda: checker.check("", prompt=5),  # type: ignore[arg-type]
        "preset": lambda: load_policy(None, preset="lenient"),
        "setting": lambda: PolicySettings(min_tokens=-1),
        "file": lambda: load_policy("nowhere.toml"),
        "stream": lambda: StreamChecker(checker, on_error="ignore"),  # type: ignore[arg-type]
        "after the end": lambda: ended.feed("more"),
        "forbidden": lambda: forbidding.check(text),
        "database": lambda: Database.open("nowhere"),
        "format": lambda: checker.check("").render("papyrus"),
    }
    said = {}
    for name, call in wrong.items():
        with pytest.raises(Exception) as caught:  # noqa: PT011  # the record says which, with its words
            call()
        assert isinstance(caught.value, ProvenanceError | TypeError | ValueError), (name, caught.value)
        said[name] = f"{type(caught.value).__name__}: {caught.value}"
    return said


def steady(value: Any) -> Any:
    """A value without what is another each time: dates, digests of settings."""
    if isinstance(value, dict):
        return {key: "…" if key == "indexed_at" else steady(each) for key, each in value.items()}
    return [steady(each) for each in value] if isinstance(value, list | tuple) else value


def renamed(value: Any) -> Any:
    """A recorded value under the names of today."""
    if isinstance(value, dict):
        return {RENAMES["keys"].get(key, key): renamed(each) for key, each in value.items()}
    if isinstance(value, list):
        return [renamed(each) for each in value]
    return RENAMES["words"].get(value, value) if isinstance(value, str) else value


def made_now(database: Database, cases: list[Case]) -> dict[str, Any]:
    reports = {f"{case[0]}, {way}": check(database, case) for case in cases for way, check in WAYS.items()}
    reports |= {f"error: {name}": said for name, said in check_errors(database).items()}
    return dict(json.loads(json.dumps(steady(reports))))


def test_every_check_reports_what_it_reported(database: Database, cases: list[Case]) -> None:
    """Findings, silences, notices, events and errors of 200 checks are those of the commit before."""
    now = made_now(database, cases)
    old = {}
    if RECORD.exists():
        lines = zstd.decompress(RECORD.read_bytes()).decode().splitlines()
        old = {row["check"]: renamed(row["outcome"]) for row in map(json.loads, lines)}
    changed = [name for name in now | old if now.get(name) != old.get(name)]
    if os.environ.get("PROVENANCE_RECORD") == "write":
        rows = [json.dumps({"check": name, "outcome": outcome}, ensure_ascii=False) for name, outcome in now.items()]
        RECORD.write_bytes(zstd.compress("\n".join(rows).encode(), 19))
        sys.stderr.write("".join(f"changed: {name}\n" for name in changed))
        return
    assert changed == []


def test_the_record_has_something_of_each_kind(database: Database, cases: list[Case]) -> None:
    """It cannot say "nothing changed" by having found nothing: it has findings and silences of each sort."""
    reports = [check_whole(database, case) for case in cases]
    findings = [finding for report in reports for finding in report["findings"]]
    reasons = {exempt["reason"] for report in reports for exempt in report["exempt"]}
    assert len(findings) >= 20
    assert {finding["kind"] for finding in findings} >= {"verbatim", "near-verbatim"}
    assert reasons >= {"in-prompt", "boilerplate", "too-short", "public-domain", "credited"}
