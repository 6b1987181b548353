"""Statements of a file about its rights, and which of them is clearly its licence.

A statement is a pair of a name and a value that speaks of the whole file. A licence is chosen only where all statements
that can be understood say the same. The others are kept as declarations, for plugins that detect licences.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from provenance import licences
from provenance.works import LicenceStatus

Statements = tuple[tuple[str, str], ...]

MAX_STATEMENTS = 50
MAX_CHARACTERS = 2_000
"""The longest value of a statement; the rest is cut off."""

_COPYRIGHT = re.compile(r"\s*(?:©|\(c\)|copyright\b|copr\.)", re.IGNORECASE)
# PDF writes "D:20240131…" without separators, so after "D:" four more digits may follow the year.
_YEAR = re.compile(r"(?:D:)?([12][0-9]{3})(?![0-9])|(?:D:)([12][0-9]{3})[01][0-9]")


def clean_statements(pairs: Iterable[tuple[str, str | None]]) -> Statements:
    """Return the pairs with a value, each once, on one line, without NULs, capped in length and number."""
    said = ((name[:100], " ".join((value or "").replace("\0", "").split())[:MAX_CHARACTERS]) for name, value in pairs)
    return tuple(dict.fromkeys(pair for pair in said if pair[1]))[:MAX_STATEMENTS]


def find_clear_licence(said: Statements) -> str | None:
    """Return the first value that is a licence or a status, if all such values mean the same.

    >>> find_clear_licence((("dc:rights", "CC BY 4.0"), ("meta license", "CC-BY-4.0")))
    'CC BY 4.0'
    >>> find_clear_licence((("a", "MIT"), ("b", "Apache-2.0"))), find_clear_licence((("a", "ask us"),))
    (None, None)
    """
    understood: dict[object, str] = {}
    for _, value in said:
        reading = licences.read(value[:1_000])
        if reading.status is not LicenceStatus.UNKNOWN:
            understood.setdefault((reading.status, reading.licence), value)
    return next(iter(understood.values())) if len(understood) == 1 else None


def find_copyright_line(said: Statements) -> str | None:
    """Return the first value that is a copyright line.

    >>> find_copyright_line((("dc:rights", "Copyright © 2011 Ann Example"),))
    'Copyright © 2011 Ann Example'
    """
    return next((value for _, value in said if _COPYRIGHT.match(value)), None)


def find_year(dates: Iterable[str | None]) -> int | None:
    """Return the year that the first understandable date begins with.

    >>> find_year((None, "n.d.", "1851-10-18")), find_year(("D:20240131120000Z",)), find_year(("18510",))
    (1851, 2024, None)
    """
    matches = (_YEAR.match(date.strip()) for date in dates if date)
    return next((int(match[1] or match[2]) for match in matches if match), None)


def parse_web_address(value: str | None) -> str | None:
    """Return the value without white space around it if it is an address on the web; None for any other value."""
    value = (value or "").strip()
    is_plain = value.lower().startswith(("http://", "https://")) and value.isprintable() and " " not in value
    return value if is_plain and len(value) <= MAX_CHARACTERS else None
