"""How does an ingest bear what is very much, very large or very odd? As a user runs it, with memory and time."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from provenance import Checker, Database
from provenance.database import examine
from tests.database.samples import TIMES, words
from tests.faults.tally import Outcome, Verdict

CHILD = """
import resource, sys
from provenance.cli import main
code = main(sys.argv[1:])
sys.stdout.flush()
print("peak", resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, file=sys.stderr)
sys.exit(code)
"""
MOST_MEMORY = 3 << 20
"""In kilobytes, as Linux counts."""


def tiny_works(path: Path, number: int) -> str:
    """Write so many works of three words; return the text of one in the middle."""
    with path.open("w", encoding="utf-8") as file:
        for n in range(number):
            file.write(json.dumps({"id": str(n), "text": words(n * 10, 3), "licence": "MIT"}) + "\n")
    return words(number // 2 * 10, 3)


def one_line(path: Path, size: int) -> str:
    """Write a text of so many bytes without a line break; return its end."""
    filler = " ".join(f"{n:x}" for n in range(1_000, 60_000)) + " "
    with path.open("w", encoding="utf-8") as file:
        for _ in range(size // len(filler)):
            file.write(filler)
        file.write(TIMES)
    return TIMES


def one_book(path: Path, size: int) -> str:
    """Write a text of so many bytes in lines, with a vocabulary of 100,000 words; return its end."""
    with path.open("w", encoding="utf-8") as file:
        written = number = 0
        while written < size:
            written += file.write(f"{words(number * 7_919 % 100_000, 12)}\n")
            number += 1
        file.write(TIMES)
    return TIMES


LOADS: dict[str, tuple[str, Callable[[Path, int], str], int]] = {
    "100,000 works of three words in one ingest": ("tiny.jsonl", tiny_works, 100_000),
    "one work of 200 MB": ("book.txt", one_book, 200_000_000),
    "one work that is a line of 50 MB": ("line.txt", one_line, 50_000_000),
}


def borne(folder: Path, load: str) -> Verdict:
    """Ingest a load in a process of its own, find its text again, and say what that took."""
    name, write, size = LOADS[load]
    text = write(folder / name, size)
    begun = time.monotonic()
    command = [sys.executable, "-c", CHILD, "ingest", name, "--db", "db", "--keep", "tokens"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    seconds = time.monotonic() - begun
    kilobytes = int(done.stderr.split()[-1]) if "peak" in done.stderr else 0
    if done.returncode or not 0 < kilobytes < MOST_MEMORY:
        return Verdict(Outcome.WRONG, f"{load}: exit code {done.returncode}, {kilobytes} kB; {done.stderr[-500:]}")
    with Database.open(folder / "db") as database:
        is_found = bool(Checker(database).check(text, passages=True).passages)
    sound = is_found and not [trouble for _, trouble in examine(folder / "db") if trouble]
    return Verdict(Outcome.UNHARMED if sound else Outcome.WRONG, f"{seconds:.0f} s, {kilobytes / 1024:,.0f} MiB")
