"""What breaks it? `faults.py [--seed N] [--kills N] [--flips N] [--only WORD]`.

Does harm of every kind to real databases, and prints how each ended as a Markdown table: refused with a clear error;
unharmed, so that nothing was lost and every answer is right; or lost or wrong, which is also a foreign exception, a
crash, a hang of a minute, or more than a gigabyte of memory. What was lost or wrong is listed below the table, with the
number of the case, and so is what the loads took. The same seed does the same harm.

--flips: cases of each kind of damage and of forgery. --kills: over all four operations. --only: rows with this word.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.faults.catalogues import CHANCY, FILES, LOCKED, catalogue_judge
from tests.faults.damage import FILES_SWAPPED, HARMS, damage_judge
from tests.faults.denied import ACTIONS, DENIALS, denied_judge
from tests.faults.forgery import FORGERIES, forgery_judge
from tests.faults.full import CHANGES, on_small_disks, refused_in_turn
from tests.faults.isolated import survey
from tests.faults.library import OPERATIONS, Library, killed_at_random
from tests.faults.load import LOADS, borne
from tests.faults.shelf import Shelf
from tests.faults.tally import HEAD, Tally, Verdict
from tests.faults.together import clock_going_backwards, lock_of_the_killed, refused_while_held, side_by_side

READING = "open, check, doctor, compact"
Row = tuple[str, str, Callable[[], Iterable[Verdict]]]
"""A fault, the commands it meets, and what yields its verdicts."""


@dataclass(frozen=True)
class Setting:
    """What the rows work with."""

    place: Path
    shelf: Shelf
    seed: int
    flips: int
    kills: int

    def folder(self, name: str) -> Path:
        made = self.place / name
        made.mkdir()
        return made


def rows(setting: Setting) -> Iterator[Row]:
    """Yield all rows of the table."""
    yield from _files(setting)
    yield from _disks(setting)
    yield from _processes(setting)
    for load in LOADS:
        yield load, "ingest, check, doctor", partial(_loaded, setting, load)


def _files(setting: Setting) -> Iterator[Row]:
    place, shelf, seed = setting.place, setting.shelf, setting.seed
    cases = range(setting.flips)
    for harm in [*HARMS, FILES_SWAPPED]:
        judge = (damage_judge, shelf, place / "scratch", harm, seed)
        yield f"segment: {harm}", READING, partial(survey, *judge, numbers=cases)
    for kind in FORGERIES:
        judge = (forgery_judge, place / "scratch", kind, seed)
        yield f"segment forged, checksums right: {kind}", READING, partial(survey, *judge, numbers=cases)
    for harm in [*FILES, LOCKED]:
        judge = (catalogue_judge, shelf, place / "scratch", harm, seed)
        numbers = cases if harm in CHANCY else range(1)
        yield f"catalogue: {harm}", READING, partial(survey, *judge, numbers=numbers)


def _disks(setting: Setting) -> Iterator[Row]:
    for denial in DENIALS:
        yield f"not root: {denial}", ", ".join(ACTIONS), partial(_denied, setting, denial)
    for change in CHANGES:
        yield f"disk full at each request of {change}", f"{change}, check, doctor", partial(refused_in_turn, change)
        on_disk = partial(on_small_disks, setting.place / "disk", change, range(40))
        yield f"a disk of 2 MB, ever less full, at {change}", f"{change}, check, doctor", on_disk


def _processes(setting: Setting) -> Iterator[Row]:
    for operation in OPERATIONS:
        yield f"`kill -9` during {operation}", "check, doctor, ingest", partial(_killed, setting, operation)
    both = cache(partial(side_by_side, setting.place / "together", 20))
    yield "two processes change one database", "ingest, compact, withdraw", lambda: both()[0]
    yield "a check while they do", "check", lambda: both()[1]
    yield "a writer killed with the lock", "ingest, check, doctor", partial(_with_lock, setting, lock_of_the_killed)
    yield "another process is writing", "ingest", partial(_with_lock, setting, refused_while_held)
    clock = partial(clock_going_backwards, setting.place / "clock", 20)
    yield "a clock that goes backwards", "ingest, check", clock


def _denied(setting: Setting, denial: str) -> list[Verdict]:
    with tempfile.TemporaryDirectory() as name:
        scratch = Path(name) / "scratch"
        scratch.mkdir()
        judge = (denied_judge, Shelf(Path(name) / "db"), scratch, denial)
        return list(survey(*judge, numbers=range(len(ACTIONS))))


def _killed(setting: Setting, operation: str) -> tuple[Verdict, ...]:
    folder = setting.folder(f"killed{len(list(setting.place.iterdir()))}")
    return killed_at_random(folder, operation, setting.kills // len(OPERATIONS), setting.seed).verdicts


def _with_lock(setting: Setting, test: Callable[[Library, int], Iterator[Verdict]]) -> Iterator[Verdict]:
    return test(Library(setting.folder(test.__name__) / "db"), 10)


def _loaded(setting: Setting, load: str) -> list[Verdict]:
    with tempfile.TemporaryDirectory(dir=setting.place) as name:
        verdict = borne(Path(name), load)
    print(f"{load}: {verdict.what}", file=sys.stderr)
    return [verdict]


def main() -> None:
    """Do all harm, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, default in (("--seed", 1), ("--kills", 200), ("--flips", 300)):
        parser.add_argument(name, type=int, default=default)
    parser.add_argument("--only", default="")
    asked = parser.parse_args()
    tallies = []
    print(HEAD)
    with tempfile.TemporaryDirectory() as name:
        setting = Setting(Path(name), Shelf(Path(name) / "shelf"), asked.seed, asked.flips, asked.kills)
        for fault, commands, verdicts in rows(setting):
            if asked.only in fault:
                tallies.append(Tally(fault, _until_impossible(verdicts), commands))
                print(tallies[-1].row, flush=True)
    for tally in tallies:
        for what in tally.wrong[:3]:
            print(f"\n{tally.fault}: {what}")


def _until_impossible(verdicts: Callable[[], Iterable[Verdict]]) -> tuple[Verdict, ...]:
    """Return the verdicts; none where only root, or another system, can do such harm."""
    try:
        return tuple(verdicts())
    except OSError as error:
        print(f"left out: {error}", file=sys.stderr)
        return ()


if __name__ == "__main__":
    main()
