"""Which works are one family, and what does it cost to find out? `families.py WORKS... [--largest N] [--rounds N]`.

WORKS are files or folders as `provenance ingest` takes them. Ingests them into a new database and prints the number of
works and families, and the largest families with titles, so that a person can see whether they are right; then the same
after `compact` has found the families afresh. With --rounds, also the CPU seconds of the ingest with sketches and
without them (works then join by content and copyright line alone), in turn, the best of so many rounds. Prints
Markdown, or with --json one object.

Machines differ and are shared: compare within a run.
"""

from __future__ import annotations

import argparse
import json
import sqlite3
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any
from unittest import mock

import provenance
from provenance.index import writer
from provenance.plugins import get_plugin_manager
from provenance.sources import Declared, documents

SHOWN = 6
LARGEST = """
    SELECT family, count(*) AS works, count(DISTINCT content_hash) AS contents FROM works
    GROUP BY family ORDER BY works DESC, family LIMIT ?
"""
TITLES = """
    SELECT coalesce(title, source_id), licence, substr(copyright, 1, 60) FROM works WHERE family = ?
    ORDER BY key LIMIT ?
"""


def ingest(works: Sequence[Path], folder: Path) -> float:
    """Ingest works into a new database; return the CPU seconds it took."""
    begun = time.process_time()
    with provenance.Database.open(folder, create=True) as database:
        database.ingest(documents(works, get_plugin_manager(), Declared()))
    return time.process_time() - begun


def read_families(folder: Path, largest: int) -> dict[str, Any]:
    """Return how many works and families a database has, and some works of the largest families."""
    with closing(sqlite3.connect(folder / "catalogue.sqlite")) as catalogue:
        works, families = catalogue.execute("SELECT count(*), count(DISTINCT family) FROM works").fetchone()
        (keys,) = catalogue.execute("SELECT count(*) FROM family_keys").fetchone()
        rows = [
            {"works": held, "contents": contents, "some": catalogue.execute(TITLES, (family, SHOWN)).fetchall()}
            for family, held, contents in catalogue.execute(LARGEST, (largest,))
        ]
    return {"works": works, "families": families, "keys": keys, "largest": rows}


def measure_cost(works: Sequence[Path], rounds: int) -> dict[str, float]:
    """Return the CPU seconds of an ingest with and without sketches, the best of some rounds each."""
    seconds: dict[str, list[float]] = {"with": [], "without": []}
    for _ in range(rounds):
        for name, taken in seconds.items():
            sketch = writer.sketch if name == "with" else lambda _anchors: b""
            with tempfile.TemporaryDirectory() as folder, mock.patch.object(writer, "sketch", sketch):
                taken.append(ingest(works, Path(folder) / "db"))
    best = {name: min(taken) for name, taken in seconds.items()}
    return {**best, "ratio": best["with"] / best["without"]}


def to_markdown(figures: dict[str, Any]) -> Iterator[str]:
    """Yield the lines of the report."""
    for name in ("ingested", "renewed"):
        found = figures[name]
        yield f"{name}: {found['works']:,} works, {found['families']:,} families, {found['keys']:,} values to join by\n"
        for row in found["largest"]:
            yield f"- {row['works']:,} works, {row['contents']:,} texts"
            yield from (f"    - {' | '.join(str(part) for part in some)}" for some in row["some"])
        yield ""
    yield f"renewal: {figures['renewal_cpu_s']:.2f} CPU seconds"
    if cost := figures.get("cost"):
        spent = f"{cost['with']:.2f} CPU seconds with sketches, {cost['without']:.2f} without"
        yield f"ingest: {spent}: {cost['ratio']:.3f}"


def main(argv: Sequence[str] | None = None) -> int:
    """Ingest, count, and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("works", type=Path, nargs="+")
    parser.add_argument("--largest", type=int, default=10, metavar="N", help="families that are shown")
    parser.add_argument("--rounds", type=int, default=0, metavar="N", help="ingests to measure, with and without each")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(argv)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "db"
        ingest(options.works, path)
        figures: dict[str, Any] = {"ingested": read_families(path, options.largest)}
        with provenance.Database.open(path) as database:
            begun = time.process_time()
            database.catalogue.renew_families({})
            figures["renewal_cpu_s"] = time.process_time() - begun
        figures["renewed"] = read_families(path, options.largest)
    if options.rounds:
        figures["cost"] = measure_cost(options.works, options.rounds)
    print(json.dumps(figures) if options.json else "\n".join(to_markdown(figures)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
