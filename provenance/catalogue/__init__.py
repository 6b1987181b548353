"""The catalogue of a database in SQL: its works, their licences, and where their content is."""

from provenance.catalogue.catalogue import Catalogue
from provenance.catalogue.claims import (
    derive_licence,
    is_withdrawal,
    select_deciding,
    select_latest,
    with_history,
    withdrawal,
)
from provenance.catalogue.records import (
    Batch,
    BatchSummary,
    Canary,
    Commit,
    Holding,
    Location,
    Member,
    NewWork,
    Phrase,
    Replacement,
    SegmentRecord,
    State,
    Statistics,
    Stored,
    Tombstone,
    UndoResult,
)
from provenance.catalogue.schema import migrations_dir, upgrade

__all__ = [
    "Batch",
    "BatchSummary",
    "Canary",
    "Catalogue",
    "Commit",
    "Holding",
    "Location",
    "Member",
    "NewWork",
    "Phrase",
    "Replacement",
    "SegmentRecord",
    "State",
    "Statistics",
    "Stored",
    "Tombstone",
    "UndoResult",
    "derive_licence",
    "is_withdrawal",
    "migrations_dir",
    "select_deciding",
    "select_latest",
    "upgrade",
    "with_history",
    "withdrawal",
]
