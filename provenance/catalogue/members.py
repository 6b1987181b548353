"""Which works have their content at a place, which of them come first, and how many are there?

Functions of a connection that read a work's key, licence, year and creator, and nothing else of it. However many works
share a content, few rows are read: beyond `MOST` of them the database counts, and only those that come first are named.

A work stands for its first-named creator; one without, for the host that it came from; one without that too, for its
collection, because nothing shows that its works are unrelated. Case and repeated spaces do not make another creator.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from functools import cache
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    ColumnElement,
    Connection,
    Select,
    String,
    and_,
    bindparam,
    case,
    distinct,
    func,
    literal_column,
    select,
    text,
)

from provenance.catalogue.chunks import chunks
from provenance.catalogue.records import Holding, Location, Member
from provenance.catalogue.tables import (
    CollectionRow,
    CreatorRow,
    SegmentMemberRow,
    SegmentRow,
    WorkCreatorRow,
    WorkRow,
)
from provenance.works import LicenceStatus, Role

Demands = Callable[[LicenceStatus, str | None], int]
"""Says of a licence status and expression how much it asks for: 0 where nobody's rights are left."""

MOST = 64
"""How many works of one place are read."""
_PLACES = 200

# As text, because an expression with as many parameters costs more than the rest of the query.
_CREATOR = literal_column(
    """coalesce(
        'by ' || nullif(lower(trim(replace(replace(creators.name, '  ', ' '), '  ', ' '))), ''),
        'at ' || CASE WHEN works.source LIKE '%://%' THEN nullif(lower(split_part(works.source, '/', 3)), '') END,
        'in ' || collections.name
    )""",
    String,
)
# What carries others along says so in its path; the folders are those that package managers and projects use.
_CARRIED = literal_column(
    "("
    + " OR ".join(
        f"works.source_id LIKE '%/{name.replace('_', '!_')}/%' ESCAPE '!'"
        for name in ("_vendor", "vendor", "vendored", "third_party", "third-party", "node_modules", "extern", "_extern")
    )
    + ")",
    Boolean,
)
_PLACE = (SegmentRow.name.label("segment"), SegmentMemberRow.ordinal)
_MEMBER: tuple[Any, ...] = (
    WorkRow.key, WorkRow.status, WorkRow.licence, WorkRow.year, _CREATOR.label("creator"), WorkRow.role,
    _CARRIED.label("carried"),
)  # fmt: skip
_YEAR = (WorkRow.year.is_(None), WorkRow.year)


def members(connection: Connection, keys: Iterable[int], demands: Demands) -> dict[int, Member]:
    """Return what is known at a glance of those of the works that are in the database."""
    found: dict[int, Member] = {}
    for chunk in chunks(keys):
        query = _credited(select(*_MEMBER).select_from(WorkRow)).where(WorkRow.key.in_(chunk))
        found.update((row.key, _member(row, demands)) for row in connection.execute(query))
    return found


def keys_at(connection: Connection, places: Iterable[Location]) -> dict[Location, list[int]]:
    """Return the keys of all live works that have their content at each place."""
    keys: dict[Location, list[int]] = {place: [] for place in places}
    for chunk in chunks(keys, _PLACES):
        for segment, ordinal, key in connection.execute(_keys(len(chunk)), _values(chunk)):
            keys[Location(segment, ordinal)].append(key)
    return keys


def holdings(connection: Connection, places: Iterable[Location], demands: Demands) -> dict[Location, Holding]:
    """Return, for each place, the first of the live works that have their content there, and how many there are.

    However many they are, few are read. A place that no live work uses has no works.
    """
    found: dict[Location, Holding] = {}
    for chunk in chunks(places, _PLACES):
        values, most = _values(chunk), MOST * len(chunk)
        rows = connection.execute(_few(len(chunk)), {**values, "most": most + 1}).all()
        if len(rows) <= most:
            here = _by_place(rows, demands)
            found |= {place: _holding(here[place]) for place in chunk}
        else:
            found |= _counted(connection, chunk, demands)
    return found


def _by_place(rows: Iterable[Any], demands: Demands) -> defaultdict[Location, list[Member]]:
    found = defaultdict(list)
    for row in rows:
        found[Location(row.segment, row.ordinal)].append(_member(row, demands))
    return found


def _member(row: Any, demands: Demands) -> Member:
    return Member(
        key=row.key, demands=demands(row.status, row.licence), year=row.year, creator=row.creator, role=row.role,
        carried=row.carried,
    )  # fmt: skip


def _holding(members: list[Member]) -> Holding:
    first = sorted(members, key=Member.precedence)[:MOST]
    return Holding(tuple(first), works=len(members), creators=len({member.creator for member in members}))


def _counted(connection: Connection, places: list[Location], demands: Demands) -> dict[Location, Holding]:
    """Return the holdings of places with more works than are read: those that come first, and the database's counts."""
    values = _values(places)
    licences = connection.execute(_at(len(places), WorkRow.status, WorkRow.licence).distinct(), values)
    asked = [(and_(WorkRow.status == each[0], WorkRow.licence == each[1]), demands(*each)) for each in licences]
    first = _by_place(connection.execute(_first(len(places), case(*asked, else_=0)), values), demands)
    counts = {
        Location(segment, ordinal): counted
        for segment, ordinal, *counted in connection.execute(_counts(len(places)), values)
    }
    return {
        place: Holding(tuple(sorted(first[place], key=Member.precedence)), *counts.get(place, (0, 0)))
        for place in places
    }


@cache
def _few(places: int) -> Select[Any]:
    return _credited(_at(places, *_PLACE, *_MEMBER)).limit(bindparam("most"))


@cache
def _keys(places: int) -> Select[Any]:
    return _at(places, *_PLACE, WorkRow.key)


def _counts(places: int) -> Select[Any]:
    counted = _at(places, *_PLACE, func.count(), func.count(distinct(_CREATOR)))
    return _credited(counted).group_by(*_PLACE)


def _first(places: int, demands: ColumnElement[int]) -> Select[Any]:
    """Return the query for the works that come first, in the order of `Member.precedence`."""
    order = (WorkRow.role != Role.BOILERPLATE, demands > 0, _CARRIED, *_YEAR, demands, WorkRow.key)
    number = func.row_number().over(partition_by=_PLACE, order_by=order).label("number")
    numbered = _credited(_at(places, *_PLACE, *_MEMBER, number)).subquery()
    return select(numbered).where(numbered.c.number <= MOST)


def _at(places: int, *columns: Any) -> Select[Any]:
    """Return the query for the live works that have their content at so many places, which `_values` gives.

    The places are rows, so that both databases look each up by the keys of segments and members.
    """
    rows = ", ".join(f"(:segment{n}, :ordinal{n})" for n in range(places))
    asked = text(f"VALUES {rows}").columns(column1=String, column2=BigInteger).cte("asked")
    return (
        select(*columns)
        .select_from(asked)
        .join(SegmentRow, SegmentRow.name == asked.c.column1)
        .join(
            SegmentMemberRow,
            and_(
                SegmentMemberRow.segment_id == SegmentRow.id,
                SegmentMemberRow.ordinal == asked.c.column2,
                SegmentMemberRow.live,
            ),
        )
        .join(WorkRow, WorkRow.key == SegmentMemberRow.work_key)
    )


def _values(places: list[Location]) -> dict[str, str | int]:
    values: dict[str, str | int] = {}
    for n, place in enumerate(places):
        values[f"segment{n}"], values[f"ordinal{n}"] = place.segment, place.ordinal
    return values


def _credited(query: Select[Any]) -> Select[Any]:
    """Let a query of works know what stands for the creator of each."""
    return (
        query.join(CollectionRow, CollectionRow.id == WorkRow.collection_id)
        .outerjoin(WorkCreatorRow, and_(WorkCreatorRow.work_key == WorkRow.key, WorkCreatorRow.position == 0))
        .outerjoin(CreatorRow, CreatorRow.id == WorkCreatorRow.creator_id)
    )
