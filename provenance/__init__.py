"""Licence Provenance: which works does this text repeat, and under which licence?

db = provenance.Database.open("works.db", create=True)
db.ingest(provenance.Document(text=..., title=..., authors=[...], licence="CC-BY-4.0", source=...))
report = provenance.Checker(db).check("...text...", prompt="...")
"""

from provenance.checker import Checker
from provenance.config import PolicySettings
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
    Passage,
    Reason,
    Report,
    Signal,
    Verdict,
    Work,
)

__version__ = VERSION

__all__ = [
    "Action", "Basis", "Checker", "Claim", "ConfigError", "Database", "DatabaseBusyError", "DatabaseError",
    "DatabaseNotFoundError", "Detection", "Document", "Finding", "IngestResult", "InputError", "Keep", "LicenceStatus",
    "Passage", "PluginError", "PolicySettings", "PolicyViolationError", "ProvenanceError", "Reader", "Reason", "Report",
    "SchemaError", "SegmentError", "Signal", "Surroundings", "TokenizerMismatchError", "Unpacked", "UsageError",
    "Verdict", "Work", "__version__", "hookimpl",
]  # fmt: skip
