"""Logits processor that keeps a transformers model from reciting a work beyond what the policy allows.

One processor serves one call of `generate` and reads along in every row. When a passage of a work whose action is
`limit` is at its bound, it gives no chance to the entries of the vocabulary that would continue the passage. All others
keep theirs. `provenance.live` decides where the bound is and what comes next in the work.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from provenance.check import Checker, FailurePolicy, OnError, reason_of
from provenance.errors import UsageError
from provenance.generation.rows import Ids, get_argument, get_setting, spread_prompts
from provenance.generation.vocabulary import get_limit_vocabulary
from provenance.live import LimitedText, Limiter, LimitReached
from provenance.reports import Limited

logger = logging.getLogger(__name__)

# New ids are decoded after some of those before them, since a token's text depends on its neighbours.
_CONTEXT = 8
_LONGEST_CONTEXT = 64
_TOKENS_PER_ID = 2
"""How many of our tokens one id may write, as far as the next look at a text is put off."""
_NOT_KEPT = "what comes next in the work is not known, as where only fingerprints are kept"
_NOTHING_LEFT = "nothing else could have been written"


@dataclass(slots=True)
class _AppliedBound:
    """A bound that the model came to: after how many ids first, and how often it was kept from continuing."""

    bound: LimitReached
    ids: int
    times: int = 0
    error: str | None = None

    @property
    def passage(self) -> tuple[int, int]:
        """The work, and the token of the text at which its passage begins: equal for all bounds of one passage."""
        passage = self.bound.finding.passage
        return passage.origin.key, self.bound.end - (passage.token_end - passage.token_start)

    def make_entry(self, at: int) -> Limited:
        """Return the entry of the report; `at` is an offset into the text."""
        passage = self.bound.finding.passage
        return Limited(at=at, work=passage.origin, tokens=passage.tokens, times=self.times, error=self.error)


class _LimitedRow:
    """One row of a generation: the ids in it, and the bounds of its passages."""

    _bounds: LimitedText

    def __init__(self, tokenizer: Any) -> None:
        self._tokenizer = tokenizer
        self._ids: Ids = []
        self._context: Ids = []
        self._waiting: Ids = []
        self._text = ""  # of the context, without a character that is not complete
        self._applied: list[_AppliedBound] = []
        self._failed: tuple[int, str] | None = None

    @property
    def last(self) -> int | None:
        """The last id."""
        return self._ids[-1] if self._ids else None

    def start(self, limiter: Limiter, prompt: str) -> None:
        """Follow what is written from now on."""
        self._bounds = limiter.follow(prompt or None)

    def append(self, entry: int) -> None:
        """Take the id that was written next; it is decoded when that matters."""
        self._ids.append(entry)
        self._waiting.append(entry)
        # Until that many more tokens are written nothing can be at its bound, and decoding many ids at once is cheaper.
        if self._failed is not None or len(self._waiting) <= self._bounds.tokens_until_next_check // _TOKENS_PER_ID:
            return
        self._context += self._waiting
        self._waiting = []
        text = self._decode(self._context)
        whole = text.rstrip("\ufffd")  # decoders write this for the first bytes of a character
        new, self._text = whole[len(self._text) :], whole
        # The context is cut only between characters: their bytes must be decoded together.
        if text == whole and len(self._context) > _LONGEST_CONTEXT:
            self._context = self._context[-_CONTEXT:]
            self._text = self._decode(self._context)
        for bound in self._bounds.feed(new):
            if not bound.continuations:
                self._applied.append(_AppliedBound(bound, len(self._ids), error=_NOT_KEPT))

    def fail(self, error: Exception) -> None:
        """Let the row continue without bounds."""
        self._failed = len(self._ids), f"it went on without limits: {reason_of(error)}"

    def find_blocked(self) -> list[tuple[LimitReached, frozenset[int]]]:
        """Return each passage that is at its bound with the entries that would continue it, if there are any."""
        if self._failed is not None or not self._bounds.reached:
            return []
        table = get_limit_vocabulary(self._tokenizer)
        pending = table.read_pending(self._ids)
        blocked = []
        for bound in self._bounds.reached:
            pieces = self._bounds.blocked_continuations(bound)
            entries = table.find_entries(pieces, in_word=self._bounds.in_word, pending=pending) if pieces else None
            if entries:
                blocked.append((bound, entries))
        return blocked

    def find_glued(self, top: int) -> frozenset[int]:
        """Return the entries that would continue the last word, if the likeliest entry would not.

        A model that is kept from its likeliest entry, a new word, would often write an entry that runs into the last
        word instead.
        """
        glued = get_limit_vocabulary(self._tokenizer).glued
        return glued if self._bounds.in_word and top not in glued else frozenset()

    def record_block(self, bound: LimitReached, error: str | None) -> None:
        """Remember that the model was about to continue a passage; `error` says why it was not stopped."""
        applied = next((each for each in self._applied if each.bound is bound), None)
        if applied is None:
            self._applied.append(applied := _AppliedBound(bound, len(self._ids)))
        applied.times += 1
        applied.error = applied.error or error

    def list_limited(self, written: Ids | None) -> tuple[Limited, ...]:
        """Return the entries of the report on what was written, each passage once."""
        written = self._ids if written is None else written
        entries: dict[tuple[int, int], Limited] = {}
        for applied in sorted(self._applied, key=lambda each: each.ids):
            # What `generate` cut off at the end of a row is not in the report either.
            if applied.ids > len(written):
                continue
            entry = applied.make_entry(len(self._decode(written[: applied.ids]).rstrip("\ufffd")))
            if (first := entries.get(applied.passage)) is not None:
                # A passage that was kept from continuing at two places is one entry, at the first of them.
                entry = Limited(
                    at=first.at, work=first.work, tokens=max(first.tokens, entry.tokens),
                    times=first.times + entry.times, error=first.error or entry.error,
                )  # fmt: skip
            entries[applied.passage] = entry
        if self._failed is None:
            return tuple(entries.values())
        ids, error = self._failed
        failed = Limited(at=len(self._decode(written[:ids])), work=None, tokens=0, times=0, error=error)
        return (*entries.values(), failed)

    def _decode(self, ids: Ids) -> str:
        """Return the text that a reader sees of these ids."""
        return str(self._tokenizer.decode(ids, skip_special_tokens=True))


class LimitProcessor:
    """Keeps passages within bounds, row by row. Make a new processor for each call of `generate`.

    It cannot follow beam search, whose rows change places, nor assisted decoding, which proposes tokens and takes them
    back. If it sees that this happens, it raises `UsageError`.

    Args:
        tokenizer: the model's.
        checker: a `Checker`, or a `Limiter` made of one.
        prompts: what the user had supplied: one text for all rows, or one for each prompt, if each has equally many
            rows; by default what the rows begin with.
        on_error: what happens when a row cannot be followed. `report`: it continues without limits, and `limited` says
            so; a warning is logged. `raise`: the error goes to the caller.
    """

    supports_continuous_batching = False

    def __init__(
        self,
        tokenizer: Any,
        checker: Checker | Limiter,
        *,
        prompts: Sequence[str] | None = None,
        on_error: OnError = "report",
    ) -> None:
        self._tokenizer = tokenizer
        self._limiter = checker if isinstance(checker, Limiter) else Limiter(checker)
        self._prompts = [prompts] if isinstance(prompts, str) else prompts
        self._on_error = on_error
        self._rows: list[_LimitedRow] = []
        self._length: int | None = None

    def __call__(self, input_ids: Any, scores: Any) -> Any:
        """Return the scores, shape (rows, vocabulary); a new tensor if an entry is blocked.

        Args:
            input_ids: all ids so far, shape (rows, length).
            scores: of the next id, shape (rows, vocabulary).
        """
        if self._length is None:
            self._start_rows(input_ids)
        else:
            self._append_ids(input_ids, self._length)
        self._length = input_ids.shape[1]
        rows = enumerate(self._rows)
        blocked = {number: found for number, row in rows if (found := self._guarded(row, row.find_blocked))}
        if not blocked:
            return scores
        scores = scores.clone()  # the scores that came in belong to the caller
        for number, found in blocked.items():
            row, top = self._rows[number], int(scores[number].argmax())
            entries: frozenset[int] = frozenset().union(*(each for _, each in found))
            glued = row.find_glued(top) if top in entries else frozenset()
            # Better an entry that runs into the last word than the passage, if there is no other.
            is_blocked = _block_entries(scores[number], entries | glued) or _block_entries(scores[number], entries)
            for bound, continuing in found:
                # The report counts only the times that the model was about to continue the passage.
                if top in continuing:
                    row.record_block(bound, None if is_blocked else _NOTHING_LEFT)
        return scores

    def limited(self, row: int, written: Ids | None = None) -> tuple[Limited, ...]:
        """Return where a row was kept from continuing a passage.

        Args:
            row: its number.
            written: the ids that count as written in it; by default all that the processor has seen.
        """
        return self._rows[row].list_limited(written) if row < len(self._rows) else ()

    def _start_rows(self, input_ids: Any) -> None:
        """Make a row for each row of ids, which are the prompts."""
        count, length = input_ids.shape
        prompts = self._prompts
        if prompts is None:
            prompts = self._tokenizer.decode(input_ids.tolist(), skip_special_tokens=True) if length else [""]
        for prompt in spread_prompts(prompts, count):
            row = _LimitedRow(self._tokenizer)
            self._rows.append(row)
            self._guarded(row, partial(row.start, self._limiter, prompt))

    def _append_ids(self, input_ids: Any, length: int) -> None:
        """Take the newest id of each row; there were `length` before."""
        rows = input_ids[:, -2:].tolist()
        # In beam search the last id but one may be another row's: then what we know of this row is not of its text.
        has_moved = any(row.last not in (None, ids[0]) for row, ids in zip(self._rows, rows, strict=False))
        if len(rows) != len(self._rows) or input_ids.shape[1] != length + 1 or has_moved:
            raise UsageError(
                "a LimitProcessor follows one call of `generate` with greedy decoding or sampling: make a new one for "
                "each call, and leave beam search, assistant models and prompt lookup out"
            )
        for row, ids in zip(self._rows, rows, strict=True):
            self._guarded(row, partial(row.append, ids[-1]))

    def _guarded(self, row: _LimitedRow, step: Callable[[], Any]) -> Any:
        try:
            return step()
        except Exception as error:
            FailurePolicy(self._on_error).report_or_raise(error, logger, "a row is generated without limits")
            row.fail(error)
            return None


def _block_entries(scores: Any, entries: frozenset[int]) -> bool:
    """Give no chance to these entries, unless no other has one; return whether that was done."""
    left = scores.clone()
    # A model may score fewer entries than its tokenizer knows.
    left[[entry for entry in entries if entry < len(scores)]] = float("-inf")
    is_possible = bool(left.isfinite().any())
    if is_possible:
        scores.copy_(left)
    return is_possible


_UNLIMITED = {
    "num_beams": "beam search", "num_beam_groups": "beam search", "constraints": "beam search",
    "force_words_ids": "beam search", "prompt_lookup_num_tokens": "assisted decoding",
    "assistant_early_exit": "assisted decoding", "use_mtp": "assisted decoding",
    "penalty_alpha": "contrastive search", "dola_layers": "DoLa decoding",
}  # fmt: skip
"""Settings that ask for a way to decode whose rows cannot be followed, unless they are None, False, 0 or 1."""


def require_limitable(args: Sequence[Any], kwargs: Mapping[str, Any], defaults: Any) -> None:
    """Refuse the ways to decode that cannot be limited.

    Raises:
        UsageError: `generate(*args, **kwargs)` would decode in such a way.
    """
    for name, way in _UNLIMITED.items():
        if get_setting(name, args, kwargs, defaults) not in (None, False, 0, 1):
            refuse_decoding(way)
    # The positions are those of transformers' `generate`.
    if get_argument("assistant_model", 6, args, kwargs) is not None:
        refuse_decoding("assisted decoding")
    if get_argument("custom_generate", 10, args, kwargs) is not None:
        refuse_decoding("custom_generate")
    if get_setting("cache_implementation", args, kwargs, defaults) == "paged":
        refuse_decoding("continuous batching")


def refuse_decoding(way: str, *_: Any, **__: Any) -> None:
    """Refuse to decode in some way; other arguments are those of a method that it replaces.

    Raises:
        UsageError: always.
    """
    raise UsageError(
        f"limit=True cannot follow {way}; use greedy decoding or sampling, or wrap the model without limit"
    )


def make_limiter(checker: Any, limit_tokens: int | None) -> Limiter:
    """Return the limiter of a checker.

    Args:
        checker: a `provenance.Checker`.
        limit_tokens: from how many tokens on a passage is at its bound; by default as the policy says.

    Raises:
        UsageError: `checker` is no `Checker`, or `limit_tokens` is less than 16.
    """
    if not isinstance(checker, Checker):
        raise UsageError(f"limit=True needs a provenance.Checker, not a {type(checker).__name__}")
    return Limiter(checker, limit_tokens)


def add_processor(
    processor: LimitProcessor, args: Sequence[Any], kwargs: Mapping[str, Any]
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """Return the arguments of `generate` with one more logits processor, the last."""
    processors = [*(get_argument("logits_processor", 2, args, kwargs) or ()), processor]
    # An argument that came by position must go by position, or `generate` would get it twice.
    if len(args) > 2:
        return (*args[:2], processors, *args[3:]), dict(kwargs)
    return tuple(args), {**kwargs, "logits_processor": processors}
