"""A check that fails never costs a generation, unless the application wants it to."""

from __future__ import annotations

import logging
from typing import Any

import pytest
import torch

from provenance.errors import DatabaseError, PolicyViolationError
from provenance.generation import wrap
from tests.generation.tiny import FakeChecker, a_llama, a_report, force

IDS = torch.tensor([[4, 5], [6, 7]])
SCRIPT = {(0, 2): 8, (1, 2): 9}


def generate(licensed: Any, **options: Any) -> Any:
    return licensed.generate(IDS, max_new_tokens=1, logits_processor=force(SCRIPT), do_sample=False, **options)


class Deaf:
    """A tokenizer that cannot decode."""

    def decode(self, ids: Any, **options: Any) -> str:
        raise ValueError("no such id")


class Odd:
    """A model whose `generate` returns something of its own."""

    config = None

    def generate(self, *args: Any, **kwargs: Any) -> Any:
        return {"text": "call me"}


def test_reported(llama: Any, tokenizer: Any, caplog: pytest.LogCaptureFixture) -> None:
    """By default the generation is returned, each report says why it was not checked, and a warning is logged."""
    reports: list[Any] = []
    checker = FakeChecker(DatabaseError("segment 3 is damaged;\nrun: provenance doctor"))
    with caplog.at_level(logging.WARNING, "provenance"):
        out = generate(wrap(llama, tokenizer, checker, on_report=reports.append), return_dict_in_generate=True)
    reason = "DatabaseError: segment 3 is damaged; run: provenance doctor"
    assert out.sequences.tolist() == [[4, 5, 8], [6, 7, 9]]
    assert out.provenance == reports == [a_report("years", error=reason), a_report("ago", error=reason)]
    assert [record.getMessage() for record in caplog.records] == [f"generated text was not checked: {reason}"] * 2


def test_raised(llama: Any, tokenizer: Any) -> None:
    """With `on_error="raise"` the checker's own error goes to the caller."""
    error = DatabaseError("segment 3 is damaged")
    with pytest.raises(DatabaseError) as caught:
        generate(wrap(llama, tokenizer, FakeChecker(error), on_error="raise"))
    assert caught.value is error


@pytest.mark.parametrize("on_error", ["report", "raise"])
def test_policy_violation(llama: Any, tokenizer: Any, on_error: Any) -> None:
    """A policy that says `raise` is obeyed whatever happens to errors."""
    error = PolicyViolationError("all rights reserved", report=a_report("years"))
    with pytest.raises(PolicyViolationError) as caught:
        generate(wrap(llama, tokenizer, FakeChecker(error), on_error=on_error))
    assert caught.value is error


def test_interrupt(llama: Any, tokenizer: Any) -> None:
    """An interrupt is no failed check."""
    with pytest.raises(KeyboardInterrupt):
        generate(wrap(llama, tokenizer, FakeChecker(KeyboardInterrupt())))  # type: ignore[arg-type]  # no Exception


def test_callback_errors(llama: Any, tokenizer: Any, checker: FakeChecker) -> None:
    """What the application's callback raises is the application's to handle."""

    def refuse(report: Any) -> None:
        raise LookupError(report.text)

    with pytest.raises(LookupError, match="years"):
        generate(wrap(llama, tokenizer, checker, on_report=refuse))


def test_tokenizer_that_cannot_decode(llama: Any, checker: FakeChecker) -> None:
    """A text that cannot be decoded is reported as not checked, row by row."""
    out = generate(wrap(llama, Deaf(), checker), return_dict_in_generate=True)
    assert out.provenance == [a_report("", error="ValueError: no such id")] * 2
    with pytest.raises(ValueError, match="no such id"):
        generate(wrap(llama, Deaf(), checker, on_error="raise"))


def test_output_that_is_not_understood(tokenizer: Any, checker: FakeChecker) -> None:
    """An output without rows is handed on as it is and reported as not checked."""
    reports: list[Any] = []
    assert wrap(Odd(), tokenizer, checker, on_report=reports.append).generate() == {"text": "call me"}
    reason = "UsageError: a dict without `sequences` holds no rows; pass the lists of ids in it"
    assert reports == [a_report("", error=reason)]


def test_long_reasons_are_cut(llama: Any, tokenizer: Any) -> None:
    """An error that quotes a whole book does not fill the report."""
    out = generate(wrap(llama, tokenizer, FakeChecker(OSError("x" * 10_000))), return_dict_in_generate=True)
    assert [len(report.error or "") for report in out.provenance] == [500, 500]


def test_errors_of_generation_itself(tokenizer: Any, checker: FakeChecker) -> None:
    """What transformers raises is not caught."""
    with pytest.raises(ValueError, match="not used by the model"):
        wrap(a_llama(), tokenizer, checker).generate(IDS, nonsense=1)
    assert checker.calls == []
