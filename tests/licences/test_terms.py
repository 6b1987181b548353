"""What licences ask for."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provenance.licences import (
    Duty,
    DutyClass,
    Family,
    address,
    demands,
    duty_class,
    licence_terms,
    links,
    read_terms,
)
from provenance.licences.table import groups
from provenance.works import LicenceStatus

LICENSED = LicenceStatus.LICENSED
KEEP_TEXT = ("attribution", "copyright-line", "licence-text")
COPYLEFT = (*KEEP_TEXT, "indicate-changes", "same-licence", "disclose-source")
BY = ("attribution", "copyright-line", "indicate-changes")


@pytest.mark.parametrize(
    ("expression", "family", "asked"),
    [
        ("CC0-1.0", Family.PUBLIC_DOMAIN, ()),
        ("Unlicense", Family.PUBLIC_DOMAIN, ()),
        ("0BSD", Family.UNCONDITIONAL, ()),
        ("MIT-0", Family.UNCONDITIONAL, ()),
        ("WTFPL", Family.UNCONDITIONAL, ()),
        ("MIT", Family.PERMISSIVE, KEEP_TEXT),
        ("ISC", Family.PERMISSIVE, KEEP_TEXT),
        ("BSD-2-Clause", Family.PERMISSIVE, KEEP_TEXT),
        ("BSD-3-Clause", Family.PERMISSIVE, (*KEEP_TEXT, "no-endorsement")),
        ("Zlib", Family.PERMISSIVE, (*KEEP_TEXT, "indicate-changes")),
        ("PSF-2.0", Family.PERMISSIVE, (*KEEP_TEXT, "indicate-changes", "no-endorsement")),
        ("Artistic-2.0", Family.PERMISSIVE, (*KEEP_TEXT, "indicate-changes")),
        ("Apache-2.0", Family.APACHE, (*KEEP_TEXT, "notice-file", "indicate-changes", "no-endorsement")),
        ("OFL-1.1", Family.WEAK_COPYLEFT, (*KEEP_TEXT, "same-licence", "no-endorsement")),
        ("MPL-2.0", Family.WEAK_COPYLEFT, COPYLEFT),
        ("EPL-2.0", Family.WEAK_COPYLEFT, COPYLEFT),
        ("LGPL-2.1-or-later", Family.WEAK_COPYLEFT, COPYLEFT),
        ("GPL-2.0-only", Family.COPYLEFT, COPYLEFT),
        ("GPL-2.0-only WITH Classpath-exception-2.0", Family.COPYLEFT, COPYLEFT),
        ("AGPL-3.0-or-later", Family.NETWORK_COPYLEFT, COPYLEFT),
        ("GFDL-1.3-or-later", Family.SHARE_ALIKE, (*KEEP_TEXT, "indicate-changes", "same-licence")),
        ("CC-BY-1.0", Family.CREATIVE_COMMONS, (*BY, "no-endorsement")),
        ("CC-BY-4.0", Family.CREATIVE_COMMONS, (*BY, "no-endorsement")),
        ("CC-BY-3.0-US", Family.CREATIVE_COMMONS, (*BY, "no-endorsement")),
        ("CC-BY-SA-3.0", Family.SHARE_ALIKE, (*BY, "share-alike", "no-endorsement")),
        ("CC-BY-NC-4.0", Family.RESTRICTED, (*BY, "no-commercial", "no-endorsement")),
        ("CC-BY-ND-4.0", Family.RESTRICTED, (*BY, "no-derivatives", "no-endorsement")),
        ("CC-BY-NC-SA-2.5", Family.RESTRICTED, (*BY, "share-alike", "no-commercial", "no-endorsement")),
        ("CC-BY-2.5-BR", Family.CREATIVE_COMMONS, (*BY, "no-endorsement")),
        ("CC-SA-1.0", Family.SHARE_ALIKE, ("indicate-changes", "share-alike")),
        ("ODbL-1.0", Family.SHARE_ALIKE, (*KEEP_TEXT, "share-alike")),
        ("ODC-By-1.0", Family.ATTRIBUTION, KEEP_TEXT),
        ("PDDL-1.0", Family.PUBLIC_DOMAIN, ()),
        ("OGL-UK-3.0", Family.ATTRIBUTION, ("attribution", "no-endorsement")),
        ("GFDL-1.2-invariants-only", Family.SHARE_ALIKE, (*KEEP_TEXT, "indicate-changes", "same-licence")),
        ("GPL-3.0", Family.COPYLEFT, COPYLEFT),
        ("MPL-1.1+", Family.WEAK_COPYLEFT, COPYLEFT),
        ("EUPL-1.2", Family.COPYLEFT, COPYLEFT),
        ("SSPL-1.0", Family.NETWORK_COPYLEFT, COPYLEFT),
        ("BUSL-1.1", Family.RESTRICTED, (*KEEP_TEXT, "indicate-changes")),
        ("LicenseRef-Llama-3.1", Family.RESTRICTED, (*KEEP_TEXT, "notice-file", "indicate-changes")),
        ("LicenseRef-OpenRAIL", Family.RESTRICTED, (*KEEP_TEXT, "indicate-changes")),
        ("LicenseRef-BSD", Family.PERMISSIVE, (*KEEP_TEXT, "no-endorsement")),
        ("LicenseRef-GPL", Family.COPYLEFT, COPYLEFT),
        ("CC-BY-NC-ND-3.0-IGO", Family.RESTRICTED, (*BY, "no-commercial", "no-derivatives", "no-endorsement")),
        ("LicenseRef-house-rules", Family.OTHER, KEEP_TEXT),
        ("Beerware", Family.OTHER, KEEP_TEXT),
    ],
)
def test_each_common_licence_has_its_family_and_duties(expression, family, asked):
    """A licence asks for what its own text asks for."""
    assert (read_terms(LICENSED, expression).families, read_terms(LICENSED, expression).duties) == ((family,), asked)


def test_and_adds_duties_up():
    """Under an AND every licence's duties hold, each named once, in one fixed order."""
    assert read_terms(LICENSED, "MIT AND CC-BY-NC-4.0").duties == (
        "attribution", "copyright-line", "licence-text", "indicate-changes", "no-commercial", "no-endorsement",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("expression", "chosen"),
    [
        ("MIT OR GPL-2.0-only", ("MIT",)),
        ("AGPL-3.0-only OR LicenseRef-house-rules", ("AGPL-3.0-only",)),
        ("Apache-2.0 OR BSD-3-Clause", ("BSD-3-Clause",)),
        ("ISC OR MIT", ("ISC",)),
        ("GPL-2.0-only OR (MIT AND CC-BY-NC-4.0)", ("GPL-2.0-only",)),
        ("(GPL-2.0-only OR CC0-1.0) AND (MIT OR MPL-2.0)", ("CC0-1.0", "MIT")),
        ("GPL-2.0-only WITH Classpath-exception-2.0 OR LGPL-2.1-only", ("LGPL-2.1-only",)),
        ("no expression", ()),
    ],
)
def test_or_asks_for_the_least_and_says_so(expression, chosen):
    """Under an OR the reader may choose: the duties are those of the least demanding licences, which are named."""
    assert read_terms(LICENSED, expression).licences == chosen
    asked = {duty for licence in chosen for duty in licence_terms(licence).duties}
    assert read_terms(LICENSED, expression).duties == tuple(duty for duty in Duty if duty in asked)
    assert read_terms(LICENSED, expression).has_choice is bool(chosen)


def test_without_an_or_there_is_no_choice():
    """An AND is no choice, an OR inside one is."""
    assert read_terms(LICENSED, "MIT AND (ISC OR Zlib)").has_choice
    assert not read_terms(LICENSED, "MIT AND ISC").has_choice


LICENCES = ("MIT", "CC0-1.0", "GPL-3.0-only", "CC-BY-NC-4.0", "Apache-2.0", "LicenseRef-x")


@given(st.lists(st.sampled_from(LICENCES), min_size=1, max_size=6), st.sampled_from(["AND", "OR"]))
def test_and_is_the_union_and_or_one_of_the_alternatives(licences, operator):
    """AND asks for exactly what its parts ask for together, OR for exactly what one of them asks for."""
    asked = set(read_terms(LICENSED, f" {operator} ".join(licences)).duties)
    alone = [set(read_terms(LICENSED, licence).duties) for licence in licences]
    assert asked == set().union(*alone) if operator == "AND" else asked in alone


@pytest.mark.parametrize(
    "status", [LicenceStatus.PUBLIC_DOMAIN, LicenceStatus.ALL_RIGHTS_RESERVED, LicenceStatus.UNKNOWN]
)
def test_without_a_licence_there_are_no_duties(status):
    """Only a licence has duties; where permission is missing no duty makes up for it."""
    assert read_terms(status, "MIT").duties == ()
    assert read_terms(status, None).duties == ()


def test_conflicting_licences_ask_for_what_can_be_read():
    """A conflict whose licences can be read has the duties of all, another none."""
    assert read_terms(LicenceStatus.CONFLICTING, "MIT OR GPL-3.0-only").duties == COPYLEFT
    assert read_terms(LicenceStatus.CONFLICTING, "MIT; GPL-3.0-only").duties == COPYLEFT
    assert read_terms(LicenceStatus.CONFLICTING, "public-domain; ask the author").duties == ()


@pytest.mark.parametrize(
    ("status", "expression", "expected"),
    [
        (LicenceStatus.PUBLIC_DOMAIN, None, True),
        (LICENSED, "CC0-1.0", True),
        (LICENSED, "CC0-1.0 AND Unlicense", True),
        (LICENSED, "CC0-1.0 OR MIT", False),
        (LICENSED, "LicenseRef-public-domain", True),
        (LICENSED, "MIT-0", False),
        (LICENSED, "MIT", False),
        (LicenceStatus.UNKNOWN, "CC0-1.0", False),
        (LicenceStatus.CONFLICTING, "CC0-1.0", False),
        (LicenceStatus.ALL_RIGHTS_RESERVED, None, False),
    ],
)
def test_public_domain_like_means_that_no_rights_are_left(status, expression, expected):
    """Silence by default is for the public domain and for dedications to it, never for a choice or a conflict."""
    assert read_terms(status, expression).is_public_domain is expected


@pytest.mark.parametrize(
    ("licence", "page"),
    [
        ("CC-BY-SA-3.0", "https://creativecommons.org/licenses/by-sa/3.0/"),
        ("LicenseRef-CC-BY-2.1-JP", "https://creativecommons.org/licenses/by/2.1/jp/"),
        ("CC0-1.0", "https://creativecommons.org/publicdomain/zero/1.0/"),
        ("CC-PDM-1.0", "https://creativecommons.org/publicdomain/mark/1.0/"),
        ("MIT", "https://spdx.org/licenses/MIT.html"),
        ("LicenseRef-x", None),
        ("javascript:alert(1)", None),
        ("../../x", None),
    ],
)
def test_a_licence_has_a_page(licence, page):
    """A licence is linked to its deed or its SPDX page; what is no licence id is not linked."""
    assert address(licence) == page


@pytest.mark.parametrize(
    "expression",
    [
        "MIT",
        "(MIT OR Apache-2.0) AND CC-BY-4.0",
        "GPL-2.0-only WITH Classpath-exception-2.0",
        "LicenseRef-x",
        "<b>",
        "",
    ],
)
def test_links_joined_are_the_expression(expression):
    """Cutting an expression into links loses and adds nothing."""
    assert "".join(text for text, _ in links(expression)) == expression


def test_links_go_to_each_licence_of_a_choice():
    """Each licence of an expression gets its own link, the words between get none."""
    assert links("(MIT OR ISC)") == (
        ("(", None), ("MIT", "https://spdx.org/licenses/MIT.html"), (" OR ", None),
        ("ISC", "https://spdx.org/licenses/ISC.html"), (")", None),
    )  # fmt: skip


def test_duties_are_listed_in_the_order_of_the_vocabulary():
    """The table keeps one order, so that reports can be compared."""
    order = list(Duty)
    for licence in ("Apache-2.0", "AGPL-3.0-only", "CC-BY-NC-SA-4.0", "GFDL-1.2-only", "BSD-3-Clause"):
        positions = [order.index(duty) for duty in licence_terms(licence).duties]
        assert positions == sorted(positions)


def test_works_are_ordered_by_what_they_ask_for() -> None:
    """From nobody's rights over mild and strict licences to no licence; a choice asks for its mildest alternative."""
    order = [
        (LicenceStatus.PUBLIC_DOMAIN, None), (LICENSED, "0BSD"), (LICENSED, "CC-BY-4.0"), (LICENSED, "MIT"),
        (LICENSED, "Apache-2.0"), (LICENSED, "CC-BY-SA-4.0"), (LICENSED, "MPL-2.0"), (LICENSED, "GPL-3.0-only"),
        (LICENSED, "AGPL-3.0-only"), (LICENSED, "CC-BY-NC-4.0"), (LicenceStatus.CONFLICTING, "MIT AND GPL-2.0-only"),
        (LicenceStatus.UNKNOWN, "as found"), (LicenceStatus.ALL_RIGHTS_RESERVED, None),
    ]  # fmt: skip
    asked = [demands(*each) for each in order]
    assert asked == sorted(set(asked))
    assert asked[0] == demands(LICENSED, "CC0-1.0") == 0
    assert demands(LICENSED, "GPL-3.0-only OR MIT") == demands(LICENSED, "MIT")
    assert demands(LICENSED, "GPL-3.0-only AND MIT") == demands(LICENSED, "GPL-3.0-only")


@pytest.mark.parametrize(
    ("status", "expression", "expected"),
    [
        (LICENSED, "CC-BY-4.0", True),
        (LICENSED, "OGL-UK-3.0", True),
        (LICENSED, "GPL-2.0-only OR CC-BY-3.0", True),
        (LICENSED, "MIT AND CC-BY-3.0", False),
        (LICENSED, "0BSD", False),
        (LICENSED, "ODC-By-1.0", False),
        (LICENSED, "CC-BY-SA-4.0", False),
        (LicenceStatus.CONFLICTING, "CC-BY-4.0", False),
        (LicenceStatus.UNKNOWN, "CC-BY-4.0", False),
    ],
)
def test_where_a_name_is_most_of_what_is_asked(status: LicenceStatus, expression: str, expected: bool) -> None:
    """Attribution, and what fits into its line, is enough; where nothing is asked for, nothing is to be credited."""
    assert read_terms(status, expression).is_credit_enough is expected


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("CC0-1.0", DutyClass.FREE),
        ("LicenseRef-public-domain", DutyClass.FREE),
        ("MIT-0", DutyClass.FREE),
        ("OGL-UK-3.0", DutyClass.PERMISSIVE),
        ("CC-BY-4.0", DutyClass.PERMISSIVE),
        ("MIT", DutyClass.PERMISSIVE),
        ("Apache-2.0", DutyClass.PERMISSIVE),
        ("CC-BY-SA-4.0", DutyClass.COPYLEFT),
        ("MPL-2.0", DutyClass.COPYLEFT),
        ("GPL-2.0-only WITH Classpath-exception-2.0", DutyClass.COPYLEFT),
        ("AGPL-3.0-or-later", DutyClass.COPYLEFT),
        ("CC-BY-NC-4.0", DutyClass.RESTRICTED),
        ("CC-BY-ND-4.0", DutyClass.RESTRICTED),
        ("LicenseRef-house-rules", DutyClass.RESTRICTED),
        ("ask the author", DutyClass.RESTRICTED),
        ("", DutyClass.RESTRICTED),
        (None, DutyClass.RESTRICTED),
        ("MIT OR GPL-2.0-only", DutyClass.PERMISSIVE),
        ("CC0-1.0 OR MIT", DutyClass.FREE),
        ("MIT AND GPL-2.0-only", DutyClass.COPYLEFT),
        ("(MIT AND CC-BY-NC-4.0) OR GPL-2.0-only", DutyClass.COPYLEFT),
        ("(GPL-2.0-only OR MIT) AND (CC-BY-SA-4.0 OR (CC0-1.0 AND Apache-2.0))", DutyClass.PERMISSIVE),
        ("(GPL-2.0-only OR MIT) AND (CC-BY-SA-4.0 OR CC-BY-NC-4.0)", DutyClass.COPYLEFT),
    ],
)
def test_a_licence_has_a_class_of_duties(expression: str | None, expected: DutyClass) -> None:
    """A choice is as mild as its mildest part, several licences are as strict as the strictest of them."""
    assert duty_class(LICENSED, expression) is expected


@pytest.mark.parametrize(
    ("status", "expression", "expected"),
    [
        (LicenceStatus.PUBLIC_DOMAIN, None, DutyClass.FREE),
        (LicenceStatus.ALL_RIGHTS_RESERVED, None, DutyClass.RESERVED),
        (LicenceStatus.ALL_RIGHTS_RESERVED, "CC0-1.0", DutyClass.RESERVED),
        (LicenceStatus.UNKNOWN, "MIT", None),
        (LicenceStatus.CONFLICTING, "MIT; ISC", DutyClass.PERMISSIVE),
        (LicenceStatus.CONFLICTING, "MIT; GPL-2.0-only", DutyClass.COPYLEFT),
        (LicenceStatus.CONFLICTING, "MIT OR GPL-2.0-only; public-domain", DutyClass.PERMISSIVE),
        (LicenceStatus.CONFLICTING, "all-rights-reserved; CC0-1.0", DutyClass.RESERVED),
        (LicenceStatus.CONFLICTING, "public-domain; ask the author", DutyClass.RESTRICTED),
        (LicenceStatus.CONFLICTING, "unknown; MIT", DutyClass.PERMISSIVE),
        (LicenceStatus.CONFLICTING, None, DutyClass.RESTRICTED),
    ],
)
def test_without_a_licence_the_status_is_the_class(
    status: LicenceStatus, expression: str | None, expected: DutyClass | None
) -> None:
    """What is unknown has no class, and of claims that conflict the strictest counts."""
    assert duty_class(status, expression) is expected


def test_every_family_has_a_class_in_the_order_of_what_is_asked_for() -> None:
    """The classes follow the families, from the least demanding on."""
    of_family = {group.terms.family: group.licences[0] for group in groups()} | {Family.OTHER: "LicenseRef-x"}
    assert set(of_family) == set(Family)
    examples = [of_family[family].replace("{cc}", "4.0").replace("{gnu}", "-only") for family in Family]
    classes = [duty_class(LICENSED, example) for example in examples]
    assert classes == sorted(found for found in classes if found is not None)


@given(st.lists(st.sampled_from(LICENCES), min_size=1, max_size=6), st.sampled_from(["AND", "OR"]))
def test_the_class_of_an_expression_is_that_of_one_of_its_licences(licences: list[str], operator: str) -> None:
    """AND has the strictest class among its parts, OR the mildest."""
    alone = [found for licence in licences if (found := duty_class(LICENSED, licence)) is not None]
    assert duty_class(LICENSED, f" {operator} ".join(licences)) is (max(alone) if operator == "AND" else min(alone))
