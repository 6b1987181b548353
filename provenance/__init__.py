"""Licence Provenance: which works does this text repeat, and under which licence?

db = provenance.Database.open("works.db", create=True)
db.ingest(provenance.Document(text=..., title=..., authors=[...], licence="CC-BY-4.0", source=...))
report = provenance.Checker(db).check("...text...", prompt="...")
"""

from provenance.checker import Change, Checker, Ended, Event, Noticed, Released, StreamChecker
from provenance.config import PRESETS, PolicySettings, Rule, load_policy
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
from provenance.ingest import Database, IngestResult
from provenance.models import (
    VERSION,
    Action,
    Basis,
    Claim,
    Detection,
    Document,
    Finding,
    Keep,
    LicenceStatus,
    OriginBy,
    Passage,
    Reason,
    Report,
    Role,
    Signal,
    Verdict,
    Work,
)

__version__ = VERSION

__all__ = [
    "PRESETS", "Action", "Basis", "Change", "Checker", "Claim", "ConfigError", "Database", "DatabaseBusyError",
    "DatabaseError", "DatabaseNotFoundError", "Detection", "Document", "Ended", "Event", "Finding", "IngestResult",
    "InputError", "Keep", "LicenceStatus", "Noticed", "OriginBy", "Passage", "PluginError", "PolicySettings",
    "PolicyViolationError", "ProvenanceError", "Reader", "Reason", "Released", "Report", "Role", "Rule",
    "SchemaError", "SegmentError", "Signal", "StreamChecker", "Surroundings", "TokenizerMismatchError", "Unpacked",
    "UsageError", "Verdict", "Work", "__version__", "hookimpl", "load_policy",
]  # fmt: skip
