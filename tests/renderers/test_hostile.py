"""No work, prompt or model can act through a report: every format against every attack."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from provenance.notices import bundle
from provenance.reports import Exemption, Quote, Reason
from provenance.works import LicenceStatus
from provenance_plugins.renderers import html, markdown
from provenance_plugins.renderers import text as render_text
from tests.notices.builders import a_finding, a_passage, a_report, a_work
from tests.renderers.test_html import VOID
from tests.renderers.test_renderers import ENDINGS, render
from tests.strategies import examples

ATTACKS = {
    "script": "</title></style></pre></textarea><script>alert(1)</script>",
    "handler": '"><img src=x onerror="alert(1)"> \' onmouseover=\'alert(1)',
    "markdown link": "[click](javascript:alert(1)) ![x](https://evil.example/p.png) <https://evil.example> [^1]: note",
    "markdown block": "\n\n# Heading\n\n```\ncode\n```\n> quote\n- list\n| a | b |\n|---|---|",
    "fence": "``` ```` ````` \n~~~\n",
    "ansi": "\x1b[31mred\x1b[0m \x1b]8;;https://evil.example\x07link\x1b]8;;\x07 \x9b31m \x1b]0;title\x07",
    "bidi": "\u202egpj.exe\u202c \u2066a\u2069 \u200f",
    "long": "A" * 1_000_000,
    "cdata": "]]> <![CDATA[ --> <!-- ?> ]]>",
    "nul": "a\0b\0",
    "lines": "Mallory\r\nX-Header: 1\n\n[2] Matches text in “Nothing” (MIT)\u2028\u2029\x85",
    "javascript": "javascript:alert(1)//https://x.org/",
    "template": "{{ 7*7 }} {% raw %} ${7*7} {authors.__class__} %s",
    "half pair": "\ud800 \udfff",
    "mention": "@everyone #1 www.evil.example http://evil.example",
}
BUNDLES = {"text": render_text, "markdown": markdown, "html": html}
OURS = re.compile("\x1b\\[(?:0|1|2|4|31|33|36)m")
HTTPS = re.compile(r"https?://[^\s\"'<>\\^`{|}]+", re.ASCII)


def attacked(attack: str, source: str | None = None):
    """A report in which every field that comes from outside holds the attack."""
    work = a_work(
        attack, title=attack, authors=(attack, "B"), status=LicenceStatus.UNKNOWN, licence=attack, copyright=attack,
        notice=attack, source=attack if source is None else source, collection=attack,
    )  # fmt: skip
    licensed = a_work("2", title=attack, authors=(attack,) * 6, licence="MIT", copyright=attack, source=attack)
    quote = Quote(prefix=attack, exact=attack, suffix=attack)
    text = f"before {attack[:2000]} after"
    findings = (
        a_finding(a_passage(work, licensed, start=3, end=60, quote=quote)),
        a_finding(a_passage(licensed, start=5, end=20)),
    )
    exempt = (Exemption(start=0, end=9, reason=Reason.PUBLIC_DOMAIN, sources=a_passage(work).sources),)
    return a_report(text, *findings, exempt=exempt)


class Elements(HTMLParser):
    """What a browser would make of a page: its elements with their attributes; whether each is closed."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.odd: list[str] = []
        self.feed(source)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_comment(self, data):
        self.odd.append(data)

    def unknown_decl(self, data):
        self.odd.append(data)

    def handle_pi(self, data):
        self.odd.append(data)


def assert_harmless_html(source: str) -> None:
    page = Elements(source)
    names = {name for _, attributes in page.found for name in attributes}
    assert page.open == page.odd == []
    assert not {tag for tag, _ in page.found} & {
        "script",
        "img",
        "iframe",
        "object",
        "form",
        "base",
        "link",
        "textarea",
    }
    assert not [name for name in names if name.startswith("on") or name in {"style", "src", "srcset"}]
    for tag, attributes in page.found:
        assert tag != "a" or re.match(r"#|https?://", str(attributes["href"]))


def assert_harmless_markdown(source: str) -> None:
    """What Markdown or HTML obey, and is not of our making, stands behind a backslash."""
    bare = re.sub(r"\\.", "x", source)
    ours = re.sub(r"\[\^\d+\]:?|\*\*|&nbsp;|<https?://[^\s<>]+>|\]\(https://[^\s()]+\)|\[(?=[A-Za-z0-9.-]+$)", "", bare)
    links = re.findall(r"\[[^\[\]]*\]\(([^)]*)\)|<(https?://[^>]*)>", bare)
    assert all(HTTPS.fullmatch(first or second) for first, second in links)
    assert not re.search(r"<(?!https?://)|`|\]\((?!https?://)|!\[", ours)
    assert not re.search(
        r"^(?!> ?$)(?:> )?#{1,6}\s", re.sub(r"^#{1,3} .*$", "", bare, flags=re.MULTILINE), re.MULTILINE
    )


def assert_harmless_json(source: str) -> None:
    """Whatever strings hold, the whole stays one value."""
    assert json.loads(source) is not None


CHECKS = {
    "html": assert_harmless_html, "html-fragment": assert_harmless_html, "markdown": assert_harmless_markdown,
    "json": assert_harmless_json, "spdx": assert_harmless_json, "openai-annotations": assert_harmless_json,
}  # fmt: skip


def assert_harmless(name: str, output: str) -> None:
    output.encode()
    if name not in {"json"}:  # the report itself, as data; json escapes what acts
        shown = OURS.sub("", output) if name == "terminal" else output
        assert not re.search("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\u202a-\u202e\u2066-\u2069]", shown)
    CHECKS.get(name, str)(output)


@pytest.mark.parametrize("attack", ATTACKS)
@pytest.mark.parametrize("name", ENDINGS)
def test_no_attack_gets_through_a_report(name, attack):
    """What works, prompts and models say is shown as text in every format, and stays of a bearable length."""
    output = render(name)(attacked(ATTACKS[attack]))
    assert_harmless(name, output)
    assert len(output) < 80_000 or name == "json"


@pytest.mark.parametrize("attack", ATTACKS)
@pytest.mark.parametrize("name", BUNDLES)
def test_no_attack_gets_through_a_notices_file(name, attack):
    """The same holds for the file of notices."""
    output = BUNDLES[name].render_bundle(bundle([attacked(ATTACKS[attack])]))
    assert_harmless(name, output)
    assert len(output) < 80_000


@pytest.mark.parametrize("name", ENDINGS)
@settings(max_examples=examples(40))
@given(attack=st.text(st.sampled_from("<>\"'&`*_[]()#!\\|~-=+.:/{}%\n\r\0\x1b\u202e]>;a1 \ud800"), max_size=60))
def test_nothing_made_of_marks_gets_through(name, attack):
    """No mixture of the marks that some format obeys is obeyed."""
    assert_harmless(name, render(name)(attacked(attack)))


@pytest.mark.parametrize("name", BUNDLES)
@settings(max_examples=examples(40))
@given(attack=st.text(st.sampled_from("<>\"'&`*_[]()#!\\|~-=+.:/{}%\n\r\0\x1b\u202e]>;a1 \ud800"), max_size=60))
def test_nothing_made_of_marks_gets_through_a_notices_file(name, attack):
    """Nor in the file of notices."""
    assert_harmless(name, BUNDLES[name].render_bundle(bundle([attacked(attack)])))


def test_what_stands_behind_a_footnote_mark_makes_it_no_link():
    """Where footnotes are unknown, `[^1](javascript:…)` would be a link."""
    report = a_report("passage(javascript:alert(1)) and: more", a_finding(a_passage(a_work(licence="MIT"), end=7)))
    assert render("markdown")(report).startswith("> **passage**[^1]\\(javascript:alert(1)) and: more\n")


@pytest.mark.parametrize("name", ["html", "html-fragment", "markdown"])
def test_a_plain_address_is_still_a_link(name):
    """What is harmless stays useful."""
    assert "https://safe.example/page" in render(name)(attacked("T", source="https://safe.example/page"))


def test_a_fragment_disturbs_no_page():
    """Every class, id and rule of a fragment has our prefix, and two fragments on one page have different ids."""
    page = Elements(render("html-fragment")(attacked("one")))
    classes = {name for _, attributes in page.found for name in (attributes.get("class") or "").split()}
    ids = [attributes["id"] for _, attributes in page.found if "id" in attributes]
    other = Elements(render("html-fragment")(attacked("two")))
    assert {name for name in classes if name != "lp" and not name.startswith("lp-")} == set()
    assert len(ids) == len(set(ids))
    assert not set(ids) & {attributes.get("id") for _, attributes in other.found}
    assert not {tag for tag, _ in page.found} & {"html", "head", "body", "title", "meta", "h1", "main"}


def test_every_rule_of_the_style_is_about_us():
    """No selector of the fragment's style sheet can meet an element of the page around it."""
    fragment = render("html-fragment")(attacked("x"))
    style = re.sub(r"/\*.*?\*/", "", re.search(r"<style>(.*?)</style>", fragment, re.DOTALL)[1])
    selectors = [part.strip() for rule in re.findall(r"([^{}]+)\{", style) for part in rule.split(",")]
    ours = [selector for selector in selectors if not selector.startswith(("@", "#000", "#fff", "light-dark"))]
    assert ours
    assert [selector for selector in ours if not selector.startswith(".lp")] == []
