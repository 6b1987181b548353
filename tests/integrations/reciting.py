"""What the tests of the adapters share: a small database of real works, and texts that repeat them."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

from provenance import Checker, Database, Document

EXAMPLES = Path(__file__).parents[2] / "examples"
ANSWER = (EXAMPLES / "answer.txt").read_text(encoding="utf-8").strip()
"""Prose with one sentence of the article on Apollo 11 in it."""
START, END = 46, 205
"""Where in ANSWER that is."""
RECITED = ANSWER[START:END]
ALICE = "The Rabbit-hole: Alice was beginning to get very tired of sitting by her sister on the bank, and of having nothing to do: once or twice she had peeped into the book her sister was reading."  # fmt: skip  # noqa: E501 - a work's own words
"""Prose that repeats a novel in the public domain, which is nothing to notice."""
NOTICE = (
    "Matches text in “Apollo 11 (Wikipedia)” by Wikipedia contributors (CC-BY-SA-3.0), "
    "https://en.wikipedia.org/w/index.php?oldid=716123666"
)
WORKS = ("works:alice", "works:attrs/attr/converters.py", "works:wp-apollo-11")


def works(ids: Iterable[str] = WORKS) -> list[Document]:
    """Some of the example works as documents."""
    lines = (EXAMPLES / "works" / "works.jsonl").read_text(encoding="utf-8").splitlines()
    return [
        Document(text=(EXAMPLES / "works" / line.pop("path")).read_text(encoding="utf-8"), **line)
        for line in map(json.loads, lines)
        if line["id"] in ids
    ]


def a_checker(folder: Path, *more: Document) -> Checker:
    """A checker with a fresh database of three example works, and of others; closing it is the caller's business."""
    database = Database.open(folder / "db", create=True)
    database.ingest([*works(), *more])
    return Checker(database)
