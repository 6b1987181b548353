"""Values that go into the catalogue and come out of it, besides those of `provenance.works`.

Values only: nothing here knows a table or a file.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any, TypedDict

from provenance.errors import UsageError
from provenance.works import DEFAULT_COLLECTION, Claim, Keep, LicenceStatus, Role, Signal

_YEARS = range(-(2**31), 2**31)
_UNSIGNED_64 = 2**64


def in_utc(moment: datetime) -> datetime:
    """Return the moment in UTC; one without a time zone counts as UTC."""
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def signed(fingerprint: int) -> int:
    """Return an unsigned 64-bit number as a signed one, which SQL can store; `unsigned` gives it back."""
    return fingerprint - _UNSIGNED_64 if fingerprint >= _UNSIGNED_64 // 2 else fingerprint


def unsigned(stored: int) -> int:
    """Return the unsigned 64-bit number that was stored as a signed one."""
    return stored % _UNSIGNED_64


@dataclass(frozen=True, slots=True)
class SegmentRecord:
    """One live index file.

    Attributes:
        name: that of the file.
        works: their number.
        tokens: their number.
        size: of the file, in bytes.
        tokenizer: the SHA-256 of the model it was built with.
        digest: the checksum of its content.
    """

    name: str
    works: int
    tokens: int
    size: int
    tokenizer: str
    digest: str


@dataclass(frozen=True, slots=True)
class Location:
    """Where a work's content is: the `ordinal`-th content of a segment."""

    segment: str
    ordinal: int


@dataclass(frozen=True, slots=True)
class Phrase:
    """A content too short to be winnowed.

    Attributes:
        tokens: as little-endian uint16; empty where they are not kept.
        text: None where it is not kept.
        fingerprint: where the tokens are not kept, one unsigned 64-bit fingerprint of all of them.
        length: the number of the tokens, where they are not kept.
    """

    tokens: bytes
    text: str | None
    fingerprint: int | None = None
    length: int | None = None


Stored = Location | Phrase
"""Where the content of a work is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """The facts that decide which of the works with one content comes first.

    Attributes:
        key: that of the work.
        demands: how much its licence asks for, 0 where no rights are left.
        year: None where it is unknown.
        creator: the first-named creator, else a host, else a collection.
        status: how much is known about its licence.
        licence: its SPDX expression, or the string as given.
        collection: the set that it was ingested in.
        trusted: does the operator vouch for what it says of itself, or a curator for its licence?
        family: the copies of one text that it is one of.
        added_by: the batch that brought it; earlier works have lower numbers.
        inherited: does its licence rest on nothing of its own, but on the LICENSE file of a folder or on `--licence`?
        role: what the work is to a check.
        carried: is it a copy in the folder of another work, such as vendored code?
        copyright: its copyright lines, verbatim.
    """

    key: int
    demands: int
    year: int | None
    creator: str
    status: LicenceStatus = LicenceStatus.UNKNOWN
    licence: str | None = None
    collection: str = DEFAULT_COLLECTION
    trusted: bool = False
    family: int = 0
    added_by: int = 0
    inherited: bool = False
    role: Role = Role.WORK
    carried: bool = False
    copyright: str | None = None

    @property
    def free(self) -> bool:
        """Is it free of rights?"""
        return self.demands == 0

    @property
    def boilerplate(self) -> bool:
        """Has the operator marked it as boilerplate, which belongs to no one?"""
        return self.role is Role.BOILERPLATE and self.trusted

    def precedence(self) -> tuple[bool | int, ...]:
        """Return a sort key, for works whose claims weigh the same.

        Works that are not copies in another's folder come first, then the earliest (those without a year last), those
        whose licence asks for the least, and then by key.
        """
        # The database sorts by the same (`members._count_holdings`); a test holds the two against each other.
        undated = self.year is None
        return self.carried, undated, self.year or 0, self.demands, self.key


@dataclass(frozen=True, slots=True)
class Holding:
    """The live works that have their content at one place.

    Attributes:
        members: all of them, or of a crowd those that may be named: the first by precedence, those that came first,
            and the first with each claim.
        works: their number in all.
    """

    members: tuple[Member, ...]
    works: int


@dataclass(frozen=True, slots=True, kw_only=True)
class NewWork:
    """A work about to be committed.

    Attributes:
        key: see `provenance.works.work_key`.
        id: likewise.
        collection: likewise.
        content_hash: BLAKE2b of the text, 16 bytes.
        place: the file or record that the work was read from.
        claims: what is known about the licence.
        stored: where the content is; several works may share a place.
        role: what it is to a check.
        trusted: does the operator vouch for what it says of itself?
        label: the name that the record itself gives its collection.
        carried: as in `Member`.
        sketch: of the content, as `index.sketch` makes it; None for a phrase.

    Raises:
        UsageError: the year is not one that a database can hold.
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
    trusted: bool = False
    label: str | None = None
    carried: bool = False
    sketch: bytes | None = None

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
        works: the new works; of two with one key the later one counts.
        segments: the new segments.
        canaries: those of the new segments.
        unused: contents of the segments that no work has, because a document was given up since. Every other content
            has one, so that a catalogue that names none is damaged.
        what: a few words for it, such as the names of the ingested files.
        trusted: does the operator vouch for what the works say of themselves?
        left_out: the number of documents that were left out because they were withdrawn before.
        readmitted: the numbers of the tombstones that end with it.
    """

    works: tuple[NewWork, ...] = ()
    segments: tuple[SegmentRecord, ...] = ()
    canaries: tuple[Canary, ...] = ()
    unused: tuple[Location, ...] = ()
    what: str = ""
    trusted: bool = False
    left_out: int = 0
    readmitted: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Replacement:
    """Segments that take the place of others.

    Attributes:
        old: names of those that go.
        segments: those that come.
        canaries: those of the segments that come.
        moves: for each content of an old segment that a live work has, where it is now.
    """

    old: tuple[str, ...]
    segments: tuple[SegmentRecord, ...]
    canaries: tuple[Canary, ...]
    moves: Mapping[Location, Location]


@dataclass(frozen=True, slots=True, kw_only=True)
class Commit:
    """What a committed batch did.

    Attributes:
        revision: the database's revision from then on.
        batch: the batch's number; 0 where it changed nothing.
        added: the number of new works.
        replaced: the number of works that were there with another text.
        unchanged: the number of works that were there with the same text.
        licence_changed: the number of works that were there under another licence.
        title_changed: the number of works that were there under another title.
        distrusted: the number of works that were trusted before and are not any more.
    """

    revision: int
    batch: int = 0
    added: int = 0
    replaced: int = 0
    unchanged: int = 0
    licence_changed: int = 0
    title_changed: int = 0
    distrusted: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchSummary:
    """One ingest of the past.

    Attributes:
        id: its number.
        when: the moment of its commit.
        what: a few words for it, such as the names of the ingested files.
        trusted: did the operator vouch for what the works say of themselves?
        added: the number of new works.
        replaced: the number of works that were there with another text.
        unchanged: the number of works that were there with the same text.
        licence_changed: the number of works that were there under another licence.
        title_changed: the number of works that were there under another title.
        left_out: the number of documents that were left out because they were withdrawn before.
        undone_at: when it was undone; None where it was not.
    """

    id: int
    when: datetime
    what: str
    trusted: bool
    added: int
    replaced: int
    unchanged: int
    licence_changed: int
    title_changed: int
    left_out: int
    undone_at: datetime | None

    def to_dict(self) -> dict[str, Any]:
        """Return the batch in its JSON form."""
        undone = self.undone_at.isoformat() if self.undone_at else None
        return {**asdict(self), "when": self.when.isoformat(), "undone_at": undone}


@dataclass(frozen=True, slots=True, kw_only=True)
class UndoResult:
    """What the undoing of a batch did.

    Attributes:
        batch: the number of the batch.
        removed: the number of works that it had added, which are gone.
        restored: the number of works that it had changed, which are as before.
        kept: the ids of the works that it had changed and that stay as they are, because their earlier text has left
            the database.
        revision: that of the database after it.
    """

    batch: int
    removed: int
    restored: int
    kept: tuple[str, ...]
    revision: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Tombstone:
    """A work that was withdrawn, which later ingests leave out.

    Attributes:
        id: its number.
        work_key: the key of the work, see `provenance.works.work_key`.
        collection: the set that the work belonged to.
        source_id: the name of the work in its collection.
        source: where it came from; None where other works came from there too.
        content_hash: BLAKE2b of the text, 16 bytes.
        title: that of the work.
        reason: why it was withdrawn, as the operator put it.
        who: withdrew it.
        when: the moment of the withdrawal.
    """

    id: int
    work_key: int
    collection: str
    source_id: str
    source: str | None
    content_hash: bytes
    title: str | None
    reason: str | None
    who: str | None
    when: datetime

    def to_dict(self) -> dict[str, Any]:
        """Return the tombstone in its JSON form."""
        return {
            "key": f"{self.work_key:016x}", "collection": self.collection, "id": self.source_id,
            "source": self.source, "title": self.title, "reason": self.reason, "who": self.who,
            "when": self.when.isoformat(),
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class State:
    """One consistent view of what is to be searched.

    Attributes:
        revision: the number that every change raises.
        works: their number.
        tokens: of all works; a content that two works share counts for both.
        indexed_at: when works were last committed; None before the first commit.
        segments: those that are live.
        deleted: for each segment that has some, the ordinals that no live work uses any more.
        canaries: those of all segments.
    """

    revision: int
    works: int
    tokens: int
    indexed_at: datetime | None
    segments: tuple[SegmentRecord, ...]
    deleted: Mapping[str, frozenset[int]]
    canaries: tuple[Canary, ...]


class Statistics(TypedDict):
    """Counts for people: works for each status, collection and licence (the 20 most frequent), and creators.

    `trust` says of each collection whether its works are "trusted", "untrusted" or "partly trusted".
    """

    works: int
    tokens: int
    statuses: dict[str, int]
    collections: dict[str, int]
    trust: dict[str, str]
    licences: dict[str, int]
    creators: int
