"""Rewritten answers, and how many of them are found. `rewritten.py [--write F] [--compare OLD] [--sensitivity S]`.

For twenty passages of free works there are four answers each, written by hand (`tests/data/rewritten`): *cut*, the
passage shortened, its words kept; *light*, single words and turns changed; *heavy*, told anew in another order with
phrases of the passage left in; *none*, the same subject in words of one's own. The database has an excerpt of about
4,000 characters around each passage, and the example works; all get one licence, so that no copy is silent for the
sake of its own. Prints for each grade how many answers have a passage of the right work ("found"), how many a finding,
and how many a finding of any other work.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from pathlib import Path
from typing import Any

import provenance
from tests.benchmarks.libraries import (
    add_comparison,
    add_sensitivity,
    describe_works,
    exchange_figures,
    ingest_works,
    list_ingest_options,
    print_table,
)  # fmt: skip

TEXTS = Path(__file__).parents[1] / "data" / "rewritten" / "texts.json"
EXAMPLES = Path(__file__).parents[2] / "examples" / "works" / "works.jsonl"
GRADES = ("original", "cut", "light", "heavy", "none")
LICENCE = "CC-BY-4.0"


def read_texts() -> list[dict[str, Any]]:
    """Return the passages, their works and their answers."""
    texts: list[dict[str, Any]] = json.loads(TEXTS.read_text(encoding="utf-8"))
    return texts


def check_answers(database: provenance.Database, texts: list[dict[str, Any]]) -> dict[str, dict[str, list[str]]]:
    """Return for each grade the passages whose answer was found, has a finding, and has one of another work."""
    checker = provenance.Checker(database)
    results: dict[str, dict[str, list[str]]] = {}
    for grade in GRADES:
        found = results.setdefault(grade, {"found": [], "findings": [], "of others": []})
        for each in texts:
            report = checker.check(each[grade], passages=True)
            passages = [{source.work.title for source in passage.sources} for passage in report.passages or ()]
            findings = [{source.work.title for source in finding.passage.sources} for finding in report.findings]
            found["found"] += [each["id"]] * any(each["title"] in titles for titles in passages)
            found["findings"] += [each["id"]] * any(each["title"] in titles for titles in findings)
            found["of others"] += [each["id"]] * any(each["title"] not in titles for titles in findings)
    return results


def main() -> None:
    """Ingest, check and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add_comparison(parser)
    add_sensitivity(parser)
    given = parser.parse_args()
    texts = read_texts()
    fields = ("id", "title", "authors", "year", "source", "text")
    works = [{name: each[name] for name in fields} | {"licence": LICENCE} for each in texts]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with (folder / "library.jsonl").open("w") as library:
            for work in [*works, *describe_works([EXAMPLES], LICENCE)]:
                library.write(json.dumps(work) + "\n")
        ingest_works(folder, list_ingest_options(given))
        with provenance.Database.open(folder / "db", read_only=True) as database:
            results = check_answers(database, texts)
    old = exchange_figures(given, results)
    columns = ("found", "findings", "of others")
    rows = []
    for grade, found in results.items():
        before = [f"{len(old[grade][column])} → " if old else "" for column in columns]
        rows.append((grade, len(texts), *(f"{b}{len(found[c])}" for b, c in zip(before, columns, strict=True))))
    print_table(("grade", "answers", *columns), rows)


if __name__ == "__main__":
    main()
