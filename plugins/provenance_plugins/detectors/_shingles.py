"""Finder of licence texts in a text, by the shingles that it shares with the texts that we ship.

A licence text is a work like any other, and its index a small one: all fingerprints of all texts that SPDX lists, made
when first asked for. Fields to fill in (`<year>`) and lines about copyright are left out, because they differ from
copy to copy. What a licence found this way means for a work is decided elsewhere.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from provenance.fingerprints import fingerprints
from provenance.licences import spdx
from provenance.licences.texts import text, texts
from provenance.text import load_tokenizer
from provenance.thresholds import LICENCE_SHINGLE

PRESENT = 0.9
"""From this share of its tokens on, a licence text counts as being there."""
NEAR = 0.7
"""From this share on, a text may once have been the licence text."""

# The last part is a holder's name that SPDX left in a text where every copy has its own.
_SEPARATORS = re.compile(r"\n\s*\n|<[^<>\n]{1,80}>|(?<= AND )ISC(?= DISCLAIMS)|(?<= SHALL )ISC(?= BE)")
_COPYRIGHT = re.compile(r"\W*(?:copyright|\(c\)|©)", re.IGNORECASE)
# What many copies leave out: advice on how to use a licence, and the GPL that SPDX prints after the LGPL.
_APPENDED = re.compile(
    r"END OF TERMS AND CONDITIONS|(?<=for the Library\.)\s+(?=GNU GENERAL PUBLIC LICENSE\nVersion 3)"
)
_VARIANTS = ("-only", "-or-later", "-invariants-only", "-invariants-or-later")
_MAX_FOUND, _MAX_CANDIDATES, _SMALL_GAP = 8, 64, 40


@dataclass(frozen=True, slots=True)
class ContainedText:
    """A licence text that another text contains.

    Attributes:
        licence: its SPDX id; of GNU licences the id without only or or-later, which their text does not say.
        share: how much of its tokens is there.
        start: the first of the other text's tokens that are in it.
        end: the end of the last one, half-open.
        tokens: how many of the other text's tokens are in it.
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
        names: the SPDX id of each text.
        fingerprints: uint64 (s,), ascending.
        positions: int64 (s,), the first token of each shingle among the tokens of all texts.
        ends: int64 (l,), where each text ends there.
        lengths: int64 (l,), how many tokens of each text are in a shingle.
    """

    names: tuple[str, ...]
    fingerprints: NDArray[np.uint64]
    positions: NDArray[np.int64]
    ends: NDArray[np.int64]
    lengths: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class _Hits:
    """Pairs of a shingle of a text and a position of the index with the same fingerprint.

    Attributes:
        shingles: int64 (h,), the number of each hit among the distinct shingles.
        positions: int64 (h,), the position of each hit in the index.
        which: int64 (q,), for each shingle of the text its number among the distinct ones.
        distinct: how many different shingles the text has.
    """

    shingles: NDArray[np.int64]
    positions: NDArray[np.int64]
    which: NDArray[np.int64]
    distinct: int

    def _mark_shingles(self, hits: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Return a mask over the distinct shingles: those of some hits."""
        marked = np.zeros(self.distinct, np.bool_)
        marked[self.shingles[hits]] = True
        return marked

    def find_in_text(self, hits: NDArray[np.bool_]) -> NDArray[np.int64]:
        """Return the positions in the text of the shingles of some hits, ascending."""
        return np.flatnonzero(self._mark_shingles(hits)[self.which])

    def drop_shingles(self, hits: NDArray[np.bool_]) -> _Hits:
        """Return the hits of all shingles but those of some hits."""
        left = ~self._mark_shingles(hits)[self.shingles]
        return _Hits(self.shingles[left], self.positions[left], self.which, self.distinct)


def _select_licences() -> Iterator[tuple[str, str]]:
    """Yield id and text of each licence to compare: of several ids with one text the plainest."""
    known, seen = frozenset(texts()), set[str]()
    for name in sorted(known, key=lambda name: (len(name), name)):
        base = next((name.removesuffix(end) for end in _VARIANTS if name.endswith(end)), name).removesuffix("-no")
        replaced = name.endswith("+") or (base != name and base in known)
        outdated = spdx.is_deprecated(name) and f"{name}-only" not in known
        if not replaced and not outdated and (content := text(name)) and content not in seen:
            seen.add(content)
            yield name, content


@cache
def load_index() -> _Index:
    """Return the index of all licence texts, made when first asked for."""
    names, ends, lengths = [], [], []
    hashes: list[NDArray[np.uint64]] = []
    positions: list[NDArray[np.int64]] = []
    at = 0
    for name, content in _select_licences():
        begun = at
        parts = _SEPARATORS.split(_APPENDED.split(content)[0])
        same = [part for part in parts if not (_COPYRIGHT.match(part) and len(part) < 200)]
        # All parts are tokenised in one go, ten times as fast; the tokens of a word do not depend on its neighbours.
        tokens = load_tokenizer().encode_with_offsets("\n\n".join(same))
        part_ends = np.cumsum([len(part) + 2 for part in same])
        for piece in np.split(tokens.ids, np.searchsorted(tokens.starts, part_ends[:-1])):
            if len(piece) >= LICENCE_SHINGLE:  # a shorter one has no shingle
                hashes.append(fingerprints(piece, LICENCE_SHINGLE))
                positions.append(np.arange(at, at + len(hashes[-1]), dtype=np.int64))
                at += len(piece)
        if at > begun:
            names.append(name)
            ends.append(at)
            lengths.append(at - begun)
    order = np.argsort(joined := np.concatenate(hashes), kind="stable")
    return _Index(
        tuple(names), joined[order], np.concatenate(positions)[order], np.array(ends, np.int64),
        np.array(lengths, np.int64),
    )  # fmt: skip


def find_licence_texts(tokens: NDArray[np.uint16], *, least: float = PRESENT) -> tuple[ContainedText, ...]:
    """Return the licence texts that a text contains, the one that explains most of it first.

    What one licence explains does not count for the next. BSD-3-Clause contains BSD-2-Clause, and so in a text of the
    former the latter is not found.

    Args:
        tokens: uint16 (n,), the tokens of the text.
        least: the least share of a licence text's tokens that must be there.
    """
    index, distinct, which = load_index(), *np.unique(fingerprints(tokens, LICENCE_SHINGLE), return_inverse=True)
    first = np.searchsorted(index.fingerprints, distinct, side="left")
    counts = np.searchsorted(index.fingerprints, distinct, side="right") - first
    # Each distinct shingle is repeated for each of its rows in the index, and `within` counts from 0 over these rows.
    shingles = np.repeat(np.arange(len(distinct)), counts)
    within = np.arange(len(shingles)) - np.repeat(np.cumsum(counts) - counts, counts)
    hits = _Hits(shingles, index.positions[np.repeat(first, counts) + within], which, len(distinct))
    found: list[ContainedText] = []
    for _ in range(_MAX_FOUND):
        best = _find_best_text(index, hits)
        if best is None:
            break
        number, contained = best
        if contained.share >= least:
            found.append(contained)
        hits = hits.drop_shingles(np.searchsorted(index.ends, hits.positions, side="right") == number)
    return tuple(found)


def _find_best_text(index: _Index, hits: _Hits) -> tuple[int, ContainedText] | None:
    """Return the number of the licence that explains the text best, and its text; None where no licence is near.

    A token of the licence that is missing weighs as much as one of the text that is explained: most of CC-BY-SA-4.0 is
    in CC-BY-4.0, but not all. A token of the text in a small gap between those explained weighs the same: all of 0BSD
    is in the ISC licence, with a condition in the middle.
    """
    owners = np.searchsorted(index.ends, hits.positions, side="right")
    counts = np.bincount(owners, minlength=len(index.names))
    # A cheap look first, by the number of hits; the exact count of tokens is only made for the likeliest.
    likely = np.flatnonzero(counts * 2 >= NEAR * (index.lengths - LICENCE_SHINGLE))
    likely = likely[np.argsort(-counts[likely] / index.lengths[likely], kind="stable")][:_MAX_CANDIDATES]
    best, most = None, 0.0
    for owner in likely.tolist():
        covered, length = _count_covered(np.unique(hits.positions[owners == owner])), int(index.lengths[owner])
        if covered < NEAR * length:
            continue
        at = hits.find_in_text(owners == owner)
        gaps = np.diff(at) - LICENCE_SHINGLE
        foreign = int(gaps[(gaps > 0) & (gaps <= _SMALL_GAP)].sum())
        explained = _count_covered(at)
        weight = explained - (length - covered) - foreign
        if weight > most:
            most = weight
            contained = ContainedText(
                index.names[owner], covered / length, int(at[0]), int(at[-1]) + LICENCE_SHINGLE, explained
            )
            best = owner, contained
    return best


def _count_covered(positions: NDArray[np.int64]) -> int:
    """Return how many tokens are in the shingles that begin at these ascending positions."""
    return int(np.minimum(np.diff(positions), LICENCE_SHINGLE).sum()) + LICENCE_SHINGLE if len(positions) else 0
