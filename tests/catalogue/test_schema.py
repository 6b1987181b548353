"""The tables, and how a database gets them."""

from collections.abc import Callable
from pathlib import Path

import pytest
from alembic import command
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, inspect, text

from provenance.catalogue import Catalogue, migrations_dir, schema, upgrade
from provenance.catalogue.engine import Access, make_engine, parse_url
from provenance.catalogue.tables import Base
from provenance.errors import DatabaseError, DatabaseNotFoundError, SchemaError, UsageError

Open = Callable[..., Catalogue]


def run(url: str, *statements: str) -> None:
    """Run statements on a database behind the catalogue's back."""
    engine = make_engine(parse_url(url), Access.WRITE)
    with engine.begin() as connection:
        for statement in statements:
            connection.execute(text(statement))
    engine.dispose()


def test_the_revisions_are_those_of_the_scripts() -> None:
    """There is one head, and the revisions that the code knows are the scripts', in order."""
    scripts = ScriptDirectory.from_config(schema.config())
    assert scripts.get_heads() == [schema.REVISIONS[-1]]
    assert [script.revision for script in scripts.walk_revisions()][::-1] == list(schema.REVISIONS)
    assert (migrations_dir() / "env.py").is_file()


def test_the_scripts_make_the_tables_that_the_code_expects(catalogue: Catalogue) -> None:
    """After all scripts, Alembic finds nothing left to change, nor any name that differs."""
    configuration = schema.config()
    with catalogue._engine.begin() as connection:
        configuration.attributes["connection"] = connection
        command.check(configuration)
        made = {name: shape(connection, name) for name in Base.metadata.tables}
        command.downgrade(configuration, "base")
        Base.metadata.create_all(connection)
        assert made == {name: shape(connection, name) for name in Base.metadata.tables}


def shape(connection: object, name: str) -> object:
    """Return a table's columns, keys and indexes."""
    found = inspect(connection)
    columns = [(column["name"], str(column["type"]), column["nullable"]) for column in found.get_columns(name)]
    indexes = sorted((str(index["name"]), tuple(index["column_names"])) for index in found.get_indexes(name))
    foreign = sorted((str(key["name"]), str(key["options"])) for key in found.get_foreign_keys(name))
    return columns, indexes, foreign, found.get_pk_constraint(name), found.get_unique_constraints(name)


def test_downgrading_leaves_nothing(catalogue: Catalogue) -> None:
    """The first script can be undone."""
    configuration = schema.config()
    with catalogue._engine.begin() as connection:
        configuration.attributes["connection"] = connection
        command.downgrade(configuration, "base")
        assert inspect(connection).get_table_names() == ["alembic_version"]


def test_upgrading_an_empty_database(sqlite_url: str, opened: Open) -> None:
    """An upgrade makes the tables of an empty file, and says where it is; doing it again changes nothing."""
    path = Path(sqlite_url.removeprefix("sqlite:///"))
    path.parent.mkdir()
    path.touch()
    assert upgrade(sqlite_url) == upgrade(sqlite_url) == schema.REVISIONS[-1]
    assert opened(sqlite_url).revision() == 0


def test_upgrading_an_empty_server_database(postgres_url: str, opened: Open) -> None:
    """An upgrade makes the tables of an empty database on a server."""
    assert upgrade(postgres_url) == schema.REVISIONS[-1]
    assert opened(postgres_url).revision() == 0


def test_upgrading_nothing(sqlite_url: str) -> None:
    """Where there is no folder there is nothing to upgrade."""
    with pytest.raises(DatabaseNotFoundError, match=r"there is no database at .*/catalogue\.sqlite"):
        upgrade(sqlite_url)


def test_an_older_schema(url: str, opened: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    """A database of an older release is not touched, and the error says what to run."""
    opened(url, create=True)
    newest = schema.REVISIONS[-1]
    monkeypatch.setattr(schema, "REVISIONS", (*schema.REVISIONS, "9000"))
    for create in (False, True):
        with pytest.raises(SchemaError, match=f"its schema {newest} is older than 9000; run `provenance db upgrade"):
            Catalogue.open(url, create=create)


def test_a_newer_schema(url: str, opened: Open) -> None:
    """A database of a newer release is not touched, neither by opening nor by upgrading."""
    opened(url, create=True)
    run(url, "UPDATE alembic_version SET version_num = '9999'")
    message = "its schema 9999 was written by a newer release; run `pip install --upgrade licence-provenance`"
    for use in (Catalogue.open, upgrade):
        with pytest.raises(SchemaError, match=message):
            use(url)


def test_a_database_without_tables(url: str) -> None:
    """A database without tables is there only for those who may fill it."""
    path = Path(url.removeprefix("sqlite:///"))
    if url.startswith("sqlite"):
        path.parent.mkdir()
        path.touch()
    with pytest.raises(DatabaseNotFoundError, match="it is empty; `provenance ingest` fills it"):
        Catalogue.open(url)
    if url.startswith("sqlite"):
        assert path.read_bytes() == b""


def test_the_database_of_another_program(url: str) -> None:
    """A database that somebody else uses is left alone."""
    if url.startswith("sqlite"):
        Path(url.removeprefix("sqlite:///")).parent.mkdir()
        engine = create_engine(url)
    else:
        engine = make_engine(parse_url(url), Access.CREATE)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE recipes (id INTEGER)"))
    for use in (Catalogue.open, upgrade, lambda url: Catalogue.open(url, create=True)):
        with pytest.raises(DatabaseError, match="it belongs to another program"):
            use(url)
    assert inspect(engine).get_table_names() == ["recipes"]
    engine.dispose()


@pytest.mark.parametrize("url", ["catalogue.sqlite", "mysql://h/db", "sqlite://", "", "postgresql://h:x/y"])
def test_a_url_that_is_none(url: str) -> None:
    """Only SQLite files and PostgreSQL are supported, and the error shows how to write them."""
    with pytest.raises(UsageError, match=r"write sqlite:////folder/catalogue\.sqlite or postgresql://"):
        Catalogue.open(url)
