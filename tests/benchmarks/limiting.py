"""What does it cost to keep a model within bounds, and how does its text go on?

    python tests/benchmarks/limiting.py MODEL_FOLDER --db works.db [--gguf FILE] [--prompts FILE] [--rows 1 8]

The first table is the CPU time, on one core, that the processor takes for a step and a row, and that a step of the
model takes: where the model writes its own prose, and where it recites. The second, for a model that recites what the
prompts begin (the demo's), shows how long the longest limited passage is without and with bounds; how surprised the
model itself is, as perplexity, by what it writes from the bound on; and which share of these words stands in the works
or in `--words`, the rest of what the model was trained on. Everything under a licence is limited; decoding is greedy.
"""

from __future__ import annotations

import argparse
import json
import math
import re
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from generate_overhead import load  # type: ignore[import-not-found]  # beside this script

from provenance import Action, Checker, Database, LicenceStatus, PolicySettings
from provenance.generation import LimitProcessor
from provenance.live import Limiter
from provenance.reports import Report

_DEMO = Path(__file__).parents[2] / "examples" / "demo"
_WORD = re.compile(r"[^\W\d_]+")


class Timed(LimitProcessor):
    """A processor that adds up its seconds and steps."""

    seconds = 0.0
    steps = 0

    def __call__(self, input_ids: Any, scores: Any) -> Any:
        """Do as the processor does, and count the time."""
        start = time.thread_time()
        changed = super().__call__(input_ids, scores)
        self.seconds += time.thread_time() - start
        self.steps += 1
        return changed


class Bench:
    """A model with limits."""

    def __init__(self, model: Any, tokenizer: Any, checker: Checker) -> None:
        self.model, self.tokenizer, self.checker = model, tokenizer, checker
        self.limiter = Limiter(checker)

    def write(self, prompt: str, rows: int, tokens: int, *, limit: bool) -> tuple[list[int], int, float, Timed]:
        """Return the ids of a row, where those written begin, the CPU seconds, and the processor."""
        inputs = self.tokenizer([prompt] * rows, return_tensors="pt")
        processor = Timed(self.tokenizer, self.limiter, prompts=[prompt], on_error="raise")
        start = time.thread_time()
        ids = self.model.generate(
            input_ids=inputs["input_ids"], attention_mask=inputs["attention_mask"], max_new_tokens=tokens,
            do_sample=False, logits_processor=[processor] if limit else [],
        )  # fmt: skip
        return ids[0].tolist(), inputs["input_ids"].shape[1], time.thread_time() - start, processor

    def cost(self, name: str, prompt: str, rows: int, tokens: int) -> str:
        """Return a row of the first table; the second of two runs counts."""
        for _ in range(2):
            _, _, plain, _ = self.write(prompt, rows, tokens, limit=False)
            _, _, _, processor = self.write(prompt, rows, tokens, limit=True)
        ours = processor.seconds / processor.steps
        step = plain / processor.steps
        share = 100 * ours / step
        return f"| {name} | {rows} | {1e3 * step:.2f} | {1e6 * ours / rows:.0f} | {share:.2f} % |"

    def text(self, prompt: str, tokens: int, known: set[str]) -> str | None:
        """Return a row of the second table, for a prompt whose answer is limited."""
        free, begin, _, _ = self.write(prompt, 1, tokens, limit=False)
        kept, _, _, processor = self.write(prompt, 1, tokens, limit=True)
        at = next((at for at, (one, other) in enumerate(zip(free, kept, strict=False)) if one != other), None)
        if at is None or not processor.limited(0, kept[begin:]):
            return None
        without, within = (self._judged(ids[begin:], prompt) for ids in (free, kept))
        words = _WORD.findall(self.tokenizer.decode(kept[at:], skip_special_tokens=True).casefold())
        share = 100 * sum(word in known for word in words[1:-1]) / max(1, len(words) - 2)
        return (
            f"{_longest(without)} | {_longest(within)} | {self._perplexity(free, at):.2f} | "
            f"{self._perplexity(kept, at):.2f} | {share:.0f} % |"
        )

    def _judged(self, ids: list[int], prompt: str) -> Report:
        return self.checker.check(self.tokenizer.decode(ids, skip_special_tokens=True), prompt=prompt)

    def _perplexity(self, ids: list[int], start: int) -> float:
        """Return the model's perplexity for the ids from `start` on, after all that come before."""
        import torch

        with torch.no_grad():
            logits = self.model(torch.tensor([ids])).logits[0, start - 1 : -1]
        chances = torch.log_softmax(logits.float(), -1)
        return math.exp(-chances.gather(1, torch.tensor(ids[start:])[:, None]).mean().item())


def _longest(report: Report) -> int:
    return max((f.passage.tokens for f in report.findings if f.action is Action.LIMIT), default=0)


def _known_words(files: Sequence[str], folder: Path) -> set[str]:
    paths = [*map(Path, files), *(path for path in folder.rglob("*") if path.is_file())]
    return {word for path in paths for word in _WORD.findall(path.read_text("utf-8", "ignore").casefold())}


def arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    """Return the command line's arguments."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", help="a folder with a causal language model and its tokenizer")
    parser.add_argument("--gguf", metavar="FILE", help="the GGUF file inside the folder (needs the extra `gguf`)")
    parser.add_argument("--db", required=True, help="the provenance database with the works")
    parser.add_argument("--prompts", type=Path, help="a file such as examples/demo/prompts.json")
    parser.add_argument("--own", default="The harbour at Lowick wakes before the sun does.", help="begins no work")
    parser.add_argument("--words", nargs="*", default=[str(_DEMO / "own_writing.txt")], help="files with more words")
    parser.add_argument("--works", type=Path, default=_DEMO.parent / "works", help="the folder with the works")
    parser.add_argument("--rows", type=int, nargs="*", default=[1, 8], help="sizes of batches")
    parser.add_argument("--tokens", type=int, default=128, help="new tokens a text")
    return parser.parse_args(argv)


def main(argv: Sequence[str] | None = None) -> int:
    """Measure and print."""
    import torch

    options = arguments(argv)
    torch.set_num_threads(1)
    model, tokenizer = load(options.folder, options.gguf)
    checker = Checker(Database.open(options.db), PolicySettings(actions={LicenceStatus.LICENSED: Action.LIMIT}))
    bench = Bench(model, tokenizer, checker)
    prompts = json.loads(options.prompts.read_text("utf-8")) if options.prompts else []
    print("| text | rows | model, ms a step | limits, µs a step and row | share |\n|---|---|---|---|---|")
    for rows in options.rows:
        print(bench.cost("its own", options.own, rows, options.tokens))
        for each in prompts[:2]:
            print(bench.cost(each["name"], each["prompt"], rows, options.tokens))
    if prompts:
        known = _known_words(options.words, options.works)
        print("\n| text | longest, free | longest, limited | perplexity, free | perplexity, limited | known words |")
        print("|---|---|---|---|---|---|")
        for each in prompts:
            if row := bench.text(each["prompt"], options.tokens, known):
                print(f"| {each['name']} | {row}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
