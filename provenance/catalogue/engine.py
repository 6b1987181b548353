"""Database engines for catalogues: drivers, settings, locks, and whether the database can be written.

Knows no table. All listeners are on our own engine, so that a host that uses SQLAlchemy itself is left alone.
"""

from __future__ import annotations

import os
import sqlite3
from enum import StrEnum
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, DisconnectionError
from sqlalchemy.pool import ConnectionPoolEntry, QueuePool

from provenance.errors import DatabaseError, DatabaseNotFoundError, UsageError

BUSY_TIMEOUT = 30_000
"""How long a writer waits for another one, in milliseconds."""

APPLICATION_ID = int.from_bytes(b"PrLi", "big")
"""Marks an SQLite file as ours, for us and for `file`."""

_PRAGMAS = (
    # WAL lets readers go on while one process writes. FULL, and not NORMAL, because a commit decides which segment
    # files may be deleted: it has to survive a power cut.
    "PRAGMA synchronous = FULL",
    "PRAGMA foreign_keys = ON",
    "PRAGMA temp_store = MEMORY",
    "PRAGMA cache_size = -65536",
    "PRAGMA mmap_size = 268435456",
    "PRAGMA journal_size_limit = 67108864",
)


class Access(StrEnum):
    """What may be done with a database."""

    CREATE = "create"
    WRITE = "write"
    READ = "read"
    SHARED = "shared"  # read only, because we may not write; others may
    FROZEN = "frozen"  # read only, in a folder that we cannot write to and nobody writes: without any lock


def parse_url(url: str) -> URL:
    """Return the URL of a database of a kind that we support.

    Raises:
        UsageError: it is not a URL, or of another kind.
    """
    if url.startswith(_SQLITE) and len(url) > len(_SQLITE):
        # All of the rest is the file's name, with any ? and % in it.
        return URL.create("sqlite", database=url.removeprefix(_SQLITE))
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        raise UsageError(f"{url.split('://', 1)[0]!r}... is not a database URL; write {_KINDS}") from None
    if parsed.get_backend_name() in ("postgresql", "postgres"):
        return parsed.set(drivername="postgresql+psycopg")
    raise UsageError(f"a catalogue cannot be kept in {place_of(parsed)!r}; write {_KINDS}")


_SQLITE = "sqlite:///"
_KINDS = "sqlite:////folder/catalogue.sqlite or postgresql://user@host/database"


def sqlite_path(url: URL) -> Path | None:
    """Return the file of an SQLite database, None for another database."""
    return Path(url.database) if url.get_backend_name() == "sqlite" and url.database else None


def place_of(url: URL) -> str:
    """Return the name of the database for messages: its file, or its URL without the password."""
    return str(sqlite_path(url) or url.set(drivername=url.get_backend_name()).render_as_string(hide_password=True))


def access_to(url: URL, *, create: bool, read_only: bool) -> Access:
    """Return what can be done with a database, given what is wanted.

    Raises:
        DatabaseNotFoundError: it is not there and shall not be created.
        DatabaseError: it cannot be created here, or holds changes that only a writer can read.
    """
    path = sqlite_path(url)
    wanted = Access.READ if read_only else Access.CREATE if create else Access.WRITE
    if path is None:
        return wanted
    if not path.exists():
        if read_only or not create:
            raise DatabaseNotFoundError(f"there is no database at {path}; `provenance ingest` makes one")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise DatabaseError(f"{path.parent} cannot be made: {error.strerror}; choose another folder") from error
        if not os.access(path.parent, os.W_OK):
            raise DatabaseError(f"no database can be made in {path.parent}: it is read-only; choose another folder")
        return Access.CREATE
    if not path.is_file():
        raise DatabaseNotFoundError(f"{path} is not a file; give the place of a database")
    # SQLite writes a log beside the file, so that the folder decides as much as the file.
    if os.access(path.parent, os.W_OK):
        return wanted if os.access(path, os.W_OK) else Access.SHARED
    # In a read-only folder: the log may hold committed changes. It is read if its index is there too; without that, the
    # changes would be missing, and nothing would say so.
    log, index = path.with_name(f"{path.name}-wal"), path.with_name(f"{path.name}-shm")
    if log.exists() and index.exists():
        return Access.SHARED
    if log.exists() and log.stat().st_size:
        raise DatabaseError(
            f"{path} has changes in {log.name} that cannot be read in a read-only folder; "
            "open it once where it can be written, or copy it again with every program closed"
        )
    return Access.FROZEN


def make_engine(url: URL, access: Access) -> Engine:
    """Return an engine with our settings and listeners; no connection is made yet."""
    if url.get_backend_name() == "sqlite":
        # A reader of a WAL database writes too, into the index of its log: hence "rw", with `query_only` set below.
        mode = {Access.CREATE: "rwc", Access.WRITE: "rw", Access.READ: "rw"}.get(access, "ro")
        query = {"uri": "true", "mode": mode} | ({"immutable": "1"} if access is Access.FROZEN else {})
        file = f"file:{quote(os.fsencode(Path(str(url.database)).absolute()))}"
        sqlite_url = URL.create("sqlite", database=file, query=query)
        engine = create_engine(sqlite_url, poolclass=QueuePool, hide_parameters=True)
        _listen_to_sqlite(engine, access)
    else:
        options = f"-c lock_timeout={BUSY_TIMEOUT:d} -c timezone=UTC"
        if access is Access.READ:
            options += " -c default_transaction_read_only=on"
        if asked := url.query.get("options"):
            options = f"{asked} {options}"  # of two settings of one name the server takes the later, which is ours
        try:
            engine = create_engine(url, connect_args={"options": options}, hide_parameters=True, pool_pre_ping=True)
        except ModuleNotFoundError:
            raise UsageError("PostgreSQL needs a driver; run `pip install 'licence-provenance[postgres]'`") from None
    _listen_to_forks(engine)
    return engine


def _listen_to_sqlite(engine: Engine, access: Access) -> None:
    @event.listens_for(engine, "connect")
    def configure(connection: sqlite3.Connection, _: ConnectionPoolEntry) -> None:
        # We begin transactions ourselves (below): Python 3.11's own way leaves out reads and statements like CREATE.
        connection.isolation_level = None
        # SQLite's own `lower` knows ASCII only.
        connection.create_function(
            "lower", 1, lambda value: value.lower() if isinstance(value, str) else value, deterministic=True
        )
        connection.create_function("split_part", 3, _split_part, deterministic=True)
        connection.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT:d}")
        if access not in (Access.CREATE, Access.WRITE):
            connection.execute("PRAGMA query_only = ON")
        else:
            # Our database, or one that we are to make, is switched to WAL; that of another program is left as it is.
            ours = connection.execute("PRAGMA application_id").fetchone()[0] == APPLICATION_ID
            is_new = access is Access.CREATE and not ours
            if is_new and connection.execute("SELECT 1 FROM sqlite_master").fetchone() is None:
                connection.execute(f"PRAGMA application_id = {APPLICATION_ID:d}")
                ours = True
            if ours:
                connection.execute("PRAGMA journal_mode = WAL")
        for pragma in _PRAGMAS:
            connection.execute(pragma)

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        # A writer takes its lock at once: one that has read first cannot wait for another writer to finish.
        writing = connection.get_execution_options().get("writing")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")


def _split_part(value: str, delimiter: str, number: int) -> str:
    """Return the n-th part of a string, as PostgreSQL's function of this name does."""
    parts = value.split(delimiter, number)
    return parts[number - 1] if number <= len(parts) else ""


def _listen_to_forks(engine: Engine) -> None:
    """Let a forked process make connections of its own: sharing one corrupts SQLite and confuses PostgreSQL."""

    @event.listens_for(engine, "connect")
    def remember(_: Any, entry: ConnectionPoolEntry) -> None:
        entry.info["pid"] = os.getpid()

    @event.listens_for(engine, "checkout")
    def compare(_: Any, entry: Any, proxy: Any) -> None:
        if entry.info["pid"] != os.getpid():
            # Set to None and not closed: closing would end the parent's session with the server.
            entry.dbapi_connection = proxy.dbapi_connection = None
            raise DisconnectionError("this connection belongs to the parent process")


def tidy(engine: Engine) -> bool:
    """Write an SQLite database anew without what was deleted, and empty its log; return whether that was possible.

    The copy is made in a temporary file: in memory it would need as much as the database has.
    """
    if engine.dialect.name != "sqlite":
        return True
    with engine.connect() as connection:
        connection.exec_driver_sql("COMMIT")  # the transaction that every connection begins; these need none
        connection.exec_driver_sql("PRAGMA temp_store = FILE")
        connection.exec_driver_sql("VACUUM")
        connection.exec_driver_sql("PRAGMA temp_store = MEMORY")
        busy = connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").scalar_one()
        return not busy


def reader_of(engine: Engine) -> Engine:
    """Return the engine for reading: each transaction sees one state of the database."""
    if engine.dialect.name == "postgresql":
        return engine.execution_options(isolation_level="REPEATABLE READ")
    return engine


def writer_of(engine: Engine) -> Engine:
    """Return the engine for writing: on SQLite each transaction begins by taking the write lock."""
    return engine.execution_options(writing=True)
