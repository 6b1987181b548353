"""Edited copies, and how well they are found. `edited_passages.py LIBRARY [--copies N] [--write F] [--compare OLD]`.

LIBRARY is a folder that `libraries.py` made, best with `--licence CC-BY-4.0`, so that each copy found is noticed.
From its works in English, French and Japanese, passages of 32 to 40, of 40 to 90 and of 120 words are cut, edited, and
planted between 60 words before and 60 after of works that were held out, in which nothing is found by itself.

An edit replaces a word by one of another work of the language, drops it, or inserts such a word, each as often; the
rate is the share of words edited, at places drawn by chance. In "every k-th" rows each k-th word is replaced, the most
regular change and the worst for a sampling. Other rows dress a copy of 120 English words, or damage its letters as OCR
does. In Japanese a word is one or two characters of one script in a row, which is near to the 1.9 characters of a word
in dictionaries.

Prints a Markdown table: the share of the planted characters in passages of the right work, the share of copies with a
finding of the right work, each with its 95 % interval (of the characters: over copies), and the share of the characters
in all passages that are planted ("precision"). All is drawn from fixed seeds: two libraries of the same works get the
same copies. `--write` keeps the figures as JSON, `--compare` prints those of an earlier run beside the new ones.
"""

from __future__ import annotations

import argparse
import random
import re
import statistics
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import provenance
from tests.benchmarks.libraries import (
    Work,
    add_comparison,
    exchange_figures,
    print_table,
    read_works,
    wilson_interval,
)  # fmt: skip

AROUND = 60
LENGTHS = {"32-40": (32, 40), "40-90": (40, 90), "120": (120, 120)}
LANGUAGES = ("en", "fr", "ja")
RATES = (0, 5, 10, 20, 30)
STEPS = (10, 9, 7, 5)
DRESSED = ("en", "120")
# Han characters, katakana, hiragana: one or two in a row of the same script; Latin words and figures; any other mark.
JAPANESE = re.compile(r"[\u4e00-\u9fff々]{1,2}|[\u30a0-\u30ff]{1,2}|[\u3041-\u309f]{1,2}|[A-Za-z0-9]+|\S")
Edit = Callable[[list[str], random.Random], list[str]]


def split_words(text: str, language: str) -> list[str]:
    """Return the words of a text.

    >>> split_words("私は東京都に", "ja")
    ['私', 'は', '東京', '都', 'に']
    """
    return JAPANESE.findall(text) if language == "ja" else text.split()


def join_words(words: Sequence[str], language: str) -> str:
    """Return a text of these words."""
    return ("" if language == "ja" else " ").join(words)


def edit_words(words: list[str], rng: random.Random, *, rate: float, others: Sequence[str]) -> list[str]:
    """Replace, drop or insert a share of the words."""
    edited = list(words)
    for place in sorted(rng.sample(range(len(words)), round(rate * len(words))), reverse=True):
        kind = rng.choice(("replace", "drop", "insert"))
        edited[place : place + (kind != "insert")] = [] if kind == "drop" else [rng.choice(others)]
    return edited


def replace_regularly(words: list[str], rng: random.Random, *, step: int, others: Sequence[str]) -> list[str]:
    """Replace every `step`-th word."""
    return [rng.choice(others) if at % step == step - 1 else word for at, word in enumerate(words)]


def scan_letters(words: list[str], rng: random.Random, *, rate: float) -> list[str]:
    """Exchange a share of the letters for others, as OCR does."""
    confused = {"l": "1", "o": "0", "e": "c", "m": "rn", "h": "b", "i": "l", "a": "o", "t": "f", "s": "5", "n": "u"}
    return ["".join(confused.get(c, c) if rng.random() < rate else c for c in word) for word in words]


def hyphenate_words(words: list[str], _: random.Random) -> list[str]:
    """Divide every fifth long word at a line's end."""
    return [f"{w[:3]}-\n{w[3:]}" if len(w) > 6 and w.isalpha() and not n % 5 else w for n, w in enumerate(words)]


def mark_words(words: list[str], rng: random.Random) -> list[str]:
    """Emphasise words as Markdown does."""
    return [rng.choice(("{}", "**{}**", "_{}_", "*{}*")).format(word) for word in words]


def list_edits(language: str, length: str, others: Sequence[str]) -> dict[str, Edit]:
    """Return the edits of one group of copies."""
    edits: dict[str, Edit] = {f"{rate} %": partial(edit_words, rate=rate / 100, others=others) for rate in RATES}
    edits |= {f"every {step}th": partial(replace_regularly, step=step, others=others) for step in STEPS}
    if (language, length) == DRESSED:
        edits |= {f"{rate} % of letters": partial(scan_letters, rate=rate / 100) for rate in (1, 2, 4)}
        edits |= {
            "capitals": lambda words, _: [word.upper() for word in words],
            "Markdown": mark_words,
            "hyphenation": hyphenate_words,
        }
    return edits


@dataclass
class Score:
    """What was found of the copies of one row.

    Attributes:
        covered: for each copy the share of its characters that was found.
        findings: how many copies have a finding.
        reported: the characters in all passages.
        right: how many of these are planted.
    """

    covered: list[float] = field(default_factory=list)
    findings: int = 0
    reported: int = 0
    right: int = 0

    def list_figures(self) -> dict[str, Any]:
        """Return the shares and their intervals."""
        count = len(self.covered)
        reach = 1.96 * statistics.pstdev(self.covered) / count**0.5
        mean = statistics.fmean(self.covered)
        return {
            "copies": count, "characters": round(mean, 4),
            "characters_95": [round(max(0.0, mean - reach), 4), round(min(1.0, mean + reach), 4)],
            "findings": round(self.findings / count, 4),
            "findings_95": [round(bound, 4) for bound in wilson_interval(self.findings, count)],
            "precision": round(self.right / max(self.reported, 1), 4),
        }  # fmt: skip


def judge_copy(score: Score, report: provenance.Report, work: str, start: int, end: int) -> None:
    """Add what was found of one copy."""
    planted = set(range(start, end))
    every: set[int] = set()
    right: set[int] = set()
    for passage in report.passages or ():
        characters = set(range(passage.start, passage.end))
        every |= characters
        if any(source.work.id == work for source in passage.sources):
            right |= characters
    score.covered.append(len(planted & right) / len(planted))
    score.reported += len(every)
    score.right += len(every & planted)
    score.findings += any(
        finding.passage.start < end
        and start < finding.passage.end
        and any(source.work.id == work for source in finding.passage.sources)
        for finding in report.findings
    )


def cut_passages(works: list[Work], language: str, length: str, number: int) -> Iterator[tuple[str, list[str]]]:
    """Yield passages of long works in turn: the work's id and the words."""
    rng = random.Random(f"{language} {length}")
    least, most = LENGTHS[length]
    long = [(work["id"], words) for work in works if len(words := split_words(work["text"], language)) > 2_000]
    rng.shuffle(long)
    for turn in range(number):
        name, words = long[turn % len(long)]
        size = rng.randint(least, most)
        at = rng.randrange(len(words) - size)
        yield name, words[at : at + size]


def draw_surroundings(checker: provenance.Checker, words: list[str], language: str, number: int) -> list[list[str]]:
    """Return stretches of held-out words in which, as they are, nothing is found."""
    rng, kept = random.Random(language), []
    while len(kept) < number:
        at = rng.randrange(len(words) - 2 * AROUND)
        if not checker.check(join_words(words[at : at + 2 * AROUND], language), passages=True).passages:
            kept.append(words[at : at + 2 * AROUND])
    return kept


def measure_library(folder: Path, copies: int) -> dict[str, dict[str, Any]]:
    """Plant, check and score: the figures of each row."""
    library, held_out = read_works(folder / "library.jsonl"), read_works(folder / "held-out.jsonl")
    scores: dict[str, Score] = {}
    with provenance.Database.open(folder / "db", read_only=True) as database:
        checker = provenance.Checker(database)
        for language in LANGUAGES:
            works = [work for work in library if work["language"] == language]
            others = [w for work in held_out if work["language"] == language
                      for w in split_words(work["text"], language)]  # fmt: skip
            if not works or not others:
                continue
            around = draw_surroundings(checker, others, language, min(copies, 100))
            for length in LENGTHS:
                edits = list_edits(language, length, others)
                for number, (name, words) in enumerate(cut_passages(works, language, length, copies)):
                    before = join_words(around[number % len(around)][:AROUND], language)
                    after = join_words(around[number % len(around)][AROUND:], language)
                    for row, edit in edits.items():
                        # A generator for each copy: what one edit draws changes no other, nor do more copies.
                        rng = random.Random(f"{language} {length} {number} {row}")
                        copy = join_words(edit(words, rng), language)
                        report = checker.check(f"{before}\n\n{copy}\n\n{after}", passages=True)
                        start, score = len(before) + 2, scores.setdefault(f"{language} | {length} | {row}", Score())
                        judge_copy(score, report, name, start, start + len(copy))
    return {row: score.list_figures() for row, score in scores.items()}


def show_percent(figures: dict[str, Any], name: str, old: dict[str, Any] | None) -> str:
    """Return a share, after the old one if there is one, and its interval."""
    low, high = figures[f"{name}_95"]
    before = f"{100 * old[name]:.1f} → " if old else ""
    return f"{before}{100 * figures[name]:.1f} ({100 * low:.0f}–{100 * high:.0f})"


def show_figures(results: dict[str, dict[str, Any]], old: dict[str, dict[str, Any]]) -> None:
    """Print the table."""
    header = ("language", "words", "edited", "copies", "characters found, %", "findings, %", "precision, %")
    rows = [
        (row, figures["copies"], show_percent(figures, "characters", old.get(row)),
         show_percent(figures, "findings", old.get(row)), f"{100 * figures['precision']:.1f}")
        for row, figures in results.items()
    ]  # fmt: skip
    print_table(header, rows)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("library", type=Path, help="a folder that libraries.py made")
    parser.add_argument("--copies", type=int, default=600, help="of each language and length")
    add_comparison(parser)
    given = parser.parse_args()
    results = measure_library(given.library, given.copies)
    show_figures(results, exchange_figures(given, results) or {})


if __name__ == "__main__":
    main()
