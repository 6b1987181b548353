"""Rows of token ids: which of them one call to `generate` wrote, and what it had been given.

Plain lists in and out. This module needs neither torch nor transformers, and it neither decodes nor checks.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from provenance.errors import UsageError

Ids = list[int]
Item = TypeVar("Item")


@dataclass(frozen=True, slots=True, kw_only=True)
class Prompts:
    """What the rows of one call to `generate` started from.

    Attributes:
        given: the ids that each prompt shows, padding left out; None if no ids were given.
        heads: the ids that the rows of each prompt repeat at their start, padding included; None if there are none.
        lead: the number of ids that the model puts before everything else: 1 for a decoder's start token, else 0.
    """

    given: list[Ids] | None
    heads: list[Ids] | None
    lead: int

    @property
    def count(self) -> int:
        """The number of prompts; a call without any starts from one empty prompt."""
        return max(len(self.given or ()), len(self.heads or ()), 1)

    def read_ids(self, prompt: int) -> Ids:
        """Return all ids that were given for the prompt with this number.

        An encoder-decoder model may be given ids for its decoder as well; a decoder-only model's heads are its prompts.
        """
        given = self.given[prompt] if self.given else []
        return given + (self.heads[prompt] if self.heads and self.lead else [])


@dataclass(frozen=True, slots=True, kw_only=True)
class StopIds:
    """The ids that end a row (`eos`) and those that fill it up afterwards (`pad`)."""

    eos: frozenset[int]
    pad: frozenset[int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One row: the ids that the model wrote, and the ids that it had been given."""

    written: Ids
    given: Ids


def flatten_rows(ids: Any) -> list[Ids]:
    """Return a tensor or nested list of ids (or of a mask) of any depth as a flat list of rows.

    >>> flatten_rows([[[1, 2], [3, 4]]])
    [[1, 2], [3, 4]]
    >>> flatten_rows([1, 2])
    [[1, 2]]
    """
    ids = ids.tolist() if hasattr(ids, "tolist") else list(ids)
    # A mask may hold floats; an empty list counts as one row without ids.
    if all(isinstance(each, int | float) for each in ids):
        return [ids]
    return [row for part in ids for row in flatten_rows(part)]


def drop_masked(rows: list[Ids], mask: Any) -> list[Ids]:
    """Return the rows without the ids that an attention mask hides.

    A mask may be longer than its row (it then covers an earlier turn too); a mask of another shape is ignored.

    >>> drop_masked([[0, 5, 6]], [[0, 1, 1]])
    [[5, 6]]
    """
    masks = [] if mask is None else flatten_rows(mask)
    if len(masks) != len(rows) or any(len(shown) < len(row) for shown, row in zip(masks, rows, strict=True)):
        return rows
    return [
        # The end of the mask belongs to this row; what is before it belongs to a turn that the model has cached.
        [each for each, seen in zip(row, shown[len(shown) - len(row) :], strict=True) if seen]
        for row, shown in zip(rows, masks, strict=True)
    ]


def get_argument(name: str, position: int, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
    """Return one of `generate`'s arguments, given by position or by name; None if it was not given."""
    return args[position] if len(args) > position else kwargs.get(name)


def get_setting(name: str, args: Sequence[Any], kwargs: Mapping[str, Any], defaults: Any) -> Any:
    """Return a generation setting: the keyword's, else `generation_config`'s, else the model's."""
    if name in kwargs:
        return kwargs[name]
    own = getattr(get_argument("generation_config", 1, args, kwargs), name, None)
    return own if own is not None else getattr(defaults, name, None)


def read_prompts(
    args: Sequence[Any], kwargs: Mapping[str, Any], *, is_encoder_decoder: bool, reads_ids: bool
) -> Prompts:
    """Return what the rows of `generate(*args, **kwargs)` start from.

    Args:
        args: the positional arguments of `generate`.
        kwargs: its keyword arguments.
        is_encoder_decoder: the model's rows hold no prompt, but the decoder's start token.
        reads_ids: the model's main input are token ids; if not, `input_ids` goes to the decoder.
    """
    ids, decoder_ids = kwargs.get("input_ids"), kwargs.get("decoder_input_ids")
    if is_encoder_decoder and not reads_ids:
        ids, decoder_ids = None, ids if decoder_ids is None else decoder_ids
    prompts = _read_id_rows(get_argument("inputs", 0, args, kwargs) if ids is None else ids)
    given = prompts and drop_masked(prompts, kwargs.get("attention_mask"))
    if is_encoder_decoder:
        return Prompts(given=given, heads=_read_id_rows(decoder_ids), lead=1)
    return Prompts(given=given, heads=prompts, lead=0)


def _read_id_rows(ids: Any) -> list[Ids] | None:
    """Return the rows of token ids; None for no input, and for sound, images and embeddings."""
    if ids is None or getattr(ids, "ndim", 2) > 2 or (hasattr(ids, "is_floating_point") and ids.is_floating_point()):
        return None
    return flatten_rows(ids)


def read_stop_ids(args: Sequence[Any], kwargs: Mapping[str, Any], defaults: Any) -> StopIds:
    """Return the ids that end and fill the rows of `generate(*args, **kwargs)`; `defaults` is the model's config."""
    sets = []
    for name in ("eos_token_id", "pad_token_id"):
        ids = get_setting(name, args, kwargs, defaults)
        # Transformers takes one id, a list or a tensor of them, and None.
        ids = ids.tolist() if hasattr(ids, "tolist") else ids
        sets.append(frozenset(() if ids is None else [ids] if isinstance(ids, int) else ids))
    return StopIds(eos=sets[0], pad=sets[1])


def split_rows(rows: list[Ids], prompts: Prompts, stops: StopIds) -> list[Row]:
    """Return for each row what was written and what was given; neighbouring rows may share a prompt.

    Raises:
        UsageError: the rows cannot be shared out evenly among the prompts.
    """
    count = prompts.count
    if len(rows) % count:
        raise UsageError(f"{len(rows)} rows cannot come from {count} prompts; pass the ids they were generated from")
    split = []
    for prompt, row in zip(spread_prompts(range(count), len(rows)), rows, strict=True):
        head = prompts.heads[prompt] if prompts.heads else []
        written = cut_padding(drop_head(row, head, prompts.lead), stops)
        split.append(Row(written=written, given=prompts.read_ids(prompt)))
    return split


def spread_prompts(prompts: Sequence[Item], rows: int) -> list[Item]:
    """Return the prompt of each row. Transformers puts the rows of one prompt together, equally many for each.

    >>> spread_prompts(["a", "b"], 4)
    ['a', 'a', 'b', 'b']

    Raises:
        UsageError: there are no prompts, or the rows cannot be shared out evenly among them.
    """
    if not prompts or rows % len(prompts):
        raise UsageError(f"{len(prompts)} prompts for {rows} rows; give one for all rows, or one for each")
    return [prompts[row * len(prompts) // rows] for row in range(rows)]


def drop_head(row: Ids, head: Ids, lead: int) -> Ids:
    """Return the row without the ids it was started with.

    A head is taken off only if it is there: some models leave the prompt out of what they return. A decoder puts
    its start token before a head that lacks it.

    >>> drop_head([7, 8, 1, 2], [7, 8], 0), drop_head([0, 7, 8, 1], [7, 8], 1), drop_head([0, 1], [], 1)
    ([1, 2], [1], [1])
    """
    for start in (0, lead) if head else ():
        stop = start + len(head)
        if row[start:stop] == head:
            return row[stop:]
    return row[lead:]


def cut_padding(row: Ids, stops: StopIds) -> Ids:
    """Return the row up to the end-of-sequence token that only padding follows.

    An end token with text after it does not cut: a reader sees that text (chat turns end with such tokens), so it must
    be checked. The padding may be the end token itself, or an ordinary token.

    >>> cut_padding([5, 2, 6, 2, 0, 0], StopIds(eos=frozenset({2}), pad=frozenset({0})))
    [5, 2, 6]
    """
    tail = len(row)
    while tail and (row[tail - 1] in stops.eos or row[tail - 1] in stops.pad):
        tail -= 1
    # Padding that is an ordinary word may also be the last words before the end token: keep all up to that token.
    stop = next((at for at in range(tail, len(row)) if row[at] in stops.eos), tail)
    return row[:stop]
