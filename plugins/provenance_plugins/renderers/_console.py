"""Wrapper of styled text for a terminal: by display columns, so that Chinese lines do not run over.

It knows nothing of reports.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator
from itertools import accumulate

Paint = Callable[[str], str]
Run = tuple[str, Paint | None]

# Scripts without spaces, and emoji, in which a line may break between any two characters.
_WIDE = (
    "\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6"
    "\U0001f300-\U0001faff\U00020000-\U0003fffd"
)
_CHUNK = re.compile(f"\\s+|[{_WIDE}]|[^\\s{_WIDE}]+")


def count_columns(text: str) -> int:
    """Return how many terminal columns a text takes.

    >>> count_columns("月 e\u0301")
    4
    """
    if text.isascii():
        return len(text)
    return sum(_count_columns_of(character) for character in text)


def _count_columns_of(character: str) -> int:
    if unicodedata.combining(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def break_line(line: str, width: int) -> Iterator[tuple[int, int]]:
    """Yield start and end of each row of a line, broken at white space or between wide characters.

    >>> [line[start:end] for line in ["a bc def"] for start, end in break_line(line, 4)]
    ['a bc', 'def']
    """
    start = end = used = 0
    for chunk_start, chunk_end in _split_chunks(line, width):
        columns = count_columns(line[chunk_start:chunk_end])
        is_blank = line[chunk_start].isspace()
        if used and used + columns > width:
            if end > start:
                yield start, end
            # White space at a break is left out, so that the next row begins with a word.
            start = end = chunk_end if is_blank else chunk_start
            used = 0
            if is_blank:
                continue
        used += columns
        # White space at the end of a row is not part of it.
        if not is_blank:
            end = chunk_end
    yield start, end


def _split_chunks(line: str, width: int) -> Iterator[tuple[int, int]]:
    """Yield the pieces that must not be broken; one too long for a row is cut."""
    for match in _CHUNK.finditer(line):
        start, end = match.span()
        used = 0
        # A character takes at most two columns, so shorter chunks need no count.
        for offset in range(start, end) if end - start > width // 2 else ():
            used += (columns := _count_columns_of(line[offset]))
            if used > width:
                yield start, offset
                start, used = offset, columns
        yield start, end


def wrap(runs: Iterable[Run], width: int) -> Iterator[str]:
    """Yield the rows of a styled text; each row carries its own colours, so that a pager can cut anywhere."""
    lines: list[list[Run]] = [[]]
    for run, paint in runs:
        first_piece, *rest = run.split("\n")
        lines[-1].append((first_piece, paint))
        lines += [[(piece, paint)] for piece in rest]
    for line in lines:
        text = "".join(piece for piece, _ in line)
        starts = [0, *accumulate(len(piece) for piece, _ in line)]  # the offset of each run, and of the line's end
        for start, end in break_line(text, width):
            first, last = bisect_right(starts, start) - 1, bisect_left(starts, end)
            row = []
            for (run, paint), offset in zip(line[first:last], starts[first:last], strict=True):
                piece = run[max(0, start - offset) : end - offset]
                row.append(paint(piece) if paint and not piece.isspace() else piece)
            yield "".join(row)
