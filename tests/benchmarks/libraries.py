"""Libraries of a share of some works, kept in a folder. `libraries.py FOLDER SOURCES... [--share S] [--licence L]`.

SOURCES are files or folders as `provenance ingest` takes them. A hash of a work's id decides whether it is ingested, so
that the same works are in every library of the same sources and share; the others are held out. The folder then has:

    db/                 the database, made by `provenance ingest`
    library.jsonl       the works in it
    held-out.jsonl      the other works, the first 200,000 characters of each

With `--licence` every work gets this licence instead of its own, so that no copy is silent for the sake of its licence.
`--sensitivity` is handed to `provenance ingest`. Other benchmarks take the folder; two folders of the same works, made
with two versions of the product or two settings of it, are compared by their `--compare`.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import math
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import provenance
from provenance.plugins import get_plugin_manager
from provenance.sources import Declared, documents

HELD_OUT = 200_000
Work = dict[str, Any]


def draw_number(name: str) -> float:
    """Return a number from 0 to 1 that a name always has."""
    return int.from_bytes(hashlib.blake2b(name.encode("utf-8", "surrogatepass"), digest_size=4).digest()) / 2**32


def read_works(path: Path) -> list[Work]:
    """Return the works of a JSON Lines file that `build_library` wrote."""
    with path.open(encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def describe_works(sources: Sequence[Path], licence: str | None) -> Iterator[Work]:
    """Yield each work of the sources with what a notice needs."""
    for item in documents(sources, get_plugin_manager(), Declared()):
        if isinstance(item, provenance.Document):
            yield {
                "id": item.source_id, "text": item.text, "title": item.title, "authors": item.authors,
                "year": item.year, "licence": licence or item.licence, "language": item.language,
            }  # fmt: skip


def build_library(folder: Path, sources: Sequence[Path], share: float, licence: str | None, options: list[str]) -> None:
    """Draw the works, write them, and ingest them."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "library.jsonl").open("w") as library, (folder / "held-out.jsonl").open("w") as held_out:
        for work in describe_works(sources, licence):
            if draw_number(work["id"]) < share:
                library.write(json.dumps(work) + "\n")
            else:
                held_out.write(json.dumps(work | {"text": work["text"][:HELD_OUT]}) + "\n")
    ingest_works(folder, options)


def ingest_works(folder: Path, options: Sequence[str]) -> None:
    """Put the works of a folder's `library.jsonl` into its database, with the command line as a user would."""
    command = [sys.executable, "-m", "provenance", "ingest", str(folder / "library.jsonl"), "--db", str(folder / "db")]
    done = subprocess.run([*command, *options], stdout=sys.stderr, check=False)
    if done.returncode not in {0, 3}:  # 3: some works could not be read, which are then in no figure
        raise SystemExit(f"ingest failed with exit code {done.returncode}")


def wilson_interval(successes: int, trials: int) -> tuple[float, float]:
    """Return the 95 % interval of a share (Wilson 1927).

    >>> [round(bound, 3) for bound in wilson_interval(0, 100)]
    [0.0, 0.037]
    """
    z2 = 1.96**2
    if not trials:
        return 0.0, 1.0
    share = successes / trials
    middle = (share + z2 / (2 * trials)) / (1 + z2 / trials)
    reach = 1.96 * math.sqrt(share * (1 - share) / trials + z2 / (4 * trials**2)) / (1 + z2 / trials)
    return max(0.0, middle - reach), min(1.0, middle + reach)


def print_table(header: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Print a Markdown table."""
    print(f"| {' | '.join(header)} |", f"|{'---|' * len(header)}", sep="\n")
    for row in rows:
        print(f"| {' | '.join(map(str, row))} |")


def add_sensitivity(parser: argparse.ArgumentParser) -> None:
    """Add the option that is handed to `provenance ingest`."""
    parser.add_argument("--sensitivity", help="of the database, as `provenance ingest` takes it")


def list_ingest_options(given: argparse.Namespace) -> list[str]:
    """Return what is handed to `provenance ingest`: nothing to a version that has no such option."""
    return ["--sensitivity", given.sensitivity] if given.sensitivity else []


def add_comparison(parser: argparse.ArgumentParser) -> None:
    """Add the options of a benchmark that is run before and after a change."""
    parser.add_argument("--write", type=Path, help="where to keep the figures, as JSON")
    parser.add_argument("--compare", type=Path, help="the figures of an earlier run, to print beside the new ones")


def exchange_figures(given: argparse.Namespace, results: Any) -> Any:
    """Keep the new figures and return the old ones, None if there are none."""
    if given.write:
        given.write.write_text(json.dumps(results, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return json.loads(given.compare.read_text(encoding="utf-8")) if given.compare else None


def main() -> None:
    """Build a library."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("sources", type=Path, nargs="+")
    parser.add_argument("--share", type=float, default=1.0, help="of the works that are ingested")
    parser.add_argument("--licence", help="an SPDX expression that all works get")
    add_sensitivity(parser)
    given = parser.parse_args()
    build_library(given.folder, given.sources, given.share, given.licence, list_ingest_options(given))


if __name__ == "__main__":
    main()
