"""How does the index do beside its peers? `peers.py WORKS... [--millions 1 10 43] [--queries 300] [--json]`.

All of them index the same tokens of the same works and scan the same outputs of 512 tokens, one after another in one
run, each in processes of its own: the first builds, the second opens and scans.

* ours: a segment with its tokens; a scan is `winnow` and `find_exact_matches`, from token ids to matches of 16 tokens.
* infini-gram (the package `infini-gram`, left out where it is not installed): a suffix array; `attribute(min_len=16)`.
* sqlite: our anchors as rows of a table with an index; the rest of the scan is ours.
* automaton: each shingle of 8 tokens is a word of a pyahocorasick automaton in memory, so only the first `--automaton`
  million tokens fit; where 9 shingles in a row are known, 16 tokens may match. It says neither where nor whose.

WORKS are files or folders as `provenance ingest` takes them. Every 50th work is held out of the index: its text is what
the outputs are made of. Half of them have a run of 16 to 200 tokens of an indexed work planted in them, always from the
first works, so that every size is asked the same. A planted run is missed if no run that is found covers it.

The scan is timed warm, after one pass over all outputs; the first of that pass shows what a cold start takes, with our
checksums. Bytes a token are those of index and tokens together. Machines differ and are shared: CPU seconds are
steadier than those on the wall, and ratios within a run are better than either.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib.util
import json
import os
import random
import re
import resource
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import ahocorasick
import numpy as np

import provenance
from provenance.fingerprints import SAMPLINGS, thin, winnow
from provenance.index import Postings, Segment, build_segment
from provenance.match import find_exact_matches
from provenance.plugins import get_plugin_manager
from provenance.sources import Declared, documents
from provenance.text import load_tokenizer
from provenance.thresholds import LEAST_RUN
from provenance.works import Document, Keep, Sensitivity

OURS, WIDE = SAMPLINGS[Keep.TOKENS.sensitivity], SAMPLINGS[Sensitivity.WIDE]
OUTPUT = 512
HELD_OUT = 50
LONGEST_PLANTED = 200
SEPARATOR = 65_535
"""What infini-gram has between works; no token of ours has this id."""

Ids = np.ndarray
Scan = Callable[[Ids], list[tuple[int, int]]]
"""From the ids of an output to the half-open stretches that match."""


# --- the works and the outputs ---------------------------------------------------------------------------------------


def tokenised(works: Sequence[Path], most: int) -> tuple[list[Ids], Ids]:
    """Return the tokens of the works up to a number of tokens, and those of the works that are held out."""
    tokenizer = load_tokenizer()
    indexed: list[Ids] = []
    held_out: list[Ids] = []
    total = 0
    items = documents(list(works), get_plugin_manager(), Declared())
    for number, item in enumerate(item for item in items if isinstance(item, provenance.Document)):
        if total >= most:
            break
        ids = tokenizer.encode(item.text)
        if number % HELD_OUT == 0:
            held_out.append(ids)
        elif len(ids) >= LEAST_RUN:
            indexed.append(ids)
            total += len(ids)
    if not indexed or sum(map(len, held_out)) <= OUTPUT:
        raise SystemExit(
            f"too few works: one in {HELD_OUT} is held out, and the outputs are made of its {OUTPUT} tokens"
        )
    return indexed, np.concatenate(held_out)


def first(works: list[Ids], millions: float) -> list[Ids]:
    """Return the first works, up to this many tokens or a little more."""
    reached = np.cumsum([len(ids) for ids in works])
    return works[: int(np.searchsorted(reached, millions * 1e6)) + 1]


def outputs(works: list[Ids], held_out: Ids, number: int) -> tuple[Ids, list[tuple[int, int] | None]]:
    """Return texts, uint16 (number, OUTPUT), and for each the planted run, or None: every second has one."""
    rng = random.Random(number)
    texts = np.empty((number, OUTPUT), np.uint16)
    planted: list[tuple[int, int] | None] = []
    for text in texts:
        at = rng.randrange(len(held_out) - OUTPUT)
        text[:] = held_out[at : at + OUTPUT]
        planted.append(plant(text, rng.choice(works), rng) if len(planted) % 2 == 0 else None)
    return texts, planted


def plant(text: Ids, work: Ids, rng: random.Random) -> tuple[int, int]:
    """Put a run of a work into a text, and say where."""
    length = rng.randint(LEAST_RUN, min(LONGEST_PLANTED, len(work)))
    begin, at = rng.randint(0, len(work) - length), rng.randint(0, OUTPUT - length)
    text[at : at + length] = work[begin : begin + length]
    return at, at + length


def load(folder: Path) -> list[Ids]:
    """Return the works that the parent process left in a folder."""
    ids, ends = np.load(folder / "ids.npy"), np.load(folder / "ends.npy")
    return np.split(ids, ends[:-1])


# --- who takes part --------------------------------------------------------------------------------------------------


class Replayed:
    """Stands in for the tokenizer, so that building a segment is timed from token ids on."""

    digest = load_tokenizer().digest

    def __init__(self, works: list[Ids]) -> None:
        self._works = works

    def encode_blocks(self, text: str, size: int) -> Iterator[tuple[str, Ids]]:
        yield text, self._works[int(text)]


class Ours:
    """A segment, as an ingest writes it."""

    def build(self, works: list[Ids], folder: Path) -> None:
        numbers = (Document(text=str(number)) for number in range(len(works)))
        build_segment(numbers, folder / "works.seg", tokenizer=Replayed(works), keep=Keep.TOKENS)  # type: ignore[arg-type]

    def open(self, folder: Path) -> Scan:
        return scanner(Segment(folder / "works.seg", tokenizer_digest=Replayed.digest))


def scanner(segment: Segment) -> Scan:
    def scan(ids: Ids) -> list[tuple[int, int]]:
        runs = find_exact_matches(ids, winnow(ids, segment.sampling), segment)
        return list(zip(runs.starts.tolist(), runs.ends.tolist(), strict=True))

    return scan


class Table(Segment):
    """A segment whose postings lie in a table of SQLite instead; the tokens to compare with are still its own."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder / "works.seg", tokenizer_digest=Replayed.digest)
        self._rows = sqlite3.connect(folder / "anchors.sqlite")

    def find(self, fingerprints: Ids) -> Postings:
        hashes = fingerprints.view(np.int64).tolist()
        marks = ",".join("?" * len(hashes))
        rows = self._rows.execute(f"SELECT hash, position FROM anchors WHERE hash IN ({marks})", hashes).fetchall()
        asked: dict[int, list[int]] = {}
        for query, value in enumerate(hashes):
            asked.setdefault(value, []).append(query)
        pairs = sorted((query, position) for value, position in rows for query in asked[value])
        return Postings(*np.array(pairs, np.int64).reshape(-1, 2).T.copy(), {})


class Sqlite:
    """A row for each anchor, sorted by its hash. Tokens to compare with, 2 bytes each, are taken from our segment."""

    def build(self, works: list[Ids], folder: Path) -> None:
        connection = sqlite3.connect(folder / "anchors.sqlite")
        connection.execute(
            "CREATE TABLE anchors (hash INTEGER, position INTEGER, PRIMARY KEY (hash, position)) WITHOUT ROWID"
        )
        hashes, positions = anchors_of(works)
        rows = zip(hashes.tolist(), positions.tolist(), strict=True)
        connection.executemany("INSERT INTO anchors VALUES (?, ?)", rows)
        connection.commit()
        connection.close()

    def open(self, folder: Path) -> Scan:
        return scanner(Table(folder))


def anchors_of(works: list[Ids]) -> tuple[Ids, Ids]:
    """Return all anchors as the table has them: signed hashes in ascending order, so that rows are appended."""
    starts = np.cumsum([0, *map(len, works)])
    anchors = [thin(winnow(ids, OURS), OURS.w) for ids in works]
    hashes = np.concatenate([a.fingerprints for a in anchors]).view(np.int64)
    positions = np.concatenate([a.positions + start for a, start in zip(anchors, starts, strict=False)])
    order = np.argsort(hashes, kind="stable")
    return hashes[order], positions[order]


class InfiniGram:
    """The suffix array of Liu et al. 2024, by its own package."""

    def build(self, works: list[Ids], folder: Path) -> None:
        from infini_gram import indexing  # type: ignore[import-not-found]

        with (folder / "tokenized.0").open("wb") as file:
            offsets = [file.write(np.concatenate(([SEPARATOR], ids)).astype(np.uint16).tobytes()) for ids in works]
        np.cumsum([0, *offsets[:-1]]).astype(np.uint64).tofile(folder / "offset.0")
        with contextlib.redirect_stdout(sys.stderr):  # the last line of stdout is this process's answer
            indexing.build_sa(argparse.Namespace(
                save_dir=str(folder), temp_dir=str(folder), worker_id=0, workers=1, shards=1, cpus=os.cpu_count(),
                mem=8, token_width=2,
            ))  # fmt: skip

    def open(self, folder: Path) -> Scan:
        from infini_gram.engine import InfiniGramEngine  # type: ignore[import-not-found]

        engine = InfiniGramEngine(
            index_dir=str(folder), eos_token_id=SEPARATOR - 1, vocab_size=SEPARATOR, token_dtype="u16", version=4
        )

        def scan(ids: Ids) -> list[tuple[int, int]]:
            answer = engine.attribute(
                input_ids=ids.tolist(), delim_ids=[], min_len=LEAST_RUN, max_cnt=10, enforce_bow=False
            )
            return [(span["l"], span["r"]) for span in answer["spans"]]

        return scan


class Automaton:
    """Every shingle is a word; there is no file, so that it is built in the process that scans."""

    def open(self, folder: Path) -> Scan:
        automaton = ahocorasick.Automaton(ahocorasick.STORE_LENGTH, ahocorasick.KEY_SEQUENCE)
        for ids in load(folder):
            listed = ids.tolist()
            for at in range(len(listed) - WIDE.n + 1):
                automaton.add_word(tuple(listed[at : at + WIDE.n]))
        automaton.make_automaton()

        def scan(ids: Ids) -> list[tuple[int, int]]:
            lasts = np.array([last for last, _ in automaton.iter(tuple(ids.tolist()))], np.int64)
            rows = np.split(lasts, np.flatnonzero(np.diff(lasts) != 1) + 1) if len(lasts) else []
            return [(int(row[0]) + 1 - WIDE.n, int(row[-1]) + 1) for row in rows if len(row) >= WIDE.w]

        return scan


CONTENDERS: dict[str, Any] = {"ours": Ours, "infini-gram": InfiniGram, "sqlite": Sqlite, "automaton": Automaton}
FILES = {
    "ours": ["works.seg"],
    "infini-gram": ["tokenized.0", "table.0", "offset.0"],
    "sqlite": ["anchors.sqlite"],
}


# --- what a child process does ---------------------------------------------------------------------------------------


def build(name: str, folder: Path) -> dict[str, Any]:
    """Build one index and measure it, without the reading of the ids."""
    if name == "automaton":
        return {}
    works = load(folder)
    before, begun = os.times(), time.perf_counter()
    CONTENDERS[name]().build(works, folder)
    after = os.times()
    wall, cpu = time.perf_counter() - begun, sum(after[:4]) - sum(before[:4])
    helper = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1000
    tokens = sum(map(len, works))
    size = sum((folder / file).stat().st_size for file in FILES[name]) + (2 * tokens if name == "sqlite" else 0)
    return {
        "build_cpu_s": round(cpu, 2), "build_wall_s": round(wall, 2), "build_mb": max(peak(), helper),
        "bytes_per_token": round(size / tokens, 2),
    }  # fmt: skip


def scan(name: str, folder: Path) -> dict[str, Any]:
    """Open one index and scan the outputs with it, twice: the second time counts."""
    texts, planted = np.load(folder / "texts.npy"), json.loads((folder / "planted.json").read_text())
    before, begun = peak(), time.perf_counter()
    cpu = time.process_time()
    run = CONTENDERS[name]().open(folder)
    opened: dict[str, float] = {"open_ms": round((time.perf_counter() - begun) * 1e3, 1)}
    if name == "automaton":
        tokens = len(np.load(folder / "ids.npy", mmap_mode="r"))
        opened = {
            "build_cpu_s": round(time.process_time() - cpu, 2),
            "build_mb": peak(),
            "bytes_per_token": round((peak() - before) * 1e6 / tokens, 1),
        }
    begun = time.perf_counter()
    found = [run(texts[0])]
    opened["first_scan_ms"] = round((time.perf_counter() - begun) * 1e3, 1)
    found += [run(ids) for ids in texts[1:]]
    wall, cpus = zip(*(timed(run, ids) for ids in texts), strict=True)
    missed = sum(
        place is not None and not any(start <= place[0] and place[1] <= end for start, end in spans)
        for place, spans in zip(planted, found, strict=True)
    )
    return opened | {
        "planted": sum(place is not None for place in planted), "missed": missed, "scan_mb": peak(),
        "scan_median_ms": milliseconds(wall, 50), "scan_p95_ms": milliseconds(wall, 95),
        "scan_worst_ms": milliseconds(wall, 100), "scan_cpu_median_ms": milliseconds(cpus, 50),
    }  # fmt: skip


def timed(run: Scan, ids: Ids) -> tuple[float, float]:
    """Return the seconds of one scan, on the wall and of the CPUs."""
    cpu, begun = time.process_time(), time.perf_counter()
    run(ids)
    return time.perf_counter() - begun, time.process_time() - cpu


def milliseconds(seconds: Sequence[float], percentile: int) -> float:
    return round(float(np.percentile(seconds, percentile)) * 1e3, 3)


def peak() -> int:
    """Return the most megabytes that this process has had resident, its mapped files included (Linux)."""
    (kilobytes,) = re.findall(r"VmHWM:\s+(\d+)", Path("/proc/self/status").read_text())
    return int(kilobytes) // 1000


# --- the run as a whole ----------------------------------------------------------------------------------------------


def measured(name: str, folder: Path) -> dict[str, Any]:
    """Let one child process build and another one scan."""
    figures: dict[str, Any] = {}
    for step in ("build", "scan"):
        command = [sys.executable, __file__, "--child", step, name, str(folder)]
        child = subprocess.run(command, check=False, capture_output=True, text=True)
        if child.returncode:
            raise SystemExit(f"{name}: {step} failed with exit code {child.returncode}\n{child.stderr}")
        figures |= json.loads(child.stdout.splitlines()[-1])
    return figures


def prepare(folder: Path, works: list[Ids], texts: Ids, planted: list[tuple[int, int] | None]) -> None:
    """Leave for the children what they need."""
    np.save(folder / "ids.npy", np.concatenate(works))
    np.save(folder / "ends.npy", np.cumsum([len(ids) for ids in works]))
    np.save(folder / "texts.npy", texts)
    (folder / "planted.json").write_text(json.dumps(planted))


def rounds(options: argparse.Namespace) -> Iterator[dict[str, Any]]:
    """Yield a row for each contender and size."""
    works, held_out = tokenised(options.works, int(max(options.millions) * 1e6))
    smallest = first(works, min([*options.millions, options.automaton]))
    texts, planted = outputs(smallest, held_out, options.queries)
    names = {size: ["ours", "infini-gram", "sqlite"] for size in sorted(options.millions)}
    names.setdefault(options.automaton, ["ours"]).append("automaton")
    for size, contenders in sorted(names.items()):
        chosen = first(works, size)
        with tempfile.TemporaryDirectory() as folder:
            prepare(Path(folder), chosen, texts, planted)
            for name in contenders:
                row = {"index": name, "works": len(chosen), "tokens": sum(map(len, chosen))}
                if name == "infini-gram" and importlib.util.find_spec("infini_gram") is None:
                    yield row | {"note": "not installed"}
                else:
                    yield row | measured(name, Path(folder))


COLUMNS = {
    "index": "index", "tokens": "M tokens", "build_cpu_s": "build, CPU s", "build_mb": "build, MB",
    "bytes_per_token": "bytes a token", "open_ms": "open, ms", "first_scan_ms": "first scan, ms",
    "scan_median_ms": "scan, median ms", "scan_p95_ms": "p95", "scan_worst_ms": "worst",
    "scan_mb": "scan, MB", "missed": "missed",
}  # fmt: skip


def markdown(rows: list[dict[str, Any]], options: argparse.Namespace) -> str:
    """Return the rows as a table, and how long the others take beside ours."""
    lines = [f"| {' | '.join(COLUMNS.values())} |", f"|{'---|' * len(COLUMNS)}"]
    for row in rows:
        shown = row | {"tokens": round(row["tokens"] / 1e6, 1)}
        lines.append(f"| {' | '.join(str(shown.get(column, shown.get('note', '–'))) for column in COLUMNS)} |")
    lines.append(f"\n{options.queries} outputs of {OUTPUT} tokens, {(options.queries + 1) // 2} with a planted run.")
    ours = {row["tokens"]: row for row in rows if row["index"] == "ours"}
    for row in rows:
        if row["index"] != "ours" and "note" not in row:
            times = row["scan_median_ms"] / ours[row["tokens"]]["scan_median_ms"]
            lines.append(f"At {row['tokens']:,} tokens {row['index']} takes {times:,.1f} times as long for a scan.")
    return "\n".join(lines)


def arguments(argv: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("works", type=Path, nargs="+")
    parser.add_argument("--millions", type=float, nargs="+", default=[1, 10, 43], help="tokens to index, in millions")
    parser.add_argument("--automaton", type=float, default=1, help="tokens for the automaton, in millions")
    parser.add_argument("--queries", type=int, default=300)
    parser.add_argument("--json", action="store_true")
    return parser.parse_args(argv)


def main(argv: Sequence[str] | None = None) -> int:
    argv = sys.argv[1:] if argv is None else argv
    if argv[:1] == ["--child"]:
        step, name, folder = argv[1:]
        print(json.dumps({"build": build, "scan": scan}[step](name, Path(folder))))
        return 0
    options = arguments(argv)
    rows = list(rounds(options))
    print(json.dumps(rows) if options.json else markdown(rows, options))
    return 0


if __name__ == "__main__":
    sys.exit(main())
