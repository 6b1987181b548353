"""Somebody pastes a text, or writes one, and looks at what is found."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx

from provenance import Database
from provenance.service.keys import new_key, read_keys
from tests.web.pages.conftest import DISPUTED_TEXT
from tests.web.pages.site import ANSWER, ROOT, Site, serving

Opened = Callable[..., Any]
PASSAGE = (
    "Launched by a Saturn V rocket from Kennedy Space Center in Merritt Island, Florida, on July 16, Apollo 11 was the "
    "fifth manned mission of NASA's Apollo program"
)
SONNET = "\n".join((ROOT / "examples/works/shakespeare-sonnets/sonnets.txt").read_text("utf-8").split("\n")[40:54])
FLASK = "\n".join((ROOT / "examples/works/flask/flask/globals.py").read_text("utf-8").split("\n")[10:40])
SPEECH = "\n".join((ROOT / "examples/works/denoiser/denoiser/audio.py").read_text("utf-8").split("\n")[20:50])


def test_a_text_is_marked_while_it_is_written(opened: Opened) -> None:
    """Typing is enough: the passage is marked, the headline says what was found, the coverage what was searched."""
    page = opened()
    page.locator("#text").press_sequentially(ANSWER[:60])
    page.locator("#text").fill(ANSWER)
    page.wait_for_selector(".passage[data-number]")
    assert page.locator("#marked").inner_text() == ANSWER.rstrip("\n") + "\n"
    assert page.locator("#marked .passage").all_inner_texts() == [PASSAGE]
    assert page.locator("#headline").inner_text() == "1 passage matches 1 known work"
    assert page.locator("#lead").inner_text() == "159 of 242 characters (66%) lie in a marked passage."
    assert re.fullmatch(
        r"Searched 138 works \([\d,]+ tokens\), revision \d+, indexed [\d-]+; canaries ok\.",
        page.locator("#coverage").inner_text(),
    )
    page.locator("#text").fill("")
    page.wait_for_selector("#result", state="hidden")
    assert page.locator(".list li").count() == 0


def test_the_page_works_without_scripts(opened: Opened) -> None:
    """A form is sent, and the same page comes back with the marked text, the cards and the coverage."""
    page = opened(java_script_enabled=False)
    page.fill("#text", ANSWER)
    page.click("#check button")
    assert page.locator("#marked .passage").all_inner_texts() == [PASSAGE]
    assert page.locator("#text").input_value() == ANSWER
    assert page.locator("#headline").inner_text() == "1 passage matches 1 known work"
    card = page.locator("article.card")
    assert card.locator("h3").inner_text() == "1 Apollo 11 (Wikipedia)"
    assert "Show the credit line beside the passage" in card.inner_text()
    assert page.locator("#coverage").inner_text().startswith("Searched 138 works")
    page.locator("#marked .passage").click()
    assert page.url.endswith("#note-1")
    assert not page.locator(".ways").is_visible()


def test_scripts_and_forms_say_the_same(opened: Opened) -> None:
    """Headline, lead, coverage and tones come from the server in one case and from the script in the other."""
    text = f"{ANSWER}\n{SPEECH}\n{DISPUTED_TEXT}\n{SONNET}"
    told = []
    for scripts in (True, False):
        page = opened(java_script_enabled=scripts)
        page.fill("#text", text)
        page.click("#check button")
        page.wait_for_selector("#marked .passage")
        parts = [page.locator(part).inner_text() for part in ("#headline", "#lead", "#coverage", "#silences summary")]
        passages = page.locator("#marked .passage")
        tones = [passages.nth(n).get_attribute("data-tone") for n in range(passages.count())]
        told.append([*parts[:3], parts[3].partition(":")[0], *tones])
    assert told[0] == told[1]
    assert told[0][4:] == ["credit", "care", "care"]


def test_what_the_user_had_asked_is_left_out(opened: Opened) -> None:
    """A passage that was in the prompt is not noticed, and is listed with its reason on demand."""
    page = opened()
    page.click("text=What the user had asked")
    page.fill("#prompt", PASSAGE)
    page.fill("#text", ANSWER)
    page.wait_for_selector("#silences:not([hidden])")
    assert page.locator("#headline").inner_text() == "No passage needs a notice"
    assert page.locator("#notices .empty").inner_text() == "There is nothing to notice."
    page.click("#silences summary")
    assert "in-prompt: works:wp-apollo-11" in page.locator("#silences li").inner_text()
    assert page.locator("#marked .silent").inner_text() == PASSAGE


def test_a_passage_opens_its_panel_and_the_notice_is_copied(opened: Opened, site: Site) -> None:
    """The panel has all there is to know of the finding; the button copies the full notice to the clipboard."""
    page = opened(permissions=["clipboard-read", "clipboard-write"])
    page.fill("#text", ANSWER)
    page.click("#marked .passage")
    page.wait_for_selector(".detail .context")
    panel = page.locator(".detail").inner_text()
    for words in (
        "Apollo 11 (Wikipedia)", "Wikipedia contributors · 2016", "CC-BY-SA-3.0", "annotate",
        "159 characters (33 tokens), word for word", "declared, 20", "works.jsonl:135", "counts",
        "Share adaptations under the same or a compatible licence.", "What you can do now",
    ):  # fmt: skip
        assert words in panel, words
    context = page.locator(".detail .context")
    assert context.locator("b").inner_text() == PASSAGE
    assert context.inner_text().startswith("… ")
    assert "The Apollo spacecraft had three parts" in context.inner_text()
    links = {link.get_attribute("href"): link.get_attribute("rel") for link in page.locator(".detail .facts a").all()}
    assert links == {
        "https://creativecommons.org/licenses/by-sa/3.0/": "noreferrer noopener license",
        "https://en.wikipedia.org/w/index.php?oldid=716123666": "noreferrer noopener nofollow",
    }
    page.click("text=Copy the notice")
    page.wait_for_selector(".detail >> text=Copied.")
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied.split("\n")[0] == "“Apollo 11 (Wikipedia)” by Wikipedia contributors, 2016"
    assert "Credit line: “Apollo 11 (Wikipedia)” by Wikipedia contributors" in copied
    page.click(".detail >> text=Notice page")
    assert page.locator("h1").inner_text() == "Apollo 11 (Wikipedia)"


def test_keys_are_enough(opened: Opened) -> None:
    """From the text on, Tab and Enter lead to the panel, and Escape back to the passage."""
    page = opened()
    page.fill("#text", ANSWER)
    page.wait_for_selector("#marked .passage")
    for _ in range(3):
        page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "passage"
    page.keyboard.press("Enter")
    page.wait_for_selector(".detail .context")
    assert page.evaluate("document.activeElement.id") == "detail-title"
    page.keyboard.press("Escape")
    assert page.evaluate("document.activeElement.className") == "passage"
    assert not page.locator(".detail").is_visible()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_selector(".detail .context")
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.dataset.number") == "1"


def test_the_skip_link_leads_to_the_content(opened: Opened) -> None:
    """The first stop of the keyboard passes the head of the page over."""
    page = opened()
    page.keyboard.press("Tab")
    assert page.locator(":focus").inner_text() == "Skip to the content"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"


def test_notices_are_filtered(opened: Opened) -> None:
    """What a filter leaves out is neither in the list nor marked, and comes back with the filter gone."""
    page = opened()
    page.fill("#text", f"{ANSWER}\n{FLASK}\n{SPEECH}")
    page.wait_for_selector(".list li >> nth=2")
    assert page.locator("#filter-licence option").all_inner_texts() == [
        "all",
        "BSD-3-Clause",
        "CC-BY-NC-4.0",
        "CC-BY-SA-3.0",
    ]
    assert page.locator("#filter-action option").all_inner_texts() == ["all", "annotate", "warn"]
    page.select_option("#filter-action", "warn")
    assert page.locator("#notices-title").inner_text() == "1 of 3 notices"
    assert page.locator(".list .badge").all_inner_texts() == ["CC-BY-NC-4.0 · warn"]
    assert page.locator("#marked .passage").count() == 1
    page.select_option("#filter-licence", "BSD-3-Clause")
    assert page.locator("#marked .passage").count() == 0
    page.select_option("#filter-action", "")
    page.select_option("#filter-licence", "")
    assert page.locator("#marked .passage").count() == 3


def test_conflicting_claims_are_shown_with_who_said_them(opened: Opened) -> None:
    """Of a work in dispute the panel lists every claim, and which of them count."""
    page = opened()
    page.fill("#text", DISPUTED_TEXT)
    page.click("#marked .passage")
    page.wait_for_selector(".detail .claims")
    claims = page.locator(".detail .claims li").all_inner_texts()
    assert "all-rights-reserved declared by Ann of all-rights-reserved, 20" in claims[0]
    assert "a <b>letter</b>" in claims[0]
    assert "CC-BY-4.0 declared by Ann of CC-BY-4.0, 20" in claims[1]
    assert "counts" in claims[0]
    assert page.locator("#marked .passage").get_attribute("data-tone") == "care"


def test_a_check_that_did_not_happen_is_said_loudly(opened: Opened) -> None:
    """Where the server answers with an error, or says that it did not check, nobody is told that nothing was found."""
    page = opened(expected="503")
    answers = [
        {"status": 503, "json": {"error": {"message": "segment 7 is <b>missing</b>"}}},
        {"status": 200, "json": _unchecked("the catalogue is locked")},
    ]
    page.route("**/check", lambda route: route.fulfill(**answers.pop(0)))
    for said in ("The server answered 503: segment 7 is <b>missing</b>", "the catalogue is locked"):
        page.fill("#text", f"{said} {ANSWER}")
        page.wait_for_function("said => document.getElementById('failed').textContent === said", arg=said)
        assert page.locator("#failed").is_visible()
        assert page.locator("#headline").inner_text() == "This text was not checked"
        assert page.locator("#notices .empty").inner_text() == "Nothing is known of this text."
        assert page.locator("#coverage").inner_text() == "Nothing was searched."


def _unchecked(error: str) -> dict[str, Any]:
    coverage = {"works": 0, "tokens": 0, "revision": 0, "indexed_at": None, "canaries": "unchecked"}
    text = {"characters": 10, "tokens": 0, "matched_characters": 0}
    return {"schema": 2, "text": text, "findings": [], "exempt": [], "coverage": coverage, "error": error}


def test_an_older_answer_does_not_overtake(opened: Opened) -> None:
    """Of two checks under way the later text counts, in whichever order the answers come."""
    page = opened()
    held: list[Any] = []
    page.route("**/check", lambda route: held.append(route) if not held else route.continue_())
    page.fill("#text", ANSWER)
    page.wait_for_function("() => document.getElementById('state').textContent === 'Checking…'")
    while not held:
        page.wait_for_timeout(10)
    page.fill("#text", "Only this.")
    page.wait_for_function("() => document.getElementById('marked').textContent === 'Only this.'")
    held[0].abort()
    assert page.locator("#headline").inner_text() == "No matching passages"


def test_a_browser_that_has_a_key_uses_it_throughout(opened: Opened, works: Database, tmp_path: Path) -> None:
    """Where keys are asked for, the browser's password is good for page, files, check and panel alike."""
    key, lines = new_key("reader", ("read", "check"))
    (tmp_path / "keys.toml").write_text(lines)
    with serving(works, keys=read_keys(tmp_path / "keys.toml")) as locked:
        page = opened(http_credentials={"username": "anybody", "password": key})
        page.goto(locked.url)
        page.fill("#text", ANSWER)
        page.click("#marked .passage")
        page.wait_for_selector(".detail .context")
        assert httpx.get(locked.url).status_code == 401
