"""Finder of licence wording, and of other formulas without an author, in a text of tokens.

Finds whole licence texts, parts of them, the notices that they tell people to put into their files, and the fixed
wordings of `wordings.toml`: rights notices, cookie banners and others. It does not say which one that is.

The shingles of all texts ship as a file, because making them takes seconds. `python -m
provenance.licences.wording` writes it anew where texts or tokenizer have changed, and a test compares them. It holds
the first 32 bits of each fingerprint, ascending. Chance hits (one shingle in 15,000) do no harm, since only stretches
of sixteen tokens count, nine shingles in a row.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from functools import cache
from importlib.resources import as_file, files
from itertools import product

import numpy as np
from numpy.typing import NDArray

from provenance.fingerprints import fingerprints
from provenance.licences.texts import text, texts
from provenance.text import load_tokenizer
from provenance.thresholds import LEAST_LICENCE_RUN, LICENCE_SHINGLE

_FILE = "licence-shingles.npy"
_BITS = np.uint64(32)
_CHOICES_AT_ONCE = 5
"""Choices within eight tokens that are made in every way."""


def licence_wording(tokens: NDArray[np.uint16]) -> NDArray[np.bool_]:
    """Return which tokens are in a stretch of licence wording, or of another formula, that is long enough, bool (t,).

    Args:
        tokens: uint16 (t,).
    """
    known = is_licence_shingle(fingerprints(tokens, LICENCE_SHINGLE))
    mask = np.zeros(len(tokens), np.bool_)
    shingles = LEAST_LICENCE_RUN - LICENCE_SHINGLE + 1
    if len(known) < shingles:
        return mask
    begins = np.lib.stride_tricks.sliding_window_view(known, shingles).all(axis=1)
    # Each stretch that begins at a token marks it and those behind it.
    for offset in range(LEAST_LICENCE_RUN):
        mask[offset : len(tokens) - LEAST_LICENCE_RUN + 1 + offset] |= begins
    return mask


def is_licence_shingle(shingles: NDArray[np.uint64]) -> NDArray[np.bool_]:
    """Return which shingles of `LICENCE_SHINGLE` tokens are of licence wording or a formula, bool (s,), but for chance.

    Args:
        shingles: their fingerprints, uint64 (s,).
    """
    shipped = _load_shingles()
    wanted = (shingles >> _BITS).astype(np.uint32)
    found: NDArray[np.bool_] = shipped[np.searchsorted(shipped, wanted).clip(max=len(shipped) - 1)] == wanted
    return found


@cache
def _load_shingles() -> NDArray[np.uint32]:
    with as_file(files("provenance") / "data" / _FILE) as path:
        shingles: NDArray[np.uint32] = np.load(path, allow_pickle=False)
    return shingles


def load_wordings() -> list[str]:
    """Return the forms of all shipped wordings, with their marks for choices (`[a|b]`) and names (`…`)."""
    entries = tomllib.loads((files("provenance") / "data" / "wordings.toml").read_text("utf-8"))["wording"]
    return [form for entry in entries for form in entry["text"].strip().split("\n\n")]


def expand_choices(form: str) -> Iterator[str]:
    """Yield the parts of a form that together have all its shingles, however one chooses; names end a part.

    >>> list(expand_choices("governed by [a|an] MIT licence … that is [in|near] it"))
    ['governed by a MIT licence ', 'governed by an MIT licence ', ' that is in it', ' that is near it']
    """
    for part in form.split("…"):
        # fixed words are at even places, choices at odd ones; all ways at once would be thousands
        fixed = re.split(r"\[([^\]]*)\]", part)
        for start in range(0, max(len(fixed) - 2 * _CHOICES_AT_ONCE, 1), 2):
            pieces = enumerate(fixed[start : start + 2 * _CHOICES_AT_ONCE + 1])
            yield from map("".join, product(*(each.split("|") if place % 2 else [each] for place, each in pieces)))


def compute_shingles() -> NDArray[np.uint32]:
    """Return the first 32 bits of the fingerprints of all texts and wordings, each once, ascending: uint32 (s,)."""
    tokenizer = load_tokenizer()
    contents = [text(licence) or "" for licence in texts()]
    contents += [part for form in load_wordings() for part in expand_choices(form)]
    hashes = [fingerprints(tokenizer.encode(content), LICENCE_SHINGLE) for content in contents]
    return np.unique(np.concatenate(hashes) >> _BITS).astype(np.uint32)


if __name__ == "__main__":
    with as_file(files("provenance") / "data" / _FILE) as target:
        np.save(target, compute_shingles())
