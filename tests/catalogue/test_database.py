"""A whole database whose catalogue is in PostgreSQL, through the library and through the command."""

from pathlib import Path

import pytest

from provenance import Checker, Database, DatabaseError, Document
from provenance.cli import main
from tests.database.samples import HAIKU, TIMES, WHALE, filled


def test_a_database_works_with_its_catalogue_on_a_server(tmp_path: Path, postgres_url: str) -> None:
    """Ingest, check, replace and withdraw do what they do with SQLite, and the folder holds no catalogue."""
    with Database.open(tmp_path / "db", create=True, catalogue=postgres_url) as database:
        database.ingest([Document(text=WHALE, id="whale", licence="CC-BY-4.0"), Document(text=HAIKU, id="frog")])
        checker = Checker(database)
        assert [f.sources[0].work.id for f in checker.check(f"{WHALE} {HAIKU}").findings] == ["whale", "frog"]
        database.ingest(Document(text=TIMES, id="whale", licence="MIT"))
        assert [f.licence for f in checker.check(f"{WHALE} {TIMES}").findings] == ["MIT"]
        database.withdraw(database.find_work("frog"))
        assert checker.check(HAIKU).findings == ()
    assert not list((tmp_path / "db").glob("*.sqlite*"))


@pytest.mark.slow
def test_the_command_finds_the_catalogue_by_option_or_variable(
    tmp_path: Path, postgres_url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """`--catalogue` and $PROVENANCE_CATALOGUE name the server; doctor is content with what is there."""
    (tmp_path / "whale.txt").write_text(WHALE, encoding="utf-8")
    database = ["--db", str(tmp_path / "db")]
    assert main(["ingest", str(tmp_path / "whale.txt"), *database, "--catalogue", postgres_url]) == 0
    monkeypatch.setenv("PROVENANCE_CATALOGUE", postgres_url)
    assert main(["check", str(tmp_path / "whale.txt"), *database]) == 1
    capsys.readouterr()
    assert main(["doctor", *database]) == 0
    assert capsys.readouterr().out.count("ok ") == 3


def test_the_catalogue_of_another_folder_is_refused_on_a_server_too(tmp_path: Path, postgres_url: str) -> None:
    """A folder that was made with its own catalogue does not take a server's."""
    Database.open(tmp_path / "other", create=True, catalogue=postgres_url).close()
    filled(tmp_path / "mine", Document(text=WHALE)).close()
    with pytest.raises(DatabaseError, match="is not that of the database"):
        Database.open(tmp_path / "mine", create=True, catalogue=postgres_url)
