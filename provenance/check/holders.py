"""Weighing of holders: which of the works that have a wording decide what is asked for it.

Claims are untrusted by default: anybody may write "public domain" over the text of another. So a doubtful claim may add
a notice and never takes one away:

1. *Boilerplate* that the operator marked decides over all others.
2. *Trust.* If trusted works claim to know the licence, they decide over all untrusted ones. Of trusted works a free one
   decides alone: a verse that a novel quotes stays free. So do those of the mildest class, if the first of all is among
   them: a text may lawfully move from a milder licence to a stricter one and not back.
3. Else *all* decide. A work whose licence is unknown decides too, but contradicts nobody.
4. A copy in the folder of another work (vendored code) yields to works that are none, if its licence is only that of
   the folder around it, or if it is trusted.
5. *Upstream.* Of works that agree, those that keep the copyright line of another come after it; see `upstream`.
6. *Dispute.* If those that decide disagree across a class of duties, the wording is disputed, and the strictest comes
   first.

Example: a novel (all rights reserved) and an untrusted page (CC0) hold a paragraph. Both decide and contradict each
other: it is disputed, and the novel comes first. If the page is trusted it decides alone, and the paragraph is free.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import chain, islice
from typing import NamedTuple

from provenance.catalogue import Member
from provenance.check.upstream import Credit, find_copies
from provenance.licences import DutyClass, demands, duty_class
from provenance.match import WorkSpan
from provenance.reports import OriginBy
from provenance.works import LicenceStatus

MAX_SOURCES = 50
"""How many works of a match are named; the one that it is credited to is always among them."""
MOST_COMPARED = 64
"""Works of a match whose copyright lines are compared: a match of thousands must not cost so much more."""


class HolderClaim(NamedTuple):
    """What a work claims about itself, as far as it decides anything.

    Attributes:
        status: how much is known about its licence.
        licence: its expression.
        collection: the set that it is in, for which a policy may have a rule.
        is_trusted: whether the operator vouches for the claim.
        is_boilerplate: whether the operator marked it as boilerplate.
        yields: whether it is a copy in another work's folder that claims nothing of its own.
    """

    status: LicenceStatus
    licence: str | None
    collection: str
    is_trusted: bool
    is_boilerplate: bool
    yields: bool

    @classmethod
    def of(cls, member: Member) -> HolderClaim:
        """Return the claim of a work."""
        return cls(
            member.status, member.licence, member.collection, member.trusted, member.boilerplate,
            member.carried and (member.inherited or member.trusted),
        )  # fmt: skip

    @property
    def duties(self) -> DutyClass | None:
        """The class of its duties; None where its licence is unknown."""
        return duty_class(self.status, self.licence)

    @property
    def is_free(self) -> bool:
        """Whether it says that no rights are left."""
        return demands(self.status, self.licence) == 0


@dataclass(frozen=True, slots=True)
class Weighing:
    """Whose claims about one wording decide.

    Attributes:
        deciding: the claims that decide.
        is_disputed: whether they disagree across a class of duties.
        is_free: whether all of them say that no rights are left.
        is_boilerplate: whether the operator marked the wording as boilerplate.
        is_earned: whether the claims that decide are trusted, so that they count against other holders too.
        copies: the credits of works that are copies of others with the wording.
    """

    deciding: frozenset[HolderClaim]
    is_disputed: bool
    is_free: bool
    is_boilerplate: bool
    is_earned: bool
    copies: frozenset[Credit] = frozenset()

    def note_copies(self, holders: Iterable[MatchedWork]) -> Weighing:
        """Return the same, knowing which of the first `MOST_COMPARED` works with the wording are copies of others."""
        credits_ = frozenset(credit_of(each.member) for each in islice(holders, MOST_COMPARED))
        copies = find_copies(credits_) if len(credits_) > 1 else frozenset()
        return replace(self, copies=copies) if copies != self.copies else self

    def settle(self, holders: Iterable[MatchedWork]) -> Weighing:
        """Return the same, without a dispute of trusted works of which the first has the mildest claim.

        Args:
            holders: all works with the wording.
        """
        if not (self.is_disputed and self.is_earned):
            return self  # the years of untrusted works are claims as well
        heard = (each.member for each in holders if HolderClaim.of(each.member) in self.deciding)
        first = HolderClaim.of(min(heard, key=Member.precedence)).duties
        classes = [claim.duties for claim in self.deciding if claim.duties is not None]
        if first is None or first > min(classes):
            return self
        return replace(
            self, is_disputed=False, deciding=frozenset(claim for claim in self.deciding if claim.duties == first)
        )

    def rank(self, member: Member) -> tuple[bool | int, ...]:
        """Return the key that sorts works with the wording, the origin first; `RULES` names its parts."""
        claim = HolderClaim.of(member)
        strictness = -1 if claim.duties is None else int(claim.duties)
        return (
            not member.boilerplate,
            claim not in self.deciding,
            -strictness if self.is_disputed else 0,
            claim.is_free,  # where not all are free, a free one never leads
            credit_of(member) in self.copies,
            *member.precedence(),
        )

    def find_rule(self, first: Member, second: Member) -> OriginBy:
        """Return the rule that puts one work before another."""
        pairs = list(zip(RULES, self.rank(first), self.rank(second), strict=True))
        if self.is_free and not HolderClaim.of(second).is_free:
            return OriginBy.PUBLIC_DOMAIN
        if first.trusted and second.trusted:
            if HolderClaim.of(second).duties is None:
                return OriginBy.STRICTEST
            pairs = [pair for pair in pairs if pair[0] is not OriginBy.TRUSTED]
        return next(rule for rule, ours, theirs in pairs if ours < theirs)


RULES = (
    OriginBy.BOILERPLATE, OriginBy.TRUSTED, OriginBy.STRICTEST, OriginBy.STRICTEST, OriginBy.UPSTREAM,
    OriginBy.UPSTREAM, OriginBy.EARLIEST, OriginBy.EARLIEST, OriginBy.MILDEST, OriginBy.TIE,
)  # fmt: skip
"""The rule for each part of `Weighing.rank`."""


def credit_of(member: Member) -> Credit:
    """Return what tells whether a work is a copy of another."""
    return member.creator, member.copyright


@lru_cache(maxsize=1 << 14)
def weigh(claims: frozenset[HolderClaim]) -> Weighing:
    """Return whose claims decide, of those of all works with one wording; see the docstring of this module."""
    if marked := frozenset(claim for claim in claims if claim.is_boilerplate):
        return Weighing(marked, is_disputed=False, is_free=False, is_boilerplate=True, is_earned=True)
    trusted = frozenset(claim for claim in claims if claim.is_trusted and claim.duties is not None)
    free = frozenset(claim for claim in trusted if claim.is_free)
    deciding = free or trusted or claims
    # a trusted copy yields to trusted works alone
    yielding = {claim for claim in deciding if claim.yields and (trusted or not claim.is_trusted)}
    deciding = deciding.difference(yielding) or deciding
    classes = {claim.duties for claim in deciding if claim.duties is not None}
    return Weighing(
        deciding,
        is_disputed=len(classes) > 1,
        is_free=all(claim.is_free for claim in deciding),
        is_boilerplate=False,
        is_earned=bool(trusted),
    )


@dataclass(frozen=True, slots=True)
class MatchedWork:
    """A work that has a match, and the part of it that matches.

    Attributes:
        member: the work.
        start: token offset into the work.
        end: token offset into the work, exclusive.
        place: where the tokens are; None for a short work.
    """

    member: Member
    start: int
    end: int
    place: WorkSpan | None


def select_sources(holders: Iterable[MatchedWork], weighing: Weighing) -> tuple[MatchedWork, ...]:
    """Return the works that are named, the origin first: each once, and at most `MAX_SOURCES`.

    Of more works the first of each class of duties is named, then those that came into the database first, of each
    creator one before any second one, and the first with each claim that decides: so nobody pushes another's work out
    by adding many.
    """
    ranked = sorted(holders, key=lambda each: weighing.rank(each.member))
    ranked = list({each.member.key: each for each in reversed(ranked)}.values())[::-1]
    if len(ranked) <= MAX_SOURCES:
        return tuple(ranked)
    first_of_claims = {HolderClaim.of(each.member): each for each in reversed(ranked)}
    claimants = [each for claim, each in first_of_claims.items() if claim in weighing.deciding]
    # sorted is stable, so works of one batch stay in their order
    by_coming = sorted(ranked, key=lambda each: each.member.added_by)
    works_of_creator: Counter[str] = Counter()
    turns: list[int] = []
    for each in by_coming:
        works_of_creator[each.member.creator] += 1
        turns.append(works_of_creator[each.member.creator])
    in_turn = [by_coming[nth] for nth in sorted(range(len(ranked)), key=turns.__getitem__)]
    claimants.sort(key=lambda each: weighing.rank(each.member))
    first_of_classes = {HolderClaim.of(each.member).duties: each for each in reversed(claimants)}
    # half of the places are for those that came first: sixty claims must not push them out either
    order = chain(ranked[:1], first_of_classes.values(), in_turn[: MAX_SOURCES // 2], claimants, in_turn)
    named = set(islice(dict.fromkeys(each.member.key for each in order), MAX_SOURCES))
    return tuple(each for each in ranked if each.member.key in named)
