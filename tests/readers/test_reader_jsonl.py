"""Reading JSON Lines: each good line a work, each bad one an error with its number, and the rest still read."""

from __future__ import annotations

import gzip
import json
import os
import random
import sys
from pathlib import Path

import pytest

from provenance.errors import InputError
from provenance.works import Document
from provenance_plugins.readers import jsonl

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd


def line(text: str, **fields: object) -> bytes:
    return json.dumps({"text": text, **fields}).encode() + b"\n"


def shown(path: Path, *, limit: int = 1 << 20) -> list[str]:
    """Each work as `place = text`, each error as it is printed, without the folder."""
    items = [
        f"{item.place} = {item.text}" if isinstance(item, Document) else str(item)
        for item in jsonl.read(path, limit=limit)
    ]
    assert all(item.startswith(f"{path.parent}/") for item in items)
    return [item.removeprefix(f"{path.parent}/") for item in items]


def compressed(data: bytes, suffix: str) -> bytes:
    checked: dict[int, int] = {zstd.CompressionParameter.checksum_flag: 1}  # as the `zstd` command does
    match suffix:
        case ".gz":
            return gzip.compress(data)
        case ".zst":
            return zstd.compress(data, options=checked)
        case _:
            return data


@pytest.mark.parametrize("suffix", ["", ".gz", ".zst"])
def test_each_line_is_a_work_with_its_place(tmp_path: Path, suffix: str) -> None:
    """Lines are read in order, compressed or not; blank lines, CRLF and a byte order mark mean nothing."""
    path = tmp_path / f"w.jsonl{suffix}"
    data = (
        b"\xef\xbb\xbf" + line("one") + b"\n \r\n" + line("d\u2028eux").replace(b"\n", b"\r\n") + b'{"text": "three"}'
    )
    path.write_bytes(compressed(data, suffix))
    name = f"w.jsonl{suffix}"
    assert shown(path) == [f"{name}:1 = one", f"{name}:4 = d\u2028eux", f"{name}:5 = three"]


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        (b"{'text': 'x'}", "not valid JSON at column 2: Expecting property name enclosed in double quotes; "),
        (b'{"text": "x"', "not valid JSON at column 13: Expecting ',' delimiter; "),
        (b'{"text": "x\0y"}', "not valid JSON at column 12: Invalid control character at; "),
        (b'{"text": "caf\xe9"}', "not valid UTF-8 at byte 13 of the line; save the file as UTF-8"),
        (b'{"text": "x", "year": ' + b"9" * 5000 + b"}", "JSON that cannot be read: Exceeds the limit (4300 digits) "),
        (b'{"text": "x", "a": ' + b"[" * 100_000 + b"}", "JSON nested too deeply; remove what is nested"),
        (b"[]", "a list where an object with a 'text' is wanted"),
        (b'{"title": "x"}', "no 'text'; each record needs a 'text', or a 'path' to a file that holds it"),
        (b'{"text": "x\\u0000"}', "'text' holds a NUL at character 1; leave it out"),
        (b'{"text": "x", "year": "old"}', "'year' is a string ('old'); wanted a whole number"),
    ],
)
def test_a_bad_line_is_reported_with_its_number_and_the_next_is_read(tmp_path: Path, bad: bytes, message: str) -> None:
    """Nothing on one line hides what is on the next."""
    path = tmp_path / "w.jsonl"
    path.write_bytes(line("one") * 6 + bad + b"\n" + line("eight"))
    items = shown(path)
    assert items[:6] == [f"w.jsonl:{number} = one" for number in range(1, 7)]
    assert items[6].startswith(f"w.jsonl:7: {message}")
    assert items[7:] == ["w.jsonl:8 = eight"]


def test_a_line_beyond_the_bound_is_skipped_without_being_kept(tmp_path: Path) -> None:
    """A line is read up to the bound and no further; the lines after it keep their numbers."""
    path = tmp_path / "w.jsonl"
    exact = line("y" * 88)
    assert len(exact) == 101  # the bound and a line end
    path.write_bytes(line("one") + line("x" * 3_000_000) + exact + line("four") + b'{"text": "' + b"x" * 200)
    assert shown(path, limit=100) == [
        "w.jsonl:1 = one", "w.jsonl:2: line longer than 100 bytes; split the work", f"w.jsonl:3 = {'y' * 88}",
        "w.jsonl:4 = four", "w.jsonl:5: line longer than 100 bytes; split the work",
    ]  # fmt: skip


def test_no_more_of_a_line_than_the_bound_is_ever_asked_for() -> None:
    """Each read of a line is bounded, so that a line of any length costs bounded memory."""

    class Endless:
        asked: list[int] = []  # noqa: RUF012 - one instance

        def readline(self, size: int, /) -> bytes:
            self.asked.append(size)
            return b"x" * size if len(self.asked) < 5 else b"end\n" if len(self.asked) == 5 else b""

    file = Endless()
    assert list(jsonl._iterate_lines(file, 1_000)) == [None]
    assert file.asked == [1_001, *[1 << 20] * 4, 1_001]


@pytest.mark.long
def test_a_single_line_of_two_hundred_megabytes_is_a_work(tmp_path: Path) -> None:
    """Length alone is no reason to refuse a line."""
    path = tmp_path / "w.jsonl"
    path.write_bytes(line("word " * 40_000_000) + line("two"))
    first, second = jsonl.read(path)
    assert isinstance(first, Document)
    assert len(first.text) == 200_000_000
    assert isinstance(second, Document)
    assert second.text == "two"


@pytest.mark.slow
@pytest.mark.parametrize("suffix", [".gz", ".zst"])
def test_a_truncated_archive_gives_everything_before_the_cut(tmp_path: Path, suffix: str) -> None:
    """What was transferred is read, and the cut is one error that says after which line."""
    noise = random.Random(0)
    lines = [line(str(number), title=noise.randbytes(50).hex()) for number in range(20_000)]
    whole = compressed(b"".join(lines), suffix)
    path = tmp_path / f"w.jsonl{suffix}"
    path.write_bytes(whole[: len(whole) // 2])
    items = shown(path)
    read = len(items) - 1
    assert 5_000 < read < 15_000
    assert items[:read] == [f"w.jsonl{suffix}:{number + 1} = {number}" for number in range(read)]
    assert items[read] == f"w.jsonl{suffix}: truncated after line {read}; fetch the file again"


@pytest.mark.parametrize("suffix", [".gz", ".zst"])
@pytest.mark.parametrize("cut", [1, 5])
def test_an_archive_cut_in_its_head_or_tail_is_reported(tmp_path: Path, suffix: str, cut: int) -> None:
    """Even where every line is there, a missing end is told; where none is, the head's."""
    whole = compressed(line("one") + line("two"), suffix)
    (tmp_path / f"a.jsonl{suffix}").write_bytes(whole[:-cut])
    (tmp_path / f"b.jsonl{suffix}").write_bytes(whole[:cut])
    tail, head = shown(tmp_path / f"a.jsonl{suffix}"), shown(tmp_path / f"b.jsonl{suffix}")
    assert tail[-1].startswith(f"a.jsonl{suffix}: truncated after line ")
    assert head[-1].startswith(f"b.jsonl{suffix}: ")
    assert len(head) == 1


@pytest.mark.parametrize("suffix", [".gz", ".zst"])
def test_a_damaged_archive_is_reported(tmp_path: Path, suffix: str) -> None:
    """Bytes that are no archive, or one with a flipped bit, are one error with the file."""
    noise = random.Random(0)
    lines = b"".join(line(str(number), title=noise.randbytes(50).hex()) for number in range(5_000))
    flipped = bytearray(compressed(lines, suffix))
    flipped[len(flipped) // 2] ^= 0xFF
    (tmp_path / f"flipped.jsonl{suffix}").write_bytes(flipped)
    (tmp_path / f"plain.jsonl{suffix}").write_bytes(line("one"))
    (message,) = shown(tmp_path / f"plain.jsonl{suffix}")
    assert message.startswith(f"plain.jsonl{suffix}: damaged after line 0 (")
    assert message.endswith("; fetch the file again")
    last = shown(tmp_path / f"flipped.jsonl{suffix}")[-1]
    assert last.startswith((f"flipped.jsonl{suffix}: damaged after", f"flipped.jsonl{suffix}: truncated after"))


@pytest.mark.parametrize("suffix", ["", ".gz", ".zst"])
@pytest.mark.parametrize("content", [b"", b"\n \n"])
def test_a_file_without_records_is_reported(tmp_path: Path, suffix: str, content: bytes) -> None:
    """An empty dataset is told rather than passed over."""
    path = tmp_path / f"w.jsonl{suffix}"
    path.write_bytes(compressed(content, suffix))
    assert shown(path) == [f"w.jsonl{suffix}: empty: holds no records; nothing to ingest"]


def test_a_file_that_cannot_be_opened_is_reported(tmp_path: Path) -> None:
    """A missing file, or a FIFO, is one error and no wait."""
    os.mkfifo(tmp_path / "fifo.jsonl")
    assert shown(tmp_path / "fifo.jsonl") == ["fifo.jsonl: not a regular file; give a file that holds text"]
    assert shown(tmp_path / "gone.jsonl") == [
        "gone.jsonl: cannot be read (No such file or directory); check its name and permissions"
    ]


def test_a_path_is_looked_up_beside_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A record's file lies in the folder of the JSON Lines file, wherever the command runs."""
    (tmp_path / "data" / "texts").mkdir(parents=True)
    (tmp_path / "data" / "texts" / "a.txt").write_text("from the file")
    (tmp_path / "secret").write_text("secret")
    path = tmp_path / "data" / "w.jsonl"
    path.write_text('{"path": "texts/a.txt"}\n{"path": "../secret"}\n')
    assert shown(path) == [
        "w.jsonl:1 = from the file",
        "w.jsonl:2: 'path' '../secret' must be relative to the dataset's folder, without '..'",
    ]
    monkeypatch.chdir(tmp_path / "data")
    items = list(jsonl.read(Path("w.jsonl")))
    assert items[0] == Document(text="from the file", place="w.jsonl:1")
    assert isinstance(items[1], InputError)
