"""The benchmark of the wrapper's overhead measures what it says; how fast anything is, is not tested."""

from __future__ import annotations

from typing import Any

from tests.benchmarks.generate_overhead import Overhead, Pair, measure, summary
from tests.generation.tiny import FakeChecker


def test_summary() -> None:
    """The overhead is the median of the pairwise ratios, not the ratio of the medians."""
    pairs = [
        Pair(plain=2.0, wrapped=2.2, added=0.02),
        Pair(plain=4.0, wrapped=4.0, added=0.04),
        Pair(plain=5.0, wrapped=10.0, added=0.1),
    ]
    result = summary("tiny", 8, pairs)
    assert result == Overhead(
        model="tiny", tokens=8, pairs=3, plain_tokens_per_second=2.0, wrapped_tokens_per_second=2.0,
        overhead_percent=100 * (2.2 / 2.0 - 1), overhead_percent_min=0.0, overhead_percent_max=100.0,
        added_milliseconds=40.0, added_percent=1.0,
    )  # fmt: skip
    assert result.markdown().splitlines()[-1] == (
        "| tiny | 8 | 3 | 2.0 tokens/s | 2.0 tokens/s | 10.00 % (0.00 to 100.00) | 40.00 ms (1.000 %) |"
    )


def test_measure(llama: Any, tokenizer: Any, checker: FakeChecker) -> None:
    """Each pair checks the same text once; the warm-up pair is not counted."""
    pairs = measure(llama, tokenizer, checker, prompt="call me", tokens=5, pairs=2)
    assert len(pairs) == 2
    assert all(0 < pair.added < pair.wrapped for pair in pairs)
    assert checker.calls == [(checker.calls[0][0], "call me")] * 3
