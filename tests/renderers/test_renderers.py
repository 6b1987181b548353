"""What the renderers print, compared as a whole."""

from __future__ import annotations

import dataclasses
import importlib
import json
import pickle
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from provenance.reports import Action, Coverage, Exemption, Limited, Quote, Reason, Report
from provenance.works import LicenceStatus
from provenance_plugins.renderers import spdx
from tests.notices.builders import (
    APOLLO,
    BIBLE,
    COPY,
    KEEPER,
    MIRROR,
    NOON,
    a_dispute,
    a_finding,
    a_passage,
    a_report,
    a_sample,
    a_work,
)
from tests.notices.golden import assert_golden
from tests.strategies import examples

GOLDEN = Path(__file__).parent / "golden"
ENDINGS = {
    "html": "html", "html-fragment": "fragment.html", "json": "json", "markdown": "md",
    "openai-annotations": "openai.json", "spdx": "spdx.json", "terminal": "ansi", "text": "txt",
}  # fmt: skip
MODULES = {"html-fragment": "html", "openai-annotations": "openai"}
NOTHING = Coverage(works=0, tokens=0, revision=0, indexed_at=None, canaries="unchecked")

HOSTILE = "</title><script>alert(1)</script> [x](javascript:a) ![i](//e) \x1b[31m`*_~ \u202e|\n# h\n"
LANTERN = "She had kept the lantern for thirty years, and nobody had asked her why.\n\nIn the beginning was the Word.\n"
FREE = a_work("free", title="Moon landings", licence="CC0-1.0")
REPORTS = {
    "sample": a_sample(),
    "silence": a_report("Nothing to see.\n"),
    "failed": a_report("abc", coverage=NOTHING, error="the database at works.db\x1b[2J is <b>damaged</b>"),
    "empty": a_report(""),
    "disputed": a_report(
        LANTERN,
        a_finding(a_dispute(KEEPER, COPY, a_work("t", title=HOSTILE, licence="CC0-1.0"), end=72), Action.WARN),
        a_finding(a_dispute(APOLLO, FREE, MIRROR, claimants=(APOLLO, FREE), start=8, end=31, works=9)),
        matched_characters=72,
        exempt=(
            Exemption(
                start=74, end=105, reason=Reason.PUBLIC_DOMAIN, sources=a_passage(KEEPER).sources, silenced_by=(BIBLE,),
                why="0 of 32 tokens count, the others are public-domain; 0 tokens < 32 (min_tokens, default)",
            ),
        ),
        passages=(a_dispute(KEEPER, COPY, end=72), a_passage(KEEPER, start=74, end=105, silenced_by=(BIBLE,))),
    ),
    "limited": dataclasses.replace(
        a_report("It was the best of times, it was the worst of <b>times</b>, said the model.\n"),
        limited=(
            Limited(at=24, work=a_work("1", title=HOSTILE, licence="MIT"), tokens=1, times=2),
            Limited(at=57, work=APOLLO, tokens=32, times=0, error="only *fingerprints* are kept"),
            Limited(at=60, work=None, tokens=0, times=0, error="the database is <b>damaged</b>"),
        ),
    ),
    "hostile": a_report(
        HOSTILE * 2,
        a_finding(
            a_passage(
                a_work(
                    HOSTILE, title=HOSTILE, authors=(HOSTILE, "[^1]: b"), status=LicenceStatus.UNKNOWN, licence=HOSTILE,
                    source="https://e.example/?a=1&b=*x*", copyright=HOSTILE, notice=HOSTILE,
                ),
                a_work("2", title=HOSTILE, licence="MIT"),
                start=20, end=150, quote=Quote(prefix=HOSTILE, exact=HOSTILE, suffix=HOSTILE),
            )
        ),
        exempt=(
            Exemption(start=0, end=30, reason=Reason.PUBLIC_DOMAIN, sources=a_passage(a_work(title=HOSTILE)).sources),
        ),
    ),
}  # fmt: skip


def render(name):
    offered = {}
    module = importlib.import_module(f"provenance_plugins.renderers.{MODULES.get(name, name)}")
    module.provenance_register_renderers(register=offered.__setitem__)
    return offered[name]


@pytest.fixture(autouse=True)
def noon(monkeypatch):
    """An SPDX document says when it was made."""
    monkeypatch.setattr(spdx, "_current_time", lambda: NOON)


@pytest.mark.parametrize("report", REPORTS)
@pytest.mark.parametrize("name", ENDINGS)
def test_each_format_prints_each_report(name, report):
    """Findings, silence, failure, an empty text and hostile metadata print exactly what the golden file holds."""
    assert_golden(render(name)(REPORTS[report]), GOLDEN / f"{report}.{ENDINGS[name]}")


@pytest.mark.parametrize("name", ENDINGS)
def test_a_renderer_travels_between_processes(name):
    """A renderer is a plain function that can be pickled."""
    assert pickle.loads(pickle.dumps(render(name))) is render(name)


@pytest.mark.parametrize("name", ENDINGS)
@settings(max_examples=examples(25))
@given(
    text=st.text(st.characters(exclude_categories=()), max_size=40),
    spans=st.lists(st.tuples(st.integers(0, 45), st.integers(0, 45)).map(sorted), max_size=4),
)
def test_any_text_can_be_rendered_and_written(name, text, spans):
    """Half surrogate pairs, controls and overlaps crash no renderer, and what comes out is UTF-8."""
    findings = [a_finding(a_passage(APOLLO, start=start, end=end)) for start, end in spans]
    assert render(name)(a_report(text, *findings)).encode()


def test_json_is_the_report():
    """The JSON format is one object, equal to the report's own form."""
    assert json.loads(render("json")(a_sample())) == a_sample().to_dict()


def outside(report: Report) -> str:
    """The text of a report, its error, and what its works are called."""
    titles = [str(source.work.title) for finding in report.findings for source in finding.sources]
    return "".join([report.text, str(report.error), *titles])


@pytest.mark.parametrize("name", ["terminal", "text", "markdown", "html", "html-fragment"])
def test_nothing_from_outside_acts_on_a_terminal(name):
    """No escape sequence or bidi override of a text, a title or an error reaches the output."""
    ours = {"\x1b[31m", "\x1b[33m", "\x1b[36m", "\x1b[1m", "\x1b[2m", "\x1b[4m", "\x1b[0m"}
    assert {"\x1b", "\u202e"} <= {character for report in REPORTS.values() for character in outside(report)}
    for report in REPORTS.values():
        output = render(name)(report)
        for sequence in ours if name == "terminal" else ():
            output = output.replace(sequence, "")
        assert not {"\x1b", "\u202e", "\x07"} & set(output)


def test_plain_text_has_no_colours():
    """The text format is plain, so that it can go anywhere."""
    assert "\x1b" not in render("text")(a_sample())


def test_a_long_text_is_shortened_on_a_terminal_only():
    """Where nothing matches for pages, a terminal shows the two ends; plain text stays whole."""
    text = "one " * 5_000 + "match here" + " two" * 5_000
    report = a_report(text, a_finding(a_passage(APOLLO, start=20_000, end=20_010)))
    assert "(19,200 characters without findings)" in render("terminal")(report)
    assert "match here" in render("terminal")(report)
    assert text[:20_010] in render("text")(report)
