"""Text that an index of fingerprints gives away. `leakage.py LIBRARY [--beams 1000 30000] [--texts 4] [--tokens 1500]`.

LIBRARY is a folder that `libraries.py` made. The victims are stretches of English works that it held out; of each the
attacker has what a segment kept as fingerprints has: the fingerprint and the place of each anchor. The attacker also
has the library's English works, and the code of the product. The attack:

1. Every shingle of the library whose fingerprint is that of an anchor gives this anchor away at once.
2. An anchor beside known tokens has d of its n tokens left. The fingerprint is a polynomial whose mixing can be undone,
   so the sum of the unknown ones is known, and all but the last two are guessed: a beam of the most probable tokens
   after (or before) the known ones, by a table of trigrams, backing off to pairs and single tokens. For each guess a
   sorted table of all pairs of tokens in the library says whether one makes the sum right. With d = 1 the
   token is computed, with d = 2 it is computed for each possible first token. This goes on until nothing is gained.

A beam of b tries b times as many sequences as there are pairs in the table. Prints for each sampling and beam the share
of the tokens of the victims that were recovered, and that were given away by the first step alone. Recovered tokens are
compared with the true ones. CPU seconds are of the whole attack. The attack is simple: it finds a lower bound.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from provenance.text import load_tokenizer
from tests.benchmarks.libraries import add_comparison, draw_number, exchange_figures, print_table, read_works
from tests.benchmarks.sampling import hashes, open_closed

Ids = np.ndarray
SAMPLINGS = ((8, 9), (5, 4))
_MASK = (1 << 64) - 1
BASE = 0x9E3779B97F4A7C15
"""The base of the polynomial of the product's fingerprints."""
INVERSE = pow(BASE, -1, 1 << 64)
LEAST = 32
"""Successors of a context that a beam of any width looks at."""


def undo_mixing(values: Ids) -> Ids:
    """Return the polynomials whose mixed values these are: the finaliser of SplitMix64, backwards.

    >>> tokens = np.array([3, 1, 4, 1, 5], np.uint16)
    >>> int(undo_mixing(hashes(tokens, 2))[0]) == (4 * BASE + 2) & _MASK
    True
    """
    values = values ^ values >> np.uint64(31) ^ values >> np.uint64(62)
    values = values * np.uint64(pow(0x94D049BB133111EB, -1, 1 << 64))
    values = values ^ values >> np.uint64(27) ^ values >> np.uint64(54)
    values = values * np.uint64(pow(0xBF58476D1CE4E5B9, -1, 1 << 64))
    return values ^ values >> np.uint64(30) ^ values >> np.uint64(60)


class Successors:
    """The tokens that follow contexts of one or two tokens in a corpus, the most frequent first."""

    def __init__(self, corpus: Ids, order: int) -> None:
        ids = corpus.astype(np.uint64)
        keys = np.zeros(len(ids) - order, np.uint64)
        for offset in range(order + 1):
            keys = keys << np.uint64(16) | ids[offset : len(ids) - order + offset]
        keys, counts = np.unique(keys, return_counts=True)
        contexts = keys >> np.uint64(16)
        by_count = np.lexsort((-counts, contexts))
        self._tokens, counts = (keys[by_count] & np.uint64(0xFFFF)).astype(np.int64), counts[by_count]
        self._contexts, self._begins = np.unique(contexts, return_index=True)
        self._ends = np.append(self._begins[1:], len(keys))
        totals = np.add.reduceat(counts, self._begins)
        self._scores = np.log(counts / np.repeat(totals, self._ends - self._begins))

    def follow(self, contexts: Ids, most: int) -> tuple[Ids, Ids, Ids]:
        """Return up to `most` continuations of each context: which context, the token, its log probability."""
        places = np.minimum(np.searchsorted(self._contexts, contexts), len(self._contexts) - 1)
        known = self._contexts[places] == contexts
        counts = np.where(known, np.minimum(self._ends[places] - self._begins[places], most), 0)
        which = np.repeat(np.arange(len(contexts)), counts)
        at = np.arange(len(which)) - np.repeat(np.cumsum(counts) - counts, counts) + self._begins[places][which]
        return which, self._tokens[at], self._scores[at]


class Model:
    """A table of trigrams of one direction of reading, which backs off to pairs and single tokens."""

    def __init__(self, corpus: Ids) -> None:
        self._orders = [Successors(corpus, order) for order in (2, 1)]
        counts = np.bincount(corpus)
        self._frequent = np.argsort(-counts, kind="stable")[: np.count_nonzero(counts)]
        self._scores = np.log(counts[self._frequent] / len(corpus))

    def extend_beam(self, beam: Ids, scores: Ids, width: int) -> tuple[Ids, Ids]:
        """Return the `width` most probable sequences that are one token longer; `beam` is int64 (sequences, tokens)."""
        most = max(LEAST, 4 * width // len(beam))
        parts = []
        for backed, successors in enumerate(self._orders):
            context = beam[:, -1].astype(np.uint64)
            if not backed:
                context |= beam[:, -2].astype(np.uint64) << np.uint64(16)
            which, tokens, likely = successors.follow(context, most)
            parts.append((which, tokens, likely + scores[which] - backed))
        some = min(len(self._frequent), most)
        which = np.repeat(np.arange(len(beam)), some)
        likely = np.tile(self._scores[:some], len(beam)) + scores[which] - 2
        parts.append((which, np.tile(self._frequent[:some], len(beam)), likely))
        which, tokens, likely = (np.concatenate(each) for each in zip(*parts, strict=True))
        _, first = np.unique(which << 16 | tokens, return_index=True)
        which, tokens, likely = which[first], tokens[first], likely[first]
        if len(likely) > width:
            kept = np.argpartition(-likely, width)[:width]
            which, tokens, likely = which[kept], tokens[kept], likely[kept]
        return np.column_stack((beam[which], tokens)), likely


@dataclass
class Attacker:
    """What the attacker has besides the index.

    Attributes:
        corpus: the tokens of other texts.
        forward: what follows a context in them.
        backward: what precedes one.
        pairs: the polynomials of all pairs of neighbouring tokens, ascending.
    """

    corpus: Ids
    forward: Model = field(init=False)
    backward: Model = field(init=False)
    pairs: Ids = field(init=False)

    def __post_init__(self) -> None:
        self.forward, self.backward = Model(self.corpus), Model(self.corpus[::-1])
        ids = self.corpus.astype(np.uint64) + np.uint64(1)
        self.pairs = np.unique(ids[:-1] * np.uint64(BASE) + ids[1:])
        counts = np.bincount(self.corpus)
        self.vocabulary = np.flatnonzero(counts).astype(np.int64)

    def guess(self, context: Ids, sums: int, power: int, missing: int, width: int, *, back: bool) -> Ids | None:
        """Return the unknown tokens of an anchor in the order of reading, None if no guess makes the sum right.

        Args:
            context: two known tokens beside them, in the direction of the guess.
            sums: what the unknown tokens add to the polynomial.
            power: the exponent of the base for the last unknown token.
            missing: how many tokens are unknown.
            width: of the beam.
            back: whether the unknown tokens come before the known ones.
        """
        total = np.uint64(sums * pow(INVERSE, power, 1 << 64) & _MASK)  # as if nothing followed the unknown tokens
        if missing == 1:
            return np.array([int(total) - 1]) if 0 < int(total) <= 1 << 16 else None
        if missing == 2:
            guessed = self.vocabulary[:, None]
        else:
            beam, scores = context[None, :], np.zeros(1)
            model = self.backward if back else self.forward
            for _ in range(missing - 2):
                beam, scores = model.extend_beam(beam, scores, width)
            guessed = beam[:, 2:]
        # Each guessed token's exponent: reading forwards they are the first, backwards the last, nearest first.
        exponents = range(guessed.shape[1]) if back else range(missing - 1, missing - 1 - guessed.shape[1], -1)
        rest = np.full(len(guessed), total)
        for column, exponent in zip(guessed.T, exponents, strict=True):
            rest -= (column.astype(np.uint64) + np.uint64(1)) * np.uint64(pow(BASE, exponent, 1 << 64))
        if missing == 2:
            last = rest if not back else rest * np.uint64(INVERSE)
            right = np.flatnonzero((last > 0) & (last <= 1 << 16))
            far = last[right, None].astype(np.int64) - 1
        else:
            rest = rest * np.uint64(pow(INVERSE, guessed.shape[1], 1 << 64)) if back else rest
            places = np.minimum(np.searchsorted(self.pairs, rest), len(self.pairs) - 1)
            right = np.flatnonzero(self.pairs[places] == rest)
            far = np.array([split_pair(int(value)) for value in rest[right]], np.int64).reshape(-1, 2)
        if not len(right):
            return None
        near, far = guessed[right[0]], far[0]
        return np.concatenate((far, near[::-1])) if back else np.concatenate((near, far))


def split_pair(value: int) -> tuple[int, int]:
    """Return the two tokens of a pair's polynomial."""
    for first in range(1, 1 << 16):
        if 0 < (second := (value - first * BASE) & _MASK) <= 1 << 16:
            return first - 1, second - 1
    raise ValueError(f"{value} is the polynomial of no pair of tokens")


def recover_text(attacker: Attacker, prints: Ids, places: Ids, length: int, n: int, width: int) -> tuple[Ids, int]:
    """Return the tokens that the attack finds, -1 where it finds none, and how many its first step found."""
    known = np.full(length, -1, np.int64)
    shingles = hashes(attacker.corpus, n)
    order = np.argsort(shingles)
    found = np.minimum(np.searchsorted(shingles, prints, sorter=order), len(order) - 1)
    for value, place, at in zip(prints, places, order[found], strict=True):
        if shingles[at] == value:
            known[place : place + n] = attacker.corpus[at : at + n]
    given = int((known >= 0).sum())
    sums, tried, gained = undo_mixing(prints), set[tuple[int, int, bool]](), True
    while gained:
        gained = False
        for back in (False, True):
            for at in range(len(places)) if not back else reversed(range(len(places))):
                place = int(places[at])
                unknown = np.flatnonzero(known[place : place + n] < 0)
                state = (at, len(unknown), back)
                if not 0 < len(unknown) < n or np.ptp(unknown) != len(unknown) - 1 or state in tried:
                    continue
                tried.add(state)
                begin, end = place + int(unknown[0]), place + int(unknown[-1]) + 1
                context = known[end : end + 2][::-1] if back else known[max(0, begin - 2) : begin]
                if len(unknown) > 2 and (len(context) < 2 or (context < 0).any()):
                    continue
                total = int(sums[at])
                for offset in np.flatnonzero(known[place : place + n] >= 0).tolist():
                    total -= (int(known[place + offset]) + 1) * pow(BASE, n - 1 - offset, 1 << 64)
                guess = attacker.guess(context, total & _MASK, n - (end - place), len(unknown), width, back=back)
                if guess is not None:
                    known[begin:end] = guess
                    gained = True
    return known, given


def draw_victims(folder: Path, number: int, tokens: int) -> list[Ids]:
    """Return stretches of English works that were held out."""
    works = [w for w in read_works(folder / "held-out.jsonl") if w["language"] == "en" and len(w["text"]) > 20 * tokens]
    works.sort(key=lambda work: draw_number(f"victim {work['id']}"))
    return [load_tokenizer().encode(w["text"][9 * tokens : 19 * tokens])[:tokens] for w in works[:number]]


def read_corpus(folder: Path, millions: float) -> Ids:
    """Return the tokens of the library's English works, at most so many millions."""
    parts, size = [], 0
    for work in read_works(folder / "library.jsonl"):
        if work["language"] == "en" and size < millions * 1e6:
            parts.append(load_tokenizer().encode(work["text"]))
            size += len(parts[-1])
    return np.concatenate(parts)[: int(millions * 1e6)]


def attack_all(victims: Sequence[Ids], attacker: Attacker, beams: Sequence[int]) -> list[dict[str, Any]]:
    """Return a row for each sampling and beam."""
    rows = []
    for n, w in SAMPLINGS:
        scheme = open_closed(n, 1, w=w)
        for width in beams:
            begun, counts = time.process_time(), np.zeros(4, np.int64)
            for tokens in victims:
                places = scheme.pick(tokens)
                known, given = recover_text(attacker, hashes(tokens, n)[places], places, len(tokens), n, width)
                counts += (len(tokens), given, (known == tokens).sum(), ((known >= 0) & (known != tokens)).sum())
            every, given, right, wrong = counts.tolist()
            rows.append({
                "n": n, "w": w, "beam": width, "tries": f"{width * len(attacker.pairs):.0e}", "tokens": every,
                "by look-up": round(given / every, 3), "recovered": round(right / every, 3),
                "wrong": round(wrong / every, 3), "cpu_s": round(time.process_time() - begun, 1),
            })  # fmt: skip
    return rows


def main() -> None:
    """Attack and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("library", type=Path, help="a folder that libraries.py made")
    parser.add_argument("--beams", type=int, nargs="+", default=[1_000, 30_000])
    parser.add_argument("--texts", type=int, default=4)
    parser.add_argument("--tokens", type=int, default=1_500, help="of each text")
    parser.add_argument("--millions", type=float, default=20, help="tokens that the attacker has, at most")
    add_comparison(parser)
    given = parser.parse_args()
    attacker = Attacker(read_corpus(given.library, given.millions))
    rows = attack_all(draw_victims(given.library, given.texts, given.tokens), attacker, given.beams)
    old = exchange_figures(given, rows)
    print(f"{len(attacker.corpus):,} tokens and {len(attacker.pairs):,} pairs of tokens of other texts\n")
    print_table(list(rows[0]), [list(row.values()) for row in rows])
    if old:
        print("\nearlier\n")
        print_table(list(old[0]), [list(row.values()) for row in old])


if __name__ == "__main__":
    main()
