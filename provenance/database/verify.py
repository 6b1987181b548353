"""Examination of a database: whether it is sound, and without a withdrawn work. Reads every byte, unlike opening."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from provenance.catalogue import Catalogue
from provenance.database.database import SEGMENTS, catalogue_url, require_folder, require_own_catalogue
from provenance.database.snapshot import canaries_by_segment, open_segment
from provenance.database.withdrawal import traces
from provenance.errors import ProvenanceError


def examine(
    folder: Path, *, catalogue: str | None = None, withdrawn: str | None = None
) -> Iterator[tuple[str, str | None]]:
    """Yield (what was examined, what is wrong with it or None) for the catalogue and each file of a database.

    Args:
        folder: that of the database.
        catalogue: the URL of its catalogue, where that is not in the folder.
        withdrawn: the text of a work that should be in none of them.

    Raises:
        DatabaseNotFoundError: the folder is not that of a database.
        SchemaError: it was written by an older or a newer release.
    """
    require_folder(folder)
    with Catalogue.open(catalogue_url(folder, catalogue), read_only=True) as opened:
        state = opened.state()
        subject = f"catalogue {opened.place}: {state.works:,} works, revision {state.revision}"
        trouble = None
        try:
            require_own_catalogue(folder, opened)
            opened.verify()
        except ProvenanceError as error:
            trouble = str(error)
        yield subject, trouble
        if withdrawn is not None:
            yield from traces(withdrawn, opened, folder / SEGMENTS)
    canaries = canaries_by_segment(state)
    for record in state.segments:
        subject = f"segment {record.name}: {record.works:,} works, {record.size:,} bytes"
        trouble = None
        try:
            open_segment(record, folder / SEGMENTS, canaries[record.name]).verify()
        except ProvenanceError as error:
            trouble = str(error)
        yield subject, trouble
    live = {record.name for record in state.segments}
    left = sorted(path.name for path in (folder / SEGMENTS).iterdir() if path.name not in live)
    yield f"left-over files: {len(left)}{' (removed by the next ingest)' if left else ''}", None
