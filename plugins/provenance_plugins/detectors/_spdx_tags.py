"""Which SPDX tags does a text have? The short tags of SPDX and REUSE, with the lines on which they stand.

`SPDX-License-Identifier`, `SPDX-FileCopyrightText`, and the same inside `SPDX-SnippetBegin` … `SPDX-SnippetEnd`; what
stands between `REUSE-IgnoreStart` and `REUSE-IgnoreEnd` does not count.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_TAG = re.compile(
    r"SPDX-(?P<name>License-Identifier|FileCopyrightText|SnippetCopyrightText)[ \t]{0,8}:[ \t]{0,8}"
    r"(?P<value>[^\n]{1,400})"
    r"|(?P<mark>SPDX-SnippetBegin|SPDX-SnippetEnd|REUSE-IgnoreStart|REUSE-IgnoreEnd)"
)
_COMMENT_END = re.compile(r"""[ \t]*(?:\*+/|--+>|-?#\}|"{3}|'{3}|["'\])}>]+[,;)]*|\*\)|%>|::)[ \t\r]*$""")
_MOST = 500


@dataclass(frozen=True, slots=True)
class Tag:
    """One tag with its value. `position` is where it stands in the text; `in_snippet`: does it speak of a part only?"""

    name: str
    value: str
    position: int
    in_snippet: bool = False


def tags(text: str) -> tuple[Tag, ...]:
    """Return the tags of a text that are about licences and copyright; at most 500.

    >>> [tag.value for tag in tags("/* SPDX-License-Identifier: MIT OR ISC */")]
    ['MIT OR ISC']
    """
    found: list[Tag] = []
    snippets, is_ignored = 0, False
    for match in _TAG.finditer(text):
        mark = match["mark"]
        if mark is None:
            if not is_ignored:
                name = "copyright" if "Copyright" in match["name"] else "licence"
                found.append(Tag(name, _value(match["value"]), match.start(), snippets > 0))
        elif mark.startswith("REUSE"):
            is_ignored = mark.endswith("Start")
        elif not is_ignored:
            snippets = max(0, snippets + (1 if mark.endswith("Begin") else -1))
        if len(found) >= _MOST:
            break
    return tuple(tag for tag in found if tag.value)


def _value(rest: str) -> str:
    """Return a tag's value without the end of the comment that it stands in."""
    value = rest.strip()
    while (shorter := _COMMENT_END.sub("", value).rstrip()) != value:
        if shorter.count("(") > shorter.count(")"):
            break  # the bracket belongs to the expression
        value = shorter
    return value
