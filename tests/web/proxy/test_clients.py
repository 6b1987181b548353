"""What the real clients of OpenAI's API make of what the proxy sends, over real sockets."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from provenance import Checker
from provenance.service import ServeSettings, Service
from tests.database.samples import TIMES, WHALE
from tests.docs.documents import ROOT
from tests.web.proxy.scripted import (
    Upstream,
    as_stream,
    behind,
    chunk,
    completion,
    message,
    output_text,
    pieces,
    response,
    response_events,
    served,
    sse,
    streamed,
    whole,
)

TEXT = f"It begins 🐋: {WHALE} And the other: {TIMES}"
OTHER_CLIENT = Path(os.environ.get("OPENAI2_PATH") or ROOT / ".clients" / "openai2")


async def model(scope: Any, receive: Any, send: Any) -> None:
    """A model that always says the same, in each of the ways that it may be asked for."""

    def answer(request: dict[str, Any]) -> Any:
        if scope["path"] == "/v1/responses":
            if request.get("stream"):
                return Upstream(as_stream(response_events(*pieces(TEXT))))
            return whole(response(message(output_text(TEXT))))
        if request.get("n") == 2:
            return Upstream(both()) if request.get("stream") else whole(completion(TEXT, WHALE))
        return Upstream(streamed(*pieces(TEXT))) if request.get("stream") else whole(completion(TEXT))

    if scope["type"] != "http":
        return
    asked = await receive()
    assert not asked["more_body"]

    async def again() -> Any:
        return asked

    await answer(json.loads(asked["body"]))(scope, again, send)


def both() -> list[bytes]:
    """Two choices, in turns, of which the second is shorter."""
    first, second = pieces(TEXT), pieces(WHALE)
    mixed = [chunk({"role": "assistant", "content": ""}, index=index) for index in (0, 1)]
    for number, piece in enumerate(first):
        mixed.append(chunk({"content": piece}))
        if number < len(second):
            mixed.append(chunk({"content": second[number]}, index=1))
    return [*mixed, chunk({}, index=1, finish="stop"), chunk({}, finish="stop"), sse("[DONE]")]


@pytest.fixture(scope="module")
def address(checker: Checker) -> Any:
    """The base URL of a proxy in front of the model."""
    with served(model) as upstream, behind(Service(checker, ServeSettings(upstream=f"{upstream}/v1"))) as url:
        yield f"{url}/v1"


def seen_by(client: Path | None, address: str) -> dict[str, Any]:
    """What a client sees that is installed, or lies in a folder."""
    if client and not (client / "openai").is_dir():
        pytest.skip(f"openai 2 is not in {client}; `make test` puts it there")
    environment = {**os.environ, **({"PYTHONPATH": str(client)} if client else {})}
    script = Path(__file__).with_name("client.py")
    done = subprocess.run(
        [sys.executable, script, address], capture_output=True, text=True, env=environment, check=False
    )
    assert done.returncode == 0, done.stderr
    return dict(json.loads(done.stdout))


@pytest.mark.parametrize(("client", "major"), [(OTHER_CLIENT, "2"), (None, "3")], ids=["openai2", "openai3"])
def test_clients_see_every_annotation_in_every_way_of_asking(
    client: Path | None, major: str, address: str, checker: Checker
) -> None:
    """Whole, streamed, through the helpers, for one answer or several, in both formats."""
    seen = seen_by(client, address)
    report = checker.check(TEXT).to_dict()
    annotations = seen["whole"]["annotations"]
    flat = [{"type": each["type"], **each["url_citation"]} for each in annotations]
    assert seen.pop("version").partition(".")[0] == major
    assert [(each["start_index"], each["end_index"]) for each in flat] == [
        (f["start"], f["end"]) for f in report["findings"]
    ]
    assert all(TEXT[each["start_index"] : each["end_index"]] == each["quote"]["exact"] for each in flat)
    assert seen == {
        "whole": {"content": TEXT, "annotations": annotations},
        "whole report": report,
        "chunks": {"content": TEXT, "annotations": annotations},
        "chunk report": report,
        "helped": {"content": TEXT, "annotations": annotations},
        "several": [
            {"content": TEXT, "annotations": annotations},
            {"content": WHALE, "annotations": seen["several"][1]["annotations"]},
        ],
        "several reports": [report, checker.check(WHALE).to_dict()],
        "several helped": seen["several"],
        "response": {"content": TEXT, "annotations": flat},
        "response report": report,
        "events": flat,
        "numbers": list(range(len(response_events(*pieces(TEXT))) + len(flat))),
        "streamed": {"content": TEXT, "annotations": flat},
        "streamed report": report,
    }  # fmt: skip


def test_an_annotation_says_what_a_reader_needs(address: str) -> None:
    """Type, place, title with the licence, an address that is never empty, and the notice."""
    seen = seen_by(None, address)["response"]["annotations"]
    base = address.removesuffix("/v1")
    assert [{**each, "quote": None} for each in seen] == [
        {
            "type": "url_citation", "start_index": 13, "end_index": 313, "utf16_start": 14, "utf16_end": 314,
            "url": "https://books.example/whale", "title": "The Whale — H. Melville — CC-BY-SA-4.0",
            "license": "CC-BY-SA-4.0", "quote": None,
            "notice": "Matches text in “The Whale” by H. Melville (CC-BY-SA-4.0), https://books.example/whale",
        },
        {
            "type": "url_citation", "start_index": 330, "end_index": 615, "utf16_start": 331, "utf16_end": 616,
            "url": f"{base}/notices/{seen[1]['url'].rpartition('/')[2]}", "license": "MIT", "quote": None,
            "title": "Two [Cities](https://evil.example) — MIT",
            "notice": "Matches text in “Two [Cities](https://evil.example)” (MIT)",
        },
    ]  # fmt: skip
