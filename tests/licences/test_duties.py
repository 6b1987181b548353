"""What licences ask for."""

from __future__ import annotations

import pytest

from provenance.licences import Duty, Family, address, choice, duties, families, is_public_domain_like, links, terms
from provenance.models import LicenceStatus

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
        ("CC-BY-NC-ND-3.0-IGO", Family.RESTRICTED, (*BY, "no-commercial", "no-derivatives", "no-endorsement")),
        ("LicenseRef-house-rules", Family.OTHER, KEEP_TEXT),
        ("Beerware", Family.OTHER, KEEP_TEXT),
    ],
)
def test_each_common_licence_has_its_family_and_duties(expression, family, asked):
    """A licence asks for what its own text asks for."""
    assert (families(expression), duties(LICENSED, expression)) == ((family,), asked)


def test_and_adds_duties_up():
    """Under an AND every licence's duties hold, each named once, in one fixed order."""
    assert duties(LICENSED, "MIT AND CC-BY-NC-4.0") == (
        "attribution", "copyright-line", "licence-text", "indicate-changes", "no-commercial", "no-endorsement",
    )  # fmt: skip


def test_or_keeps_the_choice():
    """Under an OR nobody chooses for the reader: the duties of both are given and the choice is said."""
    assert duties(LICENSED, "MIT OR GPL-2.0-only") == COPYLEFT
    assert choice("MIT AND (ISC OR Zlib)")
    assert not choice("MIT AND ISC")


@pytest.mark.parametrize(
    "status", [LicenceStatus.PUBLIC_DOMAIN, LicenceStatus.ALL_RIGHTS_RESERVED, LicenceStatus.UNKNOWN]
)
def test_without_a_licence_there_are_no_duties(status):
    """Only a licence has duties; where permission is missing no duty makes up for it."""
    assert duties(status, "MIT") == ()
    assert duties(status, None) == ()


def test_conflicting_licences_ask_for_what_can_be_read():
    """A conflict whose licences can be read has the duties of all, another none."""
    assert duties(LicenceStatus.CONFLICTING, "MIT OR GPL-3.0-only") == COPYLEFT
    assert duties(LicenceStatus.CONFLICTING, "MIT; GPL-3.0-only") == ()


@pytest.mark.parametrize(
    ("status", "expression", "expected"),
    [
        (LicenceStatus.PUBLIC_DOMAIN, None, True),
        (LICENSED, "CC0-1.0", True),
        (LICENSED, "CC0-1.0 AND Unlicense", True),
        (LICENSED, "CC0-1.0 OR MIT", False),
        (LICENSED, "MIT-0", False),
        (LICENSED, "MIT", False),
        (LicenceStatus.UNKNOWN, "CC0-1.0", False),
        (LicenceStatus.CONFLICTING, "CC0-1.0", False),
        (LicenceStatus.ALL_RIGHTS_RESERVED, None, False),
    ],
)
def test_public_domain_like_means_that_no_rights_are_left(status, expression, expected):
    """Silence by default is for the public domain and for dedications to it, never for a choice or a conflict."""
    assert is_public_domain_like(status, expression) is expected


@pytest.mark.parametrize(
    ("licence", "page"),
    [
        ("CC-BY-SA-3.0", "https://creativecommons.org/licenses/by-sa/3.0/"),
        ("CC-BY-2.1-JP", "https://creativecommons.org/licenses/by/2.1/jp/"),
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
        positions = [order.index(duty) for duty in terms(licence).duties]
        assert positions == sorted(positions)
