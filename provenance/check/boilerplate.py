"""Boilerplate of a text: wording of licences and headers of files, not the expression of an author.

A header is a paragraph of a comment that names the holder of the copyright or the licence, or says that a program wrote
the file. What the operator marks as boilerplate are works, and is looked up with the others.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from provenance.licences import licence_wording
from provenance.text import Tokens

_HEADER_WORDS = re.compile(
    r"\bdo not (?:edit|modify)\b|@generated\b|\b(?:auto(?:matically)?|machine)[ -]?generated\b"
    r"|\b(?:[AL]?GPL|MIT|BSD|MPL|EPL|Apache|Creative Commons)\b[^\n]{0,30}\blicen[sc]e\b"
    r"|\bgenerated (?:by|from|with|using)\b|\bSPDX-License-Identifier\b|\blicen[sc]ed under\b"
    r"|\bcopyright (?:\(c\)|©|[0-9]{4})|©\s?[0-9]{4}",
    re.IGNORECASE,
)
_COMMENT = re.compile(r"^[ \t]*(?:#|//|/\*|\*|;|--|<!--|%|\(\*)[^\w\n]*\w.*", re.MULTILINE)
"""A line of a comment that has words in it."""
_LONGEST_LINE = 400
"""Characters of a line that a person would write; a longer one is data, and is not searched."""
_MOST_LINES = 12
"""Lines of a header before and after the line that makes it one."""


def mark_boilerplate(content: str, tokens: Tokens) -> NDArray[np.bool_]:
    """Return which tokens of a text are wording of licences or in headers, bool (t,)."""
    mask = licence_wording(tokens.ids)
    for start, end in find_headers(content):
        first, last = np.searchsorted(tokens.starts, (start, end))
        mask[first:last] = True
    return mask


def find_headers(content: str) -> Iterator[tuple[int, int]]:
    """Yield the half-open offsets of each paragraph of a comment that is a header."""
    reached = 0
    for line in _COMMENT.finditer(content):
        start, end = line.span()
        if start < reached or end - start > _LONGEST_LINE or not _HEADER_WORDS.search(content, start, end):
            continue
        for _ in range(_MOST_LINES):
            if start == 0 or (before := _comment_line_at(content, start - 1)) is None:
                break
            start = before[0]
        for _ in range(_MOST_LINES):
            if end >= len(content) or (after := _comment_line_at(content, end + 1)) is None:
                break
            end = after[1]
        yield max(start, reached), end
        reached = end


def _comment_line_at(content: str, place: int) -> tuple[int, int] | None:
    """Return where the line at a place begins and ends, if it is of a comment and not too long."""
    # both searches are bounded, so that a text of one endless line does not cost quadratic time
    start = content.rfind("\n", max(0, place - _LONGEST_LINE), place) + 1
    end = content.find("\n", place, place + _LONGEST_LINE)
    end = end if end >= 0 else len(content)
    is_comment = end - start <= _LONGEST_LINE and _COMMENT.match(content, start, end)
    return (start, end) if is_comment else None
