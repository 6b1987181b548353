"""Changes of where the content of works is: registers segments and phrases, and takes content out of the search.

Functions of a connection inside a write transaction; none writes a segment file.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from sqlalchemy import Connection, bindparam, delete, select, update

from provenance.catalogue import inventory
from provenance.catalogue.bulk import insert_rows, update_rows
from provenance.catalogue.chunks import chunks
from provenance.catalogue.records import (
    Batch,
    Canary,
    Location,
    NewWork,
    Phrase,
    Replacement,
    SegmentRecord,
    Stored,
    signed,
)
from provenance.catalogue.tables import CanaryRow, PhraseRow, SegmentMemberRow, SegmentRow, table_of
from provenance.errors import UsageError

_NO_WORK = 0
"""The key in a member whose content never had a work."""


def add_segments(connection: Connection, batch: Batch) -> dict[str, int]:
    """Add the batch's segments and canaries; return the row number of every segment that the batch names."""
    named = {work.stored.segment for work in batch.works if isinstance(work.stored, Location)}
    return _add_segments(connection, batch.segments, batch.canaries, named)


def _add_segments(
    connection: Connection, segments: Iterable[SegmentRecord], canaries: Iterable[Canary], named: set[str]
) -> dict[str, int]:
    """Add segments and canaries; return the row number of every segment that these or others name."""
    new = {segment.name for segment in segments}
    named = named | {canary.segment for canary in canaries}
    for name in inventory.segment_ids(connection, new):
        raise UsageError(f"segment {name!r} is in the database already; build the new one under another name")
    rows = (
        {
            "name": segment.name, "works": segment.works, "tokens": segment.tokens, "size_bytes": segment.size,
            "tokenizer": segment.tokenizer, "digest": segment.digest,
        }
        for segment in segments
    )  # fmt: skip
    insert_rows(connection, table_of(SegmentRow), rows)
    ids = inventory.segment_ids(connection, named)
    for name in sorted(named - ids.keys()):
        raise UsageError(f"segment {name!r} is neither in the batch nor in the database; commit it with its works")
    canary_rows = (
        {"segment_id": ids[canary.segment], "fingerprint": signed(canary.fingerprint), "position": canary.position}
        for canary in dict.fromkeys(canaries)
    )
    insert_rows(connection, table_of(CanaryRow), canary_rows)
    return ids


def retire(connection: Connection, keys: Iterable[int]) -> None:
    """Take the works' content out of the search. In segments it stays as deleted members, until they are compacted."""
    for chunk in chunks(keys):
        ours = SegmentMemberRow.work_key.in_(chunk)
        connection.execute(update(SegmentMemberRow).where(ours, SegmentMemberRow.live).values(live=False))
        connection.execute(delete(PhraseRow).where(PhraseRow.work_key.in_(chunk)))


def put(
    connection: Connection, batch: Batch, works: Mapping[int, NewWork], segments: Mapping[str, int], placed: set[int]
) -> None:
    """Record where each content is; a work that gave way to a later one of the same batch leaves a deleted member.

    Args:
        connection: in a write transaction.
        batch: all of it.
        works: those of its works that count, by key.
        segments: the row numbers of the segments that the batch names.
        placed: the keys of the works whose content is new; that of the others stays where it is.
    """
    members = {
        (segments[work.stored.segment], work.stored.ordinal, work.key): works[work.key] is work
        for work in batch.works
        if isinstance(work.stored, Location)
    }
    members = {place: live for place, live in members.items() if not live or place[2] in placed}
    _put_members(connection, members, {segments.get(segment.name) for segment in batch.segments})
    unused = (
        {"segment_id": segments[place.segment], "ordinal": place.ordinal, "work_key": _NO_WORK, "live": False}
        for place in batch.unused
    )
    insert_rows(connection, table_of(SegmentMemberRow), unused)
    _put_phrases(connection, {key: works[key].stored for key in placed})


def put_back(connection: Connection, stored: Mapping[int, Stored]) -> None:
    """Record where works have their content again, after `retire`; all segments are there."""
    places = {key: place for key, place in stored.items() if isinstance(place, Location)}
    segments = inventory.segment_ids(connection, {place.segment for place in places.values()})
    members = {(segments[place.segment], place.ordinal, key): True for key, place in places.items()}
    _put_members(connection, members, set())
    _put_phrases(connection, stored)


def _put_members(connection: Connection, members: Mapping[tuple[int, int, int], bool], new: set[int | None]) -> None:
    """Add members, given as (segment, ordinal, work) with whether they live.

    A work may come back to a place where it was before, so what it left there is removed first.
    """
    back = ({"at": at, "nth": nth, "of": key} for at, nth, key in members if at not in new)
    same = (
        SegmentMemberRow.segment_id == bindparam("at"),
        SegmentMemberRow.ordinal == bindparam("nth"),
        SegmentMemberRow.work_key == bindparam("of"),
    )
    update_rows(connection, delete(SegmentMemberRow).where(*same), back)
    rows = (
        {"segment_id": at, "ordinal": nth, "work_key": key, "live": live} for (at, nth, key), live in members.items()
    )
    insert_rows(connection, table_of(SegmentMemberRow), rows)


def _put_phrases(connection: Connection, stored: Mapping[int, Stored]) -> None:
    phrases = ((key, content) for key, content in sorted(stored.items()) if isinstance(content, Phrase))
    rows = (
        {
            "work_key": key, "tokens": phrase.tokens, "text": phrase.text, "length": phrase.length,
            "fingerprint": None if phrase.fingerprint is None else signed(phrase.fingerprint),
        }
        for key, phrase in phrases
    )  # fmt: skip
    insert_rows(connection, table_of(PhraseRow), rows)


def replace_segments(connection: Connection, replacement: Replacement) -> None:
    """Let new segments take the place of old ones, which go with their canaries and deleted members.

    Raises:
        UsageError: an old segment is not here, a new one is, or a live member of an old one is not moved.
    """
    old = inventory.segment_ids(connection, replacement.old)
    for name in sorted(set(replacement.old) - old.keys()):
        raise UsageError(f"segment {name!r} is not in the database; compact the segments that are")
    homes = {location.segment for location in replacement.moves.values()}
    new = _add_segments(connection, replacement.segments, replacement.canaries, homes)
    members = []
    for name, number in sorted(old.items()):
        query = select(SegmentMemberRow.ordinal, SegmentMemberRow.work_key)
        query = query.where(SegmentMemberRow.segment_id == number, SegmentMemberRow.live)
        members += [(Location(name, ordinal), key) for ordinal, key in connection.execute(query)]
    for place, _ in members:
        if place not in replacement.moves:
            raise UsageError(f"content {place.ordinal} of segment {place.segment!r} is in use; say where it has gone")
    for chunk in chunks(old.values()):
        connection.execute(delete(SegmentRow).where(SegmentRow.id.in_(chunk)))  # members and canaries with it
    rows = (
        {"segment_id": new[home.segment], "ordinal": home.ordinal, "work_key": key, "live": True}
        for home, key in ((replacement.moves[place], key) for place, key in members)
    )
    insert_rows(connection, table_of(SegmentMemberRow), rows)
