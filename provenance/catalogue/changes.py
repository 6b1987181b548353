"""Every change of the catalogue, as a function of a connection inside a write transaction.

Committing the transaction is the caller's. Bulk changes go through SQLAlchemy Core in chunks.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from operator import itemgetter
from typing import Any

from sqlalchemy import Connection, bindparam, delete, exists, insert, not_, select, update

from provenance.catalogue import content, families, queries
from provenance.catalogue.bulk import insert_rows, update_rows
from provenance.catalogue.chunks import chunks
from provenance.catalogue.claims import date_after, derive_licence, select_deciding, select_new
from provenance.catalogue.records import Batch, Commit, NewWork, Replacement, in_utc
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
    are added unless they only repeat what was said. Of two works with one key in a batch the later one counts.

    Raises:
        UsageError: a work or canary names an unknown segment, or a segment is there already.
    """
    now = datetime.now(UTC)
    before = lock(connection)
    works = {work.key: work for work in batch.works}  # of two with one key the later one counts
    earlier = _tokens_of(connection, works)
    segments = content.add_segments(connection, batch)
    content.retire(connection, earlier)
    idle = _detach_creators(connection, earlier)
    heard = queries.claims(connection, earlier)
    said = {key: select_new(work.claims, heard.get(key, ())) for key, work in works.items()}
    _put_works(connection, works, earlier, _derive_licences(said, heard), now)
    _put_creators(connection, works.values())
    _drop_idle_creators(connection, idle)  # only now: the new works may have the same creators
    insert_rows(connection, table_of(ClaimRow), _claim_rows(said))
    _put_signals(connection, works, earlier)
    content.put(connection, batch, works, segments)
    revision = _finish(
        connection,
        before,
        works=len(works) - len(earlier),
        tokens=sum(work.tokens for work in works.values()) - sum(earlier.values()),
        indexed_at=now,
    )
    return Commit(revision=revision, added=len(works) - len(earlier), replaced=len(earlier))


def withdraw(connection: Connection, key: int) -> bool:
    """Take a work out of every result, with all that is known about it; return whether it was there."""
    before = lock(connection)
    tokens = _tokens_of(connection, [key])
    if not tokens:
        return False
    content.retire(connection, tokens)
    idle = _detach_creators(connection, tokens)
    connection.execute(delete(WorkRow).where(WorkRow.key == key))
    _drop_idle_creators(connection, idle)
    _finish(connection, before, works=-1, tokens=-tokens[key])
    return True


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


def _put_works(
    connection: Connection,
    works: Mapping[int, NewWork],
    earlier: Mapping[int, int],
    derived: Mapping[int, dict[str, Any]],
    now: datetime,
) -> None:
    collections = _ids_of_names(connection, CollectionRow, {_fit_name(work.collection) for work in works.values()})
    found = families.assign_families(connection, works, derived)

    def row(work: NewWork) -> dict[str, Any]:
        return {
            "source_id": work.id, "collection_id": collections[_fit_name(work.collection)], "title": work.title,
            "year": work.year, "source": work.source, "copyright": work.copyright, "notice": work.notice,
            "language": work.language, "content_hash": work.content_hash, "tokens": work.tokens,
            "characters": work.characters, "keep": work.keep, "ingested_at": now, "place": work.place,
            "role": work.role, "trusted": work.trusted, "label": work.label, "sketch": work.sketch,
            "family": found[work.key], **derived[work.key],
        }  # fmt: skip

    fresh = sorted(works.keys() - earlier.keys())
    insert_rows(connection, table_of(WorkRow), ({"key": key, **row(works[key])} for key in fresh))
    change = update(WorkRow).where(WorkRow.key == bindparam("at"))
    update_rows(connection, change, ({"at": key, **row(works[key])} for key in sorted(earlier)))


def _put_creators(connection: Connection, works: Iterable[NewWork]) -> None:
    credits_ = [(work.key, [_fit_name(author) for author in work.authors]) for work in works if work.authors]
    ids = _ids_of_names(connection, CreatorRow, {name for _, names in credits_ for name in names})
    rows = (
        {"work_key": key, "position": position, "creator_id": ids[name]}
        for key, names in sorted(credits_)
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


def _claim_rows(claims: Mapping[int, Iterable[Claim]]) -> Iterator[dict[str, Any]]:
    for key, said in sorted(claims.items(), key=itemgetter(0)):
        for claim in said:
            yield {
                "work_key": key, "status": claim.status, "licence": claim.licence, "basis": claim.basis,
                "evidence": claim.evidence, "who": claim.who, "when_": claim.when, "confidence": claim.confidence,
            }  # fmt: skip


def _put_signals(connection: Connection, works: Mapping[int, NewWork], earlier: Mapping[int, int]) -> None:
    # A signal that was recorded before is not recorded again; SQLite gives its moment back in UTC.
    seen = queries.signals(connection, (key for key in earlier if works[key].signals))
    rows = (
        {
            "work_key": key,
            "kind": signal.kind,
            "value": signal.value,
            "url": signal.url,
            "observed_at": signal.observed_at,
        }
        for key, work in works.items()
        for signal in dict.fromkeys(work.signals)
        if replace(signal, observed_at=signal.observed_at and in_utc(signal.observed_at)) not in seen.get(key, ())
    )
    insert_rows(connection, table_of(SignalRow), rows)
