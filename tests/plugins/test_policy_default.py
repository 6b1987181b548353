"""The default policy: what is left alone and why, and what each licence calls for."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from provenance.errors import ConfigError
from provenance.policy import PRESETS, PolicySettings, Rule
from provenance.reports import Action, Kind, Reason, Verdict
from provenance.works import Family, LicenceStatus, Work
from provenance_plugins.policy import provenance_judge
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
        ({"kind": Kind.WHOLE_WORK, "counted_tokens": 4, "counted_bits": 64.0}, Verdict(action=Action.ANNOTATE)),
        ({"kind": Kind.WHOLE_WORK, "counted_tokens": 3, "counted_bits": 64.0}, ignored(Reason.TOO_SHORT)),
        ({"kind": Kind.WHOLE_WORK, "counted_tokens": 4, "counted_bits": 63.9}, ignored(Reason.COMMONPLACE)),
    ],
)
def test_a_passage_is_substantial_from_the_thresholds_on(passage: dict[str, Any], expected: Verdict) -> None:
    """Too few tokens are too short, too little information is commonplace; a whole short work has its own floor."""
    assert judged(**passage) == expected


@pytest.mark.parametrize(("longer", "is_substantial"), [(34, True), (42, True), (44, True), (45, False), (60, False)])
def test_other_tokens_of_a_near_copy_count_against_it(longer: int, is_substantial: bool) -> None:
    """Of 34 equal tokens three quarters of 32 must be left when each other token has taken one away."""
    stretches = ((0, 20), (longer - 14, longer)) if longer > 34 else ((0, 34),)
    verdict = judged(
        kind=Kind.NEAR_VERBATIM, token_start=0, token_end=longer, stretches=stretches, similarity=34 / longer,
        counted_tokens=34,
    )  # fmt: skip
    assert verdict == (Verdict(action=Action.ANNOTATE) if is_substantial else ignored(Reason.TOO_SHORT))


RESERVED: dict[str, Any] = {"status": LicenceStatus.ALL_RIGHTS_RESERVED, "licence": None}
REFRAIN: dict[str, Any] = {"counted_tokens": 12, "counted_words": 10, "counted_bits": 80.0}


@pytest.mark.parametrize(
    ("work", "passage", "expected"),
    [
        ({"tokens": 120}, {}, Verdict(action=Action.WARN)),
        ({"tokens": 121}, {}, ignored(Reason.TOO_SHORT)),
        ({"tokens": 120}, {"counted_words": 9}, ignored(Reason.TOO_SHORT)),
        ({"tokens": 120}, {"counted_bits": 79.9}, ignored(Reason.TOO_SHORT)),
        ({"tokens": 120}, {"kind": Kind.NEAR_VERBATIM}, Verdict(action=Action.WARN)),
        ({"tokens": 120}, {"discount": Reason.BOILERPLATE}, ignored(Reason.BOILERPLATE)),
        ({"tokens": 120}, {"quoted": True}, ignored(Reason.CREDITED)),
        ({"tokens": 120}, {"quoted": True, "counted_tokens": 32, "counted_bits": 128.0}, Verdict(action=Action.WARN)),
        ({"tokens": 120, "status": LicenceStatus.UNKNOWN}, {}, Verdict(action=Action.ANNOTATE)),
        (
            {"tokens": 120, "status": LicenceStatus.LICENSED, "licence": "CC-BY-4.0"},
            {},
            Verdict(action=Action.ANNOTATE),
        ),
        ({"tokens": 120, "status": LicenceStatus.LICENSED, "licence": "CC-BY-NC-4.0"}, {}, Verdict(action=Action.WARN)),
        ({"tokens": 120, "status": LicenceStatus.LICENSED, "licence": "CC0-1.0"}, {}, ignored(Reason.TOO_SHORT)),
        ({"tokens": 120, "status": LicenceStatus.LICENSED, "licence": "Unlicense"}, {}, ignored(Reason.TOO_SHORT)),
        ({"tokens": 120, "status": LicenceStatus.PUBLIC_DOMAIN}, {}, ignored(Reason.TOO_SHORT)),
        ({"tokens": 120, "status": LicenceStatus.LICENSED, "licence": "MIT"}, {}, ignored(Reason.TOO_SHORT)),
        ({"tokens": 120, "status": LicenceStatus.LICENSED, "licence": "GPL-3.0-only"}, {}, ignored(Reason.TOO_SHORT)),
    ],
)
def test_a_tenth_of_a_short_work_is_substantial(
    work: dict[str, Any], passage: dict[str, Any], expected: Verdict
) -> None:
    """Ten words that are a tenth of a work count, unless it is free, or they are a credited quotation."""
    assert judged(work={**RESERVED, **work}, **{**REFRAIN, **passage}) == expected


def test_a_share_is_one_of_the_shortest_work_that_is_not_free() -> None:
    """An anthology around a poem takes no share away; a free poem that a novel quotes gives none to the novel."""
    novel, poem = a_work("novel", **RESERVED, tokens=100_000), a_work("poem", **RESERVED, tokens=100)
    free = a_work("free", licence="CC0-1.0", tokens=100)
    assert provenance_judge(passage=a_passage(novel, poem, **REFRAIN), settings=PolicySettings()).action is Action.WARN
    assert provenance_judge(passage=a_passage(novel, free, **REFRAIN), settings=PolicySettings()) == ignored(
        Reason.TOO_SHORT
    )


def test_presets_have_their_own_share_of_a_short_work() -> None:
    """A twentieth is enough for `eu` and `strict`; `code` asks for a whole file."""
    twentieth = {"work": {**RESERVED, "tokens": 240}, **REFRAIN}
    assert judged(**twentieth) == judged(PRESETS["quiet"], **twentieth) == ignored(Reason.TOO_SHORT)
    assert judged(PRESETS["eu"], **twentieth).action is Action.WARN
    assert judged(PRESETS["strict"], **twentieth).action is Action.LIMIT
    half = {"work": {**RESERVED, "tokens": 24}, **REFRAIN}
    assert judged(PRESETS["code"], **half) == ignored(Reason.TOO_SHORT)


def test_a_quotation_may_be_longer_where_the_policy_says_so() -> None:
    """Thirty credited words are a quotation for `eu`, whatever their tokens; a whole work is none."""
    quoted = {"work": RESERVED, "counted_tokens": 56, "counted_words": 30, "counted_bits": 600.0, "quoted": True}
    assert judged(**quoted) == Verdict(action=Action.WARN)
    assert judged(PRESETS["eu"], **quoted) == ignored(Reason.CREDITED)
    assert judged(PRESETS["eu"], **{**quoted, "counted_words": 31}) == Verdict(action=Action.WARN)
    assert judged(PRESETS["eu"], **{**quoted, "kind": Kind.WHOLE_WORK}) == Verdict(action=Action.WARN)
    assert judged(PRESETS["eu"], **{**quoted, "quoted": False}) == Verdict(action=Action.WARN)


def test_only_what_no_exemption_accounts_for_is_counted() -> None:
    """A long passage of which most stood in the prompt is judged by the rest."""
    assert judged(token_start=0, token_end=500, bits=4000.0, counted_tokens=5) == ignored(Reason.TOO_SHORT)


@pytest.mark.parametrize(
    ("own", "authors", "is_own"),
    [
        ("Ida Brown", ("Bo", "IDA  BROWN"), True),
        ("Brontë, Emily", ("Emily Bronte",), True),
        ("Acme Inc", ("Acme Inc.",), True),
        ("Ida", ("Ida Brown",), False),
        ("Ida Brown", (), False),
    ],
)
def test_works_of_ones_own_need_no_notice(own: str, authors: tuple[str, ...], is_own: bool) -> None:
    """A work with one of the operator's names among its authors is the operator's, in whatever dress it stands."""
    expected = ignored(Reason.OWN_WORK) if is_own else Verdict(action=Action.ANNOTATE)
    assert judged(PolicySettings(own_creators=(own,)), work={"authors": authors}) == expected


def test_a_credited_passage_is_left_alone_only_where_it_would_be_annotated() -> None:
    """A name in the text takes the place of a notice, not of a warning, nor of what the operator asked for."""
    by = {"licence": "CC-BY-4.0"}
    assert judged(work=by, credited=True) == ignored(Reason.CREDITED)
    strict = PolicySettings(actions={LicenceStatus.LICENSED: Action.WARN})
    assert judged(strict, work=by, credited=True) == Verdict(action=Action.WARN)


def test_a_line_left_of_a_licence_file_is_no_whole_work() -> None:
    """What remains of a work that is mostly boilerplate is judged like a part of a work."""
    whole = {"kind": Kind.WHOLE_WORK, "counted_tokens": 20, "counted_bits": 200.0}
    assert judged(**whole, discount=Reason.BOILERPLATE) == ignored(Reason.BOILERPLATE)
    assert judged(**whole, discount=Reason.IN_PROMPT) == Verdict(action=Action.ANNOTATE)


def judge_claimants(*claimants: Work, settings: PolicySettings | None = None, disputed: bool = False) -> Verdict:
    """Return the verdict on a passage of which the first of the works is the origin."""
    values = {"counted_tokens": 32, "counted_bits": 128.0, "claimants": claimants, "is_disputed": disputed}
    return provenance_judge(passage=a_passage(*claimants, **values), settings=settings or PolicySettings())


def test_the_strictest_of_the_works_that_decide_counts() -> None:
    """A passage is silent only if it is for each of them, and is disputed whichever comes first."""
    mine = a_work("mine", licence="CC0-1.0")
    theirs = a_work("theirs", status=LicenceStatus.ALL_RIGHTS_RESERVED, licence=None)
    for claimants in ((mine, theirs), (theirs, mine)):
        verdict = judge_claimants(*claimants, disputed=True)
        assert verdict == Verdict(action=Action.WARN)
        assert verdict.why.startswith("2 works claim the wording and contradict each other")
    assert judge_claimants(mine) == ignored(Reason.PUBLIC_DOMAIN)
    unknown = a_work("unknown", status=LicenceStatus.UNKNOWN, licence=None)
    assert judge_claimants(a_work("mit"), unknown, settings=PRESETS["strict"]) == Verdict(action=Action.WARN)


def test_what_a_passage_of_somebody_else_is_not_silenced_by() -> None:
    """A work of the operator's own silences nothing that another work claims too."""
    own = PolicySettings(own_creators=("Ida Brown",))
    mine = a_work("mine", authors=("Ida Brown",))
    assert judge_claimants(mine, a_work("theirs"), settings=own) == Verdict(action=Action.ANNOTATE)
    assert judge_claimants(mine, settings=own) == ignored(Reason.OWN_WORK)


def test_how_many_creators_may_make_a_commonplace() -> None:
    """One creator is never a crowd."""
    with pytest.raises(ConfigError, match="commonplace_creators is 1; it must be a whole number, 2 or more"):
        PolicySettings(commonplace_creators=1)


@pytest.mark.parametrize(("status", "licence"), [("public-domain", None), ("licensed", "CC0-1.0")])
def test_a_free_work_that_everybody_quotes_keeps_its_reason(status: str, licence: str | None) -> None:
    """What many families have of a free work is silent because it is free, and credited where that is asked for."""
    work = {"status": LicenceStatus(status), "licence": licence}
    assert judged(work=work, families=5000) == ignored(Reason.PUBLIC_DOMAIN)
    credit = PolicySettings(actions={LicenceStatus.PUBLIC_DOMAIN: Action.ANNOTATE})
    assert judged(credit, work=work, families=5000) == Verdict(action=Action.ANNOTATE)


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
    assert judged(mild) == ignored(Reason.POLICY)


GPL = {"licence": "GPL-3.0-only"}
RULED = PolicySettings(
    actions={LicenceStatus.UNKNOWN: Action.WARN},
    statuses={LicenceStatus.UNKNOWN: Rule(min_tokens=20), LicenceStatus.LICENSED: Rule(min_tokens=40, min_bits=10)},
    families={
        Family.COPYLEFT: Rule(action=Action.ANNOTATE, min_tokens=24),
        Family.NETWORK_COPYLEFT: Rule(action=Action.RAISE, min_tokens=28),
        Family.PUBLIC_DOMAIN: Rule(action=Action.LIMIT),
    },
    collections={"press": Rule(action=Action.LIMIT, min_tokens=16), "dull": Rule(action=Action.IGNORE)},
)


@pytest.mark.parametrize(
    ("work", "tokens", "expected"),
    [
        ({"licence": "MIT"}, 39, ignored(Reason.TOO_SHORT)),
        ({"licence": "MIT"}, 40, Verdict(action=Action.ANNOTATE)),
        ({"status": LicenceStatus.UNKNOWN, "licence": None}, 20, Verdict(action=Action.WARN)),
        (GPL, 23, ignored(Reason.TOO_SHORT)),
        (GPL, 24, Verdict(action=Action.ANNOTATE)),
        ({"licence": "AGPL-3.0-only"}, 27, ignored(Reason.TOO_SHORT)),
        ({"licence": "GPL-2.0-only AND AGPL-3.0-only"}, 24, Verdict(action=Action.RAISE)),
        ({**GPL, "collection": "press"}, 16, Verdict(action=Action.LIMIT)),
        ({**GPL, "collection": "dull"}, 24, ignored(Reason.POLICY)),
        ({"status": LicenceStatus.PUBLIC_DOMAIN, "licence": None}, 32, Verdict(action=Action.LIMIT)),
        ({"licence": "CC0-1.0"}, 32, Verdict(action=Action.LIMIT)),
    ],
)
def test_rules_for_collections_go_before_families_and_statuses(
    work: dict[str, Any], tokens: int, expected: Verdict
) -> None:
    """The narrower rule wins, value by value; of several families the lowest threshold and the strictest action."""
    assert judged(RULED, work=work, counted_tokens=tokens) == expected


def test_an_action_for_a_family_holds_as_it_is_written() -> None:
    """Who names copyleft means it: only the action of a status is raised to a warning."""
    settings = PolicySettings(families={Family.COPYLEFT: Rule(action=Action.IGNORE)})
    assert judged(settings, work=GPL) == ignored(Reason.POLICY)


@pytest.mark.parametrize(
    ("settings", "work", "passage", "why"),
    [
        (
            RULED, GPL, {"counted_tokens": 24},
            "24 tokens >= 24 (families.copyleft.min_tokens, argument), 128 bits >= 10 (statuses.licensed.min_bits, "
            "argument); GPL-3.0-only is copyleft: annotate (families.copyleft.action, argument)",
        ),
        (
            PRESETS["strict"], GPL, {},
            "32 tokens >= 20 (min_tokens, preset strict), 128 bits >= 80 (min_bits, preset strict); GPL-3.0-only is "
            "copyleft: warn (a credit line is not enough for it, whatever actions.licensed, preset strict says)",
        ),
        (
            None, {"status": LicenceStatus.UNKNOWN, "licence": None}, {},
            "32 tokens >= 32 (min_tokens, default), 128 bits >= 128 (min_bits, default); unknown: annotate "
            "(actions.unknown, default)",
        ),
        (
            None, {"licence": "MIT AND GPL-3.0-only"}, {},
            "32 tokens >= 32 (min_tokens, default), 128 bits >= 128 (min_bits, default); MIT AND GPL-3.0-only is "
            "permissive and copyleft: warn (a credit line is not enough for it, whatever actions.licensed, default "
            "says)",
        ),
        (
            None, {"licence": "LicenseRef-house"}, {},
            "32 tokens >= 32 (min_tokens, default), 128 bits >= 128 (min_bits, default); LicenseRef-house is "
            "other: annotate (actions.licensed, default)",
        ),
        (PRESETS["code"], {}, {"counted_tokens": 45}, "45 tokens < 46 (min_tokens, preset code)"),
        (
            PRESETS["eu"], {**RESERVED, "tokens": 100}, REFRAIN,
            "10 words >= 10 (min_short_work_words, preset eu), 80 bits >= 80 (min_short_work_bits, preset eu), "
            "12.0% of the work >= 5.0% (min_short_work_share, preset eu); all-rights-reserved: warn "
            "(actions.all-rights-reserved, preset eu)",
        ),
        (None, {}, {"counted_bits": 99.6}, "100 bits < 128 (min_bits, default)"),
        (
            None, {}, {"counted_tokens": 0, "discount": Reason.COMMONPLACE, "families": 9},
            "0 of 32 tokens count, the others are commonplace (9 families have it); 0 tokens < 32 (min_tokens, "
            "default)",
        ),
        (
            None, {"licence": "CC0-1.0"}, {},
            "32 tokens >= 32 (min_tokens, default), 128 bits >= 128 (min_bits, default); CC0-1.0 is public-domain: "
            "ignore (actions.public-domain, default); no work that has the wording says otherwise",
        ),
        (
            PolicySettings(own_collections=("mine",)), {"collection": "mine"}, {},
            "the collection 'mine' is one of own_collections (argument)",
        ),
        (
            None, {}, {"counted_tokens": 2, "discount": Reason.PUBLIC_DOMAIN},
            "2 of 32 tokens count, the others are public-domain; 2 tokens < 32 (min_tokens, default)",
        ),
    ],
)  # fmt: skip
def test_each_verdict_says_why(
    settings: PolicySettings | None, work: dict[str, Any], passage: dict[str, Any], why: str
) -> None:
    """The words name what was counted, the threshold or rule, and who set it."""
    assert judged(settings, work=work, **passage).why == why


def test_the_presets_differ_where_they_promise_to() -> None:
    """Strict notices what the default leaves, quiet and code leave what the default notices."""
    short = {"counted_tokens": 20, "counted_bits": 90.0}
    assert judged(PRESETS["strict"], **short) == Verdict(action=Action.ANNOTATE)
    assert judged(**short) == ignored(Reason.TOO_SHORT)
    medium = {"counted_tokens": 45, "counted_bits": 300.0}
    assert judged(**medium) == Verdict(action=Action.ANNOTATE)
    assert judged(PRESETS["quiet"], **medium) == judged(PRESETS["code"], **medium) == ignored(Reason.TOO_SHORT)
    assert PRESETS["code"].commonplace_creators == PolicySettings().commonplace_creators
    unknown = {"status": LicenceStatus.UNKNOWN, "licence": None}
    assert judged(PRESETS["quiet"], work=unknown, counted_tokens=99, counted_bits=999.0) == ignored(Reason.POLICY)


def test_a_holder_of_a_few_words_of_a_passage_gives_it_no_share() -> None:
    """A short work that ends within the passage is not what the passage is a part of."""
    novel, line = a_work("novel", **RESERVED, tokens=100_000), a_work("line", **RESERVED, tokens=20)
    passage = a_passage(novel, line, **REFRAIN)
    few = replace(passage.sources[1], token_end=passage.sources[1].token_start + 8)
    passage = replace(passage, sources=(passage.sources[0], few))
    assert provenance_judge(passage=passage, settings=PolicySettings()) == ignored(Reason.TOO_SHORT)
