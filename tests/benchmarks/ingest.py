"""How fast and how large? `ingest.py WORKS.jsonl.zst [--workers N] [--keep text|tokens]`.

Ingests JSON Lines with the command line, as a user would, and measures the whole process: wall and CPU seconds, the
highest sum of resident memory over all its processes (sampled), bytes on disk. Then checks a text of 500 words, warm:
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
from provenance.checker import Checker
from provenance.ingest import Declared, documents
from provenance.pluginmanager import get_plugin_manager

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
    return {"wall_s": round(wall, 1), "cpu_s": round(cpu, 1), "peak_resident_mb": peak // 1_000_000}


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
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        database = Path(folder, "db")
        text, size = sample(arguments.works)
        figures = {"keep": arguments.keep, "workers": arguments.workers, "text_mb": round(size / 1e6, 1)}
        figures |= ingest(arguments.works, database, arguments.workers, arguments.keep)
        figures["mb_per_s"] = round(size / 1e6 / figures["wall_s"], 1)
        figures["mb_per_cpu_s"] = round(size / 1e6 / figures["cpu_s"], 1)
        figures["disk_mb"] = sum(f.stat().st_size for f in database.rglob("*") if f.is_file()) // 1_000_000
        figures |= check(database, text)
    if arguments.json:
        print(json.dumps(figures))
    else:
        print("\n".join(f"- {name.replace('_', ' ')}: {figure:,}" if isinstance(figure, int | float) else
                        f"- {name}: {figure}" for name, figure in figures.items()))  # fmt: skip


if __name__ == "__main__":
    main()
