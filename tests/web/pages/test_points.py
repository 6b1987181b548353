"""Does the browser cut a text where Python does? Offsets count code points in both."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from provenance.notices import printable, stretches
from provenance.reports import Exemption, Reason, Report
from tests.notices.builders import APOLLO, a_finding, a_passage, a_report
from tests.strategies import examples
from tests.web.pages.site import Site

texts = st.text(st.sampled_from("ab é😀👩‍🚀\u0301\u202e\ud83d\udc00漢\0\n"), max_size=30)
spans = st.lists(st.tuples(st.integers(0, 32), st.integers(0, 32)), max_size=6)


@pytest.fixture(scope="module")
def script(browser: Any, site: Site) -> Iterator[Any]:
    """A page that knows the module `points`."""
    page = browser.new_page()
    page.goto(site.url)
    address = page.locator("link[rel=stylesheet]").get_attribute("href").replace("page.css", "points.js")
    page.evaluate("async address => { window.points = await import(address); }", address)
    yield page
    page.close()


def report_on(text: str, found: list[tuple[int, int]], exempt: list[tuple[int, int]]) -> Report:
    findings = [a_finding(a_passage(APOLLO, start=start, end=end)) for start, end in found]
    silent = tuple(Exemption(start=start, end=end, reason=Reason.POLICY, sources=()) for start, end in exempt)
    return a_report(text, *findings, exempt=silent)


@settings(max_examples=examples(60), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=texts, found=spans, exempt=spans)
def test_a_text_is_cut_as_python_cuts_it(script: Any, text: str, found: list[Any], exempt: list[Any]) -> None:
    """Whatever overlaps or lies outside: the same stretches under the same findings, shown with the same words."""
    cut = script.evaluate(
        """([units, found, exempt]) => {
          const text = String.fromCharCode(...units);
          const items = (spans) => spans.map(([start, end], n) => ({ start, end, n }));
          return points.stretches(points.points(text), items(found), items(exempt)).map((stretch) => [
            stretch.start, points.printable(stretch.text),
            stretch.findings.map(({ n }) => n).sort(), stretch.exempt.map(({ n }) => n).sort(),
          ]);
        }""",
        [units(text), found, exempt],
    )
    expected = stretches(report_on(joined(text), found, exempt))
    assert cut == [[s.start, printable(s.text), list(s.findings), list(s.exempt)] for s in expected]


def units(text: str) -> list[int]:
    data = text.encode("utf-16-le", "surrogatepass")
    return [int.from_bytes(data[at : at + 2], "little") for at in range(0, len(data), 2)]


def joined(text: str) -> str:
    """The text as it comes over the wire: two halves of a pair that stand side by side are one character."""
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")
