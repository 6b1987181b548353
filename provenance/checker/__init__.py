"""Does a text repeat a work, and does it matter? From a string to a report, at once or while it is being written."""

from provenance.checker.bounds import Bound, Bounds, Limiter
from provenance.checker.checker import Checker
from provenance.checker.events import Change, Ended, Event, Noticed, Released, found
from provenance.checker.failing import OnError, reason_of, require_on_error
from provenance.checker.stream import StreamChecker

__all__ = [
    "Bound",
    "Bounds",
    "Change",
    "Checker",
    "Ended",
    "Event",
    "Limiter",
    "Noticed",
    "OnError",
    "Released",
    "StreamChecker",
    "found",
    "reason_of",
    "require_on_error",
]
