"""What stands in one section of a mapped segment? Every block of it is verified before it is first read.

It knows checksums and numbers, and not what they mean.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from provenance.index import format as layout


class Column:
    """The values of one section. Threads may share it: at worst two verify the same block.

    Args:
        data: the section's bytes, mapped. section: its name. segment: that of the file, for messages.
        checksums: uint64 (blocks,).

    Raises:
        SegmentError: from whatever reads a block that is not as it was written.
    """

    def __init__(self, data: memoryview, section: str, segment: str, checksums: NDArray[np.uint64]) -> None:
        self._data, self._section, self._segment = data, section, segment
        self._values = np.frombuffer(data, layout.DTYPES[section])
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
            self._verify(np.arange(first >> self._shift, ((end - 1) >> self._shift) + 1))
        return self._values[first:end]

    def take(self, indices: NDArray[np.int64]) -> NDArray[Any]:
        """Return the values at some places, of the same shape.

        Raises:
            IndexError: there is no such place.
        """
        return self.verified(indices).take(indices)

    def verified(self, *places: NDArray[np.int64]) -> NDArray[Any]:
        """Return all values, to read those at these places; beyond an end stands the nearest one."""
        if self._unverified:
            for each in places:
                blocks = each >> self._shift
                if b"\0" in self._sound.take(blocks, mode="clip").tobytes():  # faster than all()
                    self._verify(np.flatnonzero(np.bincount(blocks.clip(0, len(self._sound) - 1).ravel())))
        return self._values

    def _verify(self, blocks: NDArray[np.int64]) -> None:
        for block in blocks[~self._sound[blocks]].tolist():
            data = self._data[block * layout.BLOCK : (block + 1) * layout.BLOCK]
            if layout.checksum(data) != self._checksums[block]:
                raise layout.damaged(
                    self._segment, f"the checksum of block {block} of its section {self._section} does not match"
                )
            self._sound[block] = True
        self._unverified = len(self._sound) - int(np.count_nonzero(self._sound))
