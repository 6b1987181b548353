"""What is printed for each licence family and keep level, compared with a document that a lawyer could read."""

from __future__ import annotations

from pathlib import Path

import pytest

import provenance
from provenance.licences import Family, terms
from provenance.notices.language import languages
from provenance.reports import Action, Finding
from provenance.works import Basis, Claim, Keep, LicenceStatus
from tests.notices.builders import NOON
from tests.notices.families import FAMILIES, document
from tests.notices.golden import assert_golden

GOLDEN = Path(__file__).parent / "golden"
WORDS = (Path(__file__).parents[2] / "examples/works/moby-dick/moby-dick.txt").read_text(encoding="utf-8").split()


def passage(number: int, start: int, end: int) -> str:
    """Words from a place of the novel that no other number names; they only fill the works."""
    return " ".join(WORDS[5_000 + 1_000 * number + start : 5_000 + 1_000 * number + end])


@pytest.fixture(scope="module", params=languages())
def spoken(request):
    return request.param


@pytest.fixture(scope="module")
def found(spoken, tmp_path_factory) -> dict[str, dict[Keep, Finding]]:
    """Each family's finding at each keep level, from a real check of a real database."""
    findings: dict[str, dict[Keep, Finding]] = {name: {} for name in FAMILIES}
    actions = dict.fromkeys(LicenceStatus, Action.ANNOTATE)
    settings = provenance.PolicySettings(language=spoken, actions=actions)
    for keep in Keep:
        with provenance.Database.open(tmp_path_factory.mktemp("works") / keep, create=True) as database:
            database.ingest((a_document(number, name) for number, name in enumerate(FAMILIES)), keep=keep)
            checker = provenance.Checker(database, settings)
            conflict(database)
            for number, name in enumerate(FAMILIES):
                report = checker.check(f"An answer. {passage(number, 40, 90)} And so on.")
                (findings[name][keep],) = report.findings
    return findings


def conflict(database: provenance.Database) -> None:
    """Let two people say two things about the licence of one work."""
    work = database.find_work("conflicting")
    with database.writing():
        for who, licence in (("author", "CC-BY-4.0"), ("mirror", "CC-BY-NC-4.0")):
            said = {"licence": licence, "who": who, "evidence": "LICENSE", "when": NOON}
            claim = Claim(status=LicenceStatus.LICENSED, basis=Basis.DECLARED, **said)
            database.catalogue.add_claim(work.key, claim)


def a_document(number: int, name: str) -> provenance.Document:
    work = FAMILIES[name]
    known = ("title", "authors", "year", "source", "licence", "copyright", "notice")
    fields = {field: getattr(work, field) for field in known}
    if work.status is not LicenceStatus.LICENSED:
        fields["licence"] = work.licence or work.status.value
    if work.status is LicenceStatus.CONFLICTING:
        fields["licence"] = None  # `conflict` says it, with a date that stays
    return provenance.Document(text=passage(number, 0, 300), id=work.id if work.id != "w" else name, **fields)


def test_every_family_is_there():
    """No family and no status is left without an example."""
    shown = {family for work in FAMILIES.values() if work.licence for family in terms(work).families}
    assert shown == set(Family)
    assert {work.status for work in FAMILIES.values()} == set(LicenceStatus)


def test_the_document_says_what_is_printed(found, spoken):
    """The notices of every family at every keep level, in every language, are those that a person has read."""
    ending = "" if spoken == "en" else f".{spoken}"
    assert_golden(document(found, spoken), GOLDEN / f"families{ending}.md")


def test_what_is_kept_changes_nothing_but_the_extent(found):
    """What a licence asks for does not depend on what the database keeps of the work."""
    assert min(map(len, found.values())) > 1
    for findings in found.values():
        said = {(finding.notice, finding.duties, finding.action) for finding in findings.values()}
        assert len(said) == 1
