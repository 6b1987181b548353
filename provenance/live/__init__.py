"""Check of a text that is still being written: its events, and where a model must stop."""

from provenance.live.events import Change, Ended, Event, Noticed, Released, found
from provenance.live.limiter import Bound, Bounds, Limiter
from provenance.live.stream_checker import StreamChecker

__all__ = [
    "Bound",
    "Bounds",
    "Change",
    "Ended",
    "Event",
    "Limiter",
    "Noticed",
    "Released",
    "StreamChecker",
    "found",
]
