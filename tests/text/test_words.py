"""The table of words: looked up together, every word gets the tokens that it would get alone."""

import threading

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from provenance.text import Tokenizer, load_tokenizer
from provenance.text.words import WordTable
from tests.strategies import running_text

TOKENIZER = load_tokenizer()


def tokens_of(table: WordTable, text: str) -> list[int]:
    found = table.find(TOKENIZER.normalizer.normalize(text).codes)
    return table.ids[found.places].tolist()


def cut_alone(text: str) -> list[int]:
    return [i for word in TOKENIZER.normalizer.words(text) for i in TOKENIZER.vocabulary.match(word)[0]]


@given(st.lists(running_text(), min_size=1, max_size=4))
def test_every_word_has_the_tokens_that_it_has_alone(texts: list[str]) -> None:
    """Looking words up, for the first time or again, gives what cutting each of them gives."""
    table = WordTable(TOKENIZER.vocabulary)
    for text in texts + texts:
        assert tokens_of(table, text) == cut_alone(text)


def test_many_new_words_at_once_get_their_own_tokens() -> None:
    """A text that makes the table grow while its words are looked up comes out as it does later."""
    tokenizer = Tokenizer(TOKENIZER.vocabulary, TOKENIZER.normalizer, TOKENIZER.digest)
    text = " ".join(f"{i:x}" for i in range(1 << 12, 3 << 12))
    assert [tokenizer.encode(text).tolist() for _ in range(2)] == [cut_alone(text)] * 2


@given(st.lists(running_text(), min_size=1, max_size=6), st.integers(1, 60))
def test_blocks_have_the_tokens_that_they_have_alone(texts: list[str], size: int) -> None:
    """Looking up several blocks at once gives each of them its tokens, also where one has no word at all."""
    text = "\n".join([*texts, " " * 2 * size, *texts])
    blocks = [(block, ids.tolist()) for block, ids in TOKENIZER.encode_blocks(text, size)]
    assert blocks == [(block, cut_alone(block)) for block in TOKENIZER.normalizer.blocks(text, size)]


def test_wide_and_narrow_words_stay_apart() -> None:
    """A word of two-byte characters is not taken for the word of one-byte characters with the same bytes."""
    table = WordTable(TOKENIZER.vocabulary)
    texts = ["a0", "\u3061", "ab \u3061 \U00010400", "a0b0", "\u3061\u3062", "ab"]
    for text in texts:
        assert tokens_of(table, text) == cut_alone(text)


def test_words_that_collide_in_the_table_are_told_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    """With a table of 64 slots, 40 words still get their own tokens, at first and on return."""
    monkeypatch.setattr("provenance.text.words._BITS", 6)
    monkeypatch.setattr("provenance.text.words._SLOTS", 64)
    table = WordTable(TOKENIZER.vocabulary)
    words = [f"word{i}" for i in range(40)]
    assert [tokens_of(table, " ".join(words[:i])) for i in (7, 20, 40)] == [
        cut_alone(" ".join(words[:i])) for i in (7, 20, 40)
    ]
    assert len(table) == 40


def test_long_words_have_a_hash_without_known_collisions() -> None:
    """Thue-Morse words, which any polynomial modulo 2^64 takes for one another, stay apart."""
    word = "a"
    for _ in range(11):
        word += word.translate(str.maketrans("ab", "ba"))
    other = word.translate(str.maketrans("ab", "ba"))
    table = WordTable(TOKENIZER.vocabulary)
    assert tokens_of(table, f"{word} {other}") == cut_alone(f"{word} {other}")
    assert len(table) == 2


def test_threads_may_share_a_table() -> None:
    """Words that several threads meet for the first time at once get one place each."""
    table = WordTable(TOKENIZER.vocabulary)
    text = " ".join(f"word{i}" for i in range(3_000))
    results: list[list[int]] = []
    threads = [threading.Thread(target=lambda: results.append(tokens_of(table, text))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [cut_alone(text)] * 8
    assert len(table) == 3_000


def test_a_full_table_is_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    """The words met are not kept for ever, and what comes out stays the same."""
    monkeypatch.setattr("provenance.text.words._MOST_WORDS", 10)
    tokenizer = Tokenizer(TOKENIZER.vocabulary, TOKENIZER.normalizer, TOKENIZER.digest)
    text = " ".join(f"w{i}" for i in range(50))
    assert [tokenizer.encode(text).tolist() for _ in range(3)] == [cut_alone(text)] * 3
    assert len(np.unique(tokenizer.encode(text))) > 1
