"""Which lines of a text say whose copyright it is?

Whole lines, verbatim but for comment marks. Lines that only speak of copyright, forms to be filled in, and the
copyright lines of licence texts themselves are none.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

_HINT = re.compile(r"opyright|OPYRIGHT|©|\([cC]\)")
_MARKS = " \t\r#*/;%|>\"'=_~`!-.+:@<"
_ENDS = " \t\r#*/;,%|\"'=_~`-"
_HOLDER = re.compile(
    r"(?:copyright(?: |:|$)(?: ?(?:\(c\)|©))?|(?:\(c\)|©)(?: ?copyright)?)\s*(?P<rest>\S.*)", re.IGNORECASE | re.DOTALL
)
_YEAR = re.compile(r"(?<!\d)(?:1[5-9]|20)\d\d(?!\d)")
_FORM = re.compile(
    r"[<\[{](?:year|yyyy|name|owner|copyright|fullname)|\byyyy\b|name of (?:author|copyright)", re.IGNORECASE
)
_TALK = re.compile(
    r"(?:notices?|holders?|owners?|laws?|licen[sc]es?|statements?|and|or|in|is|of the|to|disclaimers?|protection|"
    r"infringement|act|treat(?:y|ies)|information|status|for|date|file|lines?)\b",
    re.IGNORECASE,
)
_SENTENCE = re.compile(
    r"(?<=[.>])[ \t]+(?=(?:You|This|See|Permission|Licensed|Use|Redistribution|Distributed|Released|Everyone)\b)"
)
# What publishers of licences say of the text of the licence, which is not the work's.
_OF_LICENCES = re.compile(
    r"Free Software Foundation, Inc\.|Creative Commons Corporation|Open Data Commons|OpenSSL Project(?= *All)"
    r"|Sam Hocevar <sam@hocevar|CNRI, All Rights|Lawrence E\. Rosen",
    re.IGNORECASE,
)
_LENGTH, _LINES, _MOST = 300, 2_000, 50


def copyright_lines(text: str) -> tuple[str, ...]:
    """Return the copyright lines of a text, each once; at most 50, of its first 2,000 lines.

    >>> copyright_lines("# Copyright (c) 2019-2024 Ann Example\\n# See the copyright notice.")
    ('Copyright (c) 2019-2024 Ann Example',)
    """
    return tuple(line for line, _ in zip(dict.fromkeys(_lines(text)), range(_MOST), strict=False))


def _lines(text: str) -> Iterator[str]:
    position = 0
    for _ in range(_LINES):
        hint = _HINT.search(text, position)
        if hint is None:
            return
        start = text.rfind("\n", max(0, hint.start() - _LENGTH), hint.start()) + 1
        end = text.find("\n", hint.end(), hint.end() + 10 * _LENGTH)
        end = end if end >= 0 else min(len(text), hint.end() + 10 * _LENGTH)
        line = _SENTENCE.split(text[max(start, position) : end], maxsplit=1)[0].lstrip(_MARKS).rstrip(_ENDS)
        if _is_statement(line):
            yield line
        position = end


def _is_statement(line: str) -> bool:
    match = _HOLDER.match(line) if len(line) <= _LENGTH else None
    if match is None or _FORM.search(line) or _OF_LICENCES.search(line) or _TALK.match(match["rest"]):
        return False
    if _YEAR.search(match["rest"]):
        return True
    marked = "©" in line or "copyright (c)" in line.lower()  # a lone "(c)" may number a list
    return marked and any(letter.isupper() for letter in match["rest"][:20])
