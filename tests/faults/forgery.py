"""What if a segment file lies? Its checksums are right, and what they cover is hostile.

Made by the builder itself while one thing that it writes is exchanged, so that nothing here knows the layout. A forged
file can say whatever a true one can, so only a crash, a hang, a foreign exception or a wild allocation counts as harm.
"""

from __future__ import annotations

import json
import random
import shutil
import sqlite3
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
from numpy.typing import NDArray

from provenance import Database
from provenance.index import format as layout
from provenance.index import writer
from provenance.works import Keep
from tests.faults.isolated import Judge
from tests.faults.shelf import judged, works
from tests.faults.tally import Verdict

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

Values = NDArray[np.unsignedinteger[Any]]
BOMB = 2 << 30
REPEATED = 1 << 17


def _largest(values: Values) -> Values:
    return np.full_like(values, np.iinfo(values.dtype).max)


def _alternating(values: Values) -> Values:
    forged = _largest(values)
    forged[::2] = 0
    return forged


def _one_too_large(values: Values, chance: random.Random) -> Values:
    forged = values.copy()
    if len(forged):
        largest = int(np.iinfo(values.dtype).max)
        forged[chance.choice((0, -1, chance.randrange(len(forged))))] = chance.choice((largest, largest >> 1))
    return forged


CONTENTS: tuple[Callable[[Values, random.Random], Values], ...] = (
    lambda values, _: _largest(values),
    lambda values, _: np.zeros_like(values),
    lambda values, _: values[::-1].copy(),
    lambda values, _: _alternating(values),
    lambda values, _: np.append(values, values[-1:]).astype(values.dtype),
    lambda values, _: values[:-1],
    lambda values, _: values[:0],
    lambda values, chance: np.frombuffer(chance.randbytes(values.nbytes), values.dtype),
    lambda values, chance: values[np.array(chance.sample(range(len(values)), len(values)), np.int64)],
    _one_too_large, _one_too_large, _one_too_large,
)  # fmt: skip
HOSTILE = (
    -1, 0, 1, 63, 2**31, 2**32 - 1, 2**63, 2**64, 10**400, 1e308, 0.5, True, None, "", "x", "9" * 5000, [], {}, [0, 0],
    [64, 2**62, 0], [-64, 128, 0],
)  # fmt: skip
NO_FOOTERS = (b"[" * 100_000, b'{"sections":' * 80_000, b"", b"\xff\xfe", b"null", b"[1]", b"7" * 9_000)


@contextmanager
def forged_contents(chance: random.Random, number: int) -> Iterator[str]:
    """Exchange what one of the sections holds, the `number`-th of them, for something hostile; give a name for it."""
    forge, written = CONTENTS[number % len(CONTENTS)], iter(range(1000))
    wanted, original = number // len(CONTENTS), writer._Writer._write_section

    def write(self: Any, name: str, values: Values) -> Any:
        values = np.ascontiguousarray(values, layout.DTYPES[name])
        return original(self, name, forge(values, chance) if next(written) == wanted % SECTIONS else values)

    with mock.patch.object(writer._Writer, "_write_section", write):
        yield f"section {wanted % SECTIONS} forged by {number % len(CONTENTS)}"


SECTIONS = len(layout.DTYPES)


@contextmanager
def forged_footer(chance: random.Random, number: int) -> Iterator[str]:
    """Exchange something in the footer for something that cannot be."""
    original = layout.Footer.to_bytes

    def to_bytes(self: layout.Footer) -> bytes:
        return _forged_json(json.loads(original(self)), chance, number)

    with mock.patch.object(layout.Footer, "to_bytes", to_bytes):
        yield "footer"


def _forged_json(fields: dict[str, Any], chance: random.Random, number: int) -> bytes:
    kind = number % 8
    if kind == 0:
        return chance.choice(NO_FOOTERS)
    sections = fields["sections"]
    if kind == 1:
        del sections[chance.choice(list(sections))]
    elif kind == 2:
        sections[chance.choice(("unknown", "", "\0", "../x"))] = chance.choice(list(sections.values()))
    elif kind == 3:
        sections[chance.choice(list(sections))] = chance.choice(list(sections.values()))
    elif kind == 4:
        place = sections[chance.choice(list(sections))]
        place[chance.randrange(len(place))] += chance.choice((-64, -8, 8, 64, 2**20, 2**40, 2**63))
    else:
        _exchange_leaf(fields, chance)
    return json.dumps(fields).encode()


def _exchange_leaf(fields: Any, chance: random.Random) -> None:
    """Go down to some value in the footer and put a hostile one there."""
    inner: Any = fields
    while True:
        key = chance.choice(list(inner)) if isinstance(inner, dict) else chance.randrange(len(inner))
        if not isinstance(inner[key], dict | list) or not inner[key] or chance.random() < 0.2:
            inner[key] = chance.choice(HOSTILE)
            return
        inner = inner[key]


@contextmanager
def forged_text(chance: random.Random, number: int) -> Iterator[str]:
    """Let one block of text be no text, another text, or one of gigabytes."""
    kinds: tuple[Callable[[bytes], bytes], ...] = (
        lambda _: bomb(), lambda _: b"", lambda _: b"\xff" * 40, lambda data: data[:-3], lambda _: _packed(b""),
        lambda _: _packed(b"\xff\xfe\xfd" * 30), lambda _: _packed(b"one word"), lambda data: data + data,
        lambda _: _packed(("a" * 30_000).encode()), lambda _: _packed("é\ud800\0".encode("utf-8", "surrogatepass")),
    )  # fmt: skip
    original, written = writer.compress_blocks, iter(range(1000))
    victim = chance.randrange(8)

    def compress_blocks(blocks: Any) -> Iterator[writer.TextBlock]:
        for block in original(blocks):
            forge = kinds[number % len(kinds)] if next(written) == victim else bytes
            yield writer.TextBlock(block.token, block.character, forge(block.data))

    with mock.patch.object(writer, "compress_blocks", compress_blocks):
        yield f"text forged by {number % len(kinds)}"


def _packed(data: bytes) -> bytes:
    return zstd.compress(data)


def bomb() -> bytes:
    """Return 64 kilobytes that Zstandard unpacks to two gigabytes: blocks that each repeat one byte (RFC 8878)."""
    magic, no_options, window = b"\x28\xb5\x2f\xfd", b"\0", bytes([7 << 3])
    repeated = (REPEATED << 3 | 1 << 1).to_bytes(3, "little") + b"a"
    last = (REPEATED << 3 | 1 << 1 | 1).to_bytes(3, "little") + b"a"
    return magic + no_options + window + repeated * (BOMB // REPEATED - 1) + last


FORGERIES = {"footer": forged_footer, "contents": forged_contents, "text": forged_text}


def forgery_judge(scratch: Path, kind: str, seed: int) -> Judge:
    """Return the judge of a kind of forgery."""

    def judge(number: int) -> Verdict:
        chance = random.Random(f"{seed} {kind} {number}")
        keep = Keep.TEXT if kind == "text" else chance.choice(list(Keep))
        shutil.rmtree(scratch, ignore_errors=True)
        with FORGERIES[kind](chance, number) as what, Database.open(scratch, create=True) as database:
            database.ingest(works(0), keep=keep)
        with closing(sqlite3.connect(scratch / "catalogue.sqlite")) as connection, connection:
            connection.execute("DELETE FROM canaries")  # whoever forges a file forges these too
        return judged(scratch, None, f"{what} of {keep}, case {number}")

    return judge
