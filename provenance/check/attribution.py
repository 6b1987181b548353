"""In how many works does each stretch of a text stand, by how many creators, and which of the works come first?

A work holds a stretch if it holds it exactly, or within a longer one. A near copy holds what lies within one of its
equal stretches. Works that share a creator are counted as one creator.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import reduce
from operator import or_

from provenance.catalogue import Holding, Location, Member
from provenance.check.work_cache import Register
from provenance.fingerprints import GUARANTEE
from provenance.match import Match, Place

MAX_SOURCES = 50
"""How many works a stretch names; the one that it is credited to is always among them."""


@dataclass(frozen=True, slots=True)
class Holder:
    """A work that a stretch matches, and the tokens of the work that it matches. `place` is None for a phrase."""

    member: Member
    start: int
    end: int
    place: Place | None


@dataclass(frozen=True, slots=True)
class Standing:
    """A match with the works that have it.

    Attributes:
        holders: the first of them, in order of precedence. works, creators: how many there are in all: of works at
        most so many, and of creators at least, where a look-up gives only some of the contents and counts the others.
        whole: how many of the holders, the first, have all of the stretch, or so much that it is the same wording.
    """

    match: Match
    holders: tuple[Holder, ...]
    works: int
    creators: int
    whole: int

    @property
    def origin(self) -> Member:
        """The work that the stretch is credited to."""
        return self.holders[0].member

    def with_holders(self, others: Iterable[Holder]) -> Standing:
        """Return the same, naming other works too."""
        named = {holder.member.key for holder in self.holders}
        more = tuple(holder for holder in others if holder.member.key not in named)
        return replace(self, holders=(self.holders + more)[:MAX_SOURCES]) if more else self

    def with_edition(self, other: Standing) -> Standing:
        """Return the same, as the wording of another stretch's works too: an earlier one of them is then the origin."""
        ours = self.holders[: self.whole]
        named = {holder.member.key for holder in ours}
        same = (*ours, *(holder for holder in other.holders[: other.whole] if holder.member.key not in named))
        first = tuple(heapq.nsmallest(MAX_SOURCES, same, key=_precedence))
        rest = replace(self, holders=first, whole=len(first))
        return rest.with_holders((*self.holders[self.whole :], *other.holders[other.whole :]))


@dataclass(frozen=True, slots=True)
class _Crowd:
    """Works and creators as sets of numbers, each set the bits of one integer; and places with more than are read."""

    works: int
    creators: int
    places: frozenset[tuple[Location, Holding]] = frozenset()

    def __or__(self, other: _Crowd) -> _Crowd:
        return _Crowd(self.works | other.works, self.creators | other.creators, self.places | other.places)

    def sizes(self) -> tuple[int, int]:
        """Return how many works and creators these are; of creators at least so many, where places have too many."""
        unread = sum(holding.works - len(holding.first) for _, holding in self.places)
        creators = max((holding.creators for _, holding in self.places), default=0)
        return self.works.bit_count() + unread, max(self.creators.bit_count(), creators)


class _Numbers(dict[object, int]):
    """Gives each new thing the next number."""

    def __missing__(self, thing: object) -> int:
        self[thing] = number = len(self)
        return number


def standings(found: Iterable[Match], register: Register) -> tuple[tuple[Standing, ...], bool]:
    """Return a standing for each match that a live work has, and whether every place and phrase has a work.

    Args:
        found: in order of the text.
    """
    matches = tuple(found)
    places = {_location(place) for match in matches for place in match.places}
    holdings = register.holdings(places)
    phrases = {key for match in matches for key in match.phrases}
    members = register.members(phrases)
    held = [(match, those) for match in matches if (those := tuple(_holders(match, holdings, members)))]
    crowds = list(_crowds(held, holdings))
    sizes = _sizes([match for match, _ in held], crowds)
    complete = len(members) == len(phrases) and all(holding.works for holding in holdings.values())
    return tuple(_standing(*each, *size) for each, size in zip(held, sizes, strict=True)), complete


def _standing(match: Match, those: tuple[Holder, ...], works: int, creators: int) -> Standing:
    first = tuple(heapq.nsmallest(MAX_SOURCES, those, key=_precedence))
    return Standing(match, first, works, creators, len(first))


def _sizes(matches: list[Match], crowds: list[_Crowd]) -> Iterator[tuple[int, int]]:
    """Yield the numbers of works and creators that hold each match, with works that a look-up had only counted."""
    for match, own, around in zip(matches, crowds, _with_those_around(matches, crowds), strict=True):
        works, creators = around.sizes()
        counted = match.unnamed - (around.works & ~own.works).bit_count()  # those around are among the counted
        yield works + max(0, counted), creators


def _location(place: Place) -> Location:
    return Location(place.segment, place.ordinal)


def _precedence(holder: Holder) -> tuple[bool | int, ...]:
    return holder.member.precedence()


def _holders(match: Match, holdings: Mapping[Location, Holding], members: Mapping[int, Member]) -> Iterator[Holder]:
    for place in match.places:
        for member in holdings[_location(place)].first:
            yield Holder(member, place.start, place.end, place)
    for key in match.phrases:
        if key in members:
            yield Holder(members[key], 0, match.end - match.start, None)


def _crowds(held: list[tuple[Match, tuple[Holder, ...]]], holdings: Mapping[Location, Holding]) -> Iterator[_Crowd]:
    works, creators = _Numbers(), _Numbers()
    for match, holders in held:
        here = ((location, holdings[location]) for location in map(_location, match.places))
        yield _Crowd(
            _bits({works[holder.member.key] for holder in holders}),
            _bits({creators[holder.member.creator] for holder in holders}),
            frozenset(each for each in here if each[1].works > len(each[1].first)),
        )


def _bits(numbers: Iterable[int]) -> int:
    return reduce(or_, (1 << number for number in numbers), 0)


def _with_those_around(matches: list[Match], crowds: list[_Crowd]) -> Iterator[_Crowd]:
    """Yield, for each match, its works with those that hold it within a longer stretch."""
    runs = sorted(
        ((start, end, number) for number, match in enumerate(matches) for start, end in _equal(match)), reverse=True
    )
    around: list[tuple[int, int]] = []
    for number, match in enumerate(matches):
        while runs and runs[-1][0] <= match.start:
            around.append(runs.pop()[1:])
        around = [each for each in around if each[0] > match.start]
        yield reduce(or_, (crowds[other] for end, other in around if end >= match.end), crowds[number])


def _equal(match: Match) -> Iterator[tuple[int, int]]:
    if not match.stretches:
        yield match.start, match.end
    yield from (each for each in match.stretches if each[1] - each[0] >= GUARANTEE)
