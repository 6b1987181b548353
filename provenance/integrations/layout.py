"""Where do the findings in a text stand, if the text is shared out among blocks? Knows no framework."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from provenance.reports import Report


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A stretch of a finding that stands in one block.

    Attributes:
        block: which one. finding: its number in the report. start, end: offsets into the checked text.
        moved: what is to be added to these for offsets into the block's text.
    """

    block: Any
    finding: int
    start: int
    end: int
    moved: int


@dataclass(slots=True)
class _Stretch:
    """Text that stands in one block, from its character `offset` on."""

    block: Any
    start: int
    offset: int
    length: int


@dataclass(slots=True)
class Layout:
    """How a text is shared out among blocks; told from its beginning to its end.

    >>> layout = Layout()
    >>> layout.add("first", 10), layout.add("second", 5), layout.size
    (None, None, 15)
    """

    size: int = 0
    _stretches: list[_Stretch] = field(default_factory=list)
    _lengths: dict[Any, int] = field(default_factory=dict)

    def add(self, block: Any, length: int) -> None:
        """Take so much of the text that comes next; it stands at the end of this block."""
        if self._stretches and self._stretches[-1].block == block:
            self._stretches[-1].length += length
        else:
            self._stretches.append(_Stretch(block, self.size, self._lengths.get(block, 0), length))
        self.size += length
        self._lengths[block] = self._lengths.get(block, 0) + length

    def places(self, report: Report) -> Iterator[Place]:
        """Yield where the findings of a report on the text stand; one that runs through several blocks, in each."""
        for number, finding in enumerate(report.findings):
            for stretch in self._stretches:
                start = max(finding.start, stretch.start)
                end = min(finding.end, stretch.start + stretch.length)
                if start < end:
                    moved = stretch.offset - stretch.start
                    yield Place(block=stretch.block, finding=number, start=start, end=end, moved=moved)
