"""What do the wrapper and the streamer cost `model.generate`, in per cent of its tokens per second?

    python tests/benchmarks/generate_overhead.py MODEL_FOLDER --db works.db [--gguf FILE] [--json]

Two ways: a wrapped model, which checks after it has generated, against the model; and a `LicenceStreamer` around a
`TextStreamer` that shows nothing, against that streamer alone. With and without us take turns (who goes first
alternates too), greedy, always the same number of tokens; the overhead is the median of the pairwise ratios. On a busy
machine generation varies by more than we take, so what we add in a run is measured by itself and printed as well: all
of the wrapper's time but the model's own `generate`; all of our streamer's `put` and `end` but what is passed on; and
for each token the CPU time of `put` alone, which does not count when others are at work.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from provenance import Checker, Database
from provenance.generation import LicenceStreamer, TextChecker, wrap

AFTERWARDS, STREAMING = "afterwards", "streaming"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """The seconds of one generation without and one with us, those that we added, and CPU seconds in our `put`."""

    plain: float
    wrapped: float
    added: float
    put: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Overhead:
    """The result: medians over all pairs, the overhead with its extremes."""

    model: str
    way: str
    tokens: int
    pairs: int
    plain_tokens_per_second: float
    wrapped_tokens_per_second: float
    overhead_percent: float
    overhead_percent_min: float
    overhead_percent_max: float
    added_milliseconds: float
    added_percent: float
    put_microseconds_per_token: float

    def row(self) -> str:
        """Return the result as a row of a Markdown table."""
        put = f"{self.put_microseconds_per_token:.0f} µs" if self.way == STREAMING else ""
        return (
            f"| {self.model} | {self.way} | {self.tokens} | {self.pairs} | {self.plain_tokens_per_second:.1f} tokens/s "
            f"| {self.wrapped_tokens_per_second:.1f} tokens/s "
            f"| {self.overhead_percent:.2f} % ({self.overhead_percent_min:.2f} to {self.overhead_percent_max:.2f}) "
            f"| {self.added_milliseconds:.2f} ms ({self.added_percent:.3f} %) | {put} |"
        )


def markdown(results: Iterable[Overhead]) -> str:
    """Return results as a Markdown table."""
    head = (
        "| model | checked | new tokens | pairs | without | with | overhead (min to max) | added "
        "| `put`, CPU a token |\n"
        "|---|---|---|---|---|---|---|---|---|"
    )
    return "\n".join((head, *(result.row() for result in results)))


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


class TimedStreamer:
    """A streamer that adds up the seconds of another's calls, and the CPU seconds of its `put`."""

    def __init__(self, streamer: Any) -> None:
        self.streamer = streamer
        self.seconds = 0.0
        self.put_cpu = 0.0

    def put(self, value: Any) -> None:
        """Pass tokens on, and count the time."""
        start, cpu = time.perf_counter(), time.thread_time()
        self.streamer.put(value)
        self.put_cpu += time.thread_time() - cpu
        self.seconds += time.perf_counter() - start

    def end(self) -> None:
        """Pass the end on, and count the time."""
        self.seconds += _seconds(self.streamer.end)


class Afterwards:
    """Generation by a wrapped model, and by the model."""

    def __init__(self, model: Any, tokenizer: Any, checker: TextChecker, options: dict[str, Any]) -> None:
        self._options = options
        self._timed = TimedModel(model)
        self._licensed = wrap(self._timed, tokenizer, checker, on_error="raise")

    def plain(self) -> float:
        """Return the seconds of a generation without us."""
        return _seconds(lambda: self._timed.model.generate(**self._options))

    def ours(self) -> tuple[float, float, float]:
        """Return the seconds of a generation with us, those of them that we add, and CPU seconds of `put`."""
        self._timed.seconds = 0.0
        seconds = _seconds(lambda: self._licensed.generate(**self._options))
        return seconds, seconds - self._timed.seconds, 0.0


class Streaming:
    """Generation with our streamer around another, and with that alone."""

    def __init__(self, model: Any, tokenizer: Any, checker: Checker, options: dict[str, Any]) -> None:
        self._model = model
        self._tokenizer = tokenizer
        self._checker = checker
        self._options = options

    def plain(self) -> float:
        """Return the seconds of a generation without us."""
        return self._generate(TimedStreamer(silent_streamer(self._tokenizer)))

    def ours(self) -> tuple[float, float, float]:
        """Return the seconds of a generation with us, those of them that we add, and CPU seconds of `put`."""
        theirs = TimedStreamer(silent_streamer(self._tokenizer))
        ours = TimedStreamer(LicenceStreamer(self._tokenizer, self._checker, streamer=theirs, on_error="raise"))
        seconds = self._generate(ours)
        return seconds, ours.seconds - theirs.seconds, ours.put_cpu - theirs.put_cpu

    def _generate(self, streamer: TimedStreamer) -> float:
        return _seconds(lambda: self._model.generate(**self._options, streamer=streamer))


def silent_streamer(tokenizer: Any) -> Any:
    """Return a `TextStreamer` that decodes and shows nothing."""
    from transformers import TextStreamer

    streamer = TextStreamer(tokenizer, skip_prompt=True)
    streamer.on_finalized_text = lambda text, stream_end=False: None
    return streamer


def settings(model: Any, tokenizer: Any, prompt: str, tokens: int) -> dict[str, Any]:
    """Return the arguments of `generate` for always the same number of tokens, always the same ones."""
    encoded = tokenizer(prompt, return_tensors="pt").to(model.device)
    return {
        "input_ids": encoded["input_ids"], "attention_mask": encoded["attention_mask"], "do_sample": False,
        "max_new_tokens": tokens, "min_new_tokens": tokens,
    }  # fmt: skip


def measure(way: Afterwards | Streaming, pairs: int) -> list[Pair]:
    """Return the times of `pairs` pairs, after one pair that warms everything up."""
    return [_pair(way, ours_first=bool(turn % 2)) for turn in range(pairs + 1)][1:]


def _pair(way: Afterwards | Streaming, *, ours_first: bool) -> Pair:
    if ours_first:
        wrapped, added, put = way.ours()
        return Pair(plain=way.plain(), wrapped=wrapped, added=added, put=put)
    plain = way.plain()
    wrapped, added, put = way.ours()
    return Pair(plain=plain, wrapped=wrapped, added=added, put=put)


def _seconds(call: Callable[[], Any]) -> float:
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def summary(model: str, way: str, tokens: int, pairs: Sequence[Pair]) -> Overhead:
    """Return what the pairs say."""
    ratios = sorted(100 * (pair.wrapped / pair.plain - 1) for pair in pairs)
    median = statistics.median
    return Overhead(
        model=model,
        way=way,
        tokens=tokens,
        pairs=len(pairs),
        plain_tokens_per_second=tokens / median(pair.plain for pair in pairs),
        wrapped_tokens_per_second=tokens / median(pair.wrapped for pair in pairs),
        overhead_percent=median(ratios),
        overhead_percent_min=ratios[0],
        overhead_percent_max=ratios[-1],
        added_milliseconds=1000 * median(pair.added for pair in pairs),
        added_percent=100 * median(pair.added / pair.plain for pair in pairs),
        put_microseconds_per_token=1e6 * median(pair.put for pair in pairs) / tokens,
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
    parser.add_argument("--json", action="store_true", help="print a JSON list instead of a table")
    return parser.parse_args(argv)


def main(argv: Sequence[str] | None = None) -> int:
    """Measure and print."""
    options = arguments(argv)
    model, tokenizer = load(options.folder, options.gguf)
    checker = Checker(Database.open(options.db))
    arguments_of_generate = settings(model, tokenizer, options.prompt, options.tokens)
    ways = {
        AFTERWARDS: Afterwards(model, tokenizer, checker, arguments_of_generate),
        STREAMING: Streaming(model, tokenizer, checker, arguments_of_generate),
    }
    name = options.gguf or type(model).__name__
    results = [summary(name, way, options.tokens, measure(ways[way], options.pairs)) for way in ways]
    print(json.dumps([asdict(result) for result in results]) if options.json else markdown(results))
    return 0


if __name__ == "__main__":
    sys.exit(main())
