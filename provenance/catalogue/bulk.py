"""Fast inserts and updates of many rows.

SQLAlchemy's own way prepares the parameters of each row anew, which costs as much as the insert itself, and psycopg
sends every row as a statement. Here a row is prepared once, column by column; SQLite gets it by `executemany`,
PostgreSQL by `COPY`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import chain
from typing import Any

from sqlalchemy import Connection, Executable, Table, insert
from sqlalchemy.exc import DBAPIError

from provenance.catalogue.chunks import chunks

Row = Mapping[str, Any]
_MANY = 10_000


def insert_rows(connection: Connection, table: Table, rows: Iterable[Row]) -> None:
    """Insert rows, each a mapping of column names to values, all with the same names."""
    iterator = iter(rows)
    first = next(iterator, None)
    if first is None:
        return
    names = [column.name for column in table.columns if column.name in first]
    dialect = connection.dialect
    # A processor turns a value of ours into one of the driver's; None where the driver takes it as it is.
    processors = [(name, table.c[name].type.dialect_impl(dialect).bind_processor(dialect)) for name in names]
    prepared = (
        tuple([process(row[name]) if process else row[name] for name, process in processors])
        for row in chain([first], iterator)
    )
    if dialect.name == "postgresql":
        _copy_into_postgres(connection, table, names, prepared)
    else:
        statement = str(insert(table).compile(dialect=dialect, column_keys=names))
        for chunk in chunks(prepared, _MANY):
            connection.exec_driver_sql(statement, chunk)


def update_rows(connection: Connection, statement: Executable, rows: Iterable[dict[str, Any]]) -> None:
    """Run an update or delete once for each row of parameters."""
    for chunk in chunks(rows, _MANY):
        connection.execute(statement, chunk)


def _copy_into_postgres(
    connection: Connection, table: Table, names: list[str], rows: Iterable[tuple[Any, ...]]
) -> None:
    quote = connection.dialect.identifier_preparer.quote
    statement = f"COPY {quote(table.name)} ({', '.join(map(quote, names))}) FROM STDIN"
    driver: Any = connection.connection
    try:
        with driver.cursor() as cursor, cursor.copy(statement) as copy:
            for row in rows:
                copy.write_row(row)
    except connection.dialect.loaded_dbapi.Error as error:
        # SQLAlchemy wraps no error of a cursor of psycopg's own, and `faults` translates only wrapped ones.
        raise DBAPIError(statement, None, error) from error
