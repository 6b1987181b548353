"""Schema of a database: checks its revision, and runs the migration scripts.

The scripts are in `migrations/`, in a wheel in `provenance/_migrations/`. An existing database is upgraded only on
request: others may be reading it.
"""

from __future__ import annotations

import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import URL, Connection, func, inspect, select, text

from provenance.catalogue.engine import (
    APPLICATION_ID,
    access_to,
    make_engine,
    parse_url,
    place_of,
    sqlite_path,
    writer_of,
)
from provenance.catalogue.faults import translate_errors
from provenance.errors import DatabaseError, DatabaseNotFoundError, SchemaError

if TYPE_CHECKING:
    from alembic.config import Config

REVISIONS = ("0001", "0002", "0003", "0004")
"""Every revision there is, the oldest first; a test holds it against the scripts. Spares opening the scripts."""

_PACKAGED = Path(__file__).parent.parent / "_migrations"
_CHECKOUT = Path(__file__).parent.parent.parent / "migrations"


def migrations_dir() -> Path:
    """Return the folder of the migration scripts: in the wheel, else in the checkout."""
    return _PACKAGED if _PACKAGED.is_dir() else _CHECKOUT


def upgrade(url: str) -> str:
    """Bring a database to the schema of this release, making its tables where it is empty.

    Returns:
        The revision that it is now at.

    Raises:
        DatabaseNotFoundError: the folder or the server's database does not exist.
        SchemaError: it was written by a newer release.
        DatabaseError: it belongs to another program.
    """
    parsed = parse_url(url)
    path = sqlite_path(parsed)
    if path is not None and not path.parent.is_dir():
        raise DatabaseNotFoundError(f"there is no database at {path}; `provenance ingest` makes one")
    engine = make_engine(parsed, access_to(parsed, create=True, read_only=False))
    try:
        with translate_errors(place_of(parsed)):
            with engine.connect() as connection:
                done = revision(connection) == REVISIONS[-1]
            if not done:
                with writer_of(engine).begin() as connection:
                    bring_up(connection, parsed)
    finally:
        engine.dispose()
    return REVISIONS[-1]


def bring_up(connection: Connection, url: URL) -> None:
    """Run the scripts that the database has not seen yet, in the write transaction of the connection.

    Raises:
        SchemaError: see `upgrade`.
        DatabaseError: see `upgrade`.
    """
    if connection.dialect.name == "postgresql":  # where two could make the same table at once
        connection.execute(select(func.pg_advisory_xact_lock(APPLICATION_ID)))
    if revision(connection) in REVISIONS or is_empty(connection):
        from alembic import command  # noqa: PLC0415 - a tenth of a second that an ordinary check need not spend

        configuration = config()
        configuration.attributes["connection"] = connection
        command.upgrade(configuration, "head")
    require_current(connection, url)


def config() -> Config:
    """Return Alembic's configuration; the caller puts a connection into its attributes."""
    from alembic.config import Config  # noqa: PLC0415 - as above

    configuration = Config(stdout=sys.stdout)  # of now, and not of when Alembic was imported
    configuration.set_main_option("script_location", str(migrations_dir()).replace("%", "%%"))  # it interpolates
    configuration.set_main_option("path_separator", "os")
    return configuration


def revision(connection: Connection) -> str | None:
    """Return the revision that the database is at, None where it was never migrated."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    found = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    return None if found is None else str(found)


def is_empty(connection: Connection) -> bool:
    """Is the database without any table?"""
    return not inspect(connection).get_table_names()


def require_current(connection: Connection, url: URL) -> None:
    """Check that the database has the schema of this release.

    Raises:
        DatabaseNotFoundError: it is empty.
        SchemaError: its schema is older or newer.
        DatabaseError: it belongs to another program.
    """
    found, place = revision(connection), place_of(url)
    if found == REVISIONS[-1]:
        return
    if found in REVISIONS:
        path = sqlite_path(url)
        command = f"provenance db upgrade --db {shlex.quote(str(path.parent))}" if path else "provenance db upgrade"
        raise SchemaError(f"catalogue {place}: its schema {found} is older than {REVISIONS[-1]}; run `{command}`")
    if found is not None:
        raise SchemaError(
            f"catalogue {place}: its schema {found} was written by a newer release; "
            "run `pip install --upgrade licence-provenance`"
        )
    if is_empty(connection):
        raise DatabaseNotFoundError(f"catalogue {place}: it is empty; `provenance ingest` fills it")
    raise DatabaseError(f"catalogue {place}: it belongs to another program; give the place of our own database")
