"""A provenance database: opening, ingesting, withdrawing, compacting, snapshots for checks."""

from provenance.catalogue import UndoResult
from provenance.database.compact import CompactResult
from provenance.database.database import Database, upgrade_database
from provenance.database.ingest import IngestInterruptedError, IngestResult, Progress
from provenance.database.snapshot import Snapshot
from provenance.database.verify import examine

__all__ = [
    "CompactResult",
    "Database",
    "IngestInterruptedError",
    "IngestResult",
    "Progress",
    "Snapshot",
    "UndoResult",
    "examine",
    "upgrade_database",
]
