"""Does a text itself name the work that it repeats, beside the passage?

The title, with or without what follows a colon, a semicolon or a bracket, or an author's name, as whole words within
`BESIDE` characters before or after the passage; case, accents and punctuation do not matter. What stands inside the
passage does not count, nor a name that says too little, such as "Time". Whether naming is enough is the licence's
business, and whether a notice falls silent the policy's.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from provenance.models import Work
from provenance.text import Tokenizer, Tokens

BESIDE = 200
_LEAST_BITS = 20.0
_LONGEST = 300
_SUBTITLE = re.compile(r"\s*[:;(\[–—]")
_ADDRESS = re.compile(r"\s*[<(\[].*", re.DOTALL)


def names(before: str, after: str, work: Work, tokenizer: Tokenizer, bits: NDArray[np.float32]) -> bool:
    """Say whether what stands before or after a passage names the work.

    Args:
        bits: float32 (v,), the information of each token.
    """
    around = [tokenizer.encode_with_offsets(text) for text in (before[-BESIDE:], after[:BESIDE])]
    wanted = (tokenizer.encode(name[:_LONGEST]) for name in _names(work))
    return any(_has(tokens, name) for name in wanted if bits[name].sum() >= _LEAST_BITS for tokens in around)


def _names(work: Work) -> Iterator[str]:
    if work.title:
        yield work.title
        yield _SUBTITLE.split(work.title, maxsplit=1)[0]
    for author in work.authors:
        name = _ADDRESS.sub("", author)
        yield name
        last, comma, first = name.partition(",")
        if comma:
            yield f"{first} {last}"


def _has(tokens: Tokens, name: NDArray[np.uint16]) -> bool:
    """Say whether the tokens hold a name, from the beginning of a word to the end of one."""
    if not 0 < len(name) <= len(tokens):
        return False
    windows = np.lib.stride_tricks.sliding_window_view(tokens.ids, len(name))
    begins = np.append(tokens.heads, True)
    found = (windows == name).all(axis=1).nonzero()[0]
    return bool((begins[found] & begins[found + len(name)]).any())
