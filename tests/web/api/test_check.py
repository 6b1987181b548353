"""`POST /check`: the report on a text, as the library makes it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.testclient import TestClient

from provenance import Action, Checker, Database, LicenceStatus, PolicySettings
from tests.database.samples import SWANN, TIMES, WHALE
from tests.strategies import examples
from tests.web.api.conftest import Serve

TEXT = f"He wrote: {TIMES} And then: {WHALE} So it goes."
HALF = "\ud83d"


@pytest.fixture
def checker(folder: Path) -> Any:
    """The library, on the same database."""
    with Database.open(folder, read_only=True) as database:
        yield Checker(database)


@pytest.mark.parametrize(
    "asked",
    [
        {"text": TEXT},
        {"text": TEXT, "prompt": TIMES},
        {"text": TEXT, "prompt": None, "format": None, "passages": True},
        {"text": "Nothing of anybody's."},
        {"text": ""},
        {"text": f"\0{HALF}{TIMES}{HALF}"},
    ],
)
def test_the_answer_is_the_report(client: TestClient, checker: Checker, asked: dict[str, Any]) -> None:
    """A text that is checked over HTTP has the very report that the library gives."""
    answer = client.post("/check", content=json.dumps(asked), headers={"content-type": "application/json"})
    options = {name: value for name, value in asked.items() if name in ("prompt", "passages")}
    assert (answer.status_code, answer.json()) == (200, checker.check(asked["text"], **options).to_dict())


def test_each_format_is_the_renderers(client: TestClient, checker: Checker) -> None:
    """With a format the answer is what the renderer makes of the report, with the type that programs expect."""
    report = checker.check(TEXT)
    kinds = {}
    for name in report.renderers:
        answer = client.post("/check", json={"text": TEXT, "format": name})
        assert answer.status_code == 200
        kinds[name] = answer.headers["content-type"].removesuffix("; charset=utf-8")
        assert answer.text == report.render(name) or kinds[name] == "application/ld+json"  # it has the time in it
    assert kinds == {
        "terminal": "text/plain", "text": "text/plain", "markdown": "text/markdown", "html": "text/html",
        "html-fragment": "text/html", "json": "application/json", "spdx": "application/ld+json",
        "openai-annotations": "application/json",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"", "the body is not JSON: Expecting value at character 0"),
        (b"{", "the body is not JSON: Expecting property name enclosed in double quotes at character 1"),
        (b'{"text": "caf\xe9"}', "the body is not UTF-8 at byte 13"),
        (b"[" * 100_000, "the body is JSON with a number that is too long, or nested too deeply"),
        (b"9" * 5_000, "the body is JSON with a number that is too long, or nested too deeply"),
        (b"[]", 'the body must be an object with the string "text"'),
        (b'{"prompt": "x"}', 'the body must be an object with the string "text"'),
        (b'{"text": 1}', 'the body must be an object with the string "text"'),
        (b'{"text": "x", "prompt": 1}', '"prompt" must be a string or null'),
        (b'{"text": "x", "passages": 1}', '"passages" must be true or false'),
        (b'{"text": "x", "all": true}', "there is no field 'all'; there are text, prompt, passages, format"),
        (
            b'{"text": "x", "format": "pdf"}',
            "no plugin renders the format 'pdf'; known formats: html, html-fragment, json, markdown, "
            "openai-annotations, spdx, terminal, text",
        ),
    ],
)
def test_a_body_that_cannot_be_meant(client: TestClient, body: bytes, message: str) -> None:
    """It is refused with what is wrong with it."""
    answer = client.post("/check", content=body, headers={"content-type": "application/json; charset=utf-8"})
    error = {"message": message, "type": "invalid_request_error", "param": None, "code": "invalid_request"}
    assert (answer.status_code, answer.json()) == (400, {"error": error})


def test_a_form_is_no_json(client: TestClient) -> None:
    """What a page of another site can send without asking first is refused whatever is in it."""
    answer = client.post("/check", content=b'{"text": "x"}', headers={"content-type": "text/plain"})
    assert (answer.status_code, answer.json()["error"]["message"]) == (
        400, "send JSON, and say so: Content-Type: application/json",
    )  # fmt: skip


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(["text", "prompt", "passages", "format"]), inner),
    max_leaves=5,
)


@settings(max_examples=examples(100), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(_JSON | st.binary())
def test_no_body_breaks_it(client: TestClient, body: Any) -> None:
    """Whatever is sent, the answer is a report or says what is wrong."""
    content = body if isinstance(body, bytes) else json.dumps(body)
    answer = client.post("/check", content=content, headers={"content-type": "application/json"})
    assert answer.status_code in (200, 400)


def test_a_text_that_the_policy_forbids_has_its_report(serve: Serve) -> None:
    """Where the policy says `raise`, who asked for a report still gets it, and finds the action in it."""
    client = serve(PolicySettings(actions={**PolicySettings().actions, LicenceStatus.LICENSED: Action.RAISE}))
    answer = client.post("/check", json={"text": SWANN})
    assert answer.status_code == 200
    assert [finding["action"] for finding in answer.json()["findings"]] == ["raise"]


def test_notices_are_in_the_servers_language(serve: Serve) -> None:
    """The policy's language is that of every answer."""
    client = serve(PolicySettings(language="de"))
    report = client.post("/check", json={"text": TIMES}).json()
    assert report["findings"][0]["notice"].startswith("Stimmt überein mit")
    key = client.get("/works?q=cities").json()["works"][0]["key"]
    assert client.get(f"/works/{key}").json()["full_notice"]["language"] == "de"
