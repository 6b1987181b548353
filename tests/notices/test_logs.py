"""Reading a log of reports again, whatever somebody wrote into it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provenance.errors import InputError
from provenance.notices import read_logs
from provenance.report_json import Logged, log_report
from provenance.reports import Action, Coverage
from tests.notices.builders import APOLLO, ATTRS, a_finding, a_passage, a_report, a_sample

SAMPLE = a_sample().to_dict()
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


def read(path: Path, content: str | bytes) -> list[Logged | InputError]:
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return list(read_logs(path, "log"))


@pytest.mark.parametrize(
    ("content", "reports"),
    [
        (json.dumps(SAMPLE), 1),
        (json.dumps(SAMPLE, indent=2) + "\n", 1),
        (f"{json.dumps(SAMPLE)}\n\n{json.dumps(SAMPLE)}\n", 2),
        (json.dumps([SAMPLE, SAMPLE], indent=1), 2),
        (json.dumps([SAMPLE]), 1),
    ],
    ids=["one", "indented", "lines", "list", "list in a line"],
)
def test_a_log_may_be_one_report_a_list_or_one_a_line(tmp_path, content, reports):
    """However the reports were kept, all of them are read, each with the works it credits."""
    found = read(tmp_path / "log", content)
    assert [[work.id for (work,) in each.works] for each in found] == reports * [
        ["apollo", "server", "apollo", "attrs", "server", "novel"]
    ]


def test_what_was_written_is_what_is_read(tmp_path):
    """The works come back with all that a notice needs: names, licence, address, copyright line, NOTICE text."""
    (found,) = read(tmp_path / "log", json.dumps(SAMPLE))
    kept = ("id", "collection", "title", "authors", "year", "source", "status", "licence", "copyright", "notice")
    for (read_again,), (work,) in zip(found.works, log_report(a_sample()).works, strict=True):
        assert [getattr(read_again, name) for name in kept] == [getattr(work, name) for name in kept]


def test_findings_that_were_ignored_need_no_notice_and_failures_are_known(tmp_path):
    """What the policy let pass is not credited; an answer that was not checked is counted as that."""
    ignored = a_report("x" * 50, a_finding(a_passage(ATTRS), Action.IGNORE), a_finding(a_passage(APOLLO)))
    nothing = Coverage(works=0, tokens=0, revision=0, indexed_at=None, canaries="unchecked")
    failed = a_report("x", error="broken", coverage=nothing)
    found = read(tmp_path / "log", f"{json.dumps(ignored.to_dict())}\n{json.dumps(failed.to_dict())}\n")
    assert [([work.id for (work,) in each.works], each.checked) for each in found] == [(["apollo"], True), ([], False)]


def change(**fields):
    return json.dumps({**SAMPLE, **fields})


def work(**fields):
    return change(findings=[{"sources": [{"work": {**ATTRS.to_dict(), **fields}}]}])


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "log: not JSON"),
        ("{", "log: not JSON"),
        ("[" * 100_000, "log: not JSON"),
        ("1" * 5_000, "log: not JSON"),
        (b"\xff", "log: not JSON"),
        ("7", "log:1: a report is 7"),
        ("{}", "log:1: its schema is 'None', not 1 or 2"),
        (change(schema=3), "log:1: its schema is '3', not 1 or 2"),
        (change(findings={}), "log:1: findings is {}"),
        (change(findings=[1]), "log:1: a finding is 1"),
        (change(findings=[{"sources": []}]), "log:1: a finding has no sources"),
        (change(findings=[{"sources": [{"work": None}]}]), "log:1: a work is null"),
        (work(title=["x"]), 'log:1: title is ["x"]'),
        (work(status="free"), "log:1: a work's status is 'free'"),
        (work(year="1999"), 'log:1: year is "1999"'),
        (work(authors="A"), 'log:1: authors is "A"'),
        (work(authors=[1]), "log:1: an author is 1"),
        (json.dumps([SAMPLE, 3]), "log:1[1]: a report is 3"),
    ],
)
def test_what_is_no_report_is_said_with_its_place(tmp_path, content, said):
    """Whatever a line holds, the error names the line and what was expected, and nothing else goes wrong."""
    errors = [found for found in read(tmp_path / "log", content) if isinstance(found, InputError)]
    assert [str(error).startswith(said) for error in errors] == [True]
    assert "expected a report as `provenance check --format json` writes it" in str(errors[0])


def test_a_bad_line_does_not_stop_the_others(tmp_path):
    """The reports before and after it are read."""
    good = json.dumps(SAMPLE)
    kinds = [type(found) for found in read(tmp_path / "log", f"{good}\nnonsense\n{good}")]
    assert kinds == [Logged, InputError, Logged]


@given(JSON)
def test_any_json_is_read_or_refused(tmp_path_factory, value):
    """No JSON makes the reader fail in another way than with its own error."""
    path = tmp_path_factory.mktemp("log") / "log"
    for content in (json.dumps(value), work(title=value), change(findings=value)):
        found = read(path, content)
        assert {type(each) for each in found} <= {Logged, InputError}
        assert found or content == "[]"  # a list of no reports; whatever else there is, is read or told


def test_a_file_that_is_not_there_is_an_error_with_its_name(tmp_path):
    """So that a log does not pass for an empty one."""
    (error,) = read_logs(tmp_path / "none", "none")
    assert str(error) == "none: No such file or directory; name a file of reports"
