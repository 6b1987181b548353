"""How many creators have the same passage? `commonplace.py WORKS.jsonl.zst DB [--texts N]`.

Checks N stretches of 400 words that really stand in the works, drawn by chance, against a database of these works, and
counts the passages of at least 32 tokens that stand in more than one work by the number of unrelated creators that have
them: each wording once, however often it is met. Prints a Markdown table with some wordings for each number, so that a
person can see from where on they are nobody's own; and how many bits a token has on average, by the shipped vocabulary
and by the database's own counts.
"""

from __future__ import annotations

import argparse
import random
from collections import defaultdict
from pathlib import Path

import numpy as np

import provenance
from provenance.check.information import estimate_token_bits
from provenance.plugins import get_plugin_manager
from provenance.sources import Declared, documents
from provenance.text import load_tokenizer

STEPS = (1, 2, 3, 4, 5, 6, 8, 10, 12, 16, 24, 32, 1 << 30)
WORDS = 400
SHOWN = 6


def stretches(works: Path, number: int) -> list[str]:
    """Return that many stretches of works, each of another work, drawn by chance."""
    rng = random.Random(8)
    texts = [item.text for item in documents([works], get_plugin_manager(), Declared()) if hasattr(item, "text")]
    drawn = []
    for text in rng.sample(texts, min(number, len(texts))):
        words = text.split(" ")
        start = rng.choice([0, rng.randrange(max(1, len(words) - WORDS))])
        drawn.append(" ".join(words[start : start + WORDS])[:20_000])
    return drawn


def shared(checker: provenance.Checker, texts: list[str]) -> dict[str, int]:
    """Return each wording of at least 32 tokens that several works have, with the number of its creators."""
    found: dict[str, int] = {}
    for text in texts:
        for passage in checker.check(text, passages=True).passages or ():
            if passage.works > 1 and passage.tokens >= 32 and not passage.stretches:
                found[" ".join(passage.quote.exact.split())] = passage.families
    return found


def average_bits(database: provenance.Database) -> tuple[float, ...]:
    """Return the average information of the works' tokens, by the vocabulary and by the database."""
    prior = load_tokenizer().vocabulary.bits
    seen = [segment.frequencies for segment in database.snapshot().segments.values()]
    counts = np.zeros(len(prior))
    for tokens, times in seen:
        counts[tokens] += times
    return tuple(float((counts * bits).sum() / counts.sum()) for bits in (prior, estimate_token_bits(seen, prior)))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("works", type=Path)
    parser.add_argument("database", type=Path)
    parser.add_argument("--texts", type=int, default=1000)
    parser.add_argument("--shown", type=int, default=SHOWN)
    arguments = parser.parse_args()
    with provenance.Database.open(arguments.database, read_only=True) as database:
        wordings = shared(provenance.Checker(database), stretches(arguments.works, arguments.texts))
        by_vocabulary, by_works = average_bits(database)
    by_step = defaultdict(list)
    for wording, creators in sorted(wordings.items()):
        by_step[max(step for step in STEPS if step <= creators)].append(wording)
    print("| creators from | wordings | such as |\n|---|---|---|")
    for step, those in sorted(by_step.items()):
        shown = random.Random(1).sample(those, min(arguments.shown, len(those)))
        print(f"| {step} | {len(those)} | {'<br>'.join(each[:160].replace('|', '/') for each in shown)} |")
    print(f"\nBits a token: {by_vocabulary:.2f} by the vocabulary, {by_works:.2f} by the database.")


if __name__ == "__main__":
    main()
