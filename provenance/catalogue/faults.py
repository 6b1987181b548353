"""Translation of the failures of SQLite, PostgreSQL and SQLAlchemy into our exceptions.

The one place where their exceptions become ours. Passwords and the values of a statement never get into a message.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DBAPIError, OperationalError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from provenance.errors import DatabaseBusyError, DatabaseError, DatabaseNotFoundError

_BUSY = "another process is writing to it; try again when that has finished"
_FULL = "the disk is full; nothing was changed; free some space and run the same command again"
_DAMAGED = "it is damaged; restore it from a copy, or ingest the works into a new database"
_READ_ONLY = "it cannot be written; make the file and its folder writable, or work on a copy of the database"

_SQLITE: dict[int, tuple[type[DatabaseError], str]] = {
    sqlite3.SQLITE_BUSY: (DatabaseBusyError, _BUSY),
    sqlite3.SQLITE_LOCKED: (DatabaseBusyError, _BUSY),
    sqlite3.SQLITE_PROTOCOL: (DatabaseBusyError, _BUSY),  # a log that another process keeps to itself
    sqlite3.SQLITE_FULL: (DatabaseError, _FULL),
    sqlite3.SQLITE_READONLY: (DatabaseError, _READ_ONLY),
    sqlite3.SQLITE_CORRUPT: (DatabaseError, _DAMAGED),
    sqlite3.SQLITE_NOTADB: (DatabaseNotFoundError, "the file is not a database; give the place of one"),
    sqlite3.SQLITE_CANTOPEN: (DatabaseError, "it cannot be opened; check that its folder is there and may be read"),
    sqlite3.SQLITE_IOERR: (DatabaseError, "the disk failed to read or write it; check the disk and its free space"),
    sqlite3.SQLITE_PERM: (DatabaseError, _READ_ONLY),
}

# By SQLSTATE, or its first two characters for a whole class.
_POSTGRES: dict[str, tuple[type[DatabaseError], str]] = {
    "55P03": (DatabaseBusyError, _BUSY),
    "40": (DatabaseBusyError, _BUSY),
    "3D000": (DatabaseNotFoundError, "the server has no such database; create one with `createdb`"),
    "28": (DatabaseError, "the server refuses the log-in; check user and password in the URL"),
    "53100": (DatabaseError, _FULL),
    "53": (DatabaseError, "the server lacks memory or connections; try again later"),
    "25006": (DatabaseError, "the server takes no writing now (a standby?); write to the primary server"),
    "42501": (DatabaseError, "the user in the URL lacks the right to do this; grant it, or use another user"),
    "XX": (DatabaseError, _DAMAGED),
}


@contextmanager
def translate_errors(place: str) -> Iterator[None]:
    """Turn what SQLAlchemy raises inside into a `DatabaseError` that names the place and says what to do next."""
    try:
        yield
    except SQLAlchemyError as error:
        kind, meaning = _explain_error(error)
        raise kind(f"catalogue {place}: {meaning}") from error


@contextmanager
def report_illegible_rows(place: str) -> Iterator[None]:
    """Turn the exceptions of reading rows that no release can have written into a `DatabaseError`.

    A bit that flips in a value of SQLite leaves the structure sound: it makes an impossible date, or an unknown key.
    """
    try:
        yield
    except UnicodeEncodeError:
        raise  # of what the caller asked with a lone surrogate in it, not of a row
    except (LookupError, ValueError) as error:
        raise DatabaseError(f"catalogue {place}: {_DAMAGED}") from error


def _explain_error(error: SQLAlchemyError) -> tuple[type[DatabaseError], str]:
    """Return the exception of ours for an error, and what it means, with what to do about it."""
    if isinstance(error, PoolTimeoutError):
        return DatabaseBusyError, "every connection is in use; check with fewer threads at once"
    cause = error.orig if isinstance(error, DBAPIError) else None
    code, state = getattr(cause, "sqlite_errorcode", None), getattr(cause, "sqlstate", None)
    if code is not None and code & 0xFF in _SQLITE:  # the low byte is the primary code, the others say more exactly
        return _SQLITE[code & 0xFF]
    for key in (state, state[:2]) if state else ():
        if key in _POSTGRES:
            return _POSTGRES[key]
    said = " ".join(str(cause or error).split()) or type(error).__name__
    if said.startswith("Could not decode"):
        return DatabaseError, _DAMAGED  # without the value, which is in what was said
    if 'FATAL: database "' in said and said.endswith("does not exist"):
        return _POSTGRES["3D000"]  # psycopg gives no SQLSTATE for a connection that was never made
    advice = "this should not happen; please report it with this message"
    if "no such table" in said or "no such column" in said:
        advice = _DAMAGED
    elif isinstance(error, OperationalError):
        advice = "check that the server runs and that the URL is right"
    return DatabaseError, f"{said}; {advice}"
