"""A database with a segment of each keep level, and what must come out of it whatever is done to its files."""

from __future__ import annotations

import shutil
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from provenance import Checker, Database, Document
from provenance.database import examine
from provenance.errors import ProvenanceError
from provenance.index import Segment
from provenance.text import tokenizer_digest
from provenance.works import Keep
from tests.database.samples import words
from tests.faults.tally import Outcome, Verdict

WORKS = 12
LENGTH = 400
QUOTED = 40
Answer = dict[str, Any]


def works(level: int) -> list[Document]:
    """Return the works of a keep level: no two of all levels share a word."""
    first = level * 100_000
    return [
        Document(text=words(first + number * 1_000, LENGTH), id=f"{level}-{number}", licence="MIT")
        for number in range(WORKS)
    ]


def question() -> str:
    """Return a text that quotes every work, each at another place."""
    texts = [work.text.split() for level in range(len(Keep)) for work in works(level)]
    return "\n".join(
        " ".join(text[at : at + QUOTED]) for at, text in zip(range(0, 9 * len(texts), 9), texts, strict=True)
    )


class Shelf:
    """A sound database, from which each case takes a copy and does harm to it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        with Database.open(folder, create=True) as database:
            for level, keep in enumerate(Keep):
                database.ingest(works(level), keep=keep)
                database.withdraw(database.find_work(f"{level}-0"))
            self.names = [record.name for record in database.snapshot().state.segments]
        self.answer = answer(folder)
        with self.copied(folder.with_name("compacted")) as copy, Database.open(copy) as database:
            database.compact()  # what withdrawn works had counts no longer in how ordinary a passage is
            self.answers = (self.answer, answer(copy))

    def segment(self, name: str) -> Segment:
        """Return one of the sound segments, open."""
        return Segment(self.folder / "segments" / name, tokenizer_digest=tokenizer_digest())

    @contextmanager
    def copied(self, place: Path) -> Iterator[Path]:
        """Give a copy that is the case's own."""
        shutil.rmtree(place, ignore_errors=True)
        shutil.copytree(self.folder, place)
        yield place
        shutil.rmtree(place)


def answer(folder: Path) -> Answer:
    """Return what a check of the question says, without the revision."""
    with Database.open(folder) as database:
        said = Checker(database).check(question(), passages=True).to_dict()
    del said["coverage"]
    return said


def judged(folder: Path, sound: tuple[Answer, Answer] | None, case: str) -> Verdict:
    """Open, check, examine and compact a database; say how that went.

    Args:
        sound: the right answers before and after compaction; None where the harm
            is such that only crashes, hangs and foreign exceptions count.
    """
    try:
        troubles = [trouble for _, trouble in examine(folder) if trouble]
        before, after = sound or (None, None)
        refusals = [*_refusal(folder, before, "check"), *_compaction_refusal(folder, after)]
    except ProvenanceError as error:
        troubles = refusals = [str(error)]
    except AssertionError as error:
        return Verdict(Outcome.WRONG, f"{case}: {error}")
    except BaseException as error:
        return Verdict(Outcome.WRONG, f"{case}: {error!r} {traceback.format_exc(limit=-2)}")
    if refusals and not troubles and sound is not None:
        return Verdict(Outcome.WRONG, f"{case}: doctor finds nothing, but a check says {refusals[0]}")
    unclear = [said for said in troubles + refusals if not is_clear(said)]
    if unclear:
        return Verdict(Outcome.WRONG, f"{case}: says no remedy: {unclear[0]}")
    said = [*troubles, *refusals]
    return Verdict(Outcome.REFUSED if said else Outcome.UNHARMED, said[0] if said else case)


def _refusal(folder: Path, sound: Answer | None, moment: str) -> list[str]:
    """Return the error of a check, if there is one.

    Raises:
        AssertionError: its answer is not the right one.
    """
    try:
        said = answer(folder)
    except ProvenanceError as error:
        return [str(error)]
    if sound is not None and said != sound:
        raise AssertionError(f"another answer at the {moment}")
    return []


def _compaction_refusal(folder: Path, sound: Answer | None) -> list[str]:
    """Compact, and return its error, or the one of a check after it."""
    try:
        with Database.open(folder) as database:
            database.compact()
    except ProvenanceError as error:
        return [str(error)]
    return _refusal(folder, sound, "check after compaction")


def is_clear(message: str) -> bool:
    """Does a message say what is wrong and what to do?"""
    remedies = (
        "restore", "ingest", "use the release", "make ", "check ", "free ", "see that ", "try again", "give the place",
        "open a copy",
    )  # fmt: skip
    return any(remedy in message for remedy in remedies)
