"""Which ids are new is plain arithmetic on lists; these are its rules."""

from __future__ import annotations

import doctest
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from provenance.errors import UsageError
from provenance.generation import rows
from provenance.generation.rows import (
    Prompts,
    Row,
    StopIds,
    cut_padding,
    drop_masked,
    flatten_rows,
    read_prompts,
    read_stop_ids,
    split_rows,
)

EOS, PAD = 2, 0
STOPS = StopIds(eos=frozenset({EOS}), pad=frozenset({PAD}))
ids = st.lists(st.integers(3, 9), max_size=8)


def test_examples() -> None:
    """Each example in a docstring gives what it says."""
    assert doctest.testmod(rows) == (0, 6)


@pytest.mark.parametrize(
    ("given_ids", "expected"),
    [
        ([1, 2], [[1, 2]]),
        ([], [[]]),
        ([[1], [2, 3]], [[1], [2, 3]]),
        (np.zeros((1, 2, 2), dtype=np.int64), [[0, 0], [0, 0]]),
        ([np.array([1, 2]), (3,)], [[1, 2], [3]]),
        (np.zeros((1, 0), dtype=np.int64), [[]]),
    ],
)
def test_rows_of_any_shape(given_ids: Any, expected: list[list[int]]) -> None:
    """Ids of any nesting, also ragged, become a flat list of rows."""
    assert flatten_rows(given_ids) == expected


def test_mask_of_earlier_turns() -> None:
    """A mask that also covers a cached earlier turn is aligned at its end; one of another batch is ignored."""
    assert drop_masked([[5, 6]], [[1, 1, 0, 1]]) == [[6]]
    assert drop_masked([[5, 6]], [[1.0, 0.0]]) == [[5]]
    assert drop_masked([[5, 6]], [[0, 1], [1, 1]]) == [[5, 6]]
    assert drop_masked([[5, 6]], [[1]]) == [[5, 6]]


@given(written=ids, padding=st.integers(0, 5), filler=st.sampled_from([PAD, EOS]))
def test_cut_at_the_end(written: list[int], padding: int, filler: int) -> None:
    """A finished row is cut at its end token, whether the padding is a token of its own or the end token."""
    assert cut_padding([*written, EOS, *[filler] * padding], STOPS) == written


@given(written=ids.filter(bool), padding=st.integers(0, 5))
def test_cut_without_an_end(written: list[int], padding: int) -> None:
    """A row that was stopped by something else loses its padding only."""
    assert cut_padding([*written, *[PAD] * padding], STOPS) == written


@given(before=ids, after=ids.filter(bool))
def test_text_after_an_end_is_kept(before: list[int], after: list[int]) -> None:
    """Nothing that a reader sees is cut off, so that silence about it can be trusted."""
    assert cut_padding([*before, EOS, *after], STOPS) == [*before, EOS, *after]


def test_cut_keeps_ordinary_words_that_are_padding() -> None:
    """A word before the end token was written by the model even where the padding is that same word."""
    assert cut_padding([7, PAD, EOS, PAD, PAD], STOPS) == [7, PAD]


@given(
    prompts=st.lists(st.tuples(ids, ids.filter(bool)), min_size=1, max_size=3), each=st.integers(1, 3),
)  # fmt: skip
def test_split_of_a_decoder_only_batch(prompts: list[tuple[list[int], list[int]]], each: int) -> None:
    """What was written after each prompt is found again, for any number of rows a prompt."""
    given_ids, written = [prompt for prompt, _ in prompts], [text for _, text in prompts]
    begin = Prompts(given=given_ids, heads=given_ids, lead=0)
    sequences = [[*prompt, *text, EOS, PAD] for prompt, text in prompts for _ in range(each)]
    expected = [Row(written=text, given=prompt) for prompt, text in prompts for _ in range(each)]
    assert [row.written for row in expected] == [text for text in written for _ in range(each)]
    assert split_rows(sequences, begin, STOPS) == expected


def test_split_needs_matching_prompts() -> None:
    """Rows that cannot be shared out evenly among the prompts are refused, never guessed."""
    with pytest.raises(UsageError, match="3 rows cannot come from 2 prompts"):
        split_rows([[5], [6], [7]], Prompts(given=[[5], [6]], heads=[[5], [6]], lead=0), STOPS)


def test_outputs_without_their_prompt() -> None:
    """A model that leaves the prompt out of its rows loses nothing of them."""
    assert split_rows([[8, 9]], Prompts(given=[[5, 6]], heads=[[5, 6]], lead=0), STOPS) == [
        Row(written=[8, 9], given=[5, 6])
    ]


@pytest.mark.parametrize("row", [[1, 5, 6, 8], [5, 6, 8]])
def test_decoder_prompt(row: list[int]) -> None:
    """What was put into a decoder's mouth counts as given, with or without the start token before it."""
    ids = {"input_ids": [[9]], "decoder_input_ids": [[5, 6]]}
    begin = read_prompts((), ids, is_encoder_decoder=True, reads_ids=True)
    assert split_rows([row], begin, STOPS) == [Row(written=[8], given=[9, 5, 6])]


def test_encoder_of_sound() -> None:
    """Where the encoder reads no ids, `input_ids` are the decoder's and the features are no prompt."""
    features = np.zeros((1, 4, 3))
    begin = read_prompts((features,), {"input_ids": [[5]]}, is_encoder_decoder=True, reads_ids=False)
    assert begin == Prompts(given=None, heads=[[5]], lead=1)


def test_settings_by_priority() -> None:
    """A keyword goes before `generation_config`, and that before the model's own, as in transformers."""

    class Config:
        def __init__(self, eos: Any, pad: Any) -> None:
            self.eos_token_id, self.pad_token_id = eos, pad

    own = Config(np.array([4, 5]), None)
    assert read_stop_ids((), {}, Config(2, 0)) == STOPS
    assert read_stop_ids((None, own), {}, Config(2, 0)) == StopIds(eos=frozenset({4, 5}), pad=frozenset({0}))
    assert read_stop_ids((), {"generation_config": own, "eos_token_id": 7}, None) == StopIds(
        eos=frozenset({7}), pad=frozenset()
    )
    assert read_stop_ids((), {"eos_token_id": None}, Config(2, 0)) == StopIds(eos=frozenset(), pad=frozenset({0}))
