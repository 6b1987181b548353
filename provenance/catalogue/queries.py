"""Questions about works, their claims and their content, as functions of a connection.

Nothing here changes anything. Each function makes few statements, because a statement costs more than its rows.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import chain
from typing import Any

from sqlalchemy import Connection, Executable, and_, bindparam, func, or_, select

from provenance.catalogue import inventory, members
from provenance.catalogue.chunks import chunks
from provenance.catalogue.claims import select_deciding
from provenance.catalogue.records import Location, Phrase, Statistics, Stored, unsigned
from provenance.catalogue.tables import (
    ClaimRow,
    CollectionRow,
    CreatorRow,
    PhraseRow,
    SegmentMemberRow,
    SegmentRow,
    SignalRow,
    WorkCreatorRow,
    WorkRow,
)
from provenance.works import Claim, Keep, LicenceStatus, Signal, Work

_WORKS = (
    select(
        WorkRow.key, WorkRow.source_id, CollectionRow.name, WorkRow.title, WorkRow.year, WorkRow.source,
        WorkRow.status, WorkRow.licence, WorkRow.copyright, WorkRow.notice, WorkRow.language, WorkRow.tokens,
        WorkRow.characters, WorkRow.keep, WorkRow.ingested_at, WorkRow.role, WorkRow.trusted,
        WorkRow.label, CreatorRow.name,
    )
    .join(CollectionRow, CollectionRow.id == WorkRow.collection_id)
    .outerjoin(WorkCreatorRow, WorkCreatorRow.work_key == WorkRow.key)
    .outerjoin(CreatorRow, CreatorRow.id == WorkCreatorRow.creator_id)
    .order_by(WorkRow.key, WorkCreatorRow.position)
)  # fmt: skip
_WORKS_BY_KEY = _WORKS.where(WorkRow.key.in_(bindparam("keys", expanding=True)))


def content_hashes(connection: Connection, keys: Iterable[int]) -> dict[int, bytes]:
    """Return the content hash of those of the works that are in the database."""
    found: dict[int, bytes] = {}
    for chunk in chunks(keys):
        query = select(WorkRow.key, WorkRow.content_hash).where(WorkRow.key.in_(chunk))
        found.update(connection.execute(query).all())
    return found


def count_licences(connection: Connection, keys: Iterable[int]) -> dict[str, int]:
    """Return how many of the works have each licence, or each status where it has no name; the most frequent first."""
    counts: Counter[str] = Counter()
    for chunk in chunks(keys):
        query = select(WorkRow.status, WorkRow.licence, func.count()).where(WorkRow.key.in_(chunk))
        for status, licence, count in connection.execute(query.group_by(WorkRow.status, WorkRow.licence)):
            counts[licence if status is LicenceStatus.LICENSED and licence else status.value] += count
    return dict(sorted(counts.items(), key=lambda each: (-each[1], each[0])))


Content = tuple[Stored, int, int, bytes | None]


def find_content(connection: Connection, hashes: Iterable[bytes], keep: Keep) -> dict[bytes, Content]:
    """Return place, tokens, characters and sketch of those contents that a live work has at this keep level."""
    found: dict[bytes, Content] = {}
    for chunk in chunks(hashes):
        ours = (WorkRow.content_hash.in_(chunk), WorkRow.keep == keep)
        in_segments = (
            select(
                WorkRow.content_hash,
                SegmentRow.name,
                SegmentMemberRow.ordinal,
                WorkRow.tokens,
                WorkRow.characters,
                WorkRow.sketch,
            )
            .join(SegmentMemberRow, and_(SegmentMemberRow.work_key == WorkRow.key, SegmentMemberRow.live))
            .join(SegmentRow, SegmentRow.id == SegmentMemberRow.segment_id)
            .where(*ours)
        )
        for content_hash, name, ordinal, tokens, characters, sketch in connection.execute(in_segments):
            found[content_hash] = Location(name, ordinal), tokens, characters, sketch
        in_phrases = (
            select(WorkRow.content_hash, WorkRow.tokens, WorkRow.characters, *_PHRASE)
            .join(PhraseRow, PhraseRow.work_key == WorkRow.key)
            .where(*ours)
        )
        for content_hash, tokens, characters, *phrase in connection.execute(in_phrases):
            found[content_hash] = _read_phrase(phrase), tokens, characters, None
    return found


_PHRASE = (PhraseRow.tokens, PhraseRow.text, PhraseRow.fingerprint, PhraseRow.length)


def _read_phrase(columns: Sequence[Any]) -> Phrase:
    tokens, text, fingerprint, length = columns
    return Phrase(tokens, text, None if fingerprint is None else unsigned(fingerprint), length)


def unsketched(connection: Connection) -> list[tuple[int, Location]]:
    """Return the key and place of each work in a segment that has no sketch, from before there were sketches."""
    query = (
        select(WorkRow.key, SegmentRow.name, SegmentMemberRow.ordinal)
        .join(SegmentMemberRow, and_(SegmentMemberRow.work_key == WorkRow.key, SegmentMemberRow.live))
        .join(SegmentRow, SegmentRow.id == SegmentMemberRow.segment_id)
        .where(WorkRow.sketch.is_(None))
        .order_by(SegmentRow.name, SegmentMemberRow.ordinal)
    )
    return [(key, Location(name, ordinal)) for key, name, ordinal in connection.execute(query)]


def find_stored(connection: Connection, keys: Iterable[int]) -> dict[int, Stored]:
    """Return where each of the works has its content."""
    found: dict[int, Stored] = {}
    for chunk in chunks(keys):
        in_segments = (
            select(SegmentMemberRow.work_key, SegmentRow.name, SegmentMemberRow.ordinal)
            .join(SegmentRow, SegmentRow.id == SegmentMemberRow.segment_id)
            .where(SegmentMemberRow.work_key.in_(chunk), SegmentMemberRow.live)
        )
        found.update((key, Location(name, ordinal)) for key, name, ordinal in connection.execute(in_segments))
        in_phrases = select(PhraseRow.work_key, *_PHRASE).where(PhraseRow.work_key.in_(chunk))
        found.update((key, _read_phrase(phrase)) for key, *phrase in connection.execute(in_phrases))
    return found


def works_at(connection: Connection, locations: Iterable[Location]) -> dict[Location, tuple[Work, ...]]:
    """Return, for each place, all live works that have their content there.

    The earliest year comes first, works without a year last, then by key. A place that no live work uses
    gets an empty tuple.
    """
    keys = members.keys_at(connection, locations)
    found = works(connection, chain.from_iterable(keys.values()))

    def age(work: Work) -> tuple[bool, int, int]:
        return work.year is None, work.year or 0, work.key

    return {place: tuple(sorted((found[key] for key in those), key=age)) for place, those in keys.items()}


def works(connection: Connection, keys: Iterable[int]) -> dict[int, Work]:
    """Return those of the works that are in the database."""
    found: dict[int, Work] = {}
    for chunk in chunks(keys):
        found.update((work.key, work) for work in _load_works(connection, _WORKS_BY_KEY, {"keys": chunk}))
    return found


def _load_works(connection: Connection, query: Executable, values: Mapping[str, Any] | None = None) -> list[Work]:
    """Return the works of a query like `_WORKS`, which gives a row for each creator.

    A work whose licence is in dispute comes with the claims that disagree.
    """
    rows: dict[int, Any] = {}
    authors = defaultdict(list)
    for row in connection.execute(query, values):
        rows[row[0]] = row
        if row[-1] is not None:
            authors[row[0]].append(row[-1])
    found = []
    for (
        key, source_id, collection, title, year, source, status, licence, rights, notice, language, tokens,
        characters, keep, ingested_at, role, trusted, label, _,
    ) in rows.values():  # fmt: skip
        work = Work(
            key=key, id=source_id, collection=collection, title=title, authors=tuple(authors[key]), year=year,
            source=source, status=status, licence=licence, copyright=rights, notice=notice, language=language,
            tokens=tokens, characters=characters, keep=keep, ingested_at=ingested_at, role=role,
            trusted=trusted, label=label,
        )  # fmt: skip
        found.append(work)
    heard = claims(connection, (work.key for work in found if work.status is LicenceStatus.CONFLICTING))
    return [replace(work, claims=select_deciding(heard[work.key])) if work.key in heard else work for work in found]


def location_of(connection: Connection, key: int) -> Location | None:
    """Return where a work has its content; None where it is a phrase, or not in the database."""
    query = (
        select(SegmentRow.name, SegmentMemberRow.ordinal)
        .join(SegmentRow, SegmentRow.id == SegmentMemberRow.segment_id)
        .where(SegmentMemberRow.work_key == key, SegmentMemberRow.live)
    )
    row = connection.execute(query).first()
    return None if row is None else Location(*row)


def find_works(connection: Connection, name: str) -> tuple[Work, ...]:
    """Return the works of a name: a source id (in any collection), or a key in decimal or 16 hexadecimal digits."""
    keys = []
    if name.isascii() and name.isdecimal() and len(name) <= 19:
        keys.append(int(name))
    if len(name) == 16 and all(digit in "0123456789abcdefABCDEF" for digit in name):
        keys.append(int(name, 16))
    # A key has 63 bits; a larger number is an error of PostgreSQL, and not merely unknown.
    is_named = or_(WorkRow.source_id == name, WorkRow.key.in_([key for key in keys if key < 2**63]))
    return tuple(_load_works(connection, _WORKS.where(is_named)))


def search(connection: Connection, query: str | None = None, *, limit: int = 50, offset: int = 0) -> tuple[Work, ...]:
    """Return works, by title and id, that have the query in title, id, source, licence, label or a creator's name.

    Case does not count. Without a query, every work.
    """
    keys = select(WorkRow.key).order_by(func.lower(WorkRow.title).nulls_last(), WorkRow.source_id, WorkRow.key)
    if query:
        columns = (WorkRow.title, WorkRow.source_id, WorkRow.source, WorkRow.licence, WorkRow.label, CreatorRow.name)
        *of_work, of_creator = (func.lower(column).contains(query.lower(), autoescape=True) for column in columns)
        by_creator = select(WorkCreatorRow.work_key).join(CreatorRow, CreatorRow.id == WorkCreatorRow.creator_id)
        keys = keys.where(or_(*of_work, WorkRow.key.in_(by_creator.where(of_creator))))
    order = list(connection.execute(keys.limit(limit).offset(offset)).scalars())
    found = works(connection, order)
    return tuple(found[key] for key in order)


def works_in(connection: Connection, collection: str, *, limit: int) -> tuple[Work, ...]:
    """Return works of a collection, in the order of their ids."""
    query = select(WorkRow.key).join(CollectionRow, CollectionRow.id == WorkRow.collection_id)
    query = query.where(CollectionRow.name == collection).order_by(WorkRow.source_id, WorkRow.key).limit(limit)
    order = list(connection.execute(query).scalars())
    found = works(connection, order)
    return tuple(found[key] for key in order)


def claims(connection: Connection, keys: Iterable[int]) -> dict[int, list[Claim]]:
    """Return every claim about the works, in the order of time."""
    found: dict[int, list[Claim]] = defaultdict(list)
    for chunk in chunks(keys):
        query = select(
            ClaimRow.work_key, ClaimRow.status, ClaimRow.licence, ClaimRow.basis, ClaimRow.evidence, ClaimRow.who,
            ClaimRow.when_, ClaimRow.confidence,
        ).where(ClaimRow.work_key.in_(chunk)).order_by(ClaimRow.when_, ClaimRow.id)  # fmt: skip
        for key, status, licence, basis, evidence, who, when, confidence in connection.execute(query):
            found[key].append(
                Claim(
                    status=status, licence=licence, basis=basis, evidence=evidence, who=who, when=when,
                    confidence=confidence,
                )
            )  # fmt: skip
    return found


def signals(connection: Connection, keys: Iterable[int]) -> dict[int, list[Signal]]:
    """Return every signal recorded for the works, in the order of recording."""
    found: dict[int, list[Signal]] = defaultdict(list)
    for chunk in chunks(keys):
        query = (
            select(SignalRow.work_key, SignalRow.kind, SignalRow.value, SignalRow.url, SignalRow.observed_at)
            .where(SignalRow.work_key.in_(chunk))
            .order_by(SignalRow.id)
        )
        for key, kind, value, url, observed_at in connection.execute(query):
            found[key].append(Signal(kind=kind, value=value, url=url, observed_at=observed_at))
    return found


def phrases(connection: Connection) -> Iterator[tuple[int, Phrase]]:
    """Yield the key of every work that is a phrase, and the phrase, by key."""
    query = select(PhraseRow.work_key, *_PHRASE).order_by(PhraseRow.work_key)
    for key, *phrase in connection.execution_options(yield_per=1_000).execute(query):
        yield key, _read_phrase(phrase)


def statistics(connection: Connection) -> Statistics:
    """Return counts for people."""
    found = inventory.facts(connection)
    return Statistics(
        works=int(found["works"]),
        tokens=int(found["tokens"]),
        statuses={LicenceStatus(status).value: count for status, count in _count_works_by(connection, WorkRow.status)},
        collections=dict(_count_works_by(connection, CollectionRow.name)),
        trust=_find_trust(connection),
        licences={
            licence: count for licence, count in _count_works_by(connection, WorkRow.licence, limit=20) if licence
        },
        creators=connection.execute(select(func.count()).select_from(CreatorRow)).scalar_one(),
    )


def _count_works_by(connection: Connection, column: Any, *, limit: int | None = None) -> list[tuple[str, int]]:
    """Return how many works have each value of the column, the most frequent first."""
    count = func.count().label("works")
    query = select(column, count).select_from(WorkRow).join(CollectionRow, CollectionRow.id == WorkRow.collection_id)
    query = query.where(column.is_not(None)).group_by(column).order_by(count.desc(), column).limit(limit)
    return list(connection.execute(query))


def _find_trust(connection: Connection) -> dict[str, str]:
    """Return whether the works of each collection are trusted."""
    query = select(CollectionRow.name, WorkRow.trusted).join(WorkRow, WorkRow.collection_id == CollectionRow.id)
    found: dict[str, set[bool]] = defaultdict(set)
    for name, trusted in connection.execute(query.distinct().order_by(CollectionRow.name)):
        found[name].add(trusted)
    words = {frozenset((True,)): "trusted", frozenset((False,)): "untrusted"}
    return {name: words.get(frozenset(values), "partly trusted") for name, values in found.items()}


def read_all(connection: Connection) -> None:
    """Read every work with its claims and signals, so that an impossible value raises; 5,000 works at a time."""
    for chunk in chunks(connection.execute(select(WorkRow.key)).scalars().all()):
        for read in (works, claims, signals):
            read(connection, chunk)
