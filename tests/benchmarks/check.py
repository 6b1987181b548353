"""How long does a check take? `check.py WORKS.jsonl.zst DB [--checks N] [--json]`.

Checks texts of 500 words against a database of these works, each text once: 100 consecutive words from each of two
works, and 300 words drawn from others between them. First from works that no check has met, so that everything about
them is read from the catalogue; then other texts from forty works that have been met. Prints milliseconds of wall clock
for both, of CPU for the latter, and how many checks a second one, two and four threads make. Only works of at least
1,000 words, written with spaces, are drawn from.

Others at work on the machine make the wall clock's figures larger than they are: the fifth percentile beside the median
tells by how much."""

from __future__ import annotations

import argparse
import json
import random
import statistics
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import provenance
from provenance.check import Checker
from provenance.plugins import get_plugin_manager
from provenance.sources import Declared, documents

COPIED, NOISE = 100, 300
Words = list[str]


def long_works(path: Path, number: int) -> list[Words]:
    """Return the words of that many works, in an order of chance."""
    found = []
    for item in documents([path], get_plugin_manager(), Declared()):
        words = item.text.split() if isinstance(item, provenance.Document) else []
        if len(words) >= 1_000 and sum(map(len, words)) < 10 * len(words):
            found.append(words[:20_000])
    random.Random(3).shuffle(found)
    return found[:number]


def answer(rng: random.Random, first: Words, second: Words, others: list[Words]) -> str:
    """Return a text of 500 words that copies a passage of each of two works."""
    noise = [rng.choice(rng.choice(others)) for _ in range(NOISE)]
    copies = [words[at : at + COPIED] for words in (first, second) for at in [rng.randrange(len(words) - COPIED)]]
    return " ".join(noise[:100] + copies[0] + noise[100:200] + copies[1] + noise[200:])


def milliseconds(check: Callable[[str], object], texts: list[str], clock: Callable[[], float]) -> dict[str, float]:
    """Return the fifth percentile, median and 95th percentile of the time that one check takes."""
    times = []
    for text in texts:
        begun = clock()
        check(text)
        times.append((clock() - begun) * 1e3)
    twentieths = statistics.quantiles(times, n=20)
    return {"p5": round(twentieths[0], 2), "median": round(twentieths[9], 2), "p95": round(twentieths[-1], 2)}


def per_second(check: Callable[[str], object], texts: list[str], threads: int) -> float:
    """Return how many checks a second so many threads make."""
    with ThreadPoolExecutor(threads) as pool:
        begun = time.perf_counter()
        list(pool.map(check, texts))
        return round(len(texts) / (time.perf_counter() - begun), 1)


def measured(works: Path, path: Path, checks: int) -> dict[str, object]:
    """Measure one database."""
    rng = random.Random(20)
    found = long_works(works, 2 * checks + 10)
    noise, drawn = found[:10], found[10:]
    new = [answer(rng, first, second, noise) for first, second in zip(drawn[::2], drawn[1::2], strict=False)]
    met = [answer(rng, *rng.sample(drawn[:40], 2), noise) for _ in range(4 * checks)]
    with provenance.Database.open(path, read_only=True) as database:
        checker = Checker(database)  # opens files, fills the table of words
        for text in met[:20]:
            checker.check(text)
        checker = Checker(database)  # has met no work
        return {
            "texts": [len(new), checks],
            "works_met_for_the_first_time_ms": milliseconds(checker.check, new, time.perf_counter),
            "works_met_before_ms": milliseconds(checker.check, met[:checks], time.perf_counter),
            "works_met_before_cpu_ms": milliseconds(checker.check, met[checks : 2 * checks], time.process_time),
            "checks_a_second_by_threads": {n: per_second(checker.check, met[2 * checks :], n) for n in (1, 2, 4)},
        }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("works", type=Path)
    parser.add_argument("database", type=Path)
    parser.add_argument("--checks", type=int, default=400)
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    figures = measured(arguments.works, arguments.database, arguments.checks)
    if arguments.json:
        print(json.dumps(figures))
    else:
        print("\n".join(f"- {name.replace('_', ' ')}: {figure}" for name, figure in figures.items()))


if __name__ == "__main__":
    main()
