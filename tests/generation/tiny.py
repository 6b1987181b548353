"""Models of a few thousand random weights, their tokenizer, and a checker that only remembers what it was asked."""

from __future__ import annotations

from typing import Any

import torch
from tokenizers import Tokenizer, models, pre_tokenizers
from transformers import (
    LlamaConfig,
    LlamaForCausalLM,
    LogitsProcessor,
    LogitsProcessorList,
    PreTrainedTokenizerFast,
    StoppingCriteria,
    T5Config,
    T5ForConditionalGeneration,
)

from provenance.reports import Coverage, Report

SPECIAL = ("<pad>", "<s>", "</s>", "<unk>")
WORDS = (
    "call", "me", "ishmael", "some", "years", "ago", "never", "mind", "how", "long", "precisely", "having", "little",
    "or", "no", "money", "in", "my", "purse",
)  # fmt: skip
VOCABULARY = {word: number for number, word in enumerate((*SPECIAL, *WORDS))}
PAD, BOS, EOS = 0, 1, 2

# The first sentences of Moby-Dick, here under a licence that asks for a notice.
WORK = (
    "Call me Ishmael. Some years ago - never mind how long precisely - having little or no money in my purse, and "
    "nothing particular to interest me on shore, I thought I would sail about a little and see the watery part of the "
    "world. It is a way I have of driving off the spleen and regulating the circulation."
)

CHAT_TEMPLATE = (
    "{% for message in messages %}{{ message.content + ' ' }}{% endfor %}{% if add_generation_prompt %}</s>{% endif %}"
)


def a_tokenizer(vocabulary: dict[str, int] = VOCABULARY) -> Any:
    """A word-level tokenizer that pads on the left, as batches of a decoder-only model need."""
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, pad_token="<pad>", bos_token="<s>", eos_token="</s>", unk_token="<unk>",
        padding_side="left", model_input_names=["input_ids", "attention_mask"],
    )  # fmt: skip


def a_llama(seed: int = 0, words: int = len(VOCABULARY)) -> Any:
    """A decoder-only model of two layers that knows this many words."""
    torch.manual_seed(seed)
    config = LlamaConfig(
        vocab_size=words, hidden_size=32, intermediate_size=64, num_hidden_layers=2, num_attention_heads=4,
        num_key_value_heads=2, max_position_embeddings=128, bos_token_id=BOS, eos_token_id=EOS, pad_token_id=PAD,
    )  # fmt: skip
    return LlamaForCausalLM(config).eval()


def a_t5(start: int = PAD, words: int = len(VOCABULARY)) -> Any:
    """An encoder-decoder model of two layers that knows this many words; `start` is its decoder's start token."""
    torch.manual_seed(3)
    config = T5Config(
        vocab_size=words, d_model=32, d_kv=8, d_ff=64, num_layers=2, num_heads=4,
        decoder_start_token_id=start, pad_token_id=PAD, eos_token_id=EOS,
    )  # fmt: skip
    return T5ForConditionalGeneration(config).eval()


class FakeChecker:
    """Remembers each text and prompt; fails with `error` where one is given."""

    def __init__(self, error: Exception | None = None) -> None:
        self.calls: list[tuple[str, str | None]] = []
        self.error = error

    def check(self, text: str, *, prompt: str | None = None) -> Report:
        self.calls.append((text, prompt))
        if self.error is not None:
            raise self.error
        return a_report(text, prompt=prompt)

    def unchecked(self, text: str, error: str) -> Report:
        return a_report(text, error=error)


def a_report(text: str, *, prompt: str | None = None, error: str | None = None) -> Report:
    """The report that `FakeChecker` gives."""
    return Report(
        text=text, tokens=len(text.split()), matched_characters=0, findings=(), exempt=(),
        coverage=Coverage(works=0, tokens=0, revision=0, indexed_at=None, canaries="none"),
        policy={"prompt": prompt}, plugins=(), version="0", error=error,
    )  # fmt: skip


class Force(LogitsProcessor):
    """Makes the rows say given tokens: `{(row, length so far): token}`."""

    def __init__(self, tokens: dict[tuple[int, int], int]) -> None:
        self.tokens = tokens

    def __call__(self, input_ids: Any, scores: Any) -> Any:
        for (row, length), token in self.tokens.items():
            if input_ids.shape[1] == length:
                scores[row] = float("-inf")
                scores[row, token] = 0.0
        return scores


class Fail(LogitsProcessor):
    """Raises when the rows have reached a length."""

    def __init__(self, length: int) -> None:
        self.length = length

    def __call__(self, input_ids: Any, scores: Any) -> Any:
        if input_ids.shape[1] >= self.length:
            raise RuntimeError("the model broke")
        return scores


def force(tokens: dict[tuple[int, int], int]) -> LogitsProcessorList:
    """The argument `logits_processor` that forces these tokens."""
    return LogitsProcessorList([Force(tokens)])


class StopFirstRow(StoppingCriteria):
    """Stops the first row of a batch at a length, without an end token."""

    def __init__(self, length: int) -> None:
        self.length = length

    def __call__(self, input_ids: Any, scores: Any, **kwargs: Any) -> Any:
        return torch.tensor([row == 0 and input_ids.shape[1] >= self.length for row in range(len(input_ids))])
