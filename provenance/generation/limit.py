"""How is a transformers model kept from reciting a work beyond what the policy allows?

By a logits processor, one for each call of `generate`: it reads along in every row and, where a passage of a work whose
action is `limit` is at its bound, gives no chance to the entries of the vocabulary that would go on with it. All others
keep theirs. Where the bound is, and what comes next in the work, is decided in `checker`.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from provenance.check import Checker, FailurePolicy, OnError, reason_of
from provenance.errors import UsageError
from provenance.generation.rows import Beginning, Ids, argument, setting
from provenance.generation.vocabulary import limit_vocabulary
from provenance.live import LimitedText, Limiter, LimitReached
from provenance.reports import Limited

logger = logging.getLogger(__name__)

_CONTEXT = 8
"""So many ids before the new ones are decoded with them."""
_LONGEST_CONTEXT = 64
_PER_ID = 2
"""So many of our tokens an id is taken to be, when the next look at a text is put off."""
_NOT_KEPT = "what comes next in the work is not known, as where only fingerprints are kept"
_NOTHING_LEFT = "nothing else could have been written"


@dataclass(slots=True)
class _Kept:
    """A bound that showed in the text: after how many ids first, and how often."""

    bound: LimitReached
    ids: int
    times: int = 0
    error: str | None = None

    @property
    def passage(self) -> tuple[int, int]:
        """The work and where in the text its passage begins: the same for all its bounds."""
        passage = self.bound.finding.passage
        return passage.origin.key, self.bound.end - (passage.token_end - passage.token_start)

    def limited(self, at: int) -> Limited:
        """Return the entry of the report."""
        passage = self.bound.finding.passage
        return Limited(at=at, work=passage.origin, tokens=passage.tokens, times=self.times, error=self.error)


class _LimitedRow:
    """One row: what was written in it, and its bounds."""

    _bounds: LimitedText

    def __init__(self, tokenizer: Any) -> None:
        self._tokenizer = tokenizer
        self._ids: Ids = []
        self._context: Ids = []
        self._waiting: Ids = []
        self._text = ""  # of the context
        self._kept: list[_Kept] = []
        self._failed: tuple[int, str] | None = None

    @property
    def last(self) -> int | None:
        """The last id."""
        return self._ids[-1] if self._ids else None

    def begin(self, limiter: Limiter, prompt: str) -> None:
        """Follow what is written from now on."""
        self._bounds = limiter.follow(prompt or None)

    def take(self, entry: int) -> None:
        """Take what was written next; it is looked at when that matters."""
        self._ids.append(entry)
        self._waiting.append(entry)
        if self._failed is None and len(self._waiting) > self._bounds.tokens_until_next_check // _PER_ID:
            for bound in self._bounds.feed(self._decoded()):
                if not bound.continuations:
                    self._kept.append(_Kept(bound, len(self._ids), error=_NOT_KEPT))

    def fail(self, error: Exception) -> None:
        """Let the row go on without bounds."""
        self._failed = len(self._ids), f"it went on without limits: {reason_of(error)}"

    def barred(self) -> Iterator[tuple[LimitReached, frozenset[int]]]:
        """Yield the entries that each passage at its bound would go on with."""
        if self._failed is not None or not self._bounds.reached:
            return
        table = limit_vocabulary(self._tokenizer)
        pending = table.pending(self._ids)
        for bound in self._bounds.reached:
            if pieces := self._bounds.blocked_continuations(bound):
                yield bound, table.entries(pieces, in_word=self._bounds.in_word, pending=pending)

    def gluing(self, top: int) -> frozenset[int]:
        """Return what would go on with the last word, if the likeliest entry would not: kept from it, others would."""
        glued = limit_vocabulary(self._tokenizer).glued
        return glued if self._bounds.in_word and top not in glued else frozenset()

    def keep(self, bound: LimitReached, error: str | None) -> None:
        """Remember that the model was about to go on with a passage."""
        kept = next((each for each in self._kept if each.bound is bound), None)
        if kept is None:
            self._kept.append(kept := _Kept(bound, len(self._ids)))
        kept.times += 1
        kept.error = kept.error or error

    def limited(self, written: Ids | None) -> tuple[Limited, ...]:
        """Return the entries of the report on what was written, each passage once."""
        written = self._ids if written is None else written
        first: dict[tuple[int, int], Limited] = {}
        for kept in sorted(self._kept, key=lambda each: each.ids):
            if kept.ids <= len(written):
                entry = kept.limited(len(self._decode(written[: kept.ids]).rstrip("\ufffd")))
                before = first.setdefault(kept.passage, entry)
                if before is not entry:
                    first[kept.passage] = _joined(before, entry)
        if self._failed is None:
            return tuple(first.values())
        ids, error = self._failed
        failed = Limited(at=len(self._decode(written[:ids])), work=None, tokens=0, times=0, error=error)
        return (*first.values(), failed)

    def _decode(self, ids: Ids) -> str:
        return str(self._tokenizer.decode(ids, skip_special_tokens=True))

    def _decoded(self) -> str:
        """Return the text of the ids that wait; a character that is not complete waits on."""
        self._context += self._waiting
        self._waiting = []
        text = self._decode(self._context)
        whole = text.rstrip("\ufffd")
        new, self._text = whole[len(self._text) :], whole
        if text == whole and len(self._context) > _LONGEST_CONTEXT:
            self._context = self._context[-_CONTEXT:]
            self._text = self._decode(self._context)
        return new


def _joined(first: Limited, other: Limited) -> Limited:
    """Return one entry for a passage that was kept from going on at two places."""
    return Limited(
        at=first.at, work=first.work, tokens=max(first.tokens, other.tokens), times=first.times + other.times,
        error=first.error or other.error,
    )  # fmt: skip


class LimitProcessor:
    """A logits processor that keeps passages within bounds, row by row. Make a new one for each call of `generate`.

    Args:
        tokenizer: the model's. checker: a `Checker`, or a `Limiter` made of one.
        prompts: what the user had supplied: one text for all rows, or one for each of the prompts, of which every one
            has equally many rows; by default what the rows begin with.
        on_error: what happens when a row cannot be followed. `report`: it goes on without limits, and `limited` says
            so; a warning is logged. `raise`: the error goes to the caller.

    It cannot follow beam search, whose rows change places, nor assisted decoding, which proposes tokens and takes them
    back; where it sees that this happens, it raises `UsageError`.
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
        self._seen: int | None = None

    def __call__(self, input_ids: Any, scores: Any) -> Any:
        """Return the scores, shape (rows, vocabulary); a new tensor where something is barred."""
        if self._seen is None:
            self._begin(input_ids)
        else:
            self._take(input_ids, self._seen)
        self._seen = input_ids.shape[1]
        barred = {number: found for number, row in enumerate(self._rows) if (found := self._barred(row))}
        if not barred:
            return scores
        scores = scores.clone()
        for number, found in barred.items():
            self._bar(self._rows[number], scores[number], found)
        return scores

    def limited(self, row: int, written: Ids | None = None) -> tuple[Limited, ...]:
        """Return where a row was kept from going on, if what was written in it are these ids, or what it has seen."""
        return self._rows[row].limited(written) if row < len(self._rows) else ()

    def _begin(self, input_ids: Any) -> None:
        count, length = input_ids.shape
        given = self._prompts
        if given is None:
            given = self._tokenizer.decode(input_ids.tolist(), skip_special_tokens=True) if length else [""]
        if not given or count % len(given):
            raise UsageError(f"{len(given)} prompts for {count} rows; give one for all rows, or one for each")
        for at in range(count):
            row = _LimitedRow(self._tokenizer)
            self._rows.append(row)
            self._guarded(row, partial(row.begin, self._limiter, given[at * len(given) // count]))

    def _take(self, input_ids: Any, seen: int) -> None:
        """Take the newest id of each row."""
        rows = input_ids[:, -2:].tolist()
        moved = any(row.last not in (None, ids[0]) for row, ids in zip(self._rows, rows, strict=False))
        if len(rows) != len(self._rows) or input_ids.shape[1] != seen + 1 or moved:
            raise UsageError(
                "a LimitProcessor follows one call of `generate` with greedy decoding or sampling: make a new one for "
                "each call, and leave beam search, assistant models and prompt lookup out"
            )
        for row, ids in zip(self._rows, rows, strict=True):
            self._guarded(row, partial(row.take, ids[-1]))

    def _barred(self, row: _LimitedRow) -> list[tuple[LimitReached, frozenset[int]]]:
        return self._guarded(row, lambda: [each for each in row.barred() if each[1]]) or []

    def _bar(self, row: _LimitedRow, scores: Any, found: list[tuple[LimitReached, frozenset[int]]]) -> None:
        """Give no chance to what is barred; where nothing else is left, leave the row as it is."""
        top = int(scores.argmax())
        entries: frozenset[int] = frozenset().union(*(each for _, each in found))
        glued = row.gluing(top) if top in entries else frozenset()
        possible = _without(scores, entries | glued) or _without(scores, entries)
        for bound, barred in found:
            if top in barred:
                row.keep(bound, None if possible else _NOTHING_LEFT)

    def _guarded(self, row: _LimitedRow, step: Callable[[], Any]) -> Any:
        try:
            return step()
        except Exception as error:
            FailurePolicy(self._on_error).report_or_raise(error, logger, "a row is generated without limits")
            row.fail(error)
            return None


def _without(scores: Any, entries: frozenset[int]) -> bool:
    """Give no chance to some entries, if any other has one; say whether it has."""
    left = scores.clone()
    left[[entry for entry in entries if entry < len(scores)]] = float("-inf")
    possible = bool(left.isfinite().any())
    if possible:
        scores.copy_(left)
    return possible


_UNLIMITED = {
    "num_beams": "beam search", "num_beam_groups": "beam search", "constraints": "beam search",
    "force_words_ids": "beam search", "prompt_lookup_num_tokens": "assisted decoding",
    "assistant_early_exit": "assisted decoding", "use_mtp": "assisted decoding",
    "penalty_alpha": "contrastive search", "dola_layers": "DoLa decoding",
}  # fmt: skip
"""Settings that ask for a way to decode in which rows cannot be followed, unless they are none, 0 or 1."""


def require_limitable(args: Sequence[Any], kwargs: Mapping[str, Any], defaults: Any) -> None:
    """Refuse the ways to decode that cannot be limited.

    Raises:
        UsageError: `generate(*args, **kwargs)` would decode in such a way.
    """
    asked = [
        way for name, way in _UNLIMITED.items() if setting(name, args, kwargs, defaults) not in (None, False, 0, 1)
    ]
    if argument("assistant_model", 6, args, kwargs) is not None:
        asked.append("assisted decoding")
    if argument("custom_generate", 10, args, kwargs) is not None:
        asked.append("custom_generate")
    if setting("cache_implementation", args, kwargs, defaults) == "paged":
        asked.append("continuous batching")
    if asked:
        refuse(asked[0])


def refuse(way: str, *_: Any, **__: Any) -> None:
    """Refuse to decode in some way.

    Raises:
        UsageError: always.
    """
    raise UsageError(
        f"limit=True cannot follow {way}; use greedy decoding or sampling, or wrap the model without limit"
    )


def limiter(checker: Any, limit_tokens: int | None) -> Limiter:
    """Return what says where passages have their bounds.

    Raises:
        UsageError: `checker` is no `Checker`, or `limit_tokens` is less than 16.
    """
    if not isinstance(checker, Checker):
        raise UsageError(f"limit=True needs a provenance.Checker, not a {type(checker).__name__}")
    return Limiter(checker, limit_tokens)


def with_processor(
    processor: LimitProcessor, args: Sequence[Any], kwargs: Mapping[str, Any]
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """Return the arguments of `generate` with one more logits processor, the last."""
    given = [*(argument("logits_processor", 2, args, kwargs) or ()), processor]
    if len(args) > 2:
        return (*args[:2], given, *args[3:]), dict(kwargs)
    return tuple(args), {**kwargs, "logits_processor": given}


def prompt_ids(begin: Beginning) -> list[Ids]:
    """Return what was given for each prompt: an encoder's ids, and what was put into the decoder's mouth."""
    heads = begin.head if begin.lead else None
    count = max(len(begin.given or ()), len(heads or ()), 1)
    return [(begin.given[at] if begin.given else []) + (heads[at] if heads else []) for at in range(count)]
