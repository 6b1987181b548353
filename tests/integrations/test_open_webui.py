"""The filter for Open WebUI, loaded and called as Open WebUI does it, with our real server and with broken ones."""

from __future__ import annotations

import asyncio
import inspect
import threading
import types
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from provenance import Document
from provenance.server.app import build_app
from provenance.service.service import Service
from tests.integrations.lighthouse import ANSWER, KETTLE, NOTICE, a_checker

FILE = Path(__file__).parents[2] / "examples" / "open_webui" / "licence_filter.py"
NOT_CHECKED = {
    "type": "status", "data": {"description": "Licence notices: this answer could not be checked.", "done": True},
}  # fmt: skip
HOSTILE = "Nobody who had ever counted the steps of the tower by night could say afterwards how many there had been, for the wind took the numbers away and gave back others."  # noqa: E501 - one sentence
NAME = "The Lighthouse Kettle — Ida Brown — CC-BY-4.0"
SOURCE = {
    "type": "source",
    "data": {
        "source": {"name": NAME, "url": "https://example.org/kettle"},
        "document": [f"{NOTICE}\n\n“{KETTLE.rstrip('.')}”"],
        "metadata": [{"source": "licence-provenance:https://example.org/kettle", "name": NAME}],
    },
}


@contextmanager
def serving(app: Any) -> Iterator[str]:
    """Run an ASGI app on loopback and give its address."""
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="warning"))
    started = threading.Event()
    startup = server.startup

    async def noting(sockets: Any = None) -> None:
        await startup(sockets)
        started.set()

    server.startup = noting
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        assert started.wait(60)
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of our server, with two works."""
    hostile = Document(
        text=HOSTILE, id="x", title="Steps\n<img src=x>\u202e[1](javascript:x)", authors=["`Anon`"],
        licence="all-rights-reserved", source="javascript:alert(1)",
    )  # fmt: skip
    checker = a_checker(tmp_path_factory.mktemp("works"), hostile)
    with serving(build_app(Service(checker))) as url:
        yield url


class Chat:
    """One chat in Open WebUI with the filter switched on."""

    def __init__(self, server: str, **valves: Any) -> None:
        module = types.ModuleType("function_licence_filter")
        exec(FILE.read_text(encoding="utf-8"), module.__dict__)  # as Open WebUI does
        self.filter = module.Filter()
        self.filter.valves = self.filter.Valves(server=server, **valves)
        self.shown: list[dict[str, Any]] = []

    def outlet(self, body: dict[str, Any], *, listening: bool = True) -> dict[str, Any]:
        """Call the hook with those parameters that its signature names."""

        async def emit(event: dict[str, Any]) -> None:
            self.shown.append(event)

        there = {"__event_emitter__": emit if listening else None, "__user__": {"id": "u"}, "__metadata__": {}}
        wanted = inspect.signature(self.filter.outlet).parameters
        given = {name: value for name, value in there.items() if name in wanted}
        return asyncio.run(self.filter.outlet(body=body, **given))


def a_body(answer: Any, question: Any = "What did she write?") -> dict[str, Any]:
    """What Open WebUI passes to an outlet."""
    messages = [
        {"id": "1", "role": "user", "content": question, "timestamp": 1},
        {"id": "2", "role": "assistant", "content": answer, "timestamp": 2, "usage": {}},
    ]
    return {"model": "my-model", "messages": messages, "chat_id": "c", "session_id": "s", "id": "2"}


def test_an_answer_gets_a_source_for_the_work_that_it_repeats(server: str) -> None:
    """The chip has title, author, licence and address, its text notice and quotation; the message is not changed."""
    chat = Chat(server)
    assert chat.outlet(a_body(ANSWER)) == a_body(ANSWER)
    assert chat.shown == [SOURCE]


def test_two_passages_of_one_work_are_one_source(server: str) -> None:
    """There is a source for each work, in order of the text, with all passages of it."""
    chat = Chat(server)
    chat.outlet(a_body(f"{KETTLE} And so on, said I. {HOSTILE} And again, for nobody had listened before: {KETTLE}"))
    assert [len(event["data"]["document"]) for event in chat.shown] == [2, 1]


def test_what_comes_from_a_work_is_data(server: str) -> None:
    """A title is one line without steering characters, and only web addresses become links."""
    chat = Chat(server)
    chat.outlet(a_body(HOSTILE))
    (event,) = chat.shown
    assert event["data"]["source"] == {"name": "Steps <img src=x>[1](javascript:x) — `Anon` — all-rights-reserved"}
    assert event["data"]["metadata"][0]["source"] == "licence-provenance:x"


def test_nothing_found_is_nothing_shown(server: str) -> None:
    """An answer of the model's own has no sources, nor one that repeats what the user pasted, in parts or not."""
    chat = Chat(server)
    chat.outlet(a_body("All my own work."))
    chat.outlet(a_body(ANSWER, question=f"Correct this: {KETTLE}"))
    chat.outlet(a_body(ANSWER, question=[{"type": "image_url"}, {"type": "text", "text": KETTLE}]))
    assert chat.shown == []


def test_reasoning_is_not_part_of_the_answer(server: str) -> None:
    """The boxes that Open WebUI puts into a message for what was thought and which tools were called are left out."""
    box = '<details type="{}" done="true">\n<summary>Thought</summary>\n> {}\n</details>\n'
    chat = Chat(server)
    chat.outlet(a_body(box.format("reasoning", KETTLE) + "So it is." + box.format("tool_calls", KETTLE)))
    chat.outlet(a_body(f'<details type="reasoning" done="false">{KETTLE}'))
    assert chat.shown == []
    chat.outlet(a_body(box.format("reasoning", "Hm.") + ANSWER))
    assert [event["type"] for event in chat.shown] == ["source"]


def test_the_footer_is_written_only_if_asked_for(server: str) -> None:
    """With the valve the answer ends with its notices, each once, and nothing in them is Markdown."""
    chat = Chat(server, footer=True)
    said = chat.outlet(a_body(f"{KETTLE} And so on, said I, and then again, to be sure: {HOSTILE}"))["messages"][1]
    *_, first, second = said["content"].split("\n")
    assert first == f"1. {NOTICE}"
    assert r"\<img src=x\>\[1\](javascript:x)" in second
    assert r"\`Anon\`" in second
    assert chat.outlet(a_body("Mine."))["messages"][1]["content"] == "Mine."


def test_without_a_listener_the_filter_is_silent(server: str) -> None:
    """A request over the API has nobody to show a source to."""
    assert Chat(server).outlet(a_body(ANSWER), listening=False) == a_body(ANSWER)


@pytest.mark.parametrize(
    "body",
    [{}, {"messages": None}, {"messages": []}, a_body(""), a_body(None), a_body([{"type": "text", "text": KETTLE}]),
     {"messages": [{"role": "user", "content": KETTLE}]}],
)  # fmt: skip
def test_a_chat_without_an_answer_is_left_alone(body: dict[str, Any]) -> None:
    """Nothing is asked where there is no text of the assistant's at the end."""
    chat = Chat("http://127.0.0.1:9")
    assert chat.outlet(body) == body
    assert chat.shown == []


def answering(response: Response) -> Any:
    """An app that answers each check with the same."""

    async def check(_: Request) -> Response:
        return response

    return Starlette(routes=[Route("/check", check, methods=["POST"])])


@pytest.mark.parametrize(
    "response",
    [
        JSONResponse({"error": {"code": "not_checked"}}, status_code=503), Response("<html>", media_type="text/html"),
        JSONResponse([1]), JSONResponse({"findings": [{"sources": []}]}),
        JSONResponse({"findings": [], "error": "DatabaseError: the disk has gone"}),
        Response(status_code=307, headers={"location": "http://192.0.2.1/"}),
    ],
    ids=["refused", "no JSON", "no report", "half a report", "not checked", "sent elsewhere"],
)  # fmt: skip
def test_whatever_the_server_does_the_answer_stays(response: Response) -> None:
    """The filter fails open, and says in one line that nothing was checked."""
    with serving(answering(response)) as url:
        chat = Chat(url, footer=True)
        assert chat.outlet(a_body(ANSWER)) == a_body(ANSWER)
        assert chat.shown == [NOT_CHECKED]


def test_a_server_that_is_not_there_does_not_cost_the_answer() -> None:
    """The same where nobody listens, and where nobody can be told either."""
    chat = Chat("http://127.0.0.1:9")
    assert chat.outlet(a_body(ANSWER)) == a_body(ANSWER)
    assert chat.shown == [NOT_CHECKED]
    assert Chat("no address").outlet(a_body(ANSWER), listening=False) == a_body(ANSWER)


def test_the_key_goes_to_the_server_and_nowhere_else() -> None:
    """It is a bearer token, as `provenance serve` reads it."""
    seen: list[tuple[str | None, Any]] = []

    async def check(request: Request) -> Response:
        seen.append((request.headers.get("authorization"), await request.json()))
        return JSONResponse({"findings": []})

    with serving(Starlette(routes=[Route("/check", check, methods=["POST"])])) as url:
        Chat(url + "/", key="lp_secret").outlet(a_body("Mine.", question="Whose?"))
        Chat(url).outlet(a_body("Mine.", question="Whose?"))
    asked = {"text": "Mine.", "prompt": "Whose?"}
    assert seen == [("Bearer lp_secret", asked), (None, asked)]
