"""Foreign exceptions become ours in one place, and a host's own SQLAlchemy is left alone."""

import sqlite3
from pathlib import Path

import pytest
from sqlalchemy import create_engine
from sqlalchemy.exc import DBAPIError, NoResultFound, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

import provenance.catalogue as public
from provenance.catalogue import Catalogue, derive_licence
from provenance.catalogue.faults import translate_errors
from provenance.errors import DatabaseBusyError, DatabaseError, DatabaseNotFoundError


class SqliteError(sqlite3.OperationalError):
    """What SQLite raises; its code is set by hand."""

    def __init__(self, code: int) -> None:
        super().__init__("said SQLite")
        self.sqlite_errorcode = code


class PostgresError(Exception):
    """What psycopg raises."""

    def __init__(self, state: str | None) -> None:
        super().__init__("said\nthe server")
        self.sqlstate = state


def wrapped(cause: Exception) -> DBAPIError:
    """Return the exception that SQLAlchemy makes of it."""
    return OperationalError("SELECT 'secret'", {"password": "s3cret"}, cause, hide_parameters=True)


@pytest.mark.parametrize(
    ("error", "kind", "meaning"),
    [
        (wrapped(SqliteError(sqlite3.SQLITE_BUSY_SNAPSHOT)), DatabaseBusyError, "another process is writing"),
        (wrapped(SqliteError(sqlite3.SQLITE_IOERR_WRITE)), DatabaseError, "the disk failed"),
        (wrapped(SqliteError(sqlite3.SQLITE_READONLY_DBMOVED)), DatabaseError, "it cannot be written"),
        (wrapped(SqliteError(sqlite3.SQLITE_MISUSE)), DatabaseError, "said SQLite; check that"),
        (wrapped(PostgresError("40P01")), DatabaseBusyError, "another process is writing"),
        (wrapped(PostgresError("3D000")), DatabaseNotFoundError, "no such database"),
        (wrapped(PostgresError("28P01")), DatabaseError, "refuses the log-in"),
        (wrapped(PostgresError("53100")), DatabaseError, "the disk is full"),
        (wrapped(PostgresError("53300")), DatabaseError, "lacks memory or connections"),
        (wrapped(PostgresError(None)), DatabaseError, "said the server; check that the server runs"),
        (PoolTimeoutError("QueuePool limit"), DatabaseBusyError, "every connection is in use"),
        (NoResultFound("No row was found"), DatabaseError, "No row was found; this should not happen"),
    ],
)
def test_what_an_error_means(error: Exception, kind: type[DatabaseError], meaning: str) -> None:
    """Each failure gets its kind, the place and a remedy on one line, without the statement and its values."""
    with pytest.raises(kind) as caught, translate_errors("/db/catalogue.sqlite"):
        raise error
    assert type(caught.value) is kind
    message = str(caught.value)
    assert message.startswith("catalogue /db/catalogue.sqlite: ")
    assert meaning in message
    assert "\n" not in message
    assert "s3cret" not in message
    assert "SELECT" not in message


def test_our_own_errors_pass() -> None:
    """What is not SQLAlchemy's passes as it is."""
    with pytest.raises(KeyError), translate_errors("here"):
        raise KeyError(1)


def test_a_hosts_engine_is_left_alone(tmp_path: Path) -> None:
    """Our settings and transactions are ours only: another engine in the process behaves as before."""
    with Catalogue.open(f"sqlite:///{tmp_path}/ours.sqlite", create=True):
        engine = create_engine(f"sqlite:///{tmp_path}/theirs.sqlite")
        with engine.connect() as connection:
            assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "delete"
            assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar() == 0
            assert connection.exec_driver_sql("SELECT lower('Ü')").scalar() == "Ü"
        engine.dispose()


def test_the_settings_of_a_catalogue(tmp_path: Path) -> None:
    """Our own database is marked as ours, keeps a log beside it, and survives a power cut."""
    with (
        Catalogue.open(f"sqlite:///{tmp_path}/c.sqlite", create=True) as catalogue,
        catalogue._begin_reading() as connection,
    ):
        names = ("application_id", "journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        found = [connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in names]
    assert found == [0x50724C69, "wal", 2, 1, 30_000]


def test_the_public_names() -> None:
    """The package offers exactly the names of its list."""
    assert sorted(public.__all__) == public.__all__
    assert all(hasattr(public, name) for name in public.__all__)
    assert derive_licence is public.derive_licence
