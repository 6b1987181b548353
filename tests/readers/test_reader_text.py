"""Reading a file as one work: exactly its text, or one clear reason why not."""

from __future__ import annotations

import codecs
import io
import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from provenance.errors import InputError
from provenance.works import Document
from provenance_plugins.readers import text as reader_text
from provenance_plugins.readers._decoding import decode
from provenance_plugins.readers._input import read_bytes

FRENCH = (
    "« Où est passé l’été ? » demanda la vieille dame à son garçon. Le cœur léger, il répondit que tout était prêt, "
    "et qu’il fallait partir tôt, avant que la forêt ne s’éveille.\r\n"
)
RUSSIAN = "Все счастливые семьи похожи друг на друга, каждая несчастливая семья несчастлива по-своему.\n"
JAPANESE = (
    "吾輩は猫である。名前はまだ無い。どこで生れたかとんと見当がつかぬ。ニャーニャー泣いていた事だけは記憶している。\n"
)
CHINESE = "学而时习之，不亦说乎？有朋自远方来，不亦乐乎？人不知而不愠，不亦君子乎？\n"
KOREAN = (
    "모든 인간은 태어날 때부터 자유로우며 그 존엄과 권리에 있어 동등하다. 인간은 천부적으로 이성과 양심을 부여받았다.\n"
)


def read(folder: Path, data: bytes) -> Document | InputError:
    """What the reader makes of a file with these bytes; there is always exactly one answer."""
    path = folder / "work.txt"
    path.write_bytes(data)
    (item,) = reader_text.read(path)
    return item


def refusal(folder: Path, data: bytes) -> str:
    item = read(folder, data)
    assert isinstance(item, InputError)
    assert item.place == str(folder / "work.txt")
    return item.message


def test_the_text_is_exactly_what_stands_in_the_file(tmp_path: Path) -> None:
    """Line ends and spaces stay, the byte order mark goes, and nothing is made up about the work."""
    text = "Une phrase.\r\nune autre\rencore\n\u2028 fin \u200b\n"
    expected = Document(text=text, place=str(tmp_path / "work.txt"))
    assert read(tmp_path, text.encode()) == expected
    assert read(tmp_path, codecs.BOM_UTF8 + text.encode()) == expected


@pytest.mark.parametrize("encoding", ["utf-16", "utf-32"])
def test_a_byte_order_mark_says_the_encoding(tmp_path: Path, encoding: str) -> None:
    """UTF-16 and UTF-32 are read where the file says so itself."""
    assert read(tmp_path, JAPANESE.encode(encoding)) == Document(text=JAPANESE, place=str(tmp_path / "work.txt"))


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        (FRENCH, "cp1252"), (FRENCH.replace("’", "'").replace("œ", "oe"), "latin-1"), (RUSSIAN, "cp1251"),
        (RUSSIAN, "koi8-r"), (JAPANESE, "shift_jis"), (CHINESE, "gb18030"), (KOREAN, "euc-kr"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("times", [3, 2_000])
def test_an_old_encoding_is_found(tmp_path: Path, text: str, encoding: str, times: int) -> None:
    """A file in an encoding of its time is read, small or large, by what charset-normalizer is sure of."""
    expected = Document(text=text * times, place=str(tmp_path / "work.txt"))
    assert read(tmp_path, (text * times).encode(encoding)) == expected


def test_an_old_encoding_is_found_by_what_lies_beyond_the_beginning(tmp_path: Path) -> None:
    """A file that begins with a long stretch of ASCII is judged where it stops being ASCII."""
    text = "An English preface.\n" * 20_000 + FRENCH * 20
    assert read(tmp_path, text.encode("cp1252")) == Document(text=text, place=str(tmp_path / "work.txt"))


@pytest.mark.parametrize(
    ("data", "byte", "value"),
    [
        (b"plain words, then \xff and plain words again", 18, "ff"),
        (JAPANESE.encode() * 50 + b"\xff" + JAPANESE.encode() * 50, len(JAPANESE.encode()) * 50, "ff"),
        (FRENCH.encode()[:10] + b"\xe9" + FRENCH.encode()[10:], 10, "e9"),
        ("naïve".encode()[:3], 2, "c3"),
        (b"caf\xe9", 3, "e9"),
        (b"\xed\xa0\x80 a lone surrogate", 0, "ed"),
    ],
)
def test_doubtful_bytes_are_refused_with_the_first_bad_one(tmp_path: Path, data: bytes, byte: int, value: str) -> None:
    """Damaged UTF-8, or too little to go by, is never read as something else."""
    expected = f"not valid UTF-8 at byte {byte} (0x{value}), and no other encoding is certain; save it as UTF-8"
    assert refusal(tmp_path, data) == expected


def test_an_encoding_that_another_script_fits_as_well_is_refused(tmp_path: Path) -> None:
    """Hebrew in its old code page also reads as likely Cyrillic: rather nothing than the wrong letters."""
    text = "כל בני האדם נולדו בני חורין ושווים בערכם ובזכויותיהם. "
    assert refusal(tmp_path, text.encode("cp1255")).startswith("not valid UTF-8 at byte 0 (0xeb)")


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"text\0text", "binary: NUL at byte 4; leave it out, or save it as UTF-8 if it is text"),
        (b"\x7fELF\0\0\xff", "binary: NUL at byte 4; leave it out, or save it as UTF-8 if it is text"),
        ("text".encode("utf-16-be"), "binary: NUL at byte 0; leave it out, or save it as UTF-8 if it is text"),
        ("é\0".encode("utf-16"), "binary: NUL at byte 4; leave it out"),
        (codecs.BOM_UTF16_LE + b"a\0b", "not valid UTF-16-LE at byte 4, although it begins so; save it as UTF-8"),
        (codecs.BOM_UTF8 + b"ab\xff", "not valid UTF-8 at byte 5, although it begins so; save it as UTF-8"),
    ],
)
def test_what_is_not_text_is_refused_with_the_byte(tmp_path: Path, data: bytes, said: str) -> None:
    """Binary files and broken byte order marks are named with the place in the file."""
    assert refusal(tmp_path, data) == said


@pytest.mark.parametrize("data", [b"", b" \r\n\t", codecs.BOM_UTF8, codecs.BOM_UTF16_LE, "\u3000\u2003\n".encode()])
def test_a_file_without_text_is_refused(tmp_path: Path, data: bytes) -> None:
    """Nothing, or nothing but white space, is no work."""
    assert refusal(tmp_path, data) == "empty: holds no text; nothing to ingest"


@pytest.mark.long
def test_a_single_line_of_two_hundred_megabytes_is_a_work(tmp_path: Path) -> None:
    """Length alone is no reason to refuse; what is beyond the bound is refused without being read on."""
    path = tmp_path / "long.txt"
    path.write_bytes(b"word " * 40_000_000)
    (item,) = reader_text.read(path)
    assert isinstance(item, Document)
    assert len(item.text) == 200_000_000
    with pytest.raises(InputError, match=r"larger than 1,000 bytes; split it into several works"):
        read_bytes(path, limit=1_000)


def test_a_file_that_is_not_there_or_not_regular_is_refused(tmp_path: Path) -> None:
    """A FIFO is not waited for, a device not read, a folder not opened."""
    os.mkfifo(tmp_path / "fifo")
    (tmp_path / "loop").symlink_to("loop")
    for path in (tmp_path / "fifo", tmp_path, Path("/dev/zero")):
        (item,) = reader_text.read(path)
        assert str(item) == f"{path}: not a regular file; give a file that holds text"
    (missing, loop, impossible) = (next(reader_text.read(tmp_path / name)) for name in ("gone", "loop", "a\0b"))
    assert (
        str(missing) == f"{tmp_path}/gone: cannot be read (No such file or directory); check its name and permissions"
    )
    assert isinstance(loop, InputError)
    assert isinstance(impossible, InputError)


@pytest.mark.parametrize("error", [PermissionError(13, "Permission denied"), OSError(5, "Input/output error")])
def test_what_the_system_refuses_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: OSError) -> None:
    """The system's reason stands in the message, with the file."""
    path = tmp_path / "work.txt"
    path.write_text("text")

    def refuse(*_: object) -> None:
        raise error  # root may open everything, so the refusal is made here

    monkeypatch.setattr(io, "FileIO", refuse)
    (item,) = reader_text.read(path)
    assert str(item) == f"{path}: cannot be read ({error.strerror}); check its name and permissions"


def test_a_disk_that_fails_while_it_is_read_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An error in the middle of a file is an error of that file."""
    path = tmp_path / "work.txt"
    path.write_text("text")

    class Failing(io.FileIO):
        def readinto(self, *_: object) -> int:
            raise OSError(5, "Input/output error")

    monkeypatch.setattr(io, "FileIO", Failing)
    (item,) = reader_text.read(path)
    assert str(item) == f"{path}: cannot be read (Input/output error); check its name and permissions"


def test_a_name_that_is_not_utf8_gives_a_place_that_can_be_stored(tmp_path: Path) -> None:
    """The place is a proper string whatever bytes the file's name is made of."""
    path = tmp_path / os.fsdecode(b"caf\xe9.txt")
    path.write_text("text")
    assert list(reader_text.read(path)) == [Document(text="text", place=f"{tmp_path}/caf\\udce9.txt")]


@settings(deadline=None)
@given(st.text())
def test_any_text_in_utf8_comes_back_as_it_is(text: str) -> None:
    """Decoding is the inverse of encoding, but for NUL and a byte order mark at the beginning."""
    text = text.encode("utf-8", "ignore").decode().replace("\0", "").lstrip("\ufeff")
    assert decode(text.encode(), place="p") == text


@settings(deadline=None)
@given(st.binary() | st.binary().map(lambda data: b"\xff\xfe" + data))
def test_any_bytes_give_text_or_an_input_error(data: bytes) -> None:
    """No bytes raise anything else, and no text holds a NUL or a lone surrogate."""
    try:
        text = decode(data, place="p")
    except InputError:
        return
    assert "\0" not in text
    assert text.encode().decode() == text
