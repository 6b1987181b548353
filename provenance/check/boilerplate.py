"""Which words of a text are nobody's expression, whoever has them: licences, and headers of files?

A header is a paragraph of a comment that says who holds the copyright, which licence counts, or that a program wrote
the file. What the operator marks as boilerplate are works, and looked up with the others.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from provenance.licences import licence_wording
from provenance.text import Tokens

_SAID = re.compile(
    r"\bdo not (?:edit|modify)\b|@generated\b|\b(?:auto(?:matically)?|machine)[ -]?generated\b"
    r"|\bgenerated (?:by|from|with|using)\b|\bSPDX-License-Identifier\b|\blicen[sc]ed under\b"
    r"|\bcopyright (?:\(c\)|©|[0-9]{4})|©\s?[0-9]{4}",
    re.IGNORECASE,
)
_COMMENT = re.compile(r"^[ \t]*(?:#|//|/\*|\*|;|--|<!--|%|\(\*)[^\w\n]*\w.*", re.MULTILINE)
"""A line of a comment that has words in it."""
_LONGEST_LINE = 400
_MOST_LINES = 12


def boilerplate(content: str, tokens: Tokens) -> NDArray[np.bool_]:
    """Return which of a text's t tokens are wording of licences or stand in headers, bool (t,)."""
    mask = licence_wording(tokens.ids)
    for start, end in headers(content):
        first, last = np.searchsorted(tokens.starts, (start, end))
        mask[first:last] = True
    return mask


def headers(content: str) -> Iterator[tuple[int, int]]:
    """Yield the half-open offsets of each paragraph of a comment that is a header."""
    reached = 0
    for line in _COMMENT.finditer(content):
        is_one = line.start() >= reached and line.end() - line.start() <= _LONGEST_LINE
        if is_one and _SAID.search(content, line.start(), line.end()):
            start, end = _paragraph(content, line.start(), line.end())
            yield max(start, reached), end
            reached = end


def _paragraph(content: str, start: int, end: int) -> tuple[int, int]:
    """Return the lines of comment around one of them, up to `_MOST_LINES` each way."""
    for _ in range(_MOST_LINES):
        if start == 0 or (before := _line(content, start - 1)) is None:
            break
        start = before[0]
    for _ in range(_MOST_LINES):
        if end >= len(content) or (after := _line(content, end + 1)) is None:
            break
        end = after[1]
    return start, end


def _line(content: str, place: int) -> tuple[int, int] | None:
    """Return where the line at a place begins and ends, if it is of a comment and not too long for a person's."""
    start = content.rfind("\n", max(0, place - _LONGEST_LINE), place) + 1
    end = content.find("\n", place, place + _LONGEST_LINE)
    end = end if end >= 0 else len(content)
    is_one = end - start <= _LONGEST_LINE and _COMMENT.match(content, start, end)
    return (start, end) if is_one else None
