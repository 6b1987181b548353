"""Licence Provenance: which works does this text repeat, and under which licence?

db = provenance.Database.open("works.db", create=True)
db.ingest(provenance.Document(text=..., title=..., authors=[...], licence="CC-BY-4.0", source=...))
report = provenance.Checker(db).check("...text...", prompt="...")
"""

from importlib import import_module
from typing import TYPE_CHECKING

from provenance_plugins.other_distribution import explain_conflict

if TYPE_CHECKING:  # the names of `__all__` for those who read the code; who runs it gets them from `__getattr__`
    from provenance.check import Checker
    from provenance.database import Database, IngestResult
    from provenance.errors import (
        ConfigError,
        DatabaseBusyError,
        DatabaseError,
        DatabaseNotFoundError,
        InputError,
        PluginError,
        PolicyViolationError,
        ProvenanceError,
        SchemaError,
        SegmentError,
        TokenizerMismatchError,
        UsageError,
    )
    from provenance.hookspecs import Reader, Surroundings, Unpacked, hookimpl
    from provenance.live import Change, Ended, Event, Noticed, Released, StreamChecker
    from provenance.policy import PRESETS, PolicySettings, Rule, load_policy
    from provenance.reports import Action, Finding, OriginBy, Passage, Reason, Report, Verdict
    from provenance.works import Basis, Claim, Detection, Document, Keep, LicenceStatus, Role, Signal, Work

    __version__: str

__all__ = [
    "PRESETS", "Action", "Basis", "Change", "Checker", "Claim", "ConfigError", "Database", "DatabaseBusyError",
    "DatabaseError", "DatabaseNotFoundError", "Detection", "Document", "Ended", "Event", "Finding", "IngestResult",
    "InputError", "Keep", "LicenceStatus", "Noticed", "OriginBy", "Passage", "PluginError", "PolicySettings",
    "PolicyViolationError", "ProvenanceError", "Reader", "Reason", "Released", "Report", "Role", "Rule",
    "SchemaError", "SegmentError", "Signal", "StreamChecker", "Surroundings", "TokenizerMismatchError", "Unpacked",
    "UsageError", "Verdict", "Work", "__version__", "hookimpl", "load_policy",
]  # fmt: skip

# Before any other module of ours is imported: the one found may be the other distribution's.
if _conflict := explain_conflict(__file__):
    raise ImportError(_conflict)

_HOMES = ("errors", "version", "works", "reports", "policy", "hookspecs", "database", "check", "live")
"""The packages that define the public names, those first that are imported fastest."""


def __getattr__(name: str) -> object:
    """Import a public name when it is first used, since NumPy and SQLAlchemy take longer than most programs need."""
    if name in _HOMES:
        return import_module(f"{__name__}.{name}")
    if name in __all__:
        sought = "VERSION" if name == "__version__" else name
        for home in _HOMES:
            if hasattr(module := import_module(f"{__name__}.{home}"), sought):
                return globals().setdefault(name, getattr(module, sought))
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}", name=name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
