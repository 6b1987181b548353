"""Files of new segments: their names, their records, and what to do with them when a change fails."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from provenance.catalogue import Canary, Catalogue, SegmentRecord
from provenance.errors import ProvenanceError
from provenance.index import SegmentSummary
from provenance.text import tokenizer_digest


def new_path(folder: Path) -> Path:
    """Return a path for a segment that no other segment has or had."""
    return folder / f"{uuid.uuid4().hex}.seg"


def record_of(summary: SegmentSummary) -> SegmentRecord:
    """Return the catalogue's record of a segment whose file was written."""
    name = summary.path.name if summary.path else ""
    return SegmentRecord(name, summary.works, summary.tokens, summary.size, tokenizer_digest(), summary.digest)


def canaries_of(summary: SegmentSummary) -> list[Canary]:
    """Return the canaries of a segment whose file was written."""
    name = summary.path.name if summary.path else ""
    return [Canary(name, fingerprint, position) for fingerprint, position in summary.canaries]


def flush(folder: Path) -> None:
    """Make the names of new files as durable as their contents."""
    if os.name == "posix":
        # A file may be synced and its name still be lost in a power cut: the name is in the folder.
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def discard(catalogue: Catalogue, folder: Path, names: Iterable[str]) -> None:
    """Remove the files of a change that did not happen; if it was committed before the error came, they stay."""
    with suppress(ProvenanceError, OSError):
        live = catalogue.segment_names()
        for name in names:
            if name not in live:
                (folder / name).unlink(missing_ok=True)
