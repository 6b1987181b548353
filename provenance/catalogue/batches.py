"""Batches: what each ingest did, and what its works were before, so that it can be taken back.

For each work that an ingest really changes, `replaced_works` has the work as it was: the columns of its row, its
authors and, where the content changed too, where that was (of a phrase, the phrase itself). A work that is ingested
again as it is costs no row. Where `compact` has removed the earlier text from the disk, the row stays, but empty: that
work can no longer be taken back.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, and_, bindparam, delete, func, insert, or_, select, update

from provenance.catalogue import queries, tombstones
from provenance.catalogue.bulk import insert_rows, update_rows
from provenance.catalogue.chunks import chunks
from provenance.catalogue.records import Batch, BatchSummary, Location, Phrase, Stored
from provenance.catalogue.tables import (
    BatchRow,
    CreatorRow,
    ReplacedWorkRow,
    SegmentMemberRow,
    SegmentRow,
    SignalRow,
    WorkCreatorRow,
    WorkRow,
    plain,
    table_of,
)
from provenance.errors import UsageError
from provenance.works import Keep

_GONE = ""
"""What is left of a replaced work whose text has left the database."""

_DERIVED = {"key", "status", "licence", "basis"}
"""Columns that follow from the claims, or never change."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Earlier:
    """A work as it was before a batch changed it.

    Attributes:
        columns: its row.
        authors: their names, in order.
        stored: where its content was, if that changed too.
        last_signal: the number of the latest signal in the database then.
    """

    columns: dict[str, Any]
    authors: tuple[str, ...]
    stored: Stored | None = None
    last_signal: int = 0

    @property
    def content(self) -> tuple[bytes, Keep]:
        """The hash of its content, and how much of that is kept."""
        return self.columns["content_hash"], Keep(self.columns["keep"])

    def differs(self, columns: Mapping[str, Any], authors: tuple[str, ...]) -> bool:
        """Does a work with these values differ from it? That it was ingested again is no difference."""
        return authors != self.authors or any(
            self.columns[name] != (plain(value) if isinstance(value, str) else value)
            for name, value in columns.items()
            if name != "ingested_at"
        )

    def row(self) -> dict[str, Any]:
        """Return the columns that can be given back to it; the others follow from its claims."""
        return {name: value for name, value in self.columns.items() if name not in _DERIVED}

    def to_json(self) -> str:
        """Return it as it is stored."""
        match self.stored:
            case Location(segment, ordinal):
                stored: object = [segment, ordinal]
            case Phrase(tokens, text, fingerprint, length):
                stored = [tokens.hex(), text, fingerprint, length]
            case None:
                stored = None
        values = [self.row(), self.authors, stored, self.last_signal]
        return json.dumps(
            values, ensure_ascii=False, default=lambda value: value.hex() if isinstance(value, bytes) else str(value)
        )

    @classmethod
    def from_json(cls, written: str) -> Earlier:
        """Return what `to_json` has written."""
        columns, authors, place, last_signal = json.loads(written)
        for name in ("content_hash", "sketch"):
            columns[name] = None if columns[name] is None else bytes.fromhex(columns[name])
        columns["ingested_at"] = datetime.fromisoformat(columns["ingested_at"])
        stored: Stored | None = None
        if place is not None:
            stored = Location(*place) if len(place) == 2 else Phrase(bytes.fromhex(place[0]), *place[1:])
        return cls(columns=columns, authors=tuple(authors), stored=stored, last_signal=last_signal)


def read_works(connection: Connection, keys: Iterable[int]) -> dict[int, Earlier]:
    """Return those of the works that are in the database, as they are."""
    found: dict[int, Earlier] = {}
    for chunk in chunks(keys):
        works = connection.execute(select(table_of(WorkRow)).where(WorkRow.key.in_(chunk))).mappings().all()
        authors = defaultdict(list)
        credits_ = (
            select(WorkCreatorRow.work_key, CreatorRow.name)
            .join(CreatorRow, CreatorRow.id == WorkCreatorRow.creator_id)
            .where(WorkCreatorRow.work_key.in_([row["key"] for row in works]))
            .order_by(WorkCreatorRow.work_key, WorkCreatorRow.position)
        )
        for key, name in connection.execute(credits_) if works else ():
            authors[key].append(name)
        found.update((row["key"], Earlier(columns=dict(row), authors=tuple(authors[row["key"]]))) for row in works)
    return found


def add(connection: Connection, batch: Batch, counts: Mapping[str, int], now: datetime) -> int:
    """Add a batch with the counts of its commit; return its number."""
    shown = {name: count for name, count in counts.items() if name in BatchRow.__table__.columns}
    values = {"what": batch.what, "trusted": batch.trusted, "left_out": batch.left_out, **shown}
    adding = insert(BatchRow).values(when_=now, **values).returning(BatchRow.id)
    return int(connection.execute(adding).scalar_one())


def keep_earlier(connection: Connection, number: int, changed: Mapping[int, Earlier], moved: Collection[int]) -> None:
    """Store works as they are, before a batch changes them.

    Args:
        connection: in a write transaction.
        number: that of the batch.
        changed: the works.
        moved: the keys of those whose content changes.
    """
    places = queries.find_stored(connection, moved)
    last = connection.execute(select(func.coalesce(func.max(SignalRow.id), 0))).scalar_one() if changed else 0
    rows = (
        {
            "batch_id": number,
            "work_key": key,
            "before": Earlier(
                columns=work.columns, authors=work.authors, stored=places.get(key), last_signal=last
            ).to_json(),
        }
        for key, work in changed.items()
    )
    insert_rows(connection, table_of(ReplacedWorkRow), rows)


def forget(connection: Connection, keys: Iterable[int]) -> None:
    """Remove what works were before, as they are gone themselves."""
    for chunk in chunks(keys):
        connection.execute(delete(ReplacedWorkRow).where(ReplacedWorkRow.work_key.in_(chunk)))


def list_batches(connection: Connection) -> tuple[BatchSummary, ...]:
    """Return what each ingest did, the latest first."""
    rows = connection.execute(select(table_of(BatchRow)).order_by(BatchRow.id.desc())).mappings()
    return tuple(BatchSummary(when=row["when_"], **{k: v for k, v in row.items() if k != "when_"}) for row in rows)


def replaced_phrases(connection: Connection) -> list[tuple[int, Phrase]]:
    """Return the phrases that are kept so that a batch can be undone, each with the key of its work."""
    query = select(ReplacedWorkRow.work_key, ReplacedWorkRow.before).where(ReplacedWorkRow.before != _GONE)
    kept = ((key, Earlier.from_json(before).stored) for key, before in connection.execute(query))
    return [(key, stored) for key, stored in kept if isinstance(stored, Phrase)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reversal:
    """What there is to do to take a batch back.

    Attributes:
        added: the keys and lengths of the works that it added, which go.
        earlier: the works that it changed, as they were.
        stored: where those of them have their content whose content changes.
        kept: the ids of the works that have to stay as they are.
        tokens: how many more there are afterwards.
    """

    added: dict[int, int]
    earlier: dict[int, Earlier]
    stored: dict[int, Stored]
    kept: tuple[str, ...]
    tokens: int


def plan_reversal(connection: Connection, number: int) -> Reversal:
    """Return what there is to do to take a batch back.

    Raises:
        UsageError: there is no such batch, it was undone before, or a later one has changed one of its works since.
    """
    batches = {batch.id: batch for batch in list_batches(connection)}
    if number not in batches:
        raise UsageError(f"there is no batch {number}; `provenance works batches` lists them")
    if moment := batches[number].undone_at:
        raise UsageError(f"batch {number} was undone on {moment:%Y-%m-%d %H:%M} UTC; there is nothing left to undo")
    same = and_(ReplacedWorkRow.work_key == WorkRow.key, ReplacedWorkRow.batch_id == number)
    query = select(WorkRow.key, WorkRow.changed_by, ReplacedWorkRow.before).outerjoin(ReplacedWorkRow, same)
    rows = connection.execute(query.where(or_(WorkRow.added_by == number, ReplacedWorkRow.batch_id == number))).all()
    changed_by = {later for _, later, _ in rows if later in batches and not batches[later].undone_at}
    if (latest := max(changed_by, default=number)) > number:
        raise UsageError(
            f"batch {latest} ({batches[latest].what!r}) has changed a work of batch {number} since; undo {latest} first"
        )
    now = read_works(connection, (key for key, _, _ in rows))
    earlier = {key: Earlier.from_json(before) for key, _, before in rows if before}
    others = {key: work for key, work in earlier.items() if work.content != now[key].content}
    stored = _find_contents(connection, others)
    # A text that was withdrawn with another work does not come back either.
    barred = tombstones.barred_contents(connection, {work.content[0] for work in others.values()})
    lost = {key for key, work in others.items() if key not in stored or work.content[0] in barred}
    added = {key: now[key].columns["tokens"] for key, _, before in rows if before is None}
    earlier = {key: work for key, work in earlier.items() if key not in lost}
    return Reversal(
        added=added,
        earlier=earlier,
        stored={key: place for key, place in stored.items() if key not in lost},
        kept=tuple(now[key].columns["source_id"] for key, _, before in rows if before == _GONE or key in lost),
        tokens=sum(work.columns["tokens"] - now[key].columns["tokens"] for key, work in earlier.items())
        - sum(added.values()),
    )


def _find_contents(connection: Connection, works: Mapping[int, Earlier]) -> dict[int, Stored]:
    """Return where the contents are that works had; those that have left the database are left out."""
    members: set[tuple[int, Stored]] = set()
    for chunk in chunks(works):
        query = (
            select(SegmentMemberRow.work_key, SegmentRow.name, SegmentMemberRow.ordinal)
            .join(SegmentRow, SegmentRow.id == SegmentMemberRow.segment_id)
            .where(SegmentMemberRow.work_key.in_(chunk))
        )
        members.update((key, Location(name, ordinal)) for key, name, ordinal in connection.execute(query))
    found: dict[int, Stored] = {}
    elsewhere: dict[Keep, dict[int, bytes]] = defaultdict(dict)
    for key, work in works.items():
        if isinstance(work.stored, Phrase) or (work.stored is not None and (key, work.stored) in members):
            found[key] = work.stored
        else:
            content_hash, keep = work.content
            elsewhere[keep][key] = content_hash
    for keep, hashes in elsewhere.items():
        there = queries.find_content(connection, set(hashes.values()), keep)
        found.update((key, there[content_hash][0]) for key, content_hash in hashes.items() if content_hash in there)
    return found


def note_undone(connection: Connection, number: int) -> None:
    """Note that a batch was undone; what its works were before it is no longer needed."""
    connection.execute(delete(ReplacedWorkRow).where(ReplacedWorkRow.batch_id == number))
    connection.execute(update(BatchRow).where(BatchRow.id == number).values(undone_at=datetime.now(UTC)))


_REWRITE = (
    update(ReplacedWorkRow)
    .where(ReplacedWorkRow.batch_id == bindparam("of_batch"), ReplacedWorkRow.work_key == bindparam("of_work"))
    .values(before=bindparam("becomes"))
)


def clear_lost_works(connection: Connection) -> None:
    """Empty what works were before, where the text of it has left the segments; of phrases, all of it."""
    query = select(ReplacedWorkRow.batch_id, ReplacedWorkRow.work_key, ReplacedWorkRow.before)
    for rows in chunks(connection.execute(query.where(ReplacedWorkRow.before != _GONE)).all()):
        by_batch: dict[int, dict[int, Earlier]] = defaultdict(dict)
        for number, key, before in rows:
            if (work := Earlier.from_json(before)).stored is not None:
                by_batch[number][key] = work
        for number, works in by_batch.items():
            segments = {key: work for key, work in works.items() if isinstance(work.stored, Location)}
            lost = works.keys() - _find_contents(connection, segments).keys()
            update_rows(
                connection, _REWRITE, ({"of_batch": number, "of_work": key, "becomes": _GONE} for key in sorted(lost))
            )


def set_trust(connection: Connection, collection_id: int, *, trusted: bool) -> None:
    """Let what the works of a collection were before be trusted or not, so that undoing does not bring the old back."""
    query = (
        select(ReplacedWorkRow.batch_id, ReplacedWorkRow.work_key, ReplacedWorkRow.before)
        .join(WorkRow, WorkRow.key == ReplacedWorkRow.work_key)
        .where(WorkRow.collection_id == collection_id, ReplacedWorkRow.before != _GONE)
    )
    changed = []
    for number, key, before in connection.execute(query):
        work = Earlier.from_json(before)
        work.columns["trusted"] = trusted
        changed.append({"of_batch": number, "of_work": key, "becomes": work.to_json()})
    update_rows(connection, _REWRITE, changed)
