"""Does a text itself name the work that it repeats, beside the passage?

The title, with or without what follows a colon, a semicolon or a bracket, or an author's name, as whole words within
`BESIDE` characters before or after the passage; case, accents and punctuation do not matter. What stands inside the
passage does not count, nor a name that says too little, such as "Time". Whether naming is enough is the licence's
business, and whether a notice falls silent the policy's.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from provenance.text import Tokenizer, Tokens
from provenance.works import Work

BESIDE = 200
_LEAST_BITS = 20.0
_LONGEST = 300
_SUBTITLE = re.compile(r"\s*[:;(\[–—]")
_ADDRESS = re.compile(r"\s*[<(\[].*", re.DOTALL)


def names(tokens: Tokens, start: int, end: int, work: Work, tokenizer: Tokenizer, bits: NDArray[np.float32]) -> bool:
    """Say whether what stands before or after a passage names the work.

    Args:
        tokens: of the whole text. start, end: half-open character offsets of the passage.
        bits: float32 (v,), the information of each token.
    """
    around = [
        slice(*np.searchsorted(tokens.starts, (start - BESIDE, start))),
        slice(*np.searchsorted(tokens.ends, (end, end + BESIDE), side="right")),
    ]
    wanted = _encoded(tokenizer, work.title, work.authors)
    return any(_has(tokens, part, name) for name in wanted if bits[name].sum() >= _LEAST_BITS for part in around)


@lru_cache(maxsize=1 << 12)
def _encoded(tokenizer: Tokenizer, title: str | None, authors: tuple[str, ...]) -> tuple[NDArray[np.uint16], ...]:
    """Return the tokens of the names by which a work is called."""
    return tuple(tokenizer.encode(name[:_LONGEST]) for name in _names(title, authors))


def _names(title: str | None, authors: tuple[str, ...]) -> Iterator[str]:
    if title:
        yield title
        yield _SUBTITLE.split(title, maxsplit=1)[0]
    for author in authors:
        name = _ADDRESS.sub("", author)
        yield name
        last, comma, first = name.partition(",")
        if comma:
            yield f"{first} {last}"


def _has(tokens: Tokens, part: slice, name: NDArray[np.uint16]) -> bool:
    """Say whether a part of a text holds a name, from the beginning of a word to the end of one."""
    ids, heads = tokens.ids[part], np.append(tokens.heads, True)[part.start : part.stop + 1]
    if not 0 < len(name) <= len(ids):
        return False
    windows = np.lib.stride_tricks.sliding_window_view(ids, len(name))
    found = (windows == name).all(axis=1).nonzero()[0]
    return bool((heads[found] & heads[found + len(name)]).any())
