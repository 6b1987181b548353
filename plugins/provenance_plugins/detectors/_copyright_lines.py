"""Finder of the lines of a text that say whose copyright it is.

It returns whole lines, verbatim but for comment marks. It leaves out lines that only speak of copyright, forms to be
filled in, and the copyright lines of licence texts themselves.
"""

from __future__ import annotations

import re

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
# Publishers of licences claim copyright in the text of the licence, which is not the work's.
_OF_LICENCES = re.compile(
    r"Free Software Foundation, Inc\.|Creative Commons Corporation|Open Data Commons|OpenSSL Project(?= *All)"
    r"|Sam Hocevar <sam@hocevar|CNRI, All Rights|Lawrence E\. Rosen",
    re.IGNORECASE,
)
_MAX_LENGTH, _MAX_HINTS, _MAX_LINES = 300, 2_000, 50


def find_copyright_lines(text: str) -> tuple[str, ...]:
    """Return the copyright lines of a text, each once; at most 50, from the first 2,000 lines with a hint of one.

    >>> find_copyright_lines("# Copyright (c) 2019-2024 Ann Example\\n# See the copyright notice.")
    ('Copyright (c) 2019-2024 Ann Example',)
    """
    found: dict[str, None] = {}  # a dictionary keeps the order and drops repetitions
    position = 0
    for _ in range(_MAX_HINTS):
        hint = _HINT.search(text, position)
        if hint is None or len(found) == _MAX_LINES:
            break
        # Both searches are bounded, or a text of one line that repeats "copyright" would cost quadratic time.
        start = text.rfind("\n", max(0, hint.start() - _MAX_LENGTH), hint.start()) + 1
        end = text.find("\n", hint.end(), hint.end() + 10 * _MAX_LENGTH)
        end = end if end >= 0 else min(len(text), hint.end() + 10 * _MAX_LENGTH)
        line = _SENTENCE.split(text[max(start, position) : end], maxsplit=1)[0].lstrip(_MARKS).rstrip(_ENDS)
        if is_copyright_line(line):
            found[line] = None
        position = end
    return tuple(found)


def is_copyright_line(line: str) -> bool:
    """Say whether a line without comment marks says who holds the copyright, with a year or after a sure sign.

    >>> [is_copyright_line(line) for line in ("© Ann", "(c) 2024 Ann", "(c) the third case", "Copyright law")]
    [True, True, False, False]
    """
    match = _HOLDER.match(line) if len(line) <= _MAX_LENGTH else None
    if match is None or _FORM.search(line) or _OF_LICENCES.search(line) or _TALK.match(match["rest"]):
        return False
    if _YEAR.search(match["rest"]):
        return True
    is_marked = "©" in line or "copyright (c)" in line.lower()  # a lone "(c)" may number a list
    return is_marked and any(letter.isupper() for letter in match["rest"][:20])
