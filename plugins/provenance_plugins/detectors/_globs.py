"""Does a path match a pattern with stars? In time proportional to both, whatever somebody writes into a pattern.

A regular expression would try exponentially many ways on some patterns, so the states of the pattern are followed
side by side (K. Thompson, 1968).
"""

from __future__ import annotations

import re
from functools import lru_cache

_LONGEST = 1_000
_WILD = re.compile(r"[*?\\]")
_Piece = tuple[str, str]


@lru_cache(maxsize=4096)
def _pieces(pattern: str, *, stars_cross: bool) -> tuple[_Piece, ...]:
    """Return the pattern as (kind, character): `any` and `segment`, which ends at a slash, match any number of them."""
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
        stars_cross: `*` matches slashes too and `?` one character, as in Debian's copyright files; else only `**` does,
            and `?` is itself, as in `REUSE.toml`.

    >>> matches("src/a.py", "src/*.py"), matches("src/b/a.py", "src/*.py"), matches("src/b/a.py", "src/**")
    (True, False, True)
    """
    if len(path) > _LONGEST or len(pattern) > _LONGEST:
        return False
    if not path.startswith(_WILD.split(pattern, maxsplit=1)[0]):
        return False
    pieces = _pieces(pattern, stars_cross=stars_cross)
    states = _closed({0}, pieces)
    for character in path:
        states = _closed({after for at in states for after in _step(pieces, at, character)}, pieces)
        if not states:
            return False
    return len(pieces) in states


def _step(pieces: tuple[_Piece, ...], at: int, character: str) -> tuple[int, ...]:
    kind, wanted = pieces[at] if at < len(pieces) else ("end", "")
    if kind == "any" or (kind == "segment" and character != "/"):
        return (at,)
    return (at + 1,) if kind == "one" or (kind == "is" and character == wanted) else ()


def _closed(states: set[int], pieces: tuple[_Piece, ...]) -> set[int]:
    """Return the states with those that are reached where a star matches nothing."""
    for at in tuple(states):
        after = at
        while after < len(pieces) and pieces[after][0] in {"any", "segment"}:
            after += 1
            states.add(after)
    return states
