"""`generate_text` is the five-line case: a prompt in, a checked text out."""

from __future__ import annotations

import copy
from dataclasses import replace
from typing import Any

import pytest
import torch
from transformers import ProcessorMixin

from provenance.errors import UsageError
from provenance.generation import AnnotatedText, wrap
from provenance.reports import Report
from tests.generation.tiny import CHAT_TEMPLATE, FakeChecker, a_report, a_tokenizer, force
from tests.notices.builders import APOLLO, ATTRS, a_finding, a_passage

PROMPT = "call me ishmael"
GREEDY = {"max_new_tokens": 6, "do_sample": False}


class Processor(ProcessorMixin):
    """A processor that holds nothing but a tokenizer."""

    def __init__(self, tokenizer: Any, chat_template: str | None = None) -> None:
        super().__init__(tokenizer, chat_template=chat_template)


def test_continuation(llama: Any, tokenizer: Any, checker: FakeChecker) -> None:
    """The text is what the plain model writes after the prompt; the prompt is handed over as the user wrote it."""
    inputs = tokenizer(PROMPT, return_tensors="pt")
    text = tokenizer.decode(llama.generate(**inputs, **GREEDY)[0, 3:], skip_special_tokens=True)
    annotated = wrap(llama, tokenizer, checker).generate_text(PROMPT, **GREEDY)
    assert annotated == AnnotatedText(text=text, report=a_report(text, prompt=PROMPT), prompt=PROMPT)
    assert str(annotated) == text


def test_encoder_decoder(t5: Any, tokenizer: Any, checker: FakeChecker) -> None:
    """An encoder-decoder's text is all that it writes."""
    plain = t5.generate(**tokenizer(PROMPT, return_tensors="pt"), **GREEDY)
    annotated = wrap(t5, tokenizer, checker).generate_text(PROMPT, **GREEDY)
    assert checker.calls == [(tokenizer.decode(plain[0], skip_special_tokens=True), PROMPT)]
    assert annotated.text == checker.calls[0][0]


def test_dictionary_output(llama: Any, tokenizer: Any, checker: FakeChecker) -> None:
    """Asking for a dictionary changes nothing."""
    licensed = wrap(llama, tokenizer, checker)
    assert licensed.generate_text(PROMPT, **GREEDY, return_dict_in_generate=True) == licensed.generate_text(
        PROMPT, **GREEDY
    )


def test_empty_prompt(llama: Any, tokenizer: Any, checker: FakeChecker) -> None:
    """An empty prompt lets the model start by itself."""
    plain = llama.generate(**GREEDY)
    annotated = wrap(llama, tokenizer, checker).generate_text("", **GREEDY)
    assert annotated.text == tokenizer.decode(plain[0], skip_special_tokens=True)
    assert checker.calls == [(annotated.text, None)]


def test_chat(llama: Any, checker: FakeChecker) -> None:
    """Messages go through the chat template; the prompt is what it makes of them, without special tokens."""
    tokenizer = a_tokenizer()
    tokenizer.chat_template = CHAT_TEMPLATE
    messages = [{"role": "system", "content": "call me"}, {"role": "user", "content": "how long"}]
    plain = llama.generate(torch.tensor([[4, 5, 12, 13, 2]]), **GREEDY)
    annotated = wrap(llama, tokenizer, checker).generate_text(messages, **GREEDY)
    text = tokenizer.decode(plain[0, 5:], skip_special_tokens=True)
    assert annotated == AnnotatedText(
        text=text, report=a_report(text, prompt="call me how long"), prompt="call me how long"
    )


def test_chat_with_a_begun_answer(llama: Any, checker: FakeChecker) -> None:
    """A last message of the assistant is continued, not closed."""
    tokenizer = a_tokenizer()
    tokenizer.chat_template = CHAT_TEMPLATE
    messages = [{"role": "user", "content": "how long"}, {"role": "assistant", "content": "some"}]
    plain = llama.generate(torch.tensor([[12, 13, 7]]), **GREEDY)
    annotated = wrap(llama, tokenizer, checker).generate_text(messages, **GREEDY)
    assert annotated.text == tokenizer.decode(plain[0, 3:], skip_special_tokens=True)


def test_processor(llama: Any, tokenizer: Any, checker: FakeChecker) -> None:
    """A processor's tokenizer reads and writes; a chat template may be the processor's."""
    processor = Processor(tokenizer, chat_template=CHAT_TEMPLATE)
    licensed = wrap(llama, processor, checker)
    expected = wrap(llama, tokenizer, checker).generate_text(PROMPT, **GREEDY)
    assert licensed.generate_text(PROMPT, **GREEDY) == expected
    assert licensed.generate_text([{"role": "user", "content": PROMPT}], **GREEDY).prompt == PROMPT
    assert licensed.tokenizer is processor


def test_tokenizer_is_not_changed(llama: Any, checker: FakeChecker) -> None:
    """The tokenizer is as it was."""
    tokenizer = a_tokenizer()
    before = copy.deepcopy(tokenizer.init_kwargs), tokenizer.padding_side, tokenizer.chat_template
    wrap(llama, tokenizer, checker).generate_text(PROMPT, **GREEDY)
    assert (tokenizer.init_kwargs, tokenizer.padding_side, tokenizer.chat_template) == before


def test_on_report(llama: Any, tokenizer: Any, checker: FakeChecker) -> None:
    """The callback gets the report that is returned."""
    reports: list[Report] = []
    annotated = wrap(llama, tokenizer, checker, on_report=reports.append).generate_text(PROMPT, **GREEDY)
    assert reports == [annotated.report]


def test_failed_check(llama: Any, tokenizer: Any) -> None:
    """A failed check costs no text."""
    licensed = wrap(llama, tokenizer, FakeChecker(OSError("gone")))
    annotated = licensed.generate_text(PROMPT, **GREEDY, logits_processor=force({(0, 3): 4, (0, 4): 2}))
    assert annotated == AnnotatedText(text="call", report=a_report("call", error="OSError: gone"), prompt=PROMPT)


@pytest.mark.parametrize(
    ("prompt", "options", "message"),
    [
        (PROMPT, {"num_return_sequences": 2}, "returns one text"),
        ([], {}, "a text or a list of messages"),
        ([PROMPT], {}, "a text or a list of messages"),
        ([{"role": "user", "content": PROMPT}], {}, "no chat template"),
    ],
)
def test_refusals(
    llama: Any, tokenizer: Any, checker: FakeChecker, *, prompt: Any, options: dict[str, Any], message: str
) -> None:
    """What cannot be meant is refused before anything is generated, and the error says what to do."""
    with pytest.raises(UsageError, match=message):
        wrap(llama, tokenizer, checker).generate_text(prompt, **options)
    assert checker.calls == []


def test_notices_and_rendering() -> None:
    """The notices are the findings', in order; rendering is the report's."""
    findings = (a_finding(a_passage(APOLLO)), a_finding(a_passage(ATTRS)))
    report = replace(a_report("words"), findings=findings, renderers={"count": lambda r: f"{len(r.findings)} findings"})
    annotated = AnnotatedText(text="words", report=report, prompt="")
    assert annotated.notices == tuple(finding.notice for finding in findings)
    assert annotated.render("count") == "2 findings"
    with pytest.raises(UsageError, match="known formats: count"):
        annotated.render("pdf")
