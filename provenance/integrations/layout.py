"""Layout of a text in blocks, which says where in each block the findings are. Independent of any framework."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import product
from typing import Any

from provenance.reports import Report


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """The part of a finding that is in one block.

    Attributes:
        block: the key of the block.
        finding: the number of the finding in the report.
        start: offset into the checked text, in characters.
        end: offset behind the last character.
        shift: the number to add to an offset into the checked text for an offset into the block's text.
    """

    block: Any
    finding: int
    start: int
    end: int
    shift: int


@dataclass(slots=True)
class _Stretch:
    """Text of one block, from the block's character `offset` on."""

    block: Any
    start: int
    offset: int
    length: int


@dataclass(slots=True)
class Layout:
    """The blocks that a text is in, added from its beginning to its end.

    Attributes:
        size: the number of characters so far.

    >>> layout = Layout()
    >>> layout.add("first", 10), layout.add("second", 5), layout.size
    (None, None, 15)
    """

    size: int = 0
    _stretches: list[_Stretch] = field(default_factory=list)
    _lengths: dict[Any, int] = field(default_factory=dict)

    def add(self, block: Any, length: int) -> None:
        """Add the next characters of the text, which are at the end of this block so far."""
        # Chunks of one block follow each other; blocks may also take turns, so a block can have several stretches.
        if self._stretches and self._stretches[-1].block == block:
            self._stretches[-1].length += length
        else:
            self._stretches.append(_Stretch(block, self.size, self._lengths.get(block, 0), length))
        self.size += length
        self._lengths[block] = self._lengths.get(block, 0) + length

    def find_places(self, report: Report) -> Iterator[Place]:
        """Yield where the findings of a report on the text are; a finding in several blocks has a place in each."""
        for number, finding in enumerate(report.findings):
            for (first, last), stretch in product(finding.places, self._stretches):
                start, end = max(first, stretch.start), min(last, stretch.start + stretch.length)
                if start < end:
                    shift = stretch.offset - stretch.start
                    yield Place(block=stretch.block, finding=number, start=start, end=end, shift=shift)
