"""A catalogue to test on: an SQLite file, and a PostgreSQL server of our own where its programs are installed."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from provenance.catalogue import Catalogue

NO_SERVER = "PostgreSQL is not installed; `apt-get install postgresql` gives initdb and pg_ctl"


def postgres_program(name: str) -> Path | None:
    """Return a program of the server, of the newest version that is installed."""
    packaged = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), key=lambda path: int(path.parts[-3]))
    found = shutil.which(name)
    return packaged[-1] if packaged else Path(found) if found else None


def as_server_user(*command: str | Path) -> None:
    """Run a program; as the user `postgres` where we are root, because the server refuses to be root."""
    account = "postgres" if os.geteuid() == 0 else None
    subprocess.run([str(part) for part in command], check=True, capture_output=True, user=account, cwd="/")


def has_server_user() -> bool:
    """Return whether there is a user that the server accepts."""
    try:
        return os.geteuid() != 0 or bool(pwd.getpwnam("postgres"))
    except KeyError:
        return False


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """Start a server that listens on a socket only; give the query part of its URLs."""
    pytest.importorskip("psycopg", reason="psycopg is not installed; `pip install 'licence-provenance[postgres]'`")
    initdb, control = postgres_program("initdb"), postgres_program("pg_ctl")
    if initdb is None or control is None or not has_server_user():
        pytest.skip(NO_SERVER)
    folder = Path(tempfile.mkdtemp(prefix="pg", dir="/tmp"))  # a socket's path must be short
    if os.geteuid() == 0:
        shutil.chown(folder, "postgres")
    try:
        as_server_user(
            initdb,
            "-D",
            folder / "data",
            "-U",
            "postgres",
            "-A",
            "trust",
            "-E",
            "UTF8",
            "--no-sync",
            "--locale=C.UTF-8",
        )
        options = f"-k {folder} -c listen_addresses= -c fsync=off -c synchronous_commit=off -c max_connections=20"
        as_server_user(control, "-D", folder / "data", "-w", "-l", folder / "log", "-o", options, "start")
        yield f"host={folder}"
    finally:
        if (folder / "data" / "postmaster.pid").exists():
            as_server_user(control, "-D", folder / "data", "-w", "-m", "immediate", "stop")
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def postgres_database(server: str, name: str, template: str) -> Iterator[str]:
    """Make a database on the server as a copy of another; give its URL."""
    import psycopg

    with psycopg.connect(f"{server} user=postgres dbname=postgres", autocommit=True) as administrator:
        administrator.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        administrator.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
        yield f"postgresql://postgres@/{name}?{server}"
        administrator.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def postgres_url(postgres_server: str) -> Iterator[str]:
    """Give the URL of an empty database on the server."""
    with postgres_database(postgres_server, "catalogue", "template0") as url:
        yield url


@pytest.fixture(scope="session")
def postgres_tables(postgres_server: str) -> Iterator[str]:
    """Give the name of a database in which the migration scripts have made the tables."""
    with postgres_database(postgres_server, "tables", "template0") as url:
        Catalogue.open(url, create=True).close()
        yield "tables"


@pytest.fixture
def postgres_copy(postgres_server: str, postgres_tables: str) -> Iterator[str]:
    """Give the URL of a database with empty tables, which takes a tenth of the time of the scripts."""
    with postgres_database(postgres_server, "catalogue", postgres_tables) as url:
        yield url


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    """Give the URL of an SQLite file that is not there yet."""
    return f"sqlite:///{tmp_path / 'db' / 'catalogue.sqlite'}"


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest) -> str:
    """Give the URL of an empty database of either kind."""
    return str(request.getfixturevalue("sqlite_url" if request.param == "sqlite" else "postgres_url"))


@pytest.fixture(params=["sqlite", "postgresql"])
def catalogue(request: pytest.FixtureRequest) -> Iterator[Catalogue]:
    """Give a new, empty catalogue of either kind."""
    url = request.getfixturevalue("sqlite_url" if request.param == "sqlite" else "postgres_copy")
    with Catalogue.open(str(url), create=True) as made:
        yield made


@pytest.fixture
def opened() -> Iterator[Callable[..., Catalogue]]:
    """Give `Catalogue.open`, and close what it opened."""
    catalogues: list[Catalogue] = []

    def open_(url: str, *, create: bool = False, read_only: bool = False) -> Catalogue:
        catalogues.append(Catalogue.open(url, create=create, read_only=read_only))
        return catalogues[-1]

    yield open_
    for catalogue in catalogues:
        catalogue.close()
