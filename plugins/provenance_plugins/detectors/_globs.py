"""Matcher of paths against patterns with stars, in time proportional to both, for hostile patterns too.

A regular expression would try exponentially many ways on some patterns, so the states of the pattern are followed
side by side (K. Thompson, 1968).
"""

from __future__ import annotations

import re
from functools import lru_cache

_MAX_LENGTH = 1_000
_WILD = re.compile(r"[*?\\]")
_Piece = tuple[str, str]


@lru_cache(maxsize=4096)
def parse_pattern(pattern: str, *, stars_cross: bool) -> tuple[_Piece, ...]:
    """Return the pattern as pairs of a kind and a character.

    `is` matches the character itself and `one` any character; `any` matches any number of characters, and `segment`
    any number of them up to a slash.

    >>> parse_pattern("*.c", stars_cross=False)
    (('segment', ''), ('is', '.'), ('is', 'c'))
    """
    pieces: list[_Piece] = []
    at = 0
    while at < len(pattern):
        mark = pattern[at]
        if mark == "\\" and at + 1 < len(pattern):
            pieces.append(("is", pattern[at + 1]))
            at += 2
        elif mark == "*":
            end = at + len(pattern[at:]) - len(pattern[at:].lstrip("*"))
            pieces.append(("any" if stars_cross or end - at > 1 else "segment", ""))
            at = end
        else:
            pieces.append(("one" if stars_cross and mark == "?" else "is", mark))
            at += 1
    return tuple(pieces)


def matches(path: str, pattern: str, *, stars_cross: bool = False) -> bool:
    r"""Say whether a path with slashes matches a whole pattern; a backslash takes the meaning from what follows it.

    Args:
        path: the path.
        pattern: the pattern.
        stars_cross: `*` matches slashes too and `?` one character, as in Debian's copyright files; else only `**` does,
            and `?` is itself, as in `REUSE.toml`.

    >>> matches("src/a.py", "src/*.py"), matches("src/b/a.py", "src/*.py"), matches("src/b/a.py", "src/**")
    (True, False, True)
    """
    if len(path) > _MAX_LENGTH or len(pattern) > _MAX_LENGTH:
        return False
    # Most patterns fail on their first plain characters, which costs no states.
    if not path.startswith(_WILD.split(pattern, maxsplit=1)[0]):
        return False
    pieces = parse_pattern(pattern, stars_cross=stars_cross)
    # A state is the number of pieces that the path so far has matched.
    states = _pass_stars({0}, pieces)
    for character in path:
        following = set[int]()
        for at in states:
            kind, wanted = pieces[at] if at < len(pieces) else ("end", "")
            if kind == "any" or (kind == "segment" and character != "/"):
                following.add(at)
            elif kind == "one" or (kind == "is" and character == wanted):
                following.add(at + 1)
        states = _pass_stars(following, pieces)
        if not states:
            return False
    return len(pieces) in states


def _pass_stars(states: set[int], pieces: tuple[_Piece, ...]) -> set[int]:
    """Add the states that are reached where a star matches nothing, and return all."""
    for at in tuple(states):
        after = at
        while after < len(pieces) and pieces[after][0] in {"any", "segment"}:
            after += 1
            states.add(after)
    return states
