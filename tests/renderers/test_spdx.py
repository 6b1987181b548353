"""The SPDX 3 document, read again by the official model."""

from __future__ import annotations

import json

import pytest
import spdx_python_model

from provenance.works import LicenceStatus
from provenance_plugins.renderers.spdx import build_document
from tests.notices.builders import ATTRS, NOON, a_finding, a_passage, a_report, a_sample, a_work
from tests.notices.families import FAMILIES
from tests.renderers.test_renderers import REPORTS


def elements(report, kind):
    """The document's elements of one kind, as plain JSON."""
    return [each for each in build_document(report, NOON)["@graph"] if each["type"] == kind]


def findings_of(work):
    return a_report("x" * 50, a_finding(a_passage(work)))


@pytest.mark.parametrize("report", [*REPORTS.values(), *map(findings_of, FAMILIES.values())])
def test_the_official_model_reads_every_document(report):
    """Every class, property, pattern and count is as SPDX 3.0.1 has them, and every reference has its element."""
    plain = json.loads(json.dumps(build_document(report, NOON)))
    model, objects = spdx_python_model.load_data(plain)
    assert objects.link() == set()
    (found,) = objects.foreach_type(model.SpdxDocument)
    assert len(found.element) == sum("spdxId" in each for each in plain["@graph"]) - 1
    assert len(list(objects.foreach_type(model.software_Snippet))) == len(report.findings)


def test_a_misspelt_property_would_be_noticed():
    """The model that the test relies on refuses what SPDX does not know."""
    plain = build_document(a_sample(), NOON)
    plain["@graph"][-1]["licence"] = "MIT"
    with pytest.raises(Exception, match="licence"):
        spdx_python_model.load_data(plain)


def test_a_range_counts_bytes_and_lines_from_one():
    """Both ends of a range belong to it, and bytes are those of UTF-8."""
    text = "é\n月に降り\nab"
    report = a_report(text, a_finding(a_passage(ATTRS, start=2, end=4)), a_finding(a_passage(ATTRS, start=0, end=7)))
    first, second = (
        [(each[name]["beginIntegerRange"], each[name]["endIntegerRange"]) for name in RANGES]
        for each in elements(report, "software_Snippet")
    )
    assert text.encode()[3:9].decode() == text[2:4]
    assert first == [(4, 9), (2, 2)]
    assert second == [(1, 16), (1, 2)]


RANGES = ("software_byteRange", "software_lineRange")


def test_an_empty_span_has_no_range():
    """Offsets beyond the text are taken as its end, and nothing is not a range."""
    report = a_report("abc", a_finding(a_passage(ATTRS, start=5, end=9)))
    assert not {*RANGES} & set(elements(report, "software_Snippet")[0])


@pytest.mark.parametrize(
    ("changes", "expression"),
    [
        ({"licence": "MIT OR Apache-2.0"}, "MIT OR Apache-2.0"),
        ({"licence": "GPL-2.0-only WITH Classpath-exception-2.0"}, "GPL-2.0-only WITH Classpath-exception-2.0"),
        ({"licence": "LicenseRef-house AND MIT"}, "LicenseRef-house AND MIT"),
        ({"status": LicenceStatus.PUBLIC_DOMAIN}, "LicenseRef-public-domain"),
        ({"status": LicenceStatus.ALL_RIGHTS_RESERVED}, "LicenseRef-all-rights-reserved"),
        ({"status": LicenceStatus.UNKNOWN, "licence": "see the website"}, None),
        ({"status": LicenceStatus.CONFLICTING, "licence": "MIT; ISC"}, None),
        ({"licence": None}, None),
    ],
)
def test_a_works_licence_is_declared_and_a_snippets_left_open(changes, expression):
    """What is known is declared; what is not, and what holds for the snippet, is NOASSERTION."""
    report = findings_of(a_work(title="T", **changes))
    declared = {each["simplelicensing_licenseExpression"] for each in elements(report, EXPRESSION)} - {"CC0-1.0"}
    relations = {each["relationshipType"]: each["to"] for each in elements(report, "Relationship")}
    assert declared == ({expression} if expression else set())
    assert (relations["hasDeclaredLicense"] == [OPEN]) is (expression is None)
    assert relations["hasConcludedLicense"] == [OPEN]


EXPRESSION = "simplelicensing_LicenseExpression"
OPEN = "expandedlicensing_NoAssertionLicense"


def test_our_own_licence_names_have_their_texts():
    """Each `LicenseRef-` of an expression leads to an element that says what it stands for."""
    report = findings_of(a_work(licence="LicenseRef-house AND MIT WITH AdditionRef-mild"))
    (found,) = (each for each in elements(report, EXPRESSION) if "house" in each["simplelicensing_licenseExpression"])
    texts = {each["spdxId"]: each["name"] for each in elements(report, "simplelicensing_SimpleLicensingText")}
    assert {entry["key"]: texts[entry["value"]] for entry in found["simplelicensing_customIdToUri"]} == {
        "LicenseRef-house": "LicenseRef-house", "AdditionRef-mild": "AdditionRef-mild",
    }  # fmt: skip


def test_a_document_is_the_same_each_time():
    """The same report at the same moment has the same names, so that two documents can be compared."""
    assert build_document(a_sample(), NOON) == build_document(a_sample(), NOON)
    assert build_document(a_sample(), NOON)["@graph"][1] != build_document(a_report("x"), NOON)["@graph"][1]
