"""What does the wrapper cost `model.generate`, in per cent of its tokens per second?

    python tests/benchmarks/generate_overhead.py MODEL_FOLDER --db works.db [--gguf FILE] [--json]

Plain and wrapped generation take turns (who goes first alternates too), greedy, always the same number of tokens; the
overhead is the median of the pairwise ratios. On a busy machine generation varies by more than the wrapper takes, so
what the wrapper adds in a run (all of its time but the model's own `generate`) is measured and printed as well.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from provenance.generation import LicensedModel, TextChecker, wrap


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """The seconds of one plain and one wrapped generation, and those of the latter that the wrapper added."""

    plain: float
    wrapped: float
    added: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Overhead:
    """The result: medians over all pairs, the overhead with its extremes."""

    model: str
    tokens: int
    pairs: int
    plain_tokens_per_second: float
    wrapped_tokens_per_second: float
    overhead_percent: float
    overhead_percent_min: float
    overhead_percent_max: float
    added_milliseconds: float
    added_percent: float

    def markdown(self) -> str:
        """Return the result as a Markdown table."""
        return (
            "| model | new tokens | pairs | plain | wrapped | overhead (min to max) | added by the wrapper |\n"
            "|---|---|---|---|---|---|---|\n"
            f"| {self.model} | {self.tokens} | {self.pairs} | {self.plain_tokens_per_second:.1f} tokens/s "
            f"| {self.wrapped_tokens_per_second:.1f} tokens/s "
            f"| {self.overhead_percent:.2f} % ({self.overhead_percent_min:.2f} to {self.overhead_percent_max:.2f}) "
            f"| {self.added_milliseconds:.2f} ms ({self.added_percent:.3f} %) |"
        )


class TimedModel:
    """A model that adds up the seconds of its own `generate`."""

    def __init__(self, model: Any) -> None:
        self.model = model
        self.seconds = 0.0

    def __getattr__(self, name: str) -> Any:
        return getattr(self.model, name)

    def generate(self, **options: Any) -> Any:
        """Generate, and count the time."""
        start = time.perf_counter()
        output = self.model.generate(**options)
        self.seconds += time.perf_counter() - start
        return output


def measure(model: Any, tokenizer: Any, checker: TextChecker, *, prompt: str, tokens: int, pairs: int) -> list[Pair]:
    """Return the times of `pairs` pairs, after one pair that warms everything up."""
    timed = TimedModel(model)
    licensed = wrap(timed, tokenizer, checker, on_error="raise")
    encoded = tokenizer(prompt, return_tensors="pt").to(model.device)
    options = {
        "input_ids": encoded["input_ids"], "attention_mask": encoded["attention_mask"], "do_sample": False,
        "max_new_tokens": tokens, "min_new_tokens": tokens,
    }  # fmt: skip
    return [_pair(timed, licensed, options, wrapped_first=bool(turn % 2)) for turn in range(pairs + 1)][1:]


def _pair(timed: TimedModel, licensed: LicensedModel, options: dict[str, Any], *, wrapped_first: bool) -> Pair:
    if wrapped_first:
        wrapped, added = _wrapped(timed, licensed, options)
        return Pair(plain=_seconds(timed.model.generate, options), wrapped=wrapped, added=added)
    plain = _seconds(timed.model.generate, options)
    wrapped, added = _wrapped(timed, licensed, options)
    return Pair(plain=plain, wrapped=wrapped, added=added)


def _wrapped(timed: TimedModel, licensed: LicensedModel, options: dict[str, Any]) -> tuple[float, float]:
    """Return the seconds of a wrapped generation, and those of them that are not the model's."""
    timed.seconds = 0.0
    seconds = _seconds(licensed.generate, options)
    return seconds, seconds - timed.seconds


def _seconds(generate: Callable[..., Any], options: dict[str, Any]) -> float:
    start = time.perf_counter()
    generate(**options)
    return time.perf_counter() - start


def summary(model: str, tokens: int, pairs: Sequence[Pair]) -> Overhead:
    """Return what the pairs say."""
    ratios = sorted(100 * (pair.wrapped / pair.plain - 1) for pair in pairs)
    median = statistics.median
    return Overhead(
        model=model,
        tokens=tokens,
        pairs=len(pairs),
        plain_tokens_per_second=tokens / median(pair.plain for pair in pairs),
        wrapped_tokens_per_second=tokens / median(pair.wrapped for pair in pairs),
        overhead_percent=median(ratios),
        overhead_percent_min=ratios[0],
        overhead_percent_max=ratios[-1],
        added_milliseconds=1000 * median(pair.added for pair in pairs),
        added_percent=100 * median(pair.added / pair.plain for pair in pairs),
    )


def load(folder: str, gguf: str | None) -> tuple[Any, Any]:
    """Return model and tokenizer of a local folder, in 32-bit floats; nothing is fetched."""
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    options: dict[str, Any] = {"local_files_only": True} | ({"gguf_file": gguf} if gguf else {})
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32, **options)
    return model, AutoTokenizer.from_pretrained(folder, **options)


def arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    """Return the command line's arguments."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", help="a folder with a causal language model and its tokenizer")
    parser.add_argument("--gguf", metavar="FILE", help="the GGUF file inside the folder (needs the extra `gguf`)")
    parser.add_argument("--db", required=True, help="the provenance database to check against")
    parser.add_argument("--prompt", default="Call me Ishmael. Some years ago", help="what the model continues")
    parser.add_argument("--tokens", type=int, default=128, help="new tokens a generation (default: 128)")
    parser.add_argument("--pairs", type=int, default=7, help="pairs of generations (default: 7)")
    parser.add_argument("--json", action="store_true", help="print one JSON object instead of a table")
    return parser.parse_args(argv)


def main(argv: Sequence[str] | None = None) -> int:
    """Measure and print."""
    options = arguments(argv)
    from provenance import Checker, Database

    model, tokenizer = load(options.folder, options.gguf)
    checker = Checker(Database.open(options.db))
    pairs = measure(model, tokenizer, checker, prompt=options.prompt, tokens=options.tokens, pairs=options.pairs)
    result = summary(options.gguf or type(model).__name__, options.tokens, pairs)
    print(json.dumps(asdict(result)) if options.json else result.markdown())
    return 0


if __name__ == "__main__":
    sys.exit(main())
