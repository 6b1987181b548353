"""Is a database sound, and is a withdrawn work gone? Reads every byte, where opening reads only what it must."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from provenance.catalogue import Canary, Catalogue, SegmentRecord
from provenance.database.database import SEGMENTS, catalogue_url, require_folder, require_own_catalogue
from provenance.database.snapshot import canaries_by_segment, open_segment
from provenance.database.withdrawal import traces
from provenance.errors import ProvenanceError


def examine(
    folder: Path, *, catalogue: str | None = None, withdrawn: str | None = None
) -> Iterator[tuple[str, str | None]]:
    """Yield (what was looked at, what is wrong with it or None) for the catalogue and each file of a database.

    Args:
        withdrawn: the text of a work that should be in none of them.

    Raises:
        DatabaseNotFoundError, SchemaError: there is nothing to examine.
    """
    require_folder(folder)
    with Catalogue.open(catalogue_url(folder, catalogue), read_only=True) as opened:
        state = opened.state()
        subject = f"catalogue {opened.place}: {state.works:,} works, revision {state.revision}"
        yield subject, _catalogue_trouble(folder, opened)
        if withdrawn is not None:
            yield from traces(withdrawn, opened, folder / SEGMENTS)
    canaries = canaries_by_segment(state)
    for record in state.segments:
        yield (
            f"segment {record.name}: {record.works:,} works, {record.size:,} bytes",
            _trouble(record, folder / SEGMENTS, canaries[record.name]),
        )
    live = {record.name for record in state.segments}
    left = sorted(path.name for path in (folder / SEGMENTS).iterdir() if path.name not in live)
    yield f"left-over files: {len(left)}{' (removed by the next ingest)' if left else ''}", None


def _catalogue_trouble(folder: Path, catalogue: Catalogue) -> str | None:
    try:
        require_own_catalogue(folder, catalogue)
        catalogue.verify()
    except ProvenanceError as error:
        return str(error)
    return None


def _trouble(record: SegmentRecord, folder: Path, canaries: list[Canary]) -> str | None:
    try:
        open_segment(record, folder, canaries).verify()
    except ProvenanceError as error:
        return str(error)
    return None
