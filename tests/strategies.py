"""Texts that hypothesis draws: words of many scripts, odd spacing, decorations that normalisation must see through."""

from hypothesis import settings
from hypothesis import strategies as st

WORDS = (
    "the", "and", "whale", "Unhappiness", "antidisestablishmentarianism", "getElementById", "naïve", "cœur", "Straße",
    "ﬁne", "ＦＵＬＬ", "Ελλάδα", "Москва", "мама", "שלום", "سلام", "नमस्ते", "한국어", "漢字", "三国演义", "日本語の",
    "ガラス", "ภาษาไทย", "2026", "x1y2", "qqqzzzxxk", "𐍈𐍉", "ꙮ", "e\u0301te\u0301", "½",
)  # fmt: skip
SEPARATORS = (" ", "\n", "\r\n", "  ", ", ", " — ", ".\u00a0", "\t", " 😀 ", "**", " \u200b")

words = st.sampled_from(WORDS) | st.text(st.characters(categories=["L", "M", "N"]), min_size=1, max_size=12)
plain_words = st.sampled_from(("the", "and", "whale", "of", "ship", "sea", "漢", "字", "を", "เ", "ก", "frameworks"))
anything = st.text(st.characters(exclude_categories=[]), max_size=80)


def examples(number: int) -> int:
    """On how many examples a property is tried: on a tenth of them in `make quick`, but on five at least."""
    return max(5, number // 10) if settings.get_current_profile_name() == "quick" else number


@st.composite
def running_text(draw: st.DrawFn, *, min_words: int = 0, max_words: int = 40) -> str:
    """Words with separators between them, and at times something unforeseen."""
    parts = []
    for word in draw(st.lists(words, min_size=min_words, max_size=max_words)):
        parts += [word, draw(st.sampled_from(SEPARATORS))]
    return draw(anything) + "".join(parts) if draw(st.booleans()) else "".join(parts)
