"""What can happen to the bytes of segment files? Drawn by number, so that any case can be had again.

Asks the footer where the sections lie and knows none of their names.
"""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from provenance.index import Segment
from provenance.index import format as layout
from tests.faults.isolated import Judge
from tests.faults.shelf import Shelf, judged
from tests.faults.tally import Verdict

PAGE = 4096


@dataclass(frozen=True)
class Place:
    """A stretch of a file with a name: header, footer, tail or a section."""

    name: str
    start: int
    end: int


def places(segment: Segment, size: int) -> list[Place]:
    """Return all parts of a segment's file."""
    sections = [Place(name, s.offset, s.offset + s.length) for name, s in segment.footer.sections.items() if s.length]
    tail = Place("tail", size - layout.TAIL.size, size)
    footer = Place("footer", max(place.end for place in sections), tail.start)
    return [Place("header", 0, layout.HEADER.size), *sections, footer, tail]


Harm = Callable[[bytearray, list[Place], Place, random.Random], None]
"""Does something to the bytes of a file, in or from a place."""


def _flip(data: bytearray, _: list[Place], at: Place, chance: random.Random) -> None:
    data[min(chance.randrange(at.start, at.end), len(data) - 1)] ^= 1 << chance.randrange(8)


def _zero_a_page(data: bytearray, _: list[Place], at: Place, chance: random.Random) -> None:
    page = chance.randrange(at.start, at.end) // PAGE * PAGE
    start, end = max(page, at.start), min(page + PAGE, at.end, len(data))
    data[start:end] = bytes(max(0, end - start))


def _scribble(data: bytearray, _: list[Place], at: Place, chance: random.Random) -> None:
    start = chance.randrange(at.start, at.end)
    end = min(start + chance.randrange(1, 200), at.end, len(data))
    data[start:end] = chance.randbytes(max(0, end - start))


def _truncate(data: bytearray, _: list[Place], at: Place, chance: random.Random) -> None:
    del data[chance.randrange(at.start, at.end) :]


def _cut_out(data: bytearray, _: list[Place], at: Place, chance: random.Random) -> None:
    start = chance.randrange(at.start, at.end)
    del data[start : start + chance.choice((1, 2, 4, layout.ALIGNMENT, PAGE))]


def _extend(data: bytearray, _: list[Place], at: Place, chance: random.Random) -> None:
    start = chance.choice((chance.randrange(at.start, at.end), at.end, len(data)))
    data[start:start] = chance.choice((bytes, chance.randbytes))(chance.choice((1, 4, layout.ALIGNMENT, PAGE)))


def _swap_blocks(data: bytearray, _: list[Place], at: Place, chance: random.Random) -> None:
    length = min(chance.choice((2, 4, 8, 64, PAGE)), (at.end - at.start) // 2)
    first = chance.randrange(at.start, at.end - 2 * length + 1)
    second = chance.randrange(first + length, at.end - length + 1)
    _exchange(data, first, second, length)


def _swap_sections(data: bytearray, every: list[Place], at: Place, chance: random.Random) -> None:
    other = chance.choice([place for place in every if place != at])
    _exchange(data, at.start, other.start, min(at.end - at.start, other.end - other.start))


def _exchange(data: bytearray, first: int, second: int, length: int) -> None:
    data[first : first + length], data[second : second + length] = (
        data[second : second + length],
        data[first : first + length],
    )


def _several(data: bytearray, every: list[Place], at: Place, chance: random.Random) -> None:
    for _ in range(chance.randrange(2, 6)):
        if data:
            chance.choice((_flip, _scribble, _zero_a_page))(data, every, chance.choice(every), chance)
    if chance.random() < 0.5:
        chance.choice((_cut_out, _extend))(data, every, at, chance)


HARMS: dict[str, Harm] = {
    "a bit flipped": _flip, "a page zeroed": _zero_a_page, "bytes overwritten": _scribble, "cut short": _truncate,
    "bytes missing": _cut_out, "bytes inserted or appended": _extend, "two blocks swapped": _swap_blocks,
    "two sections swapped": _swap_sections, "several at once": _several,
}  # fmt: skip
FILES_SWAPPED = "two files swapped"


def harmed(shelf: Shelf, folder: Path, fault: str, number: int, seed: int) -> str:
    """Do harm to a file in `folder`, a copy of the shelf's, until it is not as it was; return what was done where."""
    chance = random.Random(f"{seed} {fault} {number}")
    name = shelf.names[number % len(shelf.names)]
    if fault == FILES_SWAPPED:
        other = chance.choice([each for each in shelf.names if each != name])
        shutil.copy(shelf.folder / "segments" / name, folder / "segments" / other)
        shutil.copy(shelf.folder / "segments" / other, folder / "segments" / name)
        return f"{fault}, case {number}"
    sound = (shelf.folder / "segments" / name).read_bytes()
    every = places(shelf.segment(name), len(sound))
    at = every[number // len(shelf.names) % len(every)]
    data = bytearray(sound)
    HARMS[fault](data, every, at, chance)
    while data == sound:  # zeros were zeroed, say
        at = chance.choice(every)
        HARMS[fault](data, every, at, chance)
    (folder / "segments" / name).write_bytes(data)
    return f"{fault} in {at.name} of {shelf.segment(name).footer.keep}, case {number}"


def damage_judge(shelf: Shelf, scratch: Path, fault: str, seed: int) -> Judge:
    """Return the judge of a kind of damage."""

    def judge(number: int) -> Verdict:
        with shelf.copied(scratch) as folder:
            return judged(folder, shelf.answers, harmed(shelf, folder, fault, number, seed))

    return judge
