"""Tombstones: what keeps a withdrawn work out of later ingests.

A document is a withdrawn work where it has the same collection and id, the same source address or the same content as
one. An address that several works had at the withdrawal keeps none of them out. A work that is in the database with the
very content of the document is not brought back by it, and may be ingested again.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime

from sqlalchemy import Connection, exists, insert, or_, select, update

from provenance.catalogue import queries
from provenance.catalogue.chunks import chunks
from provenance.catalogue.records import Tombstone
from provenance.catalogue.tables import CollectionRow, TombstoneRow, WorkRow, plain

_TOMBSTONES = select(
    TombstoneRow.id, TombstoneRow.work_key, TombstoneRow.collection, TombstoneRow.source_id, TombstoneRow.source,
    TombstoneRow.content_hash, TombstoneRow.title, TombstoneRow.reason, TombstoneRow.who,
    TombstoneRow.when_.label("when"),
).where(TombstoneRow.readmitted_by.is_(None)).order_by(TombstoneRow.id.desc())  # fmt: skip
_THIRD = 2_000
"""Documents in one query, each of which has three values in it."""


def add(connection: Connection, key: int, *, reason: str | None, who: str | None) -> None:
    """Let a work be kept out from now on; it is still there."""
    query = select(
        CollectionRow.name, WorkRow.source_id, WorkRow.source, WorkRow.content_hash, WorkRow.title
    ).join(CollectionRow, CollectionRow.id == WorkRow.collection_id).where(WorkRow.key == key)  # fmt: skip
    collection, source_id, source, content_hash, title = connection.execute(query).one()
    # An address that a whole folder was ingested under would keep out all of it.
    is_shared = select(exists().where(WorkRow.source == source, WorkRow.key != key))
    if source is not None and connection.execute(is_shared).scalar_one():
        source = None
    values = {"collection": collection, "source_id": source_id, "source": source, "title": title}
    connection.execute(
        insert(TombstoneRow).values(
            work_key=key, content_hash=content_hash, reason=reason, who=who, when_=datetime.now(UTC), **values
        )
    )


def list_tombstones(connection: Connection) -> tuple[Tombstone, ...]:
    """Return the works that are kept out, the latest withdrawal first."""
    return tuple(Tombstone(**row) for row in connection.execute(_TOMBSTONES).mappings())


def has_tombstones(connection: Connection) -> bool:
    """Is any work kept out?"""
    return bool(connection.execute(select(exists().where(TombstoneRow.readmitted_by.is_(None)))).scalar_one())


def find_withdrawn(
    connection: Connection, documents: Mapping[int, tuple[str | None, bytes]]
) -> dict[int, tuple[Tombstone, ...]]:
    """Return, for each document that is a withdrawn work, the tombstones that say so.

    Args:
        connection: to read with.
        documents: source address and content hash by key.
    """
    found: dict[int, tuple[Tombstone, ...]] = {}
    for chunk in chunks(documents.items(), _THIRD):
        addresses = {key: source and plain(source) for key, (source, _) in chunk}
        query = _TOMBSTONES.where(
            or_(
                TombstoneRow.work_key.in_([key for key, _ in chunk]),
                TombstoneRow.source.in_({address for address in addresses.values() if address}),
                TombstoneRow.content_hash.in_({content_hash for _, (_, content_hash) in chunk}),
            )
        )
        by_value: dict[object, list[Tombstone]] = defaultdict(list)
        for row in connection.execute(query).mappings():
            stone = Tombstone(**row)
            for value in (stone.work_key, stone.source, stone.content_hash):
                by_value[value].append(stone)
        for key, (_, content_hash) in chunk:
            values = (key, addresses[key] or key, content_hash)
            stones = {stone.id: stone for value in values for stone in by_value.get(value, ())}
            if stones:
                found[key] = tuple(stones.values())
    there = queries.content_hashes(connection, found)
    return {key: stones for key, stones in found.items() if there.get(key) != documents[key][1]}


def barred_contents(connection: Connection, hashes: Iterable[bytes]) -> set[bytes]:
    """Return those of the contents that a withdrawn work had."""
    found: set[bytes] = set()
    for chunk in chunks(hashes):
        query = select(TombstoneRow.content_hash).where(
            TombstoneRow.content_hash.in_(chunk), TombstoneRow.readmitted_by.is_(None)
        )
        found.update(connection.execute(query).scalars())
    return found


def readmit(connection: Connection, ids: Iterable[int], batch: int) -> None:
    """End tombstones, because a batch lets their works in again."""
    for chunk in chunks(ids):
        connection.execute(update(TombstoneRow).where(TombstoneRow.id.in_(chunk)).values(readmitted_by=batch))


def restore(connection: Connection, batch: int) -> None:
    """Let the tombstones that a batch ended hold again."""
    change = update(TombstoneRow).where(TombstoneRow.readmitted_by == batch)
    connection.execute(change.values(readmitted_by=None))
