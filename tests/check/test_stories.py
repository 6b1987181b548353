"""What is said of real works that quote, copy and carry each other? Each story is a text that a model might write."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from provenance import Checker, Document
from provenance.reports import Report
from provenance.works import Role
from tests.database.samples import filled

ROOT = Path(__file__).parents[2]
WORKS, STORIES = ROOT / "examples" / "works", ROOT / "tests" / "data" / "stories"
NAMED = (
    "moby-dick", "kjv-bible/matthew.txt", "kjv-bible/psalms.txt", "kjv-bible/ecclesiastes.txt", "wp-apollo-11",
    "requests/requests/models.py", "internetarchive/internetarchive/iarequest.py", "as-you-like-it", "caniuse",
    "attrs/attr/converters.py", "denoiser/denoiser/dsp.py",
)  # fmt: skip


def library() -> dict[str, Document]:
    """Return some of the example works, by id without its prefix."""
    lines = (json.loads(line) for line in (WORKS / "works.jsonl").read_text("utf-8").splitlines())
    named = {line["id"].removeprefix("works:"): line for line in lines}
    return {name: document(named[name]) for name in NAMED}


def document(line: dict[str, object]) -> Document:
    text = (WORKS / str(line["path"])).read_text("utf-8")
    fields = {name: line[name] for name in ("id", "title", "authors", "year", "licence", "copyright", "notice")}
    return Document(text=text, **fields)  # type: ignore[arg-type]  # as the file has them


def listing() -> str:
    """Return the style sheet that stands in the KiCad manual."""
    manual = (STORIES / "kicad-manual.txt").read_text("utf-8")
    return manual[manual.index("<xsl:stylesheet") :]


def licence_files() -> dict[str, str]:
    """Return texts of licences as they lie beside works."""
    files = {
        "MIT": WORKS / "attrs/attrs-26.1.0.dist-info/licenses/LICENSE",
        "Unlicense": STORIES / "yt-dlp-LICENSE.txt",
        "CC-BY-4.0": WORKS / "caniuse/LICENSE",
        "CC-BY-NC-4.0": WORKS / "denoiser/denoiser-0.1.2.dist-info/LICENSE",
        "GPL-2.0": WORKS / "LICENSES/GPL-2.0.txt",
    }
    return {name: path.read_text("utf-8") for name, path in files.items()}


@pytest.fixture(scope="module")
def checker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Checker]:
    """Give a checker that knows the works, an edition of a play, the manual with its listing, and licence files."""
    works = library()
    play = works["as-you-like-it"]
    manual = Document(
        text=(STORIES / "kicad-manual.txt").read_text("utf-8"), id="kicad", year=2021,
        licence="GPL-3.0-or-later OR CC-BY-3.0",
    )  # fmt: skip
    documents = [
        *works.values(),
        replace(play, id="edition", year=2015, licence="CC-BY-NC-3.0", text=play.text.replace("'d", "ed")),
        Document(text=(STORIES / "lincoln-1862.txt").read_text("utf-8"), id="message", year=1862, licence="CC-BY-4.0"),
        manual,
        Document(text=listing(), id="sheet", authors=["SoftPLC Corporation"], year=2010, licence="GPL-2.0-only"),
        *(Document(text=text, id=f"file of {name}", licence=name) for name, text in licence_files().items()),
    ]
    with filled(tmp_path_factory.mktemp("stories") / "db", *documents, trusted=True) as database:
        yield Checker(database)


def told(report: Report) -> list[tuple[str, str]]:
    """Return (origin, action) of each finding."""
    return [(finding.passage.origin.id.removeprefix("works:"), str(finding.action)) for finding in report.findings]


def silent(report: Report) -> list[tuple[str, str]]:
    """Return (origin, reason) of each passage left silent."""
    return [(each.sources[0].work.id.removeprefix("works:"), str(each.reason)) for each in report.exempt]


def cut(text: str, first: str, last: str) -> str:
    """Return a text from some words up to others."""
    start = text.index(first)
    return text[start : text.index(last, start) + len(last)]


def test_matthew_in_moby_dick_belongs_to_the_bible(checker: Checker) -> None:
    """Bildad mumbles from Matthew 6: the verses are the Bible's, his ship is Melville's, and neither needs a notice."""
    works = library()
    verses = cut(works["kjv-bible/matthew.txt"].text, "Lay not up for", "will your heart be also")
    scene = cut(works["moby-dick"].text, "but went on mumbling", "what\nlay shall we give this young man")
    report = checker.check(f"{verses}. So it is written. {scene}?")
    assert (told(report), silent(report)) == (
        [], [("kjv-bible/matthew.txt", "public-domain"), ("moby-dick", "public-domain")],
    )  # fmt: skip


def test_psalm_8_in_apollo_11_belongs_to_the_bible(checker: Checker) -> None:
    """Who repeats the psalm as the encyclopaedia has it repeats the psalm; the article around it needs its notice."""
    article = library()["wp-apollo-11"].text
    psalm = cut(article, "When I consider the heavens", "mindful of him")
    report = checker.check(f"Aldrin read: {psalm}? Then they slept.")
    assert (told(report), silent(report)) == (
        [], [("wp-apollo-11", "public-domain"), ("kjv-bible/psalms.txt", "too-short")],
    )  # fmt: skip
    around = checker.check(cut(article, "Personally, in reflecting", "first with history and"))
    assert told(around) == [("wp-apollo-11", "annotate")]


def test_ecclesiastes_in_a_message_of_lincoln_belongs_to_the_bible(checker: Checker) -> None:
    """The verse in his message is too little to be his; with his own words around it, the message is named."""
    message = (STORIES / "lincoln-1862.txt").read_text("utf-8")
    verse = cut(message, "One generation passeth", "abideth forever")
    assert told(checker.check(f"He quotes: {verse}!")) == []
    whole = cut(library()["kjv-bible/ecclesiastes.txt"].text, "What profit hath", "goeth down")
    assert silent(checker.check(whole)) == [("kjv-bible/ecclesiastes.txt", "public-domain")]
    assert told(checker.check(cut(message, "A nation may be said", "enduring part"))) == [("message", "annotate")]


def test_code_that_agpl_shares_with_apache_names_requests(checker: Checker) -> None:
    """Of two packages of one year the milder licence is the upstream: code may go from it to the stricter one only."""
    shared = cut(library()["requests/requests/models.py"].text, "self.prepare_auth(auth, url)", "This MUST go after")
    (finding,) = checker.check(shared, passages=True).passages or ()
    assert (finding.origin.id, finding.origin_by) == ("works:requests/requests/models.py", "mildest")
    assert [source.work.licence for source in finding.sources] == ["Apache-2.0", "AGPL-3.0-only"]


def test_an_edition_of_a_free_play_needs_no_notice(checker: Checker) -> None:
    """A play in the public domain and an edition of it under a restrictive licence: its words are the play's."""
    speech = cut(library()["as-you-like-it"].text, "All the world's a stage", "sans everything")
    report = checker.check(speech)
    assert told(report) == []
    assert set(silent(report)) == {("as-you-like-it", "public-domain")}


@pytest.mark.parametrize("name", licence_files())
def test_licence_texts_are_silent(checker: Checker, name: str) -> None:
    """A licence's text belongs to nobody, even where a database holds it as a work under that licence."""
    report = checker.check(licence_files()[name])
    assert (told(report), {reason for _, reason in silent(report)}) == ([], {"boilerplate"})


def test_licence_notices_in_files_are_silent(checker: Checker) -> None:
    """The notice at the head of an AGPL file says whose the file is, and is no part of what was copied."""
    header = cut(
        library()["internetarchive/internetarchive/iarequest.py"].text, "# The internet", "gnu.org/licenses/>."
    )
    report = checker.check(f"{header}\n\nprint('hello')\n")
    assert (told(report), {reason for _, reason in silent(report)}) == ([], {"boilerplate"})


def test_a_listing_in_a_manual_is_under_its_own_licence(checker: Checker) -> None:
    """The style sheet that the KiCad manual prints is SoftPLC's under the GPL: the milder manual contradicts it."""
    (finding,) = checker.check(listing()).findings
    assert (finding.passage.origin.id, finding.licence, finding.action) == ("sheet", None, "warn")
    assert (finding.status, finding.passage.origin_by) == ("conflicting", "strictest")
    assert "GPL-3.0-or-later OR CC-BY-3.0" in [source.work.licence for source in finding.sources]


def test_the_stories_know_no_marked_work(checker: Checker) -> None:
    """All this is silent without anybody having marked a work as boilerplate."""
    works = checker.database.catalogue.search(limit=100)
    assert {work.role for work in works} == {Role.WORK}
