"""Annotations as a chat completion carries them."""

from __future__ import annotations

import json

import jsonschema
from hypothesis import given
from hypothesis import strategies as st

from provenance.notices import citations as cited
from provenance_plugins.render_openai import render
from tests.notices.builders import APOLLO, ATTRS, a_finding, a_passage, a_report, a_sample, a_work
from tests.renderers.test_renderers import REPORTS


def citations(report):
    return json.loads(render(report))


ANNOTATION = {
    "type": "object", "required": ["type", "url_citation"], "additionalProperties": False,
    "properties": {
        "type": {"const": "url_citation"},
        "url_citation": {
            "type": "object", "required": ["start_index", "end_index", "url", "title"],
            "properties": {
                "start_index": {"type": "integer", "minimum": 0}, "end_index": {"type": "integer", "minimum": 0},
                "url": {"type": "string", "minLength": 1}, "title": {"type": "string", "minLength": 1},
            },
        },
    },
}  # fmt: skip


def test_every_annotation_has_the_form_of_the_api():
    """Only the type that clients know, the four fields that they read, and an address that is never empty."""
    for report in REPORTS.values():
        jsonschema.validate(citations(report), {"type": "array", "items": ANNOTATION})
        assert len(citations(report)) == len(report.findings)


def test_an_annotation_cites_what_stands_there():
    """Place, address, title with author and licence, and the notice, as a client gets them."""
    assert citations(a_report("x" * 50, a_finding(a_passage(APOLLO, start=3, end=43)))) == [
        {
            "type": "url_citation",
            "url_citation": {
                "start_index": 3, "end_index": 43, "url": "https://en.wikipedia.org/wiki/Apollo_11",
                "title": "Apollo 11 — Wikipedia contributors — CC-BY-SA-3.0", "license": "CC-BY-SA-3.0",
                "notice": "Matches text in “Apollo 11” by Wikipedia contributors (CC-BY-SA-3.0), "
                "https://en.wikipedia.org/wiki/Apollo_11", "utf16_start": 3, "utf16_end": 43,
            },
        }
    ]  # fmt: skip


def test_a_work_without_a_safe_address_has_a_name_in_its_place():
    """Clients drop an annotation without an address; ours cannot be followed to anywhere."""
    works = (ATTRS, a_work("1", source="javascript:alert(1)"), a_work("2", source=""))
    addresses = [citations(a_report("x", a_finding(a_passage(work))))[0]["url_citation"]["url"] for work in works]
    assert addresses == [f"urn:licence-provenance:work:{work.key:016x}" for work in works]


@given(st.text(max_size=40), st.integers(0, 40), st.integers(0, 40))
def test_offsets_are_code_points_and_units_are_given_beside(text, start, length):
    """Python slices the text with the first pair, a client that counts UTF-16 units with the second."""
    start, end = min(start, len(text)), min(start + length, len(text))
    (found,) = citations(a_report(text, a_finding(a_passage(ATTRS, start=start, end=end))))
    said = found["url_citation"]
    units = text.encode("utf-16-le")[2 * said["utf16_start"] : 2 * said["utf16_end"]]
    assert text[said["start_index"] : said["end_index"]] == text[start:end] == units.decode("utf-16-le")


def test_titles_are_one_line():
    """The title is all that most clients show."""
    (two,) = citations(a_report("x", a_finding(a_passage(a_work("1", title="Two\nlines", authors=("A\r\nB",))))))
    titles = [each["url_citation"]["title"] for each in (two, *citations(a_sample()))]
    assert titles[0].startswith("Two lines — A B")
    assert len(titles) > 1
    assert not [title for title in titles if len(title.splitlines()) != 1]


def test_a_proxy_says_the_same_and_quotes_the_text():
    """A client that lost count finds the passage again by its words; both forms of the API say the same."""
    (finding,) = (report := a_report("x" * 50, a_finding(a_passage(APOLLO, start=3, end=43)))).findings
    (citation,) = cited(report, lambda work: f"https://us.example/{work.key}")
    (plain,) = citations(report)
    said = {
        **plain["url_citation"],
        "url": f"https://us.example/{APOLLO.key}",
        "quote": finding.passage.quote.to_dict(),
    }
    assert citation.in_chat() == {"type": "url_citation", "url_citation": said}
    assert citation.in_response() == {"type": "url_citation", **said}
