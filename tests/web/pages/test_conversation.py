"""Somebody talks to the model, and passages light up while it answers."""

from __future__ import annotations

import threading
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest

from tests.web.pages.conftest import axe_violations
from tests.web.pages.site import ANSWER, Site, chunk

Opened = Callable[..., Any]
EMOJI = f"😀👩‍🚀 {ANSWER}"


@pytest.fixture
def asked(opened: Opened, site: Site) -> Callable[..., Any]:
    """Ask the scripted model; each chunk of its answer waits for `release`."""

    def ask(script: list[Any], **options: Any) -> Any:
        page = opened(**options)
        site.model.script, site.model.gate = script, threading.Semaphore(0)
        page.click("text=Talk to the model")
        page.fill("#question", "How did Apollo 11 <b>begin</b>?")
        page.press("#question", "Enter")
        return page

    return ask


def release(site: Site, chunks: int = 1) -> None:
    assert site.model.gate is not None
    site.model.gate.release(chunks)


def scripted(site: Site, text: str) -> tuple[list[Any], dict[str, Any]]:
    """An answer in which a passage opens, grows and closes; offsets beyond the first plane shift nothing."""
    report = site.report(text).to_dict()
    (finding,) = report["findings"]
    cut = [finding["start"], finding["start"] + 50, finding["start"] + 100, finding["end"]]
    parts = [text[: cut[0]], *(text[a:b] for a, b in pairwise(cut)), text[finding["end"] :]]

    def grown(end: int) -> dict[str, Any]:
        return {**finding, "end": end}

    events = [
        [], [{"event": "opened", "number": 1, "finding": grown(cut[1])}],
        [{"event": "grown", "number": 1, "finding": grown(cut[2])}],
        [{"event": "closed", "number": 1, "finding": finding}], [],
    ]  # fmt: skip
    script = [chunk(part, *said) for part, said in zip(parts, events, strict=True)]
    return [*script, chunk(report=report)], finding


def test_a_passage_lights_up_grows_and_settles(asked: Callable[..., Any], site: Site) -> None:
    """Each chunk is shown as it comes; the passage is marked as open until it is closed, and the report ends it."""
    script, finding = scripted(site, EMOJI)
    page = asked(script)
    release(site, 2)
    page.wait_for_selector(".turns .passage.open")
    assert page.locator(".turns .marked").inner_text() == EMOJI[: finding["start"] + 50].rstrip()
    page.locator(".turns .passage").focus()
    release(site)
    passage = EMOJI[finding["start"] : finding["start"] + 100]
    page.wait_for_function("said => document.querySelector('.turns .passage').textContent === said", arg=passage)
    assert page.evaluate("document.activeElement.className") == "passage open"
    assert page.locator(".turns [role=status]").inner_text() == f"Notice 1: {finding['notice']}"
    release(site, 3)
    page.wait_for_selector(".turns .coverage:not(:empty)")
    assert page.locator(".turns .passage").inner_text() == EMOJI[finding["start"] : finding["end"]]
    assert page.locator(".turns .passage").get_attribute("class") == "passage"
    assert (
        page.locator(".turns .coverage").inner_text().startswith("1 passage matches 1 known work. Searched 138 works")
    )
    assert page.locator(".turns h2").inner_text() == "How did Apollo 11 <b>begin</b>?"
    page.locator(".turns .passage").click()
    page.wait_for_selector(".detail .context")
    assert axe_violations(page) == []


def test_what_is_sent_to_the_model(asked: Callable[..., Any], site: Site) -> None:
    """A stream with licence events of the first model there is; the next question comes with what was said before."""
    page = asked([chunk("Two words.")], expected="\0")
    release(site)
    page.wait_for_selector("#stop", state="hidden")
    site.model.gate = None
    page.fill("#question", "And then?")
    page.click("#ask [type=submit]")
    page.wait_for_selector(".turns li >> nth=1 >> .alarm")
    question = {"role": "user", "content": "How did Apollo 11 <b>begin</b>?"}
    first = {"events": "on", "model": "recite-1", "stream": True, "messages": [question]}
    answer, second = {"role": "assistant", "content": "Two words."}, {"role": "user", "content": "And then?"}
    assert site.model.asked == [first, {**first, "messages": [question, answer, second]}]


def test_a_question_waits_for_the_list_of_models(opened: Opened, site: Site) -> None:
    """Whoever asks before the server has named its models asks the first of them, once, not a model without a name."""
    page = opened()
    site.model.script, site.model.listing = [chunk("Two words.")], threading.Semaphore(0)
    page.click("text=Talk to the model")
    page.fill("#question", "How did it begin?")
    for _ in range(2):
        page.press("#question", "Enter")
    assert page.locator(".turns li").count() == 0
    assert site.model.asked == []
    site.model.listing.release()
    page.wait_for_selector(".turns .alarm:not([hidden])")
    assert [asked["model"] for asked in site.model.asked] == ["recite-1"]
    assert page.locator(".turns li").count() == 1


def test_a_withdrawn_notice_goes(asked: Callable[..., Any], site: Site) -> None:
    """A passage that turns out to be quoted with its source, say, is no longer marked nor listed."""
    script, finding = scripted(site, ANSWER)
    ended = {**script[-1]["licence_report"], "findings": []}
    page = asked(
        [*script[:-1], chunk("", {"event": "withdrawn", "number": 1, "finding": finding}), chunk(report=ended)]
    )
    release(site, len(script) - 1)
    page.wait_for_selector(".list li")
    release(site, 2)
    page.wait_for_selector(".turns .coverage:not(:empty)")
    assert page.locator(".turns .passage").count() == 0
    assert page.locator(".list li").count() == 0
    assert page.locator("#chat-state").inner_text() == "No matching passages"


@pytest.mark.parametrize(
    ("script", "said"),
    [
        ([chunk("Half an ans"), ConnectionResetError("gone")], "The answer broke off: "),
        ([chunk("All of it.")], "This answer was not checked: the server sent no report on it."),
        ([502], "The answer broke off: the server answered 502: the upstream is <b>away</b>"),
        ([chunk("x"), {"error": {"message": "timed <i>out</i>"}}], "The answer broke off: timed <i>out</i>"),
    ],
    ids=["broken-off", "no-report", "refused", "error-event"],
)
@pytest.mark.filterwarnings("ignore")
def test_an_answer_that_was_not_checked_says_so(
    asked: Callable[..., Any], site: Site, script: list[Any], said: str
) -> None:
    """Whatever breaks, the reader is told, what was written stays, and one may go on asking."""
    page = asked(script, expected="Failed to load" if script[-1] == 502 or isinstance(script[-1], Exception) else "\0")
    written = script[0]["choices"][0]["delta"]["content"] if script != [502] else ""
    release(site)
    if written:  # a broken connection takes with it what the browser has not read yet
        page.wait_for_function("said => document.querySelector('.turns .marked')?.textContent === said", arg=written)
    release(site, len(script))
    page.wait_for_selector(".turns .alarm:not([hidden])")
    assert page.locator(".turns .alarm").inner_text().startswith(said)
    assert page.locator(".turns .marked").text_content() == written
    state = "This answer was not checked to its end" if written else "There is no answer"
    assert page.locator("#chat-state").inner_text() == state
    assert page.locator("#ask [type=submit]").is_enabled()
    assert page.locator("#notices .empty").inner_text() == "Nothing is known of this text."


def test_a_model_that_is_not_listed_can_be_named(opened: Opened, site: Site) -> None:
    """Where the server does not name its models, the page says so, and the name that somebody writes is used."""
    site.model.lists, site.model.script = False, [chunk("Yes."), chunk(report=site.report("Yes.").to_dict())]
    page = opened(expected="Failed to load")
    page.click("text=Talk to the model")
    page.wait_for_selector("text=write the name of one")
    page.get_by_label("Model", exact=True).fill("recite-3")
    page.fill("#question", "Are you there?")
    page.press("#question", "Enter")
    page.wait_for_selector(".turns .coverage:not(:empty)")
    assert [asked["model"] for asked in site.model.asked] == ["recite-3"]


def test_an_answer_can_be_stopped(asked: Callable[..., Any], site: Site) -> None:
    """Stop ends the stream; what was written until then stays, and is said not to be checked."""
    page = asked([chunk("The beginning"), chunk(" and the rest")])
    release(site)
    page.wait_for_selector("text=The beginning")
    page.click("#stop")
    page.wait_for_selector(".turns .alarm:not([hidden])")
    release(site, 2)
    assert page.locator(".turns .marked").inner_text() == "The beginning"
    assert page.locator(".turns .alarm").inner_text().startswith("You stopped the answer here")


def test_the_page_follows_the_answer_while_its_end_is_in_sight(asked: Callable[..., Any], site: Site) -> None:
    """A long answer is scrolled with; whoever has scrolled up to read is left there."""
    page = asked([chunk("line\n" * 80), chunk("more\n" * 40), chunk(report=site.report("x").to_dict())])
    release(site)
    page.wait_for_function("() => document.querySelector('.turns .marked').textContent.length === 400")
    assert page.evaluate("scrollY") > 0
    page.evaluate("scrollTo(0, 0)")
    release(site, 2)
    page.wait_for_selector(".turns .coverage:not(:empty)")
    assert page.evaluate("scrollY") == 0


def test_what_was_left_silent_is_listed_on_demand(asked: Callable[..., Any], site: Site) -> None:
    """A passage of the answer that needs no notice is told with its reason, and marked while that is unfolded."""
    report = site.report(ANSWER, prompt=ANSWER).to_dict()
    page = asked([chunk(ANSWER), chunk(report=report)])
    release(site, 2)
    page.click(".turns summary")
    assert page.locator(".turns .quiet li").inner_text().endswith("in-prompt: works:wp-apollo-11")
    assert page.locator(".turns .with-silent .silent").inner_text().startswith("Launched by a Saturn V rocket")
