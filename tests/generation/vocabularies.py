"""Small tokenizers of every sort that there is, trained on a few lines of many scripts."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import ByT5Tokenizer, PreTrainedTokenizerFast

LINES = (
    "Call me Ishmael. Some years ago - never mind how long precisely, don't you ' see it's we 've had no money?",
    "你好，世界！吾輩は猫である。名前はまだ無い 😀👨\u200d👩\u200d👧 🇮🇸",
    "e\u0301a\u0308 नमस्ते ไทย العربية \ufffd x\n\n  y\t",
)
SPECIAL = ["<unk>", "<pad>", "</s>", "<|mark|>"]


def byte_level() -> Any:
    """Bytes as letters, so that nothing is unknown, as Llama 3 and Qwen have it."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    return _trained(tokenizer, trainers.BpeTrainer, unknown=None, vocab_size=330, initial_alphabet=alphabet)


def byte_fallback() -> Any:
    """Blanks as ▁, rare characters as bytes, the first blank taken away, as Llama 2 and Gemma have it."""
    pieces = ["▁", "a", "▁Call", "me", "▁me", "你", "é", "▁▁", "\u0301", "\ufffd", ".", "'s"]
    vocabulary = [*SPECIAL, *(f"<0x{byte:02X}>" for byte in range(256)), *pieces * 8]
    model = models.BPE({piece: at for at, piece in enumerate(vocabulary)}, [], byte_fallback=True, unk_token="<unk>")
    tokenizer = Tokenizer(model)
    tokenizer.decoder = decoders.Sequence(
        [decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0)]
    )
    tokenizer.add_special_tokens(SPECIAL)
    return _wrapped(tokenizer)


def unigram(*, tidy: bool = False) -> Any:
    """Whole pieces with ▁ for blanks, as T5 has it."""
    tokenizer = Tokenizer(models.Unigram())
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.decoder = decoders.Metaspace()
    return _trained(tokenizer, trainers.UnigramTrainer, tidy=tidy, vocab_size=150, unk_token="<unk>")


def word_piece(*, tidy: bool = False) -> Any:
    """Continuations marked with ##, as BERT has it."""
    tokenizer = Tokenizer(models.WordPiece(unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.decoder = decoders.WordPiece(cleanup=not tidy)
    return _trained(tokenizer, trainers.WordPieceTrainer, tidy=tidy, vocab_size=220)


def word_ends() -> Any:
    """Ends of words marked, as the first GPT has it."""
    tokenizer = Tokenizer(models.BPE(unk_token="<unk>", end_of_word_suffix="</w>"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.decoder = decoders.BPEDecoder()
    return _trained(tokenizer, trainers.BpeTrainer, vocab_size=200, end_of_word_suffix="</w>")


def single_bytes() -> Any:
    """One token a byte, in Python, without a fast tokenizer behind it."""
    return ByT5Tokenizer()


def fickle() -> Any:
    """A decoder that takes back what it wrote: b after a makes another letter of a."""
    tokenizer = Tokenizer(models.WordLevel({"<unk>": 0, "a": 1, "b": 2, "c": 3}, unk_token="<unk>"))
    tokenizer.decoder = decoders.Sequence([decoders.Fuse(), decoders.Replace(Regex("ab"), "X")])
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, unk_token="<unk>")


SORTS: dict[str, Callable[[], Any]] = {
    "byte level": cache(byte_level),
    "byte fallback": cache(byte_fallback),
    "unigram": cache(unigram),
    "unigram, tidied": cache(lambda: unigram(tidy=True)),
    "word piece": cache(word_piece),
    "word piece, tidied": cache(lambda: word_piece(tidy=True)),
    "word ends": cache(word_ends),
    "single bytes": cache(single_bytes),
}


def _trained(
    tokenizer: Tokenizer, trainer: Any, *, tidy: bool = False, unknown: str | None = "<unk>", **options: Any
) -> Any:
    tokenizer.train_from_iterator(LINES, trainer(special_tokens=SPECIAL, show_progress=False, **options))
    return _wrapped(tokenizer, tidy=tidy, unknown=unknown)


def _wrapped(tokenizer: Tokenizer, *, tidy: bool = False, unknown: str | None = "<unk>") -> Any:
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, unk_token=unknown, pad_token="<pad>", eos_token="</s>",
        additional_special_tokens=["<|mark|>"], clean_up_tokenization_spaces=tidy,
    )  # fmt: skip
