"""E-books of Project Gutenberg: the work alone, and what the header says about it.

The header and the licence at the end are removed, so that no notice is ever about them. The release date in the header
is that of the e-book, years after the work, and is not used as its year.
"""

from __future__ import annotations

import re
from dataclasses import replace

from provenance.works import Document

STATUS = "Public domain in the USA."
"""What Project Gutenberg itself states for an e-book that anybody may use."""

_START = re.compile(r"^\s{0,9}\*\*\*\s?START OF (?:THE|THIS) PROJECT GUTENBERG EBOOK[^\n]{0,400}$", re.MULTILINE)
_END = re.compile(r"^\s{0,9}\*\*\*\s?END OF (?:THE|THIS) PROJECT GUTENBERG EBOOK[^\n]{0,400}$", re.MULTILINE)
_FIELD = re.compile(r"^(Title|Author|Language|Release date):[ \t]{0,20}(\S[^\n]*)((?:\n[ \t]{2,}\S[^\n]*){0,4})", re.M)
_NUMBER = re.compile(r"\[(?:eBook|Etext) #([0-9]{1,7})\]", re.IGNORECASE)
_ANYBODY = re.compile(r"\bfor\s+the\s+use\s+of\s+anyone\s+anywhere\b")
_COPYRIGHTED = re.compile(r"\bCOPYRIGHTED\*?\s+Project\s+Gutenberg\b", re.IGNORECASE)
_HEADER = 20_000  # characters in which a header must end; a text that quotes the marks later is left whole
_LINE = 1_000
_LANGUAGES = {
    "chinese": "zh", "danish": "da", "dutch": "nl", "english": "en", "esperanto": "eo", "finnish": "fi", "french": "fr",
    "german": "de", "greek": "el", "hungarian": "hu", "italian": "it", "japanese": "ja", "latin": "la", "polish": "pl",
    "portuguese": "pt", "spanish": "es", "swedish": "sv", "tagalog": "tl",
}  # fmt: skip


def trim_ebook(document: Document) -> Document:
    """Return an e-book without header and licence, described by its header; any other document unchanged.

    Title, author and number come from the header. A licence and a language that the document already has are kept.
    """
    start = _START.search(document.text, 0, _HEADER)
    if start is None:
        return document
    header = document.text[: start.start()].replace("\r", "")
    # The last mark: a work that contains an e-book whole has marks of its own inside.
    ends = list(_END.finditer(document.text, start.end()))
    text = document.text[start.end() : ends[-1].start() if ends else None].strip()
    if not text:
        return document
    fields = {match[1]: " ".join(f"{match[2]}{match[3]}".split())[:_LINE] for match in _FIELD.finditer(header)}
    number = _NUMBER.search(header)
    # An author may let Project Gutenberg distribute a book and keep the copyright; its header says "anyone" too.
    status = STATUS if _ANYBODY.search(header) and not _COPYRIGHTED.search(header) else None
    return replace(
        document,
        text=text,
        title=fields.get("Title", document.title),
        authors=(fields["Author"],) if "Author" in fields else document.authors,
        source=f"https://www.gutenberg.org/ebooks/{number[1]}" if number else document.source,
        licence=document.licence or status,
        language=document.language or _LANGUAGES.get(fields.get("Language", "").lower()),
        declarations=(*document.declarations, *((("Project Gutenberg rights", status),) if status else ())),
    )
