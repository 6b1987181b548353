"""How fast and how large? `ingest.py WORKS.jsonl.zst [--workers N] [--keep text|tokens] [--rounds N]`.

Ingests JSON Lines with the command line, as a user would, with one worker and with several in turn, and measures all
its processes: wall and CPU seconds, the highest sum of resident memory (sampled), bytes on disk; of several rounds the
best of each. Start-up is part of it. Then checks a text of 500 words, warm:
100 consecutive words from each of two works of the database among 300 words shuffled from others, so that there is
something to find, resolve and render. Prints Markdown, or with --json one object.

Machines differ and are shared: compare runs on one machine, not figures across machines.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import provenance
from provenance.check import Checker
from provenance.plugins import get_plugin_manager
from provenance.sources import Declared, documents

PAGE = os.sysconf("SC_PAGE_SIZE")
CHECKS = 300


def resident(root: int) -> int:
    """Return the resident bytes of a process and all its descendants (Linux)."""
    total, waiting = 0, [root]
    while waiting:
        process = waiting.pop()
        try:
            total += int(Path(f"/proc/{process}/statm").read_text().split()[1]) * PAGE
            waiting += map(int, Path(f"/proc/{process}/task/{process}/children").read_text().split())
        except (FileNotFoundError, ProcessLookupError):
            continue
    return total


def ingest(works: Path, database: Path, workers: int, keep: str) -> dict[str, Any]:
    """Run `provenance ingest` and measure it from outside."""
    command = [sys.executable, "-m", "provenance", "ingest", str(works), "--db", str(database), "--keep", keep]
    before, begun = os.times(), time.perf_counter()
    process = subprocess.Popen([*command, "--workers", str(workers)], stdout=subprocess.DEVNULL)
    peak = 0
    while process.poll() is None:
        peak = max(peak, resident(process.pid))
        time.sleep(0.02)
    wall, after = time.perf_counter() - begun, os.times()
    if process.returncode not in {0, 3}:
        raise SystemExit(f"ingest failed with exit code {process.returncode}")
    cpu = after.children_user + after.children_system - before.children_user - before.children_system
    return {"wall_s": wall, "cpu_s": cpu, "peak_resident_mb": peak // 1_000_000}


def compare(works: Path, folder: Path, arguments: argparse.Namespace, megabytes: float) -> dict[str, Any]:
    """Ingest with one worker and with several, in turn, into new databases; return the best of each."""
    runs: dict[int, list[dict[str, Any]]] = {1: [], arguments.workers: []}
    for turn in range(arguments.rounds):
        for workers, told in runs.items():
            told.append(ingest(works, folder / f"{workers}-{turn}", workers, arguments.keep))
    figures = {}
    for workers, told in runs.items():
        best = {name: min(run[name] for run in told) for name in told[0]}
        best |= {"mb_per_s": megabytes / best["wall_s"], "mb_per_cpu_s": megabytes / best["cpu_s"]}
        figures |= {f"{name}_with_{workers}": round(figure, 1) for name, figure in best.items()}
    walls = [min(run["wall_s"] for run in told) for told in runs.values()]
    return figures | {"times_as_fast": round(walls[0] / walls[-1], 2)}


def sample(works: Path) -> tuple[str, int]:
    """Return a text of 500 words with two copied passages, and the bytes of text in all works."""
    rng = random.Random(20)
    size, kept = 0, []
    for item in documents([works], get_plugin_manager(), Declared()):
        if isinstance(item, provenance.Document):
            size += len(item.text.encode())
            if len(words := item.text.split()) > 20_000 and len(kept) < 40:
                kept.append(words)
    first, second, *others = rng.sample(kept, min(len(kept), 12))
    noise = [rng.choice(rng.choice(others)) for _ in range(300)]
    copied = [words[at : at + 100] for words in (first, second) for at in [rng.randrange(1_000, 19_000)]]
    return " ".join(noise[:100] + copied[0] + noise[100:200] + copied[1] + noise[200:]), size


def check(database: Path, text: str) -> dict[str, Any]:
    """Check the text again and again, in one process."""
    begun = time.perf_counter()
    with provenance.Database.open(database) as opened:
        open_ms = (time.perf_counter() - begun) * 1e3
        checker = Checker(opened)
        begun = time.perf_counter()
        report = checker.check(text)
        first_ms = (time.perf_counter() - begun) * 1e3
        times = []
        for _ in range(CHECKS):
            begun = time.perf_counter()
            checker.check(text)
            times.append((time.perf_counter() - begun) * 1e3)
        state = opened.snapshot().state
    return {
        "works": state.works, "tokens": state.tokens, "segments": len(state.segments),
        "index_bytes_per_token": round(sum(s.size for s in state.segments) / sum(s.tokens for s in state.segments), 2),
        "open_ms": round(open_ms, 1), "first_check_ms": round(first_ms, 1),
        "check_ms_median": round(statistics.median(times), 2),
        "check_ms_p95": round(statistics.quantiles(times, n=20)[-1], 2),
        "findings": len(report.findings), "exempt": len(report.exempt),
    }  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("works", type=Path)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--keep", choices=["text", "tokens"], default="text")
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        database = Path(folder, f"{arguments.workers}-0")
        text, size = sample(arguments.works)
        figures = {"keep": arguments.keep, "rounds": arguments.rounds, "text_mb": round(size / 1e6, 1)}
        figures |= compare(arguments.works, Path(folder), arguments, size / 1e6)
        figures["disk_mb"] = sum(f.stat().st_size for f in database.rglob("*") if f.is_file()) // 1_000_000
        figures |= check(database, text)
    if arguments.json:
        print(json.dumps(figures))
    else:
        print("\n".join(f"- {name.replace('_', ' ')}: {figure:,}" if isinstance(figure, int | float) else
                        f"- {name}: {figure}" for name, figure in figures.items()))  # fmt: skip


if __name__ == "__main__":
    main()
