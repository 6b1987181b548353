"""The default policy: what is left alone and why, and what each licence calls for."""

from __future__ import annotations

from typing import Any

import pytest

from provenance.config import PolicySettings
from provenance.errors import ConfigError
from provenance.models import Action, Kind, LicenceStatus, Reason, Verdict
from provenance_plugins.policy_default import provenance_judge
from tests.notices.builders import a_passage, a_work


def judged(settings: PolicySettings | None = None, *, work: dict[str, Any] | None = None, **passage: Any) -> Verdict:
    origin = a_work(**{"licence": "MIT", **(work or {})})
    values = {"counted_tokens": 32, "counted_bits": 128.0, **passage}
    return provenance_judge(passage=a_passage(origin, **values), settings=settings or PolicySettings())


def ignored(reason: Reason | None) -> Verdict:
    return Verdict(action=Action.IGNORE, reason=reason)


@pytest.mark.parametrize(
    ("passage", "expected"),
    [
        ({}, Verdict(action=Action.ANNOTATE)),
        ({"counted_tokens": 31}, ignored(Reason.TOO_SHORT)),
        ({"counted_bits": 127.9}, ignored(Reason.COMMONPLACE)),
        ({"counted_tokens": 31, "counted_bits": 0.0}, ignored(Reason.TOO_SHORT)),
        ({"kind": Kind.NEAR_VERBATIM, "counted_tokens": 31}, ignored(Reason.TOO_SHORT)),
        ({"kind": Kind.WHOLE_WORK, "counted_tokens": 4, "counted_bits": 40.0}, Verdict(action=Action.ANNOTATE)),
        ({"kind": Kind.WHOLE_WORK, "counted_tokens": 3, "counted_bits": 40.0}, ignored(Reason.TOO_SHORT)),
        ({"kind": Kind.WHOLE_WORK, "counted_tokens": 4, "counted_bits": 39.9}, ignored(Reason.COMMONPLACE)),
    ],
)
def test_a_passage_is_substantial_from_the_thresholds_on(passage: dict[str, Any], expected: Verdict) -> None:
    """Too few tokens are too short, too little information is commonplace; a whole short work has its own floor."""
    assert judged(**passage) == expected


def test_only_what_no_exemption_accounts_for_is_counted() -> None:
    """A long passage of which most stood in the prompt is judged by the rest."""
    assert judged(token_start=0, token_end=500, bits=4000.0, counted_tokens=5) == ignored(Reason.TOO_SHORT)


@pytest.mark.parametrize(
    ("passage", "expected"),
    [
        ({"creators": 7, "works": 900}, Verdict(action=Action.ANNOTATE)),
        ({"creators": 8, "works": 8}, ignored(Reason.COMMONPLACE)),
        ({"creators": 8, "kind": Kind.WHOLE_WORK}, ignored(Reason.COMMONPLACE)),
        ({"creators": 8, "counted_tokens": 31}, ignored(Reason.TOO_SHORT)),
        ({"creators": 8, "counted_tokens": 0, "discount": Reason.IN_PROMPT}, ignored(Reason.IN_PROMPT)),
    ],
)
def test_what_many_creators_have_is_commonplace(passage: dict[str, Any], expected: Verdict) -> None:
    """Wording in works of many unrelated creators is nobody's own; many works of few creators are not enough."""
    assert judged(**passage) == expected


def test_how_many_creators_make_a_commonplace_is_a_setting() -> None:
    """An operator moves the number; one creator is never a crowd."""
    assert judged(PolicySettings(commonplace_creators=9), creators=8) == Verdict(action=Action.ANNOTATE)
    assert judged(PolicySettings(commonplace_creators=2), creators=2) == ignored(Reason.COMMONPLACE)
    with pytest.raises(ConfigError, match="commonplace_creators is 1; it must be 2 or more"):
        PolicySettings(commonplace_creators=1)


@pytest.mark.parametrize(("status", "licence"), [("public-domain", None), ("licensed", "CC0-1.0")])
def test_a_free_work_that_everybody_quotes_keeps_its_reason(status: str, licence: str | None) -> None:
    """What many creators have of a free work is silent because it is free, and credited where that is asked for."""
    work = {"status": LicenceStatus(status), "licence": licence}
    assert judged(work=work, creators=5000) == ignored(Reason.PUBLIC_DOMAIN)
    credit = PolicySettings(actions={LicenceStatus.PUBLIC_DOMAIN: Action.ANNOTATE})
    assert judged(credit, work=work, creators=5000) == Verdict(action=Action.ANNOTATE)


def test_the_thresholds_come_from_the_settings() -> None:
    """An operator's thresholds replace ours."""
    settings = PolicySettings(min_tokens=100, min_bits=10)
    assert judged(settings, counted_tokens=99) == ignored(Reason.TOO_SHORT)
    assert judged(settings, counted_tokens=100, counted_bits=10) == Verdict(action=Action.ANNOTATE)


def test_a_work_of_an_own_collection_is_left_alone_whatever_its_licence() -> None:
    """What belongs to the operator needs no notice, even where it is short."""
    settings = PolicySettings(own_collections=("ours",))
    work = {"collection": "ours", "status": LicenceStatus.ALL_RIGHTS_RESERVED, "licence": None}
    assert judged(settings, work=work, counted_tokens=1) == ignored(Reason.OWN_WORK)


def test_an_own_copy_of_somebody_elses_work_does_not_silence_it() -> None:
    """The origin counts: quoting a work in one's own collection does not make it one's own."""
    passage = a_passage(a_work(licence="MIT"), a_work("copy", collection="ours"))
    settings = PolicySettings(own_collections=("ours",))
    assert provenance_judge(passage=passage, settings=settings) == Verdict(action=Action.ANNOTATE)


@pytest.mark.parametrize(
    ("status", "licence", "expected"),
    [
        ("licensed", "CC-BY-4.0", Action.ANNOTATE),
        ("licensed", "CC-BY-SA-3.0", Action.ANNOTATE),
        ("licensed", "LicenseRef-House", Action.ANNOTATE),
        ("licensed", "MPL-2.0", Action.WARN),
        ("licensed", "LGPL-3.0-or-later", Action.WARN),
        ("licensed", "GPL-2.0-only", Action.WARN),
        ("licensed", "AGPL-3.0-or-later", Action.WARN),
        ("licensed", "CC-BY-NC-4.0", Action.WARN),
        ("licensed", "CC-BY-ND-4.0", Action.WARN),
        ("licensed", "MIT AND AGPL-3.0-only", Action.WARN),
        ("all-rights-reserved", None, Action.WARN),
        ("unknown", None, Action.ANNOTATE),
        ("unknown", "my own licence (see site)", Action.ANNOTATE),
        ("conflicting", "MIT; Apache-2.0", Action.WARN),
    ],
)
def test_the_action_follows_from_the_licence(status: str, licence: str | None, expected: Action) -> None:
    """A credit line does for permissive licences; copyleft, NC, ND, no licence and disagreement call for a warning."""
    assert judged(work={"status": LicenceStatus(status), "licence": licence}) == Verdict(action=expected)


PUBLIC_DOMAIN = [("public-domain", None), ("licensed", "CC0-1.0"), ("licensed", "CC-PDM-1.0")]


@pytest.mark.parametrize(("status", "licence"), PUBLIC_DOMAIN)
def test_the_public_domain_is_silent_unless_asked_for(status: str, licence: str | None) -> None:
    """The public domain, CC0 and the Public Domain Mark follow one setting, by default `ignore`."""
    work = {"status": LicenceStatus(status), "licence": licence}
    assert judged(work=work) == ignored(Reason.PUBLIC_DOMAIN)
    credit = PolicySettings(actions={LicenceStatus.PUBLIC_DOMAIN: Action.ANNOTATE})
    assert judged(credit, work=work) == Verdict(action=Action.ANNOTATE)


def test_an_operators_action_holds_and_copyleft_is_at_least_a_warning() -> None:
    """A stricter setting is kept; a milder one does not cover terms that credit alone cannot meet."""
    strict = PolicySettings(actions={LicenceStatus.LICENSED: Action.RAISE})
    mild = PolicySettings(actions={LicenceStatus.LICENSED: Action.IGNORE})
    assert judged(strict, work={"licence": "GPL-3.0-only"}) == Verdict(action=Action.RAISE)
    assert judged(mild, work={"licence": "GPL-3.0-only"}) == Verdict(action=Action.WARN)
    assert judged(mild) == ignored(None)
