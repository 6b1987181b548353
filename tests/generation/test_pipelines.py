"""What works with transformers' text-generation pipeline: the wrapper in the model's place, reports by callback."""

from __future__ import annotations

from typing import Any

import pytest
from transformers import pipeline

from provenance.generation import wrap
from tests.generation.tiny import FakeChecker, a_report

PROMPTS = ["call me ishmael", "some years ago"]


@pytest.mark.parametrize("options", [{}, {"return_dict_in_generate": True, "output_scores": True}])
def test_text_generation(llama: Any, tokenizer: Any, checker: FakeChecker, options: dict[str, Any]) -> None:
    """A pipeline around the wrapper writes what one around the model writes; each text is reported to the callback.

    The pipeline itself hands tensors only on, so the field `provenance` does not come out of it.
    """
    reports: list[Any] = []
    settings = {"max_new_tokens": 5, "do_sample": False, "return_full_text": False, **options}
    plain = pipeline("text-generation", model=llama, tokenizer=tokenizer, device="cpu")(PROMPTS, **settings)
    licensed = wrap(llama, tokenizer, checker, on_report=reports.append)
    ours = pipeline("text-generation", model=licensed, tokenizer=tokenizer, device="cpu")(PROMPTS, **settings)
    texts = [answer[0]["generated_text"] for answer in ours]
    assert texts == [answer[0]["generated_text"] for answer in plain]
    assert reports == [a_report(text, prompt=prompt) for text, prompt in zip(texts, PROMPTS, strict=True)]
