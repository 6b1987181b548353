"""Events of a text that is being written, as immutable values.

A listener that keeps the last finding of each number, and drops those that were withdrawn, has the findings of the
report when the stream has ended: `fold_events` does that.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from provenance.reports import Finding, Report


class Change(StrEnum):
    """What happened to a passage."""

    OPENED = "opened"
    GROWN = "grown"
    CLOSED = "closed"
    REVISED = "revised"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True, kw_only=True)
class Released:
    """Text that may be shown: what was fed, in the same order, at once unless the stream holds text back."""

    text: str

    def to_dict(self) -> dict[str, Any]:
        """Return the event in its JSON form."""
        return {"event": "released", "text": self.text}


@dataclass(frozen=True, slots=True, kw_only=True)
class Noticed:
    """What is known now about a passage.

    Attributes:
        change: a passage is `opened` when it has become substantial and may still grow, `grown` when it has become
            longer, and `closed` when it will not grow any more. The text around it may change its finding: it is then
            `revised`, or `withdrawn`, also after it was closed.
        number: which passage of the stream it is, from 1 on.
        finding: as of now, its offsets into the whole streamed text; of a withdrawn passage as it was before.
    """

    change: Change
    number: int
    finding: Finding

    def to_dict(self) -> dict[str, Any]:
        """Return the event in its JSON form, the finding as in a report."""
        return {"event": self.change.value, "number": self.number, "finding": self.finding.to_dict()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """The last event: the report on the whole text."""

    report: Report

    def to_dict(self) -> dict[str, Any]:
        """Return the event in its JSON form."""
        return {"event": "ended", "report": self.report.to_dict()}


Event = Released | Noticed | Ended


def fold_events(events: Iterable[Event]) -> tuple[Finding, ...]:
    """Return the findings that are left after some events, in order of the text."""
    known: dict[int, Finding] = {}
    for event in events:
        if isinstance(event, Noticed):
            known[event.number] = event.finding
            if event.change is Change.WITHDRAWN:
                del known[event.number]
    return tuple(sorted(known.values(), key=lambda finding: (finding.start, -finding.end)))
