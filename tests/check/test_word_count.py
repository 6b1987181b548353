"""Words of a passage, counted so that languages are alike."""

from __future__ import annotations

import sys
import unicodedata

import pytest

from normalization_rules import is_spaceless
from provenance.check.word_count import count_words
from provenance.text import load_tokenizer


def count_in(text: str) -> int:
    tokens = load_tokenizer().encode_with_offsets(text)
    return count_words(text, tokens.starts[tokens.heads].tolist())


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", 0),
        ("All human beings are born free and equal in dignity and rights.", 12),
        ("Alle Menschen sind frei und gleich an Würde und Rechten geboren.", 11),
        ("Tous les êtres humains naissent libres et égaux en dignité et en droits.", 13),
        ("人人生而自由，在尊严和权利上一律平等。", 8),
        ("すべての人間は、生まれながらにして自由であり、かつ、尊厳と権利とについて平等である。", 21),
        ("มนุษย์ทั้งหลายเกิดมามีอิสระและเสมอภาคกันในเกียรติศักดิ์และสิทธิ", 12),
    ],
)
def test_one_sentence_has_about_as_many_words_in_each_language(text: str, words: int) -> None:
    """Two characters of Chinese or Japanese are a word, and five letters of Thai."""
    assert count_in(text) == words


def test_every_script_without_spaces_is_known() -> None:
    """Each character that the tokenizer takes for a word of its own weighs less than a word."""
    spaceless = [each for each in map(chr, range(sys.maxunicode + 1)) if is_spaceless(each)]
    heavy = [unicodedata.name(each) for each in spaceless if count_words(each * 10, range(10)) not in {2, 5}]
    assert (len(spaceless) > 90_000, heavy) == (True, [])
