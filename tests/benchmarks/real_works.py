"""How much of what real works share is found? `real_works.py WORKS [--truth FILE] [--overlaps FILE]`.

WORKS is a folder of works, each file of which is ingested as one work. Two kinds of truth can be given:

* --truth: quotations in one of the works (`daily-verse`) with their offsets and the words' true source. For each, every
  run of at least G tokens that it shares with the King James Bible must be reported at its place.
* --overlaps: maximal shared runs of words between pairs of files, with offsets on both sides. Every run that reaches G
  tokens must be reported, in the right file, over its whole extent.

A run may be reported as part of a near-verbatim passage; only of verbatim ones the words are compared ("in place").

Prints the counts as Markdown, or with --json as one object. The shared runs of the first kind are counted by a
brute-force comparison of tokens that knows nothing of the index.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

import provenance
from provenance.check import Checker
from provenance.plugins import get_plugin_manager
from provenance.reports import Passage, Source
from provenance.sources import Declared, documents
from provenance.text import load_tokenizer
from provenance.thresholds import LEAST_RUN

TOKENIZER = load_tokenizer()


def brute_runs(text: np.ndarray, work: np.ndarray) -> Iterator[tuple[int, int]]:
    """Yield (start, end) of every maximal run of at least G tokens of `text` that stands in `work`."""
    places: dict[bytes, list[int]] = defaultdict(list)
    for at in range(len(work) - LEAST_RUN + 1):
        places[work[at : at + LEAST_RUN].tobytes()].append(at)
    for start in range(len(text) - LEAST_RUN + 1):
        for at in places.get(text[start : start + LEAST_RUN].tobytes(), ()):
            if start and at and text[start - 1] == work[at - 1]:
                continue
            length = LEAST_RUN
            while start + length < len(text) and at + length < len(work) and text[start + length] == work[at + length]:
                length += 1
            yield start, start + length


def read(folder: Path) -> Iterator[provenance.Document]:
    items = documents([folder], get_plugin_manager(), Declared())
    return (item for item in items if isinstance(item, provenance.Document))


def sources_of(passages: tuple[Passage, ...], name: str) -> list[tuple[Passage, Source]]:
    return [(p, s) for p in passages for s in p.sources if name in s.work.id]


def quotations(checker: Checker, text: str, truth: list[dict[str, Any]], works: dict[str, str]) -> dict[str, int]:
    """Check each trusted quotation alone against the Bible."""
    counts = {"quotations": 0, "runs": 0, "found": 0, "passages": 0, "verbatim": 0, "in place": 0}
    books = [TOKENIZER.encode(text) for name, text in works.items() if "kjv-bible" in name]
    for quotation in truth:
        quoted = text[quotation["start"] : quotation["end"]]
        tokens = TOKENIZER.encode_with_offsets(quoted)
        passages = checker.check(quoted, passages=True).passages or ()
        spans = [(p.start, p.end) for p, _ in sources_of(passages, "kjv")]
        counts["quotations"] += 1
        for start, end in {run for book in books for run in brute_runs(tokens.ids, book)}:
            first, last = int(tokens.starts[start]), int(tokens.ends[end - 1])
            counts["runs"] += 1
            counts["found"] += any(s <= first and last <= e for s, e in spans)
        for passage, source in sources_of(passages, "kjv"):
            counts["passages"] += 1
            counts["verbatim"] += not passage.stretches
            counts["in place"] += not passage.stretches and same_words(quoted, passage, source, works)
    return counts


def same_words(text: str, passage: Passage, source: Source, works: dict[str, str]) -> bool:
    """Does the work have, between the offsets that the source names, the very words of the passage?"""
    there = works[source.work.id][source.start : source.end]
    return bool(np.array_equal(TOKENIZER.encode(there), TOKENIZER.encode(text[passage.start : passage.end])))


def overlaps(checker: Checker, folder: Path, runs: list[dict[str, Any]], works: dict[str, str]) -> dict[str, int]:
    """Check each file that has an overlap, and look for it among the passages.

    A stretch that stands in a work several times is reported at its first place there, so that some overlaps are found
    at another place than the one listed; the words are the same.
    """
    counts = {
        "runs": 0,
        "long enough": 0,
        "found": 0,
        "at the listed place": 0,
        "passages": 0,
        "verbatim": 0,
        "in place": 0,
    }
    by_file: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for run in runs:
        by_file[run["a"]["path"]].append(run)
    for path, of_file in by_file.items():
        text = (folder / path).read_bytes().decode("utf-8-sig")
        passages = checker.check(text, passages=True).passages or ()
        for passage, source in sources_of(passages, ""):
            counts["passages"] += 1
            counts["verbatim"] += not passage.stretches
            counts["in place"] += not passage.stretches and same_words(text, passage, source, works)
        for run in of_file:
            counts["runs"] += 1
            a, b = run["a"], run["b"]
            if len(TOKENIZER.encode(text[a["start"] : a["end"]])) < LEAST_RUN:
                continue
            counts["long enough"] += 1
            found = [(p, s) for p, s in sources_of(passages, b["path"]) if p.start <= a["start"] and a["end"] <= p.end]
            counts["found"] += bool(found)
            listed = [s for _, s in found if s.start is not None and s.start <= b["start"] and b["end"] <= s.end]
            counts["at the listed place"] += bool(listed)
    return counts


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("works", type=Path)
    parser.add_argument("--truth", type=Path)
    parser.add_argument("--overlaps", type=Path)
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    results: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as folder, provenance.Database.open(Path(folder, "db"), create=True) as database:
        begun = time.perf_counter()
        ingested = database.ingest(documents([arguments.works], get_plugin_manager(), Declared()))
        results["ingest"] = {
            "works": ingested.added, "passed over": len(ingested.problems), "characters": ingested.characters,
            "tokens": ingested.tokens, "seconds": round(time.perf_counter() - begun, 1),
        }  # fmt: skip
        results["problems"] = [str(problem) for problem in ingested.problems]
        checker = Checker(database)
        works = {d.id or "": d.text for d in read(arguments.works)}
        if arguments.truth:
            truth = [q for q in json.loads(arguments.truth.read_text()) if q["cov"] >= 0.9]
            verse = next(arguments.works.rglob("daily-verse/*"))
            results["quotations"] = quotations(checker, verse.read_text(), truth, works)
        if arguments.overlaps:
            runs = json.loads(arguments.overlaps.read_text())
            results["overlaps"] = overlaps(checker, arguments.works.parent, runs, works)
    if arguments.json:
        print(json.dumps(results, indent=2))
        return
    for name, figures in results.items():
        print(
            f"- {name}: {', '.join(f'{k} {v:,}' for k, v in figures.items()) if isinstance(figures, dict) else figures}"
        )


if __name__ == "__main__":
    main()
