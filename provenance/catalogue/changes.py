"""Every change of the catalogue, as a function of a connection inside a write transaction.

Committing the transaction is the caller's. Bulk changes go through SQLAlchemy Core in chunks.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from difflib import get_close_matches
from operator import itemgetter
from typing import Any

from sqlalchemy import Connection, bindparam, delete, exists, insert, not_, select, update

from provenance.catalogue import batches, content, families, queries, tombstones
from provenance.catalogue.bulk import insert_rows, update_rows
from provenance.catalogue.chunks import chunks
from provenance.catalogue.claims import date_after, derive_licence, select_deciding, select_new
from provenance.catalogue.records import Batch, Commit, NewWork, Replacement, UndoResult, in_utc
from provenance.catalogue.tables import (
    NAME_LENGTH,
    CheckRow,
    ClaimRow,
    CollectionRow,
    CreatorRow,
    MetaRow,
    SignalRow,
    WorkCreatorRow,
    WorkRow,
    plain,
    table_of,
)
from provenance.errors import UsageError
from provenance.works import Claim, Work


def lock(connection: Connection) -> dict[str, str]:
    """Return the database's facts, and keep other writers out until the transaction ends.

    SQLite is locked since the transaction began; PostgreSQL by these rows.
    """
    query = select(MetaRow.key, MetaRow.value).order_by(MetaRow.key).with_for_update()
    return dict(connection.execute(query).all())


def commit(connection: Connection, batch: Batch) -> Commit:
    """Add the batch's segments and works.

    A work whose key is there already is replaced: its metadata and content change, its claims are kept, and new ones
    are added unless they only repeat what was said. Of two works with one key in a batch the later one counts. What
    changes of a work is stored as it was, see `undo`.

    Raises:
        UsageError: a work or canary names an unknown segment, or a segment is there already.
    """
    now = datetime.now(UTC)
    before = lock(connection)
    works = {work.key: work for work in batch.works}  # of two with one key the later one counts
    earlier = batches.read_works(connection, works)
    heard = queries.claims(connection, earlier)
    said = {key: select_new(work.claims, heard.get(key, ())) for key, work in works.items()}
    signals = _find_new_signals(connection, works, earlier)
    derived = _derive_licences(said, heard)
    row = _make_row_maker(connection, works, derived, now)
    authors = {key: tuple(map(_fit_name, work.authors)) for key, work in works.items()}
    has_news = {row["work_key"] for row in signals} | {key for key, claims in said.items() if claims}
    changed = {key: work for key, work in earlier.items() if key in has_news or work.differs(row(key), authors[key])}
    moved = {key for key, work in changed.items() if work.content != (works[key].content_hash, works[key].keep)}
    fresh = works.keys() - earlier.keys()
    written = {key: works[key] for key in sorted(fresh | changed.keys())}
    found = families.assign_families(connection, written, derived)
    counts = _count_changes(works, earlier, derived)
    has_changes = bool(fresh or changed or batch.readmitted)
    number = batches.add(connection, batch, counts, now) if has_changes else 0
    segments = content.add_segments(connection, batch)
    batches.keep_earlier(connection, number, changed, moved)
    content.retire(connection, moved)
    idle = _detach_creators(connection, changed)

    def complete(key: int) -> dict[str, Any]:
        return {**row(key), "family": found[key], "sketch": works[key].sketch, "changed_by": number}

    added = ({"key": key, "added_by": number, **complete(key)} for key in sorted(fresh))
    insert_rows(connection, table_of(WorkRow), added)
    _update_works(connection, ((key, complete(key)) for key in sorted(changed)))
    for chunk in chunks(earlier.keys() - changed.keys()):
        connection.execute(update(WorkRow).where(WorkRow.key.in_(chunk)).values(ingested_at=now))
    _put_creators(connection, {key: authors[key] for key in written})
    _drop_idle_creators(connection, idle)  # only now: the new works may have the same creators
    insert_rows(connection, table_of(ClaimRow), _claim_rows(said, number))
    insert_rows(connection, table_of(SignalRow), signals)
    content.put(connection, batch, works, segments, fresh | moved)
    tombstones.readmit(connection, batch.readmitted, number)
    tokens = sum(work.tokens for work in works.values()) - sum(work.columns["tokens"] for work in earlier.values())
    revision = _finish(connection, before, works=len(fresh), tokens=tokens, indexed_at=now)
    return Commit(revision=revision, batch=number, **counts)


def _count_changes(
    works: Mapping[int, NewWork], earlier: Mapping[int, batches.Earlier], derived: Mapping[int, Mapping[str, Any]]
) -> dict[str, int]:
    """Return the counts of a commit: of the works that there are, which were there before, and as what."""
    unchanged = licence_changed = title_changed = distrusted = 0
    for key, work in earlier.items():
        was, new, status, licence = work.columns, works[key], derived[key]["status"], derived[key]["licence"]
        unchanged += was["content_hash"] == new.content_hash
        licence_changed += (was["status"], was["licence"]) != (status, licence and plain(licence))
        title_changed += was["title"] != (new.title and plain(new.title))
        distrusted += was["trusted"] and not new.trusted
    return {
        "added": len(works) - len(earlier), "replaced": len(earlier) - unchanged, "unchanged": unchanged,
        "licence_changed": licence_changed, "title_changed": title_changed, "distrusted": distrusted,
    }  # fmt: skip


def undo(connection: Connection, number: int) -> UndoResult:
    """Take back what a batch did.

    The works that it added go. Those that it changed get back their metadata, authors and content, and the licence
    that follows from what else was claimed; curators' claims stay. Works that were withdrawn since stay withdrawn. A
    work whose earlier text has left the database stays as it is.

    Raises:
        UsageError: there is no such batch, it was undone before, or a later one has changed one of its works since.
    """
    before = lock(connection)
    plan = batches.plan_reversal(connection, number)
    content.retire(connection, [*plan.added, *plan.stored])
    idle = _detach_creators(connection, [*plan.added, *plan.earlier])
    _delete_works(connection, plan.added)
    for chunk in chunks(plan.earlier):
        # Also those of later batches that were undone, but had to leave the work as it was.
        connection.execute(delete(ClaimRow).where(ClaimRow.work_key.in_(chunk), ClaimRow.batch_id >= number))
    seen_since = delete(SignalRow).where(SignalRow.work_key == bindparam("of"), SignalRow.id > bindparam("last"))
    update_rows(connection, seen_since, ({"of": key, "last": work.last_signal} for key, work in plan.earlier.items()))
    heard = queries.claims(connection, plan.earlier)
    derived = _derive_licences({key: [] for key in plan.earlier}, heard)
    _update_works(connection, ((key, {**work.row(), **derived[key]}) for key, work in plan.earlier.items()))
    _put_creators(connection, {key: work.authors for key, work in plan.earlier.items()})
    _drop_idle_creators(connection, idle)
    content.put_back(connection, plan.stored)
    tombstones.restore(connection, number)
    batches.note_undone(connection, number)
    revision = _finish(connection, before, works=-len(plan.added), tokens=plan.tokens)
    removed, restored = len(plan.added), len(plan.earlier)
    return UndoResult(batch=number, removed=removed, restored=restored, kept=plan.kept, revision=revision)


def withdraw(connection: Connection, key: int, *, reason: str | None = None, who: str | None = None) -> bool:
    """Take a work out of every result, with all that is known about it; return whether it was there.

    A tombstone stays, which keeps the work out of later ingests.
    """
    before = lock(connection)
    tokens = _tokens_of(connection, [key])
    if not tokens:
        return False
    tombstones.add(connection, key, reason=reason, who=who)
    content.retire(connection, tokens)
    idle = _detach_creators(connection, tokens)
    _delete_works(connection, tokens)
    _drop_idle_creators(connection, idle)
    _finish(connection, before, works=-1, tokens=-tokens[key])
    return True


def trust(connection: Connection, collection: str, *, trusted: bool) -> int:
    """Mark every work that is in a collection now as trusted or untrusted; return their number.

    Raises:
        UsageError: no work is in a collection of this name.
    """
    before = lock(connection)
    has_works = exists().where(WorkRow.collection_id == CollectionRow.id)
    collections = dict(connection.execute(select(CollectionRow.name, CollectionRow.id).where(has_works)).all())
    if collection not in collections:
        near = get_close_matches(collection, collections, 3) or sorted(collections)[:3]
        hint = f"; there is {', '.join(map(repr, near))}" if near else ""
        raise UsageError(f"no work is in a collection called {collection!r}{hint} (`provenance stats` lists them)")
    number = collections[collection]
    batches.set_trust(connection, number, trusted=trusted)
    done = connection.execute(update(WorkRow).where(WorkRow.collection_id == number).values(trusted=trusted))
    _finish(connection, before)
    return done.rowcount


def replace_segments(connection: Connection, replacement: Replacement) -> int:
    """Let new segments take the place of old ones in one transaction; return the new revision.

    Raises:
        UsageError: an old segment is not here, a new one is, or a live member of an old one is not moved.
    """
    before = lock(connection)
    content.replace_segments(connection, replacement)
    return _finish(connection, before)


def renew_families(connection: Connection, sketches: Mapping[int, bytes]) -> None:
    """Find the families of all works afresh.

    Args:
        connection: inside a write transaction.
        sketches: for works that have none yet, by key.
    """
    before = lock(connection)
    if families.renew(connection, sketches):
        _finish(connection, before)


def add_claims(connection: Connection, claims: Mapping[int, Iterable[Claim]]) -> dict[int, Work]:
    """Record claims about works in one transaction, and return the works with the licences that follow from them.

    Raises:
        UsageError: one of the works is not there; nothing was recorded.
    """
    before = lock(connection)
    if missing := claims.keys() - _tokens_of(connection, claims).keys():
        raise UsageError(f"there is no work with the key {min(missing)}; `provenance works` lists them")
    heard = queries.claims(connection, claims)
    said = {key: date_after(fresh, heard[key]) for key, fresh in claims.items()}
    insert_rows(connection, table_of(ClaimRow), _claim_rows(said))
    change = update(WorkRow).where(WorkRow.key == bindparam("at"))
    update_rows(connection, change, ({"at": key, **row} for key, row in sorted(_derive_licences(said, heard).items())))
    _finish(connection, before)
    return queries.works(connection, claims)


def log_check(connection: Connection, text_hash: bytes, characters: int, findings: int, revision: int) -> None:
    """Record that a text was checked: its hash, not the text."""
    values = {"text_hash": text_hash, "characters": characters, "findings": findings, "revision": revision}
    connection.execute(insert(CheckRow).values(when_=datetime.now(UTC), **values))


def _finish(
    connection: Connection,
    before: Mapping[str, str],
    *,
    works: int = 0,
    tokens: int = 0,
    indexed_at: datetime | None = None,
) -> int:
    """Write the facts as they are after a change, and return the new revision."""
    # `generation` is the stored name of the revision.
    revision = int(before["generation"]) + 1
    after = {
        "generation": str(revision),
        "works": str(int(before["works"]) + works),
        "tokens": str(int(before["tokens"]) + tokens),
        "indexed_at": indexed_at.isoformat() if indexed_at else before["indexed_at"],
    }
    change = update(MetaRow).where(MetaRow.key == bindparam("fact")).values(value=bindparam("becomes"))
    connection.execute(change, [{"fact": fact, "becomes": value} for fact, value in after.items()])
    return revision


def _tokens_of(connection: Connection, keys: Iterable[int]) -> dict[int, int]:
    """Return the lengths of those of the works that are in the database."""
    found: dict[int, int] = {}
    for chunk in chunks(keys):
        query = select(WorkRow.key, WorkRow.tokens).where(WorkRow.key.in_(chunk))
        found.update(connection.execute(query).all())
    return found


def _detach_creators(connection: Connection, keys: Iterable[int]) -> set[int]:
    """Detach the works from their creators; return the row numbers of these."""
    creators: set[int] = set()
    for chunk in chunks(keys):
        ours = WorkCreatorRow.work_key.in_(chunk)
        creators.update(connection.execute(select(WorkCreatorRow.creator_id).where(ours).distinct()).scalars())
        connection.execute(delete(WorkCreatorRow).where(ours))
    return creators


def _drop_idle_creators(connection: Connection, candidates: Iterable[int]) -> None:
    """Remove the names of creators without a work."""
    busy = exists().where(WorkCreatorRow.creator_id == CreatorRow.id)
    for chunk in chunks(candidates):
        connection.execute(delete(CreatorRow).where(CreatorRow.id.in_(chunk), not_(busy)))


def _derive_licences(said: Mapping[int, list[Claim]], heard: Mapping[int, list[Claim]]) -> dict[int, dict[str, Any]]:
    """Return the columns that are derived from each work's claims."""
    derived: dict[int, dict[str, Any]] = {}
    for key, fresh in said.items():
        claims = [*heard.get(key, ()), *fresh]
        status, licence = derive_licence(claims)
        basis = next((claim.basis for claim in select_deciding(claims)), None)
        derived[key] = {"status": status, "licence": licence, "basis": basis}
    return derived


def _make_row_maker(
    connection: Connection, works: Mapping[int, NewWork], derived: Mapping[int, dict[str, Any]], now: datetime
) -> Callable[[int], dict[str, Any]]:
    """Return a function of a work's key that returns its row, but for what only the batch decides."""
    collections = _ids_of_names(connection, CollectionRow, {_fit_name(work.collection) for work in works.values()})

    def make_row(key: int) -> dict[str, Any]:
        work = works[key]
        return {
            "source_id": work.id, "collection_id": collections[_fit_name(work.collection)], "title": work.title,
            "year": work.year, "source": work.source, "copyright": work.copyright, "notice": work.notice,
            "language": work.language, "content_hash": work.content_hash, "tokens": work.tokens,
            "characters": work.characters, "keep": work.keep, "ingested_at": now, "place": work.place,
            "role": work.role, "trusted": work.trusted, "label": work.label, "carried": work.carried, **derived[key],
        }  # fmt: skip

    return make_row


def _update_works(connection: Connection, rows: Iterable[tuple[int, dict[str, Any]]]) -> None:
    """Give works, named by their keys, the values of columns; every row has the same columns."""
    change = update(WorkRow).where(WorkRow.key == bindparam("at"))
    update_rows(connection, change, ({"at": key, **row} for key, row in rows))


def _delete_works(connection: Connection, keys: Iterable[int]) -> None:
    """Delete works with all that is known about them; their creators and contents are the caller's."""
    for chunk in chunks(keys):
        connection.execute(delete(WorkRow).where(WorkRow.key.in_(chunk)))
    batches.forget(connection, keys)


def _put_creators(connection: Connection, authors: Mapping[int, tuple[str, ...]]) -> None:
    ids = _ids_of_names(connection, CreatorRow, {name for names in authors.values() for name in names})
    rows = (
        {"work_key": key, "position": position, "creator_id": ids[name]}
        for key, names in authors.items()
        for position, name in enumerate(names)
    )
    insert_rows(connection, table_of(WorkCreatorRow), rows)


def _ids_of_names(connection: Connection, table: type[CollectionRow | CreatorRow], names: set[str]) -> dict[str, int]:
    """Return the row number of each name, adding those that are new."""
    ids = _find_ids(connection, table, names)
    missing = sorted(names - ids.keys())
    insert_rows(connection, table_of(table), ({"name": name} for name in missing))
    return ids | _find_ids(connection, table, missing)


def _find_ids(connection: Connection, table: type[CollectionRow | CreatorRow], names: Iterable[str]) -> dict[str, int]:
    ids: dict[str, int] = {}
    for chunk in chunks(names):
        query = select(table.name, table.id).where(table.name.in_(chunk))
        ids.update(connection.execute(query).all())
    return ids


def _fit_name(name: str) -> str:
    """Return the name of a creator or collection as it can be stored and indexed."""
    return plain(name)[:NAME_LENGTH]


def _claim_rows(claims: Mapping[int, Iterable[Claim]], batch: int | None = None) -> Iterator[dict[str, Any]]:
    for key, said in sorted(claims.items(), key=itemgetter(0)):
        for claim in said:
            yield {
                "work_key": key, "status": claim.status, "licence": claim.licence, "basis": claim.basis,
                "evidence": claim.evidence, "who": claim.who, "when_": claim.when, "confidence": claim.confidence,
                "batch_id": batch,
            }  # fmt: skip


def _find_new_signals(
    connection: Connection, works: Mapping[int, NewWork], earlier: Iterable[int]
) -> list[dict[str, Any]]:
    """Return the rows of the signals that were not recorded before."""
    seen = queries.signals(connection, (key for key in earlier if works[key].signals))
    return [
        {
            "work_key": key,
            "kind": signal.kind,
            "value": signal.value,
            "url": signal.url,
            "observed_at": signal.observed_at,
        }
        for key, work in works.items()
        for signal in dict.fromkeys(work.signals)
        # SQLite gives the moment back in UTC.
        if replace(signal, observed_at=signal.observed_at and in_utc(signal.observed_at)) not in seen.get(key, ())
    ]
