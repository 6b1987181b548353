"""Which of the statements that a file makes about its rights is clearly its licence?

Takes (name, value) pairs that speak of the whole file, caps them, and decides only where all that can be understood say
the same. What is left open is kept as a declaration, for plugins that detect licences.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from provenance import licences
from provenance.works import LicenceStatus

Statements = tuple[tuple[str, str], ...]

MAX_STATEMENTS = 50
MAX_CHARACTERS = 2_000
"""Of one statement; the rest is cut off."""

_COPYRIGHT = re.compile(r"\s*(?:©|\(c\)|copyright\b|copr\.)", re.IGNORECASE)
_YEAR = re.compile(r"(?:D:)?([12][0-9]{3})(?![0-9])|(?:D:)([12][0-9]{3})[01][0-9]")


def statements(pairs: Iterable[tuple[str, str | None]]) -> Statements:
    """Return the pairs that say something, each once, without NULs, and not more than anybody needs."""
    said = ((name[:100], " ".join((value or "").replace("\0", "").split())[:MAX_CHARACTERS]) for name, value in pairs)
    return tuple(dict.fromkeys(pair for pair in said if pair[1]))[:MAX_STATEMENTS]


def clear_licence(said: Statements) -> str | None:
    """Return the one statement that is a licence or a status, if there is just one such meaning.

    >>> clear_licence((("dc:rights", "CC BY 4.0"), ("meta license", "CC-BY-4.0")))
    'CC BY 4.0'
    >>> clear_licence((("a", "MIT"), ("b", "Apache-2.0"))), clear_licence((("a", "ask us"),))
    (None, None)
    """
    understood: dict[object, str] = {}
    for _, value in said:
        reading = licences.read(value[:1_000])
        if reading.status is not LicenceStatus.UNKNOWN:
            understood.setdefault((reading.status, reading.licence), value)
    return next(iter(understood.values())) if len(understood) == 1 else None


def copyright_line(said: Statements) -> str | None:
    """Return the first statement that is a copyright line.

    >>> copyright_line((("dc:rights", "Copyright © 2011 Ann Example"),))
    'Copyright © 2011 Ann Example'
    """
    return next((value for _, value in said if _COPYRIGHT.match(value)), None)


def year_of(dates: Iterable[str | None]) -> int | None:
    """Return the year that the first understandable date begins with.

    >>> year_of((None, "n.d.", "1851-10-18")), year_of(("D:20240131120000Z",)), year_of(("18510",))
    (1851, 2024, None)
    """
    matches = (_YEAR.match(date.strip()) for date in dates if date)
    return next((int(match[1] or match[2]) for match in matches if match), None)


def web_address(value: str | None) -> str | None:
    """Return the value if it is a plain address on the web, as a source is."""
    value = (value or "").strip()
    plain = value.lower().startswith(("http://", "https://")) and value.isprintable() and " " not in value
    return value if plain and len(value) <= MAX_CHARACTERS else None
