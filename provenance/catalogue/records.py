"""What goes into the catalogue and what comes out of it, besides the values of `provenance.works`.

Values only: nothing here knows a table or a file.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypedDict

from provenance.errors import UsageError
from provenance.works import Claim, Keep, Role, Signal

_YEARS = range(-(2**31), 2**31)
_UNSIGNED_64 = 2**64


def in_utc(moment: datetime) -> datetime:
    """Return the moment in UTC; one without a time zone counts as UTC."""
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def signed(fingerprint: int) -> int:
    """Return an unsigned 64-bit number as SQL stores it, which has no such numbers; `unsigned` gives it back."""
    return fingerprint - _UNSIGNED_64 if fingerprint >= _UNSIGNED_64 // 2 else fingerprint


def unsigned(stored: int) -> int:
    """Return the unsigned 64-bit number that was stored as a signed one."""
    return stored % _UNSIGNED_64


@dataclass(frozen=True, slots=True)
class SegmentRecord:
    """One live index file.

    Attributes:
        works, tokens: how many it holds. size: of the file, in bytes. tokenizer: the SHA-256 of the model it was built
        with. digest: the checksum of its content.
    """

    name: str
    works: int
    tokens: int
    size: int
    tokenizer: str
    digest: str


@dataclass(frozen=True, slots=True)
class Location:
    """Where a work's content lies: the `ordinal`-th content of a segment."""

    segment: str
    ordinal: int


@dataclass(frozen=True, slots=True)
class Phrase:
    """A content too short to be winnowed.

    Attributes:
        tokens, text: as little-endian uint16, and the text where that is kept. fingerprint, length: where not even the
        tokens are kept, one unsigned 64-bit fingerprint of all of them, and how many they are.
    """

    tokens: bytes
    text: str | None
    fingerprint: int | None = None
    length: int | None = None


Stored = Location | Phrase
"""Where the content of a work is found again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """What is known at a glance of a work that has its content at some place.

    Attributes:
        demands: how much its licence asks for, 0 where nobody's rights are left. creator: who it stands for: a creator,
        else a host, else a collection. carried: does its id say that it is a copy which another work carries along?
    """

    key: int
    demands: int
    year: int | None
    creator: str
    role: Role = Role.WORK
    carried: bool = False

    @property
    def free(self) -> bool:
        """Are nobody's rights left?"""
        return self.demands == 0

    @property
    def boilerplate(self) -> bool:
        """Has the operator marked it as everybody's?"""
        return self.role is Role.BOILERPLATE

    def precedence(self) -> tuple[bool | int, ...]:
        """Return what to sort by: boilerplate comes first, then the free, those that no other work carries along, the
        earliest (those without a year last), those whose licence asks for the least, and then by key.
        """
        undated = self.year is None
        return not self.boilerplate, not self.free, self.carried, undated, self.year or 0, self.demands, self.key


@dataclass(frozen=True, slots=True)
class Holding:
    """The live works that have their content at one place.

    Attributes:
        first: in order of precedence, those that are named. works: how many there are in all. creators: how many
        unrelated creators those have.
    """

    first: tuple[Member, ...]
    works: int
    creators: int


@dataclass(frozen=True, slots=True, kw_only=True)
class NewWork:
    """A work about to be committed.

    Attributes:
        key, id, collection: see `provenance.works.work_key`. content_hash: BLAKE2b of the text, 16 bytes.
        claims: what is known about the licence. stored: where the content lies; several works may share a place.
        role: what it is to a check.

    Raises:
        UsageError: the year is no year that a database can hold.
    """

    key: int
    id: str
    collection: str
    title: str | None
    authors: tuple[str, ...]
    year: int | None
    source: str | None
    copyright: str | None
    notice: str | None
    language: str | None
    content_hash: bytes
    tokens: int
    characters: int
    keep: Keep
    place: str | None
    claims: tuple[Claim, ...]
    signals: tuple[Signal, ...]
    stored: Stored
    role: Role = Role.WORK

    def __post_init__(self) -> None:
        if self.year is not None and self.year not in _YEARS:
            raise UsageError(
                f"work {self.id!r}: {self.year} is not a year; give a number such as 1851, or leave it out"
            )


@dataclass(frozen=True, slots=True)
class Canary:
    """A fingerprint (unsigned 64-bit) that must be found at a position of a segment, or the segment is damaged."""

    segment: str
    fingerprint: int
    position: int

    def __post_init__(self) -> None:
        if not 0 <= self.fingerprint < _UNSIGNED_64:
            raise UsageError(f"canary of segment {self.segment!r}: {self.fingerprint} is not an unsigned 64-bit number")


@dataclass(frozen=True, slots=True)
class Batch:
    """What one transaction adds: all of it or nothing.

    Attributes:
        unused: contents of the segments that no work has, because a later document took its name. Every other content
            has one, so that a catalogue that names none is damaged.
    """

    works: tuple[NewWork, ...] = ()
    segments: tuple[SegmentRecord, ...] = ()
    canaries: tuple[Canary, ...] = ()
    unused: tuple[Location, ...] = ()


@dataclass(frozen=True, slots=True)
class Replacement:
    """Segments that take the place of others.

    Attributes:
        old: names of those that go. segments, canaries: those that come. moves: for each content of an old segment
            that a live work has, where it lies now.
    """

    old: tuple[str, ...]
    segments: tuple[SegmentRecord, ...]
    canaries: tuple[Canary, ...]
    moves: Mapping[Location, Location]


@dataclass(frozen=True, slots=True)
class Commit:
    """What a committed batch did. `revision` is the database's number from then on."""

    revision: int
    added: int
    replaced: int


@dataclass(frozen=True, slots=True)
class State:
    """One consistent view of what is to be searched.

    Attributes:
        works, tokens: of all works; a content that two works share counts for both.
        indexed_at: when works were last committed; None where that never happened.
        dead: for each segment that has some, the ordinals that no live work uses any more.
    """

    revision: int
    works: int
    tokens: int
    indexed_at: datetime | None
    segments: tuple[SegmentRecord, ...]
    dead: Mapping[str, frozenset[int]]
    canaries: tuple[Canary, ...]


class Statistics(TypedDict):
    """Counts for people: works for each status, collection and licence (the 20 most frequent), and creators."""

    works: int
    tokens: int
    statuses: dict[str, int]
    collections: dict[str, int]
    licences: dict[str, int]
    creators: int
