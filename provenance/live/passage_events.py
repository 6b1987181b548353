"""Events of a stream's passages, derived from the findings of one check after another.

Example: a check finds a passage of 20 tokens, which may still grow: number 1 is `opened`. The next finds it with 30
tokens: `grown`. The next finds it with 30 tokens and settled: `closed`. A check that finds none of it: `withdrawn`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace

from provenance.live.events import Change, Noticed
from provenance.reports import Finding


@dataclass(frozen=True, slots=True)
class _Entry:
    """A passage that a listener knows.

    Attributes:
        reported: the finding as of the last event.
        current: the finding as of the last check; the two differ in what a reader does not see.
        is_closed: whether it was reported as closed.
    """

    reported: Finding
    current: Finding
    is_closed: bool

    def classify_change(self, finding: Finding) -> Change | None:
        """Return what happened to the passage; None where a reader would not see it.

        A closed passage has its last finding already, so there any difference counts.
        """
        reported = self.reported
        if self.is_closed:
            return None if finding == reported else Change.REVISED
        moved = replace(reported, passage=replace(reported.passage, end=finding.end))
        if _visible_facts(moved) != _visible_facts(finding):
            return Change.REVISED
        if finding.end != reported.end:
            return Change.GROWN if finding.end > reported.end else Change.REVISED
        return None


class PassageEvents:
    """The passages of a stream, each with its number.

    Attributes:
        last_token: the token at which the last of them ends.
    """

    def __init__(self) -> None:
        self._entries: dict[int, _Entry] = {}
        self._count = 0
        self.last_token = 0

    def findings(self) -> tuple[Finding, ...]:
        """Return the findings that a listener who folds the events has, in order of the text."""
        reported = (entry.reported for entry in self._entries.values())
        return tuple(sorted(reported, key=lambda finding: (finding.start, -finding.end)))

    @property
    def has_open(self) -> bool:
        """Whether a passage is open."""
        return any(not entry.is_closed for entry in self._entries.values())

    def has_open_at(self, character: int) -> bool:
        """Return whether an open passage reaches a character."""
        return any(not entry.is_closed and entry.reported.end >= character for entry in self._entries.values())

    def first_open(self, character: int) -> int:
        """Return the character at which the first open passage begins, or the given one if that comes first."""
        return min([character, *(entry.reported.start for entry in self._entries.values() if not entry.is_closed)])

    def update(self, findings: Iterable[Finding], since: int, is_settled: Callable[[Finding], bool]) -> list[Noticed]:
        """Take the findings of a check of the end of the text, and return the events.

        Passages that began before the checked part are left alone, and so are findings within them.

        Args:
            findings: with their offsets in the whole text.
            since: the character at which the checked part begins.
            is_settled: tells whether a passage cannot change any more.
        """
        known = {number: entry for number, entry in self._entries.items() if entry.current.start >= since}
        reached = max((entry.current.end for entry in self._entries.values() if entry.current.start < since), default=0)
        events: list[Noticed] = []
        for number, finding in self._assign_numbers((each for each in findings if each.end > reached), known):
            before = known.pop(number, None)
            was_closed, closes = before is not None and before.is_closed, is_settled(finding)
            change = before.classify_change(finding) if before else Change.OPENED
            if closes and not was_closed:
                if before is None:
                    events.append(Noticed(change=Change.OPENED, number=number, finding=finding))
                change = Change.CLOSED
            self._entries[number] = _Entry(
                finding if change or before is None else before.reported, finding, closes or was_closed
            )
            if change:
                events.append(Noticed(change=change, number=number, finding=finding))
        for number in known:
            events.append(Noticed(change=Change.WITHDRAWN, number=number, finding=self._entries.pop(number).reported))
        self.last_token = max((entry.current.passage.token_end for entry in self._entries.values()), default=0)
        return events

    def finalize(self, findings: Iterable[Finding]) -> list[Noticed]:
        """Take the findings of the whole text, which are all settled, and return the events."""
        return self.update(findings, 0, lambda _: True)

    def _assign_numbers(self, findings: Iterable[Finding], known: dict[int, _Entry]) -> Iterator[tuple[int, Finding]]:
        """Yield each finding with the number of the passage that it continues, or a new number."""
        free = dict(known)
        unmatched = []
        numbers = {(each.current.start, each.current.passage.origin.key): number for number, each in known.items()}
        for finding in findings:
            number = numbers.get((finding.start, finding.passage.origin.key))
            if number in free:
                del free[number]
                yield number, finding
            else:
                unmatched.append(finding)
        # a passage may begin elsewhere now, or belong to another work: it keeps the number of the most similar one
        for finding in unmatched:
            best = max(free, key=lambda number: _measure_overlap(free[number].current, finding), default=None)
            if best is not None and _measure_overlap(free[best].current, finding) > 0:
                del free[best]
                yield best, finding
            else:
                self._count += 1
                yield self._count, finding


def _visible_facts(finding: Finding) -> tuple[object, ...]:
    """Return what a reader sees of a finding."""
    return (finding.start, finding.end, finding.passage.origin.key, finding.action, finding.notice)


def _measure_overlap(one: Finding, other: Finding) -> float:
    """Return how many characters two findings have in common, and half of one more where the work is the same."""
    common = min(one.end, other.end) - max(one.start, other.start)
    return common + (one.passage.origin.key == other.passage.origin.key) / 2 if common > 0 else 0
