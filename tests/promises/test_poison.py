"""Poisoned works: whatever a stranger's work says of itself, readers still learn whose words a text repeats.

A novel, or another work of somebody, is in a library. Somebody else adds works that hold the same wording and say that
it is free, old, boilerplate, credited, the operator's own or everybody's. Each finding that there was before must still
be there: over the same stretch, naming the same works, with an action that is not milder.

First the known kinds, each under all presets and whichever works came first; then the same for any works at all.
"""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import itertools
import random
import shutil
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from provenance import Action, Checker, Database, Document, LicenceStatus, load_policy
from provenance.plugins import get_plugin_manager
from provenance.reports import Finding, Report
from provenance.thresholds import LEAST_RUN
from tests.strategies import examples

ROOT = Path(__file__).resolve().parents[2]
WORDS = sorted(set((ROOT / "examples/works/alice/alice.txt").read_text(encoding="utf-8").split()))
PRESETS = ("default", "strict", "quiet", "eu", "code")
SEVERITY = {action: severity for severity, action in enumerate(Action)}
OWNER = "Olga Operator"
CLEVER = "three plain words"
NUMBERS = itertools.count()


def write_words(seed: int, count: int) -> str:
    """Return a text that no other seed has."""
    draw = random.Random(seed)
    return " ".join(draw.choice(WORDS) for _ in range(count))


def change_words(text: str, every: int) -> str:
    """Return a text with one in so many words changed."""
    return " ".join(f"{word}x" if number % every == every - 1 else word for number, word in enumerate(text.split()))


NOVEL = write_words(1, 600)
QUOTE = " ".join(NOVEL.split()[100:300])
COPYRIGHT = "Copyright 2015 Vera Hall"
VICTIM = Document(
    text=NOVEL, id="novel", title="The Lantern Keeper", authors=("Vera Hall",), year=2015,
    licence="all-rights-reserved", source="https://novel.example/", copyright=COPYRIGHT,
)  # fmt: skip
VICTIMS = {
    "reserved": VICTIM,
    "unknown": dataclasses.replace(VICTIM, licence="unknown"),
    "says nothing": dataclasses.replace(VICTIM, licence=None),
    "GPL": dataclasses.replace(VICTIM, licence="GPL-3.0-only"),
    "CC BY": dataclasses.replace(VICTIM, licence="CC-BY-4.0"),
    "CC BY-NC": dataclasses.replace(VICTIM, licence="CC-BY-NC-4.0"),
    "MIT": dataclasses.replace(VICTIM, licence="MIT"),
    "MIT or GPL": dataclasses.replace(VICTIM, licence="MIT OR GPL-3.0-only"),
    "undated": dataclasses.replace(VICTIM, year=None),
    "MIT, without an author": dataclasses.replace(VICTIM, licence="MIT", authors=()),
    "vendored": dataclasses.replace(VICTIM, id="app/vendor/lantern/novel.txt"),
}  # fmt: skip
THIEF = Document(text=NOVEL, id="copy", title="Copy", authors=("Somebody",), collection="found")


def make_thief(text: str = NOVEL, **claims: Any) -> Document:
    """Return a stranger's work with the novel or a part of it."""
    return dataclasses.replace(THIEF, text=text, **claims)


def make_copies(
    number: int, *, text: str = QUOTE, names: int, around: int = 50, **claims: Any
) -> tuple[Document, ...]:  # fmt: skip
    """Return so many works with the passage, of so many authors, each with other words around it."""
    return tuple(
        make_thief(
            f"{write_words(100 + nth, around)} {text} {write_words(300 + nth, around)}",
            id=f"copy{nth}", title=f"Page {nth}", authors=(f"Name {nth % names}",), **claims,
        )
        for nth in range(number)
    )  # fmt: skip


CHECKED = f"{CLEVER} {QUOTE}"
EDITED = change_words(QUOTE, 15)
PIECES = tuple(
    make_thief(" ".join(QUOTE.split()[start : start + 40]), id=f"piece{start}", licence="CC0-1.0", year=1900)
    for start in range(0, 200, 20)
)
LINES = tuple(
    make_thief(" ".join(QUOTE.split()[start : start + 8]), id=f"line{start}", licence="public-domain", year=1900)
    for start in range(0, 200, 8)
)
THIEVES: dict[str, tuple[Document, ...]] = {
    "passage, public domain": (make_thief(QUOTE, licence="public-domain"),),
    "passage, public domain, later": (make_thief(QUOTE, licence="public-domain", year=2025),),
    "novel, CC0": (make_thief(licence="CC0-1.0"),),
    "novel, CC0, year 1": (make_thief(licence="CC0-1.0", year=1),),
    "novel, CC0, year -500": (make_thief(licence="CC0-1.0", year=-500),),
    "novel, a header says CC0": (make_thief(f"SPDX-License-Identifier: CC0-1.0\n\n{NOVEL}"),),
    "novel, MIT, 1900": (make_thief(licence="MIT", year=1900),),
    "novel, public domain, with the novel's copyright line": (
        make_thief(licence="public-domain", year=1, copyright=COPYRIGHT),
    ),
    "passage in other words, CC0": make_copies(1, names=1, licence="CC0-1.0", year=1),
    "passage in other words, public domain": make_copies(1, names=1, licence="public-domain"),
    "text as checked, CC0": (make_thief(CHECKED, licence="CC0-1.0"),),
    "text as checked, CC BY, named as the words before": (
        make_thief(CHECKED, licence="CC-BY-4.0", year=1900, title=CLEVER),
    ),
    "novel, CC BY, titled like the words before": (make_thief(licence="CC-BY-4.0", year=1900, title=CLEVER),),
    "novel, CC BY, written by the words before": (make_thief(licence="CC-BY-4.0", year=1900, authors=(CLEVER,)),),
    "novel, MIT, titled like the words before": (make_thief(licence="MIT", year=-500, title=CLEVER),),
    "novel, boilerplate": (make_thief(licence="MIT", role="boilerplate"),),
    "passage, boilerplate, year 1": (make_thief(QUOTE, licence="CC0-1.0", role="boilerplate", year=1),),
    "novel, by the operator": (make_thief(authors=(OWNER,), licence="all-rights-reserved", year=1),),
    "passage, by the operator, CC0": (make_thief(QUOTE, authors=(OWNER,), licence="CC0-1.0", year=1),),
    "novel, unknown licence, year 1": (make_thief(licence="unknown", year=1),),
    "novel, a licence that nobody knows": (make_thief(licence="my own rules", year=1),),
    "novel, MIT or all else": (make_thief(licence="CC0-1.0 OR GPL-3.0-only", year=1),),
    "novel, GPL": (make_thief(licence="GPL-3.0-only", year=1900),),
    "novel, all rights reserved": (make_thief(licence="all-rights-reserved", year=1900),),
    "novel edited, CC0": (make_thief(change_words(NOVEL, 15), licence="CC0-1.0", year=1),),
    "pieces of the passage, CC0": PIECES,
    "lines of the passage, public domain": LINES,
    "the novel's id, other text": (make_thief(write_words(9, 100), id="novel", licence="MIT"),),
    "the novel's id, same text, CC0": (make_thief(id="novel", licence="CC0-1.0", year=1),),
    "the novel's name, CC0": (make_thief(licence="CC0-1.0", year=1, title=VICTIM.title, authors=VICTIM.authors),),
    "the novel's address, CC0": (make_thief(licence="CC0-1.0", year=1, source=VICTIM.source),),
    "vendored, CC0": (make_thief(id="app/vendor/novel/copy.txt", licence="CC0-1.0", year=1),),
    "vendored, MIT": (make_thief(id="app/third_party/novel/copy.txt", licence="MIT", year=1),),
    "60 of one name, CC0": make_copies(60, names=1, licence="CC0-1.0", year=1),
    "60 of 60 names, CC BY": make_copies(60, names=60, licence="CC-BY-4.0", year=1),
    "60 of 60 names, MIT, whole novel": make_copies(60, text=NOVEL, names=60, around=4, licence="MIT", year=1),
    "60 of 60 names, all rights reserved": make_copies(60, names=60, licence="all-rights-reserved", year=1),
    "novel, in its collection, by the operator": (
        make_thief(collection="default", authors=(OWNER,), licence="all-rights-reserved", year=1),
    ),
    "novel, in its collection, unknown licence, by the operator": (
        make_thief(collection="default", authors=(OWNER,), licence="unknown", year=1),
    ),
    "novel, CC BY, by its author, titled like the words before": (
        make_thief(licence="CC-BY-4.0", year=1900, title=CLEVER, authors=VICTIM.authors),
    ),
    "novel, MIT, by a name in the novel's copyright line": (make_thief(licence="MIT", authors=("2015 Vera",), year=1),),
    "novel, CC BY, by its author, with a line of the author's": (
        make_thief(licence="CC-BY-4.0", authors=VICTIM.authors, copyright=COPYRIGHT, year=2025),
    ),
    "novel, CC BY, whose line names its author alone": (
        make_thief(licence="CC-BY-4.0", copyright="Copyright 1900 Vera Hall", year=1900),
    ),
    "60 of 60 licences": tuple(
        dataclasses.replace(each, licence=f"own rules {nth}" if nth % 2 else f"GPL-3.0-only AND LicenseRef-{nth}")
        for nth, each in enumerate(make_copies(60, names=60, year=1))
    ),
    "70 with the very text, MIT": tuple(
        make_thief(id=f"copy{nth}", authors=(f"Name {nth}",), licence="MIT", year=1) for nth in range(70)
    ),
}

Ingest = tuple[Sequence[Document], bool]
"""Documents, and whether they are trusted."""
Open = Callable[..., Database]
PLUGINS = get_plugin_manager()
"""Made once, since that takes longer than to check a short text."""


@functools.cache
def make_empty_database() -> TemporaryDirectory[str]:
    """Return a folder with an empty database, which is quicker to copy than to make."""
    folder = TemporaryDirectory()
    Database.open(f"{folder.name}/db", create=True).close()
    return folder


def fill_database(place: Path, *ingests: Ingest) -> Database:
    """Return a new database of several ingests."""
    shutil.copytree(f"{make_empty_database().name}/db", place)
    database = Database.open(place)
    for documents, trusted in ingests:
        assert database.ingest(documents, trusted=trusted, plugins=PLUGINS).added == len(documents)
    return database


@pytest.fixture
def open_database(tmp_path: Path) -> Iterator[Open]:
    """Give a function that makes a database of several ingests."""
    with contextlib.ExitStack() as opened:
        yield lambda *ingests: opened.enter_context(fill_database(tmp_path / f"db{next(NUMBERS)}", *ingests))


def make_checker(database: Database, preset: str = "default") -> Checker:
    """Return a checker with a preset, for an operator who has written works."""
    policy = dataclasses.replace(load_policy(preset=preset), own_creators=(OWNER,))
    return Checker(database, policy, plugins=PLUGINS)


def name_works(finding: Finding, least: int = 0) -> set[tuple[str, str, LicenceStatus, str | None]]:
    """Return the works that a finding names for at least so many tokens, each with what it says of its licence."""
    return {
        (source.work.collection, source.work.id, source.work.status, source.work.licence)
        for source in finding.passage.sources
        if source.token_end - source.token_start >= least
    }


def describe(report: Report) -> list[tuple[object, ...]]:
    """Return what a report says, for the message of a test that fails."""
    findings = [
        (each.start, each.end, each.action.value, [source.work.id for source in each.passage.sources][:5])
        for each in report.findings
    ]
    return [*findings, *((each.start, each.end, each.reason.value, each.why) for each in report.exempt)]


def require_nothing_lost(before: Report, after: Report, least: int = 0) -> None:
    """Fail where a finding of at least so many tokens has lost a work or a stretch, or has become milder."""
    said = f"\nbefore {describe(before)}\nafter {describe(after)}"
    for finding in before.findings:
        if finding.passage.counted_tokens < least:
            continue
        over = [each for each in after.findings if each.start < finding.end and finding.start < each.end]
        lost = name_works(finding, least) - set[Any]().union(*map(name_works, over))
        assert not lost, f"{lost} is named no more{said}"
        for place in range(finding.start, finding.end):
            if not after.text[place].isspace():
                here = [SEVERITY[each.action] for each in over if each.start <= place < each.end]
                assert max(here, default=0) >= SEVERITY[finding.action], f"milder at {place}{said}"


def check_with_presets(database: Database, text: str) -> dict[str, Report]:
    """Return the report of a text under each preset."""
    return {preset: make_checker(database, preset).check(text) for preset in PRESETS}


def require_victim_kept(
    victim: Document, thieves: Sequence[Document], open_database: Open, text: str = CHECKED, *, first: bool = False
) -> None:
    """Check a text with the victim alone and with strangers, who came before it or after it, under all presets."""
    ingests = [([victim], False), (thieves, False)]
    before = check_with_presets(open_database(([victim], False)), text)
    after = check_with_presets(open_database(*(reversed(ingests) if first else ingests)), text)
    for preset in PRESETS:
        if preset in {"default", "strict"}:
            assert [each.passage.origin.id for each in before[preset].findings] == [victim.id]
        require_nothing_lost(before[preset], after[preset])


@pytest.mark.parametrize("kind", THIEVES)
def test_stranger_hushes_nobody(kind: str, open_database: Open) -> None:
    """The novel is named, with its own licence and its own action, beside what a stranger says of the wording."""
    require_victim_kept(VICTIM, THIEVES[kind], open_database)


@pytest.mark.slow
@pytest.mark.parametrize("kind", THIEVES)
def test_stranger_who_came_first_hushes_nobody(kind: str, open_database: Open) -> None:
    """To have been ingested first gives no rights."""
    require_victim_kept(VICTIM, THIEVES[kind], open_database, first=True)


@pytest.mark.long
@pytest.mark.parametrize("name", list(VICTIMS)[1:])
@pytest.mark.parametrize("kind", THIEVES)
def test_stranger_hushes_no_other_kind_of_work(name: str, kind: str, open_database: Open) -> None:
    """Whatever the licence of a work is, nobody else softens it, not even within a class of duties."""
    require_victim_kept(VICTIMS[name], THIEVES[kind], open_database)


POEM = dataclasses.replace(VICTIM, text=" ".join(NOVEL.split()[:16]), id="poem", title="The Lantern")


@pytest.mark.parametrize("licence", ["public-domain", "CC0-1.0", "MIT", "all-rights-reserved", "unknown"])
@pytest.mark.parametrize("number", [1, 2])
@pytest.mark.parametrize("around", [0, 50])
def test_stranger_hushes_no_short_work(around: int, number: int, licence: str, open_database: Open) -> None:
    """A poem is a poem, also where others have it on a longer page."""
    copies = make_copies(number, text=POEM.text, names=number, around=around, licence=licence, year=1)
    require_victim_kept(POEM, copies, open_database, f"{CLEVER} {POEM.text} and so on")


@pytest.mark.parametrize("every", [5, 6, 7, 8, 9])
@pytest.mark.parametrize("length", [36, 120])
def test_near_copy_around_hushes_no_exact_one(length: int, every: int, open_database: Open) -> None:
    """A stretch that the novel has word for word is found, also within a longer one that others have nearly."""
    text = [*write_words(20, 30).split(), *QUOTE.split()[:length], *write_words(21, 30).split()]
    near = change_words(" ".join(text), every)
    thief = make_thief(near, collection="default", licence="all-rights-reserved", year=1)
    require_victim_kept(VICTIM, [thief], open_database, " ".join(text))


@pytest.mark.slow
@pytest.mark.parametrize("licence", ["CC0-1.0", "all-rights-reserved"])
def test_many_strangers_hush_nobody(licence: str, open_database: Open) -> None:
    """Nor do so many copies that a check does not look at each, all of them in the novel's collection."""
    copies = make_copies(1500, names=1500, around=8, licence=licence, year=1, collection="default")
    require_victim_kept(VICTIM, copies, open_database)


@pytest.mark.parametrize("licence", ["CC0-1.0", "CC-BY-4.0", "unknown"])
@pytest.mark.parametrize("thief", ["as checked", "whole novel as edited"])
def test_stranger_has_the_edited_words(licence: str, thief: str, open_database: Open) -> None:
    """A text that is a near copy of the novel is found as one, though a stranger has its very words."""
    text = EDITED if thief == "as checked" else change_words(NOVEL, 15)
    require_victim_kept(VICTIM, [make_thief(text, licence=licence, year=1)], open_database, EDITED)


@pytest.mark.parametrize("kind", ["novel, CC0", "passage in other words, public domain"])
def test_stranger_is_named_beside(kind: str, open_database: Open) -> None:
    """What another record says of the same wording is shown beside the victim, and the passage is disputed."""
    (thief,) = THIEVES[kind]
    report = make_checker(open_database(([VICTIM], False), ([thief], False))).check(QUOTE)
    (finding,) = report.findings
    assert {source.work.id for source in finding.passage.sources} == {"novel", thief.id}
    assert (finding.action, finding.passage.origin.id, finding.passage.is_disputed) == (Action.WARN, "novel", True)


@pytest.mark.parametrize(("licence", "disputed"), [("MIT", False), ("CC-BY-4.0", False), ("CC0-1.0", True)])
def test_kept_copyright_line_names_the_origin(licence: str, disputed: bool, open_database: Open) -> None:
    """A copy that kept the author's line comes second, though it is older; what is asked for stays as strict."""
    author, strict = dataclasses.replace(VICTIM, licence=licence), VICTIMS["MIT"]
    copy = make_thief(f"{write_words(7, 40)} {QUOTE}", licence=strict.licence, year=1990, copyright=COPYRIGHT)
    report = make_checker(open_database(([author], False), ([copy], False))).check(QUOTE)
    (finding,) = report.findings
    named = [source.work.id for source in finding.passage.sources]
    assert (named, finding.passage.is_disputed) == (["copy", "novel"] if disputed else ["novel", "copy"], disputed)
    unsigned = dataclasses.replace(copy, copyright="Copyright 1990 Somebody")
    (finding,) = make_checker(open_database(([author], False), ([unsigned], False))).check(QUOTE).findings
    assert finding.passage.origin.id == "copy"


def test_same_id_in_one_ingest(open_database: Open) -> None:
    """Two records of one collection that have the same id are both kept, whichever comes first."""
    other = dataclasses.replace(VICTIM, text=write_words(9, 100), title="Other", licence="MIT", authors=())
    for documents in ([VICTIM, other], [other, VICTIM]):
        report = make_checker(open_database((documents, False))).check(QUOTE)
        assert [(each.action, each.passage.origin.title) for each in report.findings] == [(Action.WARN, VICTIM.title)]


def list_outcomes(report: Report) -> list[tuple[object, ...]]:
    """Return the stretches of a report with what was decided about each, and on whose behalf."""
    found = [(each.start, each.end, each.action, each.passage.origin.id) for each in report.findings]
    silent = [(each.start, each.end, each.reason, each.sources[0].work.id) for each in report.exempt]
    return sorted([*found, *silent], key=lambda each: each[:2])


SOFTER = (
    "novel, CC0",
    "novel, MIT, 1900",
    "novel, boilerplate",
    "novel, public domain, with the novel's copyright line",
)


@pytest.mark.parametrize("kind", SOFTER)
@pytest.mark.parametrize("preset", PRESETS)
def test_trusted_stranger_decides(kind: str, preset: str, open_database: Open) -> None:
    """Positive control: the operator vouches for the other work, and the passage is judged as if it were alone."""
    alone = make_checker(open_database((THIEVES[kind], True)), preset).check(QUOTE)
    both = make_checker(open_database(([VICTIM], False), (THIEVES[kind], True)), preset).check(QUOTE)
    assert list_outcomes(both) == list_outcomes(alone) != []


@pytest.mark.parametrize("kind", [*SOFTER, "novel, all rights reserved", "novel, GPL", "60 of one name, CC0"])
@pytest.mark.parametrize("preset", PRESETS)
def test_trusted_victim_decides(kind: str, preset: str, open_database: Open) -> None:
    """A stranger changes nothing about a work for which the operator vouches, neither to milder nor to stricter."""
    victim = VICTIMS["CC BY"] if kind.startswith("novel, all") or kind.endswith("GPL") else VICTIM
    alone = make_checker(open_database(([victim], True)), preset).check(QUOTE)
    both = make_checker(open_database(([victim], True), (THIEVES[kind], False)), preset).check(QUOTE)
    assert list_outcomes(both) == list_outcomes(alone) != []


@pytest.mark.parametrize("claims", [{"licence": "MIT", "year": 2025}, {"licence": "GPL-3.0-only", "year": 1900}])
def test_both_are_trusted(claims: dict[str, Any], open_database: Open) -> None:
    """Of two collections for which the operator vouches no later one and no stricter one hushes another."""
    before = make_checker(open_database(([VICTIM], True))).check(QUOTE)
    after = make_checker(open_database(([VICTIM], True), ([make_thief(**claims)], True))).check(QUOTE)
    assert before.findings
    require_nothing_lost(before, after)


# For any works. Few words and few pieces, so that works share wording, in whole and in part, all the time.
PIECE_TEXTS = tuple(write_words(1000 + nth, (8, 30, 90, 130)[nth % 4]) for nth in range(12))
LICENCES = (
    "public-domain", "CC0-1.0", "MIT", "Apache-2.0", "CC-BY-4.0", "CC-BY-SA-4.0", "MPL-2.0", "GPL-3.0-only",
    "CC-BY-NC-4.0", "all-rights-reserved", "unknown", "own words", None, "MIT OR GPL-3.0-only", "MIT AND CC-BY-NC-4.0",
)  # fmt: skip
AUTHORS = ((), ("Vera Hall",), (OWNER,), ("Somebody", "Vera Hall"), (" ".join(PIECE_TEXTS[0].split()[:3]),))
TITLES = (None, "Copy", "The Lantern Keeper", PIECE_TEXTS[0], " ".join(PIECE_TEXTS[4].split()[-4:]))
FOLDERS = ("", "app/vendor/", "app/third_party/one/", "pages/")


@st.composite
def work_lists(draw: st.DrawFn, *, name: str, most: int, collections: Sequence[str]) -> list[Document]:
    """Works made of pieces, with any claims."""
    pieces = st.sampled_from(PIECE_TEXTS)
    near = st.builds(change_words, pieces, st.integers(5, 20))
    texts = st.lists(st.one_of(pieces, pieces, near), min_size=1, max_size=4).map(" ".join)
    years = st.sampled_from((None, -500, 1, 1900, 2015, 2025))
    return [
        Document(
            text=draw(texts),
            id=f"{draw(st.sampled_from(FOLDERS))}{name}{nth}",
            collection=draw(st.sampled_from(collections)),
            title=draw(st.sampled_from(TITLES)),
            authors=draw(st.sampled_from(AUTHORS)),
            year=draw(years),
            licence=draw(st.sampled_from(LICENCES)),
            role=draw(st.sampled_from(("work", "work", "boilerplate"))),  # type: ignore[arg-type]  # as in a record
            copyright=draw(st.sampled_from((None, COPYRIGHT))),
        )
        for nth in range(draw(st.integers(1, most)))
    ]


@st.composite
def poisonings(draw: st.DrawFn) -> dict[str, Any]:
    """A library, strangers' works, and a text with words of them."""
    return {
        "library": draw(work_lists(name="work", most=3, collections=("one", "two"))),
        "trusted": draw(st.booleans()),
        "strangers": draw(work_lists(name="stranger", most=4, collections=("one", "three"))),
        "first": draw(st.booleans()),
        "text": " ".join(draw(st.lists(st.sampled_from(PIECE_TEXTS), min_size=1, max_size=4))),
    }


def require_property(drawn: dict[str, Any]) -> None:
    """Check a text with and without strangers' works, under all presets."""
    library, strangers = (drawn["library"], drawn["trusted"]), (drawn["strangers"], False)
    ingests = [strangers, library] if drawn["first"] else [library, strangers]
    with (
        TemporaryDirectory() as folder,
        fill_database(Path(folder, "without"), library) as without,
        fill_database(Path(folder, "poisoned"), *ingests) as poisoned,
    ):
        before, after = (check_with_presets(each, drawn["text"]) for each in (without, poisoned))
    for preset in PRESETS:
        least = load_policy(preset=preset).commonplace_tokens + 1
        require_nothing_lost(before[preset], after[preset], max(least, LEAST_RUN))


@settings(max_examples=examples(60))
@given(drawn=poisonings())
def test_strangers_take_nothing_away(drawn: dict[str, Any]) -> None:
    """Whatever untrusted works are added, no work leaves the findings and no action gets milder."""
    require_property(drawn)


@pytest.mark.long
@settings(max_examples=500)
@given(drawn=poisonings())
def test_strangers_take_nothing_away_at_length(drawn: dict[str, Any]) -> None:
    """The same, tried more often."""
    require_property(drawn)
