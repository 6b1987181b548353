"""Credits in a text: whether it names the work that it repeats, beside the passage.

A credit is the name of an author, the address of the source, or the whole title if more than three of its words are
uncommon: any title of fewer may stand there by chance, or was chosen for it. It counts as whole words within `BESIDE`
characters before or after the passage; case, accents and punctuation do not matter. Names inside the passage do not
count, nor do names with little information, such as "Time". Whether a credit suffices is up to the licence, and
whether the notice is left out up to the policy.
"""

from __future__ import annotations

import re
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from provenance.text import Tokenizer, Tokens
from provenance.works import Work

BESIDE = 200
_LEAST_BITS = 20.0
_LONGEST_NAME = 300
_UNCOMMON_BITS = 10.0
_UNCOMMON_WORDS = 3
"""A title counts if it has more uncommon words than that."""
_SCHEME = re.compile(r"^[a-z]+://(?:www\.)?", re.IGNORECASE)
_ADDRESS = re.compile(r"\s*[<(\[].*", re.DOTALL)


def has_credit(
    tokens: Tokens, start: int, end: int, work: Work, tokenizer: Tokenizer, bits: NDArray[np.float32]
) -> bool:
    """Return whether the text before or after a passage names the work.

    Args:
        tokens: of the whole text.
        start: the character at which the passage begins.
        end: the character at which it ends, exclusive.
        work: that the passage is credited to.
        tokenizer: encodes the names.
        bits: float32 (v,), the information of each token.
    """
    encoded = _encode_names(tokenizer, work.authors, work.source)
    names = [name for name in encoded if bits[name].sum() >= _LEAST_BITS]
    title, words = _encode_title(tokenizer, work.title)
    if sum(bool(bits[word].sum() >= _UNCOMMON_BITS) for word in words) > _UNCOMMON_WORDS:
        names.append(title)
    before = slice(*np.searchsorted(tokens.starts, (start - BESIDE, start)))
    after = slice(*np.searchsorted(tokens.ends, (end, end + BESIDE), side="right"))
    is_head = np.append(tokens.heads, True)  # whether a word begins at a token; the end of the text counts as one
    for part in (before, after):
        ids, heads = tokens.ids[part], is_head[part.start : part.stop + 1]
        for name in names:
            if 0 < len(name) <= len(ids):
                windows = np.lib.stride_tricks.sliding_window_view(ids, len(name))
                found = (windows == name).all(axis=1).nonzero()[0]
                if (heads[found] & heads[found + len(name)]).any():
                    return True
    return False


@lru_cache(maxsize=1 << 12)
def _encode_names(tokenizer: Tokenizer, authors: tuple[str, ...], source: str | None) -> tuple[NDArray[np.uint16], ...]:
    """Return the tokens of each name of each author, and of the address of the source."""
    names = [_SCHEME.sub("", source or "")]
    for author in authors:
        name = _ADDRESS.sub("", author)
        names.append(name)
        last, comma, first = name.partition(",")
        if comma:  # "Carroll, Lewis" is credited as "Lewis Carroll"
            names.append(f"{first} {last}")
    return tuple(tokenizer.encode(name[:_LONGEST_NAME]) for name in names)


@lru_cache(maxsize=1 << 12)
def _encode_title(tokenizer: Tokenizer, title: str | None) -> tuple[NDArray[np.uint16], tuple[NDArray[np.uint16], ...]]:
    """Return the tokens of a title, and those of each of its words, once."""
    whole = (title or "")[:_LONGEST_NAME]
    return tokenizer.encode(whole), tuple(map(tokenizer.encode, dict.fromkeys(whole.split())))
