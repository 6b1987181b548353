"""Boilerplate of a text: wording of licences, other formulas and headers of files, not the expression of an author.

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
_COMMENT_MARK = re.compile(r"[ \t]*(?:#|;|--|%)")
_MACHINE_MARK = re.compile(r"^#!|-\*-|\bdo not edit\b|@generated\b|\bSPDX-License-Identifier\b", re.IGNORECASE)
_CODE = re.compile(
    r"\w\(|\w\s*[-+*/:|&]?=\s*[\w\"'(\[{]|::|->|=>|[{}]\s*$|[)}\]];$|^\s*(?:[<@\\]\w|\[\w[\w.-]*\]$|```\w|\(\w+[ )])"
    r"|^\s*(?:import|package|module|use|using|from|include|require|set|FROM|SELECT|CREATE)\s+[\w.:/-]+(?:\s+import\b.*)?;?\s*$"
)
"""A line that is code and not prose."""
_FARTHEST = 4000
"""Characters around a line in which its block of comment begins and ends."""
_LONGEST_LINE = 400
"""Characters of a line that a person would write; a longer one is data, and is not searched."""
_MOST_LINES = 12
"""Lines of a header before and after the line that makes it one."""


def mark_boilerplate(content: str, tokens: Tokens) -> NDArray[np.bool_]:
    """Return which tokens of a text are wording of licences, formulas or in headers, bool (t,)."""
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
        if not _is_of_code(content, line):
            yield start, end
            reached = end
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


def _is_of_code(content: str, line: re.Match[str]) -> bool:
    """Return whether a line is of a comment in code: Markdown, dialogue and verse have the same marks.

    A star needs the `/*` before it. The other marks need code beside their paragraph, or a sign that a program reads.
    """
    mark = line[0].lstrip()
    if mark.startswith(("//", "/*", "<!--", "(*")):
        return True
    if mark.startswith("*"):
        opened = content.rfind("/*", max(0, line.start() - _FARTHEST), line.start())
        return opened >= 0 and content.find("*/", opened, line.start()) < 0
    before = content[max(0, line.start() - _FARTHEST) : line.start()].splitlines()
    after = content[line.end() : line.end() + _FARTHEST].splitlines()
    for lines in (reversed(before), iter(after)):
        for each in lines:
            if _COMMENT_MARK.match(each):
                if _MACHINE_MARK.search(each):
                    return True
            elif each.strip():
                if _CODE.search(each):
                    return True
                break
    return bool(_MACHINE_MARK.search(line[0]))


def _comment_line_at(content: str, place: int) -> tuple[int, int] | None:
    """Return where the line at a place begins and ends, if it is of a comment and not too long."""
    # both searches are bounded, so that a text of one endless line does not cost quadratic time
    start = content.rfind("\n", max(0, place - _LONGEST_LINE), place) + 1
    end = content.find("\n", place, place + _LONGEST_LINE)
    end = end if end >= 0 else len(content)
    is_comment = end - start <= _LONGEST_LINE and _COMMENT.match(content, start, end)
    return (start, end) if is_comment else None
