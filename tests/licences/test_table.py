"""The table of families and duties, and the file of names, as files."""

from __future__ import annotations

import re
from collections import Counter

from provenance.licences import Family, licence_terms, read, spdx
from provenance.licences.expressions import licence_id, parse
from provenance.licences.names import key, senses, tables
from provenance.licences.table import groups, pattern
from provenance.works import LicenceStatus


def test_every_id_in_the_table_is_listed_or_our_own():
    """No line of the table is about a licence that does not exist; an entry with a placeholder stands for some."""
    listed = [licence.lower() for licence in spdx.licences()]
    for group in groups():
        for licence in group.licences:
            if not licence.startswith("LicenseRef-"):
                assert any(re.fullmatch(pattern(licence), each) for each in listed), licence


def test_no_licence_is_in_two_groups():
    """A licence asks for one thing: whatever the order of the table, the answer is the same."""
    patterns = [pattern(licence) for group in groups() for licence in group.licences]
    met = Counter(licence for licence in spdx.licences() for each in patterns if re.fullmatch(each, licence.lower()))
    assert [licence for licence, times in met.items() if times > 1] == []


def test_every_family_is_in_the_table_and_says_why():
    """Each family but "other" has licences, and each group says what it rests on."""
    assert {group.terms.family for group in groups()} == set(Family) - {Family.OTHER}
    assert all(group.note.endswith(".") for group in groups())


def test_the_table_covers_what_is_common():
    """Every Creative Commons and GNU licence that SPDX lists is in the table, and over 250 licences are in all."""
    covered = {licence for licence in spdx.licences() if licence_terms(licence).family is not Family.OTHER}
    families = re.compile(r"(CC0?|A?GPL|LGPL|GFDL|Apache|MPL|EPL|EUPL|ODC|OFL|PDDL|Artistic|Python|AFL|OSL)-[A-Z\d]")
    exceptions = {licence for licence in spdx.licences() if "-with-" in licence} | {"Artistic-dist"}
    assert {licence for licence in spdx.licences() if families.match(licence)} - covered - exceptions == set()
    assert len(covered) > 250


def test_the_names_lead_to_licences_that_exist():
    """Each name stands for an expression that can be read, and for an exception that is listed."""
    for _, sense in senses():
        assert sense.licence is None or parse(sense.licence) is not None
    assert [exception for exception in tables()["exceptions"] if spdx.exception(exception) != exception] == []


def test_no_name_has_two_meanings():
    """What is written alike means the same, wherever in the file it stands."""
    meanings: dict[str, object] = {}
    for name, sense in senses():
        assert meanings.setdefault(key(name), sense) == sense, name


def test_no_name_takes_the_place_of_an_id():
    """An SPDX id means itself, whatever else is called so; the public domain mark alone is a status."""
    for licence in spdx.licences():
        reading = read(licence)
        assert reading.licence == licence_id(licence) or (licence, reading.status) == (
            "CC-PDM-1.0", LicenceStatus.PUBLIC_DOMAIN,
        )  # fmt: skip


def test_spdx_names_are_read():
    """The name that SPDX gives a licence is read as that licence; of one people say it for several wordings."""
    for licence, name in spdx.licences().items():
        if not spdx.is_deprecated(licence):
            assert read(name).licence == licence
            assert read(name).confidence >= 0.95 or licence == "Artistic-1.0"
