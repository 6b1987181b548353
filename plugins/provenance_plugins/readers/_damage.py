"""Errors for damaged files that a foreign parser gives up.

The parsers of archives, tables, books and pages promise no set of errors for damaged files: besides their own they
raise `UnicodeDecodeError`, `IndexError`, `NotImplementedError`, `MemoryError` and others. So a reader takes any
`Exception` of theirs for damage and turns it into one `InputError`, which costs nothing but the file.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator

from provenance.errors import InputError
from provenance.works import Document


def stop_at_damage(
    items: Iterable[Document | InputError | None], what: str, *, place: str
) -> Iterator[Document | InputError]:
    """Yield the items that a reader finds, and one error at the end if the reader fails.

    Args:
        items: the works and errors of the reader; None is a record that is counted and not yielded.
        what: the message for an error of the parser, with `{}` for the number of items before it.
        place: the file, for messages.
    """
    count = 0
    try:
        for item in items:
            count += 1
            if item is not None:
                yield item
    except InputError as error:
        yield error
    except Exception as error:  # the parsers promise no set of errors for damaged files
        yield damage_error(what.format(count), error, place=place)


def damage_error(what: str, error: Exception, *, place: str, remedy: str = "fetch it again") -> InputError:
    """Return the error of a reader for a file that a parser gave up.

    >>> str(damage_error("not a table", UnicodeDecodeError("utf-8", b"a", 0, 1, "invalid start byte"), place="a.arrow"))
    "a.arrow: not a table ('utf-8' codec can't decode byte 0x61 in position 0: invalid start byte); fetch it again"
    """
    return InputError(f"{what} ({describe_error(error)}); {remedy}", place=place)


def describe_error(error: Exception) -> str:
    """Return an error as words for a line, with its class where the words alone say nothing.

    >>> describe_error(EOFError()), describe_error(KeyError("/Root")), describe_error(ValueError("no such\\n  page"))
    ('EOFError', "KeyError: '/Root'", 'no such page')
    """
    words, kind = " ".join(str(error).split()), type(error).__name__
    if not words:
        return kind
    # The words of these are a bare key, index or name of the parser's own code.
    return (f"{kind}: {words}" if isinstance(error, LookupError | AttributeError | TypeError) else words)[:200]


def silence_logger(library: str) -> None:
    """Keep what a parser logs from the terminal, since it quotes the file raw; a program that sets up logging gets it.

    Args:
        library: the name of the parser's logger.
    """
    logger = logging.getLogger(library)
    # Python prints warnings to stderr only where a logger and its parents have no handler at all.
    if not logger.handlers:
        logger.addHandler(logging.NullHandler())
