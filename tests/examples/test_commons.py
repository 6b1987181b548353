"""A pack of commons: the words of a play are silent, and those that a restricted edition adds are noticed."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from provenance import Checker, Database, Document
from provenance.plugins import get_plugin_manager
from provenance.sources import Declared, documents

WORKS = Path(__file__).parents[2] / "examples" / "works"
PLAY = (WORKS / "as-you-like-it" / "asyoulik.txt").read_text("utf-8")
SPEECH = PLAY[PLAY.index("All the world's a stage") :].split("\n")[:28]
SCENE = ["\n".join(SPEECH[start : start + 9]) for start in range(0, 28, 9)]
NOTES = [
    "Here the melancholy lord, who has eaten nothing since the second act, turns the hunger of a stranger into a "
    "sermon; our edition keeps the comma of the playhouse copy, because an actor needs the breath more than an editor.",
    "Editors have argued over the pantaloon for ages, and we side with the tailors: the slippers are Venetian, "
    "the spectacles are borrowed, and the shrunken leg is a joke that a tall comedian once made at his own expense.",
]
EDITION = Document(
    id="edition",
    title="As You Like It: The Kettle Edition",
    authors=("Ann Example",),
    year=2019,
    licence="CC-BY-NC-4.0",
    text="\n\n".join([SCENE[0], NOTES[0], SCENE[1], NOTES[1], *SCENE[2:]]),
)
MakeChecker = Callable[[bool], Checker]


@pytest.fixture
def library(tmp_path: Path) -> MakeChecker:
    """Give a function that makes a checker on a library with the edition, and with the commons or without."""

    def make(with_commons: bool) -> Checker:
        database = Database.open(tmp_path / f"db{with_commons}", create=True)
        database.ingest(EDITION)
        if with_commons:
            commons = documents([WORKS / "commons.jsonl"], get_plugin_manager(), Declared(collection="commons"))
            assert not database.ingest(commons, trusted=True).problems
        return Checker(database)

    return make


def test_without_commons_the_play_is_the_editions(library: MakeChecker) -> None:
    """Control: a library that knows the play from the edition alone takes its words for the editor's."""
    checker = library(False)
    assert [each.passage.origin.id for each in checker.check(SCENE[0]).findings] == ["edition"]
    checker.database.close()


def test_with_commons_the_play_is_free_and_the_notes_are_not(library: MakeChecker) -> None:
    """The play is silent; the notes are noticed, alone and between the play's words."""
    checker = library(True)
    report = checker.check(SCENE[0])
    assert not report.findings
    assert {str(each.reason) for each in report.exempt} == {"public-domain"}
    for note in NOTES:
        assert [each.passage.origin.id for each in checker.check(note).findings] == ["edition"]
    mixed = f"{SCENE[0]}\n\n{NOTES[0]}\n\n{SCENE[1]}"
    (finding,) = checker.check(mixed).findings
    assert finding.passage.origin.id == "edition"
    assert NOTES[0] in mixed[finding.passage.start : finding.passage.end]
    checker.database.close()


def test_the_pack_is_the_works_in_the_public_domain() -> None:
    """The list is that of the example works, without those that have a licence."""
    rows = (WORKS / "works.jsonl").read_text("utf-8").splitlines()
    free = [row for row in rows if json.loads(row)["licence"] == "public-domain"]
    assert (WORKS / "commons.jsonl").read_text("utf-8").splitlines() == free
