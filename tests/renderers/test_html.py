"""The standalone page as a browser meets it."""

from __future__ import annotations

import base64
import hashlib
import re
from html.parser import HTMLParser

import pytest

from provenance.reports import Exemption, Reason
from provenance_plugins.renderers.html import render
from tests.notices.builders import APOLLO, ATTRS, a_finding, a_passage, a_report
from tests.renderers.test_renderers import HOSTILE, REPORTS

VOID = {"meta", "link", "img", "br", "input", "hr"}


class Page(HTMLParser):
    """The elements of a page, and whether they are closed in order."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.text: dict[str, str] = {}
        self.feed(source)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        for tag in {*self.open}:
            self.text[tag] = self.text.get(tag, "") + data


@pytest.fixture(params=REPORTS)
def page(request):
    return Page(render(REPORTS[request.param]))


def test_the_page_loads_and_runs_nothing(page):
    """There is no script, no handler, no style attribute, and nothing is fetched."""
    assert not {tag for tag, _ in page.elements} & {"script", "link", "img", "iframe", "object", "form", "base"}
    names = {name for _, attributes in page.elements for name in attributes}
    assert not [name for name in names if name.startswith("on") or name in {"style", "src", "srcset"}]
    assert "url(" not in page.text["style"]
    assert "@import" not in page.text["style"]


def test_every_link_is_safe_or_has_its_target(page):
    """Links go to http or https addresses or to a place on the page that is there exactly once."""
    ids = [attributes["id"] for _, attributes in page.elements if "id" in attributes]
    assert len(ids) == len(set(ids))
    for tag, attributes in page.elements:
        if tag == "a":
            target = attributes["href"]
            assert target.removeprefix("#") in ids if target.startswith("#") else target.startswith("https://")


def test_the_policy_allows_our_style_and_nothing_else(page):
    """The content security policy names the hash of the one style sheet."""
    digest = base64.b64encode(hashlib.sha256(page.text["style"].encode()).digest()).decode()
    policies = [a["content"] for _, a in page.elements if a.get("http-equiv") == "Content-Security-Policy"]
    assert policies == [f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"]


def test_elements_are_closed_in_order(page):
    """Overlapping and nested passages still make a well-formed page."""
    assert page.open == []


def test_passages_and_cards_lead_to_each_other():
    """Each card names its passages, each passage its card, so that a keyboard reaches both without a script."""
    page = Page(render(REPORTS["sample"]))
    targets = [attributes["href"] for tag, attributes in page.elements if tag == "a" and attributes["href"][0] == "#"]
    ids = {attributes["id"] for _, attributes in page.elements if "id" in attributes}
    assert ids == {f"note-{n}" for n in (1, 2, 3, 4)} | {f"passage-{n}" for n in (1, 2, 3, 4, 5, 6)}
    assert {target.removeprefix("#") for target in targets} == ids


def test_the_text_is_all_there():
    """The page shows the checked text whole, in order, footnote numbers apart."""
    source = render(REPORTS["sample"])
    shown = Page(re.sub(r"<sup>.*?</sup>", "", re.search(r'<div class="lp-text".*?</div>', source, re.DOTALL)[0])).text[
        "div"
    ]
    assert shown == REPORTS["sample"].text


def test_markup_in_metadata_is_text():
    """A title that looks like HTML is shown, not obeyed."""
    page = Page(render(REPORTS["hostile"]))
    assert HOSTILE.split(" [x]")[0] in page.text["h3"]


def test_passages_that_begin_and_end_together_all_have_their_place():
    """Two works that match the very same words still have two cards, two numbers, and a way back."""
    page = Page(render(a_report("same words", *(a_finding(a_passage(w, start=0, end=10)) for w in (APOLLO, ATTRS)))))
    test_every_link_is_safe_or_has_its_target(page)


def test_a_commonplace_says_whose_it_is_not():
    """Silence because of many families gives their number; a wording that is only predictable has none to give."""
    passage = a_passage(APOLLO)
    common = Exemption(
        start=0, end=10, reason=Reason.COMMONPLACE, sources=passage.sources, works=1_312, families=204
    )  # fmt: skip
    plain = Exemption(start=0, end=10, reason=Reason.COMMONPLACE, sources=passage.sources)
    page = Page(render(a_report("same words", exempt=(common, plain))))
    assert "commonplace (in 1,312 works of 204 families)" in page.text["li"]
    assert "commonplace (Apollo 11" in page.text["li"]
