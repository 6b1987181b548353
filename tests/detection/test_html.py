"""What readers pass on of a page, a book or a record: licence statements become claims, reservations become signals."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provenance.works import Detection, Document, LicenceStatus, Signal
from provenance_plugins.detectors.html import provenance_detect_licences

BY_SA = "https://creativecommons.org/licenses/by-sa/4.0/"


def found(*declarations: tuple[str, str]) -> Detection:
    document = Document(text="words", declarations=declarations, place="page.html", source="https://example.org/p")
    detection = provenance_detect_licences(document)
    assert detection is not None
    return detection


@pytest.mark.parametrize(
    ("name", "value", "licence", "confidence"),
    [
        ("link rel=license", BY_SA, "CC-BY-SA-4.0", 1.0),
        ("a rel=license", BY_SA, "CC-BY-SA-4.0", 1.0),
        ("meta dc.rights", "CC BY 4.0", "CC-BY-4.0", 0.95),
        ("dc:rights", "This book is licensed under the Creative Commons Attribution 3.0 License.", "CC-BY-3.0", 0.902),
        ("json-ld license", BY_SA, "CC-BY-SA-4.0", 1.0),
        ("dolma license", "Creative Commons - Attribution Share-Alike - https://creativecommons.org/licenses/by-sa/3.0/",
         "CC-BY-SA-3.0", 0.8),
    ],
)  # fmt: skip
def test_a_statement_about_a_licence_becomes_a_claim(name: str, value: str, licence: str, confidence: float) -> None:
    """The evidence is the statement as the reader found it."""
    (claim,) = found((name, value)).claims
    assert (claim.licence, claim.confidence) == (licence, confidence)
    assert str(claim.evidence).startswith(f"{name}: “")
    assert str(claim.evidence).endswith("(page.html)")


def test_json_ld_is_searched_for_licence_author_and_copyright() -> None:
    """Objects within objects count, the publisher's do not."""
    page = {
        "@graph": [
            {
                "@type": "Article",
                "license": {"@type": "CreativeWork", "url": BY_SA},
                "author": [{"@type": "Person", "name": "Ann Example", "url": "https://example.org/ann"}],
                "copyrightNotice": "© 2024 Ann Example",
                "publisher": {"license": "MIT"},
            }
        ]
    }
    detection = found(("json-ld", json.dumps(page)))
    assert [claim.licence for claim in detection.claims] == ["CC-BY-SA-4.0"]
    assert (detection.authors, detection.copyright) == (("Ann Example",), ("© 2024 Ann Example",))


def test_attribution_and_rights_lines_are_taken_over() -> None:
    """Who asks to be named is an author; a rights statement that begins with © is a copyright line."""
    detection = found(
        ("cc:attributionName", "Bob Example"), ("meta dc.rights", "© 2001 Bob Example"), ("dct:title", "Kettle")
    )
    assert (detection.authors, detection.copyright, detection.title) == (
        ("Bob Example",), ("© 2001 Bob Example",), "Kettle",
    )  # fmt: skip


def test_reservations_are_signals_and_no_licences() -> None:
    """TDMRep and its like are kept beside; robots only where they speak of machines that learn."""
    detection = found(
        ("meta tdm-reservation", "1"),
        ("meta tdm-policy", "https://example.org/policy"),
        ("content-usage", "train-ai=n"),
        ("meta robots", "noindex"),
        ("meta robots", "noai"),
    )
    url = "https://example.org/p"
    assert detection.claims == ()
    assert detection.signals == (
        Signal(kind="tdmrep", value="1", url=url),
        Signal(kind="tdmrep-policy", value="https://example.org/policy", url=url),
        Signal(kind="aipref", value="train-ai=n", url=url),
        Signal(kind="robots", value="noai", url=url),
    )


def test_statements_that_disagree_all_hold() -> None:
    """A page with two licences is under both, as far as anybody can tell, and that is not sure."""
    (claim,) = found(("a rel=license", BY_SA), ("meta license", "MIT")).claims
    assert (claim.licence, claim.confidence) == ("CC-BY-SA-4.0 AND MIT", 0.6)


def test_a_statement_that_nobody_understands_is_kept() -> None:
    """Its status is unknown, and it decides nothing."""
    (claim,) = found(("dc:rights", "Ask the abbot.")).claims
    assert (claim.status, claim.licence, claim.confidence) == (LicenceStatus.UNKNOWN, "Ask the abbot.", 0.0)


@pytest.mark.parametrize("broken", ["{", "[" * 50_000, '{"license": ' * 2_000, "{}", "[null, 3, [[]]]"])
def test_broken_json_says_nothing(broken: str) -> None:
    """However deep or wrong it is, nothing is claimed and nothing fails."""
    assert found(("json-ld", broken)).claims == ()


@given(
    st.lists(st.tuples(st.sampled_from(["json-ld", "dc:rights", "a rel=license", "meta robots"]), st.text(max_size=60)))
)
def test_any_declarations_are_read_without_an_error(declarations: list[tuple[str, str]]) -> None:
    """What stands in a page never makes the detector fail, nor hides a licence that is named beside it."""
    alone = provenance_detect_licences(Document(text="words", declarations=tuple(declarations)))
    names = tuple(f"{name}: " for name, _ in declarations)
    assert alone is None or all(str(claim.evidence).startswith(names) for claim in alone.claims)
    licences = [claim.licence or "" for claim in found(*declarations, ("link rel=license", BY_SA)).claims]
    assert [licence for licence in licences if "CC-BY-SA-4.0" in licence]
