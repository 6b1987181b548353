"""One section of a segment, verified as it is read."""

from typing import Any

import numpy as np
import pytest

from provenance.index import format as layout
from provenance.index.columns import Column


def test_each_block_is_verified_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only the blocks that are read are verified, each before the first time."""
    values = np.arange(3 * layout.BLOCK // 2, dtype=layout.DTYPES["tokens"])
    data = values.data.cast("B")
    column = Column(data, "tokens", "one.seg", np.array(layout.block_checksums(data), np.uint64))
    verified: list[bytes] = []
    checksum = layout.checksum

    def counted(block: Any) -> int:
        verified.append(bytes(block))
        return checksum(block)

    monkeypatch.setattr(layout, "checksum", counted)
    blocks = [bytes(data[at : at + layout.BLOCK]) for at in range(0, len(data), layout.BLOCK)]
    assert (len(blocks), column[:1].tolist(), verified) == (3, [0], blocks[:1])
    last = len(values) - 1
    for _ in range(2):
        assert (column.take(np.array([0, last])).tolist(), verified) == ([0, last], [blocks[0], blocks[2]])
    for _ in range(2):
        assert column[:].tolist() == values.tolist()
        assert verified == [blocks[0], blocks[2], blocks[1]]
