"""Text that comes token by token is the text of all tokens."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provenance.generation.decoder import Decoder, Vocabulary, get_text_tokenizer
from tests.generation.vocabularies import LINES, SORTS, byte_level, fickle


def streamed(tokenizer: Any, ids: list[int], together: int = 1) -> str:
    decoder = Decoder(Vocabulary(tokenizer))
    groups = (ids[at : at + together] for at in range(0, len(ids), together))
    return "".join(decoder.feed(*group) for group in groups) + decoder.flush()


@st.composite
def tokens(draw: st.DrawFn) -> tuple[Any, list[int]]:
    """A tokenizer and ids for it: those of a text, any, also beyond its vocabulary, or few again and again."""
    tokenizer = SORTS[draw(st.sampled_from(sorted(SORTS)))]()
    some = st.integers(0, len(tokenizer) + 2)
    lists = st.one_of(
        (st.text() | st.sampled_from(LINES)).map(lambda text: tokenizer(text)["input_ids"]),
        st.lists(some, max_size=60),
        st.lists(some, min_size=1, max_size=4).flatmap(lambda few: st.lists(st.sampled_from(few), max_size=120)),
    )
    ids: list[int] = draw(st.lists(lists, max_size=3).map(lambda parts: [each for part in parts for each in part]))
    return tokenizer, [each for each in ids if tokenizer.is_fast or each < len(tokenizer)]


@given(tokens(), st.sampled_from((1, 2, 8)))
def test_the_pieces_are_the_whole(drawn: tuple[Any, list[int]], together: int) -> None:
    """For every sort of tokenizer and any ids the pieces add up to what `decode` gives, special tokens left out."""
    tokenizer, ids = drawn
    assert streamed(tokenizer, ids, together) == tokenizer.decode(ids, skip_special_tokens=True)


@pytest.mark.parametrize("sort", sorted(SORTS.keys() - {"byte fallback"}))
def test_nothing_waits_long(sort: str) -> None:
    """Ordinary text comes with each token, but for the bytes of a character and the letters of a clean-up."""
    tokenizer = SORTS[sort]()
    ids = tokenizer(LINES[0], add_special_tokens=False)["input_ids"]
    decoder, come = Decoder(Vocabulary(tokenizer)), ""
    for at, token in enumerate(ids):
        come += decoder.feed(token)
        assert len(tokenizer.decode(ids[: at + 1], skip_special_tokens=True)) - len(come) <= 10
    assert come + decoder.flush() == tokenizer.decode(ids, skip_special_tokens=True)


def test_a_character_comes_when_it_is_whole() -> None:
    """The bytes of a character wait for one another; a special token between them changes nothing."""
    tokenizer = byte_level()
    ids = tokenizer("a😀b")["input_ids"]
    decoder = Decoder(Vocabulary(tokenizer))
    assert len(ids) > 3
    pieces = [decoder.feed(token) for each in ids for token in (each, tokenizer.eos_token_id)]
    assert [piece for piece in pieces if piece] == ["a", "😀", "b"]


class Counting:
    """A tokenizer that notes how many tokens it decodes at once."""

    def __init__(self, tokenizer: Any) -> None:
        self.tokenizer = tokenizer
        self.longest = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self.tokenizer, name)

    def decode(self, ids: list[int], **options: Any) -> Any:
        self.longest = max(self.longest, len(ids))
        return self.tokenizer.decode(ids, **options)


@pytest.mark.parametrize("sort", ["byte level", "single bytes"])
def test_rubbish_without_end_is_not_decoded_again_and_again(sort: str) -> None:
    """The work for a token stays bounded where no character ever becomes whole."""
    tokenizer = SORTS[sort]()
    half = tokenizer("é", add_special_tokens=False)["input_ids"][-1]
    counting = Counting(tokenizer)
    assert streamed(counting, [half] * 500) == tokenizer.decode([half] * 500)
    assert counting.longest <= 40


def test_bytes_without_end_are_decoded_once() -> None:
    """One invalid byte spoils its whole run, so a run is held until it ends; an id that is none does not end it."""
    tokenizer = SORTS["byte fallback"]()
    byte, word = (tokenizer.convert_tokens_to_ids(name) for name in ("<0x41>", "▁me"))
    decoder = Decoder(Vocabulary(tokenizer))
    assert [decoder.feed(byte) for _ in range(3)] == ["", "", ""]
    assert decoder.feed(word) == "AAA me"
    invalid = tokenizer.convert_tokens_to_ids("<0xFF>")
    ids = [word, byte, len(tokenizer), invalid, word]
    assert streamed(tokenizer, ids) == tokenizer.decode(ids) == "me\ufffd\ufffd me"


def test_a_decoder_that_takes_back_is_left_behind() -> None:
    """What was given stays given; the text goes on after a few tokens."""
    tokenizer = fickle()
    assert tokenizer.decode([1, 2, 3] * 12) == "Xc" * 12
    assert streamed(tokenizer, [1, 2, 3] * 12) == "ab" + "cXcXcXcXcXcab" + "cXcXcXcXcXc"


def test_a_processor_gives_its_tokenizer() -> None:
    """A tokenizer is taken as it is, and out of a processor that holds one."""
    tokenizer = SORTS["byte level"]()

    class Processor:
        def __init__(self) -> None:
            self.tokenizer = tokenizer

    assert get_text_tokenizer(tokenizer) is get_text_tokenizer(Processor()) is tokenizer
