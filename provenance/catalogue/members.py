"""Questions about the works that have their content at one place: which may be named, and how many there are.

Functions of a connection that read what decides about a work, such as its licence, year, trust and creator, and nothing
else of it. However many works share a content, few rows are read. Of a crowd of more than `MOST` the database picks
those that come first by precedence, those that came into the database first (so that nobody can push others out by
adding works) and the first with each claim (so that no claim is overlooked), and counts the rest.

The creator of a work is the first one named; without a name, the host that the work came from; without that too, its
collection, because nothing shows that its works are unrelated. Case and repeated spaces do not make another creator.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from typing import Any

from sqlalchemy import (
    BigInteger,
    Connection,
    Select,
    String,
    and_,
    bindparam,
    case,
    func,
    literal_column,
    or_,
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
from provenance.works import Basis, LicenceStatus

Demands = Callable[[LicenceStatus, str | None], int]
"""Returns how much a licence status and expression ask for: 0 where no rights are left."""

MOST = 64
"""Works of one place that are all read; of more, half as many by precedence and half as many by when they came."""
_MOST_CLAIMS = 64
"""Different claims about one content of which a work is read."""
_PLACES = 200  # in one statement: each takes two of its parameters

# As text, because an expression with as many parameters costs more than the rest of the query.
_CREATOR = literal_column(
    """coalesce(
        'by ' || nullif(lower(trim(replace(replace(creators.name, '  ', ' '), '  ', ' '))), ''),
        'at ' || CASE WHEN works.source LIKE '%://%' THEN nullif(lower(split_part(works.source, '/', 3)), '') END,
        'in ' || collections.name
    )""",
    String,
)
_PLACE = (SegmentRow.name.label("segment"), SegmentMemberRow.ordinal)
_MEMBER: tuple[Any, ...] = (
    WorkRow.key, WorkRow.status, WorkRow.licence, WorkRow.year, _CREATOR.label("creator"), WorkRow.role,
    WorkRow.carried, WorkRow.family, WorkRow.added_by, WorkRow.copyright,
    or_(WorkRow.trusted, WorkRow.basis == Basis.CURATED).label("trusted"),
    WorkRow.basis.in_((Basis.INHERITED, Basis.DEFAULT)).label("inherited"), CollectionRow.name.label("collection"),
)  # fmt: skip
_YEAR = (WorkRow.year.is_(None), WorkRow.year)


def members(connection: Connection, keys: Iterable[int], demands: Demands) -> dict[int, Member]:
    """Return the facts that decide which work comes first, for those of the works that are in the database."""
    found: dict[int, Member] = {}
    for chunk in chunks(keys):
        query = _join_creators(select(*_MEMBER).select_from(WorkRow)).where(WorkRow.key.in_(chunk))
        found.update((row.key, _read_member(row, demands)) for row in connection.execute(query))
    return found


def members_of(connection: Connection, segment: str, demands: Demands) -> Iterator[tuple[int, Member]]:
    """Yield every live work of a segment, with the number of its content there, by content and key."""
    query = (
        _join_creators(
            select(SegmentMemberRow.ordinal, *_MEMBER)
            .select_from(SegmentMemberRow)
            .join(SegmentRow, SegmentRow.id == SegmentMemberRow.segment_id)
            .join(WorkRow, WorkRow.key == SegmentMemberRow.work_key)
        )
        .where(SegmentRow.name == segment, SegmentMemberRow.live)
        .order_by(SegmentMemberRow.ordinal, WorkRow.key)
    )
    for row in connection.execution_options(yield_per=1_000).execute(query):
        yield row.ordinal, _read_member(row, demands)


def keys_at(connection: Connection, places: Iterable[Location]) -> dict[Location, list[int]]:
    """Return the keys of all live works that have their content at each place."""
    keys: dict[Location, list[int]] = {place: [] for place in places}
    for chunk in chunks(keys, _PLACES):
        query = _select_at(len(chunk), *_PLACE, WorkRow.key)
        for segment, ordinal, key in connection.execute(query, _place_values(chunk)):
            keys[Location(segment, ordinal)].append(key)
    return keys


def holdings(connection: Connection, places: Iterable[Location], demands: Demands) -> dict[Location, Holding]:
    """Return, for each place, the live works that have their content there, and how many there are.

    However many they are, few are read. A place that no live work uses gets an empty one.
    """
    found: dict[Location, Holding] = {}
    for chunk in chunks(places, _PLACES):
        values, most = _place_values(chunk), MOST * len(chunk)
        # One row more than is wanted tells whether there are more works. Nearly always there are not.
        rows = connection.execute(_select_some(len(chunk)), {**values, "most": most + 1}).all()
        if len(rows) > most:
            found |= _count_holdings(connection, chunk, demands)
            continue
        here = _members_by_place(rows, demands)
        for place in chunk:
            found[place] = Holding(tuple(sorted(here[place], key=Member.precedence)), len(here[place]))
    return found


def _members_by_place(rows: Iterable[Any], demands: Demands) -> defaultdict[Location, list[Member]]:
    found = defaultdict(list)
    for row in rows:
        found[Location(row.segment, row.ordinal)].append(_read_member(row, demands))
    return found


def _read_member(row: Any, demands: Demands) -> Member:
    return Member(
        key=row.key, demands=demands(row.status, row.licence), year=row.year, creator=row.creator, role=row.role,
        carried=row.carried, status=row.status, licence=row.licence, collection=row.collection,
        trusted=bool(row.trusted), family=row.family, added_by=row.added_by, inherited=bool(row.inherited),
        copyright=row.copyright,
    )  # fmt: skip


def _count_holdings(connection: Connection, places: list[Location], demands: Demands) -> dict[Location, Holding]:
    """Return the holdings of places with more works than are all read, see the docstring of the module."""
    values = _place_values(places)
    licences = connection.execute(_select_at(len(places), WorkRow.status, WorkRow.licence).distinct(), values)
    # The database sorts by what a licence demands, which only `demands` knows: so it is told each value.
    asked = [(and_(WorkRow.status == each[0], WorkRow.licence == each[1]), demands(*each)) for each in licences]
    precedence = (WorkRow.carried, *_YEAR, case(*asked, else_=0), WorkRow.key)  # as `Member.precedence`

    def number_rows(*order: Any, within: Iterable[Any] = ()) -> Any:
        return func.row_number().over(partition_by=(*_PLACE, *within), order_by=order)

    claim = (WorkRow.status, WorkRow.licence, WorkRow.trusted, WorkRow.basis, WorkRow.role, WorkRow.collection_id)
    numbers = (
        number_rows(*precedence).label("by_precedence"),
        number_rows(WorkRow.added_by, *precedence).label("by_coming"),
        number_rows(*precedence, within=(*claim, WorkRow.carried)).label("in_claim"),
    )
    numbered = _join_creators(_select_at(len(places), *_PLACE, *_MEMBER, *numbers)).subquery()
    row = numbered.c
    ways = (row.by_precedence <= MOST // 2, row.by_coming <= MOST // 2, row.in_claim == 1)
    chosen = select(numbered).where(or_(*ways)).order_by(row.in_claim != 1, row.by_precedence)
    rows = connection.execute(chosen.limit(len(places) * (MOST + _MOST_CLAIMS)), values)
    named = _members_by_place(rows, demands)
    query = _select_at(len(places), *_PLACE, func.count()).group_by(*_PLACE)
    counts = {Location(segment, ordinal): count for segment, ordinal, count in connection.execute(query, values)}
    return {
        place: Holding(tuple(sorted(named[place], key=Member.precedence)), counts.get(place, 0)) for place in places
    }


@cache
def _select_some(places: int) -> Select[Any]:
    return _join_creators(_select_at(places, *_PLACE, *_MEMBER)).limit(bindparam("most"))


def _select_at(places: int, *columns: Any) -> Select[Any]:
    """Return the query for the live works that have their content at `places` places, for `_place_values`.

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


def _place_values(places: list[Location]) -> dict[str, str | int]:
    values: dict[str, str | int] = {}
    for n, place in enumerate(places):
        values[f"segment{n}"], values[f"ordinal{n}"] = place.segment, place.ordinal
    return values


def _join_creators(query: Select[Any]) -> Select[Any]:
    """Join to a query of works the tables that `_CREATOR` reads."""
    return (
        query.join(CollectionRow, CollectionRow.id == WorkRow.collection_id)
        .outerjoin(WorkCreatorRow, and_(WorkCreatorRow.work_key == WorkRow.key, WorkCreatorRow.position == 0))
        .outerjoin(CreatorRow, CreatorRow.id == WorkCreatorRow.creator_id)
    )
