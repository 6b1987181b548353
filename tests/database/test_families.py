"""Families of works: copies are found however they were changed, and nothing glues strangers together."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from provenance import Database, Document
from tests.database.samples import KINGDOMS, SWANN, TIMES, WHALE, words

HEADER = (
    "This file is part of the Sample Suite of the Example Works, which the makers hand out to whoever asks for it. "
    "Whoever changes it writes a line into the log below, names the day, and sends the change to the keeper of the "
    "suite, who looks at it on the first Monday of each month. Nothing of it may leave the house before that, and "
    "what has left the house is to be called back by letter. The keeper answers no questions on Sundays; questions "
    "go to the board, in three copies, one of them on green paper, with a stamp of the month before."
)
IDIOM = "if __name__ == '__main__': import sys; arguments = sys.argv[1:]; sys.exit(main(arguments) or 0)"


def families(database: Database) -> dict[str, int]:
    """Return the family of each work, by id."""
    catalogue = database.catalogue
    works = {work.key: work.id for work in catalogue.search(limit=10_000)}
    return {works[key]: member.family for key, member in catalogue.members(works, lambda *_: 1).items()}


def together(database: Database) -> set[frozenset[str]]:
    """Return the ids of the works of each family."""
    found = families(database)
    return {frozenset(name for name in found if found[name] == family) for family in found.values()}


def own(number: int, length: int = 300) -> str:
    """Return text that is in no other work, of common words in an order drawn by the number."""
    return " ".join(random.Random(number).choices((WHALE + TIMES + SWANN).split(), k=length))


def grow(database: Database, documents: Iterable[Document], step: int) -> None:
    """Ingest documents, so many at a time."""
    rest = list(documents)
    for start in range(0, len(rest), step):
        database.ingest(rest[start : start + step])


def variants(text: str) -> dict[str, str]:
    """Return what becomes of a text that is mirrored, vendored and forked."""
    lines = text.split(". ")
    return {
        "mirror": text,
        "line ends": text.replace(". ", ".\r\n"),
        "upper": text.upper(),
        "header": f"# Copyright (c) 2020 Someone Else\n# {words(9_000, 20)}\n{text}",
        "a line added": ". ".join([*lines[:3], words(9_100, 8), *lines[3:]]),
        "a word changed": text.replace(text.split()[100], "otherwise", 1),
        "cut": text[: len(text) * 9 // 10],
        "licence": f"SPDX-License-Identifier: MIT\n{text}",
    }


@pytest.mark.parametrize("step", [1, 3, 100])
def test_copies_are_one_family(database: Database, step: int) -> None:
    """Mirrors, forks and vendored copies of a text are one family, in one ingest or in many; other texts are not."""
    texts = {"a": own(1), "b": own(2)}
    documents = [
        Document(text=text, id=f"{name} {kind}") for name in texts for kind, text in variants(texts[name]).items()
    ]
    random.Random(step).shuffle(documents)
    grow(database, [*documents, Document(text=own(3), id="c")], step)
    kinds = variants("a. b. c. " + own(4))
    expected = {frozenset(f"{name} {kind}" for kind in kinds) for name in texts} | {frozenset({"c"})}
    assert together(database) == expected
    database.compact()
    assert together(database) == expected


@pytest.mark.slow
@pytest.mark.parametrize("length", [60, 120, 300])
def test_a_common_header_makes_no_family(database: Database, length: int) -> None:
    """200 unrelated files that share a long header and an idiom stay apart, even if the header is half of them."""
    files = [Document(text=f"{HEADER}\n{own(n, length)}\n{IDIOM}", id=f"f{n}") for n in range(200)]
    copy = Document(text=f"{HEADER}\n{own(7, length)}\n{words(0, 9)}\n{IDIOM}", id="copy")
    database.ingest([*files, copy])
    sizes = Counter(families(database).values())
    assert len(sizes) >= 195
    assert families(database)["copy"] == families(database)["f7"]


@pytest.mark.slow
def test_renewal_parts_what_small_ingests_glued(database: Database) -> None:
    """A library that grew file by file has after `compact` the families of one that was ingested at once."""
    files = [Document(text=f"{HEADER}\n{own(n, 120)}", id=f"f{n}") for n in range(100)]
    grow(database, files, 10)
    database.compact()
    assert len(together(database)) >= 95


def test_one_licence_and_one_copyright_line_are_one_family(database: Database) -> None:
    """Works of one holder under one licence are one family, whatever year, case and sign; others are not."""
    said = {
        "one": ("MIT", "Copyright (c) 2001-2020 Ann Example. All rights reserved."),
        "two": ("MIT", "© 2024 ANN EXAMPLE"),
        "other licence": ("Apache-2.0", "© 2024 Ann Example"),
        "other name": ("MIT", "© 2024 Anna Example"),
        "nameless": ("MIT", "Copyright (c) 2020 the authors. All rights reserved."),
        "nameless too": ("MIT", "Copyright (c) 2021 The Authors."),
        "silent": (None, "© 2024 Ann Example"),
        "silent too": (None, "© 2024 Ann Example"),
    }
    database.ingest(
        Document(text=own(n), id=name, licence=licence, copyright=line)
        for n, (name, (licence, line)) in enumerate(said.items())
    )
    alone = {frozenset({name}) for name in said} - {frozenset({"one"}), frozenset({"two"})}
    assert together(database) == {frozenset({"one", "two"}), *alone}


def test_a_work_whose_text_is_replaced_leaves_its_family(database: Database) -> None:
    """A changed work stays with its copies, one with another text goes, and comes back with the text."""
    text = own(1)
    for name in ("a", "b"):
        database.ingest(Document(text=text, id=name))
    assert together(database) == {frozenset("ab")}
    for name, new, expected in (
        ("a", f"{text} One more line.", {frozenset("ab")}),
        ("a", own(2), {frozenset("a"), frozenset("b")}),
        ("b", own(3), {frozenset("a"), frozenset("b")}),
        ("a", text, {frozenset("a"), frozenset("b")}),
        ("b", own(2), {frozenset("a"), frozenset("b")}),
        ("b", text, {frozenset("ab")}),
    ):
        database.ingest(Document(text=new, id=name))
        assert together(database) == expected
        before = families(database)
        database.ingest(Document(text=new, id=name, title="Again"))
        assert families(database) == before


def test_a_work_that_ties_two_families_makes_them_one_at_the_next_renewal(database: Database) -> None:
    """It joins one of them; `compact` makes all three one family, and says so by a new revision, once."""
    text = own(2, 680).split()
    one, between, two = (" ".join(text[start : start + 400]) for start in (0, 140, 280))
    database.ingest([Document(text=one, id="a"), Document(text=two, id="b")])
    assert sorted(map(len, together(database))) == [1, 1]
    database.ingest(Document(text=between, id="both"))
    assert sorted(map(len, together(database))) == [1, 2]
    revision = database.catalogue.revision()
    assert database.compact().revision > revision
    assert together(database) == {frozenset({"a", "b", "both"})}
    revision = database.compact().revision
    assert database.compact().revision == revision


def test_works_of_an_earlier_release_find_their_families_at_compaction(
    database: Database, execute: Callable[[str], int]
) -> None:
    """Works without sketches and values get both from their segments, at every keep level, if all are sampled alike."""
    texts = {"a": own(1), "b": f"{own(1)} One more line.", "c": own(2)}
    for keep in ("text", "tokens", "fingerprints"):
        database.ingest(
            [Document(text=text, id=f"{name} {keep}") for name, text in texts.items()], keep=keep, sensitivity="wide"
        )
    database.ingest([Document(text="Too short.", id=name) for name in ("s", "t")])
    expected = together(database)
    assert sorted(map(len, expected)) == [2, 3, 6]
    execute("UPDATE works SET family = key, sketch = NULL")
    execute("DELETE FROM family_keys")
    assert len(together(database)) == 11
    database.compact()
    assert together(database) == expected
    database.ingest(Document(text=f"{own(2)} And more.", id="d"))
    assert sorted(map(len, together(database))) == [2, 4, 6]


def test_nothing_of_a_withdrawn_family_is_left_after_compaction(
    database: Database, execute: Callable[[str], int]
) -> None:
    """The values by which works would join a withdrawn one go with `compact`; those of the others stay."""
    database.ingest([Document(text=own(1), id="a"), Document(text=own(2), id="b")])
    values = execute("SELECT count(*) FROM family_keys")
    database.withdraw(database.find_work("a"))
    database.compact()
    assert 0 < execute("SELECT count(*) FROM family_keys") == values / 2


@pytest.fixture
def execute(database: Database) -> Callable[[str], int]:
    """Give a function that runs a statement on the catalogue's file, and returns the number that it gives."""

    def run(statement: str) -> int:
        import sqlite3

        with sqlite3.connect(Path(database.folder) / "catalogue.sqlite") as connection:
            row = connection.execute(statement).fetchone()
        connection.close()
        return int(row[0]) if row else 0

    return run


def test_scripts_without_spaces_have_families_too(database: Database) -> None:
    """A Chinese text and its copy with a title are one family."""
    text = KINGDOMS * 3
    database.ingest([Document(text=text, id="a"), Document(text=f"三国演义\n{text}", id="b")])
    assert together(database) == {frozenset("ab")}
