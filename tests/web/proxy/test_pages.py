"""The pages on the proxy and on vLLM: what stands there to be pasted is run here."""

from __future__ import annotations

import asyncio
import importlib.util
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import Route

from provenance import Document
from provenance.errors import DatabaseNotFoundError
from provenance.openai.middleware import LicenceMiddleware
from tests.database.samples import WHALE, filled
from tests.docs.documents import ROOT
from tests.web.proxy.scripted import Upstream, ask, completion, pieces, served, streamed

PROXY, VLLM = ROOT / "examples" / "openai_proxy", ROOT / "examples" / "vllm"
ANSWER = (
    "Gladly. Launched by a Saturn V rocket from Kennedy Space Center in Merritt Island, Florida, on July 16, Apollo 11 "
    "was the fifth manned mission of NASA's Apollo program. Ask me more."
)


@pytest.mark.parametrize(("page", "script"), [(PROXY, "ask.py"), (VLLM, "middleware.py")])
def test_the_lines_to_paste_are_those_of_the_file(page: Path, script: str) -> None:
    """Whoever pastes from the page has what a test runs."""
    text = (page / "README.md").read_text(encoding="utf-8")
    (snippet,) = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    assert snippet in (page / script).read_text(encoding="utf-8")


def provenance(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "provenance", *arguments]


@pytest.fixture
def proxy(tmp_path: Path) -> Iterator[str]:
    """The address of `provenance serve --upstream`, with the example works, in front of a model."""
    works, database = str(ROOT / "examples" / "works" / "works.jsonl"), str(tmp_path / "db")
    subprocess.run(provenance("ingest", works, "--db", database), check=True, capture_output=True)
    with served(Upstream(streamed(*pieces(ANSWER)))) as model:
        serve = provenance("serve", "--db", database, "--port", "0", "--upstream", f"{model}/v1")
        with subprocess.Popen(serve, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as server:
            assert server.stdout
            try:
                yield server.stdout.readline().partition(": ")[0]
            finally:
                server.terminate()


def test_a_client_prints_what_the_answer_repeats(proxy: str) -> None:
    """The answer as it comes, and below it the work, its licence and its address."""
    client = [sys.executable, str(PROXY / "ask.py"), "Tell me about Apollo 11.", "--base-url", f"{proxy}/v1"]
    done = subprocess.run(client, capture_output=True, text=True, encoding="utf-8", check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == (
        f"{ANSWER}\n\n8-167: Apollo 11 (Wikipedia) — Wikipedia contributors — CC-BY-SA-3.0, "
        "https://en.wikipedia.org/w/index.php?oldid=716123666\nlooked through 136 works\n"
    )


def a_server() -> Starlette:
    """An app such as vLLM's."""

    async def chat(_: Any) -> JSONResponse:
        return JSONResponse(completion(WHALE))

    return Starlette(routes=[Route("/v1/chat/completions", chat, methods=["POST"])])


async def begun(app: Any) -> None:
    """Start and stop an app as a server does."""
    messages = [{"type": "lifespan.startup"}, {"type": "lifespan.shutdown"}]

    async def receive() -> Any:
        return messages.pop(0)

    async def send(message: Any) -> None:
        assert message["type"] in ("lifespan.startup.complete", "lifespan.shutdown.complete")

    await app({"type": "lifespan", "asgi": {"version": "3.0"}, "state": {}}, receive, send)


@pytest.fixture
def whales(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A working directory with a database, of a work without an address."""
    monkeypatch.chdir(tmp_path)
    filled(tmp_path / "provenance-db", Document(text=WHALE, title="The Whale", licence="MIT")).close()


@pytest.mark.usefixtures("whales")
def test_the_class_alone_makes_its_service_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """As a server makes it that is given its name: with nothing but the app. Its server has no pages on works."""
    app = a_server()
    app.add_middleware(LicenceMiddleware)
    asyncio.run(begun(app))
    (annotation,) = asyncio.run(ask(app, {"messages": []})).json["choices"][0]["message"]["annotations"]
    assert annotation["url_citation"]["title"] == "The Whale — MIT"
    assert annotation["url_citation"]["url"].startswith("urn:licence-provenance:work:")
    monkeypatch.setenv("PROVENANCE_PUBLIC_URL", "https://licences.example/")
    public = LicenceMiddleware(a_server())
    (annotation,) = asyncio.run(ask(public, {"messages": []})).json["choices"][0]["message"]["annotations"]
    assert re.fullmatch(r"https://licences\.example/notices/[0-9a-f]{16}", annotation["url_citation"]["url"])
    monkeypatch.setenv("PROVENANCE_DB", "elsewhere")
    without = a_server()
    without.add_middleware(LicenceMiddleware)
    with pytest.raises(DatabaseNotFoundError, match="elsewhere"):
        asyncio.run(begun(without))


@pytest.mark.usefixtures("whales")
def test_a_class_of_ones_own_has_settings_of_its_own() -> None:
    """The example writes the notices under each answer."""
    spec = importlib.util.spec_from_file_location("middleware", VLLM / "middleware.py")
    assert spec
    assert spec.loader
    example = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(example)
    app = a_server()
    app.add_middleware(example.Licences)
    got = asyncio.run(ask(app, {"messages": []}))
    content = json.loads(got.body)["choices"][0]["message"]["content"]
    assert content == f"{WHALE}\n\n---\n1. Matches text in “The Whale” (MIT)"


def test_the_package_can_be_imported_without_the_extra() -> None:
    """The middleware needs no framework: none is loaded before it is used."""
    heavy = ("starlette", "httpx", "uvicorn")
    code = f"import sys, provenance.openai, provenance.service; sys.exit(any(name in sys.modules for name in {heavy}))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
