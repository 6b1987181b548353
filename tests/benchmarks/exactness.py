"""Is every shared run found, and nothing else? `exactness.py [WORKS...] [--planted 10000] [--shuffled 10000] [--json]`.

An oracle says what is there. It gives each 16 tokens in a row a number, equal exactly where the tokens are (pairs,
fours, eights, sixteens, each time by sorting), and joins equal numbers along their diagonals: no hash, no choice,
nothing of our index. Then the same texts go through the public door, `Checker.check(text, passages=True)`:

* recall: a run of 16 to 200 tokens of a work is planted into words drawn at random from all works. Half of the runs are
  cut at tokens and stand between spaces; half are cut at any character and touch what is around them. Works take turns
  by script. Every run that the oracle sees, in whatever work, must lie within a passage of that work.
* precision: texts of 100 to 500 words are made by shuffling pieces of one work, or by drawing tokens of all works as
  often as they occur. Every passage must be a run that the oracle sees, with just its extent; of a near-verbatim one,
  each equal stretch must stand in the work, in order.

Runs end at whole characters: one that ends between the bytes of a rare character is a token or two shorter. A passage
that already names as many sources as it may counts for every work.

WORKS are as `provenance ingest` takes them; by default the examples. The exit code is 1 if anything was missed or
invented.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import sys
import tempfile
import unicodedata
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import numpy as np

import provenance
from provenance.check.attribution import MAX_SOURCES
from provenance.plugins import get_plugin_manager
from provenance.reports import Passage
from provenance.sources import Declared, documents
from provenance.text import Tokens, load_tokenizer
from provenance.thresholds import LEAST_RUN
from provenance.works import Document

EXAMPLES = Path(__file__).parents[2] / "examples" / "works" / "works.jsonl"
LONGEST_PLANTED = 200
TOKENIZER = load_tokenizer()
Ids = np.ndarray
Run = tuple[int, int, int]
"""Half-open token offsets into a text, and the number of the work."""


# --- the oracle ------------------------------------------------------------------------------------------------------


def numbered(tokens: Ids) -> Ids:
    """Return a number for each 16 tokens in a row, equal exactly where the tokens are: int64 (t - 15,)."""
    numbers, width = tokens.astype(np.uint64), 1
    while width < LEAST_RUN:
        pairs = numbers[:-width] << np.uint64(32) | numbers[width:]
        numbers = np.unique(pairs, return_inverse=True)[1].astype(np.uint64)
        width *= 2
    return numbers.astype(np.int64)


class Oracle:
    """Knows every run of at least 16 tokens that some texts share with some works, by comparing all with all."""

    def __init__(self, works: Sequence[Ids], texts: Sequence[Ids]) -> None:
        parts = [*works, *texts]
        self._starts = np.cumsum([0, *(len(ids) + 1 for ids in parts)])
        fences = np.arange(1 << 16, (1 << 16) + len(parts), dtype=np.uint32)  # each once, so that no run crosses one
        joined = np.concatenate([np.append(ids, fence) for ids, fence in zip(parts, fences, strict=True)])
        numbers = numbered(np.append(joined, np.zeros(LEAST_RUN, np.uint32)))
        of_works = numbers[: self._starts[len(works)]]
        self._order = np.argsort(of_works, kind="stable")
        self._sorted, self._numbers, self._works = of_works[self._order], numbers, len(works)

    def runs(self, text: int) -> set[Run]:
        """Return the maximal runs of one text."""
        begin, end = self._starts[self._works + text : self._works + text + 2]
        asked = self._numbers[begin : max(begin, end - LEAST_RUN)]
        first = np.searchsorted(self._sorted, asked)
        counts = np.searchsorted(self._sorted, asked, side="right") - first
        at = np.arange(len(asked)).repeat(counts)
        steps = np.arange(len(at)) - (counts.cumsum() - counts).repeat(counts)
        there = self._order[first.repeat(counts) + steps]
        order = np.lexsort((at, there - at))
        at, there = at[order], there[order]
        breaks = np.flatnonzero((np.diff(there - at) != 0) | (np.diff(at) != 1))
        firsts, lasts = np.append(0, breaks + 1)[: len(at)], np.append(breaks, len(at) - 1)[: len(at)]
        works = np.searchsorted(self._starts, there[firsts], side="right") - 1
        return set(zip(at[firsts].tolist(), (at[lasts] + LEAST_RUN).tolist(), works.tolist(), strict=True))


def whole_characters(runs: set[Run], tokens: Tokens) -> set[Run]:
    """Return the runs without tokens at their ends that are part of a character, as far as they are long enough."""
    whole = boundaries(tokens).tolist()
    trimmed = {(whole[bisect_left(whole, b)], whole[bisect_right(whole, e) - 1], work) for b, e, work in runs}
    return {run for run in trimmed if run[1] - run[0] >= LEAST_RUN}


def boundaries(tokens: Tokens) -> Ids:
    """Return the places between tokens that divide no character, as a place between the bytes of a rare one does."""
    return np.flatnonzero(np.concatenate(([True], tokens.starts[1:] >= tokens.ends[:-1], [True])))


# --- the works and the texts -----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Held:
    """A work that is in the database under its number, with its tokens."""

    text: str
    tokens: Tokens
    boundaries: Ids
    script: str

    @classmethod
    def of(cls, text: str) -> Held:
        tokens = TOKENIZER.encode_with_offsets(text)
        return cls(text, tokens, boundaries(tokens), script_of(text))


@dataclass(frozen=True)
class Made:
    """A text to check, what it is an example of, and the run that was planted in it: place in characters, and work."""

    text: str
    group: str
    planted: Run | None = None


def script_of(text: str) -> str:
    """Return the script of most letters; one with kana is Japanese, whatever its Han characters."""
    names = Counter(unicodedata.name(c, "?").split()[0].title() for c in text[:20_000] if c.isalpha())
    if names["Hiragana"] > len(text[:20_000]) // 20:
        return "Japanese"
    return {"Cjk": "Han"}.get(common := names.most_common(1)[0][0], common) if names else "none"


def pieces(text: str) -> list[str]:
    """Return the words of a text, in pieces of at most 8 characters: in some scripts a word is a sentence."""
    return re.findall(r"\S{1,8}", text)


def planted_texts(works: Sequence[Held], number: int, rng: random.Random) -> Iterator[Made]:
    """Yield so many texts with a run of a work in them; scripts take turns."""
    scripts: dict[str, list[int]] = {}
    for place, work in enumerate(works):
        if len(work.tokens) >= LEAST_RUN:
            scripts.setdefault(work.script, []).append(place)
    others = [piece for work in works for piece in pieces(work.text[:50_000])]
    for turn in range(number):
        script = sorted(scripts)[turn % len(scripts)]
        chosen = rng.choice(scripts[script])
        cut, gap = cuts(works[chosen], rng), " " * (turn // len(scripts) % 2)
        begin, end = cut if gap else (max(0, cut[0] - rng.randrange(4)), cut[1] + rng.randrange(4))
        before, after = (" ".join(rng.choices(others, k=rng.randint(20, 150))) + gap for _ in range(2))
        run = works[chosen].text[begin:end]
        place = (len(before), len(before) + len(run), chosen) if gap else None
        yield Made(before + run + gap + after, script, place)


def cuts(work: Held, rng: random.Random) -> tuple[int, int]:
    """Return a stretch of a work that begins and ends with a token, and with a whole character."""
    length = rng.randint(LEAST_RUN, min(LONGEST_PLANTED, len(work.tokens)))
    first = rng.randint(0, len(work.tokens) - length)
    begin = work.boundaries[np.searchsorted(work.boundaries, first, side="right") - 1]
    end = work.boundaries[np.searchsorted(work.boundaries, first + length)]
    return int(work.tokens.starts[begin]), int(work.tokens.ends[end - 1])


def shuffled_texts(works: Sequence[Held], number: int, rng: random.Random) -> Iterator[Made]:
    """Yield so many texts of pieces in another order and, in turn with them, of tokens drawn by frequency."""
    lengths = [len(work.tokens) for work in works]
    split = cache(lambda place: pieces(works[place].text[:200_000]))
    for turn in range(number):
        words = rng.randint(100, 500)
        if turn % 2:
            drawn = (works[place] for place in rng.choices(range(len(works)), lengths, k=words))
            yield Made(" ".join(token(work, rng.randrange(len(work.tokens))) for work in drawn), "tokens by frequency")
        else:
            every = split(rng.choices(range(len(works)), lengths)[0])
            begin = rng.randint(0, max(0, len(every) - words))
            taken = every[begin : begin + words]
            rng.shuffle(taken)
            yield Made(" ".join(taken), "words shuffled")


def token(work: Held, at: int) -> str:
    return work.text[work.tokens.starts[at] : work.tokens.ends[at]]


# --- the comparison --------------------------------------------------------------------------------------------------


@dataclass
class Tally:
    """What was counted for one group of texts."""

    texts: int = 0
    planted: int = 0
    unseen: int = 0
    runs: int = 0
    found: int = 0
    passages: int = 0
    near: int = 0
    invented: int = 0

    @property
    def sound(self) -> bool:
        return self.found == self.runs and not self.invented and not self.unseen


def lies_within(run: Run, passages: Sequence[Passage]) -> bool:
    """Is a run inside a passage that names its work?"""
    begin, end, work = run
    around = (p for p in passages if p.token_start <= begin and end <= p.token_end)
    return any(len(p.sources) >= MAX_SOURCES or str(work) in {s.work.id for s in p.sources} for p in around)


def is_there(passage: Passage, runs: set[Run], text: Ids, works: Sequence[Held]) -> bool:
    """Does each work that a passage names hold it: as a run with this extent, or all its equal stretches in order?"""
    for source in passage.sources:
        work = int(source.work.id)
        if not passage.stretches and (passage.token_start, passage.token_end, work) not in runs:
            return False
        there = works[work].tokens.ids[source.token_start : source.token_end]
        if not in_order([text[begin:end] for begin, end in passage.stretches], there):
            return False
    return True


def in_order(stretches: Sequence[Ids], there: Ids) -> bool:
    """Does each stretch of tokens stand in others, one behind the other?"""
    reached = 0
    for stretch in stretches:
        windows = np.lib.stride_tricks.sliding_window_view(there[reached:], len(stretch))
        places = np.flatnonzero((windows == stretch).all(axis=1))
        if not len(places):
            return False
        reached += int(places[0]) + len(stretch)
    return True


def sees_planted(planted: Run, runs: set[Run], tokens: Tokens) -> bool:
    begin, end, work = planted
    first, last = np.searchsorted(tokens.starts, begin), np.searchsorted(tokens.ends, end, side="right")
    return any(start <= first and last <= stop and work == run_work for start, stop, run_work in runs)


def compared(checker: provenance.Checker, works: Sequence[Held], made: Sequence[Made]) -> dict[str, Tally]:
    """Check the texts and hold the passages against the oracle."""
    tokens = [TOKENIZER.encode_with_offsets(each.text) for each in made]
    oracle = Oracle([work.tokens.ids for work in works], [each.ids for each in tokens])
    tallies: dict[str, Tally] = {}
    for number, (each, its) in enumerate(zip(made, tokens, strict=True)):
        runs = whole_characters(oracle.runs(number), its)
        reported = checker.check(each.text, passages=True).passages or ()
        passages = [p for p in reported if p.tokens >= LEAST_RUN]
        tally = tallies.setdefault(each.group, Tally())
        tally.texts += 1
        if each.planted:
            tally.planted += 1
            tally.unseen += not sees_planted(each.planted, runs, its)
        tally.runs += len(runs)
        tally.found += sum(lies_within(run, passages) for run in runs)
        tally.passages += len(passages)
        tally.near += sum(bool(p.stretches) for p in passages)
        tally.invented += sum(not is_there(p, runs, its.ids, works) for p in passages)
    return tallies


Maker = Callable[[Sequence[Held], int, random.Random], Iterator[Made]]


def measure(found: Sequence[Document], planted: int, shuffled: int, seed: int = 3) -> dict[str, dict[str, Tally]]:
    """Ingest the works, each under its number, and compare both kinds of text."""
    works = [Held.of(document.text) for document in found]
    named = (replace(document, id=str(number), collection="") for number, document in enumerate(found))
    kinds: dict[str, tuple[Maker, int]] = {
        "recall": (planted_texts, planted), "precision": (shuffled_texts, shuffled),
    }  # fmt: skip
    with tempfile.TemporaryDirectory() as folder, provenance.Database.open(Path(folder, "db"), create=True) as database:
        database.ingest(named)
        checker = provenance.Checker(database)
        return {
            kind: compared(checker, works, list(make(works, number, random.Random(seed))))
            for kind, (make, number) in kinds.items()
        }


COLUMNS = {
    "texts": "texts", "planted": "cut at tokens", "unseen": "unseen by the oracle", "runs": "shared runs",
    "found": "found", "passages": "passages", "near": "near-verbatim", "invented": "invented",
}  # fmt: skip


def total(tallies: dict[str, Tally]) -> dict[str, Tally]:
    sums = {name: sum(getattr(tally, name) for tally in tallies.values()) for name in COLUMNS}
    return {**dict(sorted(tallies.items())), "all": Tally(**sums)}


def markdown(results: dict[str, dict[str, Tally]]) -> str:
    """Return a table for recall, by script, and one for precision, by kind of text."""
    lines = []
    for kind, tallies in results.items():
        lines += [f"| {kind} | {' | '.join(COLUMNS.values())} |", f"|{'---|' * (len(COLUMNS) + 1)}"]
        for group, tally in total(tallies).items():
            lines.append(f"| {group} | {' | '.join(f'{getattr(tally, name):,}' for name in COLUMNS)} |")
        lines.append("")
    return "\n".join(lines)


def main(argv: Sequence[str] | None = None) -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("works", type=Path, nargs="*", default=[EXAMPLES])
    parser.add_argument("--planted", type=int, default=10_000)
    parser.add_argument("--shuffled", type=int, default=10_000)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(argv)
    items = documents(options.works, get_plugin_manager(), Declared())
    found = [item for item in items if isinstance(item, Document)]
    results = measure(found, options.planted, options.shuffled)
    if options.json:
        print(json.dumps({k: {g: vars(t) for g, t in total(tallies).items()} for k, tallies in results.items()}))
    else:
        print(f"{len(found):,} works\n\n{markdown(results)}")
    return 0 if all(tally.sound for tallies in results.values() for tally in tallies.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
