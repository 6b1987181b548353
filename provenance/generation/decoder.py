"""Decoder of tokens into text, as they come.

The pieces add up to what `tokenizer.decode(ids, skip_special_tokens=True)` gives for all ids together, and the work for
one token does not grow with the text. Only public methods of a tokenizer are used, so any tokenizer of transformers
will do. The decoder does not know where the tokens come from.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

_UNFINISHED = "\ufffd"  # what decoders write for a character whose bytes are not all there yet, or never will be
_KEPT = 8  # tokens of context that no decoder looks beyond: a character has at most four bytes
_APART = re.compile(r"[^ .?!,'ntmsver]")  # takes no part in any replacement of `clean_up_tokenization`


class Vocabulary:
    """The kinds of tokens of one tokenizer; shared by all texts that are written with it.

    Attributes:
        special: the tokens that a reader does not see, by their ids.
        bytes: the ids of tokens that are one byte of a character.
        tidies: whether the tokenizer removes spaces before punctuation, as old ones do.
    """

    special: Mapping[int, str]

    def __init__(self, tokenizer: Any) -> None:
        self._tokenizer = tokenizer
        if getattr(tokenizer, "is_fast", False):
            # A fast tokenizer skips all added tokens that are marked as special, also those without a role.
            added = tokenizer.added_tokens_decoder.items()
            self.special = {number: str(token) for number, token in added if token.special}
        else:
            self.special = dict(zip(tokenizer.all_special_ids, tokenizer.all_special_tokens, strict=True))
        # Some vocabularies have a token for each byte, for text that their other tokens cannot write. Without such
        # tokens a tokenizer gives the id of its unknown token, whose name is another.
        names = [f"<0x{byte:02X}>" for byte in range(256)]
        ids = zip(names, tokenizer.convert_tokens_to_ids(names), strict=True)
        known = [(name, number) for name, number in ids if number is not None]
        self.bytes = frozenset(number for name, number in known if tokenizer.convert_ids_to_tokens(number) == name)
        self.tidies = _has_cleanup(tokenizer)

    def has_token(self, token: int) -> bool:
        """Return whether there is such a token; `decode` skips an id that is none."""
        return self._tokenizer.convert_ids_to_tokens(token) is not None

    def decode(self, ids: list[int]) -> str:
        """Return the text of some tokens, spaces left as they are."""
        return str(self._tokenizer.decode(ids, skip_special_tokens=True, clean_up_tokenization_spaces=False))

    def tidy(self, text: str) -> str:
        """Return a text without the spaces before its punctuation."""
        return str(self._tokenizer.clean_up_tokenization(text))


class Decoder:
    """Decodes the tokens of one text, one by one or some at a time.

    A token's text depends on its neighbours: a space may precede it, or its first bytes may complete a character. So
    new tokens are decoded together with those before them, and the text that these gave already is taken off. What may
    still change is held: an unfinished character, and bytes, since an invalid byte spoils all bytes next to it.
    """

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._vocabulary = vocabulary
        self._context: list[int] = []  # the last tokens whose text was given
        self._shown = ""  # the text of the context
        self._held: list[int] = []
        self._untidied = ""

    def feed(self, *tokens: int) -> str:
        """Return the text that has become certain with these tokens; several at once cost little more than one."""
        vocabulary = self._vocabulary
        for token in tokens:
            # An id that is no token must not end a run of bytes: `decode` skips it and decodes the run as one.
            if not (token in vocabulary.special or (self._held and not vocabulary.has_token(token))):
                self._held.append(token)
        is_waiting = not self._held or self._held[-1] in vocabulary.bytes
        text = "" if is_waiting else self._release_certain()
        if not vocabulary.tidies:
            return text
        # Text is tidied up to the last character that ends all replacements, for what follows it cannot change that.
        text = self._untidied + text
        cut = max((match.end() for match in _APART.finditer(text)), default=0)
        self._untidied = text[cut:]
        return vocabulary.tidy(text[:cut])

    def flush(self) -> str:
        """Return what is held; nothing follows, or what follows does not change it."""
        text = self._release_all() if self._held else ""
        if self._vocabulary.tidies:
            text, self._untidied = self._vocabulary.tidy(self._untidied + text), ""
        return text

    def _release_certain(self) -> str:
        """Return the text of the held tokens, as far as it is certain."""
        text = self._vocabulary.decode(self._context + self._held)
        if len(text) > len(self._shown) and not text.endswith(_UNFINISHED) and text.startswith(self._shown):
            return self._take_new(text)
        if len(self._held) < 2 * _KEPT:
            return ""
        if not text.startswith(self._shown):
            return self._release_all()
        # Invalid bytes without end: release the older of the held tokens, or each new token would cost more than the
        # last. This needs proof that the younger give the same text without the older ones before them.
        older, younger = self._held[:-_KEPT], self._held[-_KEPT:]
        settled, context = self._vocabulary.decode(self._context + older), older[-_KEPT:]
        shown = self._vocabulary.decode(context)
        is_same = self._vocabulary.decode(context + younger) == shown + text[len(settled) :]
        if not (text.startswith(settled) and is_same):
            return ""
        new, self._held = settled[len(self._shown) :], younger
        self._context, self._shown = context, shown
        return new

    def _release_all(self) -> str:
        """Return the text of all held tokens, also if a decoder changes the text that it gave before."""
        text = self._vocabulary.decode(self._context + self._held)
        if not text.startswith(self._shown):
            self._context, self._shown = [], ""
            text = self._vocabulary.decode(self._held)
        return self._take_new(text)

    def _take_new(self, text: str) -> str:
        """Return what is new in the text of context and held tokens, which become the context."""
        new = text[len(self._shown) :]
        if len(self._context) < _KEPT:
            self._context, self._shown = self._context + self._held, text
        else:
            # The context is long enough: begin another, so that the work for a token stays bounded.
            self._context, self._shown = self._held, self._vocabulary.decode(self._held)
        self._held = []
        return new


def get_text_tokenizer(tokenizer: Any) -> Any:
    """Return the tokenizer itself, or the one that a processor holds."""
    from transformers import PreTrainedTokenizerBase  # noqa: PLC0415 - needs the extra

    if isinstance(tokenizer, PreTrainedTokenizerBase):
        return tokenizer
    return getattr(tokenizer, "tokenizer", None) or tokenizer


def _has_cleanup(tokenizer: Any) -> bool:
    """Return whether `decode` removes spaces before punctuation.

    Transformers ignores the setting for a BPE model, unless a second setting confirms it.
    """
    if not getattr(tokenizer, "clean_up_tokenization_spaces", False):
        return False
    model = getattr(getattr(tokenizer, "backend_tokenizer", None), "model", None)
    is_confirmed = getattr(tokenizer, "clean_up_tokenization_spaces_for_bpe_even_though_it_will_corrupt_output", False)
    return type(model).__name__ != "BPE" or bool(is_confirmed)
