"""The benchmark of our overhead measures what it says; how fast anything is, is not tested."""

from __future__ import annotations

from typing import Any

from provenance import Checker
from tests.benchmarks.generate_overhead import (
    AFTERWARDS,
    STREAMING,
    Afterwards,
    Overhead,
    Pair,
    Streaming,
    markdown,
    measure,
    settings,
    summary,
)
from tests.generation.tiny import FakeChecker


def test_summary() -> None:
    """The overhead is the median of the pairwise ratios, not the ratio of the medians."""
    pairs = [
        Pair(plain=2.0, wrapped=2.2, added=0.02, put=0.002),
        Pair(plain=4.0, wrapped=4.0, added=0.04, put=0.004),
        Pair(plain=5.0, wrapped=10.0, added=0.1, put=0.01),
    ]
    result = summary("tiny", STREAMING, 8, pairs)
    assert result == Overhead(
        model="tiny", way=STREAMING, tokens=8, pairs=3, plain_tokens_per_second=2.0, wrapped_tokens_per_second=2.0,
        overhead_percent=100 * (2.2 / 2.0 - 1), overhead_percent_min=0.0, overhead_percent_max=100.0,
        added_milliseconds=40.0, added_percent=1.0, put_microseconds_per_token=500.0,
    )  # fmt: skip
    assert markdown([summary("tiny", AFTERWARDS, 8, pairs), result]).splitlines()[2:] == [
        "| tiny | afterwards | 8 | 3 | 2.0 tokens/s | 2.0 tokens/s | 10.00 % (0.00 to 100.00) | 40.00 ms (1.000 %) "
        "|  |",
        "| tiny | streaming | 8 | 3 | 2.0 tokens/s | 2.0 tokens/s | 10.00 % (0.00 to 100.00) | 40.00 ms (1.000 %) "
        "| 500 µs |",
    ]


def test_measuring_a_wrapped_model(llama: Any, tokenizer: Any, checker: FakeChecker) -> None:
    """Each pair checks the same text once; the warm-up pair is not counted."""
    options = settings(llama, tokenizer, "call me", 5)
    pairs = measure(Afterwards(llama, tokenizer, checker, options), 2)
    assert len(pairs) == 2
    assert all(0 == pair.put < pair.added < pair.wrapped for pair in pairs)
    assert checker.calls == [(checker.calls[0][0], "call me")] * 3


def test_measuring_a_streamer(llama: Any, tokenizer: Any, moby: Checker, capsys: Any) -> None:
    """What we add is `put` and `end` without what is passed on, and nothing is shown."""
    options = settings(llama, tokenizer, "call me", 5)
    pairs = measure(Streaming(llama, tokenizer, moby, options), 2)
    assert len(pairs) == 2
    assert all(0 < pair.added < pair.wrapped and pair.put > 0 for pair in pairs)
    assert capsys.readouterr().out == ""
