"""What does a word of a stream cost? `python -m tests.benchmarks.stream WORKS.jsonl.zst DB [--words N] [--hold]`.

Streams texts word by word through a `StreamChecker` of a database of these works, and prints CPU microseconds a word
for the first 10, those up to the 100th, and so on; a word is 1 to 1.6 tokens of a language model, so this is the more
cautious figure. The texts: `foreign` has words that are drawn from the works one by one; `answers` is the same with a
passage of 100 words of a work after every 400; `collage` is made of passages of 40 words, each of another work;
`recitation` is one work after another. `end` is the whole check at the end, divided by the words. `longest_feed_ms` is
wall clock, and `feeds_over_ms` says how many of 1,000 took more than a millisecond. Each text is streamed twice, the
first time unmeasured, and what was found compared with a check of the whole."""

from __future__ import annotations

import argparse
import json
import random
import time
from collections.abc import Iterator
from itertools import chain, islice
from pathlib import Path

import provenance
from provenance.live import StreamChecker, fold_events
from tests.benchmarks.check import Words, long_works

MARKS = (10, 100, 1_000, 10_000, 100_000)


def foreign(works: list[Words], rng: random.Random) -> Iterator[str]:
    while True:
        yield rng.choice(rng.choice(works))


def passages(works: list[Words], rng: random.Random, length: int) -> Iterator[list[str]]:
    while True:
        words = rng.choice(works)
        at = rng.randrange(len(words) - length)
        yield words[at : at + length]


def texts(works: list[Words], number: int) -> dict[str, list[str]]:
    """Return the words of each text, with the space behind them."""
    rng = random.Random(5)
    noise, copies = foreign(works, rng), passages(works, rng, 100)
    answers = chain.from_iterable(chain(islice(noise, 400), next(copies)) for _ in range(number))
    made = {
        "foreign": foreign(works, rng),
        "answers": answers,
        "collage": chain.from_iterable(passages(works, rng, 40)),
        "recitation": chain.from_iterable(works),
    }
    return {name: [f"{word} " for word in islice(words, number)] for name, words in made.items()}


def measured(checker: provenance.Checker, words: list[str], *, hold: bool) -> dict[str, object]:
    """Stream one text."""
    stream = StreamChecker(checker, hold=hold)
    rates, longest, over, events = {}, 0.0, 0, []
    begun = before = time.process_time()
    for number, word in enumerate(words, 1):
        called = time.perf_counter()
        events += stream.feed(word)
        took = (time.perf_counter() - called) * 1e3
        longest, over = max(longest, took), over + (took > 1)
        if number in MARKS or number == len(words):
            now, first = time.process_time(), max([0, *(mark for mark in MARKS if mark < number)])
            rates[f"{first + 1:,}-{number:,}"] = round((now - before) / (number - first) * 1e6, 1)
            before = now
    all_of_it = time.process_time() - begun
    begun = time.process_time()
    events += stream.end()
    last = time.process_time() - begun
    report = stream.close()
    assert fold_events(events) == report.findings == checker.check(stream.text).findings
    return {
        "us_a_word": rates,
        "all": round(all_of_it / len(words) * 1e6, 1),
        "end": round(last / len(words) * 1e6, 1),
        "longest_feed_ms": round(longest, 1),
        "feeds_over_ms": round(1000 * over / len(words), 2),
        "findings": len(report.findings),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("works", type=Path)
    parser.add_argument("database", type=Path)
    parser.add_argument("--words", type=int, default=10_000)
    parser.add_argument("--hold", action="store_true")
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    with provenance.Database.open(arguments.database, read_only=True) as database:
        checker = provenance.Checker(database)
        figures = {}
        for name, words in texts(long_works(arguments.works, 60), arguments.words).items():
            measured(checker, words, hold=arguments.hold)
            figures[name] = measured(checker, words, hold=arguments.hold)
    if arguments.json:
        print(json.dumps(figures))
        return
    for name, rows in figures.items():
        print(f"{name}: " + "; ".join(f"{key.replace('_', ' ')} {value}" for key, value in rows.items()))


if __name__ == "__main__":
    main()
