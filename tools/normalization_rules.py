"""Normalisation rules, derived from Unicode: what each code point becomes before matching.

The trainer of the tokenizer uses them. A release has them frozen in `provenance/data/normalization.npz`, so that a
newer Unicode in a newer Python cannot change what an existing database means.

Each rule maps *one* code point and ignores its neighbours. This makes normalisation, and with it the verbatim
guarantee, independent of context. It follows that composed and decomposed spellings can only meet in the decomposed
form: a Hangul syllable becomes its jamo, a voiced kana its kana and its mark.

Source: The Unicode Standard, annex 15 (NFKD) and annex 44 (general categories, names), as in `unicodedata`.
"""

import re
import sys
import unicodedata
from collections.abc import Iterator

SPACE = " "

#: Scripts written without spaces between words, by the first words of their characters' names.
SPACELESS = (
    "CJK UNIFIED IDEOGRAPH", "CJK COMPATIBILITY IDEOGRAPH", "CJK RADICAL", "KANGXI RADICAL", "IDEOGRAPHIC ITERATION",
    "IDEOGRAPHIC CLOSING", "IDEOGRAPHIC NUMBER ZERO", "HIRAGANA", "KATAKANA", "BOPOMOFO", "YI SYLLABLE", "TANGUT",
    "NUSHU", "THAI", "LAO", "KHMER", "MYANMAR", "TIBETAN", "TAI LE", "TAI THAM", "TAI VIET", "NEW TAI LUE",
    "BALINESE", "JAVANESE", "COMBINING KATAKANA-HIRAGANA", "HANGZHOU NUMERAL",
)  # fmt: skip

#: Letters whose usual plain spelling Unicode does not give as a decomposition.
LOOK_ALIKES = {
    "æ": "ae", "œ": "oe", "ø": "o", "đ": "d", "ł": "l", "ħ": "h", "ŧ": "t", "ı": "i", "ŀ": "l", "ŉ": "n",
    "\u0640": "",  # Arabic tatweel only stretches a line
}  # fmt: skip

#: Marks that are left out: those above and below Latin, Greek and Cyrillic, Hebrew points, Arabic vowel signs.
FOLDED_MARKS = (
    (0x0300, 0x036F), (0x0483, 0x0487), (0x0591, 0x05C7), (0x0610, 0x061A), (0x064B, 0x065F), (0x0670, 0x0670),
    (0x06D6, 0x06DC), (0x06DF, 0x06E8), (0x06EA, 0x06ED), (0x1AB0, 0x1ACE), (0x1DC0, 0x1DFF), (0x20D0, 0x20F0),
    (0xFE20, 0xFE2F),
)  # fmt: skip

#: Invisible by design (Unicode's Default_Ignorable_Code_Point): dropped, so that they cannot hide a copy.
IGNORABLE = (
    (0x00AD, 0x00AD), (0x034F, 0x034F), (0x061C, 0x061C), (0x115F, 0x1160), (0x17B4, 0x17B5), (0x180B, 0x180F),
    (0x200B, 0x200F), (0x202A, 0x202E), (0x2060, 0x206F), (0x3164, 0x3164), (0xFE00, 0xFE0F), (0xFEFF, 0xFEFF),
    (0xFFA0, 0xFFA0), (0xFFF0, 0xFFF8), (0x1BCA0, 0x1BCA3), (0x1D173, 0x1D17A), (0xE0000, 0xE0FFF),
)  # fmt: skip


def _within(code: int, ranges: tuple[tuple[int, int], ...]) -> bool:
    return any(low <= code <= high for low, high in ranges)


def is_spaceless(character: str) -> bool:
    """Say whether a character belongs to a script written without spaces, and so is a word of its own."""
    return unicodedata.name(character, "").startswith(SPACELESS) and unicodedata.category(character)[0] in "LMN"


def fold(character: str) -> str:
    """Return what one character becomes: lower-case letters, marks and digits, `" "`, or nothing at all.

    >>> fold("É"), fold("ﬁ"), fold("“"), fold("\\u200b"), fold("漢"), fold("ß")
    ('e', 'fi', ' ', '', ' 漢 ', 'ss')
    """
    if _within(ord(character), IGNORABLE):
        return ""
    folded = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", character).casefold())
    return re.sub(" +", SPACE, "".join(map(_fold_decomposed, folded)))


def _fold_decomposed(character: str) -> str:
    code = ord(character)
    if _within(code, IGNORABLE) or _within(code, FOLDED_MARKS):
        return ""
    if character in LOOK_ALIKES:
        return LOOK_ALIKES[character]
    if unicodedata.category(character)[0] in "PSZC" and unicodedata.category(character) not in ("Cn", "Co"):
        return SPACE
    return f" {character} " if is_spaceless(character) else character


def rules() -> Iterator[tuple[int, str]]:
    """Yield (code point, replacement) for every code point that does not stay as it is, in order."""
    for code in range(1, sys.maxunicode + 1):
        if 0xD800 <= code <= 0xDFFF:
            continue
        character = chr(code)
        folded = fold(character)
        if folded != character:
            yield code, folded


def as_tsv() -> str:
    """Return the rules as SentencePiece's `normalization_rule_tsv`: code points in hexadecimal, one rule a line."""
    lines = (f"{code:X}\t{' '.join(f'{ord(c):X}' for c in folded)}" for code, folded in rules())
    return "\n".join(lines) + "\n"
