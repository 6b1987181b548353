"""Which few shingles are enough to find every run of 16 tokens? `sampling.py WORKS... [--millions 10] [--seeds 3]`.

Every scheme here picks, from any 16 tokens in a row, at least one shingle, by nothing but these 16 tokens: so two texts
that share such a run share a picked shingle. They differ in how many shingles they pick, how long these are, how long
picking takes, and how many hits a text has that lead to nothing.

* winnowing: the shingle of n tokens with the smallest hash of w = 17 - n in a row (Schleimer, Wilkerson, Aiken 2003);
  with n = 8 this is what the product does.
* closed: winnowing that prefers shingles whose smallest piece of s tokens is the first or the last (Zheng, Kingsford,
  Marcais 2021, "miniception"); open-closed: before these, ones whose smallest piece is in the middle.
* mod: the place of the smallest piece of t tokens in the window, modulo w (Groot Koerkamp, Pibiri 2024); t is the
  smallest that is at least s and leaves the same remainder as n.

WORKS are files or folders as `provenance ingest` takes them; every 50th work is held out, and the texts of 512 tokens
are made of it, half of them with a planted run (as in `peers`). Each index has a directory, 16 more bits and a position
for each posting, as a segment has. A hit is spurious if the text shares no run of 16 tokens with the work it is in.
"Compare" is the time to tell: 16 tokens to both sides of every hit, for all schemes alike. "Short" is no promise, but
what near copies live on: the share of runs of 12 tokens that have a picked shingle in common in two surroundings.
Repetition is not thinned here, and no look-up is bounded.

Which of the very frequent shingles are picked is luck of the hash, so what is counted is the mean over some hashes, the
first of them the product's; what is timed is the first. `--json` prints one object for each scheme.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from provenance.fingerprints import SAMPLINGS
from provenance.works import Sensitivity
from tests.benchmarks.peers import OUTPUT, SEPARATOR, first, outputs, tokenised

Ids = np.ndarray
GUARANTEE = SAMPLINGS[Sensitivity.WIDE].guarantee
_LOW = np.uint64((1 << 32) - 1)
_BASE = 0x9E3779B97F4A7C15
SHORT, SHORT_RUNS, PASSES = 12, 2_000, 4
OUTSIDE = SEPARATOR - 1
"""What stands before and after a text, so that no run leaves it."""


# --- picking ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Scheme:
    """A way to pick: which shingles of n tokens, given as the places at which they begin, ascending."""

    name: str
    n: int
    pick: Callable[[Ids], Ids]
    s: int | None = None
    seed: int = 0


def hashes(tokens: Ids, width: int, seed: int = 0) -> Ids:
    """Return a hash of every `width` tokens in a row, uint64: with 8 and seed 0 the fingerprints of the product."""
    values = _polynomial(tokens.astype(np.uint64) + np.uint64(1), width) ^ np.uint64(seed * _BASE % (1 << 64))
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB), (31, 1)):
        values = (values ^ values >> np.uint64(shift)) * np.uint64(factor)
    return values


def _polynomial(values: Ids, width: int) -> Ids:
    """Put every `width` values together from two halves: those of 5 tokens are those of 2 and, behind them, of 3."""
    if width == 1:
        return values
    left, right = _polynomial(values, width // 2), _polynomial(values, width - width // 2)
    power = np.uint64(pow(_BASE, width - width // 2, 1 << 64))
    return left[: len(right) - width // 2] * power + right[width // 2 :]


def sliding(extremum: np.ufunc, values: Ids, width: int) -> Ids:
    """Return the extremum of each `width` values in a row."""
    reach = 1
    while 2 * reach <= width:
        values = extremum(values[:-reach], values[reach:])
        reach *= 2
    return extremum(values[: len(values) - (width - reach)], values[width - reach :]) if reach < width else values


def places_of_smallest(values: Ids, width: int) -> Ids:
    """Return where the smallest of each `width` values in a row stands; the first, where several are equal."""
    places = np.arange(len(values), dtype=np.uint64)
    return (sliding(np.minimum, values & ~_LOW | places, width) & _LOW).astype(np.int64)


def smallest(order: Ids, w: int) -> Ids:
    """Return the places whose value is the smallest of some w in a row, by an opening (see `fingerprints`)."""
    minima = sliding(np.minimum, order, w)
    padded = np.zeros(len(minima) + 2 * (w - 1), np.uint64)
    padded[w - 1 : w - 1 + len(minima)] = minima
    return np.flatnonzero(order == sliding(np.maximum, padded, w))


def winnowing(n: int, seed: int = 0) -> Scheme:
    return Scheme("winnowing", n, lambda tokens: smallest(hashes(tokens, n, seed), GUARANTEE + 1 - n), None, seed)


def closed(n: int, s: int, seed: int = 0) -> Scheme:
    return Scheme("closed", n, _preferring(n, s, seed, {0: 0, n - s: 0}, 1), s, seed)


def open_closed(n: int, s: int, seed: int = 0, w: int | None = None) -> Scheme:
    return Scheme("open-closed", n, _preferring(n, s, seed, {0: 1, n - s: 1, (n - s) // 2: 0}, 2, w), s, seed)


def _preferring(
    n: int, s: int, seed: int, ranks: dict[int, int], other: int, w: int | None = None
) -> Callable[[Ids], Ids]:
    """Return a picking by rank, then by hash: the rank is that of the place of the smallest piece of s tokens."""
    w = w or GUARANTEE + 1 - n
    table = np.array([ranks.get(place, other) for place in range(n - s + 1)], np.uint64) << np.uint64(62)

    def pick(tokens: Ids) -> Ids:
        within = places_of_smallest(hashes(tokens, s, seed), n - s + 1)
        rank = table[within - np.arange(len(within))]
        return smallest(hashes(tokens, n, seed) >> np.uint64(2) | rank, w)

    return pick


def mod(n: int, s: int, seed: int = 0) -> Scheme:
    """Return the scheme with pieces of at least s tokens: for n = 12, w = 5 and s = 1 of 2 tokens, as 12 mod 5."""
    w = GUARANTEE + 1 - n
    t = s + (n - s) % w

    def pick(tokens: Ids) -> Ids:
        places = places_of_smallest(hashes(tokens, t, seed), GUARANTEE + 1 - t)
        windows = np.arange(len(places))
        picked = np.zeros(len(tokens), np.bool_)
        picked[windows + (places - windows) % w] = True
        return np.flatnonzero(picked)

    return Scheme("mod", n, pick, t, seed)


def schemes(pieces: Sequence[int] = (1,), seed: int = 0) -> list[Scheme]:
    """Return all that are compared, with each s. A mod scheme whose pieces are as long as its shingles is winnowing."""
    mods = {(s.n, s.s): s for n in range(8, 15) for s in (mod(n, piece, seed) for piece in pieces) if s.s != n}
    preferring = [make(n, s, seed) for make in (closed, open_closed) for n in range(6, 11) for s in pieces]
    return [*(winnowing(n, seed) for n in range(4, 15)), *preferring, *mods.values()]


# --- an index for each -----------------------------------------------------------------------------------------------


class Index:
    """The postings of one scheme in the form that a segment has: a directory, 16 bits more, a position."""

    def __init__(self, scheme: Scheme, works: Sequence[Ids]) -> None:
        picked = [scheme.pick(ids) for ids in works]
        values = np.concatenate([hashes(ids, scheme.n, scheme.seed)[at] for ids, at in zip(works, picked, strict=True)])
        starts = np.cumsum([GUARANTEE, *(len(ids) + 1 for ids in works)])
        positions = np.concatenate([at + start for at, start in zip(picked, starts, strict=False)])
        order = np.argsort(values, kind="stable")
        values, self._positions = values[order], positions[order].astype(np.uint32)
        self._bits = (len(values) // 8).bit_length()  # 4 to 8 postings a prefix, as in a segment that keeps tokens
        prefixes = np.arange(1 << self._bits, dtype=np.uint64) << np.uint64(64 - self._bits)
        self._directory = np.append(np.searchsorted(values, prefixes), len(values)).astype(np.uint32)
        self._residuals = residuals(values, self._bits)
        self.postings = len(values)
        self.size = sum(part.nbytes for part in (self._positions, self._directory, self._residuals))

    def find(self, asked: Ids) -> tuple[Ids, Ids]:
        """Return all hits: which of the hashes, and the position among all tokens."""
        prefixes = (asked >> np.uint64(64 - self._bits)).astype(np.int64)
        begins = self._directory[prefixes].astype(np.int64)
        counts = self._directory[prefixes + 1] - begins
        ends = counts.cumsum()
        places = np.arange(counts.sum()) + (begins + counts - ends).repeat(counts)
        equal = np.flatnonzero(self._residuals[places] == residuals(asked, self._bits).repeat(counts))
        return ends.searchsorted(equal, side="right"), self._positions[places[equal]].astype(np.int64)


def residuals(values: Ids, prefix_bits: int) -> Ids:
    """Return the 16 bits after the prefix."""
    return (values << np.uint64(prefix_bits) >> np.uint64(48)).astype(np.uint16)


def joined(works: Sequence[Ids]) -> Ids:
    """Return all tokens with a separator between works and enough of them at both ends."""
    edge = np.full(GUARANTEE, SEPARATOR, np.uint16)
    return np.concatenate([edge, *(np.append(ids, np.uint16(SEPARATOR)) for ids in works), edge])


def in_long_runs(text: Ids, corpus: Ids, places: Ids, positions: Ids) -> Ids:
    """Return which pairs of places lie in a run of the guaranteed length that text and corpus share, bool."""
    edge = np.full(GUARANTEE, OUTSIDE, np.uint16)
    text, places, steps = np.concatenate([edge, text, edge]), places + GUARANTEE, np.arange(GUARANTEE)
    total = np.zeros(len(places), np.int64)
    for offsets in (steps, -1 - steps):
        equal = text[places[:, None] + offsets] == corpus[positions[:, None] + offsets]
        total += np.where(equal.all(axis=1), GUARANTEE, equal.argmin(axis=1))
    return total >= GUARANTEE


# --- the comparison --------------------------------------------------------------------------------------------------


@dataclass
class Scan:
    """What one text cost and gave; seconds are of the CPU."""

    pick: float
    look_up: float
    compare: float
    hits: int
    spurious: int
    missed: bool


def scan(scheme: Scheme, index: Index, corpus: Ids, starts: Ids, text: Ids, planted: tuple[int, int] | None) -> Scan:
    """Look a text up, and tell the hits in works that share a long run with it from the others."""
    clock = [time.process_time()]
    at = scheme.pick(text)
    asked = hashes(text, scheme.n, scheme.seed)[at]
    clock.append(time.process_time())
    queries, positions = index.find(asked)
    clock.append(time.process_time())
    long = in_long_runs(text, corpus, at[queries], positions)
    clock.append(time.process_time())
    works = starts.searchsorted(positions, side="right")
    spurious = int((~np.isin(works, works[long])).sum())
    begins = at[queries[long]]
    met = planted is None or bool(((begins >= planted[0]) & (begins + scheme.n <= planted[1])).any())
    return Scan(*np.diff(clock).tolist(), len(queries), spurious, not met)


def timed(times: list[list[Scan]]) -> dict[str, int]:
    """Return the median over all texts of the least that each step took in any pass, in microseconds."""
    least = {
        f"{step}_us": np.min([[getattr(each, step) for each in done] for done in times], axis=0)
        for step in ("pick", "look_up", "compare")
    }
    least["scan_us"] = np.sum(list(least.values()), axis=0)
    return {step: round(float(np.median(seconds)) * 1e6) for step, seconds in least.items()}


def met_in_short_runs(scheme: Scheme, tokens: Ids) -> float:
    """Return which share of short runs has a picked shingle in common where it stands and between other tokens."""
    rng, met = random.Random(7), 0
    for _ in range(SHORT_RUNS):
        here, there = (rng.randrange(GUARANTEE, len(tokens) - SHORT - GUARANTEE) for _ in range(2))
        own, other = (tokens[at - GUARANTEE : at + SHORT + GUARANTEE].copy() for at in (here, there))
        other[GUARANTEE:-GUARANTEE] = own[GUARANTEE:-GUARANTEE]
        common = np.intersect1d(scheme.pick(own), scheme.pick(other))
        met += bool(((common >= GUARANTEE) & (common <= GUARANTEE + SHORT - scheme.n)).any())
    return met / SHORT_RUNS


def measured(scheme: Scheme, works: list[Ids], texts: Ids, planted: list[tuple[int, int] | None]) -> dict[str, Any]:
    """Return the figures of one scheme with one hash."""
    corpus, starts = joined(works), np.cumsum([GUARANTEE, *(len(ids) + 1 for ids in works)])
    tokens = sum(map(len, works))
    begun = time.process_time()
    index = Index(scheme, works)
    built = time.process_time() - begun
    pairs = list(zip(texts, planted, strict=True))
    passes = [
        [scan(scheme, index, corpus, starts, *pair) for pair in pairs] for _ in range(1 if scheme.seed else PASSES)
    ]
    done = passes[0]
    return {
        "scheme": scheme.name, "n": scheme.n, "w": GUARANTEE + 1 - scheme.n, "s": scheme.s,
        "density": index.postings / tokens, "bytes_per_token": index.size / tokens, "build_s": round(built, 2),
        **timed(passes), "hits": float(np.mean([each.hits for each in done])), "worst": max(each.hits for each in done),
        "spurious": float(np.mean([each.spurious for each in done])), "missed": sum(each.missed for each in done),
        "short": met_in_short_runs(scheme, np.concatenate(works[:50])),
    }  # fmt: skip


COUNTED = {"density": 4, "bytes_per_token": 3, "hits": 1, "worst": 0, "spurious": 1, "missed": 0, "short": 3}
"""What is the mean over all hashes, and to how many digits."""


def over_hashes(rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Return one row for a scheme with several hashes: times of the first, means of what was counted."""
    means = {name: round(float(np.mean([row[name] for row in rows])), digits) for name, digits in COUNTED.items()}
    return rows[0] | means


COLUMNS = {
    "scheme": "scheme", "n": "n", "w": "w", "s": "s, t", "density": "density", "bytes_per_token": "bytes a token",
    "build_s": "build, CPU s", "pick_us": "pick, µs", "look_up_us": "look up, µs", "compare_us": "compare, µs",
    "scan_us": "all three, µs", "hits": "hits a text", "worst": "worst", "spurious": "spurious",
    "missed": "missed", "short": "short",
}  # fmt: skip


def markdown(rows: list[dict[str, Any]]) -> str:
    """Return the rows as a table."""
    lines = [f"| {' | '.join(COLUMNS.values())} |", f"|{'---|' * len(COLUMNS)}"]
    lines += [f"| {' | '.join('–' if row[name] is None else str(row[name]) for name in COLUMNS)} |" for row in rows]
    return "\n".join(lines)


def main(argv: Sequence[str] | None = None) -> int:
    """Compare and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("works", type=Path, nargs="+")
    parser.add_argument("--millions", type=float, default=10, help="tokens to index, in millions")
    parser.add_argument("--texts", type=int, default=300)
    parser.add_argument("--lengths", type=int, nargs="+", default=range(4, 15), help="values of n")
    parser.add_argument("--pieces", type=int, nargs="+", default=[1], help="values of s")
    parser.add_argument("--seeds", type=int, default=3, help="hashes to take the mean over")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(argv)
    found, held_out = tokenised(options.works, int(options.millions * 1e6))
    works = first(found, options.millions)
    texts, planted = outputs(works, held_out, options.texts)
    variants = zip(*(schemes(options.pieces, seed) for seed in range(options.seeds)), strict=True)
    rows = [
        over_hashes([measured(scheme, works, texts, planted) for scheme in same])
        for same in variants
        if same[0].n in options.lengths
    ]
    if options.json:
        print(json.dumps(rows))
        return 0
    print(f"{len(works):,} works, {sum(map(len, works)):,} tokens; {options.texts} texts of {OUTPUT} tokens\n")
    print(markdown(rows))
    return 0


if __name__ == "__main__":
    sys.exit(main())
