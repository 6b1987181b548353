"""Column of numbers in one section of a mapped segment; each block of it is verified before it is first read.

It knows checksums and numbers, and not what they mean. An example with uint16, 8,192 in a block of
16 KiB: `column[8000:8200]` verifies the blocks 0 and 1, `column.take([20_000])` the block 2 alone, and no
block is verified twice.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from provenance.index import format as layout


class Column:
    """The values of one section. Threads may share it: at worst two verify the same block.

    Args:
        data: the section's bytes, mapped.
        section: its name.
        segment: the name of the file, for messages.
        checksums: uint64 (blocks,).

    Raises:
        SegmentError: from every method that reads a block that is not as it was written.
    """

    def __init__(self, data: memoryview, section: str, segment: str, checksums: NDArray[np.uint64]) -> None:
        self._data, self._section, self._segment = data, section, segment
        self._values = np.frombuffer(data, layout.dtype_of(section))
        # Blocks and items are powers of two, so that a shift turns the number of a value into that of its block.
        self._shift = (layout.BLOCK // self._values.itemsize).bit_length() - 1
        self._checksums = checksums
        self._sound = np.zeros(len(checksums), np.bool_)
        self._unverified = len(checksums)

    def __len__(self) -> int:
        return len(self._values)

    def __getitem__(self, part: slice) -> NDArray[Any]:
        """Return the values of a contiguous part."""
        first, end, _ = part.indices(len(self))
        if self._unverified and first < end:
            self._verify_blocks(np.arange(first >> self._shift, ((end - 1) >> self._shift) + 1))
        return self._values[first:end]

    def take(self, indices: NDArray[np.int64]) -> NDArray[Any]:
        """Return the values at some places, of the same shape.

        Raises:
            IndexError: a place is outside the column.
        """
        return self.verify_at(indices).take(indices)

    def verify_at(self, *places: NDArray[np.int64]) -> NDArray[Any]:
        """Verify the blocks that hold these places, and return all values; a place beyond an end counts as the end."""
        if self._unverified:
            for each in places:
                blocks = each >> self._shift
                if b"\0" in self._sound.take(blocks, mode="clip").tobytes():  # faster than all()
                    self._verify_blocks(np.flatnonzero(np.bincount(blocks.clip(0, len(self._sound) - 1).ravel())))
        return self._values

    def _verify_blocks(self, blocks: NDArray[np.int64]) -> None:
        for block in blocks[~self._sound[blocks]].tolist():
            data = self._data[block * layout.BLOCK : (block + 1) * layout.BLOCK]
            if layout.checksum(data) != self._checksums[block]:
                raise layout.damage_error(
                    self._segment, f"the checksum of block {block} of its section {self._section} does not match"
                )
            self._sound[block] = True
        # Counted anew and not counted down: two threads may have verified the same block.
        self._unverified = len(self._sound) - int(np.count_nonzero(self._sound))
