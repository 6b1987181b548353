"""Questions about a database's state and segments, as functions of a connection.

Nothing here changes anything, or reads a work.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from contextlib import closing
from datetime import datetime

from sqlalchemy import Connection, Engine, bindparam, exists, not_, select, text
from sqlalchemy.orm import aliased

from provenance.catalogue.chunks import chunks
from provenance.catalogue.records import Canary, SegmentRecord, State, unsigned
from provenance.catalogue.tables import CanaryRow, MetaRow, SegmentMemberRow, SegmentRow
from provenance.errors import DatabaseError

_REVISION = "SELECT value FROM meta WHERE key = 'generation'"
# Made once: building a statement costs more than running it.
_SEGMENT_IDS = select(SegmentRow.name, SegmentRow.id).where(SegmentRow.name.in_(bindparam("names", expanding=True)))


def facts(connection: Connection) -> dict[str, str]:
    """Return the database's facts about itself."""
    return dict(connection.execute(select(MetaRow.key, MetaRow.value)).all())


def identity(connection: Connection) -> str:
    """Return a name that no other catalogue has, drawn when it was made."""
    return facts(connection)["identity"]


def check(connection: Connection, place: str) -> None:
    """Raise DatabaseError if SQLite finds a page, a row or an index damaged; PostgreSQL looks after its own."""
    if connection.dialect.name != "sqlite":
        return
    found = connection.execute(text("PRAGMA integrity_check(1)")).scalar_one()
    if found == "ok" and connection.execute(text("PRAGMA foreign_key_check")).first():
        found = "a row leads nowhere"
    if found != "ok":
        raise DatabaseError(f"catalogue {place} is damaged ({found}); restore it from a backup, with its segments")


def revision(connection: Connection) -> int:
    """Return the database's revision, which every change to it raises."""
    return int(connection.exec_driver_sql(_REVISION).scalar_one())


def revision_at_once(engine: Engine) -> int | None:
    """Return the revision, if there is one, by the driver alone and without a transaction: one row is consistent."""
    with closing(engine.raw_connection()) as connection, closing(connection.cursor()) as cursor:
        cursor.execute(_REVISION)
        row = cursor.fetchone()
        return int(row[0]) if row else None


def state(connection: Connection) -> State:
    """Return what is to be searched, as of one moment."""
    found = facts(connection)
    indexed_at = found.get("indexed_at")
    segments = select(
        SegmentRow.name, SegmentRow.works, SegmentRow.tokens, SegmentRow.size_bytes, SegmentRow.tokenizer,
        SegmentRow.digest,
    ).order_by(SegmentRow.id)  # fmt: skip
    canaries = (
        select(SegmentRow.name, CanaryRow.fingerprint, CanaryRow.position)
        .join(SegmentRow, SegmentRow.id == CanaryRow.segment_id)
        .order_by(SegmentRow.id, CanaryRow.position, CanaryRow.fingerprint)
    )
    return State(
        revision=int(found["generation"]),
        works=int(found["works"]),
        tokens=int(found["tokens"]),
        indexed_at=datetime.fromisoformat(indexed_at) if indexed_at else None,
        segments=tuple(SegmentRecord(*row) for row in connection.execute(segments)),
        deleted=_find_deleted(connection),
        canaries=tuple(Canary(name, unsigned(number), at) for name, number, at in connection.execute(canaries)),
    )


def _find_deleted(connection: Connection) -> dict[str, frozenset[int]]:
    # A content may have several works: it is deleted when no live one is left.
    other = aliased(SegmentMemberRow)
    in_use = exists().where(
        other.segment_id == SegmentMemberRow.segment_id, other.ordinal == SegmentMemberRow.ordinal, other.live
    )
    query = (
        select(SegmentRow.name, SegmentMemberRow.ordinal)
        .join(SegmentRow, SegmentRow.id == SegmentMemberRow.segment_id)
        .where(not_(SegmentMemberRow.live), not_(in_use))
    )
    deleted = defaultdict(set)
    for name, ordinal in connection.execute(query):
        deleted[name].add(ordinal)
    return {name: frozenset(ordinals) for name, ordinals in deleted.items()}


def live_ordinals(connection: Connection, name: str) -> list[int]:
    """Return, ascending, the contents of a segment that live works have."""
    query = (
        select(SegmentMemberRow.ordinal)
        .join(SegmentRow, SegmentRow.id == SegmentMemberRow.segment_id)
        .where(SegmentRow.name == name, SegmentMemberRow.live)
    )
    return list(connection.execute(query.distinct().order_by(SegmentMemberRow.ordinal)).scalars())


def segment_ids(connection: Connection, names: Iterable[str]) -> dict[str, int]:
    """Return the row number of each of the segments that is in the database."""
    ids: dict[str, int] = {}
    for chunk in chunks(names):
        ids.update(connection.execute(_SEGMENT_IDS, {"names": chunk}).all())
    return ids


def segment_names(connection: Connection) -> set[str]:
    """Return the names of all live segments; a segment file of another name is an orphan."""
    return set(connection.execute(select(SegmentRow.name)).scalars())
