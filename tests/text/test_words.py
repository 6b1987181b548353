"""The table of words: looked up together, every word gets the tokens that it would get alone."""

import threading

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from provenance.text import Tokenizer, load_tokenizer
from provenance.text.words import WordTable
from tests.strategies import examples, running_text

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


# Alphabets of texts whose code points take one, two and four bytes.
ALPHABETS = ("abcdefghijklmnopqrstuvwxyz", "αβγδεζηθικλμνξοπρστυφχψω", "".join(map(chr, range(0x10330, 0x1034A))))


@pytest.mark.parametrize("alphabet", ALPHABETS, ids=["one byte", "two bytes", "four bytes"])
@pytest.mark.parametrize("length", [2, 9, 64, 65, 80])
def test_words_that_differ_anywhere_are_told_apart(alphabet: str, length: int) -> None:
    """Words of one length that differ in one character, or have two stretches swapped, are as many in the table."""
    letters = [alphabet[at % len(alphabet)] for at in range(length)]
    words = {"".join(letters)}
    for at in range(length):
        changed = alphabet[(at + 1 + at // len(alphabet)) % len(alphabet)]
        words.add("".join([*letters[:at], changed, *letters[at + 1 :]]))
        words.add("".join(letters[at:] + letters[:at]))
    table = WordTable(TOKENIZER.vocabulary)
    text = " ".join(sorted(words))
    assert tokens_of(table, text) == cut_alone(text)
    assert len(table) == len(words) > length


@settings(max_examples=examples(30))
@given(st.lists(st.text("ab", max_size=70), min_size=2, max_size=8, unique=True), st.integers(50, 70))
def test_long_words_that_begin_alike_are_told_apart(ends: list[str], size: int) -> None:
    """However many characters two words have in common at first, what follows tells them apart."""
    text = " ".join("x" * size + end for end in ends)
    table = WordTable(TOKENIZER.vocabulary)
    assert tokens_of(table, text) == cut_alone(text)
    assert len(table) == len(ends)


@pytest.mark.parametrize("before", ["", "x" * 64])
def test_long_words_have_a_hash_without_known_collisions(before: str) -> None:
    """Thue-Morse words, which any polynomial modulo 2^64 takes for one another, stay apart, also after a beginning."""
    word = "a"
    for _ in range(11):
        word += word.translate(str.maketrans("ab", "ba"))
    other = word.translate(str.maketrans("ab", "ba"))
    text = f"{before}{word} {before}{other}"
    table = WordTable(TOKENIZER.vocabulary)
    assert tokens_of(table, text) == cut_alone(text)
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


class CountingCutter:
    """Cuts words as the vocabulary does, and says which."""

    def __init__(self) -> None:
        self.words: list[str] = []

    def match(self, word: str, /) -> tuple[list[int], list[int], list[int]]:
        self.words.append(word)
        return TOKENIZER.vocabulary.match(word)


@pytest.mark.parametrize(
    ("limit", "most", "is_replaced"),
    [("_MOST_WORDS", 49, True), ("_MOST_WORDS", 50, False), ("_MOST_TOKENS", 93, True), ("_MOST_TOKENS", 94, False)],
)
@pytest.mark.parametrize("encode", ["encode", "encode_with_offsets"])
def test_a_full_table_is_replaced(
    limit: str, most: int, is_replaced: bool, encode: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Beyond so many words or tokens those met are cut anew, below it never again; what comes out stays the same."""
    monkeypatch.setattr(f"provenance.text.words.{limit}", most)
    words = [f"w{i}" for i in range(50)]
    text, cutter = " ".join(words), CountingCutter()
    tokens = cut_alone(text)
    assert len(tokens) == 94
    tokenizer = Tokenizer(TOKENIZER.vocabulary, TOKENIZER.normalizer, TOKENIZER.digest)
    monkeypatch.setattr(tokenizer, "vocabulary", cutter)
    monkeypatch.setattr(tokenizer, "_table", WordTable(cutter))
    for _ in range(3):
        encoded = getattr(tokenizer, encode)(text)
        assert (encoded.ids if encode == "encode_with_offsets" else encoded).tolist() == tokens
    assert sorted(cutter.words) == sorted(words * (3 if is_replaced else 1))
