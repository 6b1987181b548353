"""Whose claims decide about a wording that several works have, and which of them are named?"""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from provenance.catalogue import Member
from provenance.check.holders import MAX_SOURCES, HolderClaim, MatchedWork, Weighing, select_sources, weigh
from provenance.licences import demands
from provenance.reports import OriginBy
from provenance.works import LicenceStatus, Role

LICENCES = (
    (LicenceStatus.PUBLIC_DOMAIN, None), (LicenceStatus.LICENSED, "CC0-1.0"), (LicenceStatus.LICENSED, "MIT"),
    (LicenceStatus.LICENSED, "MIT OR GPL-3.0-only"), (LicenceStatus.LICENSED, "GPL-3.0-only"),
    (LicenceStatus.LICENSED, "CC-BY-NC-4.0"), (LicenceStatus.ALL_RIGHTS_RESERVED, None), (LicenceStatus.UNKNOWN, None),
    (LicenceStatus.CONFLICTING, "MIT; all-rights-reserved"),
)  # fmt: skip
CLAIMS = st.builds(
    lambda licence, collection, trusted, marked: HolderClaim(*licence, collection, trusted, trusted and marked, False),
    st.sampled_from(LICENCES), st.sampled_from("ab"), st.booleans(), st.sampled_from((False, False, True)),
)  # fmt: skip


def strictness(weighing: Weighing) -> int:
    """Return the class of the strictest claim that decides."""
    return max((claim.duties for claim in weighing.deciding if claim.duties is not None), default=-1)


@given(st.frozensets(CLAIMS, min_size=1, max_size=5), st.frozensets(CLAIMS, max_size=5))
def test_untrusted_claims_only_add(before: frozenset[HolderClaim], added: frozenset[HolderClaim]) -> None:
    """Whatever strangers add, who decided goes on deciding; where a trusted claim decides they change nothing."""
    strangers = frozenset(claim._replace(is_trusted=False, is_boilerplate=False) for claim in added)
    was, now = weigh(before), weigh(before | strangers)
    assert now.deciding >= was.deciding
    assert strictness(now) >= strictness(was)
    assert was.is_free or not now.is_free
    assert now == was or not was.is_earned


@given(st.frozensets(CLAIMS, min_size=1, max_size=6))
def test_those_who_decide_disagree_or_are_of_one_class(claims: frozenset[HolderClaim]) -> None:
    """A dispute has two classes of duties; silence is free for all who decide, and an unknown licence is never free."""
    weighing = weigh(claims)
    classes = {claim.duties for claim in weighing.deciding} - {None}
    assert weighing.is_disputed == (len(classes) > 1 and not weighing.is_boilerplate)
    assert weighing.is_free == (not weighing.is_boilerplate and all(claim.is_free for claim in weighing.deciding))
    assert weighing.deciding <= claims


def a_member(key: int, licence: str = "MIT", **fields: object) -> Member:
    values = {"year": None, "creator": f"by {key}", "status": LicenceStatus.LICENSED, "licence": licence, **fields}
    return Member(key=key, demands=demands(LicenceStatus.LICENSED, licence), **values)  # type: ignore[arg-type]


def name_sources(*members: Member) -> tuple[list[int], Weighing]:
    """Return the keys of the works that are named, in order, and who decides."""
    holders = [MatchedWork(member, 0, 9, None) for member in members]
    weighing = weigh(frozenset(map(HolderClaim.of, members))).settle(holders)
    return [each.member.key for each in select_sources(holders, weighing)], weighing


def test_the_strictest_comes_first_in_a_dispute() -> None:
    """Of untrusted works that disagree the year does not count; a free one comes last, an unknown one after all."""
    members = [a_member(1, "CC0-1.0", year=1800), a_member(2, "GPL-3.0-only", year=1999), a_member(3, year=1900)]
    unknown = a_member(4, year=1700)
    object.__setattr__(unknown, "status", LicenceStatus.UNKNOWN)
    named, weighing = name_sources(*members, unknown)
    assert (named, weighing.is_disputed) == ([2, 3, 1, 4], True)
    assert weighing.find_rule(members[1], members[2]) is OriginBy.STRICTEST


def test_a_milder_trusted_work_decides_if_it_was_first() -> None:
    """Text may move from a milder licence to a stricter one; the other way round the works contradict each other."""
    mild, strict = a_member(1, year=1999, trusted=True), a_member(2, "GPL-3.0-only", year=2005, trusted=True)
    named, weighing = name_sources(strict, mild)
    assert (named, weighing.is_disputed, weighing.find_rule(mild, strict)) == ([1, 2], False, OriginBy.EARLIEST)
    late = a_member(3, year=2020, trusted=True)
    assert name_sources(strict, late)[1].is_disputed
    assert name_sources(a_member(2, "GPL-3.0-only", year=2005), a_member(1, year=1999))[1].is_disputed


def test_a_vendored_copy_yields_only_without_a_licence_of_its_own() -> None:
    """What inherits the licence of the folder around it decides nothing beside the work that it was copied from."""
    upstream = a_member(1, "Apache-2.0", year=2015)
    copy = a_member(2, "AGPL-3.0-only", year=2001, carried=True, inherited=True)
    assert name_sources(copy, upstream)[1].deciding == {HolderClaim.of(upstream)}
    assert name_sources(copy)[1].deciding == {HolderClaim.of(copy)}
    vouched = a_member(3, "AGPL-3.0-only", carried=True, trusted=True)
    object.__setattr__(vouched, "status", LicenceStatus.UNKNOWN)
    assert HolderClaim.of(vouched) in name_sources(vouched, a_member(4, "CC0-1.0"))[1].deciding
    own_header = a_member(2, "AGPL-3.0-only", carried=True)
    assert name_sources(own_header, upstream)[1].is_disputed


def test_what_the_operator_marked_decides_over_all() -> None:
    """Boilerplate of a trusted work belongs to nobody; a record's word for it does nothing."""
    marked = a_member(1, role=Role.BOILERPLATE, trusted=True)
    other = a_member(2, "GPL-3.0-only", trusted=True, year=1900)
    named, weighing = name_sources(other, marked)
    assert (named, weighing.is_boilerplate) == ([1, 2], True)
    claimed = a_member(3, role=Role.BOILERPLATE)
    assert not name_sources(other, claimed)[1].is_boilerplate


def test_nobody_is_pushed_out_by_many() -> None:
    """Who came first stays named beside a thousand later works, of one creator or of many, with earlier years."""
    victim = a_member(1, "GPL-3.0-only", year=2015, added_by=1)
    crowd = [a_member(10 + n, year=1500, creator="by one", added_by=2) for n in range(1000)]
    for others in (crowd, [a_member(10 + n, "GPL-3.0-only", year=1500, added_by=2) for n in range(1000)]):
        named, _ = name_sources(*others, victim)
        assert len(named) == MAX_SOURCES
        assert victim.key in named
    one_batch = [a_member(10 + n, "GPL-3.0-only", year=1500, creator="by one", added_by=1) for n in range(1000)]
    assert victim.key in name_sources(*one_batch, victim)[0]
