"""Normalisation: the tables agree with the model's own rules, and blocks are cut where nothing changes."""

import unicodedata
from importlib.resources import files

import numpy as np
import pytest
import sentencepiece
from hypothesis import given
from hypothesis import strategies as st

from provenance.text import Normalizer, load_tokenizer
from tests.strategies import running_text

NORMALIZER = Normalizer.load()


@pytest.fixture(scope="module")
def sentencepiece_model() -> sentencepiece.SentencePieceProcessor:
    path = files("provenance") / "data" / "tokenizer.model"
    return sentencepiece.SentencePieceProcessor(model_file=str(path))


@pytest.mark.long
def test_every_code_point_normalises_as_the_shipped_model_says(
    sentencepiece_model: sentencepiece.SentencePieceProcessor,
) -> None:
    """Our tables and the rules inside the SentencePiece model are the same, for every code point there is."""
    codes = [c for c in range(1, 0x110000) if not 0xD800 <= c < 0xE000 and c != 0x2581]  # ▁ is SentencePiece's space
    differing = [
        hex(code)
        for code in codes
        if " ".join(NORMALIZER.words(chr(code))) != sentencepiece_model.normalize(chr(code)).replace("▁", " ").strip()
    ]
    assert differing == []


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Café “au lait” — naïve", 'CAFE "AU LAIT" - NAIVE'),
        ("ﬁnally ﬂuﬀy", "finally fluffy"),
        ("ＦＵＬＬ　ｗｉｄｔｈ　１２", "full width 12"),
        ("cœur Ærø Łódź straße", "coeur aero lodz strasse"),
        ("**bold** _it_ `code`", "bold it code"),
        ("exam-\nple and exam-\r\nple", "example and example"),
        ("zero\u200bwidth\u2060joi\u00adner \u202ebidi\u202c", "zerowidthjoiner bidi"),
        ("漢字かな", "漢 字 か な"),
        ("İstanbul ΣΊΣΥΦΟΣ ёлка", "istanbul σισυφοσ елка"),
        ("wait… 50 % #tag", "wait 50 tag"),
    ],
)
def test_dress_does_not_matter(one: str, other: str) -> None:
    """Case, form, quotes, dashes, markdown, hyphenation and invisible characters leave the words as they are."""
    assert NORMALIZER.words(one) == NORMALIZER.words(other)


@given(running_text())
def test_unicode_forms_of_one_text_have_the_same_words(text: str) -> None:
    """Composed and decomposed spellings, and compatibility forms, are one text to the matcher."""
    composed = unicodedata.normalize("NFC", text.encode("utf-8", "replace").decode())
    assert NORMALIZER.words(composed) == NORMALIZER.words(unicodedata.normalize("NFD", composed))


@given(running_text(), st.integers(1, 60))
def test_blocks_join_to_the_text_and_keep_its_words(text: str, size: int) -> None:
    """Cutting a text into blocks loses nothing and changes no word."""
    blocks = list(NORMALIZER.blocks(text, size))
    assert "".join(blocks) == text
    assert [word for block in blocks for word in NORMALIZER.words(block)] == NORMALIZER.words(text)


def test_a_word_without_end_is_cut_after_a_million_characters() -> None:
    """Memory stays bounded when a line never pauses."""
    assert [len(block) for block in NORMALIZER.blocks("a" * 2_500_000, 1 << 15)] == [1 << 20, 1 << 20, 402_848]


@given(running_text())
def test_origins_point_at_the_character_that_each_code_point_came_from(text: str) -> None:
    """Normalising one origin alone gives a string that holds the code point."""
    normalized = NORMALIZER.normalize(text)
    origins = normalized.origins()
    assert len(origins) == len(normalized.codes)
    assert bool(np.all(np.diff(origins) >= 0))
    for code, origin in zip(str(normalized), origins, strict=True):
        assert code in str(NORMALIZER.normalize(text[origin]))


@pytest.mark.parametrize("line_break", ["\n", "\r\n"])
def test_a_word_that_a_line_break_divides_is_one_word(line_break: str) -> None:
    """The hyphen at the end of a line goes, whichever line ends the text has."""
    tokenizer = load_tokenizer()
    assert tokenizer.encode(f"an exam-{line_break}ple").tolist() == tokenizer.encode("an example").tolist()
