"""Continuations of a passage that the text has just left: which tokens would make it one passage again.

A passage that ends at some place of a work continues where what is written next, aligned with what the work has next,
earns more than it costs: an equal token earns one point, any other costs 3/8 of one. In `match.near` another token
costs 1/2, so a writer who is stopped here stops before the two parts are a near copy. To leave a word out, or to
replace one, is not enough to get past. What is done about it is decided elsewhere.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from provenance.match.near import REACH

AHEAD = 2 * REACH
"""How many tokens of text and work after the end of a passage are aligned."""


class Continuation:
    """What a work has next, aligned with the text since it left the work.

    Args:
        ahead: uint16, the work's tokens after the end of the passage; the first `AHEAD` count.
    """

    def __init__(self, ahead: NDArray[np.uint16]) -> None:
        self._ahead = ahead[:AHEAD]
        # one row of the table of the longest common subsequence: entry i is its length with the first i tokens ahead
        self._common = np.zeros(len(self._ahead) + 1, np.int64)
        self._written = 0

    def add(self, tokens: list[int]) -> None:
        """Add tokens to the text."""
        self._common = self._extend_row(tokens)
        self._written += len(tokens)

    def find_resumptions(self, tokens: list[int]) -> list[list[int]]:
        """Return what, written after these tokens, would continue the passage: four tokens of the work each.

        At first these begin with the next token and the two after it. `Continuation([5, 6, 7, 8])` is resumed by 5, 6
        and 7; once 9 was written instead, by 5 and 6; after 9 and 9, by 5 alone; after 9, 9 and 6, by 7 and 8.
        """
        common, written = self._extend_row(tokens)[:-1], self._written + len(tokens)
        # the token at `place` is equal and earns a point, as `common` others do; of the `written + place` tokens before
        # it on both sides, 2 * common are equal. So it pays if common + 1 > 3/8 * (written + place - 2 * common), or:
        places = np.flatnonzero(14 * common + 8 > 3 * (written + np.arange(len(common))))
        return [self._ahead[place : place + 4].tolist() for place in places.tolist()]

    def _extend_row(self, tokens: list[int]) -> NDArray[np.int64]:
        """Return the row of the table once these tokens are written too, int64."""
        common = self._common
        for token in tokens:
            longer = common[:-1] + (self._ahead == token)
            common = np.concatenate(([0], np.maximum.accumulate(np.maximum(longer, common[1:]))))
        return common
