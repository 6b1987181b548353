"""What does the wrapper cost `model.generate`, in per cent of its tokens per second?

    python tests/benchmarks/generate_overhead.py MODEL_FOLDER --db works.db [--gguf FILE] [--json]

Plain and wrapped generation take turns (who goes first alternates too), greedy, always the same number of tokens; the
overhead is the median of the pairwise ratios. Generation itself varies by far more than a check takes, so the time
spent in the checker is measured and printed as well.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from provenance.generation import TextChecker, wrap
from provenance.models import Report


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """The seconds of one plain and one wrapped generation, and those of the latter that the checker took."""

    plain: float
    wrapped: float
    checking: float


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
    check_milliseconds: float
    check_percent: float

    def markdown(self) -> str:
        """Return the result as a Markdown table."""
        return (
            "| model | new tokens | pairs | plain | wrapped | overhead (min to max) | of it checking |\n"
            "|---|---|---|---|---|---|---|\n"
            f"| {self.model} | {self.tokens} | {self.pairs} | {self.plain_tokens_per_second:.1f} tokens/s "
            f"| {self.wrapped_tokens_per_second:.1f} tokens/s "
            f"| {self.overhead_percent:.2f} % ({self.overhead_percent_min:.2f} to {self.overhead_percent_max:.2f}) "
            f"| {self.check_milliseconds:.2f} ms ({self.check_percent:.3f} %) |"
        )


@dataclass(slots=True)
class TimedChecker:
    """A checker that adds up the seconds it takes."""

    checker: TextChecker
    seconds: float = field(default=0.0)

    def check(self, text: str, *, prompt: str | None = None) -> Report:
        """Check, and count the time."""
        start = time.perf_counter()
        try:
            return self.checker.check(text, prompt=prompt)
        finally:
            self.seconds += time.perf_counter() - start

    def unchecked(self, text: str, error: str) -> Report:
        """Hand on the report of a text that was not checked."""
        return self.checker.unchecked(text, error)


def measure(model: Any, tokenizer: Any, checker: TextChecker, *, prompt: str, tokens: int, pairs: int) -> list[Pair]:
    """Return the times of `pairs` pairs, after one pair that warms everything up."""
    timed = TimedChecker(checker)
    licensed = wrap(model, tokenizer, timed, on_error="raise")
    encoded = tokenizer(prompt, return_tensors="pt").to(model.device)
    options = {
        "input_ids": encoded["input_ids"], "attention_mask": encoded["attention_mask"], "do_sample": False,
        "max_new_tokens": tokens, "min_new_tokens": tokens,
    }  # fmt: skip
    return [_pair(model.generate, licensed.generate, options, timed, turn) for turn in range(pairs + 1)][1:]


def _pair(plain: Callable[..., Any], wrapped: Callable[..., Any], options: Any, timed: TimedChecker, turn: int) -> Pair:
    """Time both; on odd turns the wrapped one goes first."""
    timed.seconds = 0.0
    order = (wrapped, plain) if turn % 2 else (plain, wrapped)
    seconds = {generate: _seconds(generate, options) for generate in order}
    return Pair(plain=seconds[plain], wrapped=seconds[wrapped], checking=timed.seconds)


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
        check_milliseconds=1000 * median(pair.checking for pair in pairs),
        check_percent=100 * median(pair.checking / pair.plain for pair in pairs),
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
