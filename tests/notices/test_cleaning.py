"""Making untrusted metadata and text safe to show."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provenance.notices import clean, encodable, printable, web_address

ANY_TEXT = st.text(st.characters(exclude_categories=()))


@pytest.mark.parametrize(
    ("given_text", "shown"),
    [
        ("  two   words \n next\tline ", "two words next line"),
        ("red \x1b[31malert\x1b[0m", "red alert"),
        ("link \x1b]8;;https://evil.example\x07here\x1b]8;;\x07", "link here"),
        ("title \x1b]0;owned\x1b\\ set", "title set"),
        ("c1 \x9b31m and \x9d0;x\x9c done", "c1 and done"),
        ("rev \u202egpj.exe", "rev gpj.exe"),
        ("iso \u2066a\u2069 mark\u200f\ufeff", "iso a mark"),
        ("tag\U000e0041s", "tags"),
        ("half \ud83d pair", "half � pair"),
        ("nul\0led", "nulled"),
        ("می‌خواهم 👩‍🚀", "می‌خواهم 👩‍🚀"),
        ("<script>alert(1)</script>", "<script>alert(1)</script>"),
    ],
)
def test_what_acts_is_dropped_and_what_reads_stays(given_text, shown):
    """Escape sequences, controls, bidi and invisible characters go; letters, joiners and mark-up characters stay."""
    assert clean(given_text, 100) == shown


def test_a_long_text_is_cut_with_an_ellipsis():
    """A megabyte of title takes no more than its place."""
    assert clean("a" * 1_000_000, 10) == "aaaaaaaaa…"
    assert clean("a" * 10, 10) == "aaaaaaaaaa"
    assert clean("a\0" * 1_000_000, 10) == "aaaaaaaaa…"


def test_lines_are_kept_where_wanted():
    """A copyright notice keeps its lines, but not a page of empty ones."""
    assert clean(" a  b \r\n\r\n\n\n\nc\u2028d ", 100, lines=True) == "a b\n\nc\nd"


@given(ANY_TEXT, st.integers(1, 50))
def test_cleaned_text_is_one_safe_line(text, limit):
    """Whatever comes in, one line of at most `limit` characters comes out, with no control and nothing unencodable."""
    cleaned = clean(text, limit)
    assert len(cleaned) <= limit
    assert cleaned == cleaned.strip()
    assert not {unicodedata.category(character) for character in cleaned} & {"Cc", "Cs", "Zl", "Zp"}
    assert cleaned.encode().decode() == cleaned


@given(ANY_TEXT)
def test_printable_text_keeps_its_shape(text):
    """Checked text keeps its length but for line ends, and nothing in it can act on a terminal."""
    shown = printable(text)
    assert len(shown) == len(text.replace("\r\n", "\n"))
    assert not [c for c in shown if unicodedata.category(c) in {"Cc", "Cs"} and c not in "\n\t\x85"]


def test_half_pairs_can_be_encoded():
    """Half a surrogate pair is shown as the replacement character, one for one."""
    assert encodable("a\ud800\udc00b") == "a��b"


@pytest.mark.parametrize("source", ["https://en.wikipedia.org/wiki/Apollo_11", "http://x.org/a?b=c&d=(e)#f"])
def test_a_plain_web_address_may_be_linked(source):
    """An http or https address with a host is linked as it is."""
    assert web_address(source) == source


def test_an_address_may_have_2000_characters():
    """One more, and it is not linked."""
    longest = "https://x.org/".ljust(2_000, "a")
    assert (web_address(longest), web_address(longest + "a")) == (longest, None)


@pytest.mark.parametrize(
    "source",
    [
        None, "", "gutenberg:2701", "javascript:alert(1)", "JaVaScRiPt:alert(1)", "data:text/html,x", "file:///etc/passwd",
        "//host/path", "https://", "https:///path", "https://x.org/a b", "https://x.org/\nb", 'https://x.org/"onclick',
        "https://x.org/<b>", "https://[::1", "https://x.org/\u202e", "https://x.org/\\", "https://x.org/" + "a" * 3_000,
    ],
)  # fmt: skip
def test_anything_else_is_not_linked(source):
    """Other schemes, odd characters, and addresses without a host are never made a link."""
    assert web_address(source) is None
