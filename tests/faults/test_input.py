"""Bad input: each thing is one clear line with its place and a remedy, and costs nothing else."""

from __future__ import annotations

import gzip
import json
import os
import resource
import sys
from pathlib import Path

import pytest

from provenance import Checker, Database
from tests.database.samples import TIMES, WHALE, words
from tests.faults.conftest import Command

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

pytestmark = pytest.mark.slow

RECORD = json.dumps({"id": "good", "text": TIMES, "licence": "MIT"})


def found(folder: Path, text: str) -> bool:
    with Database.open(folder) as database:
        return bool(Checker(database).check(text, passages=True).passages)


def lines(number: int) -> bytes:
    """So many works as JSON Lines, too various to be compressed into one block."""
    rows = (json.dumps({"id": str(n), "text": words(n * 1000, 200)}) for n in range(number))
    return "\n".join(rows).encode()


CASES = {
    "latin.txt": (b"na\xefve", "not valid UTF-8 at byte 2 (0xef), and no other encoding is certain; save it as UTF-8"),
    "nul.txt": (b"one\0two", "binary: NUL at byte 3; leave it out, or save it as UTF-8 if it is text"),
    "empty.txt": (b"", "empty: holds no text; nothing to ingest"),
    "blank.txt": (b" \n\t\n", "empty: holds no text; nothing to ingest"),
    "empty.jsonl": (b"", "empty: holds no records; nothing to ingest"),
    "cut.jsonl.gz": (gzip.compress(lines(300))[:-3000], "truncated after line "),
    "cut.jsonl.zst": (zstd.compress(lines(300))[:-3000], "truncated after line "),
    "false.jsonl.gz": (b"no archive at all", "damaged after line 0 (Not a gzipped file (b'no')); fetch the file again"),
    "seven.jsonl": (b"\n" * 6 + b'{"text": "a" "b"}', "7: not valid JSON at column 14: "),
    "missing.jsonl": (
        b'{"title": "T"}',
        "1: no 'text'; each record needs a 'text', or a 'path' to a file that holds it",
    ),
    "typed.jsonl": (b'{"text": 7}', "1: 'text' is a number (7); wanted a string"),
    "list.jsonl": (b"[1]", "1: a list where an object with a 'text' is wanted"),
    "utf.jsonl": (b'{"text": "\xff"}', "1: not valid UTF-8 at byte 10 of the line; save the file as UTF-8"),
    "deep.jsonl": (b"[" * 100_000, "1: JSON nested too deeply; remove what is nested"),
    "broken.parquet": (b"PAR1 no", ""),
}


@pytest.mark.parametrize("name", CASES)
def test_a_bad_file_beside_a_good_one(tmp_path: Path, provenance: Command, name: str) -> None:
    """The bad file is named with what is wrong and what to do; the good one is found afterwards; the exit code is 3."""
    content, message = CASES[name]
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / name).write_bytes(content)
    (tmp_path / "in" / "zz-good.jsonl").write_text(RECORD)
    ended = provenance("ingest", "in", "--db", "db")
    assert ended.code == 3
    assert ", 1 passed over; it holds" in ended.out
    (line,) = ended.err.splitlines()
    assert line.startswith(f"passed over: in/{name}:{' ' if not message[:1].isdigit() else ''}{message}")
    assert found(tmp_path / "db", TIMES)
    if name.startswith("cut"):
        assert found(tmp_path / "db", words(0, 200)), "what came before the cut is ingested"


def test_what_comes_after_a_bad_line_is_read(tmp_path: Path, provenance: Command) -> None:
    """Line 7 is no JSON; the lines before and after it are ingested, and the message has its number."""
    rows = [json.dumps({"id": str(n), "text": words(n * 100, 40)}) for n in range(10)]
    rows[6] = rows[6][:-5]
    (tmp_path / "b.jsonl").write_text("\n".join(rows))
    ended = provenance("ingest", "b.jsonl")
    assert (ended.code, ended.out) == (
        3, "provenance-db: 9 works added, 0 replaced, 0 unchanged, 1 passed over; it holds 9 works, 1,157 tokens\n"
        "licences: 9 unknown\n",
    )  # fmt: skip
    assert ended.err.startswith("passed over: b.jsonl:7: not valid JSON at column ")
    assert found(tmp_path / "provenance-db", words(800, 40))


def test_links(tmp_path: Path, provenance: Command) -> None:
    """A loop of links, a link out of the folder and one to nowhere are reported; nothing outside is read."""
    inside = tmp_path / "in" / "deeper"
    inside.mkdir(parents=True)
    (tmp_path / "secret.txt").write_text(WHALE)
    (tmp_path / "in" / "good.txt").write_text(TIMES)
    (inside / "loop").symlink_to(tmp_path / "in")
    (inside / "out.txt").symlink_to(tmp_path / "secret.txt")
    (inside / "self").symlink_to("self")
    (inside / "nowhere").symlink_to("no-such-file")
    ended = provenance("ingest", "in")
    assert ended.code == 3
    said = dict(line.removeprefix("passed over: in/deeper/").split(": ", 1) for line in ended.err.splitlines())
    assert {name: text.split("(")[0].split(";")[0].strip() for name, text in said.items()} == {
        "loop": "a link back to a folder that it is in, a loop",
        "nowhere": "a link that cannot be followed",
        "out.txt": "a link out of the folder",
        "self": "a link that cannot be followed",
    }
    assert found(tmp_path / "provenance-db", TIMES)
    assert not found(tmp_path / "provenance-db", WHALE)


def test_a_pipe_among_the_files_does_not_block(tmp_path: Path, provenance: Command) -> None:
    """A FIFO is reported and never opened."""
    (tmp_path / "in").mkdir()
    os.mkfifo(tmp_path / "in" / "pipe")
    (tmp_path / "in" / "good.txt").write_text(TIMES)
    ended = provenance("ingest", "in")
    assert (ended.code, ended.err) == (
        3, "passed over: in/pipe: neither a file nor a folder (a FIFO, socket or device); leave it out\n",
    )  # fmt: skip


def test_a_file_that_may_not_be_read(tmp_path: Path, provenance: Command, bound: list[str]) -> None:
    """It is reported with the remedy, and the others are ingested."""
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "good.txt").write_text(TIMES)
    (tmp_path / "in" / "locked.txt").write_text(WHALE)
    (tmp_path / "in" / "locked.txt").chmod(0)
    (tmp_path / "shut").mkdir(mode=0)
    ended = provenance("ingest", "in", "shut", "--db", "db", prefix=bound)
    assert (ended.code, ended.err) == (
        3,
        "passed over: in/locked.txt: cannot be read (Permission denied); check its name and permissions\n"
        "passed over: shut: cannot be read (Permission denied); check its name and permissions\n",
    )
    assert found(tmp_path / "db", TIMES)


def test_a_name_that_is_not_utf8(tmp_path: Path, provenance: Command) -> None:
    """A file whose name is no UTF-8 is ingested under a readable name."""
    try:
        Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9.txt")).write_text(TIMES)
    except OSError:
        pytest.skip("this file system wants names in UTF-8")
    assert provenance("ingest", ".", "--licence", "MIT").code == 0
    ended = provenance("works")
    assert (ended.code, ended.err) == (0, "")
    assert "caf" in ended.out
    assert "file://" in ended.out


def test_an_unknown_licence(tmp_path: Path, provenance: Command) -> None:
    """It is kept as given, with the status unknown, and warned of; that is no failure."""
    (tmp_path / "b.jsonl").write_text(json.dumps({"text": TIMES, "licence": "Poetic 1.0", "title": "T"}))
    ended = provenance("ingest", "b.jsonl")
    assert ended.code == 0
    assert ended.err.startswith("warning: b.jsonl:1: the licence 'Poetic 1.0' is kept with the status unknown, because")
    assert "[licence unknown, stated as “Poetic 1.0”]" in provenance("works").out


@pytest.mark.long
@pytest.mark.parametrize("shape", ["text", "json"])
def test_a_line_of_two_hundred_megabytes(tmp_path: Path, shape: str) -> None:
    """It is one work, found by its end, and needs less than 3 GB."""
    filler = "".join(f"{n:x} " for n in range(1000, 66_000))
    with (tmp_path / f"big.{'txt' if shape == 'text' else 'jsonl'}").open("w") as file:
        file.write("" if shape == "text" else '{"text": "')
        for _ in range(200_000_000 // len(filler)):
            file.write(filler)
        file.write(f"{TIMES}" if shape == "text" else f'{TIMES}"}}')
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    child = os.posix_spawn(
        sys.executable,
        [sys.executable, "-m", "provenance", "ingest", file.name, "--db", str(tmp_path / "db")],
        os.environ,
    )
    assert os.waitpid(child, 0)[1] == 0
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    assert max(peak, before) < 3_500_000
    assert found(tmp_path / "db", TIMES)


def test_half_surrogates_in_json(tmp_path: Path, provenance: Command) -> None:
    r"""A lone `\ud800` in JSON is stored as U+FFFD and stops nothing, not even printing."""
    row = json.dumps({"text": f"{TIMES} \ud800 {WHALE}", "title": "\udc00", "id": "\ud800"})
    (tmp_path / "b.jsonl").write_text(row)
    assert provenance("ingest", "b.jsonl").code == 0
    for format_ in ("text", "markdown", "html", "json"):
        ended = provenance("check", "-", "--format", format_, stdin=TIMES.encode())
        assert (ended.code, ended.err) == (1, "")
