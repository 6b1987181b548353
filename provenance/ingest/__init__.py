"""How do works get into a database, and what is a database? Opening, ingesting, withdrawing, snapshots."""

from provenance.ingest.compaction import CompactResult
from provenance.ingest.database import Database, upgrade_database
from provenance.ingest.discover import discover
from provenance.ingest.examination import examine
from provenance.ingest.ingestion import IngestInterruptedError, IngestResult, Progress
from provenance.ingest.snapshot import Snapshot
from provenance.ingest.sources import Declared, documents

__all__ = [
    "CompactResult",
    "Database",
    "Declared",
    "IngestInterruptedError",
    "IngestResult",
    "Progress",
    "Snapshot",
    "discover",
    "documents",
    "examine",
    "upgrade_database",
]
