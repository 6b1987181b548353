"""Which licence follows from a history of claims: the precedence, the floor, conflicts and withdrawals."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provenance.catalogue import derive_licence
from provenance.catalogue.claims import (
    FLOOR,
    date_after,
    is_withdrawal,
    select_deciding,
    select_latest,
    select_new,
    withdrawal,
)
from provenance.works import Basis, Claim, LicenceStatus
from tests.catalogue.builders import NOON, a_claim

LICENSED, UNKNOWN = LicenceStatus.LICENSED, LicenceStatus.UNKNOWN


def test_nothing_claimed() -> None:
    """Where nobody said anything, the licence is unknown."""
    assert derive_licence([]) == (UNKNOWN, None)


@pytest.mark.parametrize(
    ("weightier", "lighter"),
    [
        (Basis.CURATED, Basis.DECLARED),
        (Basis.DECLARED, Basis.DETECTED),
        (Basis.DETECTED, Basis.INHERITED),
        (Basis.INHERITED, Basis.DEFAULT),
    ],
)
def test_the_weightiest_basis_decides(weightier: Basis, lighter: Basis) -> None:
    """A claim outweighs later ones that rest on less."""
    claims = [a_claim("MIT", basis=weightier), a_claim("ISC", basis=lighter, days=1)]
    assert derive_licence(claims) == derive_licence(reversed(claims)) == (LICENSED, "MIT")


def test_the_latest_of_one_person_counts() -> None:
    """Who says something else later has changed their mind, whatever order the claims come in."""
    claims = [a_claim("MIT", who="ann"), a_claim("ISC", who="ann", days=1)]
    assert derive_licence(claims) == derive_licence(reversed(claims)) == (LICENSED, "ISC")


def test_all_that_one_says_at_one_moment_counts() -> None:
    """One who reports different licences at the same moment, from different places, reports a conflict."""
    claims = [a_claim("MIT", evidence="LICENSE"), a_claim("ISC", evidence="README")]
    assert derive_licence(claims) == (LicenceStatus.CONFLICTING, "MIT; ISC")
    assert select_deciding(claims) == tuple(claims)
    assert derive_licence([*claims, a_claim("MIT", days=1)]) == (LICENSED, "MIT")


def test_two_people_disagree() -> None:
    """Two people who disagree on one basis give `conflicting`, with what each of them says."""
    public = a_claim(None, status=LicenceStatus.PUBLIC_DOMAIN, who="bob", days=1)
    assert derive_licence([public, a_claim("MIT", who="ann")]) == (LicenceStatus.CONFLICTING, "MIT; public-domain")


def test_two_people_agree() -> None:
    """Two people who say the same do not conflict."""
    assert derive_licence([a_claim("MIT", who="ann"), a_claim("MIT", who="bob")]) == (LICENSED, "MIT")


def test_a_curator_ends_a_conflict() -> None:
    """A curator's claim stands above a conflict of others."""
    claims = [a_claim("MIT", who="ann"), a_claim("ISC", who="bob"), a_claim("0BSD", basis=Basis.CURATED)]
    assert derive_licence(claims) == (LICENSED, "0BSD")
    assert select_deciding(claims) == (claims[2],)


def test_curators_are_one_voice() -> None:
    """Whoever decides later decides, so that two curators never leave a conflict behind."""
    ann = a_claim("MIT", basis=Basis.CURATED, who="ann")
    bob = a_claim("ISC", basis=Basis.CURATED, who="bob", days=1)
    assert derive_licence([bob, ann]) == (LICENSED, "ISC")


def test_unknown_yields() -> None:
    """Declaring nothing does not hide what was detected, and does not disagree with anybody."""
    assert derive_licence([a_claim(None), a_claim("MIT", basis=Basis.DETECTED)]) == (LICENSED, "MIT")
    assert derive_licence([a_claim(None, who="ann"), a_claim("MIT", who="bob")]) == (LICENSED, "MIT")


def test_a_curator_may_say_unknown() -> None:
    """A curator who says "unknown" means it."""
    assert derive_licence([a_claim(None, basis=Basis.CURATED), a_claim("MIT")]) == (UNKNOWN, None)


def test_an_unreadable_licence_is_kept() -> None:
    """A licence that nobody could read is shown as it was found."""
    assert derive_licence([a_claim("free as in beer", status=UNKNOWN)]) == (UNKNOWN, "free as in beer")


def test_a_moment_without_time_zone_is_utc() -> None:
    """Claims with and without a time zone can be put in order."""
    naive = Claim(status=LICENSED, licence="ISC", basis=Basis.DECLARED, when=NOON.replace(tzinfo=None, hour=13))
    assert derive_licence([naive, a_claim("MIT")]) == (LICENSED, "ISC")


def test_an_unreadable_declaration_does_not_hide_what_was_detected() -> None:
    """ "See LICENSE" yields to what LICENSE says."""
    pointing = a_claim("see LICENSE", status=UNKNOWN)
    assert derive_licence([pointing, a_claim("MIT", basis=Basis.DETECTED)]) == (LICENSED, "MIT")


def test_the_default_is_for_works_that_say_nothing() -> None:
    """It decides where there is no answer and no word; a withdrawal and a plain "unknown" are no words."""
    default = a_claim("MIT", basis=Basis.DEFAULT, who="--licence")
    taken_back = withdrawal(a_claim("ISC"), who="ann", evidence=None, when=NOON + timedelta(days=1))
    for nothing in ([], [a_claim(None)], [a_claim("ISC"), taken_back]):
        assert derive_licence([*nothing, default]) == (LICENSED, "MIT")
    for basis in (Basis.DECLARED, Basis.DETECTED, Basis.INHERITED):
        words = a_claim("house terms", status=UNKNOWN, basis=basis)
        assert derive_licence([words, default]) == (UNKNOWN, "house terms")
        assert derive_licence([words, default, a_claim("0BSD", basis=Basis.CURATED)]) == (LICENSED, "0BSD")


def test_below_the_floor_nobody_decides_alone() -> None:
    """A guess is passed over for a sure claim on a lighter basis; by itself it leaves the licence unknown."""
    guess = a_claim("ISC", basis=Basis.DETECTED, confidence=FLOOR - 0.01)
    assert derive_licence([guess]) == (UNKNOWN, "ISC")
    assert select_deciding([guess]) == ()
    assert derive_licence([guess, a_claim("MIT", basis=Basis.INHERITED)]) == (LICENSED, "MIT")
    assert derive_licence([a_claim("ISC", confidence=FLOOR)]) == (LICENSED, "ISC")


def test_of_several_guesses_the_weightiest_is_shown() -> None:
    """Beside "unknown" stands what was said on the weightiest basis, whenever it was, if it names a licence at all."""
    detected = a_claim("ISC", basis=Basis.DETECTED, confidence=0.3)
    declared = a_claim("MIT", days=1, confidence=0.4)
    assert derive_licence([detected, declared]) == (UNKNOWN, "MIT")
    assert derive_licence([detected, a_claim(None, days=1)]) == (UNKNOWN, "ISC")
    assert derive_licence([a_claim("0BSD", basis=Basis.INHERITED, days=2, confidence=0.4), detected]) == (
        UNKNOWN,
        "ISC",
    )


def test_a_guess_that_somebody_else_shares_counts() -> None:
    """Two voices who say the same decide, however unsure each is; one who says it twice does not."""
    guess = a_claim("ISC", basis=Basis.DETECTED, who="one", confidence=0.3)
    other = a_claim("ISC", basis=Basis.DETECTED, who="two", confidence=0.2)
    assert derive_licence([guess, other]) == (LICENSED, "ISC")
    assert derive_licence([guess, a_claim("ISC", basis=Basis.DETECTED, who="one", confidence=0.2)]) == (UNKNOWN, "ISC")


@pytest.mark.parametrize(
    ("vague", "exact"),
    [
        ("GPL-3.0", "GPL-3.0-or-later"),
        ("LicenseRef-BSD", "BSD-3-Clause"),
        ("LicenseRef-GPL", "GPL-2.0-only"),
        ("LicenseRef-CC-BY", "CC-BY-4.0"),
    ],
)
def test_a_vague_claim_yields_to_a_more_exact_one(vague: str, exact: str) -> None:
    """Who leaves the version or variant open does not disagree with one who names it."""
    claims = [a_claim(vague, who="ann", confidence=0.7), a_claim(exact, who="bob")]
    assert derive_licence(claims) == (LICENSED, exact)
    sure = [a_claim(vague, who="ann"), a_claim(exact, who="bob")]
    assert derive_licence(sure) == (LicenceStatus.CONFLICTING, f"{vague}; {exact}")


@pytest.mark.parametrize(
    ("vague", "exact", "yields"),
    [
        (0.74, 1.0, True), (0.75, 1.0, False), (0.8, 1.0, False),
        (0.69, 0.7, True), (0.7, 0.7, False), (0.7, 0.69, False), (0.7, 0.5, False),
    ],
)  # fmt: skip
def test_only_who_is_unsure_may_leave_something_open(vague: float, exact: float, yields: bool) -> None:
    """A claim of 0.75 and more, or one as sure as the exact one, means what it says: the two disagree."""
    claims = [
        a_claim("LicenseRef-BSD", who="ann", confidence=vague), a_claim("BSD-3-Clause", who="bob", confidence=exact),
    ]  # fmt: skip
    conflict = LicenceStatus.CONFLICTING, "LicenseRef-BSD; BSD-3-Clause"
    assert derive_licence(claims) == ((LICENSED, "BSD-3-Clause") if yields else conflict)
    assert select_deciding(claims) == (tuple(claims[1:]) if yields else tuple(claims))


@pytest.mark.parametrize(("one", "other"), [("MIT", "MIT-0"), ("LicenseRef-CC-BY", "CC-BY-NC-4.0"), ("GPL-3.0", "MIT")])
def test_another_licence_is_no_detail(one: str, other: str) -> None:
    """A name that only begins alike is another licence, and conflicts."""
    claims = [a_claim(one, who="ann", confidence=0.7), a_claim(other, who="bob")]
    assert derive_licence(claims) == (LicenceStatus.CONFLICTING, f"{one}; {other}")


@pytest.mark.parametrize("basis", Basis)
def test_a_withdrawal_silences_its_voice(basis: Basis) -> None:
    """What was taken back does not count, nor what the same voice had said before; it stays on record."""
    claims = [a_claim("ISC", basis=basis, who="ann"), a_claim("MIT", basis=basis, who="ann", days=1)]
    when = NOON + timedelta(days=2)
    taken_back = withdrawal(claims[1], who="ann", evidence="a mistake", when=when)
    assert is_withdrawal(taken_back)
    assert (taken_back.basis, taken_back.who, taken_back.confidence) == (basis, "ann", 0)
    assert derive_licence([*claims, taken_back]) == (UNKNOWN, None)
    assert derive_licence([*claims, taken_back, a_claim("0BSD", basis=Basis.INHERITED)]) == (LICENSED, "0BSD")


def test_a_withdrawal_says_whose_it_is() -> None:
    """A curator's is in the name of who takes back; any other stays in the name of its voice, and names them."""
    when = NOON + timedelta(days=2)
    curated = withdrawal(a_claim("MIT", basis=Basis.CURATED, who="ann"), who="bob", evidence=None, when=when)
    assert (curated.who, curated.evidence) == ("bob", "withdraws MIT of 2026-11-20")
    detected = withdrawal(a_claim("MIT", who="a-detector"), who="bob", evidence="a test file", when=when)
    assert (detected.who, detected.evidence) == ("a-detector", "withdraws MIT of 2026-11-20 by bob: a test file")


def test_a_curators_unknown_is_no_withdrawal() -> None:
    """Saying that nobody knows is a claim; taking a claim back is not."""
    assert not is_withdrawal(a_claim(None, basis=Basis.CURATED))


def test_repeating_oneself_is_no_news() -> None:
    """Only what a voice did not say last time is kept; what several said stays theirs."""
    heard = [a_claim("MIT", who="ann"), a_claim("ISC", who="bob", days=1)]
    assert select_new([a_claim("MIT", who="ann", days=9)], heard) == []
    for fresh in (
        a_claim("ISC", who="ann", days=9),
        a_claim("MIT", who="ann", basis=Basis.DETECTED),
        a_claim("MIT", who="ann", evidence="LICENSE:1", days=1),
    ):
        assert select_new([fresh], heard) == [fresh]


def test_what_one_says_together_is_compared_and_kept_together() -> None:
    """Two detected licences of which one is gone are new, of one moment, so that the gone one stops counting."""
    heard = [a_claim("MIT", evidence="LICENSE"), a_claim("ISC", evidence="README")]
    assert select_new([replace(claim, when=NOON + timedelta(days=3)) for claim in heard], heard) == []
    assert select_new([a_claim("MIT", evidence="LICENSE", days=3)], heard) == [
        a_claim("MIT", evidence="LICENSE", days=3)
    ]
    apart = [a_claim("0BSD", days=3), a_claim("MIT", days=4)]
    assert [claim.when for claim in select_new(apart, heard)] == [NOON + timedelta(days=4)] * 2


def test_a_clock_that_goes_back_does_not_bring_back_what_was_said() -> None:
    """What a voice says later is dated after what it had said, and counts."""
    heard = [a_claim("MIT", days=5)]
    (fresh,) = select_new([a_claim("ISC")], heard)
    assert fresh.when == heard[0].when + timedelta(microseconds=1)
    assert derive_licence([*heard, fresh]) == (LICENSED, "ISC")
    assert date_after([a_claim("0BSD", who="ann")], heard) == [a_claim("0BSD", who="ann")]


def test_an_ingest_does_not_bring_back_what_was_withdrawn() -> None:
    """The same declaration again, from whatever line, is no news after a withdrawal; another licence is."""
    declared = a_claim("MIT", evidence="a.jsonl:1")
    heard = [declared, withdrawal(declared, who="ann", evidence=None, when=NOON + timedelta(days=1))]
    assert select_new([a_claim("MIT", evidence="a.jsonl:7", days=2)], heard) == []
    assert select_new([a_claim("ISC", days=2)], heard) == [a_claim("ISC", days=2)]


CLAIMS = st.lists(
    st.builds(
        a_claim, st.sampled_from(["MIT", "ISC", "GPL-3.0", "GPL-3.0-only", None]), days=st.integers(0, 3),
        basis=st.sampled_from(Basis), who=st.sampled_from([None, "ann", "bob"]),
        confidence=st.sampled_from([0.0, 0.3, 0.7, 1.0]),
    )
)  # fmt: skip


@given(CLAIMS)
def test_the_status_follows_from_the_deciding_claims(claims: list[Claim]) -> None:
    """They are the latest of their voices, of one basis, and by themselves amount to the same."""
    chosen = select_deciding(claims)
    assert set(chosen) <= set(select_latest(claims))
    assert len({claim.basis for claim in chosen}) <= 1
    sure = [replace(claim, confidence=max(claim.confidence, FLOOR)) for claim in chosen]
    if chosen:
        assert derive_licence(sure) == derive_licence(claims)
    else:
        assert derive_licence(claims)[0] is UNKNOWN


@given(CLAIMS, CLAIMS)
def test_saying_everything_again_changes_nothing(heard: list[Claim], said: list[Claim]) -> None:
    """What was taken in once is no news the second time, at whatever moment it is said again."""
    later = [replace(claim, when=claim.when + timedelta(days=10)) for claim in said]
    history = [*heard, *select_new(later, heard)]
    again = [replace(claim, when=claim.when + timedelta(days=20)) for claim in said]
    assert derive_licence([*history, *select_new(again, history)]) == derive_licence(history)
