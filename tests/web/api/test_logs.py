"""One line for each request, and nothing in it that anybody wrote."""

from __future__ import annotations

import io
import json
import logging
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from starlette.testclient import TestClient

from provenance.server.logs import JSONLines
from provenance.service.keys import Key, Keys, new_key
from tests.database.samples import TIMES
from tests.web.api.conftest import Serve

Lines = Callable[[], list[dict[str, Any]]]
CANARY = "xylophone-canary"


@pytest.fixture
def raw() -> Iterator[io.StringIO]:
    """The log as it is written, of every logger there is."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JSONLines())
    root, ours = logging.getLogger(), logging.getLogger("provenance.server")
    level = ours.level
    root.addHandler(handler)
    ours.setLevel(logging.INFO)
    yield stream
    root.removeHandler(handler)
    ours.setLevel(level)


@pytest.fixture
def lines(raw: io.StringIO) -> Lines:
    """The lines of our own, without times and ids."""

    def read() -> list[dict[str, Any]]:
        told = [json.loads(line) for line in raw.getvalue().splitlines()]
        return [
            {name: value for name, value in each.items() if name not in ("time", "seconds", "id")}
            for each in told
            if each["message"] != "HTTP Request" and "method" in each
        ]

    return read


def line(method: str, route: str, status: int, **more: Any) -> dict[str, Any]:
    told = {"received": 0, "sent": 0, "findings": 0} | more
    return {"level": "info", "message": "request", "method": method, "route": route, "status": status, **told}


def test_what_is_written_down(serve: Serve, lines: Lines) -> None:
    """Method, pattern of the path, status, sizes, whose key, findings, and whether a text was not checked."""
    key, _ = new_key("me")
    digest = __import__("hashlib").sha256(key.encode()).hexdigest()
    client = serve(keys=Keys((Key("me", digest, frozenset({"check", "read"})),)))
    headers = {"authorization": f"Bearer {key}"}
    body = json.dumps({"text": f"{TIMES} {CANARY}"})
    checked = client.post("/check", content=body, headers={**headers, "content-type": "application/json"})
    shown = client.get("/works/books/times.txt", headers=headers)
    refused = client.request("BREW", "/works/books/times.txt")
    sizes = [{"sent": len(answer.content)} for answer in (checked, shown, refused)]
    assert lines() == [
        line("POST", "/check", 200, received=len(body.encode()), findings=1, key="me", **sizes[0]),
        line("GET", "/works/{id:path}", 200, key="me", **sizes[1]),
        line("other", "none", 401, **sizes[2]),
    ]


def test_no_text_is_in_the_log(serve: Serve, raw: io.StringIO, monkeypatch: pytest.MonkeyPatch) -> None:
    """Texts, prompts, queries, paths, headers and keys stay out, also where something fails on them."""
    client = serve()
    secret = {"authorization": f"Bearer {CANARY}", "user-agent": CANARY, "cookie": CANARY, "referer": CANARY}
    body = {"text": f"{TIMES} {CANARY}", "prompt": CANARY}
    for asked in (body, {**body, CANARY: 1}, {**body, "format": CANARY}, CANARY):
        client.post("/check", json=asked, headers=secret)
    for path in (f"/works?q={CANARY}", f"/works/{CANARY}", f"/{CANARY}", f"/works?{CANARY}=1"):
        client.get(path, headers=secret)
    client.get("/health", headers={**secret, "x-request-id": f"{CANARY} {CANARY}"})
    service: Any = client.service  # type: ignore[attr-defined]  # of the fixture

    def fails(text: str, **_: Any) -> None:
        raise ValueError(f"cannot do {text}")

    monkeypatch.setattr(service.checker, "check", fails)
    assert client.post("/check", json=body).json()["error"] == (
        "internal error: ValueError; the server's log says where"
    )
    monkeypatch.setattr(service, "check", fails)
    answer = client.post("/check", json=body, headers={"x-request-id": "mine"})
    assert (answer.status_code, answer.json()["error"]) == (
        500,
        {
            "message": "a defect of this server; its log has more under mine", "type": "server_error", "param": None,
            "code": "internal_error",
        },
    )  # fmt: skip
    written = "\n".join(
        each for each in raw.getvalue().splitlines() if '"HTTP Request: ' not in each
    )  # the client's own
    assert CANARY not in written
    assert "in fails" in written
    assert '"error": "ValueError"' in written


@pytest.mark.parametrize(
    ("given", "kept"), [("mine-1.a_B", True), ("x" * 65, False), ("a b", False), ("", False), ("é", False)]
)
def test_each_request_has_an_id(client: TestClient, given: str, kept: bool) -> None:
    """The client's, where it is one; else a new one. The answer has it."""
    told = client.get("/health", headers={"x-request-id": given.encode("latin-1")}).headers["x-request-id"]
    assert told == given if kept else re.fullmatch(r"[0-9a-f]{16}", told)


def test_lines_of_others_become_json_too() -> None:
    """What uvicorn logs has the kind and place of an error, and not what it says."""
    try:
        raise ValueError(CANARY)
    except ValueError as error:
        info = (ValueError, error, error.__traceback__)
    record = logging.LogRecord("uvicorn.error", logging.ERROR, __file__, 1, "it %s", ("broke",), info)
    told = json.loads(JSONLines().format(record))
    assert (told["level"], told["message"], told["error"]) == ("error", "it broke", "ValueError")
    assert CANARY not in json.dumps(told)
