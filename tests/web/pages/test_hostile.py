"""Works, texts and findings that want to break the page."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from tests.web.pages.conftest import HOSTILE_TEXT, axe_violations
from tests.web.pages.site import ANSWER, Site

Opened = Callable[..., Any]


def test_a_hostile_work_stays_text(opened: Opened, site: Site) -> None:
    """Markup, bidi controls, 10,000 characters and a script as source do nothing, in the panel and on each page."""
    page = opened()
    page.fill("#text", HOSTILE_TEXT)
    page.click("#marked .passage")
    page.wait_for_selector(".detail .context")
    key = page.locator(".detail >> text=In the library").get_attribute("href").rpartition("/")[2]
    places = {"panel": page.locator("#notices").inner_text(), "title": page.title()}
    assert page.locator("#notices").inner_html().count("<img") == 0
    for path in (f"/library/{key}", f"/notices/{key}", "/library?q=long"):
        page.goto(site.url + path)
        places[path] = page.locator("main").inner_text()
        assert page.locator("main img, main script, main a[href^=javascript]").count() == 0
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert places.pop("title") == "Check a text · Licence Provenance"
    for name, shown in places.items():
        assert "<img src=x onerror=" in shown, name
        assert not re.search("[\u202a-\u202e\u2066-\u2069\x1b]", shown), name
        assert len(shown) < 8_000, name


def test_a_hostile_work_stays_text_without_scripts(site: Site) -> None:
    """The same in the cards that the server makes."""
    page = httpx.post(site.url, data={"text": HOSTILE_TEXT}).text
    assert "&lt;img src=x onerror=" in page
    assert not re.search(r"<img|<script>|<b>|href=\"javascript|[\u202a-\u202e\u2066-\u2069\x1b]", page)


def test_texts_that_are_hardly_text(opened: Opened) -> None:
    """NUL, half surrogate pairs and bidi controls are made visible; a passage behind them is marked where it stands."""
    page = opened()
    page.evaluate(
        r"""text => {
          const field = document.getElementById("text");
          field.value = "\u0000\ud83d 😀\u202e <b>x</b> \udc00 " + text;
          field.dispatchEvent(new Event("input", { bubbles: true }));
        }""",
        ANSWER,
    )
    page.wait_for_selector("#marked .passage")
    assert page.locator("#marked .passage").inner_text().startswith("Launched by a Saturn V rocket")
    assert page.locator("#marked").inner_text().startswith("\ufffd\ufffd 😀\ufffd <b>x</b> \ufffd The mission")
    page.click("#marked .passage")
    page.wait_for_selector(".detail .context")


def test_an_answer_of_100_kb_with_200_findings_stays_usable(opened: Opened, crowded: tuple[Site, str]) -> None:
    """It is marked as a whole, filtered, and any passage opens; without scripts each work has a card."""
    running, text = crowded
    page = opened()
    page.goto(running.url)
    page.fill("#text", text)
    page.wait_for_selector(".list li >> nth=199")
    assert page.locator("#marked .passage").count() == 200
    assert page.evaluate("document.getElementById('marked').textContent.length") > 100_000
    page.locator("#marked .passage").nth(150).click()
    page.wait_for_selector(".detail .context")
    assert page.locator("#detail-title").inner_text() == "151 Work 150"
    page.keyboard.press("Escape")
    page.select_option("#filter-licence", "MIT")
    assert page.locator(".list li").count() == 40
    assert page.locator("#marked .passage").count() == 40
    assert axe_violations(page) == []
    answer = httpx.post(running.url, data={"text": text})
    assert answer.text.count('<article class="card"') == 200


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"", "Expecting value"),
        (b"[" * 100_000, "recursion"),
        (b"[]", "the finding is missing or no dict"),
        (b'{"sources": [{"work": {"id": 1, "collection": "x"}}]}', "id is missing or no str"),
        (
            b'{"sources": [{"work": {"id": "x", "collection": "y"}, "token_start": true}]}',
            "token_start is out of range",
        ),
    ],
)
def test_what_is_no_finding_is_refused(site: Site, body: bytes, said: str) -> None:
    """The answer says what is wrong with it."""
    answer = httpx.post(f"{site.url}/notices", content=body)
    assert answer.status_code == 400
    assert said in answer.json()["error"]["message"]


def changed(finding: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return {**finding, **changes}


def test_a_finding_that_was_made_up_tells_nothing_new(site: Site) -> None:
    """What it says of its work is not believed, and no source is shown to somebody who does not have the passage."""
    (finding,) = site.report(ANSWER).to_dict()["findings"]
    source = finding["sources"][0]

    def told(**changes: Any) -> Any:
        return httpx.post(f"{site.url}/notices", json=changed(finding, **changes)).json()

    honest = told()
    assert "the trip back to Earth" in honest["in_source"]["prefix"]
    forged = {**source, "work": {**source["work"], "title": "Mine", "licence": "MIT", "status": "public-domain"}}
    assert told(sources=[forged], duties=[], licence="MIT", notice="all yours") == honest
    elsewhere = {**source, "token_start": 500, "token_end": 540}
    assert told(sources=[elsewhere])["in_source"] is None
    assert told(sources=[{**source, "token_end": 7_000}])["in_source"] is None
    assert told(sources=[{**source, "token_end": 2**30}])["in_source"] is None
    for wrong in ({"kind": "x"}, {"action": 1}, {"similarity": 2}, {"bits": 1e300}, {"quote": {}}, {"tokens": -1}):
        answer = httpx.post(f"{site.url}/notices", json=changed(finding, **wrong))
        assert answer.status_code == 400, wrong
