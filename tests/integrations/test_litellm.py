"""LiteLLM: our guardrail by itself; its real proxy and SDK in processes of their own, run as the page says."""

from __future__ import annotations

import asyncio
import importlib
import importlib.util
import os
import socket
import subprocess
import sys
import threading
import urllib.request
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from openai import APIError, APIStatusError, OpenAI

from provenance import Checker
from provenance.errors import ConfigError, DatabaseNotFoundError, UsageError
from tests.integrations.lighthouse import ANSWER, CITED, KETTLE, a_checker, cited
from tests.integrations.openai_server import OpenAIServer, chunk, completion, delta, serving, streamed

EXAMPLES = Path(__file__).parents[2] / "examples" / "litellm"
KEY = "sk-" + "".join(f"{byte:02x}" for byte in os.urandom(16))
CREDIT = f"{CITED['title']} {CITED['url']}"

STRICT = '[actions]\nlicensed = "raise"\n'
FORBIDDING = """
  - guardrail_name: forbidding
    litellm_params:
      guardrail: provenance.integrations.litellm.LicenceGuardrail
      mode: post_call
      policy: strict.toml
"""

needs_litellm = pytest.mark.skipif(importlib.util.find_spec("litellm") is None, reason="needs the extra `litellm`")
# What the proxy imports, though it comes with no extra of ours.
PROXY = ("apscheduler", "backoff", "expression", "fastapi", "fastapi_sso", "redis", "semver", "soundfile")
needs_proxy = pytest.mark.skipif(
    not all(importlib.util.find_spec(name) for name in ("litellm", *PROXY)), reason="needs litellm[proxy]"
)


@pytest.fixture(scope="module")
def workplace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a database in ./provenance-db."""
    folder = tmp_path_factory.mktemp("workplace")
    a_checker(folder).database.close()
    (folder / "db").rename(folder / "provenance-db")
    return folder


@pytest.fixture
def guardrail(workplace: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A function that makes a guardrail as the proxy does; their databases are closed."""
    adapter = pytest.importorskip("provenance.integrations.litellm")
    monkeypatch.chdir(workplace)
    made: list[Any] = []

    def make(**params: Any) -> Any:
        made.append(adapter.LicenceGuardrail(guardrail_name="licence-notices", default_on=True, **params))
        return made[-1]

    yield make
    for each in made:
        each.checker.database.close()


async def _chunks(script: list[Any]) -> AsyncIterator[Any]:
    for each in script:
        yield each


def hooked(guardrail: Any, response: Any, **request: Any) -> Any:
    """What the proxy's hooks make of a response, whole or streamed."""

    async def run() -> Any:
        if not isinstance(response, list):
            return await guardrail.async_post_call_success_hook(data=request, user_api_key_dict=None, response=response)
        hook = guardrail.async_post_call_streaming_iterator_hook
        stream = hook(user_api_key_dict=None, response=_chunks(response), request_data=request)
        return [each async for each in stream]

    return asyncio.run(run())


def test_without_litellm_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    """Importing the module fails with the command that helps."""
    monkeypatch.delitem(sys.modules, "provenance.integrations.litellm", raising=False)
    for module in ("litellm", "litellm.exceptions"):
        monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(UsageError, match=r"pip install 'licence-provenance\[litellm\]'"):
        importlib.import_module("provenance.integrations.litellm")


def test_the_guardrail_puts_notices_into_both_kinds_of_answers(guardrail: Any) -> None:
    """What stands in the request's messages is the prompt, also where LiteLLM's request has none."""
    made = guardrail(mode="post_call")
    whole = hooked(made, completion({"content": ANSWER}))
    (annotation,) = whole["choices"][0]["message"]["annotations"]
    assert cited(annotation) == CITED
    pasted = [{"role": "user", "content": KETTLE}]
    assert "annotations" not in hooked(made, completion({"content": ANSWER}), messages=pasted)["choices"][0]["message"]
    notices = hooked(made, streamed(ANSWER))[-3]
    assert [cited(each) for each in notices["choices"][0]["delta"]["annotations"]] == [CITED]
    assert hooked(made, streamed(ANSWER), messages=pasted)[-3]["choices"][0]["delta"] == {"annotations": []}


def test_the_hooks_are_where_litellm_looks_for_them(guardrail: Any) -> None:
    """They stand in the class itself, and the guardrail takes no other mode than the one that they are for."""
    own = vars(type(guardrail(event_hook="post_call")))
    assert {"async_post_call_success_hook", "async_post_call_streaming_iterator_hook"} <= set(own)
    assert "apply_guardrail" not in own
    with pytest.raises(ValueError, match="pre_call"):
        guardrail(event_hook="pre_call")


def test_what_is_no_chat_completion_passes_the_guardrail(guardrail: Any) -> None:
    """Embeddings, images and the raw streams of other APIs go through as they came."""
    made = guardrail()
    assert hooked(made, {"object": "list", "data": [{"embedding": [0.5]}]})["data"] == [{"embedding": [0.5]}]
    assert hooked(made, [b"event: message_start\n\n", "x", None]) == [b"event: message_start\n\n", "x", None]


def test_a_text_that_the_policy_forbids_is_blocked_in_litellms_words(guardrail: Any, tmp_path: Path) -> None:
    """The proxy answers with its error for a guardrail that blocks."""
    from litellm.exceptions import GuardrailRaisedException

    policy = tmp_path / "strict.toml"
    policy.write_text(STRICT, encoding="utf-8")
    made = guardrail(policy=str(policy))
    for response in (completion({"content": ANSWER}), streamed(ANSWER)):
        with pytest.raises(GuardrailRaisedException, match=r"licence-notices.*the policy forbids this text"):
            hooked(made, response)


def test_whoever_configures_it_wrongly_learns_it_at_the_start(guardrail: Any) -> None:
    """A database that is not there, an unknown preset and a word that means nothing stop the proxy."""
    with pytest.raises(DatabaseNotFoundError, match="nowhere"):
        guardrail(db="nowhere")
    with pytest.raises(ConfigError, match="laxest"):
        guardrail(preset="laxest")
    with pytest.raises(UsageError, match="on_error is 'shrug'"):
        guardrail(on_error="shrug")


def test_the_database_may_be_named_by_the_environment(guardrail: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the configuration names none, PROVENANCE_DB counts."""
    monkeypatch.setenv("PROVENANCE_DB", "nowhere-else")
    with pytest.raises(DatabaseNotFoundError, match="nowhere-else"):
        guardrail()
    assert guardrail(db="provenance-db").checker.check(ANSWER).findings


def a_script(name: str, *arguments: str, folder: Path, **environment: str) -> str:
    """Run an example and return what it prints."""
    done = subprocess.run(
        [sys.executable, str(EXAMPLES / name), *arguments],
        cwd=folder, env={**os.environ, **environment}, capture_output=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout.decode()


@pytest.fixture(scope="module")
def upstream() -> Iterator[OpenAIServer]:
    """A model's server that recites."""
    with serving() as server:
        server.completion = completion({"content": ANSWER})
        server.chunks = streamed(ANSWER)
        yield server


@needs_litellm
@pytest.mark.slow
@pytest.mark.parametrize("script", ["completion.py", "streaming.py"])
def test_the_scripts_for_the_sdk_print_the_credit(script: str, workplace: Path, upstream: OpenAIServer) -> None:
    """LiteLLM's real SDK, asked over HTTP, answers with the text, and below it stands whose it is."""
    server = {"OPENAI_API_BASE": upstream.url, "OPENAI_API_KEY": KEY}
    said = a_script(script, "openai/my-model", "What did she write?", folder=workplace, **server)
    assert said.split() == f"{ANSWER} {CREDIT}".split()


@pytest.mark.slow
def test_the_script_for_other_clients_prints_the_credit(workplace: Path, upstream: OpenAIServer) -> None:
    """OpenAI's real client, asked over HTTP, answers with the text, and below it stands whose it is."""
    server = {"OPENAI_BASE_URL": upstream.url, "OPENAI_API_KEY": KEY}
    said = a_script("other_clients.py", "my-model", "What did she write?", folder=workplace, **server)
    assert said.split() == f"{ANSWER} {CREDIT}".split()


@dataclass
class Proxy:
    """Where LiteLLM's proxy listens, and an OpenAI client's chat completions that go there."""

    url: str
    folder: Path
    chat: Any


@pytest.fixture(scope="module")
def proxy(workplace: Path, upstream: OpenAIServer) -> Iterator[Proxy]:
    """LiteLLM's real proxy with the configuration of the example, and a guardrail more for who asks for it."""
    config = workplace / "config.yaml"
    config.write_text((EXAMPLES / "config.yaml").read_text(encoding="utf-8") + FORBIDDING, encoding="utf-8")
    (workplace / "strict.toml").write_text(STRICT, encoding="utf-8")
    environment = {
        **os.environ, "CONFIG_FILE_PATH": str(config), "LITELLM_MASTER_KEY": KEY,
        "UPSTREAM_URL": upstream.url, "UPSTREAM_KEY": "none",
    }  # fmt: skip
    with socket.create_server(("127.0.0.1", 0)) as listening, (workplace / "proxy.log").open("wb") as log:
        url, handle = f"http://127.0.0.1:{listening.getsockname()[1]}", listening.fileno()
        command = [sys.executable, "-m", "uvicorn", "litellm.proxy.proxy_server:app", "--fd", str(handle)]
        process = subprocess.Popen(
            command, cwd=workplace, env=environment, pass_fds=[handle], stdout=log, stderr=subprocess.STDOUT
        )
    try:
        # It answers once it has started; if it ends before, nobody listens any more, and this fails.
        with urllib.request.urlopen(f"{url}/health/liveliness"), OpenAI(base_url=url, api_key=KEY) as client:
            yield Proxy(url, workplace, client.with_options(max_retries=0).chat.completions)
    finally:
        process.terminate()
        process.wait()


QUESTION: dict[str, Any] = {"model": "my-model", "messages": [{"role": "user", "content": "What did she write?"}]}


@needs_proxy
@pytest.mark.slow
def test_an_answer_through_the_proxy_has_its_notices(proxy: Proxy, workplace: Path) -> None:
    """OpenAI's client reads the text, the annotation and the report, as the checker itself would give it."""
    answer = proxy.chat.create(**QUESTION)
    (annotation,) = answer.choices[0].message.to_dict()["annotations"]
    assert (answer.choices[0].message.content, cited(annotation)) == (ANSWER, CITED)
    assert answer.licence_report == _report(workplace)


@needs_proxy
@pytest.mark.slow
def test_a_stream_through_the_proxy_has_its_notices(proxy: Proxy, workplace: Path) -> None:
    """Text comes as it was sent; one chunk more has annotation and report."""
    with proxy.chat.create(**QUESTION, stream=True) as stream:
        chunks = [each.to_dict() for each in stream]
    (notices,) = (each for each in chunks if "licence_report" in each)
    texts = [choice["delta"].get("content") for each in chunks for choice in each["choices"]]
    assert [text for text in texts if text] == [ANSWER[at : at + 7] for at in range(0, len(ANSWER), 7)]
    assert [cited(each) for each in notices["choices"][0]["delta"]["annotations"]] == [CITED]
    assert notices["licence_report"] == _report(workplace)


@needs_proxy
@pytest.mark.slow
def test_several_answers_through_the_proxy_are_told_apart(proxy: Proxy, upstream: OpenAIServer) -> None:
    """Each choice has the report on its own text, whole and streamed."""
    mine = "All my own work."
    upstream.completion = completion({"content": mine}, {"content": ANSWER})
    upstream.chunks = [
        chunk(delta(0, content=mine), delta(1, content=ANSWER)),
        chunk(delta(0, finish_reason="stop")), chunk(delta(1, finish_reason="stop")),
    ]  # fmt: skip
    answer = proxy.chat.create(**QUESTION, n=2)
    assert [len(choice.licence_report["findings"]) for choice in answer.choices] == [0, 1]
    with proxy.chat.create(**QUESTION, n=2, stream=True) as stream:
        told = [choice.to_dict() for each in stream for choice in each.choices if "licence_report" in choice.to_dict()]
    assert [(each["index"], len(each["licence_report"]["findings"])) for each in told] == [(0, 0), (1, 1)]


@needs_proxy
@pytest.mark.slow
def test_what_the_policy_forbids_does_not_pass_the_proxy(proxy: Proxy, upstream: OpenAIServer) -> None:
    """The client gets LiteLLM's error for a guardrail that blocks, whole and streamed."""
    upstream.completion, upstream.chunks = completion({"content": ANSWER}), streamed(ANSWER)
    asked = {**QUESTION, "extra_body": {"guardrails": ["forbidding"]}}
    with pytest.raises(APIStatusError, match="the policy forbids this text"):
        proxy.chat.create(**asked)
    with (
        pytest.raises(APIError, match="the policy forbids this text"),
        proxy.chat.create(**asked, stream=True) as stream,
    ):
        list(stream)


@needs_proxy
@pytest.mark.slow
def test_a_stream_that_breaks_off_behind_the_proxy_has_its_notices(
    proxy: Proxy, upstream: OpenAIServer, workplace: Path
) -> None:
    """The client learns what the text that it got repeats, and then that it is not the whole."""
    upstream.chunks, upstream.breaks_off = streamed(ANSWER)[:-2], threading.Event()
    told: list[dict[str, Any]] = []

    def reading() -> None:
        with proxy.chat.create(**QUESTION, stream=True) as stream:
            for each in stream:
                told.append(each.to_dict())
                if told[-1]["choices"][0]["delta"] == upstream.chunks[-1]["choices"][0]["delta"]:
                    upstream.breaks_off.set()

    with pytest.raises(APIError):
        reading()
    upstream.breaks_off = None
    assert told[-1]["licence_report"] == _report(workplace)


@needs_proxy
@pytest.mark.slow
def test_the_script_for_the_proxy_prints_the_credit(proxy: Proxy, upstream: OpenAIServer) -> None:
    """The stream helper of OpenAI's client puts the annotations together."""
    upstream.chunks = streamed(ANSWER)
    server = {"OPENAI_BASE_URL": proxy.url, "OPENAI_API_KEY": KEY}
    said = a_script("ask_proxy.py", "What did she write?", folder=proxy.folder, **server)
    assert said.split() == f"{ANSWER} {CREDIT}".split()


def _report(workplace: Path) -> dict[str, Any]:
    from provenance import Database

    with Database.open(workplace / "provenance-db") as database:
        return Checker(database).check(ANSWER).to_dict()
