"""Which text does each new token add to a text that is being written?

The pieces add up to what `tokenizer.decode(ids, skip_special_tokens=True)` gives for all ids together, and the work for
one token does not grow with the text. Only public methods of a tokenizer are used, whatever stands behind them. Nothing
here knows how the tokens came about.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

_UNFINISHED = "\ufffd"  # what decoders write for a character whose bytes are not all there yet, or never will be
_KEPT = 8  # tokens of context that no decoder looks beyond: a character has at most four bytes
_APART = re.compile(r"[^ .?!,'ntmsver]")  # takes no part in any replacement of `clean_up_tokenization`


class Vocabulary:
    """What the tokens of one tokenizer are; shared by all texts that are written with it.

    Attributes:
        special: the tokens that a reader does not see, by their ids.
        bytes: the ids of tokens that are one byte of a character.
        tidies: does the tokenizer take away blanks before punctuation, as those of old do?
    """

    def __init__(self, tokenizer: Any) -> None:
        self._tokenizer = tokenizer
        self.special = _special(tokenizer)
        self.bytes = _bytes(tokenizer)
        self.tidies = _tidies(tokenizer)

    def knows(self, token: int) -> bool:
        """Is there such a token? If not, `decode` passes over it."""
        return self._tokenizer.convert_ids_to_tokens(token) is not None

    def decode(self, ids: list[int]) -> str:
        """Return the text of some tokens, blanks left as they are."""
        return str(self._tokenizer.decode(ids, skip_special_tokens=True, clean_up_tokenization_spaces=False))

    def tidy(self, text: str) -> str:
        """Return a text without the blanks before its punctuation."""
        return str(self._tokenizer.clean_up_tokenization(text))


class Decoder:
    """Decodes the tokens of one text, one by one or some at a time.

    A token's text depends on its neighbours: a blank goes before it or not, some bytes of it complete a character. So
    new tokens are decoded after those before them, and what these have given already is taken off. What may still
    change is held: an unfinished character, and bytes, since one that is invalid spoils all of those next to it.
    """

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._vocabulary = vocabulary
        self._context: list[int] = []
        self._shown = ""
        self._held: list[int] = []
        self._untidied = ""

    def feed(self, *tokens: int) -> str:
        """Return the text that has become certain with these tokens; several at once cost little more than one."""
        for token in tokens:
            if not (token in self._vocabulary.special or (self._held and not self._vocabulary.knows(token))):
                self._held.append(token)
        waits = not self._held or self._held[-1] in self._vocabulary.bytes
        text = "" if waits else self._certain()
        return self._tidied(text) if self._vocabulary.tidies else text

    def flush(self) -> str:
        """Return what is held; nothing more comes, or what comes is apart from it."""
        text = self._split_off() if self._held else ""
        if self._vocabulary.tidies:
            text, self._untidied = self._vocabulary.tidy(self._untidied + text), ""
        return text

    def _certain(self) -> str:
        text = self._vocabulary.decode(self._context + self._held)
        if len(text) > len(self._shown) and not text.endswith(_UNFINISHED) and text.startswith(self._shown):
            return self._give(text)
        if len(self._held) < 2 * _KEPT:
            return ""
        return self._shortened(text) if text.startswith(self._shown) else self._split_off()

    def _give(self, text: str) -> str:
        """Return what is new in the text of context and held tokens; from time to time the context begins anew."""
        new = text[len(self._shown) :]
        if len(self._context) < _KEPT:
            self._context, self._shown = self._context + self._held, text
        else:
            self._context, self._shown = self._held, self._vocabulary.decode(self._held)
        self._held = []
        return new

    def _shortened(self, text: str) -> str:
        """Give the older of many held tokens, if all is as if they had been whole: else a run of rubbish piles up."""
        older, younger = self._held[:-_KEPT], self._held[-_KEPT:]
        settled, context = self._vocabulary.decode(self._context + older), older[-_KEPT:]
        anew = self._vocabulary.decode(context) + text[len(settled) :]
        if not (text.startswith(settled) and self._vocabulary.decode(context + younger) == anew):
            return ""
        new, self._held = settled[len(self._shown) :], younger
        self._context, self._shown = context, self._vocabulary.decode(context)
        return new

    def _split_off(self) -> str:
        """Give all that is held, also where a decoder changes its mind on what it gave before."""
        text = self._vocabulary.decode(self._context + self._held)
        if not text.startswith(self._shown):
            self._context, self._shown = [], ""
            text = self._vocabulary.decode(self._held)
        return self._give(text)

    def _tidied(self, text: str) -> str:
        """Return the text so far up to where nothing that follows can change it, tidied."""
        text = self._untidied + text
        cut = max((match.end() for match in _APART.finditer(text)), default=0)
        self._untidied = text[cut:]
        return self._vocabulary.tidy(text[:cut])


def text_tokenizer(tokenizer: Any) -> Any:
    """Return the tokenizer itself, or the one that a processor holds."""
    from transformers import PreTrainedTokenizerBase  # noqa: PLC0415 - needs the extra

    if isinstance(tokenizer, PreTrainedTokenizerBase):
        return tokenizer
    return getattr(tokenizer, "tokenizer", None) or tokenizer


def _special(tokenizer: Any) -> Mapping[int, str]:
    """Return the tokens that `decode` skips."""
    if getattr(tokenizer, "is_fast", False):
        return {number: str(token) for number, token in tokenizer.added_tokens_decoder.items() if token.special}
    return dict(zip(tokenizer.all_special_ids, tokenizer.all_special_tokens, strict=True))


def _bytes(tokenizer: Any) -> frozenset[int]:
    """Return the tokens for single bytes, where a vocabulary has them for what it has no tokens for."""
    names = [f"<0x{byte:02X}>" for byte in range(256)]
    ids = zip(names, tokenizer.convert_tokens_to_ids(names), strict=True)
    known = [(name, number) for name, number in ids if number is not None]
    return frozenset(number for name, number in known if tokenizer.convert_ids_to_tokens(number) == name)


def _tidies(tokenizer: Any) -> bool:
    """Does `decode` tidy? Transformers ignores the setting where the model is a BPE, unless it is told twice."""
    if not getattr(tokenizer, "clean_up_tokenization_spaces", False):
        return False
    model = getattr(getattr(tokenizer, "backend_tokenizer", None), "model", None)
    told_twice = getattr(tokenizer, "clean_up_tokenization_spaces_for_bpe_even_though_it_will_corrupt_output", False)
    return type(model).__name__ != "BPE" or bool(told_twice)
