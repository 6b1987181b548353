"""What would make a passage go on that was broken off?

A passage that ends at some place of a work goes on where what is written next is worth more, aligned with what the work
has next, than it costs: an equal token earns a point, any other costs three eighths of one. That is a quarter less than
in `chains`, so that whoever stops here stops before the two parts are a near copy. To leave a word out, or to write
another in its place, is not enough. What is to be done about it is decided elsewhere.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from provenance.match.near import REACH

AHEAD = 2 * REACH
"""How many tokens of text and work after the end of a passage are aligned."""


class Detour:
    """A text since it left a work, and what the work has next.

    Args:
        ahead: the work's tokens after the end of the passage, uint16; the first `AHEAD` count.
    """

    def __init__(self, ahead: NDArray[np.uint16]) -> None:
        self._ahead = ahead[:AHEAD]
        self._common = np.zeros(len(self._ahead) + 1, np.int64)
        self._taken = 0

    def take(self, tokens: list[int]) -> None:
        """Take what was written next."""
        self._common = self._after(tokens)
        self._taken += len(tokens)

    def resuming(self, tokens: list[int]) -> list[list[int]]:
        """Return what, written after these tokens, would make the passage go on: the work's tokens from there on.

        At first that are the next token and the two after it. `Detour([5, 6, 7, 8])` is resumed by 5, 6 and 7; once 9
        was written instead, by 5 and 6; after 9 and 9, by 5 alone; after 9, 9 and 6, by 7.
        """
        common, taken = self._after(tokens)[:-1], self._taken + len(tokens)
        places = np.flatnonzero(14 * common + 8 > 3 * (taken + np.arange(len(common))))
        return [self._ahead[place : place + 4].tolist() for place in places.tolist()]

    def _after(self, tokens: list[int]) -> NDArray[np.int64]:
        """Return how long the longest common subsequence of text and each beginning of the work becomes, int64."""
        common = self._common
        for token in tokens:
            longer = common[:-1] + (self._ahead == token)
            common = np.concatenate(([0], np.maximum.accumulate(np.maximum(longer, common[1:]))))
        return common
