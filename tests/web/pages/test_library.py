"""What the library and the pages behind citations show; read without a browser."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from provenance import Checker, Database, Document
from provenance.errors import DatabaseError
from provenance.licences import terms
from provenance.notices import of_work
from provenance.server.app import build_app
from provenance.service.service import Service
from provenance.service.settings import ServeSettings
from tests.web.pages.conftest import HOSTILE_TEXT
from tests.web.pages.site import ANSWER, ROOT, Site, serving


@pytest.fixture
def client(site: Site) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=site.url) as client:
        yield client


def titles(page: str) -> list[str]:
    return re.findall(r'<h2><a href="[^"]+"><bdi>([^<]*)</bdi>', page)


@pytest.mark.slow
def test_works_are_found_as_on_the_command_line(client: httpx.Client, site: Site) -> None:
    """A query finds what `provenance works QUERY` finds, each with a link to its page."""
    page = client.get("/library", params={"q": "wikipedia"}).text
    found = site.service.database.catalogue.search("wikipedia")
    assert titles(page) == [work.title for work in found if work.title]
    assert f'href="/library/{found[0].key:016x}"' in page


def test_works_come_page_by_page(client: httpx.Client) -> None:
    """All pages together have each work once; a page that cannot be meant is the first one."""
    pages = [client.get("/library", params={"page": number}).text for number in (1, 2, 3)]
    found = [name for page in pages for name in re.findall(r'<h2><a href="/library/(\w{16})"', page)]
    assert (len(found), len(set(found))) == (138, 138)
    assert 'rel="prev"' not in pages[0]
    assert 'rel="next"' not in pages[2]
    assert [client.get("/library", params={"page": wrong}).text for wrong in ("-1", "x", "²")] == [pages[0]] * 3
    assert "There are no more works." in client.get("/library", params={"page": 9_999_999}).text


@pytest.mark.parametrize("query", ["\0", "%", "' OR 1=1", "x" * 5_000, "<script>alert(1)</script>"])
def test_no_query_breaks_the_search(client: httpx.Client, query: str) -> None:
    """Whatever is asked for, there is a page, and no markup of the query in it."""
    answer = client.get("/library", params={"q": query})
    assert answer.status_code == 200
    assert "<script>alert" not in answer.text


def test_the_page_of_a_work_has_all_that_is_known(client: httpx.Client, works: Database) -> None:
    """Source, collection, length, claims, duties and notice stand on it."""
    work = works.find_work("works:wp-apollo-11")
    page = client.get(f"/library/{work.key:016x}").text
    for words in ("Apollo 11 (Wikipedia)", "39,358 characters, 7,529 tokens", "with its text", "works.jsonl:135",
                  'rel="noreferrer noopener license">CC-BY-SA-3.0</a>', "Say what was changed."):  # fmt: skip
        assert words in page, words


def test_the_page_behind_a_citation_has_the_notice(client: httpx.Client, works: Database) -> None:
    """It is made from the database alone: title, licence, the notice to copy, and what the licence asks for."""
    work = works.find_work("works:wp-apollo-11")
    page = client.get(f"/notices/{work.key:016x}").text
    notice = of_work(work)
    shown = re.findall(r"<p>(.*?)</p>", re.findall(r'<div class="notice".*?</div>', page, re.DOTALL)[0])
    assert shown == [notice.heading, *notice.lines]
    assert len(re.findall(r"<li>", page)) == len(terms(work).duties) + len(notice.advice)


def test_a_dispute_is_told_on_the_notice_page(client: httpx.Client, works: Database) -> None:
    """The claims that disagree stand on it, each with who said so."""
    page = client.get(f"/notices/{works.find_work('lanterns').key:016x}").text
    assert "The licence is in dispute" in page
    assert "Ann of all-rights-reserved" in page
    assert "Ann of CC-BY-4.0" in page
    assert "a &lt;b&gt;letter&lt;/b&gt;" in page


@pytest.mark.parametrize("page", ["library", "notices"])
@pytest.mark.parametrize("key", ["0" * 16, "f" * 16, "7" * 15, "../etc", "12", "٣" * 16, "works:wp-apollo-11"])
def test_an_unknown_work_has_no_page(client: httpx.Client, page: str, key: str) -> None:
    """Whatever is no key, or not the key of a work that is there, is answered with 404."""
    answer = client.get(f"/{page}/{key}")
    assert answer.status_code == 404


def test_a_withdrawn_work_has_no_page_any_more(tmp_path: Any) -> None:
    """A citation that was sent before leads to a page that says so, and a panel learns it too."""
    with Database.open(tmp_path / "db", create=True) as database:
        database.ingest(Document(text=HOSTILE_TEXT, id="w", title="Gone tomorrow", licence="CC-BY-4.0"))
        with serving(database) as site, httpx.Client(base_url=site.url) as client:
            (finding,) = site.report(HOSTILE_TEXT).to_dict()["findings"]
            (path,) = {client.post("/notices", json=finding).json()["page"]}
            assert client.get(path).status_code == 200
            database.withdraw(database.find_work("w"))
            gone = client.get(path)
            assert (gone.status_code, "it has been withdrawn" in gone.text) == (404, True)
            assert client.post("/notices", json=finding).status_code == 404


def test_files_are_kept_and_pages_are_not(client: httpx.Client) -> None:
    """A file's address has the digest of all files, so it may be kept for ever; a page is not kept at all."""
    page = client.get("/")
    assert page.headers["cache-control"] == "no-store"
    assert "default-src 'self'" in page.headers["content-security-policy"]
    addresses = re.findall(r'"(/static/[^"]+)"', page.text)
    assert len(addresses) == 3
    for address in addresses:
        assert client.get(address).headers["cache-control"] == "public, max-age=31536000, immutable"
    assert client.get(re.sub(r"[0-9a-f]{16}", "0" * 16, addresses[0])).status_code == 404


def test_no_page_needs_more_than_its_policy_allows() -> None:
    """No template has a script or a style of its own, and no script makes markup of what it is given."""
    templates = "\n".join(path.read_text() for path in (ROOT / "provenance/server/pages/templates").iterdir())
    scripts = "\n".join(path.read_text() for path in (ROOT / "provenance/server/pages/static").glob("*.js"))
    assert re.findall(r"<style|style=|\son\w+=|<script(?! type=\"module\" src=)|\|\s*safe", templates) == []
    assert (
        re.findall(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(|new Function|DOMParser", scripts)
        == []
    )


def test_a_broken_database_is_told_on_each_page(
    client: httpx.Client, works: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the catalogue cannot be read, pages answer 503 and a form's text is said not to be checked."""

    def broken(*_: object, **__: object) -> None:
        raise DatabaseError("the catalogue <b>is damaged</b>; restore it")

    for name in ("revision", "search", "works"):
        monkeypatch.setattr(works.catalogue, name, broken)
    answers = [client.get("/library"), client.get(f"/notices/{'1' * 16}"), client.get(f"/library/{'1' * 16}")]
    answers.append(client.post("/", data={"text": ANSWER}))
    assert [answer.status_code for answer in answers] == [503] * 4
    assert [("the catalogue &lt;b&gt;is damaged" in answer.text) for answer in answers] == [True] * 4
    assert "This text was not checked" in answers[-1].text
    assert "No matching passages" not in answers[-1].text


def test_pages_know_under_which_path_they_are_served(works: Database) -> None:
    """Behind a proxy that serves them under a path, every address on a page begins with that path."""
    app = build_app(Service(Checker(works), ServeSettings(upstream="http://127.0.0.1:9/v1")))

    async def pages() -> list[str]:
        transport = httpx.ASGITransport(app, root_path="/tools")
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
            key = f"{works.find_work('lanterns').key:016x}"
            paths = ("/", "/library", f"/library/{key}", f"/notices/{key}")
            answers = [await client.get(f"/tools{path}") for path in paths]
            answers.append(await client.post("/tools/", data={"text": ANSWER}))
            return [answer.raise_for_status().text for answer in answers]

    for page in asyncio.run(pages()):
        addresses = re.findall(r'(?:href|src|action)="(/[^"]*)"', page)
        assert len(addresses) >= 5
        assert [address for address in addresses if not address.startswith("/tools/")] == []
        assert 'data-root="/tools"' in page
