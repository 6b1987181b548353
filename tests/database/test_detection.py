"""What is detected at ingest becomes part of the work: claims beside the declared one, and what it leaves unsaid."""

from __future__ import annotations

from pathlib import Path

from provenance import Database, Document
from provenance.plugins import get_plugin_manager
from provenance.sources import Declared, documents
from provenance.sources.detect import MOST_CLAIMS, MOST_LINES, merge_detections
from provenance.works import Basis, Claim, Detection, LicenceStatus, Signal
from tests.database.samples import TIMES, WHALE

TAGGED = f"# SPDX-License-Identifier: MIT\n# SPDX-FileCopyrightText: 2020 Ann Example\n{TIMES}"


def claims(database: Database, name: str) -> list[tuple[str, str | None, str | None, str | None]]:
    work = database.find_work(name)
    return [(c.basis.value, c.who, c.licence, c.evidence) for c in database.catalogue.claims(work.key)]


def a_claim(licence: str, confidence: float = 1.0) -> Claim:
    return Claim(status=LicenceStatus.LICENSED, licence=licence, basis=Basis.DETECTED, confidence=confidence)


def test_a_detected_licence_counts_where_none_is_declared(database: Database) -> None:
    """The claim names the detector and its evidence, and gives the work its licence and copyright line."""
    database.ingest(Document(text=TAGGED, id="w", place="a.py"))
    work = database.find_work("w")
    assert (work.status, work.licence, work.copyright) == (LicenceStatus.LICENSED, "MIT", "© 2020 Ann Example")
    assert claims(database, "w") == [("detected", "detect-spdx", "MIT", "SPDX-License-Identifier: MIT (a.py:1)")]


def test_a_declared_licence_outweighs_a_detected_one_and_both_are_kept(database: Database) -> None:
    """What the caller says counts; what the work says can be looked up."""
    database.ingest(Document(text=TAGGED, id="w", licence="ISC", place="a.py"))
    assert database.find_work("w").licence == "ISC"
    assert sorted((basis, licence) for basis, _, licence, _ in claims(database, "w")) == [
        ("declared", "ISC"),
        ("detected", "MIT"),
    ]


def test_ingesting_again_repeats_no_claim(database: Database) -> None:
    """The same detection is one claim, however often it is made."""
    for _ in range(3):
        database.ingest(Document(text=TAGGED, id="w", place="a.py"))
    assert len(claims(database, "w")) == 1


def test_a_detector_can_be_left_out(database: Database) -> None:
    """Without its plugin nothing is detected."""
    plugins = get_plugin_manager(disabled=["detect-spdx", "detect-texts"])
    database.ingest(Document(text=TAGGED, id="w"), plugins=plugins)
    assert database.find_work("w").status is LicenceStatus.UNKNOWN


def test_a_folder_is_ingested_with_the_licences_that_lie_in_it(database: Database, tmp_path: Path) -> None:
    """The file beside a work speaks for it in the database too, in one worker process or two."""
    folder = tmp_path / "works"
    folder.mkdir()
    (folder / "REUSE.toml").write_text(
        'version = 1\n[[annotations]]\npath = "*.txt"\nSPDX-License-Identifier = "CC-BY-4.0"\n', encoding="utf-8"
    )
    (folder / "whale.txt").write_text(WHALE, encoding="utf-8")
    database.ingest(documents([folder], get_plugin_manager(), Declared()), workers=2)
    (work,) = database.catalogue.search("whale")
    assert (work.title, work.status, work.licence) == ("whale.txt", LicenceStatus.LICENSED, "CC-BY-4.0")


def test_the_first_detector_with_an_answer_fills_in_what_is_missing() -> None:
    """What the document says stays; lines and signals of all detectors are put together, each once."""
    first = Detection(title="One", copyright=("© A", "© B"), signals=(Signal(kind="tdmrep", value="1"),))
    second = Detection(title="Two", authors=("Ann",), copyright=("© B", "© C"), notice="N", signals=first.signals)
    document = merge_detections(Document(text=TIMES, notice="mine"), [("a", first), ("b", second)])
    assert (document.title, document.authors, document.notice) == ("One", ("Ann",), "mine")
    assert (document.copyright, document.signals) == ("© A\n© B\n© C", first.signals)


def test_a_file_name_gives_way_to_a_title() -> None:
    """A title that is only the path of the file is none that the work has; one that was declared stays."""
    found = [("a", Detection(title="Moby-Dick"))]
    named = Document(text=TIMES, title="sub/a.txt", file=Path("in/sub/a.txt"), root=Path("in"))
    titled = Document(text=TIMES, title="My whale", file=Path("in/sub/a.txt"), root=Path("in"))
    assert [merge_detections(each, found).title for each in (named, titled)] == ["Moby-Dick", "My whale"]


def test_guesses_are_left_out_where_somebody_knows_better() -> None:
    """A claim below one half stays only where there is nothing surer."""
    sure, guess = Detection(claims=(a_claim("MIT"),)), Detection(claims=(a_claim("BSD-3-Clause", 0.4),))
    both = merge_detections(Document(text=TIMES), [("a", guess), ("b", sure)])
    alone = merge_detections(Document(text=TIMES), [("a", guess)])
    assert [(c.who, c.licence) for c in both.claims] == [("b", "MIT")]
    assert [(c.who, c.licence) for c in alone.claims] == [("a", "BSD-3-Clause")]


def test_what_detectors_find_is_capped() -> None:
    """A plugin that finds too much, or too long things, does not swell the catalogue."""
    detection = Detection(
        claims=tuple(a_claim(f"LicenseRef-{n}") for n in range(500)),
        copyright=tuple(f"© {n} {'x' * 999}" for n in range(500)),
        notice="n" * 1_000_000,
    )
    document = merge_detections(Document(text=TIMES), [("a", detection)])
    assert len(document.claims) == MOST_CLAIMS
    assert len(str(document.copyright).splitlines()) == MOST_LINES
    assert max(map(len, str(document.copyright).splitlines())) == 400
    assert len(str(document.notice)) == 100_000
