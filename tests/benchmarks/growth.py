"""What becomes of it when there is more? `growth.py WORKS... [--megabytes 10 100 1000] [--texts 200] [--json]`.

For each size: ingest with the command line (two workers), open, check; then `compact`, open and check again. The same
texts of 512 tokens are checked at every size: they are cut from every 50th work, which is held out, and half of them
have 100 tokens in them of a work that is there at every size. At the largest size: checks a second from several threads
and processes. Last, what a text can do at worst, against a database of its own (`worst`).

WORKS are files or folders as `provenance ingest` takes them, in an order drawn once, so that every size has the same
mixture. Where they are not enough, each work comes again with all its words in another order, drawn for each copy (in
scripts without spaces: its characters). So every token is as frequent as in the works, while the shingles of a copy are
its own; what real works share with each other, and the licences that stand in many, is in the first copy only.

Every opening, and every worst case, has a process of its own. Files are in the system's cache, as they are after an
ingest. "Resident" is all that the process holds, with interpreter, libraries and mapped pages; "before" is without the
database. Machines differ and are shared: compare within a run. What a check takes is counted in CPU time, which is
steadier; a check has no threads and waits for nothing, so on a machine of its own that is its time. Opening, the first
check and the throughput are on the wall.
"""

from __future__ import annotations

import argparse
import itertools
import json
import multiprocessing
import os
import random
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np

import provenance
from provenance.plugins import get_plugin_manager
from provenance.sources import Declared, documents
from provenance.text import load_tokenizer
from provenance.works import Document
from tests.benchmarks.ingest import ingest, resident

HELD_OUT = 50
OUTPUT, PLANTED = 512, 100
HOLDERS = 10_000
ROUNDS = 5
LICENSE = Path(__file__).parents[2] / "LICENSE"
Figures = dict[str, Any]


# --- the works and the texts -----------------------------------------------------------------------------------------


def mixed(sources: Sequence[Path]) -> tuple[list[Document], list[str]]:
    """Return the works that are indexed, in the order drawn, and the texts of those that are held out."""
    found = [item for item in documents(sources, get_plugin_manager(), Declared()) if isinstance(item, Document)]
    random.Random(1).shuffle(found)
    indexed = [document for number, document in enumerate(found) if number % HELD_OUT]
    held_out = [document.text for document in found[::HELD_OUT]]
    if not indexed:
        raise SystemExit(f"too few works: one in {HELD_OUT} is held out, so at least two are needed")
    return indexed, held_out


def copies(works: Sequence[Document]) -> Iterator[tuple[str, str]]:
    """Yield an id and a text without end: the works, and again the works with their words in another order."""
    yield from ((f"{number}", work.text) for number, work in enumerate(works))
    for copy in itertools.count(1):
        rng = np.random.default_rng(copy)
        yield from ((f"{number}-{copy}", varied(work.text, rng)) for number, work in enumerate(works))


def varied(text: str, rng: np.random.Generator) -> str:
    """Return a text with its words in another order; its characters, where it has hardly any spaces."""
    words, between = text.split(" "), " "
    if len(words) < len(text) / 20:
        words, between = list(text), ""
    return between.join(words[at] for at in rng.permutation(len(words)).tolist())


def write(path: Path, works: Sequence[Document], megabytes: float) -> Figures:
    """Write so many megabytes of works as JSON Lines, and count."""
    size = count = 0
    with path.open("w", encoding="utf-8", errors="replace") as file:
        for name, text in copies(works):
            file.write(json.dumps({"id": name, "text": text, "collection": "growth"}) + "\n")
            size, count = size + len(text.encode("utf-8", "replace")), count + 1
            if size >= megabytes * 1e6:
                return {"works": count, "text_mb": round(size / 1e6, 1)}
    raise AssertionError("copies never end")


def outputs(works: Sequence[Document], held_out: Sequence[str], number: int, megabytes: float) -> list[str]:
    """Return texts of held-out works, each second with a run of a work that is among the first megabytes."""
    rng = random.Random(2)
    reached = np.cumsum([len(work.text.encode("utf-8", "replace")) for work in works])
    always = [work.text for work in works[: max(1, int(np.searchsorted(reached, megabytes * 1e6)))]]
    texts = []
    for turn in range(number):
        text = stretch(rng.choice(held_out), OUTPUT, rng)
        if turn % 2:
            planted = stretch(rng.choice(always), PLANTED, rng)
            at = rng.randrange(max(1, len(text) - len(planted)))
            text = f"{text[:at]} {planted} {text[at + len(planted) :]}"
        texts.append(text)
    return texts


def stretch(text: str, length: int, rng: random.Random) -> str:
    """Return so many tokens of a text, as they stand in it; fewer, where it has no more."""
    begin = rng.randrange(max(1, len(text) - 8 * length))
    cut = text[begin : begin + 16 * length]
    tokens = load_tokenizer().encode_with_offsets(cut)
    return cut[: tokens.ends[min(length, len(tokens)) - 1]] if len(tokens) else cut


# --- what a child process does ---------------------------------------------------------------------------------------


def check(database: Path, texts: Sequence[str]) -> Figures:
    """Open a database and check the texts twice: the second time counts."""
    before, begun, cpu = resident(os.getpid()), time.perf_counter(), time.process_time()
    with provenance.Database.open(database) as opened:
        open_ms = round((time.perf_counter() - begun) * 1e3, 1)
        open_cpu_ms = round((time.process_time() - cpu) * 1e3, 1)
        open_mb = resident(os.getpid()) // 1_000_000
        checker = provenance.Checker(opened)
        begun = time.perf_counter()
        checker.check(texts[0])
        first_ms = round((time.perf_counter() - begun) * 1e3, 1)
        found = sum(bool(checker.check(text, passages=True).passages) for text in texts)
        seconds = [timed(checker, text) for text in texts]
        state = opened.snapshot().state
    return {
        "segments": len(state.segments), "tokens": state.tokens, "open_ms": open_ms, "open_cpu_ms": open_cpu_ms,
        "before_mb": before // 1_000_000, "open_mb": open_mb, "first_ms": first_ms,
        "median_ms": milliseconds(seconds, 50), "p95_ms": milliseconds(seconds, 95),
        "worst_ms": milliseconds(seconds, 100), "resident_mb": resident(os.getpid()) // 1_000_000, "found": found,
    }  # fmt: skip


def milliseconds(seconds: Sequence[float], percentile: int) -> float:
    return round(float(np.percentile(seconds, percentile)) * 1e3, 2)


def peak() -> int:
    """Return the most megabytes that this process has had resident (Linux)."""
    (kilobytes,) = re.findall(r"VmHWM:\s+(\d+)", Path("/proc/self/status").read_text())
    return int(kilobytes) // 1000


def timed(checker: provenance.Checker, text: str) -> float:
    """Return the CPU seconds of a check."""
    begun = time.process_time()
    checker.check(text)
    return time.process_time() - begun


def compact(database: Path, _: Sequence[str]) -> Figures:
    """Compact a database."""
    begun, cpu = time.perf_counter(), time.process_time()
    with provenance.Database.open(database) as opened:
        opened.compact()
    wall, cpu = time.perf_counter() - begun, time.process_time() - cpu
    return {"wall_s": round(wall, 1), "cpu_s": round(cpu, 1), "peak_resident_mb": peak()}


def threads(database: Path, texts: Sequence[str]) -> Figures:
    """Return how many checks a second 1, 2 and 4 threads of one process do together."""
    with provenance.Database.open(database) as opened:
        checker = provenance.Checker(opened)
        rates = {}
        for number in (1, 1, 2, 4):  # the first time is for warming up
            with ThreadPoolExecutor(number) as pool:
                begun = time.perf_counter()
                done = len(list(pool.map(checker.check, list(texts) * ROUNDS)))
                rates[f"{number} thread{'s' * (number > 1)}"] = round(done / (time.perf_counter() - begun))
    return rates


def processes(database: Path, texts: Sequence[str]) -> Figures:
    """Return how many checks a second 1 and 2 processes do together."""
    spawn = multiprocessing.get_context("spawn")
    rates = {}
    for number in (1, 2):
        barrier, ends = spawn.Barrier(number), spawn.SimpleQueue()
        started = [spawn.Process(target=_checking, args=(database, texts, barrier, ends)) for _ in range(number)]
        for process in started:
            process.start()
        spans = [ends.get() for _ in started]
        for process in started:
            process.join()
        wall = max(end for _, end in spans) - min(begin for begin, _ in spans)
        rates[f"{number} process{'es' * (number > 1)}"] = round(number * ROUNDS * len(texts) / wall)
    return rates


def _checking(database: Path, texts: Sequence[str], barrier: Any, ends: Any) -> None:
    with provenance.Database.open(database) as opened:
        checker = provenance.Checker(opened)
        for text in texts:
            checker.check(text)
        barrier.wait()
        begun = time.monotonic()
        for text in list(texts) * ROUNDS:
            checker.check(text)
        ends.put((begun, time.monotonic()))


def worst(database: Path, texts: Sequence[str]) -> Figures:
    """Check one text six times in a fresh process: what the first took, the median of the rest, and the memory."""
    (text,) = texts
    with provenance.Database.open(database) as opened:
        checker = provenance.Checker(opened)
        checker.check("a few words to warm up with, which are in no work at all, and not very many of them either")
        before = peak()
        first = timed(checker, text)
        seconds = [timed(checker, text) for _ in range(5)]
        report = checker.check(text, passages=True)
    return {
        "tokens": report.tokens, "first_ms": round(first * 1e3, 1),
        "median_ms": milliseconds(seconds, 50), "more_mb": peak() - before, "passages": len(report.passages or ()),
        "findings": len(report.findings),
    }  # fmt: skip


STEPS = {step.__name__: step for step in (check, compact, threads, processes, worst)}


def child(step: str, database: Path, texts: Sequence[str], limit: float | None = None) -> Figures:
    """Run one step in a process of its own, at most so many seconds."""
    command = [sys.executable, __file__, "--child", step, str(database)]
    try:
        done = subprocess.run(
            command, input=json.dumps(texts), check=False, capture_output=True, text=True, timeout=limit
        )
    except subprocess.TimeoutExpired:
        return {"first_ms": f"not done after {limit} s"}
    if done.returncode:
        raise SystemExit(f"{step} failed with exit code {done.returncode}\n{done.stderr}")
    return dict(json.loads(done.stdout.splitlines()[-1]))


# --- the worst cases -------------------------------------------------------------------------------------------------


def hostile(works: Sequence[Document], holders: int, longest: int) -> Iterator[Document]:
    """Yield the works of a database in which all works have a passage in common, and each tenth a licence."""
    rng, licence = random.Random(4), LICENSE.read_text(encoding="utf-8")
    words, passage = common_words(works), common_passage(works)
    yield Document(text="sea " * (longest // 4), id="one word")
    for number in range(holders):
        before, after = (" ".join(rng.choices(words, k=60)) for _ in range(2))
        parts = [before, passage, after, *([licence] if number % 10 == 0 else [])]
        yield Document(text="\n\n".join(parts), id=f"holder {number}")


def common_words(works: Sequence[Document]) -> list[str]:
    return max((work.text for work in works), key=lambda text: text.count(" ")).split()[:20_000]


def common_passage(works: Sequence[Document]) -> str:
    """Return the passage of 100 words that all works of the worst database have."""
    return " ".join(common_words(works)[1000:1100])


def cases(works: Sequence[Document], held_out: Sequence[str], longest: int) -> dict[str, str]:
    """Return the texts of the worst cases, the long ones with so many characters."""
    rng, licence, words = random.Random(5), LICENSE.read_text(encoding="utf-8"), common_words(works)
    noise = [" ".join(rng.choices(words, k=200)) for _ in range(2)]
    return {
        "a licence that a tenth of the works have": licence,
        "512 tokens of it": stretch(licence, OUTPUT, rng),
        "a passage in every work": f"{noise[0]} {common_passage(works)} {noise[1]}",
        "one word, 512 times": "sea " * 512,
        "one word": "sea " * (longest // 4),
        "works": "\n".join(work.text[:100_000] for work in works)[:longest],
        "works that are not in the database": "\n".join(text[:100_000] for text in held_out)[:longest],
    }


def worst_cases(
    folder: Path, works: Sequence[Document], held_out: Sequence[str], options: argparse.Namespace
) -> list[Figures]:
    """Build the worst database, with a little more than the longest text of real works, and check each case."""
    path, reached = folder / "worst", np.cumsum([min(len(work.text), 100_000) for work in works])
    some = works[: int(np.searchsorted(reached, options.longest)) + 1]
    with provenance.Database.open(path, create=True) as database:
        database.ingest(itertools.chain(hostile(some, options.holders, options.longest), some))
    return [
        {"case": name, "characters": len(text)} | child("worst", path, [text], options.limit)
        for name, text in cases(some, held_out, options.longest).items()
    ]


# --- the run as a whole ----------------------------------------------------------------------------------------------


def size_of(folder: Path) -> int:
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())


def grown(folder: Path, works: Sequence[Document], texts: Sequence[str], megabytes: float) -> Iterator[Figures]:
    """Yield the figures of one size, as it was ingested and compacted; leave the database as `folder`/db."""
    source, database = folder / "works.jsonl", folder / "db"
    written = write(source, works, megabytes)
    done = ingest(source, database, 2, "text")
    source.unlink()
    row = {**written, "state": "ingested", **done, "mb_per_s": round(written["text_mb"] / done["wall_s"], 1)}
    yield row | {"disk_mb": size_of(database) // 1_000_000, **child("check", database, texts)}
    row = {**written, "state": "compacted", **child("compact", database, [])}
    yield row | {"disk_mb": size_of(database) // 1_000_000, **child("check", database, texts)}


def measured(options: argparse.Namespace) -> Figures:
    """Measure every size, the throughput of the largest, and the worst cases."""
    works, held_out = mixed(options.works)
    texts = outputs(works, held_out, options.texts, min(options.megabytes))
    sizes: list[Figures] = []
    rates: Figures = {}
    for megabytes in sorted(options.megabytes):
        with tempfile.TemporaryDirectory() as folder:
            for row in grown(Path(folder), works, texts, megabytes):
                print(json.dumps(row), file=sys.stderr)
                sizes.append(row)
            if megabytes == max(options.megabytes):
                rates = {**child("threads", Path(folder, "db"), texts), **child("processes", Path(folder, "db"), texts)}
    with tempfile.TemporaryDirectory() as folder:
        hard = worst_cases(Path(folder), works, held_out, options)
    return {"sizes": sizes, "rates": rates, "worst": hard}


SIZES = {
    "text_mb": "MB of text", "works": "works", "state": "", "segments": "segments", "wall_s": "wall, s",
    "cpu_s": "CPU s", "mb_per_s": "MB/s", "peak_resident_mb": "peak, MB", "disk_mb": "disk, MB", "open_ms": "open, ms",
    "open_cpu_ms": "of the CPU",
    "before_mb": "resident before, MB", "open_mb": "open", "resident_mb": "after checks", "first_ms": "first check, ms",
    "median_ms": "check, CPU ms", "p95_ms": "p95", "worst_ms": "worst", "found": "texts with a passage",
}  # fmt: skip
WORST = {
    "case": "text", "characters": "characters", "first_ms": "first, CPU ms", "median_ms": "median, CPU ms",
    "more_mb": "more memory, MB", "passages": "passages", "findings": "findings",
}  # fmt: skip


def table(columns: dict[str, str], rows: Sequence[Figures]) -> str:
    lines = [f"| {' | '.join(columns.values())} |", f"|{'---|' * len(columns)}"]
    shown = [[row.get(name, "–") for name in columns] for row in rows]
    lines += [f"| {' | '.join(f'{v:,}' if isinstance(v, int | float) else v for v in row)} |" for row in shown]
    return "\n".join(lines)


def markdown(results: Figures) -> str:
    """Return the three tables, and how much longer a check takes at ten times the text."""
    parts = [table(SIZES, results["sizes"])]
    compacted = [row for row in results["sizes"] if row["state"] == "compacted"]
    for small, large in itertools.pairwise(compacted):
        times, longer = large["text_mb"] / small["text_mb"], large["median_ms"] / small["median_ms"]
        parts.append(f"{times:.2g} times the text: a check takes {longer:.2f} times as long.")
    rates = results["rates"]
    parts += [
        table(dict(zip(rates, rates, strict=True)), [rates]) + "\n\nChecks a second.",
        table(WORST, results["worst"]),
    ]
    return "\n\n".join(parts)


def arguments(argv: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("works", type=Path, nargs="+")
    parser.add_argument("--megabytes", type=float, nargs="+", default=[10, 100, 1000], help="text to ingest")
    parser.add_argument("--texts", type=int, default=200)
    parser.add_argument("--holders", type=int, default=HOLDERS, help="works with the same passage, for the worst cases")
    parser.add_argument("--longest", type=int, default=1_000_000, help="characters of the longest texts of these")
    parser.add_argument("--limit", type=float, default=120, help="seconds for all checks of a worst case")
    parser.add_argument("--json", action="store_true")
    return parser.parse_args(argv)


def main(argv: Sequence[str] | None = None) -> int:
    """Measure and print, or do one step of it as a child process."""
    argv = sys.argv[1:] if argv is None else argv
    if argv[:1] == ["--child"]:
        _, step, database = argv
        print(json.dumps(STEPS[step](Path(database), json.loads(sys.stdin.read()))))
        return 0
    options = arguments(argv)
    results = measured(options)
    print(json.dumps(results) if options.json else markdown(results))
    return 0


if __name__ == "__main__":
    sys.exit(main())
