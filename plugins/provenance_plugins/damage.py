"""What is said of a file that a foreign parser breaks on?

The parsers of archives, tables, books and pages promise no set of errors for damaged files: besides their own they
raise `UnicodeDecodeError`, `IndexError`, `NotImplementedError`, `MemoryError` and others. So a reader takes any
`Exception` of theirs for damage, and here it becomes the one `InputError` that costs nothing but the file.
"""

from __future__ import annotations

import logging

from provenance.errors import InputError


def damaged(what: str, error: Exception, *, place: str, remedy: str = "fetch it again") -> InputError:
    """Return what a reader yields for a file that a parser gave up.

    >>> str(damaged("not a table", UnicodeDecodeError("utf-8", b"a", 0, 1, "invalid start byte"), place="a.arrow"))
    "a.arrow: not a table ('utf-8' codec can't decode byte 0x61 in position 0: invalid start byte); fetch it again"
    """
    return InputError(f"{what} ({said(error)}); {remedy}", place=place)


def said(error: Exception) -> str:
    """Return an error as words for a line, with its kind where the words alone say nothing.

    >>> said(EOFError()), said(KeyError("/Root")), said(ValueError("no such\\n  page"))
    ('EOFError', "KeyError: '/Root'", 'no such page')
    """
    words, kind = " ".join(str(error).split()), type(error).__name__
    if not words:
        return kind
    return (f"{kind}: {words}" if isinstance(error, LookupError | AttributeError | TypeError) else words)[:200]


def quiet(library: str) -> None:
    """Keep what a parser logs about a file, raw as it stands there, from the terminal; who sets up logging gets it."""
    logger = logging.getLogger(library)
    if not logger.handlers:
        logger.addHandler(logging.NullHandler())
