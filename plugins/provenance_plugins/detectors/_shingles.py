"""Which licence texts stand in a text, and how much of each? Compares shingles with the texts that we ship.

A licence text is a work like any other, and its index a small one: all fingerprints of all texts that SPDX lists, made
when first asked for. What people fill in (`<year>`) and lines about copyright are left out, because they differ from
copy to copy. What a licence found this way means for a work is not said here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from provenance.fingerprints import N, fingerprints
from provenance.licences import spdx
from provenance.licences.texts import text, texts
from provenance.text import load_tokenizer

PRESENT = 0.9
"""Of this share of its tokens on, a licence text counts as being there."""
NEAR = 0.7
"""From here on it is worth telling which text it may once have been."""

# The last part is a holder's name that SPDX left in a text where every copy has its own.
_PIECES = re.compile(r"\n\s*\n|<[^<>\n]{1,80}>|(?<= AND )ISC(?= DISCLAIMS)|(?<= SHALL )ISC(?= BE)")
_COPYRIGHT = re.compile(r"\W*(?:copyright|\(c\)|©)", re.IGNORECASE)
# What many copies leave out: advice on how to use a licence, and the GPL that SPDX prints after the LGPL.
_APPENDED = re.compile(
    r"END OF TERMS AND CONDITIONS|(?<=for the Library\.)\s+(?=GNU GENERAL PUBLIC LICENSE\nVersion 3)"
)
_VARIANTS = ("-only", "-or-later", "-invariants-only", "-invariants-or-later")
_MOST, _CANDIDATES, _SMALL_GAP = 8, 64, 40


@dataclass(frozen=True, slots=True)
class Contained:
    """A licence text that stands in another text.

    Attributes:
        licence: its SPDX id; of GNU licences the id without only or or-later, which their text does not say.
        share: how much of its tokens is there. start, end: the first and last of the other text's tokens that are in
        it, half-open. tokens: how many of them are.
    """

    licence: str
    share: float
    start: int
    end: int
    tokens: int


@dataclass(frozen=True, slots=True)
class _Index:
    """All shingles of all texts, by fingerprint.

    Attributes:
        fingerprints: uint64 (s,), ascending. positions: int64 (s,), the first token of each among the tokens of all
        texts. ends: int64 (l,), where each text ends there. lengths: int64 (l,), their tokens that are in a shingle.
    """

    names: tuple[str, ...]
    fingerprints: NDArray[np.uint64]
    positions: NDArray[np.int64]
    ends: NDArray[np.int64]
    lengths: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class _Hits:
    """Which shingles of a text stand where in the index.

    Attributes:
        shingles, places: int64 (h,), each hit's number among the distinct shingles, and its place in the index.
        which: int64 (q,), the number of each of the text's shingles. distinct: how many different ones there are.
    """

    shingles: NDArray[np.int64]
    places: NDArray[np.int64]
    which: NDArray[np.int64]
    distinct: int

    def _met(self, hits: NDArray[np.bool_]) -> NDArray[np.bool_]:
        met = np.zeros(self.distinct, np.bool_)
        met[self.shingles[hits]] = True
        return met

    def where(self, hits: NDArray[np.bool_]) -> NDArray[np.int64]:
        """Return the places in the text of the shingles of some hits, ascending."""
        return np.flatnonzero(self._met(hits)[self.which])

    def without(self, hits: NDArray[np.bool_]) -> _Hits:
        """Return what is left when the shingles of some hits are taken away."""
        left = ~self._met(hits)[self.shingles]
        return _Hits(self.shingles[left], self.places[left], self.which, self.distinct)


def _names() -> Iterator[str]:
    """Yield the ids whose texts are compared: of several with one text the plainest."""
    known, seen = frozenset(texts()), set[str]()
    for name in sorted(known, key=lambda name: (len(name), name)):
        base = next((name.removesuffix(end) for end in _VARIANTS if name.endswith(end)), name).removesuffix("-no")
        replaced = name.endswith("+") or (base != name and base in known)
        outdated = spdx.is_deprecated(name) and f"{name}-only" not in known
        if not replaced and not outdated and (content := text(name)) and content not in seen:
            seen.add(content)
            yield name


def _pieces(content: str) -> list[NDArray[np.uint16]]:
    """Return the tokens of each part of a licence text that is the same in every copy and has a shingle.

    All are tokenised in one go, which is ten times as fast; the tokens of a word do not depend on its neighbours.
    """
    parts = _PIECES.split(_APPENDED.split(content)[0])
    same = [part for part in parts if not (_COPYRIGHT.match(part) and len(part) < 200)]
    tokens = load_tokenizer().encode_with_offsets("\n\n".join(same))
    ends = np.cumsum([len(part) + 2 for part in same])
    pieces = np.split(tokens.ids, np.searchsorted(tokens.starts, ends[:-1]))
    return [piece for piece in pieces if len(piece) >= N]


@cache
def _index() -> _Index:
    names, ends, lengths = [], [], []
    hashes: list[NDArray[np.uint64]] = []
    positions: list[NDArray[np.int64]] = []
    at = 0
    for name in _names():
        begun = at
        for tokens in _pieces(text(name) or ""):
            hashes.append(fingerprints(tokens))
            positions.append(np.arange(at, at + len(hashes[-1]), dtype=np.int64))
            at += len(tokens)
        if at > begun:
            names.append(name)
            ends.append(at)
            lengths.append(at - begun)
    order = np.argsort(joined := np.concatenate(hashes), kind="stable")
    return _Index(
        tuple(names), joined[order], np.concatenate(positions)[order], np.array(ends, np.int64),
        np.array(lengths, np.int64),
    )  # fmt: skip


def contained(tokens: NDArray[np.uint16], *, least: float = PRESENT) -> tuple[Contained, ...]:
    """Return the licence texts of which at least this share stands in a text, the one that explains most of it first.

    What one licence explains does not count for the next, so that of two licences of which one contains the other, as
    BSD-3-Clause does BSD-2-Clause, only that is found which is there.
    """
    index, distinct, which = _index(), *np.unique(fingerprints(tokens), return_inverse=True)
    hits = _Hits(*_postings(index, distinct), which, len(distinct))
    found: list[Contained] = []
    for _ in range(_MOST):
        best = _best(index, hits)
        if best is None:
            break
        if best[1].share >= least:
            found.append(best[1])
        hits = hits.without(np.searchsorted(index.ends, hits.places, side="right") == best[0])
    return tuple(found)


def _postings(index: _Index, distinct: NDArray[np.uint64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return for each place of each fingerprint in the index which one it is, and the place."""
    first = np.searchsorted(index.fingerprints, distinct, side="left")
    counts = np.searchsorted(index.fingerprints, distinct, side="right") - first
    shingles = np.repeat(np.arange(len(distinct)), counts)
    within = np.arange(len(shingles)) - np.repeat(np.cumsum(counts) - counts, counts)
    return shingles, index.positions[np.repeat(first, counts) + within]


def _best(index: _Index, hits: _Hits) -> tuple[int, Contained] | None:
    """Return the licence that explains the text best, by number and in words, of those of which most is there.

    A token of the licence that is missing weighs as much as one of the text that is explained: of CC-BY-SA-4.0 most
    stands in CC-BY-4.0, but not all. So does one of the text that stands between those explained: of the ISC licence
    all of 0BSD is in it, with a condition in the middle.
    """
    owners = np.searchsorted(index.ends, hits.places, side="right")
    counts = np.bincount(owners, minlength=len(index.names))
    likely = np.flatnonzero(counts * 2 >= NEAR * (index.lengths - N))
    likely = likely[np.argsort(-counts[likely] / index.lengths[likely], kind="stable")][:_CANDIDATES]
    best, most = None, 0.0
    for owner in likely.tolist():
        covered, length = _covered(np.unique(hits.places[owners == owner])), int(index.lengths[owner])
        if covered >= NEAR * length:
            at = hits.where(owners == owner)
            explained = _covered(at)
            if (weight := explained - (length - covered) - _foreign(at)) > most:
                most = weight
                best = owner, Contained(index.names[owner], covered / length, int(at[0]), int(at[-1]) + N, explained)
    return best


def _foreign(positions: NDArray[np.int64]) -> int:
    """Return how many tokens lie in small gaps between the shingles that begin at these ascending positions."""
    gaps = np.diff(positions) - N
    return int(gaps[(gaps > 0) & (gaps <= _SMALL_GAP)].sum())


def _covered(positions: NDArray[np.int64]) -> int:
    """Return how many tokens lie in the shingles that begin at these ascending positions."""
    return int(np.minimum(np.diff(positions), N).sum()) + N if len(positions) else 0
