"""Tokenisation is free of context, closed under slicing, and knows where each token stands."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from provenance.text import load_tokenizer
from provenance.text.tokenizer import BLOCK
from tests.strategies import anything, running_text, words

TOKENIZER = load_tokenizer()


@given(st.lists(words, max_size=6))
def test_the_tokens_of_a_text_are_those_of_its_words(parts: list[str]) -> None:
    """For any words A, B, C the tokens of "A B C" are those of A, of B and of C."""
    separately = [token for part in parts for token in TOKENIZER.encode(part).tolist()]
    assert TOKENIZER.encode(" ".join(parts)).tolist() == separately


@given(anything, st.text("漢字三国演义日本のหนังสือภาษาไทยがパ", min_size=1, max_size=20), anything)
def test_a_run_in_a_script_without_spaces_keeps_its_tokens_anywhere(before: str, run: str, after: str) -> None:
    """In Chinese, Japanese and Thai a copied run has the same tokens whatever stands around it."""
    inside = TOKENIZER.encode(before + run + after).tolist()
    expected = TOKENIZER.encode(run).tolist()
    start = len(TOKENIZER.encode(before))
    assert inside[start : start + len(expected)] == expected


@given(running_text())
def test_offsets_agree_with_the_plain_encoding(text: str) -> None:
    """Both ways of encoding give the same tokens, in order, inside the text, and none is empty."""
    tokens = TOKENIZER.encode_with_offsets(text)
    assert tokens.ids.tolist() == TOKENIZER.encode(text).tolist()
    assert bool(np.all(np.diff(tokens.starts) >= 0))
    assert bool(np.all(tokens.starts < tokens.ends))
    assert bool(np.all(tokens.ends <= len(text)))


@given(running_text(min_words=2), st.data())
def test_a_slice_between_clean_boundaries_has_exactly_its_tokens(text: str, data: st.DataObject) -> None:
    """`text[start:end]` of any run of tokens that shares no character with its neighbours tokenises to that run."""
    tokens = TOKENIZER.encode_with_offsets(text)
    clean = [i for i in range(len(tokens) + 1) if tokens.is_clean()[i]]
    first, last = sorted(data.draw(st.tuples(st.sampled_from(clean), st.sampled_from(clean))))
    if first < last:
        part = text[tokens.starts[first] : tokens.ends[last - 1]]
        assert TOKENIZER.encode(part).tolist() == tokens.ids[first:last].tolist()


def test_offsets_after_characters_that_change_their_number() -> None:
    """Ligatures, full width, combining marks, emoji, CRLF and zero-width characters leave the offsets exact."""
    text = "oﬃce ｗｉｄｅ cafe\u0301 😀👍🏽\r\nzero\u200bwidth end"
    tokens = TOKENIZER.encode_with_offsets(text)
    assert [text[s:e] for s, e in zip(tokens.starts, tokens.ends, strict=True)] == [
        "oﬃce", "ｗｉｄｅ", "cafe\u0301", "zero\u200b", "width", "end",
    ]  # fmt: skip


def test_characters_outside_the_vocabulary_stay_distinct() -> None:
    """Two different rare characters never become the same unknown."""
    rare = [TOKENIZER.encode(c).tolist() for c in ("𐍈", "𐍉", "ꀀ", "㐀", "\ue000", "\U000f0000")]
    assert len({tuple(ids) for ids in rare}) == len(rare)


def test_lone_surrogates_and_nul_count_as_spaces() -> None:
    """What no UTF-8 file can hold does not stop a check."""
    assert TOKENIZER.encode("one\ud800two\x00three").tolist() == TOKENIZER.encode("one two three").tolist()


def test_an_empty_text_has_no_tokens() -> None:
    """Nothing in, nothing out."""
    assert len(TOKENIZER.encode("")) == len(TOKENIZER.encode_with_offsets(" \n…")) == 0


def test_information_is_least_for_the_commonest_word() -> None:
    """The word "the" carries a few bits, a rare word many."""
    bits = TOKENIZER.vocabulary.bits
    the, rare = (bits[TOKENIZER.encode(word)].sum() for word in ("the", "axolotl"))
    assert 0 < the < 8 < rare


def test_pieces_cover_every_word() -> None:
    """Begins and ends of a word's pieces leave no gap."""
    ids, begins, ends = TOKENIZER.vocabulary.match("antidisestablishmentarianism")
    assert begins == [0, *ends[:-1]]
    assert ends[-1] == 28
    assert len(ids) == len(ends)


@given(words, words)
def test_a_token_can_be_spelled(word: str, other: str) -> None:
    """Pieces are spelled as they are, the bytes of a rare character together; a byte inside a character is nothing."""
    vocabulary = TOKENIZER.vocabulary
    for normal in str(TOKENIZER.normalizer.normalize(f"{word} {other}")).split():
        ids, begins, ends = vocabulary.match(normal)
        spelled = [vocabulary.spelled(ids[at : at + 4]) for at in range(len(ids))]
        first = [at == 0 or begins[at] > begins[at - 1] for at in range(len(ids))]
        wanted = [normal[begin:end] if new else "" for begin, end, new in zip(begins, ends, first, strict=True)]
        assert spelled == wanted
    assert vocabulary.spelled([]) == ""


@pytest.mark.parametrize("blocks", [1, 2, 3])
def test_a_text_of_a_few_blocks_is_encoded_to_its_end(blocks: int) -> None:
    """However many blocks a text is cut into, its tokens are all there, with their places in the whole text."""
    text = "so it goes on " * ((blocks * BLOCK - 100) // 14)
    tokens = TOKENIZER.encode_with_offsets(text)
    assert len(list(TOKENIZER.encode_blocks(text, BLOCK))) == blocks
    assert tokens.ids.tolist() == TOKENIZER.encode("so it goes on").tolist() * (len(text) // 14)
    assert text[tokens.starts[-1] : tokens.ends[-1]] == "on"
