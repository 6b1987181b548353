"""What has a listener been told of a stream's passages, and what is new? Values in, events out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace

from provenance.live.events import Change, Noticed
from provenance.reports import Finding


@dataclass(frozen=True, slots=True)
class _Entry:
    """A passage that a listener knows.

    Attributes:
        told: the finding as it was told last. now: as it was found last; they differ in what a reader does not see.
    """

    told: Finding
    now: Finding
    closed: bool


class Ledger:
    """The passages of a stream, each with its number.

    Attributes:
        told: the token where the last of them ends.
    """

    def __init__(self) -> None:
        self._entries: dict[int, _Entry] = {}
        self._count = 0
        self.told = 0

    def findings(self) -> tuple[Finding, ...]:
        """Return what a listener who folds the events has, in order of the text."""
        told = (entry.told for entry in self._entries.values())
        return tuple(sorted(told, key=lambda finding: (finding.start, -finding.end)))

    @property
    def has_open(self) -> bool:
        """Is a passage open?"""
        return any(not entry.closed for entry in self._entries.values())

    def reaches(self, place: int) -> bool:
        """Say whether a passage that is open reaches a character, or goes beyond it."""
        return any(not entry.closed and entry.told.end >= place for entry in self._entries.values())

    def open_from(self, place: int) -> int:
        """Return the character where the first passage begins that is open, or else this one."""
        return min([place, *(entry.told.start for entry in self._entries.values() if not entry.closed)])

    def update(self, findings: Iterable[Finding], since: int, closes: Callable[[Finding], bool]) -> list[Noticed]:
        """Take what a look at a text from the character `since` on has found, and return what is new.

        A passage that began before is not looked at, nor what was found of it.

        Args:
            closes: whether a passage will not change any more.
        """
        known = {number: entry for number, entry in self._entries.items() if entry.now.start >= since}
        reached = max((entry.now.end for entry in self._entries.values() if entry.now.start < since), default=0)
        events: list[Noticed] = []
        for number, finding in self._numbered((each for each in findings if each.end > reached), known):
            events += self._told(number, finding, closed=closes(finding))
            known.pop(number, None)
        for number in known:
            events.append(Noticed(change=Change.WITHDRAWN, number=number, finding=self._entries.pop(number).told))
        self.told = max((entry.now.passage.token_end for entry in self._entries.values()), default=0)
        return events

    def _numbered(self, findings: Iterable[Finding], known: dict[int, _Entry]) -> Iterator[tuple[int, Finding]]:
        """Give each finding the number of the passage that it was before, if it was one."""
        free = dict(known)
        left = []
        at = {(entry.now.start, entry.now.passage.origin.key): number for number, entry in known.items()}
        for finding in findings:
            number = at.get((finding.start, finding.passage.origin.key))
            if number in free:
                del free[number]
                yield number, finding
            else:
                left.append(finding)
        for finding in left:
            before = max(free, key=lambda number: _likeness(free[number].now, finding), default=None)
            if before is not None and _likeness(free[before].now, finding) > 0:
                del free[before]
                yield before, finding
            else:
                self._count += 1
                yield self._count, finding

    def _told(self, number: int, finding: Finding, *, closed: bool) -> Iterator[Noticed]:
        """Yield what a listener has to be told of a passage, and remember it."""
        before = self._entries.get(number)
        was_closed = before is not None and before.closed
        change = _change(before, finding)
        if closed and not was_closed:
            if before is None:
                yield Noticed(change=Change.OPENED, number=number, finding=finding)
            change = Change.CLOSED
        told = finding if change or before is None else before.told
        self._entries[number] = _Entry(told, finding, closed or was_closed)
        if change:
            yield Noticed(change=change, number=number, finding=finding)


def _change(before: _Entry | None, finding: Finding) -> Change | None:
    """Return what became of a passage, if it is anything that its reader would see; once it is closed, anything."""
    if before is None:
        return Change.OPENED
    told = before.told
    if before.closed:
        return None if finding == told else Change.REVISED
    if _shown(replace(told, passage=replace(told.passage, end=finding.end))) != _shown(finding):
        return Change.REVISED
    if finding.end != told.end:
        return Change.GROWN if finding.end > told.end else Change.REVISED
    return None


def _shown(finding: Finding) -> tuple[object, ...]:
    return (finding.start, finding.end, finding.passage.origin.key, finding.action, finding.notice)


def _likeness(one: Finding, other: Finding) -> float:
    """Return how many characters two findings have in common, and half of one more where the work is the same."""
    common = min(one.end, other.end) - max(one.start, other.start)
    return common + (one.passage.origin.key == other.passage.origin.key) / 2 if common > 0 else 0
