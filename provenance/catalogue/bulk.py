"""How do many rows get into a table quickly?

SQLAlchemy's own way prepares the parameters of each row anew, which costs as much as the insert itself, and psycopg
sends every row as a statement. Here a row is prepared once, column by column; SQLite gets it by `executemany`,
PostgreSQL by `COPY`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import chain
from typing import Any

from sqlalchemy import Connection, Dialect, Table, insert
from sqlalchemy.exc import DBAPIError

from provenance.catalogue.chunks import chunks

Row = Mapping[str, Any]
_MANY = 10_000


def insert_rows(connection: Connection, table: Table, rows: Iterable[Row]) -> None:
    """Insert rows, each a mapping of column names to values, all with the same names in the same order."""
    iterator = iter(rows)
    first = next(iterator, None)
    if first is None:
        return
    names = list(first)
    prepared = _prepared(connection.dialect, table, names, chain([first], iterator))
    if connection.dialect.name == "postgresql":
        _copy(connection, table, names, prepared)
    else:
        statement = str(insert(table).compile(dialect=connection.dialect, column_keys=names))
        for chunk in chunks(prepared, _MANY):
            connection.exec_driver_sql(statement, chunk)


def _prepared(dialect: Dialect, table: Table, names: list[str], rows: Iterable[Row]) -> Iterator[tuple[Any, ...]]:
    """Yield each row as the driver takes it."""
    prepare = [table.c[name].type.dialect_impl(dialect).bind_processor(dialect) or _as_it_is for name in names]
    for row in rows:
        yield tuple([process(value) for process, value in zip(prepare, row.values(), strict=True)])


def _as_it_is(value: object) -> object:
    return value


def _copy(connection: Connection, table: Table, names: list[str], rows: Iterable[tuple[Any, ...]]) -> None:
    quote = connection.dialect.identifier_preparer.quote
    statement = f"COPY {quote(table.name)} ({', '.join(map(quote, names))}) FROM STDIN"
    driver: Any = connection.connection
    try:
        with driver.cursor() as cursor, cursor.copy(statement) as copy:
            for row in rows:
                copy.write_row(row)
    except connection.dialect.loaded_dbapi.Error as error:
        raise DBAPIError(statement, None, error) from error
