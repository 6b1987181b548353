"""Reading a declared licence string."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from provenance.licences import Reading, read
from provenance.models import LicenceStatus


@pytest.mark.parametrize("given_licence", [None, "", "  ", "unknown", "NOASSERTION", "NONE"])
def test_silence_is_unknown(given_licence):
    """Where nothing is said nothing is known, and there is nothing to warn about."""
    assert read(given_licence) == Reading(status=LicenceStatus.UNKNOWN)


@pytest.mark.parametrize("given_licence", ["public-domain", "Public domain", "public_domain", "CC-PDM-1.0"])
def test_public_domain_is_a_status(given_licence):
    """The public domain, declared or marked, is a status and no licence."""
    assert read(given_licence) == Reading(status=LicenceStatus.PUBLIC_DOMAIN)


@pytest.mark.parametrize("given_licence", ["all-rights-reserved", "All rights reserved"])
def test_all_rights_reserved_is_a_status(given_licence):
    """All rights reserved is a status and no licence."""
    assert read(given_licence) == Reading(status=LicenceStatus.ALL_RIGHTS_RESERVED)


@pytest.mark.parametrize(
    ("given_licence", "expression"),
    [
        ("mit", "MIT"),
        ("cc0-1.0", "CC0-1.0"),
        (" Apache-2.0 or mit ", "Apache-2.0 OR MIT"),
        ("GPL-2.0+", "GPL-2.0-or-later"),
        ("gpl-2.0-only with classpath-exception-2.0", "GPL-2.0-only WITH Classpath-exception-2.0"),
        ("(MIT AND (BSD-3-Clause OR ISC))", "MIT AND (BSD-3-Clause OR ISC)"),
        ("LicenseRef-house-rules", "LicenseRef-house-rules"),
        ("MIT AND LicenseRef-x", "MIT AND LicenseRef-x"),
        ("CC-BY-NC-3.0-IGO", "CC-BY-NC-3.0-IGO"),
    ],
)
def test_an_expression_is_normalised(given_licence, expression):
    """An SPDX expression is licensed, in SPDX's own spelling; own references are kept."""
    assert read(given_licence) == Reading(status=LicenceStatus.LICENSED, licence=expression)


@pytest.mark.parametrize(
    "given_licence",
    ["Creative Commons", "MIT/X11", "GPL-9.9", "MIT WITH nothing", "MIT MIT", "((", "LicenseRef-a/b", "é"],
)
def test_what_cannot_be_understood_is_kept_with_a_warning(given_licence):
    """Any other string is kept as given, its status is unknown, and the warning has the value and the remedy."""
    reading = read(given_licence)
    assert (reading.status, reading.licence) == (LicenceStatus.UNKNOWN, given_licence)
    assert reading.warning == (
        f"the licence {given_licence!a} is kept with the status unknown, because it is no SPDX licence expression; "
        "write an SPDX expression such as CC-BY-4.0, or public-domain, all-rights-reserved or unknown"
    )


def test_a_long_string_is_cut():
    """A whole licence text in the field is cut, and the warning stays short."""
    reading = read("x" * 5_000)
    assert reading.licence == "x" * 1_000
    assert reading.warning is not None
    assert "it is 5,000 characters long" in reading.warning
    assert len(reading.warning) < 300


@given(st.text() | st.text(alphabet="()MITANDORWITH +-.", max_size=1_200))
@example("()")
@example("\ud800")
@example("(" * 990)
@example("MIT OR " * 140 + "MIT")
def test_no_string_breaks_it(text):
    """Whatever stands in the field, reading it returns a status and strings that can be stored as UTF-8."""
    reading = read(text)
    assert reading.status in LicenceStatus
    assert all(value is None or value.encode().decode() == value for value in (reading.licence, reading.warning))


@given(st.sampled_from(["MIT", "ISC", "CC-BY-4.0", "GPL-3.0-only", "LicenseRef-x"]), st.data())
def test_reading_twice_changes_nothing(first, data):
    """A normalised expression is read as itself."""
    second = data.draw(st.sampled_from(["mit", "agpl-3.0", "(0BSD OR Zlib)"]))
    once = read(f"{first} {data.draw(st.sampled_from(['and', 'OR']))} {second}")
    assert read(once.licence) == once
