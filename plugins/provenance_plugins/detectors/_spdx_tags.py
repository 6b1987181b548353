"""Finder of the short tags of SPDX and REUSE in a text.

The tags are `SPDX-License-Identifier` and `SPDX-FileCopyrightText`, and the same inside `SPDX-SnippetBegin` …
`SPDX-SnippetEnd`. Tags between `REUSE-IgnoreStart` and `REUSE-IgnoreEnd` do not count.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_TAG = re.compile(
    r"SPDX-(?P<name>License-Identifier|FileCopyrightText|SnippetCopyrightText)[ \t]{0,8}:[ \t]{0,8}"
    r"(?P<value>[^\n]{1,400})"
    r"|(?P<mark>SPDX-SnippetBegin|SPDX-SnippetEnd|REUSE-IgnoreStart|REUSE-IgnoreEnd)"
)
# The end of a comment in any language, or of a string in which a program writes the tag.
_COMMENT_END = re.compile(r"""[ \t]*(?:\*+/|--+>|-?#\}|"{3}|'{3}|["'\])}>]+[,;)]*|\*\)|%>|::)[ \t\r]*$""")
_MAX_TAGS = 500


@dataclass(frozen=True, slots=True)
class Tag:
    """One tag.

    Attributes:
        name: `licence` or `copyright`.
        value: the value, without the end of the comment.
        position: the offset in the text.
        in_snippet: the tag is about a part of the text only.
    """

    name: str
    value: str
    position: int
    in_snippet: bool = False


def find_tags(text: str) -> tuple[Tag, ...]:
    """Return the tags of a text that are about licences and copyright; at most 500.

    >>> [tag.value for tag in find_tags("/* SPDX-License-Identifier: MIT OR ISC */")]
    ['MIT OR ISC']
    """
    found: list[Tag] = []
    snippets, is_ignored = 0, False  # snippets nest, ignored parts do not
    for match in _TAG.finditer(text):
        mark = match["mark"]
        if mark is None:
            if not is_ignored:
                name = "copyright" if "Copyright" in match["name"] else "licence"
                found.append(Tag(name, strip_comment_end(match["value"]), match.start(), snippets > 0))
        elif mark.startswith("REUSE"):
            is_ignored = mark.endswith("Start")
        elif not is_ignored:
            snippets = max(0, snippets + (1 if mark.endswith("Begin") else -1))
        if len(found) >= _MAX_TAGS:
            break
    return tuple(tag for tag in found if tag.value)


def strip_comment_end(rest: str) -> str:
    """Return a tag's value without the end of the comment around it.

    >>> strip_comment_end("(MIT OR ISC) -->"), strip_comment_end('MIT", "')
    ('(MIT OR ISC)', 'MIT')
    """
    value = rest.strip()
    while (shorter := _COMMENT_END.sub("", value).rstrip()) != value:
        if shorter.count("(") > shorter.count(")"):
            break  # the bracket belongs to the expression
        value = shorter
    return value
