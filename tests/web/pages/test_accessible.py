"""Can everybody use the pages? axe finds nothing, nothing moves that should not, and a phone is wide enough."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from provenance import Database
from tests.web.pages.conftest import DISPUTED_TEXT, HOSTILE_TEXT, axe_violations
from tests.web.pages.site import ANSWER
from tests.web.pages.test_check import FLASK, SPEECH

Opened = Callable[..., Any]
PHONE = {"viewport": {"width": 360, "height": 740}}
WAYS = {"light": {}, "dark": {"color_scheme": "dark"}, "phone": PHONE}
LONG_WORD = "x" * 3_000


def fits(page: Any) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth"))


@pytest.mark.parametrize("way", WAYS)
def test_a_checked_text(opened: Opened, way: str) -> None:
    """With the list of what was found, and with the panel open on a work in dispute."""
    page = opened(**WAYS[way])
    page.fill("#text", "\n".join((ANSWER, FLASK, SPEECH, DISPUTED_TEXT, HOSTILE_TEXT, LONG_WORD)))
    page.wait_for_selector(".list li >> nth=4")
    assert fits(page)
    assert axe_violations(page) == []
    page.locator("#marked .passage").nth(3).click()
    page.wait_for_selector(".detail .claims")
    assert fits(page)
    assert axe_violations(page) == []


@pytest.mark.parametrize("way", WAYS)
def test_the_empty_page(opened: Opened, way: str) -> None:
    """Both ways that it has, before anything was written."""
    page = opened(**WAYS[way])
    page.click("text=What the user had asked")
    assert axe_violations(page) == []
    page.click("text=Talk to the model")
    page.wait_for_selector("#models option", state="attached")
    assert fits(page)
    assert axe_violations(page) == []


@pytest.mark.parametrize("way", WAYS)
def test_a_page_from_the_server(opened: Opened, works: Database, way: str) -> None:
    """The library, a work, a notice in dispute, a page that is not there, and the form's answer without scripts."""
    key, disputed = (works.find_work(name).key for name in ("<script>alert(1)</script>", "lanterns"))
    page = opened("/library", expected="404", **WAYS[way])
    for path in (None, f"/library/{key:016x}", f"/notices/{disputed:016x}", "/notices/none"):
        if path:
            page.goto(page.url[: page.url.index("/", 8)] + path)
        assert fits(page), path
        assert axe_violations(page) == [], path


def test_without_scripts_a_phone_is_wide_enough(opened: Opened) -> None:
    """The cards that the server makes fit as well."""
    page = opened(java_script_enabled=False, **PHONE)
    page.fill("#text", f"{ANSWER} {HOSTILE_TEXT} {LONG_WORD}")
    page.click("#check button")
    page.wait_for_selector("article.card >> nth=1")
    assert fits(page)


def test_nothing_moves_for_those_who_do_not_want_it(opened: Opened) -> None:
    """With reduced motion a passage that is still open does not pulse; it is told apart by its line alone."""
    page = opened(reduced_motion="reduce")
    page.fill("#text", ANSWER)
    page.wait_for_selector("#marked .passage")
    style = page.evaluate(
        """() => {
          const passage = document.querySelector("#marked .passage");
          passage.classList.add("open");
          const { animationName, transitionDuration } = getComputedStyle(passage);
          return [animationName, transitionDuration];
        }"""
    )
    assert style == ["none", "0s"]


def test_tones_differ_by_more_than_colour(opened: Opened) -> None:
    """The lines under passages are solid, dashed and double, and the legend shows which is which."""
    page = opened()
    page.fill("#text", ANSWER)
    page.wait_for_selector(".legend:not([hidden])")
    lines = page.evaluate(
        "() => [...document.querySelectorAll('.legend .passage')].map((each) =>"
        " [each.textContent, getComputedStyle(each).borderBottomStyle])"
    )
    assert lines == [["credit it", "solid"], ["look closer", "dashed"], ["ask first", "double"]]


def test_a_page_can_be_printed(opened: Opened) -> None:
    """On paper there are the text and the notices, and nothing to press."""
    page = opened()
    page.fill("#text", ANSWER)
    page.wait_for_selector("#marked .passage")
    page.emulate_media(media="print")
    assert not page.locator(".composer").first.is_visible()
    assert not page.locator("nav[aria-label=Pages]").is_visible()
    assert page.locator("#marked .passage").is_visible()
    assert page.locator(".list li").is_visible()
    assert axe_violations(page) == []
