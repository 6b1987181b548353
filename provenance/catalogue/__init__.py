"""Which works does a database know, under which licence, and where is their content? SQL, and nothing but."""

from provenance.catalogue.catalogue import Catalogue
from provenance.catalogue.claims import current, deciding, is_withdrawal, latest, with_history, withdrawal
from provenance.catalogue.records import (
    Batch,
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
)
from provenance.catalogue.schema import migrations_dir, upgrade

__all__ = [
    "Batch",
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
    "current",
    "deciding",
    "is_withdrawal",
    "latest",
    "migrations_dir",
    "upgrade",
    "with_history",
    "withdrawal",
]
