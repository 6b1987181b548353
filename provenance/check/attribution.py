"""Attribution of matches: in how many works each is, by how many creators, and which of the works come first.

A work has a match exactly, or within a longer one. A near copy has what is within one of its equal stretches. Works
that share a creator are counted as one creator.

Example: the tokens 0 to 40 match the works A and B, the tokens 10 to 30 the work C. The first match has 2 works, the
second 3, since A and B contain it too; only C is among its own `sources`.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import reduce
from operator import or_

from provenance.catalogue import Holding, Location, Member
from provenance.check.work_cache import WorkCache
from provenance.fingerprints import GUARANTEE
from provenance.match import Match, WorkSpan

MAX_SOURCES = 50
"""How many works of a match are named; the one that it is credited to is always among them."""


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

    def precedence(self) -> tuple[bool | int, ...]:
        """Return the key that sorts works; the first is the origin."""
        return self.member.precedence()


@dataclass(frozen=True, slots=True)
class AttributedMatch:
    """A match with the works that have it.

    Attributes:
        match: the match.
        sources: the first of the works, in order of precedence.
        works: how many works have it; an upper bound where the look-up was truncated.
        creators: how many creators these have; a lower bound where the look-up was truncated.
        whole: how many of the sources, the first ones, have all of the match, or enough of it to be the same wording.
    """

    match: Match
    sources: tuple[MatchedWork, ...]
    works: int
    creators: int
    whole: int

    @property
    def origin(self) -> Member:
        """The work that the match is credited to."""
        return self.sources[0].member

    def with_sources(self, others: Iterable[MatchedWork]) -> AttributedMatch:
        """Return the same match, naming other works too, after its own."""
        named = {source.member.key for source in self.sources}
        more = tuple(source for source in others if source.member.key not in named)
        return replace(self, sources=(self.sources + more)[:MAX_SOURCES]) if more else self

    def with_edition(self, other: AttributedMatch) -> AttributedMatch:
        """Return the same match, as the wording of another match's works too: the earliest of all is the origin."""
        ours = self.sources[: self.whole]
        named = {source.member.key for source in ours}
        same = (*ours, *(source for source in other.sources[: other.whole] if source.member.key not in named))
        first = tuple(heapq.nsmallest(MAX_SOURCES, same, key=MatchedWork.precedence))
        merged = replace(self, sources=first, whole=len(first))
        return merged.with_sources((*self.sources[self.whole :], *other.sources[other.whole :]))


@dataclass(frozen=True, slots=True)
class _WorkSet:
    """Works and creators of a match.

    Texts of boilerplate have thousands of matches with thousands of works each, and every match is united with those
    that contain it. So each set is the bits of one integer, whose union is one operation.

    Attributes:
        works: the bits of the works.
        creators: the bits of their creators.
        truncated: places whose works were not all read.
    """

    works: int
    creators: int
    truncated: frozenset[tuple[Location, Holding]] = frozenset()

    def __or__(self, other: _WorkSet) -> _WorkSet:
        return _WorkSet(self.works | other.works, self.creators | other.creators, self.truncated | other.truncated)


class _Numbers(dict[object, int]):
    """Gives each new thing the next number."""

    def __missing__(self, thing: object) -> int:
        self[thing] = number = len(self)
        return number

    def to_bits(self, things: Iterable[object]) -> int:
        """Return a set of things as the bits of an integer."""
        return reduce(or_, (1 << self[thing] for thing in things), 0)


def attribute_matches(found: Iterable[Match], cache: WorkCache) -> tuple[tuple[AttributedMatch, ...], bool]:
    """Return each match that a live work has, with its works, and whether every place and short work has a work.

    Args:
        found: in order of the text.
        cache: knows the works.
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
            for member in holdings[Location(place.segment, place.ordinal)].first
        ]
        length = match.end - match.start
        works += [MatchedWork(members[key], 0, length, None) for key in match.short_works if key in members]
        if works:
            held.append((match, works))
    attributed = []
    for (match, works), (own, united) in zip(held, _unite_work_sets(held, holdings), strict=True):
        first = tuple(heapq.nsmallest(MAX_SOURCES, works, key=MatchedWork.precedence))
        unread = sum(holding.works - len(holding.first) for _, holding in united.truncated)
        # the works that the search only counted include those of the matches around this one
        unnamed = match.unnamed - (united.works & ~own.works).bit_count()
        creators = max((holding.creators for _, holding in united.truncated), default=0)
        attributed.append(
            AttributedMatch(
                match,
                first,
                works=united.works.bit_count() + unread + max(0, unnamed),
                creators=max(united.creators.bit_count(), creators),
                whole=len(first),
            )
        )
    complete = len(members) == len(short_works) and all(holding.works for holding in holdings.values())
    return tuple(attributed), complete


def _unite_work_sets(
    held: list[tuple[Match, list[MatchedWork]]], holdings: Mapping[Location, Holding]
) -> Iterator[tuple[_WorkSet, _WorkSet]]:
    """Yield, for each match, the set of its own works, and the same with the works of the matches that contain it."""
    works, creators = _Numbers(), _Numbers()
    own: list[_WorkSet] = []
    for match, sources in held:
        places = {Location(place.segment, place.ordinal) for place in match.places}
        truncated = ((place, holdings[place]) for place in places)
        own.append(
            _WorkSet(
                works.to_bits({source.member.key for source in sources}),
                creators.to_bits({source.member.creator for source in sources}),
                frozenset(each for each in truncated if each[1].works > len(each[1].first)),
            )
        )
    # the equal parts of all matches: each contains what lies within it, if it is long enough to be found by itself
    equal_parts = [
        (start, end, number)
        for number, (match, _) in enumerate(held)
        for start, end in (match.stretches or ((match.start, match.end),))
        if not match.stretches or end - start >= GUARANTEE
    ]
    equal_parts.sort(reverse=True)
    around: list[tuple[int, int]] = []  # (end, number) of the parts that have begun and not ended
    for number, (match, _) in enumerate(held):
        while equal_parts and equal_parts[-1][0] <= match.start:
            around.append(equal_parts.pop()[1:])
        around = [each for each in around if each[0] > match.start]
        yield own[number], reduce(or_, (own[other] for end, other in around if end >= match.end), own[number])
