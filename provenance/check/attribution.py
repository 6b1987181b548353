"""Attribution of matches: which works have each, how many, in how many families, and whose claims decide.

A work has a match exactly, or within a longer one. A near copy has what is within one of its equal stretches. Works
that share a creator count as one family, as copies of one text do.

Example: the tokens 0 to 40 match the works A and B, the tokens 10 to 30 the work C. The first match has 2 works, the
second 3, since A and B contain it too; only C is among its own `sources`, unless A or B contradicts it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import reduce
from itertools import chain
from operator import or_
from typing import TypeVar

from provenance.catalogue import Holding, Location, Member
from provenance.check.commonplace import CommonplaceRule
from provenance.check.holders import MAX_SOURCES, HolderClaim, MatchedWork, Weighing, select_sources, weigh
from provenance.check.work_cache import WorkCache
from provenance.match import Match
from provenance.thresholds import LEAST_RUN

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class AttributedMatch:
    """A match with the works that have it.

    Attributes:
        match: the match.
        sources: the works that are named, the origin first.
        works: how many works have it; an upper bound where the look-up was truncated.
        families: how many unrelated voices these are; a lower bound where the look-up was truncated.
        whole: how many of the sources, the first ones, have all of the match, or enough of it to be the same wording.
        weighing: whose claims decide.
        is_commonplace: whether the wording is nobody's own.
    """

    match: Match
    sources: tuple[MatchedWork, ...]
    works: int
    families: int
    whole: int
    weighing: Weighing
    is_commonplace: bool

    @property
    def origin(self) -> Member:
        """The work that the match is credited to."""
        return self.sources[0].member

    @property
    def silences_others(self) -> bool:
        """Whether the wording is free or boilerplate for all, by the word of a work that the operator vouches for."""
        return self.weighing.is_earned and (self.weighing.is_free or self.weighing.is_boilerplate)

    def select_claimants(self, *, by_creator: bool = False) -> tuple[MatchedWork, ...]:
        """Return the first work with each claim that decides, in order.

        Args:
            by_creator: return the first of each creator with each claim, for a policy that asks who that is.
        """
        first: dict[tuple[HolderClaim, str], MatchedWork] = {}
        for source in self.sources[: self.whole]:
            if (claim := HolderClaim.of(source.member)) in self.weighing.deciding:
                first.setdefault((claim, source.member.creator if by_creator else ""), source)
        return tuple(first.values())

    def with_sources(self, others: Iterable[MatchedWork]) -> AttributedMatch:
        """Return the same match, naming works that have a part of it too, after its own."""
        more = select_sources((*self.sources[self.whole :], *others), self.weighing)
        named = {source.member.key for source in self.sources[: self.whole]}
        parts = tuple(source for source in more if source.member.key not in named)
        return replace(self, sources=(self.sources[: self.whole] + parts)[:MAX_SOURCES])

    def with_edition(self, other: AttributedMatch) -> AttributedMatch:
        """Return the same match, as the wording of another match's works too."""
        whole = (*self.sources[: self.whole], *other.sources[: other.whole])
        weighing = weigh(frozenset(HolderClaim.of(each.member) for each in whole)).settle(whole).note_copies(whole)
        same = select_sources(whole, weighing)
        merged = replace(self, sources=same, whole=len(same), weighing=weighing)
        return merged.with_sources((*self.sources[self.whole :], *other.sources[other.whole :]))


@dataclass(frozen=True, slots=True)
class _WorkSet:
    """Works of a match, their families, creators and claims.

    Texts of boilerplate have thousands of matches with thousands of works each, and every match is united with those
    that contain it. So each set is the bits of one integer, whose union is one operation.

    Attributes:
        works: the bits of the works.
        families: the bits of their families.
        creators: the bits of their creators.
        claims: the bits of what they claim.
        truncated: places whose works were not all read.
    """

    works: int
    families: int
    creators: int
    claims: int
    truncated: frozenset[tuple[Location, Holding]] = frozenset()

    def __or__(self, other: _WorkSet) -> _WorkSet:
        return _WorkSet(
            self.works | other.works, self.families | other.families, self.creators | other.creators,
            self.claims | other.claims, self.truncated | other.truncated,
        )  # fmt: skip


class _Numbers(dict[T, int]):
    """Gives each new thing the next number."""

    def __missing__(self, thing: T) -> int:
        self[thing] = number = len(self)
        return number

    def to_bits(self, things: Iterable[T]) -> int:
        """Return a set of things as the bits of an integer."""
        return reduce(or_, (1 << self[thing] for thing in things), 0)

    def from_bits(self, bits: int) -> frozenset[T]:
        """Return the things of a set."""
        return frozenset(thing for thing, number in self.items() if bits >> number & 1)


class _Numbering:
    """Numbers of all that the matches of one text have in common."""

    def __init__(self) -> None:
        self._works, self._families = _Numbers[int](), _Numbers[int]()
        self._creators, self._claims = _Numbers[str](), _Numbers[HolderClaim]()
        self._weighed: dict[int, Weighing] = {}

    def make_set(self, works: Sequence[MatchedWork], holdings: Mapping[Location, Holding]) -> _WorkSet:
        """Return the set of the works of one match."""
        members = {source.member.key: source.member for source in works}.values()
        places = {Location(place.segment, place.ordinal) for source in works if (place := source.place)}
        truncated = ((place, holdings[place]) for place in places)
        return _WorkSet(
            self._works.to_bits(member.key for member in members),
            self._families.to_bits({member.family for member in members}),
            self._creators.to_bits({member.creator for member in members}),
            self._claims.to_bits({HolderClaim.of(member) for member in members}),
            frozenset(each for each in truncated if each[1].works > len(each[1].members)),
        )

    def weigh(self, holders: _WorkSet) -> Weighing:
        """Return whose claims decide among works."""
        if holders.claims not in self._weighed:
            self._weighed[holders.claims] = weigh(self._claims.from_bits(holders.claims))
        return self._weighed[holders.claims]


def attribute_matches(
    found: Iterable[Match], cache: WorkCache, common: CommonplaceRule
) -> tuple[tuple[AttributedMatch, ...], bool]:
    """Return each match that a live work has, with its works, and whether every place and short work has a work.

    Args:
        found: in order of the text.
        cache: knows the works.
        common: tells which wording is commonplace.
    """
    matches = tuple(found)
    holdings = cache.holdings({Location(place.segment, place.ordinal) for match in matches for place in match.places})
    short_works = {key for match in matches for key in match.short_works}
    members = cache.members(short_works)
    held: list[tuple[Match, list[MatchedWork]]] = []
    for match in matches:
        works = [
            MatchedWork(member, place.start, place.end, place)
            for place in match.places
            for member in holdings[Location(place.segment, place.ordinal)].members
        ]
        length = match.end - match.start
        works += [MatchedWork(members[key], 0, length, None) for key in match.short_works if key in members]
        if works:
            held.append((match, works))
    attributed, numbering = [], _Numbering()
    own = [numbering.make_set(works, holdings) for _, works in held]
    for number, around in enumerate(_find_containing_matches([match for match, _ in held])):
        (match, works), united = held[number], reduce(or_, (own[other] for other in around), own[number])
        # An iterator for each use, since most uses do not look: there may be thousands of works around each match.
        of_own, of_dispute, of_copies, of_voices = (chain(works, _cut_to_part(match, around, held)) for _ in range(4))
        weighing = numbering.weigh(united).settle(of_dispute).note_copies(of_copies)
        if united.claims == own[number].claims:
            named = select_sources(works, weighing)
        else:  # the works of longer matches are named too if none of a match's own works makes a claim that decides
            missing = weighing.deciding.difference(HolderClaim.of(each.member) for each in works)
            own_keys = {each.member.key for each in works}
            named = select_sources(
                (each for each in of_own if each.member.key in own_keys or HolderClaim.of(each.member) in missing),
                weighing,
            )
        length, families = match.end - match.start, min(united.families.bit_count(), united.creators.bit_count())
        is_commonplace = common.may_include(length, families) and common.includes(length, of_voices)
        unread = sum(holding.works - len(holding.members) for _, holding in united.truncated)
        # the works that the search only counted include those of the matches around this one
        unnamed = match.unnamed - (united.works & ~own[number].works).bit_count()
        attributed.append(
            AttributedMatch(
                match, named, works=united.works.bit_count() + unread + max(0, unnamed),
                families=families, whole=len(named),
                weighing=weighing, is_commonplace=is_commonplace,
            )
        )  # fmt: skip
    complete = len(members) == len(short_works) and all(holding.works for holding in holdings.values())
    return tuple(attributed), complete


def _cut_to_part(
    part: Match, around: Iterable[int], held: Sequence[tuple[Match, list[MatchedWork]]]
) -> Iterator[MatchedWork]:
    """Yield the works of longer matches, with that part of them which a shorter one has.

    Args:
        part: the shorter match.
        around: the numbers of the longer ones.
        held: all matches and their works.
    """
    for outer, works in (held[number] for number in around):
        for each in works:
            # in a near copy the offsets of an equal part may be a few words off, so all of the copy is given
            first = each.start if outer.stretches else each.start + part.start - outer.start
            last = each.end if outer.stretches else first + part.end - part.start
            yield replace(each, start=first, end=last)


def _find_containing_matches(matches: Sequence[Match]) -> Iterator[list[int]]:
    """Yield, for each match, the numbers of those that contain it."""
    # the equal parts of all matches: each contains what lies within it, if it is long enough to be found by itself
    equal_parts = [
        (start, end, number)
        for number, match in enumerate(matches)
        for start, end in (match.stretches or ((match.start, match.end),))
        if not match.stretches or end - start >= LEAST_RUN
    ]
    equal_parts.sort(reverse=True)
    around: list[tuple[int, int]] = []  # (end, number) of the parts that have begun and not ended
    for number, match in enumerate(matches):
        while equal_parts and equal_parts[-1][0] <= match.start:
            around.append(equal_parts.pop()[1:])
        around = [each for each in around if each[0] > match.start]
        yield [other for end, other in around if end >= match.end and other != number]
