"""E-books of Project Gutenberg: the work alone, and what the header says."""

from __future__ import annotations

from pathlib import Path

from provenance.works import Document
from provenance_plugins.readers import _gutenberg
from provenance_plugins.readers import text as reader_text

BOOK = """\ufeffThe Project Gutenberg eBook of Moby Dick; Or, The Whale

This ebook is for the use of anyone anywhere in the United States and
most other parts of the world at no cost and with almost no restrictions
whatsoever.

Title: Moby Dick; Or, The Whale
    A Story

Author: Herman Melville

Release date: July 1, 2001 [eBook #2701]
                Most recently updated: August 18, 2021

Language: English

*** START OF THE PROJECT GUTENBERG EBOOK MOBY DICK; OR, THE WHALE ***

CHAPTER 1. Loomings.

Call me Ishmael.

*** END OF THE PROJECT GUTENBERG EBOOK MOBY DICK; OR, THE WHALE ***

START: FULL LICENSE
"""


def test_the_work_is_what_stands_between_the_marks(tmp_path: Path) -> None:
    """Header and licence are cut off, and the header's fields are the work's; the e-book's release is no year."""
    path = tmp_path / "pg2701.txt"
    for text in (BOOK, BOOK.replace("\n", "\r\n")):
        path.write_bytes(text.encode())
        (item,) = reader_text.read(path)
        assert isinstance(item, Document)
        assert item.text.splitlines() == ["CHAPTER 1. Loomings.", "", "Call me Ishmael."]
    assert item == Document(
        text=item.text,
        title="Moby Dick; Or, The Whale A Story",
        authors=("Herman Melville",),
        source="https://www.gutenberg.org/ebooks/2701",
        licence="Public domain in the USA.",
        language="en",
        declarations=(("Project Gutenberg rights", "Public domain in the USA."),),
        place=str(path),
    )


def test_a_copyrighted_e_book_is_not_called_free() -> None:
    """Some of its e-books are somebody's, and say so."""
    anybody, said = "for the use of anyone anywhere\n", "This is a *COPYRIGHTED* Project Gutenberg eBook, Details Below"
    free = f"{anybody}\n*** START OF THIS PROJECT GUTENBERG EBOOK X ***\nWords.\n"
    assert _gutenberg.trim_ebook(Document(text=free)).licence is not None
    for header in (anybody + said, anybody + said.replace("*", ""), "for our use"):
        text = f"{header}\n*** START OF THIS PROJECT GUTENBERG EBOOK X ***\nWords.\n"
        assert _gutenberg.trim_ebook(Document(text=text)).licence is None


def test_other_texts_and_empty_books_stay_as_they_are() -> None:
    """Talk about Project Gutenberg in the middle of a text is part of the text."""
    mark = "*** START OF THE PROJECT GUTENBERG EBOOK X ***"
    for text in (
        "Call me Ishmael.",
        f"He wrote {mark} on the wall.",
        f"{'word ' * 5_000}\n{mark}\nx",
        f"a\n{mark}\n \n",
    ):
        document = Document(text=text, title="T")
        assert _gutenberg.trim_ebook(document) == document


def test_what_the_document_says_itself_stays() -> None:
    """A licence that a page or a package declares goes before the header's."""
    text = BOOK.removeprefix("\ufeff")
    trimmed = _gutenberg.trim_ebook(Document(text=text, licence="CC0-1.0", language="fr", title="Other", source="x"))
    assert (trimmed.licence, trimmed.language) == ("CC0-1.0", "fr")
    assert (trimmed.title, trimmed.source) == (
        "Moby Dick; Or, The Whale A Story", "https://www.gutenberg.org/ebooks/2701"
    )  # fmt: skip
