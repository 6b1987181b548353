"""Which part of each row of token ids did the model write, and what had it been given?

Plain lists in and out; neither torch nor transformers is needed. Nothing here decodes or checks.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from provenance.errors import UsageError

Ids = list[int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Beginning:
    """What the rows of one call to `generate` began with.

    Attributes:
        given: for each prompt the ids that it shows, padding left out; None where no ids were given.
        head: for each prompt the ids that its rows repeat at their start, padding included; None where there are none.
        lead: how many ids the model put before everything else: 1 for a decoder's start token, else 0.
    """

    given: list[Ids] | None
    head: list[Ids] | None
    lead: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """The ids that end a row (`eos`) and those that fill it up afterwards (`pad`)."""

    eos: frozenset[int]
    pad: frozenset[int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One row: the ids that the model wrote, and those that it had been given."""

    written: Ids
    given: Ids


def token_rows(ids: Any) -> list[Ids]:
    """Return a tensor or nested list of ids (or of a mask) of any depth as a flat list of rows.

    >>> token_rows([[[1, 2], [3, 4]]])
    [[1, 2], [3, 4]]
    >>> token_rows([1, 2])
    [[1, 2]]
    """
    ids = ids.tolist() if hasattr(ids, "tolist") else list(ids)
    if all(isinstance(each, int | float) for each in ids):
        return [ids]
    return [row for part in ids for row in token_rows(part)]


def visible(rows: list[Ids], mask: Any) -> list[Ids]:
    """Return the rows without the ids that an attention mask hides.

    A mask may be longer than its row (it then covers an earlier turn too); one of another shape is ignored.

    >>> visible([[0, 5, 6]], [[0, 1, 1]])
    [[5, 6]]
    """
    masks = [] if mask is None else token_rows(mask)
    if len(masks) != len(rows) or any(len(shown) < len(row) for shown, row in zip(masks, rows, strict=True)):
        return rows
    return [
        [each for each, seen in zip(row, shown[len(shown) - len(row) :], strict=True) if seen]
        for row, shown in zip(rows, masks, strict=True)
    ]


def argument(name: str, position: int, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
    """Return one of `generate`'s arguments, given by position or by name; None where it was not given."""
    return args[position] if len(args) > position else kwargs.get(name)


def setting(name: str, args: Sequence[Any], kwargs: Mapping[str, Any], defaults: Any) -> Any:
    """Return a generation setting: the keyword's, else `generation_config`'s, else the model's."""
    if name in kwargs:
        return kwargs[name]
    own = getattr(argument("generation_config", 1, args, kwargs), name, None)
    return own if own is not None else getattr(defaults, name, None)


def beginning(args: Sequence[Any], kwargs: Mapping[str, Any], *, encodes: bool, reads_ids: bool) -> Beginning:
    """Return what the rows of `generate(*args, **kwargs)` begin with.

    Args:
        encodes: is it an encoder-decoder model? Its rows hold no prompt, but the decoder's start token.
        reads_ids: are token ids the model's main input? Else `input_ids` goes to the decoder.
    """
    ids, head = kwargs.get("input_ids"), kwargs.get("decoder_input_ids")
    if encodes and not reads_ids:
        ids, head = None, ids if head is None else head
    prompts = _rows_of_ids(argument("inputs", 0, args, kwargs) if ids is None else ids)
    given = prompts and visible(prompts, kwargs.get("attention_mask"))
    if encodes:
        return Beginning(given=given, head=_rows_of_ids(head), lead=1)
    return Beginning(given=given, head=prompts, lead=0)


def _rows_of_ids(ids: Any) -> list[Ids] | None:
    """Return the rows of token ids; None where there are none, or where it is sound, an image or embeddings."""
    if ids is None or getattr(ids, "ndim", 2) > 2 or (hasattr(ids, "is_floating_point") and ids.is_floating_point()):
        return None
    return token_rows(ids)


def ending(args: Sequence[Any], kwargs: Mapping[str, Any], defaults: Any) -> Ending:
    """Return the ids that end and fill the rows of `generate(*args, **kwargs)`; `defaults` is the model's config."""
    eos, pad = (setting(name, args, kwargs, defaults) for name in ("eos_token_id", "pad_token_id"))
    return Ending(eos=_id_set(eos), pad=_id_set(pad))


def _id_set(ids: Any) -> frozenset[int]:
    """Return one id, several, or none as a set."""
    ids = ids.tolist() if hasattr(ids, "tolist") else ids
    if ids is None:
        return frozenset()
    return frozenset([ids] if isinstance(ids, int) else ids)


def split(rows: list[Ids], begin: Beginning, end: Ending) -> list[Row]:
    """Return for each row what was written and what was given; several rows may share a prompt, one after another.

    Raises:
        UsageError: the rows cannot be shared out evenly among the prompts.
    """
    prompts = max(len(begin.given or ()), len(begin.head or ()), 1)
    if len(rows) % prompts:
        raise UsageError(f"{len(rows)} rows cannot come from {prompts} prompts; pass the ids they were generated from")
    return [_split(row, at * prompts // len(rows), begin, end) for at, row in enumerate(rows)]


def _split(row: Ids, prompt: int, begin: Beginning, end: Ending) -> Row:
    """Split one row; an encoder's prompt and what was put into the decoder's mouth are both given."""
    head = begin.head[prompt] if begin.head else []
    given = begin.given[prompt] if begin.given else []
    spoken = head if begin.lead else []
    return Row(written=cut(without_head(row, head, begin.lead), end), given=given + spoken)


def without_head(row: Ids, head: Ids, lead: int) -> Ids:
    """Return the row without the ids it was begun with.

    A head is taken off only where it is there: some models leave the prompt out of what they return. A decoder puts
    its start token before a head that lacks it.

    >>> without_head([7, 8, 1, 2], [7, 8], 0), without_head([0, 7, 8, 1], [7, 8], 1), without_head([0, 1], [], 1)
    ([1, 2], [1], [1])
    """
    for start in (0, lead) if head else ():
        stop = start + len(head)
        if row[start:stop] == head:
            return row[stop:]
    return row[lead:]


def cut(row: Ids, end: Ending) -> Ids:
    """Return the row up to the end-of-sequence token after which nothing but padding stands.

    An end token with text after it does not cut: a reader sees that text (chat turns end with such tokens), so it must
    be checked. The padding may be the end token itself, or an ordinary token.

    >>> cut([5, 2, 6, 2, 0, 0], Ending(eos=frozenset({2}), pad=frozenset({0})))
    [5, 2, 6]
    """
    tail = len(row)
    while tail and (row[tail - 1] in end.eos or row[tail - 1] in end.pad):
        tail -= 1
    stop = next((at for at in range(tail, len(row)) if row[at] in end.eos), tail)
    return row[:stop]
