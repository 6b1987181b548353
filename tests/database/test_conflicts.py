"""Which works hold the same wording under claims that contradict each other."""

from __future__ import annotations

from pathlib import Path

import pytest

from provenance import Database, Document
from provenance.database import conflicts
from provenance.database.conflicts import Conflict, find_conflicts
from provenance.licences import text as licence_text
from provenance.works import Basis, Claim, LicenceStatus, Role
from tests.database.samples import WHALE, tokens_of, words

PAGE = words(100, 60)


def document(name: str, licence: str | None, *parts: str, year: int = 2000, collection: str = "books") -> Document:
    return Document(text=" ".join(parts or (PAGE,)), id=name, licence=licence, year=year, collection=collection)


def listed(database: Database, **options: int) -> list[list[str]]:
    return [[work.id for work in conflict.works] for conflict in find_conflicts(database, **options)[1]]


@pytest.mark.parametrize(
    ("ours", "theirs", "expected"),
    [
        ("MIT", "GPL-3.0-only", True),
        ("public-domain", "all-rights-reserved", True),
        ("CC0-1.0", "CC-BY-4.0", True),
        ("CC-BY-SA-4.0", "CC-BY-NC-4.0", True),
        ("MIT", "Apache-2.0", False),
        ("GPL-2.0-only", "AGPL-3.0-only", False),
        ("MIT OR GPL-3.0-only", "BSD-3-Clause", False),
        ("MIT", None, False),
        ("all-rights-reserved", "who knows", False),
    ],
)
def test_claims_of_different_classes_contradict_each_other(
    database: Database, ours: str, theirs: str | None, expected: bool
) -> None:
    """Across classes of duties holders are in conflict, within one they are not, and what is unknown takes no part."""
    database.ingest([document("a", ours, PAGE, words(0, 30)), document("b", theirs, words(40, 30), PAGE)])
    assert bool(listed(database)) is expected


def test_a_conflict_has_the_whole_wording_and_its_holders(database: Database) -> None:
    """The stretch is maximal, its text that of the work, and the strictest work comes first."""
    database.ingest([document("free", "CC0-1.0", words(0, 30), "anchor", PAGE, WHALE, "basket", words(400, 30))])
    database.ingest([document("owned", "all-rights-reserved", "candle", PAGE, WHALE, "dolphin", words(600, 30))])
    number, found = find_conflicts(database)
    shared = f"{PAGE} {WHALE}"
    assert number == 1
    assert [(each.tokens, each.wordings, each.text) for each in found] == [
        (len(tokens_of(shared)), 1, shared.removesuffix("."))
    ]
    assert [work.id for work in found[0].works] == ["owned", "free"]


def test_the_same_text_under_two_licences(database: Database) -> None:
    """Works that share one content in the index may contradict each other too."""
    database.ingest([document("a", "MIT"), document("b", "GPL-3.0-only"), document("c", "Apache-2.0", year=1999)])
    assert listed(database) == [["b", "c", "a"]]


def test_a_trusted_claim_decides(database: Database) -> None:
    """What the operator vouches for settles a conflict of others, and is in conflict with its equals alone."""
    database.ingest([document("a", "MIT"), document("b", "CC0-1.0", PAGE, WHALE)])
    assert listed(database) == [["a", "b"]]
    database.ingest([document("c", "GPL-3.0-only", words(0, 30), PAGE)], trusted=True)
    assert listed(database) == []
    database.ingest([document("d", "all-rights-reserved", words(50, 30), PAGE)], trusted=True)
    assert listed(database)[0][:2] == ["d", "c"]
    database.ingest([document("e", "public-domain", words(70, 30), PAGE)], trusted=True)
    assert listed(database) == []  # as in a check, where a verse that a novel quotes stays free


def test_the_least_length_and_the_limit(database: Database) -> None:
    """A shorter wording is not listed; of many the longest are, and all are counted."""
    parts = [words(1000 * number, 5 + 10 * number) for number in (1, 2, 3)]
    database.ingest([document("owned", "all-rights-reserved", "anchor", " anchor ".join(parts), "anchor")])
    database.ingest(
        [document(f"free-{len(part)}", "CC0-1.0", part, "basket", words(len(part) * 7, 40)) for part in parts]
    )
    longest = [f"free-{len(part)}" for part in parts[::-1]]
    lengths = [len(tokens_of(part)) for part in parts[::-1]]
    assert min(lengths) >= 32
    assert listed(database) == [["owned", name] for name in longest]
    assert listed(database, least=lengths[1]) == [["owned", name] for name in longest[:2]]
    number, found = find_conflicts(database, limit=1)
    assert (number, len(found), found[0].tokens) == (3, 1, lengths[0])


def test_several_wordings_of_the_same_works_are_one_conflict(database: Database) -> None:
    """The longest is shown, the others are counted."""
    first, second = words(0, 30), words(100, 20)
    database.ingest([document("a", "MIT", first, words(200, 20), second)])
    database.ingest([document("b", "GPL-3.0-only", second, words(300, 20), first)])
    (found,) = find_conflicts(database)[1]
    assert (found.wordings, found.text) == (2, first)


def test_what_is_nobodys_is_in_no_conflict(database: Database) -> None:
    """The wording of licences, and what the operator marked, are left out; an untrusted mark counts for nothing."""
    gpl = " ".join((licence_text("MIT") or "").split()[20:120])
    database.ingest([document("a", "MIT", gpl, words(0, 30)), document("b", "GPL-3.0-only", words(40, 30), gpl)])
    assert listed(database) == []
    database.ingest([document("c", "MIT"), document("d", "GPL-3.0-only", words(40, 30), PAGE)])
    mark = Document(text=PAGE, id="mark", role=Role.BOILERPLATE, collection="marks")
    database.ingest([mark])
    assert listed(database) == [["d", "c", "mark"]]
    database.ingest([mark], trusted=True)
    assert listed(database) == []


def test_a_copy_in_a_folder_whose_licence_it_inherits(database: Database) -> None:
    """Vendored code under the licence of the folder around it says nothing of its own; a licence of its own counts."""
    inherited = Claim(status=LicenceStatus.LICENSED, licence="GPL-3.0-only", basis=Basis.INHERITED)
    vendored = Document(text=f"{words(0, 30)} {PAGE}", id="app/_vendor/lib.py", claims=(inherited,))
    database.ingest([document("lib.py", "MIT"), vendored])
    assert listed(database) == []
    declared = Document(text=f"{words(70, 30)} {PAGE}", id="other/_vendor/lib.py", licence="GPL-3.0-only")
    database.ingest([declared])
    assert listed(database)[0][0] == "other/_vendor/lib.py"


@pytest.mark.parametrize("keep", ["text", "tokens", "fingerprints"])
def test_what_the_database_keeps(tmp_path: Path, keep: str) -> None:
    """Without text the tokens are spelled, without tokens the works alone are named, by their anchors."""
    with Database.open(tmp_path / "db", create=True) as database:
        database.ingest([document("a", "MIT", PAGE, words(0, 30))], keep=keep)
        database.ingest([document("b", "GPL-3.0-only", words(40, 30), PAGE)], keep=keep)
        number, (found,) = find_conflicts(database)
    assert number == 1
    assert [work.id for work in found.works] == ["b", "a"]
    if keep == "fingerprints":
        assert found.text is None
        assert len(tokens_of(PAGE)) - 16 <= found.tokens <= len(tokens_of(PAGE))
    else:
        assert found.text is not None
        assert tokens_of(found.text) == tokens_of(PAGE)


@pytest.mark.parametrize("strict", ["fingerprints", "text"])
def test_works_of_which_different_things_are_kept(tmp_path: Path, strict: str) -> None:
    """A conflict is found from whichever side has tokens, if both are sampled alike."""
    mild = {"fingerprints": "text", "text": "fingerprints"}[strict]
    with Database.open(tmp_path / "db", create=True) as database:
        database.ingest([document("a", "MIT", PAGE, words(0, 30))], keep=mild, sensitivity="wide")
        database.ingest([document("b", "GPL-3.0-only", words(40, 30), PAGE)], keep=strict, sensitivity="wide")
        assert listed(database) == [["b", "a"]]


def test_withdrawn_works_take_no_part(database: Database) -> None:
    """A work that was withdrawn contradicts nothing, before and after its content has gone."""
    database.ingest([document("a", "MIT"), document("b", "GPL-3.0-only", words(40, 30), PAGE)])
    assert listed(database) == [["b", "a"]]
    database.withdraw(database.find_work("b"))
    assert listed(database) == []
    database.compact()
    assert listed(database) == []


def test_an_empty_library(database: Database) -> None:
    """Without works there is no conflict."""
    assert find_conflicts(database) == (0, ())


def test_portions_change_nothing(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """The walk finds the same in one portion and in many small ones."""
    texts = [words(20 * number, 60) for number in range(30)]
    licences = ("MIT", "GPL-3.0-only", "CC0-1.0")
    database.ingest([document(str(number), licences[number % 3], part) for number, part in enumerate(texts)])
    database.ingest([document("more", "all-rights-reserved", *texts[::5])])
    whole: tuple[int, tuple[Conflict, ...]] = find_conflicts(database)
    monkeypatch.setattr("provenance.database.contents._PORTION", 3)
    assert whole == find_conflicts(database)
    assert whole[0] > 10
    assert conflicts.LEAST_TOKENS == 32
