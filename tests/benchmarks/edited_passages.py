"""How well are edited copies found? `edited_passages.py [WORKS] [--passages N] [--json]`.

WORKS is a file or folder as `provenance ingest` takes it, by default the example works. Every second work is ingested.
From the long ones among these, passages of 120 words are cut, edited, and planted between words of a work that is not
in the database and shares nothing with it there. One edit replaces, inserts, drops or swaps a word, each as often; the
edit rate is the share of words edited. Other rows dress the copy, or damage its letters as OCR does.

Prints a Markdown table: recall (share of the planted characters in reported passages of the right work), precision
(share of the characters in any reported passage that are planted), how many copies were found as just one passage, the
mean similarity of those, and the true one. Everything is drawn from a fixed seed and repeats exactly.
"""

from __future__ import annotations

import argparse
import json
import random
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from rapidfuzz.distance import LCSseq

import provenance
from provenance.plugins import get_plugin_manager
from provenance.reports import Passage
from provenance.sources import Declared, documents
from provenance.text import load_tokenizer
from provenance.works import Document

EXAMPLES = Path(__file__).parents[2] / "examples" / "works" / "works.jsonl"
TOKENIZER = load_tokenizer()
LENGTH = 120
Edit = Callable[[list[str], random.Random], str]


def words_edited(words: list[str], rng: random.Random, *, rate: float, others: Sequence[str]) -> str:
    """Replace, insert, drop or swap so many of the words."""
    edited = list(words)
    for place in sorted(rng.sample(range(len(words)), round(rate * len(words))), reverse=True):
        kind = rng.choice(("replace", "insert", "drop", "swap"))
        if kind == "insert":
            edited.insert(place, rng.choice(others))
        elif kind == "drop":
            del edited[place]
        elif kind == "swap":
            edited[place : place + 2] = edited[place : place + 2][::-1]
        else:
            edited[place] = rng.choice(others)
    return " ".join(edited)


def scanned(words: list[str], rng: random.Random, *, rate: float) -> str:
    """Exchange so many of the letters for others, as OCR does."""
    confused = {"l": "1", "o": "0", "e": "c", "m": "rn", "h": "b", "i": "l", "a": "o", "t": "f", "s": "5", "n": "u"}
    return "".join(confused.get(c, c) if rng.random() < rate else c for c in " ".join(words))


def hyphenated(words: list[str], rng: random.Random) -> str:
    """Divide every fifth long word at a line's end."""
    return " ".join(
        f"{w[:3]}-\n{w[3:]}" if len(w) > 6 and w.isalpha() and not n % 5 else w for n, w in enumerate(words)
    )


def marked(words: list[str], rng: random.Random) -> str:
    """Emphasise words as Markdown does."""
    return " ".join(rng.choice(("{}", "**{}**", "_{}_", "*{}*")).format(word) for word in words)


def rows(others: Sequence[str]) -> dict[str, Edit]:
    """All edits that are measured."""
    edits = {
        f"{rate} % of words": partial(words_edited, rate=rate / 100, others=others)
        for rate in (0, 5, 10, 15, 20, 25, 30)
    }
    return edits | {
        "1 % of letters": partial(scanned, rate=0.01), "2 % of letters": partial(scanned, rate=0.02),
        "4 % of letters": partial(scanned, rate=0.04), "capitals": lambda words, _: " ".join(words).upper(),
        "Markdown": marked, "hyphenation": hyphenated,
    }  # fmt: skip


@dataclass
class Score:
    """Sums over all copies of one row."""

    copies: int = 0
    planted: int = 0
    covered: int = 0
    reported: int = 0
    right: int = 0
    similarity: list[float] = field(default_factory=list)
    true: list[float] = field(default_factory=list)

    def figures(self) -> dict[str, float]:
        """Return the shares."""
        whole = len(self.similarity)
        return {
            "recall": self.covered / self.planted, "precision": self.right / max(self.reported, 1),
            "one passage": whole / self.copies, "similarity": sum(self.similarity) / max(whole, 1),
            "true similarity": sum(self.true) / max(whole, 1),
        }  # fmt: skip


def similarity(copy: str, original: str) -> float:
    """Return the equal tokens of both divided by the tokens of the longer one."""
    first, second = TOKENIZER.encode(copy).tolist(), TOKENIZER.encode(original).tolist()
    return float(LCSseq.similarity(first, second) / max(len(first), len(second)))


def judge(score: Score, found: tuple[Passage, ...], work: str, start: int, copy: str, original: str) -> None:
    """Add what was found of one copy."""
    planted = set(range(start, start + len(copy)))
    right = [passage for passage in found if any(source.work.id == work for source in passage.sources)]
    characters = {at for passage in found for at in range(passage.start, passage.end)}
    score.copies += 1
    score.planted += len(planted)
    score.covered += len(planted & {at for passage in right for at in range(passage.start, passage.end)})
    score.reported += len(characters)
    score.right += len(characters & planted)
    if len(right) == 1:
        score.similarity.append(right[0].similarity)
        score.true.append(similarity(copy, original))


def cuts(works: list[Document], passages: int, rng: random.Random) -> Iterator[tuple[str, list[str]]]:
    """Yield so many passages: the work's id and the words."""
    long = [(work.id or "", words) for work in works if len(words := work.text.split()) > 10 * LENGTH]
    for number in range(passages):
        name, words = long[number % len(long)]
        at = rng.randrange(len(words) - LENGTH)
        yield name, words[at : at + LENGTH]


def surroundings(checker: provenance.Checker, unrelated: list[list[str]], rng: random.Random) -> tuple[str, str]:
    """Return words in which, as they stand, nothing is found."""
    while True:
        words = rng.choice(unrelated)
        at = rng.randrange(len(words) - 2 * LENGTH)
        before, after = " ".join(words[at : at + LENGTH]), " ".join(words[at + LENGTH : at + 2 * LENGTH])
        if not checker.check(f"{before}\n\n{after}", passages=True).passages:
            return before, after


def measure(source: Path, passages: int) -> dict[str, dict[str, float]]:
    """Ingest, plant, check and score."""
    rng = random.Random(6)
    every = [d for d in documents([source], get_plugin_manager(), Declared()) if isinstance(d, Document)]
    held, left = every[::2], every[1::2]
    unrelated = [words for work in left if len(words := work.text.split()) > 10 * LENGTH]
    others = [word for words in unrelated for word in words]
    scores: dict[str, Score] = {}
    with tempfile.TemporaryDirectory() as folder, provenance.Database.open(Path(folder, "db"), create=True) as database:
        database.ingest(held)
        checker = provenance.Checker(database)
        for name, words in cuts(held, passages, rng):
            before, after = surroundings(checker, unrelated, rng)
            for row, edit in rows(others).items():
                copy = edit(words, rng)
                found = checker.check(f"{before}\n\n{copy}\n\n{after}", passages=True).passages or ()
                judge(scores.setdefault(row, Score()), found, name, len(before) + 2, copy, " ".join(words))
    return {row: score.figures() for row, score in scores.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("works", nargs="?", type=Path, default=EXAMPLES)
    parser.add_argument("--passages", type=int, default=300)
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    results = measure(arguments.works, arguments.passages)
    if arguments.json:
        print(json.dumps(results, indent=2))
        return
    names = list(next(iter(results.values())))
    print(f"| edited | {' | '.join(names)} |", "|---" * (len(names) + 1) + "|", sep="\n")
    for row, figures in results.items():
        print(f"| {row} | {' | '.join(f'{figures[name]:.3f}' for name in names)} |")


if __name__ == "__main__":
    main()
