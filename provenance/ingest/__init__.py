"""How do works get into a database, and what is a database? Opening, ingesting, withdrawing, snapshots."""

from provenance.ingest.database import Database, upgrade_database
from provenance.ingest.discover import discover
from provenance.ingest.ingestion import IngestResult, Progress
from provenance.ingest.snapshot import Snapshot

__all__ = ["Database", "IngestResult", "Progress", "Snapshot", "discover", "upgrade_database"]
