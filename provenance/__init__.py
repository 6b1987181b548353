"""Licence Provenance: finds the works that a text repeats, and what their licences ask for.

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
    from provenance.works import (
        Basis,
        Claim,
        Detection,
        Document,
        Keep,
        LicenceStatus,
        Role,
        Scope,
        Sensitivity,
        Signal,
        Work,
    )

    __version__: str

__all__ = [
    "PRESETS", "Action", "Basis", "Change", "Checker", "Claim", "ConfigError", "Database", "DatabaseBusyError",
    "DatabaseError", "DatabaseNotFoundError", "Detection", "Document", "Ended", "Event", "Finding", "IngestResult",
    "InputError", "Keep", "LicenceStatus", "Noticed", "OriginBy", "Passage", "PluginError", "PolicySettings",
    "PolicyViolationError", "ProvenanceError", "Reader", "Reason", "Released", "Report", "Role", "Rule",
    "SchemaError", "Scope", "SegmentError", "Sensitivity", "Signal", "StreamChecker", "Surroundings",
    "TokenizerMismatchError", "Unpacked", "UsageError", "Verdict", "Work", "__version__", "hookimpl", "load_policy",
]  # fmt: skip

# Before any other module of ours is imported, since the one found may be the other distribution's. The command asks the
# same in `provenance_plugins.other_distribution`; the core does not import that package, and no module between the two
# would be safe. `os.path`, since pathlib takes as long to import as all the rest here.
_site = dirname(dirname(__file__))  # noqa: PTH120
if _others := glob("provenance-[0-9]*.*-info", root_dir=_site):  # noqa: PTH207
    raise ImportError(
        f"{join(_site, _others[0])} belongs to another distribution, whose package `provenance` is mixed with ours. "  # noqa: PTH118
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
