"""What is commonplace: short wording that many unrelated works have, each in surroundings of its own.

What is copied most is recited most, so that many have a passage does not make it nobody's. Copies bring some of what
stands around them along; a proverb, a banner or an error message stands among other words in each work. So the voices
of a passage are counted: works of one family (`catalogue.families`) are one voice, and so are works that have the same
tokens just before it or just after it. Where a voice's earliest work consists of the passage by half, it may well be
the author's, as a poem in a blog of its own is.

Wording that says little, in this database, is judged by its information, and not here.

An example: of nine works with a passage of 40 tokens four are one family, and a fifth has the eight tokens before it
that one of these has. The other four stand alone: five voices in all.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, islice

from provenance.check.holders import MatchedWork
from provenance.index import Segment
from provenance.works import Keep

AROUND = 8
"""Tokens before and after a passage that are compared."""
_LEAST_AROUND = 4
"""Fewer tokens, at the start or end of a work, prove nothing."""
_LARGE_PART = 0.5
MOST = 64
"""Works with a passage that are compared."""


@dataclass(frozen=True, slots=True)
class CommonplaceRule:
    """The rule that tells which wording is commonplace in one library.

    Attributes:
        segments: the open ones, by name.
        longest: the longest passage that may be commonplace, in tokens.
        voices: how many there are to be at least.
    """

    segments: Mapping[str, Segment]
    longest: int
    voices: int

    def may_include(self, length: int, families: int) -> bool:
        """Return whether a passage may be commonplace, of which only its length and its families are known."""
        return length <= self.longest and families >= self.voices

    def includes(self, length: int, holders: Iterable[MatchedWork]) -> bool:
        """Return whether a passage is commonplace.

        Args:
            length: that of the passage, in tokens.
            holders: works that have it, and where; of more than `MOST` the first are looked at.
        """
        groups = group_voices(list(islice(holders, MOST)), self.segments)
        if len(groups) < self.voices or len({each.member.creator for group in groups for each in group}) < self.voices:
            return False
        earliest = chain.from_iterable(_select_earliest(group) for group in groups)
        return all(length < _LARGE_PART * _measure_work(holder, self.segments) for holder in earliest)


def _select_earliest(group: Sequence[MatchedWork]) -> Iterator[MatchedWork]:
    """Yield the work of a voice that says it is the earliest, and the one that was there first.

    Both, because a year is a claim like others: a later work must not take the place of the author's by an early one.
    """
    members = [(holder.member, holder) for holder in group]
    yield min(members, key=lambda each: (each[0].year is None, each[0].year or 0, each[0].key))[1]
    yield min(members, key=lambda each: (each[0].added_by, each[0].key))[1]


def _measure_work(holder: MatchedWork, segments: Mapping[str, Segment]) -> int:
    """Return the length of a work, in tokens; a short work consists of what it matches."""
    if holder.place is None or holder.place.segment not in segments:
        return holder.end - holder.start
    begin, end = segments[holder.place.segment].starts[holder.place.ordinal : holder.place.ordinal + 2].tolist()
    return int(end - begin)


def group_voices(holders: Sequence[MatchedWork], segments: Mapping[str, Segment]) -> list[list[MatchedWork]]:
    """Return the works of each voice: those that share a trait, directly or through others."""
    voices: list[tuple[set[tuple[str, object]], list[MatchedWork]]] = []
    for holder in holders:
        traits, works = set(_list_traits(holder, segments)), [holder]
        apart = []
        for theirs, group in voices:
            if traits.isdisjoint(theirs):
                apart.append((theirs, group))
            else:
                traits |= theirs
                works += group
        voices = [*apart, (traits, works)]
    return [works for _, works in voices]


def _list_traits(holder: MatchedWork, segments: Mapping[str, Segment]) -> Iterator[tuple[str, object]]:
    """Yield what makes a work one voice with others: its family, and what stands around the passage."""
    yield ("family", holder.member.family)
    if holder.place is None or holder.place.segment not in segments:
        return
    segment = segments[holder.place.segment]
    if segment.footer.keep is Keep.FINGERPRINTS:
        return
    for side, around in zip(("before", "after"), _read_around(segment, holder.place.ordinal, holder), strict=True):
        if len(around) >= _LEAST_AROUND * 2:  # in bytes
            yield (side, around)


def _read_around(segment: Segment, ordinal: int, holder: MatchedWork) -> tuple[bytes, bytes]:
    """Return the tokens just before and just after a passage in a work; fewer where the work begins or ends."""
    begin, end = segment.starts[ordinal : ordinal + 2].tolist()
    first, last = begin + holder.start, begin + holder.end
    before = segment.tokens[max(begin, first - AROUND) : first]
    after = segment.tokens[last : min(end, last + AROUND)]
    return before.tobytes(), after.tobytes()
