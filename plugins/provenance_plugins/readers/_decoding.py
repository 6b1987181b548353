"""Decoder of text whose encoding is not declared.

Bytes are read as UTF-8, or as UTF-16 and UTF-32 by their byte order mark, otherwise by the encoding that
charset-normalizer finds, if it is certain. Line ends stay as they are and the byte order mark is dropped. Nothing is
ever replaced: doubtful bytes are refused.
"""

from __future__ import annotations

import codecs
from contextlib import suppress
from typing import TYPE_CHECKING

from provenance.errors import InputError

if TYPE_CHECKING:
    from charset_normalizer import CharsetMatch

_SAMPLE = 4096  # of more, charset-normalizer judges pieces cut without regard to characters, and judges worse
_FEW = 4  # fewer bytes outside ASCII than this say nothing about an encoding
_MARKS = (  # the four-byte marks first: UTF-32 LE begins like UTF-16 LE
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
# What old files are found in, the likelier first, with the script that tells two guesses apart.
_SCRIPTS = {
    "cp1252": "Latin", "cp1250": "Latin", "iso8859_2": "Latin", "cp1254": "Latin", "mac_roman": "Latin",
    "cp1251": "Cyrillic", "koi8_r": "Cyrillic", "cp1253": "Greek", "cp1255": "Hebrew", "cp1256": "Arabic",
    "cp932": "Shift JIS", "euc_jp": "EUC-JP", "gb18030": "GB 18030", "big5": "Big5", "cp949": "Korean",
}  # fmt: skip
_MULTIBYTE = frozenset({"cp932", "euc_jp", "gb18030", "big5", "cp949"})
_REMEDY = "save it as UTF-8"


def decode(data: bytes, *, place: str) -> str:
    """Return the text of bytes.

    Raises:
        InputError: the bytes are binary, or no encoding is certain; names the first bad byte.
    """
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return _decode_marked(data, len(mark), encoding, place)
    if (zero := data.find(b"\0")) >= 0:
        raise InputError(f"binary: NUL at byte {zero}; leave it out, or {_REMEDY} if it is text", place=place)
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        bad = error.start
    # The sample is some lines from the one with the first bad byte on, whole where that is possible.
    line = data.rfind(b"\n", 0, bad) + 1
    start = line if bad - line < _SAMPLE // 2 else bad
    end = start + _SAMPLE
    if len(data) > end and (cut := data.rfind(b"\n", bad, end)) >= 0:
        end = cut + 1
    if (guessed := guess_encoding(data[start:end])) is not None:
        with suppress(UnicodeDecodeError):  # the sample fitted, the rest does not: the guess was wrong
            return data.decode(guessed)
    message = f"not valid UTF-8 at byte {bad} (0x{data[bad]:02x}), and no other encoding is certain; {_REMEDY}"
    raise InputError(message, place=place)


def _decode_marked(data: bytes, skip: int, encoding: str, place: str) -> str:
    """Return the text after a byte order mark of `skip` bytes."""
    try:
        text = data[skip:].decode(encoding)
    except UnicodeDecodeError as error:
        message = f"not valid {encoding.upper()} at byte {skip + error.start}, although it begins so; {_REMEDY}"
        raise InputError(message, place=place) from error
    if (zero := text.find("\0")) >= 0:
        byte = skip + len(text[:zero].encode(encoding))
        raise InputError(f"binary: NUL at byte {byte}; leave it out", place=place)
    return text


def guess_encoding(sample: bytes) -> str | None:
    """Return the encoding of a sample that is not UTF-8, or None where nothing is certain.

    A sample is refused when most of what is outside ASCII in it is valid UTF-8 (damaged UTF-8 decodes as nearly
    anything), when there is too little to go by, or when an encoding of another script fits nearly as well.

    >>> guess_encoding("Où est passé l’été ? demanda le garçon à la vieille dame, déjà prête.".encode("cp1252"))
    'cp1252'
    >>> guess_encoding("Où est passé l’été ? demanda le garçon".encode() + b"\\xff") is None
    True
    """
    text = sample.decode("utf-8", "replace")
    bad = text.count("\ufffd")
    is_damaged_utf8 = sum(character > "\x7f" for character in text) - bad > bad
    if sum(byte >= 0x80 for byte in sample) < _FEW or is_damaged_utf8:
        return None
    from charset_normalizer import from_bytes  # noqa: PLC0415 - most files are UTF-8 and never need it

    found = from_bytes(sample, cp_isolation=list(_SCRIPTS))
    # A multi-byte decoder accepts little that is not its own; a single-byte one takes anything, so it must make words.
    plausible = [
        match
        for match in found
        if match.encoding in _SCRIPTS
        and match.chaos <= 0.1
        and (match.encoding in _MULTIBYTE or match.coherence >= 0.2)
    ]
    # Where the rounded scores are equal, the encoding that old files are more often in is taken.
    order = list(_SCRIPTS)
    ranked = sorted(plausible, key=lambda match: (-round(_score_match(match), 1), order.index(match.encoding)))
    if not ranked:
        return None
    best = ranked[0]
    rivals = (match for match in ranked if _SCRIPTS[match.encoding] != _SCRIPTS[best.encoding])
    # Two encodings of one script differ in few characters; a wrong script would be nonsense throughout.
    is_certain = all(_score_match(best) - _score_match(rival) >= 0.13 for rival in rivals)
    return best.encoding if is_certain else None


def _score_match(match: CharsetMatch) -> float:
    return match.coherence - 4 * match.chaos
