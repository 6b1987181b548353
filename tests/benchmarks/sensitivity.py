"""What does the denser sampling cost? `sensitivity.py WORKS... [--sizes M...] [--texts N] [--json]`.

Builds a `fine` and a `wide` index of the same works, of each size (in millions of tokens), with their tokens, and looks
up texts of 512 tokens: stretches of works that are held out, and the same with two runs of 64 tokens of indexed works
in them. Prints for each index its size and the CPU time that building it took; for each text how many anchors it has,
how many of them the index has, and how many postings these lead to; the CPU time of a look-up (`search_segments`) and
of all matches (`find_matches`); and how many of the planted runs were missed.

Where the works are too few for a size, the rest is a chain: each next token is what follows a random other place of the
last three, so that short shingles are as frequent as in real texts. Works shuffled by words would have too few.
"""

from __future__ import annotations

import argparse
import json
import random
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

import provenance
from provenance.fingerprints import SAMPLINGS, thin, winnow
from provenance.index import Content, Segment, copy_segment
from provenance.match import ShortWorkMatcher, find_matches
from provenance.match.lookup import search_segments
from provenance.plugins import get_plugin_manager
from provenance.sources import Declared, documents
from provenance.text import Tokens, load_tokenizer
from provenance.works import Keep, Sensitivity

TEXT, PLANTED, HELD_OUT, WORK, STREAMS = 512, 64, 60, 50_000, 20_000
TOKENIZER = load_tokenizer()
Ids = np.ndarray


def read_works(paths: list[Path]) -> list[Ids]:
    """Return the token ids of all works that are long enough to be sampled, in an order of chance."""
    items = documents(paths, get_plugin_manager(), Declared())
    works = [TOKENIZER.encode(item.text) for item in items if isinstance(item, provenance.Document)]
    works = [ids for ids in works if len(ids) >= TEXT]
    random.Random(5).shuffle(works)
    return works


def make_chain(works: list[Ids], length: int, rng: np.random.Generator) -> Iterator[Ids]:
    """Yield works of an order-3 chain of real ones, of so many tokens in all."""
    corpus = np.concatenate(works)
    keys = np.zeros(len(corpus) - 3, np.uint64)
    for offset in range(3):
        keys = keys << np.uint64(16) | corpus[offset : offset + len(keys)].astype(np.uint64)
    order = np.argsort(keys, kind="stable")
    keys = keys[order]
    places = rng.integers(0, len(keys), STREAMS)
    last = keys[places]  # the last three tokens of each stream
    columns = []
    for _ in range(-(-length // STREAMS)):
        begin, end = np.searchsorted(keys, last), np.searchsorted(keys, last, side="right")
        # where nothing follows, at the end of the corpus, a stream begins anew
        chosen = np.where(end > begin, begin + (rng.random(STREAMS) * (end - begin)).astype(np.int64), 0)
        following = corpus[order[chosen] + 3]
        columns.append(following)
        last = (last << np.uint64(16) | following.astype(np.uint64)) & np.uint64((1 << 48) - 1)
    for ids in np.stack(columns, axis=1):
        yield from np.array_split(ids, max(1, len(ids) // WORK))


def measure_cpu(function: Callable[[Any], object], items: list[Any], rounds: int = 3) -> float:
    """Return the least CPU milliseconds an item takes, of some rounds."""
    best = []
    for _ in range(rounds):
        begun = time.process_time()
        for item in items:
            function(item)
        best.append((time.process_time() - begun) / len(items) * 1e3)
    return round(min(best), 2)


def as_tokens(ids: Ids) -> Tokens:
    """Return tokens of one character each."""
    places = np.arange(len(ids), dtype=np.int32)
    return Tokens(ids, places, places + 1, np.ones(len(ids), np.bool_))


def cut_texts(held: list[Ids], works: list[Ids], count: int) -> tuple[list[Ids], list[Ids]]:
    """Return texts of works that are not indexed, and the same with two runs of indexed works in each."""
    rng = random.Random(1)
    plain = [ids[at : at + TEXT] for ids in held for at in [rng.randrange(len(ids) - TEXT + 1)]]
    plain = [rng.choice(plain) for _ in range(count)]
    planted = []
    for text in plain:
        copy = text.copy()
        for at in (100, 300):
            work = rng.choice(works)
            begin = rng.randrange(len(work) - PLANTED)
            copy[at : at + PLANTED] = work[begin : begin + PLANTED]
        planted.append(copy)
    return plain, planted


def measure(
    works: list[Ids], plain: list[Ids], planted: list[Ids], sensitivity: Sensitivity, folder: Path
) -> dict[str, Any]:
    """Return the figures of one index."""
    sampling, path = SAMPLINGS[sensitivity], folder / "works.seg"
    begun = time.process_time()
    contents = (Content(len(ids), thin(winnow(ids, sampling), sampling.w), ids) for ids in works)
    built = copy_segment(contents, path, tokenizer_digest=TOKENIZER.digest, keep=Keep.TOKENS, sampling=sampling)
    figures: dict[str, Any] = {"sensitivity": sensitivity.value, "million_tokens": round(built.tokens / 1e6, 1)}
    figures["build_cpu_seconds"] = round(time.process_time() - begun, 1)
    figures["bytes_a_token"] = round(built.size / built.tokens, 2)
    segment = Segment(path, tokenizer_digest=TOKENIZER.digest)
    none = ShortWorkMatcher(())
    counts = []
    for ids in plain:
        anchors = winnow(ids, sampling)
        found = segment.find(anchors.fingerprints)
        crowded = sum(end - begin for begin, end in found.crowded.values())
        hit = len(np.unique(found.queries)) + len(found.crowded)
        counts.append((len(anchors), hit, len(found.queries), len(found.crowded), crowded))
    names = ("anchors", "hit", "postings", "crowded_anchors", "crowded_postings")
    figures |= dict(zip(names, np.mean(counts, axis=0).round(1).tolist(), strict=True))
    for name, texts in (("held_out", plain), ("planted", planted)):
        figures[f"{name}_look_up_ms"] = measure_cpu(lambda ids: list(search_segments(ids, [segment], {})), texts)
        matches = measure_cpu(lambda ids: find_matches(as_tokens(ids), [segment], {}, none), texts)
        figures[f"{name}_matches_ms"] = matches
    missed = 0
    for ids in planted:
        spans = [(match.start, match.end) for match in find_matches(as_tokens(ids), [segment], {}, none).matches]
        missed += sum(not any(start <= at and at + PLANTED <= end for start, end in spans) for at in (100, 300))
    return figures | {"planted": 2 * len(planted), "missed": missed}


def measured(paths: list[Path], sizes: list[float], count: int) -> list[dict[str, Any]]:
    """Return the figures of all indexes."""
    works = read_works(paths)
    held, works = works[:HELD_OUT], works[HELD_OUT:]
    rows = []
    for size in sizes:
        wanted, chosen, total = round(size * 1e6), [], 0
        for ids in works:
            if total < wanted:
                chosen.append(ids)
                total += len(ids)
        plain, planted = cut_texts(held, chosen, count)
        if total < wanted:
            chosen += list(make_chain(works, wanted - total, np.random.default_rng(7)))
        for sensitivity in Sensitivity:
            with tempfile.TemporaryDirectory() as folder:
                rows.append(measure(chosen, plain, planted, sensitivity, Path(folder)))
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("works", type=Path, nargs="+")
    parser.add_argument("--sizes", type=float, nargs="+", default=[10.0], metavar="M", help="millions of tokens")
    parser.add_argument("--texts", type=int, default=120)
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    for row in measured(arguments.works, arguments.sizes, arguments.texts):
        print(
            json.dumps(row) if arguments.json else "\n- ".join(f"{name}: {value}" for name, value in row.items()),
            flush=True,
        )


if __name__ == "__main__":
    main()
