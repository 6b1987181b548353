"""A work of our own, a checker that knows it, and what readers of a text that repeats it are told."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from provenance import Checker, Document
from tests.database.samples import filled

KETTLE = (
    "The kettle had been singing for some time before anybody in the lighthouse thought of answering it, and by then "
    "the tea, the fog and the evening were all the same colour, which nobody minded but the cat."
)
ANSWER = f"She wrote 🫖: {KETTLE} More I do not know."
START, END = ANSWER.index(KETTLE), ANSWER.index(KETTLE) + len(KETTLE.rstrip("."))
"""Where in ANSWER the passage is; a full stop is no token."""
WORK = Document(
    text=KETTLE + " Nobody else was there that winter, and the boat came in March.", title="The Lighthouse Kettle",
    authors=["Ida Brown"], licence="CC-BY-4.0", source="https://example.org/kettle",
)  # fmt: skip
NOTICE = "Matches text in “The Lighthouse Kettle” by Ida Brown (CC-BY-4.0), https://example.org/kettle"


def a_checker(folder: Path, *more: Document) -> Checker:
    """A checker with a fresh database."""
    return Checker(filled(folder / "db", WORK, *more))


def cited(annotation: dict[str, Any]) -> dict[str, Any]:
    """What a client is told, without what only some clients read."""
    named = annotation["url_citation"]
    return {name: named[name] for name in ("start_index", "end_index", "url", "title")}


CITED = {
    "start_index": START, "end_index": END, "url": "https://example.org/kettle",
    "title": "The Lighthouse Kettle — Ida Brown — CC-BY-4.0",
}  # fmt: skip
