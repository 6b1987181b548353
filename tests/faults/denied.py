"""What may somebody do who may not write, or not read? Asked in a child process that is not root."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from provenance import Database, Document
from provenance.database import examine
from provenance.errors import ProvenanceError
from tests.faults.isolated import Judge
from tests.faults.shelf import Answer, Shelf, answer, is_clear
from tests.faults.tally import Outcome, Verdict

NOBODY = 65_534


def _check(folder: Path) -> Answer | None:
    return answer(folder)


def _doctor(folder: Path) -> Answer | None:
    for _, trouble in examine(folder):
        if trouble:
            raise ProvenanceError(trouble)
    return None


def _ingest(folder: Path) -> Answer | None:
    with Database.open(folder) as database:
        database.ingest(Document(text="A rose is a rose is a rose."))
    return None


def _compact(folder: Path) -> Answer | None:
    with Database.open(folder) as database:
        database.compact()
    return None


ACTIONS: dict[str, Callable[[Path], Answer | None]] = {
    "check": _check, "doctor": _doctor, "ingest": _ingest, "compact": _compact,
}  # fmt: skip
READERS = ("check", "doctor")
DENIALS: dict[str, tuple[str, int, int]] = {
    "all of it read-only": ("**/*", 0o444, 0o555), "a segment not readable": ("segments/*.seg", 0o000, 0o555),
    "the catalogue not readable": ("catalogue.sqlite", 0o000, 0o555), "the folder shut": (".", 0o444, 0o000),
}  # fmt: skip


def denied_judge(shelf: Shelf, scratch: Path, denial: str) -> Judge:
    """Return the judge of a denial: case n is the n-th action. The process that calls it is never root again."""
    answer(shelf.folder)  # whatever is imported late may lie where only root can read
    if os.geteuid() == 0:
        shelf.folder.parent.chmod(0o711)
        for path in (shelf.folder, *shelf.folder.rglob("*")):
            os.chown(path, NOBODY, NOBODY)
        os.chown(scratch, NOBODY, NOBODY)
        os.setgroups([])
        os.setgid(NOBODY)
        os.setuid(NOBODY)

    def judge(number: int) -> Verdict:
        with shelf.copied(scratch / "db") as folder:
            try:
                _deny(folder, denial)
                return _judged(folder, shelf, denial, list(ACTIONS)[number])
            finally:
                _allow(folder)

    return judge


def _judged(folder: Path, shelf: Shelf, denial: str, action: str) -> Verdict:
    try:
        said = ACTIONS[action](folder)
    except ProvenanceError as error:
        is_right = is_clear(str(error)) and not (denial == "all of it read-only" and action in READERS)
        return Verdict(Outcome.REFUSED if is_right else Outcome.WRONG, f"{denial}, {action}: {error}")
    except BaseException as error:
        return Verdict(Outcome.WRONG, f"{denial}, {action}: {error!r}")
    is_right = action in READERS and said in (None, shelf.answer)
    return Verdict(Outcome.UNHARMED if is_right else Outcome.WRONG, f"{denial}, {action} went through")


def _deny(folder: Path, denial: str) -> None:
    pattern, file_mode, folder_mode = DENIALS[denial]
    chosen = [folder] if pattern == "." else [folder, folder / "segments", *folder.glob(pattern)]
    for path in reversed(chosen):
        path.chmod(folder_mode if path.is_dir() else file_mode)


def _allow(folder: Path) -> None:
    folder.chmod(0o755)
    for path in folder.rglob("*"):
        path.chmod(0o755)
    (folder / "segments").chmod(0o755)
