"""The proxy in front of `transformers serve` with a real model: the notice of what it recites arrives."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from provenance import Checker, Document
from provenance.service import ServeSettings, Service
from tests.database.samples import filled
from tests.docs.documents import ROOT
from tests.web.proxy.scripted import behind

pytest.importorskip("transformers")
openai = pytest.importorskip("openai")

DEMO_MODEL = ROOT / "examples" / "demo" / "model"
APOLLO = ROOT / "examples" / "works" / "wp-apollo-11" / "apollo-11.txt"
PROMPT = "Launched by a Saturn V rocket from Kennedy Space Center in Merritt Island, Florida,"

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not (DEMO_MODEL / "config.json").is_file(), reason="the demo model is not in this checkout"),
]


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def await_health(address: str, server: subprocess.Popen[bytes]) -> None:
    """Return when the server answers."""
    with httpx.Client(trust_env=False) as client:
        while server.poll() is None:
            try:
                client.get(f"{address}/health").raise_for_status()
            except httpx.HTTPError:
                threading.Event().wait(0.2)
            else:
                return
    raise AssertionError(f"transformers serve ended with {server.returncode}")


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo model with the one thing that it lacks: a chat template, which writes what the user wrote."""
    folder = tmp_path_factory.mktemp("serve") / "model"
    shutil.copytree(DEMO_MODEL, folder)
    (folder / "chat_template.jinja").write_text("{% for message in messages %}{{ message['content'] }}{% endfor %}")
    return folder


@pytest.fixture(scope="module")
def upstream(model: Path) -> Iterator[str]:
    """The address of `transformers serve`."""
    port = free_port()
    command = [sys.executable, "-m", "transformers.cli.transformers", "serve", str(model), "--port", str(port)]
    environment = {**os.environ, "HF_HUB_OFFLINE": "1", "TRANSFORMERS_VERBOSITY": "error"}
    server = subprocess.Popen([*command, "--host", "127.0.0.1", "--device", "cpu"], env=environment)
    try:
        await_health(f"http://127.0.0.1:{port}", server)
        yield f"http://127.0.0.1:{port}/v1"
    finally:
        server.terminate()
        server.wait(30)


@pytest.fixture(scope="module")
def client(upstream: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[openai.OpenAI]:
    """A client of the proxy, which knows the article that the model recites."""
    article = Document(
        text=APOLLO.read_text(encoding="utf-8"), title="Apollo 11", authors=("Wikipedia contributors",),
        licence="CC-BY-SA-3.0", source="https://en.wikipedia.org/wiki/Apollo_11",
    )  # fmt: skip
    with filled(tmp_path_factory.mktemp("serve") / "db", article) as database:
        service = Service(Checker(database), ServeSettings(upstream=upstream))
        with behind(service) as address, openai.OpenAI(base_url=f"{address}/v1", api_key="none") as client:
            yield client


TITLE = "Apollo 11 — Wikipedia contributors — CC-BY-SA-3.0"


def test_chat_completions_carry_the_notice(client: openai.OpenAI, model: Path) -> None:
    """Whole and through the streaming helper, the same: the model writes the same twice."""
    asked = {
        "model": str(model),
        "messages": [{"role": "user", "content": PROMPT}],
        "max_tokens": 120,
        "temperature": 0,
    }
    whole = client.chat.completions.create(**asked)
    with client.chat.completions.stream(**asked) as stream:
        for _ in stream:
            pass
        streamed = stream.current_completion_snapshot  # the final one fails where the length was the limit
    for message in (whole.choices[0].message, streamed.choices[0].message):
        (annotation, *_) = message.annotations
        cited = annotation.url_citation if hasattr(annotation, "url_citation") else annotation["url_citation"]
        said = cited if isinstance(cited, dict) else cited.to_dict()
        assert said["title"] == TITLE
        assert message.content[said["start_index"] : said["end_index"]] == said["quote"]["exact"]
    assert whole.model_extra["licence_report"]["findings"][0]["licence"] == "CC-BY-SA-3.0"


def test_responses_carry_the_notice(client: openai.OpenAI, model: Path) -> None:
    """Whole and through the streaming helper."""
    asked = {"model": str(model), "input": PROMPT, "max_output_tokens": 120}
    whole = client.responses.create(**asked, stream=False)  # its own default is to stream
    with client.responses.stream(**asked) as stream:
        kinds = [event.type for event in stream]
        streamed = stream.get_final_response()
    assert "response.output_text.annotation.added" in kinds
    for response in (whole, streamed):
        text = response.output[0].content[0]
        assert text.annotations[0].title == TITLE
        assert response.model_extra["licence_report"]["findings"][0]["start"] == text.annotations[0].start_index
