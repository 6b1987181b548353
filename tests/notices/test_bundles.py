"""The third-party notices for a log of answers."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from provenance.notices import bundle
from provenance.notices.language import languages
from provenance.reports import Coverage
from provenance.works import LicenceStatus
from provenance_plugins.renderers import html, markdown
from provenance_plugins.renderers import text as render_text
from tests.notices.builders import APOLLO, ATTRS, a_finding, a_passage, a_report, a_sample, a_work
from tests.notices.golden import assert_golden

GOLDEN = Path(__file__).parent / "golden"
RENDERERS = {"txt": render_text, "md": markdown, "html": html}
NOTHING = Coverage(works=0, tokens=0, revision=0, indexed_at=None, canaries="unchecked")
HOUSE = a_work("house", title="House style", licence="LicenseRef-house-rules")
SERVER_NOTICE = a_work(
    "http", title="server/http.py", authors=("Example Foundation",), licence="Apache-2.0",
    copyright="Copyright 2020 Example Foundation", notice="Example Server\n\nIncludes work by Others, Inc.",
)  # fmt: skip
OTHER = a_work("other", title="tiny.py", licence="MIT", copyright="Copyright 2020 B")
CONFLICT = a_work("song", title="Song", status=LicenceStatus.CONFLICTING, licence="MIT; CC-BY-NC-4.0")
UNSHOWN = {"Apache-2.0", "AGPL-3.0-only"}


def answers():
    """Three answers with the same works and others, and one that could not be checked."""
    again = a_report("y" * 50, *(a_finding(a_passage(work)) for work in (ATTRS, OTHER, HOUSE, SERVER_NOTICE, CONFLICT)))
    return [a_sample(), again, a_report("nothing"), a_report("x", error="broken", coverage=NOTHING)]


@pytest.mark.parametrize("language", languages())
@pytest.mark.parametrize("ending", RENDERERS)
def test_the_file_names_each_work_and_text_once(ending, language):
    """Works are grouped by licence, with what goes with them, in every format and language."""
    whole = bundle(answers(), language=language)
    short = tuple(text for text in whole.texts if text.licence not in UNSHOWN)  # these two make 45,000 characters
    output = RENDERERS[ending].render_bundle(dataclasses.replace(whole, texts=short))
    assert_golden(output, GOLDEN / f"notices.{language}.{ending}")


def test_a_work_is_named_once_for_each_licence():
    """However many answers match it, a work is one entry; under another licence it is another."""
    freed = dataclasses.replace(APOLLO, licence="CC0-1.0")
    reports = [a_report("x" * 90, a_finding(a_passage(APOLLO)), a_finding(a_passage(work))) for work in (APOLLO, freed)]
    named = [(section.licence, [credit.matching for credit in section.credits]) for section in bundle(reports).sections]
    assert named == [("CC-BY-SA-3.0", ["3 passages in 2 answers"]), ("CC0-1.0", ["1 passage in 1 answer"])]


def test_every_text_that_a_section_names_is_there():
    """No section points at a text that is missing, and what we do not have is said."""
    gathered = bundle(answers())
    assert {licence for section in gathered.sections for licence in section.texts} == {
        text.licence for text in gathered.texts
    }
    assert [section.missing for section in gathered.sections if section.missing] == [
        ("The text of LicenseRef-house-rules does not come with this tool; take it from the work or its source.",)
    ]


def test_no_answers_are_said_to_be_none():
    """An empty log makes a file that says so."""
    assert render_text.render_bundle(bundle([])) == (
        "Third-party notices\n===================\n\nNo passage of 0 answers needs a notice.\n"
    )
