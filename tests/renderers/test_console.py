"""Wrapping styled text by display columns."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provenance_plugins.renderers._console import break_line, count_columns, wrap


@pytest.mark.parametrize(("text", "width"), [("abc", 3), ("月に", 4), ("e\u0301", 1), ("👩", 2), ("", 0)])
def test_columns_are_what_a_terminal_shows(text, width):
    """Wide characters take two columns, combining marks none."""
    assert count_columns(text) == width


@pytest.mark.parametrize(
    ("line", "rows"),
    [
        ("", [""]),
        ("one two three", ["one two", "three"]),
        ("    indented", ["indented"]),
        ("月に降り立った。", ["月に降り", "立った。"]),
        ("abcdefghijkl", ["abcdefgh", "ijkl"]),
        ("one  ", ["one"]),
    ],
)
def test_lines_break_at_spaces_and_between_wide_characters(line, rows):
    """A row takes at most the width; a word breaks only where it is longer than a row."""
    assert [line[start:end] for start, end in break_line(line, 8)] == rows


@given(st.text(st.sampled_from("ab 月é\u0301"), max_size=60), st.integers(2, 12))
def test_no_row_is_too_wide_and_no_word_is_lost(line, width):
    """Rows fit, and joined they hold every character that is no space."""
    rows = [line[start:end] for start, end in break_line(line, width)]
    assert all(count_columns(row) <= width for row in rows)
    assert "".join("".join(rows).split()) == "".join(line.split())


def test_styles_end_with_their_row():
    """Each row is painted by itself, so that a colour never runs on."""

    def paint(text):
        return f"<{text}>"

    assert list(wrap([("one ", None), ("two three\nfour", paint), ("!", None)], 8)) == [
        "one <two>",
        "<three>",
        "<four>!",
    ]
