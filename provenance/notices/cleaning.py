"""Cleaning of text from a work, a prompt or a model, so that it is safe to show.

Anybody may have written titles, authors, quotations and addresses. Here they lose what acts on a terminal or reorders a
line; escaping for HTML or Markdown is the renderer's business.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import urlsplit

_ESCAPE_SEQUENCE = re.compile(
    r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]?"  # CSI: colours, cursor movements
    r"|(?:\x1b[\]P^_X]|[\x90\x98\x9d-\x9f])[^\x07\x1b\x9c]*(?:\x07|\x1b\\|\x9c)?"  # OSC, DCS, …: titles, hyperlinks
    r"|\x1b[ -/]*[0-~]?"
)
_CONTROL = r"\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f"
_REORDERING = "\u202a-\u202e\u2066-\u2069"
# Without U+200C and U+200D: Persian, Indic scripts and emoji need these two joiners.
_INVISIBLE = "\u00ad\u061c\u180e\u200b\u200e\u200f\u2060-\u2065\u206a-\u206f\ufeff\ufff9-\ufffb\U000e0000-\U000e007f"
_HALF_PAIR = re.compile("[\ud800-\udfff]")
_UNWANTED = re.compile(f"[{_CONTROL}{_REORDERING}{_INVISIBLE}]")
_UNPRINTABLE = re.compile(f"[{_CONTROL}{_REORDERING}\ud800-\udfff]")
_LINE_END = re.compile("\r\n?|[\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")
# What a page or a terminal could take for the end of the address.
_UNSAFE_IN_ADDRESS = re.compile(r"[\s\"'<>\\^`{|}\ud800-\udfff]")
_EMPTY_LINES = re.compile("\n{3,}")
_MAX_ADDRESS = 2000


def clean(text: str, limit: int, *, lines: bool = False) -> str:
    r"""Return metadata as one line (or lines) of at most `limit` visible characters, ending in an ellipsis where cut.

    Escape sequences, control, bidi and invisible characters are dropped, white space is collapsed, half surrogate
    pairs become U+FFFD. The two joiners that Persian, Indic scripts and emoji need stay.

    >>> clean("Alice\x1b[31m in\n  \u202eWonderland", 12)
    'Alice in Wo…'
    """
    whole = len(text) <= 8 * limit  # so that a title of 1 MB costs no more than one of a page
    text = _LINE_END.sub("\n", text if whole else text[: 8 * limit])
    text = _UNWANTED.sub("", _ESCAPE_SEQUENCE.sub("", text))
    text = encodable(text)
    if lines:
        text = "\n".join(" ".join(line.split()) for line in text.split("\n"))
        text = _EMPTY_LINES.sub("\n\n", text).strip()
    else:
        text = " ".join(text.split())
    if whole and len(text) <= limit:
        return text
    return text[: limit - 1].rstrip() + "…"


def printable(text: str) -> str:
    r"""Return checked text with its lines and spaces as they are, and what could act on a terminal made visible.

    Each control character, bidi override and half surrogate pair becomes U+FFFD; other characters stay, so apart from
    line ends the length does too.

    >>> printable("a\x1b[31m\r\nb")
    'a�[31m\nb'
    """
    return _UNPRINTABLE.sub("\ufffd", text.replace("\r\n", "\n").replace("\r", "\n"))


def encodable(text: str) -> str:
    """Return the text with each half of a surrogate pair, which UTF-8 cannot encode, as U+FFFD; offsets stay true."""
    return _HALF_PAIR.sub("\ufffd", text)


def split_links(text: str, addresses: Iterable[str]) -> tuple[tuple[str, str | None], ...]:
    """Cut a text at addresses that may be linked into pieces, each with its address or None; joined they are the text.

    >>> split_links("see https://x.org/a.", ["https://x.org/a"])
    (('see ', None), ('https://x.org/a', 'https://x.org/a'), ('.', None))
    """
    # The longest first: one address may be the beginning of another, and `|` takes the first that fits.
    known = sorted(set(addresses), key=len, reverse=True)
    if not known:
        return ((text, None),)
    pieces = re.split(f"({'|'.join(map(re.escape, known))})", text)
    return tuple((piece, piece if piece in known else None) for piece in pieces if piece)


def web_address(source: str | None) -> str | None:
    """Return a work's source where it is a plain http or https address that a page may link to, else None."""
    if source is None or len(source) > _MAX_ADDRESS or _UNSAFE_IN_ADDRESS.search(source) or _UNWANTED.search(source):
        return None
    try:
        parts = urlsplit(source)
        host = parts.hostname
    except ValueError:
        return None
    return source if parts.scheme in {"http", "https"} and host else None
