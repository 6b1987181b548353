"""The benchmark of the wrapper's overhead measures what it says; how fast anything is, is not tested."""

from __future__ import annotations

from typing import Any

from tests.benchmarks.generate_overhead import Overhead, Pair, TimedChecker, measure, summary
from tests.generation.tiny import FakeChecker, a_report


def test_summary() -> None:
    """The overhead is the median of the pairwise ratios, not the ratio of the medians."""
    pairs = [
        Pair(plain=2.0, wrapped=2.2, checking=0.02),
        Pair(plain=4.0, wrapped=4.0, checking=0.04),
        Pair(plain=5.0, wrapped=10.0, checking=0.1),
    ]
    result = summary("tiny", 8, pairs)
    assert result == Overhead(
        model="tiny", tokens=8, pairs=3, plain_tokens_per_second=2.0, wrapped_tokens_per_second=2.0,
        overhead_percent=100 * (2.2 / 2.0 - 1), overhead_percent_min=0.0, overhead_percent_max=100.0,
        check_milliseconds=40.0, check_percent=1.0,
    )  # fmt: skip
    assert result.markdown().splitlines()[-1] == (
        "| tiny | 8 | 3 | 2.0 tokens/s | 2.0 tokens/s | 10.00 % (0.00 to 100.00) | 40.00 ms (1.000 %) |"
    )


def test_measure(llama: Any, tokenizer: Any, checker: FakeChecker) -> None:
    """Each pair checks once, on exactly as many tokens as were asked for; the warm-up pair is not counted."""
    pairs = measure(llama, tokenizer, checker, prompt="call me", tokens=5, pairs=2)
    assert len(pairs) == 2
    assert all(0 < pair.checking < pair.wrapped for pair in pairs)
    assert checker.calls == [checker.calls[0]] * 3
    assert len(checker.calls[0][0].split()) == 5


def test_timed_checker(checker: FakeChecker) -> None:
    """Timing changes no report."""
    timed = TimedChecker(checker)
    assert timed.check("call me", prompt="some") == a_report("call me", prompt="some")
    assert timed.unchecked("call me", error="gone") == a_report("call me", error="gone")
