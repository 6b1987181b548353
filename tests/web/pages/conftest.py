"""One database and one server for all tests of the pages, one browser a module, and for each test a page of its own."""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from provenance import Database, Document
from provenance.cli import main
from tests.web.pages.site import ROOT, Site, serving

SWITCHES = (
    "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--no-first-run",
)  # fmt: skip
HOSTILE_TITLE = '<img src=x onerror="document.title=1">\u202e</bdi></script>' + "long " * 2_000
HOSTILE_NAME = "<b>\u202eeve</b>" * 50
HOSTILE_TEXT = (
    "Nobody had ever thought of writing such a sentence before the tests of this page wanted one, and so nobody will "
    "find these words anywhere else, neither in a book nor in a letter nor on the back of an old envelope."
)
DISPUTED_TEXT = (
    "Seven lanterns were hung between the chestnut trees that night, and the ferryman counted each of them twice, once "
    "for himself and once for his brother, who had gone down the river in the spring and never written home again."
)


@pytest.fixture(scope="session")
def works(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """The example works, one that is hostile wherever a work can be, one in dispute, and one without text."""
    folder = tmp_path_factory.mktemp("pages") / "works.db"
    assert main(["ingest", str(ROOT / "examples/works/works.jsonl"), "--trusted", "--db", str(folder)]) == 0
    with Database.open(folder) as database:
        database.ingest(
            Document(
                text=HOSTILE_TEXT, id="<script>alert(1)</script>", title=HOSTILE_TITLE, authors=[HOSTILE_NAME],
                licence="CC-BY-4.0", source="javascript:alert(1)", copyright="(c) \x1b[31m<i>eve</i>",
            )
        )  # fmt: skip
        database.ingest(
            Document(text=DISPUTED_TEXT, id="lanterns", title="Lanterns", authors=["A. Ferryman"], licence="CC-BY-4.0")
        )
        for licence in ("CC-BY-4.0", "all-rights-reserved"):
            said = ["--licence", licence, "--who", f"Ann of {licence}", "--evidence", "a <b>letter</b>"]
            claim = ["works", "claim", "lanterns", *said, "--basis", "declared", "--db", str(folder)]
            assert main(claim) == 0
        yield database


@pytest.fixture(scope="session")
def site(works: Database) -> Iterator[Site]:
    with serving(works, upstream="http://127.0.0.1:9/v1") as running:
        yield running


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """A real Chromium. It goes with its module, because no other test can run an event loop beside Playwright's."""
    path = shutil.which("chromium")
    if path is None:
        pytest.skip("there is no chromium; install Debian's package of this name")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=path, args=list(SWITCHES))
        yield running
        running.close()


@pytest.fixture
def opened(browser: Any, site: Site) -> Iterator[Callable[..., Any]]:
    """Open a page at a path, with the options of a browser context; whatever the console says is an error.

    `expected` are words that a message on the console may have.
    """
    site.model.forget()
    contexts, said = [], []

    def open_page(path: str = "/", *, expected: str = "\0", **options: Any) -> Any:
        context = browser.new_context(**options)
        context.set_default_timeout(20_000)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: expected in message.text or said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.goto(site.url + path)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert said == []


@pytest.fixture(scope="session")
def crowded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Site, str]]:
    """A site with 200 works, and an answer of 100,000 characters with a passage from each."""
    drawn = random.Random(5)
    vocabulary = sorted(set((ROOT / "examples/works/moby-dick/moby-dick.txt").read_text(encoding="utf-8").split()))

    def some(count: int) -> str:
        return " ".join(drawn.choices(vocabulary, k=count))

    licences = ("CC-BY-4.0", "MIT", "GPL-3.0-only", "all-rights-reserved", "unknown")
    documents = [
        Document(text=some(45), id=f"w{n}", title=f"Work {n}", authors=[f"Author {n}"], licence=licences[n % 5])
        for n in range(200)
    ]
    text = "\n\n".join(f"{some(10)} {document.text}. 😀" for document in documents)
    with Database.open(tmp_path_factory.mktemp("crowd") / "db", create=True) as database:
        database.ingest(documents)
        with serving(database) as running:
            yield running, f"{text} {some(20_000)}"[:100_000]


def axe_violations(page: Any) -> list[str]:
    """Return what axe finds wrong with a page: the rule, and the first element."""
    from axe_playwright_python.sync_playwright import Axe

    found = Axe().run(page).response["violations"]
    return [f"{each['id']}: {each['nodes'][0]['html'][:200]}" for each in found]
