"""The shipped JSON Schema describes what `Report.to_dict` returns."""

from __future__ import annotations

import dataclasses
import json
from importlib import resources

import jsonschema
import pytest

from provenance.reports import Kind
from provenance.works import Basis, Claim, LicenceStatus
from tests.notices.builders import APOLLO, MIRROR, a_finding, a_passage, a_report, a_sample
from tests.renderers.test_renderers import REPORTS

SCHEMA = json.loads(resources.files("provenance").joinpath("data/report.schema.json").read_text(encoding="utf-8"))
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)


def test_the_schema_is_one():
    """The file itself is a JSON Schema 2020-12."""
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


@pytest.mark.parametrize("name", REPORTS)
def test_every_report_is_valid(name):
    """Findings, silence, failure and hostile metadata all have the documented form."""
    VALIDATOR.validate(json.loads(json.dumps(REPORTS[name].to_dict())))


def test_passages_are_valid():
    """With `--all` every passage has the documented form."""
    report = dataclasses.replace(a_sample(), passages=(a_passage(APOLLO, MIRROR),))
    VALIDATOR.validate(report.to_dict())
    assert "passages" in report.to_dict()


def test_only_the_credited_work_comes_with_its_texts():
    """A NOTICE text may be long and the sources many: only the origin's, which a notice needs, is in the report."""
    whole = dataclasses.replace(APOLLO, copyright="(c) 2024 W. C.", notice="Apollo")
    sources = a_finding(a_passage(whole, dataclasses.replace(whole, id="copy"))).to_dict()["sources"]
    assert [set(source["work"]) & {"copyright", "notice"} for source in sources] == [{"copyright", "notice"}, set()]


@pytest.mark.parametrize("key", ["findings", "coverage", "text", "schema", "provenance"])
def test_a_missing_part_is_noticed(key):
    """The schema is strict: a report without one of its parts is not valid."""
    report = a_report("x").to_dict()
    del report[key]
    assert not VALIDATOR.is_valid(report)


def test_the_schema_names_every_key():
    """No key of a finding is undocumented, and none is documented that is not there."""
    finding = a_finding(a_passage(APOLLO)).to_dict()
    scattered = a_finding(a_passage(APOLLO, kind=Kind.SCATTERED, pieces=((0, 10), (20, 40)))).to_dict()
    assert list(SCHEMA["$defs"]["finding"]["properties"]) == list(scattered)
    assert SCHEMA["$defs"]["finding"]["required"] == list(finding)
    assert list(SCHEMA["$defs"]["passage"]["properties"]) == list(a_passage(APOLLO).to_dict())
    claim = Claim(status=LicenceStatus.LICENSED, licence="MIT", basis=Basis.DECLARED)
    whole = dataclasses.replace(APOLLO, copyright="(c) 2024 W. C.", notice="Apollo", claims=(claim,))
    assert list(SCHEMA["$defs"]["work"]["properties"]) == list(whole.to_dict())
    assert SCHEMA["$defs"]["work"]["required"] == list(APOLLO.to_dict())
    assert list(SCHEMA["$defs"]["claim"]["properties"]) == list(whole.to_dict()["claims"][0])
    limited = REPORTS["limited"].to_dict()["limited"]
    assert list(SCHEMA["$defs"]["limited"]["properties"]) == list(limited[-1])
    assert SCHEMA["$defs"]["limited"]["required"] == list(limited[0])
    pieces = a_finding(a_passage(whole, kind=Kind.SCATTERED, pieces=((0, 10), (20, 40))))
    report = a_report("x" * 40, a_finding(a_passage(whole)), pieces)
    VALIDATOR.validate(json.loads(json.dumps(report.to_dict())))
