"""Opening a database: the folder and the catalogue belong together."""

from __future__ import annotations

from pathlib import Path

import pytest

from provenance import Database, DatabaseError, Document
from provenance.cli import main
from tests.database.samples import HAIKU, MOTTO, TIMES, WHALE, filled, found, words


def test_a_note_of_the_catalogue_that_is_no_text(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A damaged `catalogue.id` is refused with place and remedy, doctor reports it, and the remedy helps."""
    filled(tmp_path / "db", Document(text=WHALE)).close()
    note = tmp_path / "db" / "catalogue.id"
    note.write_bytes(b"\xff\xfe\x00")
    message = (
        f"{note} is damaged: it does not hold the identity of a catalogue; restore it from a backup, or, if "
        f"{tmp_path / 'db' / 'catalogue.sqlite'} is the catalogue that this database was made with, delete it"
    )
    for create in (True, False):
        with pytest.raises(DatabaseError) as caught:
            Database.open(tmp_path / "db", create=create)
        assert str(caught.value) == message
    assert main(["doctor", "--db", str(tmp_path / "db")]) != 0
    assert [line for line in capsys.readouterr().out.splitlines() if line.startswith("BAD") and message in line]
    note.unlink()
    Database.open(tmp_path / "db").close()
    assert main(["doctor", "--db", str(tmp_path / "db")]) == 0


def test_doctor_reports_the_catalogue_of_another_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What cannot be opened is not called sound."""
    filled(tmp_path / "mine", Document(text=WHALE)).close()
    filled(tmp_path / "other", Document(text=TIMES)).close()
    foreign = f"sqlite:///{tmp_path / 'other' / 'catalogue.sqlite'}"
    assert main(["doctor", "--db", str(tmp_path / "mine"), "--catalogue", foreign]) != 0
    assert "is not that of the database" in capsys.readouterr().out


@pytest.mark.parametrize("keep", ["text", "tokens", "fingerprints"])
def test_works_too_short_for_a_segment_are_found_whatever_is_kept(database: Database, keep: str) -> None:
    """The whole of such a work is found in a longer text, a part of it is not, and neither is another."""
    database.ingest([Document(text=MOTTO, id="m"), Document(text=HAIKU, id="h")], keep=keep)
    assert found(database, f"{words(0, 9)} {MOTTO} {words(9, 9)}") == ["m"]
    assert found(database, f"{words(0, 9)} {MOTTO.rsplit(' ', 2)[0]} {words(9, 9)}") == []
    assert found(database, f"{MOTTO} {HAIKU}") == ["h", "m"]
