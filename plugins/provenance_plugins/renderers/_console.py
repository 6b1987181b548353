"""Wrapping styled text for a terminal: by display columns, so that Chinese lines do not run over.

Used by the terminal renderer; knows nothing of reports.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator
from itertools import accumulate

Paint = Callable[[str], str]
Run = tuple[str, Paint | None]

_WIDE = (
    "\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6"
    "\U0001f300-\U0001faff\U00020000-\U0003fffd"
)
_CHUNK = re.compile(f"\\s+|[{_WIDE}]|[^\\s{_WIDE}]+")


def columns(text: str) -> int:
    """Return how many terminal columns a text takes.

    >>> columns("月 e\u0301")
    4
    """
    if text.isascii():
        return len(text)
    return sum(_columns_of(character) for character in text)


def _columns_of(character: str) -> int:
    if unicodedata.combining(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def breaks(line: str, width: int) -> Iterator[tuple[int, int]]:
    """Yield start and end of each row of a line, broken at white space or between wide characters.

    >>> [line[start:end] for line in ["a bc def"] for start, end in breaks(line, 4)]
    ['a bc', 'def']
    """
    start = end = used = 0
    for chunk in _chunks(line, width):
        wide = columns(line[chunk[0] : chunk[1]])
        if used and used + wide > width:
            if end > start:
                yield start, end
            blank = line[chunk[0]].isspace()
            start = end = chunk[1] if blank else chunk[0]
            used = 0
            if blank:
                continue
        used += wide
        # White space at the end of a row is not part of it.
        if not line[chunk[0]].isspace():
            end = chunk[1]
    yield start, end


def _chunks(line: str, width: int) -> Iterator[tuple[int, int]]:
    """Yield the pieces that must not be broken; one too long for a row is cut."""
    for match in _CHUNK.finditer(line):
        start, end = match.span()
        used = 0
        for offset in range(start, end) if end - start > width // 2 else ():
            used += (wide := _columns_of(line[offset]))
            if used > width:
                yield start, offset
                start, used = offset, wide
        yield start, end


def wrap(runs: Iterable[Run], width: int) -> Iterator[str]:
    """Yield the rows of a styled text; each row carries its own colours, so that a pager can cut anywhere."""
    for line in _lines(runs):
        text = "".join(piece for piece, _ in line)
        starts = [0, *accumulate(len(piece) for piece, _ in line)]
        for start, end in breaks(text, width):
            yield _paint(line, starts, start, end)


def _lines(runs: Iterable[Run]) -> Iterator[list[Run]]:
    line: list[Run] = []
    for text, paint in runs:
        first, *rest = text.split("\n")
        line.append((first, paint))
        for piece in rest:
            yield line
            line = [(piece, paint)]
    yield line


def _paint(line: list[Run], starts: list[int], start: int, end: int) -> str:
    """Return one row of a line with its colours; `starts` are the offsets of the line's runs, and of its end."""
    first, last = bisect_right(starts, start) - 1, bisect_left(starts, end)
    painted = []
    for (text, paint), offset in zip(line[first:last], starts[first:last], strict=True):
        piece = text[max(0, start - offset) : end - offset]
        painted.append(paint(piece) if paint and not piece.isspace() else piece)
    return "".join(painted)
