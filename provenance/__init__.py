"""Licence Provenance: which works does this text repeat, and under which licence?

db = provenance.Database.open("works.db", create=True)
db.ingest(provenance.Document(text=..., title=..., authors=[...], licence="CC-BY-4.0", source=...))
report = provenance.Checker(db).check("...text...", prompt="...")
"""

from glob import glob
from importlib import import_module
from os.path import dirname, join
from typing import TYPE_CHECKING

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

if _others := glob(join(dirname(dirname(__file__)), "provenance-[0-9]*.*-info")):  # noqa: PTH118, PTH120, PTH207  # pathlib
    raise ImportError(  # takes as long to import as all the rest here
        f"{_others[0]} belongs to another distribution, whose files lie among ours in the package `provenance`. "
        "Run `pip uninstall provenance licence-provenance`, then `pip install licence-provenance`."
    )

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
