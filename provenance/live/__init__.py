"""Check of a text that is still being written: its events, and where a model must stop."""

from provenance.live.events import Change, Ended, Event, Noticed, Released, fold_events
from provenance.live.limiter import LimitedText, Limiter, LimitReached
from provenance.live.stream_checker import StreamChecker

__all__ = [
    "Change",
    "Ended",
    "Event",
    "LimitReached",
    "LimitedText",
    "Limiter",
    "Noticed",
    "Released",
    "StreamChecker",
    "fold_events",
]
